//! The lines of a spec that take over what was made by hand.

use std::collections::BTreeMap;

use fedctl_core::plan::Adoptable;
use fedctl_core::spec::{AdoptObject, Spec};
use fedctl_core::text::quote::scalar;

use super::text::visible;

/// The lines, as YAML that is merged into a spec by hand. Names come from outside: they are quoted, and nothing in them is
/// seen as anything but text.
pub fn lines(spec: &Spec, adoptable: &Adoptable) -> String {
    let mut text = String::from("adopt:\n");
    text.push_str(&objects(spec, adoptable));
    let already = spec.adopt.people.iter().map(|person| format!("    - {}\n", scalar(person.as_str())));
    let people: Vec<String> = already
        .chain(
            adoptable
                .people
                .iter()
                .map(|(email, account)| format!("    - {}  # opens {}\n", scalar(email), visible(account))),
        )
        .collect();
    if !people.is_empty() {
        text.push_str(&format!("  people:\n{}", people.concat()));
    }
    text.push_str(&sections(adoptable));
    text
}

/// Each object with what it is, and what is in it beyond the spec.
fn objects(spec: &Spec, adoptable: &Adoptable) -> String {
    let mut objects: BTreeMap<AdoptObject, String> =
        spec.adopt.objects.iter().map(|object| (object.value, String::new())).collect();
    for (object, address, _) in &adoptable.objects {
        objects.insert(*object, format!("  # {}", visible(&address.to_string())));
    }
    for (object, text) in &adoptable.beyond {
        objects.entry(*object).or_default().push_str(&format!("\n      # {}", visible(text)));
    }
    let lines: String = objects.iter().map(|(object, about)| format!("    - {}{about}\n", object.as_str())).collect();
    if lines.is_empty() { "  objects: []\n".to_owned() } else { format!("  objects:\n{lines}") }
}

/// What the spec has to call these objects.
fn sections(adoptable: &Adoptable) -> String {
    let mut sections: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (key, value) in &adoptable.names {
        let (section, key) = key.split_once('.').unwrap_or(("", key));
        let line = match key.split_once('.') {
            Some((outer, inner)) => format!("{outer}: {{{inner}: {}}}", scalar(value)),
            None => format!("{key}: {}", scalar(value)),
        };
        sections.entry(section).or_default().push(line);
    }
    if let Some(suffix) = &adoptable.suffix {
        let members = format!("members: {{email_ends_with: {}, accept_capture: true}}", scalar(suffix));
        sections.entry("routing_group").or_default().push(members);
    }
    let section = |(name, lines): (&str, Vec<String>)| {
        let lines: String = lines.iter().map(|line| format!("  {line}\n")).collect();
        format!("{name}:\n{lines}")
    };
    sections.into_iter().map(section).collect()
}

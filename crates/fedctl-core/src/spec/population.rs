//! Reads `people`.

use super::name::{AttributeName, Email, Username};
use super::template::{PersonFacts, Template};
use super::types::{
    CopyField, Mapping, OnEmailChange, OnLeave, Override, PasswordAuthority, PasswordAuthorityRule, People,
};
use crate::text::diagnostic::{Code, Diagnostic};
use crate::text::node::{Node, What};
use crate::text::path::{FieldPath, Located};
use crate::text::reader::{Fields, Reader};
use crate::text::word::{Refused, Word};

const KEYS: &[&str] = &["from", "except", "pilot", "mapping", "copy", "password_authority", "on_leave", "overrides"];
const COPY: &[(&str, CopyField)] =
    &[("firstname", CopyField::FirstName), ("lastname", CopyField::LastName), ("displayname", CopyField::DisplayName)];
const ON_EMAIL_CHANGE: &[(&str, OnEmailChange)] = &[("keep", OnEmailChange::Keep), ("follow", OnEmailChange::Follow)];
const PASSWORD_AUTHORITY: &[(&str, PasswordAuthority)] = &[
    ("federated", PasswordAuthority::Federated),
    ("none", PasswordAuthority::None),
    ("keep", PasswordAuthority::Keep),
];
const ON_LEAVE: &[(&str, OnLeave)] =
    &[("suspend", OnLeave::Suspend), ("unroute", OnLeave::Unroute), ("keep", OnLeave::Keep)];

impl CopyField {
    /// The field of a JumpCloud user, which is also the word of the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstName => "firstname",
            Self::LastName => "lastname",
            Self::DisplayName => "displayname",
        }
    }
}

/// Reads the population. `federation` is for defaults; it is empty when it is itself wrong.
pub(super) fn people(reader: &mut Reader, top: &Fields<'_>, federation: &str) -> People {
    reader.must_have(top, "people", "people: {from: {groups: [Contractors]}}");
    let fields = reader.section(top, "people", KEYS);
    reader.must_have(&fields, "from", "from: {groups: [Contractors]}");
    let from = reader.section(&fields, "from", &["groups", "emails"]);
    somebody(reader, &from);
    let mapping = reader.section(&fields, "mapping", &["attribute", "email", "username", "domains", "on_email_change"]);
    People {
        groups: reader.words(&from, "groups"),
        emails: reader.words(&from, "emails"),
        except: reader.words(&fields, "except"),
        pilot: pilot(reader, &fields),
        mapping: read_mapping(reader, &mapping, federation),
        copy: copy(reader, &fields),
        password_authority: password_authority(reader, &fields),
        on_leave: on_leave(reader, &fields),
        overrides: overrides(reader, &fields),
    }
}

/// Refuses sources that are empty; entries that are wrong are another problem.
fn somebody(reader: &mut Reader, from: &Fields<'_>) {
    let is_empty = |key| from.get(key).is_none_or(|node| matches!(&node.what, What::List(nodes) if nodes.is_empty()));
    if from.is_written() && is_empty("groups") && is_empty("emails") {
        reader.push(
            Diagnostic::error(Code::NobodySelected, "this selects nobody").at_key(&from.at, "").help(
                "name a group in `groups` or a person in `emails`; naming nobody does not take a federation down",
            ),
        );
    }
}

/// An empty list would hold everybody, which nobody means: it is what is left when the last name is taken out.
fn pilot(reader: &mut Reader, fields: &Fields<'_>) -> Option<Vec<Located<Email>>> {
    let node = fields.get("pilot")?;
    let at = fields.at("pilot");
    if matches!(&node.what, What::List(nodes) if nodes.is_empty()) {
        reader.push(
            Diagnostic::error(Code::EmptyValue, format!("`{at}` is empty"))
                .at_value(&at, "this would hold everybody")
                .help("name those who go first, or remove the key so that everybody goes"),
        );
        return None;
    }
    Some(reader.words(fields, "pilot"))
}

fn read_mapping(reader: &mut Reader, fields: &Fields<'_>, federation: &str) -> Mapping {
    let facts = PersonFacts {
        email: "ann@example.com",
        username: "ann",
        // A wrong name is reported already and must not make the templates wrong too.
        federation: if federation.is_empty() { "x" } else { federation },
    };
    Mapping {
        attribute: attribute(reader, fields, federation),
        email: template::<Email>(reader, fields, "email", "{email}.{federation}", &facts),
        username: template::<Username>(reader, fields, "username", "{username}", &facts),
        domains: reader.words(fields, "domains"),
        on_email_change: reader.choice_or(fields, "on_email_change", ON_EMAIL_CHANGE, OnEmailChange::Keep),
    }
}

/// The default is the federation's name without its hyphens, cut to what JumpCloud allows.
fn attribute(reader: &mut Reader, fields: &Fields<'_>, federation: &str) -> Located<AttributeName> {
    let default: String = federation.chars().filter(char::is_ascii_alphanumeric).take(31).collect();
    if fields.get("attribute").is_none() && !default.is_empty() {
        match AttributeName::parse(&default) {
            Ok(_) => {}
            Err(refused) => reader.refuse(refused, &FieldPath::of(&["federation"])),
        }
    }
    reader.word_or(fields, "attribute", || AttributeName::made(default))
}

/// A template whose text for a sample person is a `T`.
fn template<T: Word>(
    reader: &mut Reader,
    fields: &Fields<'_>,
    key: &str,
    default: &str,
    sample: &PersonFacts<'_>,
) -> Located<Template> {
    let at = fields.at(key);
    let text = fields.get(key).and_then(|node| reader.text(node, &at)).unwrap_or(default);
    match checked_template::<T>(text, sample) {
        Ok(template) => Located::new(template, at),
        Err(problems) => {
            problems.into_iter().for_each(|refused| reader.refuse(refused, &at));
            Located::new(Template::literal(""), at)
        }
    }
}

fn checked_template<T: Word>(text: &str, sample: &PersonFacts<'_>) -> Result<Template, Vec<Refused>> {
    let template = Template::parse(text)?;
    if !template.tells_people_apart() {
        let refused = Refused::new(Code::SameForEverybody, format!("`{text}` is the same for everybody"));
        return Err(vec![refused.help("use `{email}`, `{local}` or `{username}` in it")]);
    }
    let rendered = template.render(sample);
    let Err(refused) = T::parse(&rendered) else { return Ok(template) };
    let message = format!("`{text}` makes `{rendered}` of `{}`", sample.email);
    let help = refused.help.unwrap_or_default();
    Err(vec![Refused::new(Code::InvalidTemplate, message).help(format!("{}: {help}", refused.message))])
}

fn copy(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Located<CopyField>> {
    let Some(entries) = reader.list(fields, "copy") else {
        let at = fields.at("copy");
        return COPY.iter().map(|(_, field)| Located::new(*field, at.clone())).collect();
    };
    let copied = entries
        .into_iter()
        .filter_map(|(node, at)| reader.choice(node, &at, COPY).map(|field| Located::new(field, at)))
        .collect();
    reader.each_once(copied)
}

fn password_authority(reader: &mut Reader, fields: &Fields<'_>) -> Located<PasswordAuthorityRule> {
    let at = fields.at("password_authority");
    let written = fields.get("password_authority").and_then(|node| reader.choice(node, &at, PASSWORD_AUTHORITY));
    let rule = match written {
        Some(authority) => PasswordAuthorityRule { created: authority, adopted: authority },
        None => PasswordAuthorityRule { created: PasswordAuthority::Federated, adopted: PasswordAuthority::Keep },
    };
    Located::new(rule, at)
}

fn on_leave(reader: &mut Reader, fields: &Fields<'_>) -> Located<OnLeave> {
    let at = fields.at("on_leave");
    let read = match fields.get("on_leave") {
        None => None,
        Some(node @ Node { what: What::Map(_), .. }) => delete_after(reader, node, &at),
        Some(node) if bare_delete(node) => {
            let message = "`delete` needs to know after how long";
            let problem = Diagnostic::error(Code::InvalidDuration, message).at_value(&at, "");
            reader.push(problem.help("write `on_leave: {delete: {after: 30d}}`"));
            None
        }
        Some(node) => reader.choice(node, &at, ON_LEAVE),
    };
    Located::new(read.unwrap_or(OnLeave::Suspend), at)
}

fn bare_delete(node: &Node) -> bool {
    matches!(&node.what, What::Scalar { text, .. } if text == "delete")
}

fn delete_after(reader: &mut Reader, node: &Node, at: &FieldPath) -> Option<OnLeave> {
    let fields = reader.fields(Some(node), at.clone(), &["delete"]);
    reader.must_have(&fields, "delete", "delete: {after: 30d}");
    let delete = reader.section(&fields, "delete", &["after"]);
    reader.must_have(&delete, "after", "after: 30d");
    let at = delete.at("after");
    let text = reader.text(delete.get("after")?, &at)?;
    let digits = text.strip_suffix('d').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(after_days @ 1..=3650) => Some(OnLeave::Delete { after_days }),
        Some(_) | None => {
            let message = format!("`{text}` is no number of days");
            let problem = Diagnostic::error(Code::InvalidDuration, message).at_value(&at, "");
            reader.push(problem.help("write `1d` to `3650d`"));
            None
        }
    }
}

fn overrides(reader: &mut Reader, fields: &Fields<'_>) -> Vec<Override> {
    let entries = reader.list(fields, "overrides").unwrap_or_default();
    let read: Vec<Override> = entries.into_iter().filter_map(|(node, at)| one_override(reader, node, at)).collect();
    // Only the people are compared: a second entry for one person would otherwise be lost without a word.
    reader.each_once(read.iter().map(|one| one.person.clone()).collect());
    read
}

fn one_override(reader: &mut Reader, node: &Node, at: FieldPath) -> Option<Override> {
    let fields = reader.fields(Some(node), at.clone(), &["person", "email", "username"]);
    reader.must_have(&fields, "person", "person: bob@acme.com");
    if fields.is_written() && fields.get("email").is_none() && fields.get("username").is_none() {
        reader.push(
            Diagnostic::error(Code::EmptyOverride, "this override changes nothing")
                .at_value(&at, "")
                .help("give an `email`, a `username` or both, or remove the entry"),
        );
    }
    let person = reader.word(&fields, "person");
    let email = reader.word(&fields, "email");
    let username = reader.word(&fields, "username");
    Some(Override { person: person?, email, username, at })
}

//! What a person does in the console where the service takes no request that fedctl knows.

use fedctl_core::address::{Kind, Org};
use fedctl_core::plan::action::{Action, After, Field, Verb};

use super::text::{visible, visible_lines};

/// The step as a person does it: where in the console, and every field with its value.
pub fn step(action: &Action) -> String {
    let mut text = format!("    by hand, in the console of the {} organisation:\n", organization(action.target.org));
    text.push_str(&format!("      {}\n", place(action)));
    for change in &action.changes {
        let (field, after) = (label(action.target.kind, &change.field), &change.after);
        text.push_str(&match after {
            None => format!("      - {field}: remove it\n"),
            Some(After::Text(after)) => value(&field, after),
            Some(After::Of(object, _)) => format!("      - {field}: {}\n", visible(&object.name)),
            Some(After::Secret) => format!("      - {field}: (the secret, which only the console shows)\n"),
        });
    }
    text.push_str(
        "      The next plan finds it by the line that begins with `managed by fedctl:`, and goes on from there.\n",
    );
    text
}

fn organization(org: Org) -> &'static str {
    match org {
        Org::Primary => "primary",
        Org::Secondary => "secondary",
    }
}

/// `[documented]`: the paths of the console, as help pages have them.
fn place(action: &Action) -> String {
    let name = visible(&action.target.name);
    match (action.target.kind, action.verb) {
        (Kind::RoutingPolicy, Verb::Create) => {
            "DIRECTORY INTEGRATIONS > Identity Providers > + Routing Policy; assign no group yet".to_owned()
        }
        (Kind::RoutingPolicy, _) => {
            format!("DIRECTORY INTEGRATIONS > Identity Providers > the routing policy `{name}`")
        }
        (Kind::UserGroup, Verb::Create) => "USER MANAGEMENT > User Groups > (+)".to_owned(),
        (Kind::UserGroup, _) => format!("USER MANAGEMENT > User Groups > `{name}`"),
        (kind, _) => format!("the {kind} `{name}`"),
    }
}

/// What the console calls a field.
fn label(kind: Kind, field: &Field) -> String {
    match (kind, field) {
        (Kind::RoutingPolicy, Field::Key("name")) => "Policy Name".to_owned(),
        (Kind::RoutingPolicy, Field::Spelt(field)) if field.name == "enabled" => "the switch of the policy".to_owned(),
        (Kind::RoutingPolicy, Field::Spelt(_)) => "User Authentication With".to_owned(),
        (Kind::UserGroup, Field::Key("name")) => "Name".to_owned(),
        (Kind::UserGroup, Field::Key("membershipMethod")) => "Membership Controls".to_owned(),
        (Kind::UserGroup, Field::Key("memberQuery.searchFilters")) => "its rule".to_owned(),
        (_, Field::Key("description")) => "Description".to_owned(),
        (_, field) => visible(&field.to_string()),
    }
}

fn value(field: &str, after: &str) -> String {
    let after = match after {
        "true" => "on",
        "false" => "off",
        "DYNAMIC_AUTOMATED" => "Dynamic",
        _ => after,
    };
    if !after.contains('\n') {
        return format!("      - {field}: {}\n", visible(after));
    }
    let lines: String = visible_lines(after).lines().map(|line| format!("          {line}\n")).collect();
    format!("      - {field}, these lines:\n{lines}")
}

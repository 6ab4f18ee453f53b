//! Reads the objects between the organisations, and `adopt`, `safety` and `formerly`.

use super::name::{FederationName, Name};
use super::types::{
    Access, Adopt, AdoptObject, App, IdentityProvider, RoutingGroup, RoutingMembers, RoutingPolicy, Safety,
};
use crate::text::diagnostic::{Code, Diagnostic};
use crate::text::node::{Node, ScalarKind, What};
use crate::text::path::{FieldPath, Located};
use crate::text::reader::{Fields, Reader};

impl AdoptObject {
    /// The word of the spec.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::IdentityProvider => "identity-provider",
            Self::RoutingPolicy => "routing-policy",
            Self::RoutingGroup => "routing-group",
        }
    }
}

const ADOPT: &[(&str, AdoptObject)] = &[
    ("app", AdoptObject::App),
    ("identity-provider", AdoptObject::IdentityProvider),
    ("routing-policy", AdoptObject::RoutingPolicy),
    ("routing-group", AdoptObject::RoutingGroup),
];

/// The credentials names, which the default names of objects are made of; empty where they are themselves wrong.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sides<'a> {
    pub(super) primary: &'a str,
    pub(super) secondary: &'a str,
}

/// Reads the OIDC app.
pub(super) fn app(reader: &mut Reader, top: &Fields<'_>, sides: Sides<'_>) -> App {
    let fields = reader.section(top, "app", &["label", "access", "hidden", "generation"]);
    let generation = reader.number(&fields, "generation");
    if let Some(zero) = generation.as_ref().filter(|number| number.value == 0) {
        let problem = Diagnostic::error(Code::InvalidNumber, "the first app is 1, and none comes before it");
        reader.push(problem.at_value(&zero.at, "").help("write `2` for a new client secret, or leave it out"));
    }
    App {
        label: reader.word_or(&fields, "label", || Name::made(format!("OIDC for {}", sides.secondary))),
        access: access(reader, &fields),
        hidden: reader.boolean_or(&fields, "hidden", true),
        generation: generation.unwrap_or_else(|| Located::new(1, fields.at("generation"))),
    }
}

fn access(reader: &mut Reader, fields: &Fields<'_>) -> Located<Access> {
    let at = fields.at("access");
    let read = match fields.get("access") {
        None => None,
        Some(node @ Node { what: What::Map(_), .. }) => {
            let inner = reader.fields(Some(node), at.clone(), &["group"]);
            reader.must_have(&inner, "group", "group: Everybody");
            reader.word(&inner, "group").map(|name| Access::Group(name.value))
        }
        Some(node) => {
            let words = [("source_groups", true), ("managed", false), ("group", false)];
            if matches!(&node.what, What::Scalar { text, .. } if text == "group") {
                reader.wrong_type(node, &at, "`{group: NAME}`");
                None
            } else {
                let chosen = reader.choice(node, &at, words.get(..2).unwrap_or(&words));
                chosen.map(|source_groups| if source_groups { Access::SourceGroups } else { Access::Managed })
            }
        }
    };
    Located::new(read.unwrap_or(Access::SourceGroups), at)
}

/// Reads the routing group.
pub(super) fn routing_group(reader: &mut Reader, top: &Fields<'_>, sides: Sides<'_>) -> RoutingGroup {
    let fields = reader.section(top, "routing_group", &["name", "members"]);
    RoutingGroup {
        name: reader.word_or(&fields, "name", || Name::made(format!("Federated from {}", sides.primary))),
        members: members(reader, &fields),
    }
}

fn members(reader: &mut Reader, fields: &Fields<'_>) -> Located<RoutingMembers> {
    let at = fields.at("members");
    let read = match fields.get("members") {
        None => None,
        Some(node @ Node { what: What::Map(_), .. }) => suffix_rule(reader, node, &at),
        Some(node) => reader
            .choice(node, &at, &[("managed", false), ("by_mark", true)])
            .map(|by_mark| if by_mark { RoutingMembers::ByMark } else { RoutingMembers::Managed }),
    };
    Located::new(read.unwrap_or(RoutingMembers::Managed), at)
}

/// A suffix rule takes in everybody with such an address, now and later; so the spec has to say that it knows.
fn suffix_rule(reader: &mut Reader, node: &Node, at: &FieldPath) -> Option<RoutingMembers> {
    let fields = reader.fields(Some(node), at.clone(), &["email_ends_with", "accept_capture"]);
    reader.must_have(&fields, "email_ends_with", "email_ends_with: \".beta\"");
    let accepted = fields.get("accept_capture").map(|node| &node.what);
    if !matches!(accepted, Some(What::Scalar { kind: ScalarKind::Bool(true), .. })) {
        reader.push(
            Diagnostic::error(Code::CaptureNotAccepted, "this rule routes everybody whose address ends so")
                .at_value(at, "people outside the population too")
                .help("add `accept_capture: true` if that is wanted, or write `members: managed`"),
        );
    }
    let at = fields.at("email_ends_with");
    let suffix = reader.text(fields.get("email_ends_with")?, &at)?;
    let inner = suffix.strip_prefix(['.', '@']).unwrap_or_default();
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-@".contains(c);
    if inner.is_empty() || !inner.chars().all(fits) {
        let message = format!("`{suffix}` is no end of an address");
        let problem = Diagnostic::error(Code::InvalidSuffix, message).at_value(&at, "");
        reader.push(problem.help("begin with `.` or `@`, and go on in lower case, as in `.beta`"));
        return None;
    }
    Some(RoutingMembers::EmailEndsWith(suffix.to_owned()))
}

/// Reads the identity provider.
pub(super) fn identity_provider(reader: &mut Reader, top: &Fields<'_>, sides: Sides<'_>) -> IdentityProvider {
    let fields = reader.section(top, "identity_provider", &["name"]);
    IdentityProvider { name: reader.word_or(&fields, "name", || Name::made(format!("{} JumpCloud", sides.primary))) }
}

/// Reads the routing policy.
pub(super) fn routing_policy(reader: &mut Reader, top: &Fields<'_>, sides: Sides<'_>) -> RoutingPolicy {
    let fields = reader.section(top, "routing_policy", &["name", "enabled"]);
    let default = || Name::made(format!("{0} people sign in at {0}", sides.primary));
    RoutingPolicy {
        name: reader.word_or(&fields, "name", default),
        enabled: reader.boolean_or(&fields, "enabled", true),
    }
}

/// Reads what may be taken over.
pub(super) fn adopt(reader: &mut Reader, top: &Fields<'_>) -> Adopt {
    let fields = reader.section(top, "adopt", &["objects", "people"]);
    let objects = reader.list(&fields, "objects").unwrap_or_default();
    let objects = objects
        .into_iter()
        .filter_map(|(node, at)| reader.choice(node, &at, ADOPT).map(|object| Located::new(object, at)))
        .collect();
    Adopt { objects: reader.each_once(objects), people: reader.words(&fields, "people") }
}

/// Reads what is stricter than the operator wants.
pub(super) fn safety(reader: &mut Reader, top: &Fields<'_>) -> Safety {
    let fields = reader.section(top, "safety", &["protect", "max_losses"]);
    let protect = reader.section(&fields, "protect", &["secondary"]);
    Safety { protect_secondary: reader.words(&protect, "secondary"), max_losses: reader.number(&fields, "max_losses") }
}

/// Reads the federation's earlier names.
pub(super) fn formerly(
    reader: &mut Reader,
    top: &Fields<'_>,
    federation: Option<&Located<FederationName>>,
) -> Vec<Located<FederationName>> {
    let names = reader.words(top, "formerly");
    if let Some(now) = federation
        && let Some(same) = names.iter().find(|name| name.value == now.value)
    {
        reader.push(
            Diagnostic::error(Code::DuplicateEntry, format!("`{now}` is the name that the federation has now"))
                .at_value(&same.at, "")
                .at_value(&now.at, "here"),
        );
    }
    names
}

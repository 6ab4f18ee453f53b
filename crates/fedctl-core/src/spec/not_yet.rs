//! What the format has and this version does not do: one list, which becomes shorter.

use super::name::FederationName;
use super::types::{Adopt, App, IdentityProvider, OnEmailChange, People, RoutingGroup, RoutingPolicy, Safety};
use crate::text::diagnostic::{Code, Diagnostic};
use crate::text::path::{FieldPath, Located};

/// A spec without its name and sides: all parts that can be asked for and not be done.
#[derive(Clone, Debug)]
pub(super) struct Wishes {
    pub(super) people: People,
    pub(super) app: App,
    pub(super) routing_group: RoutingGroup,
    pub(super) identity_provider: IdentityProvider,
    pub(super) routing_policy: RoutingPolicy,
    pub(super) adopt: Adopt,
    pub(super) safety: Safety,
    pub(super) formerly: Vec<Located<FederationName>>,
}

/// Something that may be asked for: what it is called, and where this spec asks for it.
type NotYet = (&'static str, fn(&Wishes) -> Option<&FieldPath>);

/// The list. Whoever makes the planner do one of these removes its line and nothing else.
const NOT_YET: &[NotYet] = &[("`on_email_change: follow`", |wishes| {
    asked(&wishes.people.mapping.on_email_change, |change| *change == OnEmailChange::Follow)
})];

/// Reports everything on the list that this spec asks for.
pub(super) fn check(wishes: &Wishes) -> Vec<Diagnostic> {
    let asked_for = NOT_YET.iter().filter_map(|(what, asked)| Some((what, asked(wishes)?)));
    asked_for
        .map(|(what, at)| {
            Diagnostic::error(Code::NotYet, format!("{what} is not done by this version of fedctl"))
                .at_value(at, "asked for here")
                .help("remove it for now: what a spec asks for is done or refused, never passed over")
        })
        .collect()
}

fn asked<T>(value: &Located<T>, is_asked: impl Fn(&T) -> bool) -> Option<&FieldPath> {
    is_asked(&value.value).then_some(&value.at)
}

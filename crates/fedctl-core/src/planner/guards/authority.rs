//! Accounts about which another directory decides.

use std::collections::BTreeMap;

use super::Whom;
use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::live::source::Source;
use crate::live::{Live, User};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};

/// What Active Directory, SCIM or another source keeps is not changed here: it would be changed back, or break there.
pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let mut refused: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    for action in plan.actions.iter().filter(|action| action.target.org == Org::Secondary) {
        let Some(account) = Whom::of(context, live, action).account else { continue };
        if let Some(source) = changed_against(action, account) {
            refused.entry(&account.email).or_insert((source, false)).1 |= shuts(action);
        }
    }
    let refusal = |(email, (source, is_shut)): (&str, (&str, bool))| {
        let about = Address::new(Org::Secondary, Kind::User, email);
        let (what, way_out) = if is_shut {
            ("would shut it", "shut it there, or keep it with `people.on_leave: keep`")
        } else {
            ("would change what that keeps", "change it there, or leave the person out with `people.except`")
        };
        Refusal::new(
            Guard::ForeignAuthority,
            &about,
            format!("{source} keeps this account, and this plan {what}"),
            way_out,
        )
    };
    plan.refusals.extend(refused.into_iter().map(refusal));
}

/// Whether an action shuts or removes an account, and so all that is kept of it.
fn shuts(action: &Action) -> bool {
    action.target.kind == Kind::User && (action.verb == Verb::Delete || action.takes_away())
}

/// The source that keeps what an action changes.
fn changed_against<'a>(action: &Action, account: &'a User) -> Option<&'a str> {
    let Source { kind, fields } = account.source.as_deref()?;
    let is_kept = |name: &str| fields.iter().any(|field| &**field == name);
    let changes = || action.changes.iter().any(|change| is_kept(&change.field.to_string()));
    let changes_account = action.target.kind == Kind::User && (shuts(action) || changes());
    let changes_password = action.target.kind == Kind::PasswordAuthority && is_kept("password");
    let is_change = !matches!(action.verb, Verb::Create | Verb::Check);
    (is_change && (changes_account || changes_password)).then_some(&**kind)
}

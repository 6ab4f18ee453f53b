//! Accounts about which another directory decides.

use super::Whom;
use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::live::source::Source;
use crate::live::{Live, User};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};

/// What Active Directory, SCIM or another source keeps is not changed here: it would be changed back, or break there.
pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let mut refused: Vec<(Address, Box<str>)> = Vec::new();
    for action in plan.actions.iter().filter(|action| action.target.org == Org::Secondary) {
        let Some(account) = Whom::of(context, live, action).account else { continue };
        if let Some(source) = changed_against(action, account) {
            refused.push((Address::new(Org::Secondary, Kind::User, &*account.email), source.into()));
        }
    }
    refused.sort();
    refused.dedup();
    for (about, source) in refused {
        plan.refuse(Refusal::new(
            Guard::ForeignAuthority,
            &about,
            format!("{source} keeps this account, and this plan would change what it keeps"),
            "change it there, or leave the person out of `adopt.people` or, with `people.except`, out of the population",
        ));
    }
}

/// The source that keeps what an action changes. Shutting or removing an account changes all of it.
fn changed_against<'a>(action: &Action, account: &'a User) -> Option<&'a str> {
    let Source { kind, fields } = account.source.as_deref()?;
    let changes_all = action.target.kind == Kind::User && (action.verb == Verb::Delete || action.takes_away());
    let is_kept = |name: &str| fields.iter().any(|field| &**field == name);
    let changes_kept = || match action.target.kind {
        Kind::User => action.changes.iter().any(|change| is_kept(&change.field.to_string())),
        Kind::PasswordAuthority => action.verb != Verb::Check && is_kept("password"),
        _ => false,
    };
    (action.verb != Verb::Create && (changes_all || changes_kept())).then_some(&**kind)
}

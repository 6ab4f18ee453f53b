//! How many people one plan may touch at most.

use std::collections::BTreeSet;

use super::some;
use crate::address::{Address, Kind};
use crate::kinds::context::{Builder, Context};
use crate::kinds::user_group;
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};

/// A part of a number of people, in per cent, but at least so many.
pub(super) fn share(people: usize, per_cent: usize, least: usize) -> usize {
    least.max(people * per_cent / 100)
}

/// More people would gain sign-in than one plan may give it to. A first set-up is a gain of everybody.
pub(super) fn gains(context: &Context<'_>, plan: &mut Builder) {
    let is_first = context.found.policy.is_in_the_making();
    let default = (!is_first).then(|| share(context.people.list.len(), 25, 20));
    let ceiling = context.terms.rules.max_gains.map(|most| most as usize);
    let Some(most) = ceiling.or(default) else { return };
    let gaining: Vec<&str> = context
        .active()
        .filter(|(_, person)| !context.is_routed(person))
        .map(|(_, person)| &*person.user.email)
        .collect();
    if gaining.len() <= most {
        return;
    }
    let names = some(gaining.iter().map(|email| (*email).to_owned()), gaining.len());
    let why = format!("{} people would gain sign-in, and one plan may give it to {most}: {names}", gaining.len());
    let way_out = "begin with some of them under `people.pilot`; are the groups under `people.from` the right ones?";
    let refusal = Refusal::new(Guard::MaxGains, &user_group::routing_group(context.spec), why, way_out);
    plan.refuse(refusal.about_so_many(gaining.len()));
}

/// More accounts would get another address or username than one plan may give.
pub(super) fn renames(context: &Context<'_>, plan: &mut Builder) {
    let default = share(context.people.list.len(), 5, 5);
    let most = context.terms.rules.max_renames.map_or(default, |most| most as usize);
    plan.refusals.extend(too_many_renames(&plan.actions, most));
}

fn too_many_renames(actions: &[Action], most: usize) -> Option<Refusal> {
    let renamed: BTreeSet<&Address> =
        actions.iter().filter(|action| renames_account(action)).map(|action| &action.target).collect();
    let first = renamed.first()?;
    if renamed.len() <= most {
        return None;
    }
    let names = some(renamed.iter().map(|address| address.name.to_string()), renamed.len());
    let why = format!("{} accounts would be renamed, and one plan may rename {most}: {names}", renamed.len());
    let way_out = "if nobody meant to rename them: look what changed at the primary organisation, a domain perhaps; \
                   `people.mapping.on_email_change: keep` lets accounts keep their names";
    Some(Refusal::new(Guard::MaxRenames, first, why, way_out).about_so_many(renamed.len()))
}

/// Whether an account that is there gets another address or username.
fn renames_account(action: &Action) -> bool {
    let is_name = |field: &str| matches!(field, "email" | "username");
    action.target.kind == Kind::User
        && action.verb == Verb::Update
        && action.changes.iter().any(|change| change.before.is_some() && is_name(&change.field.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Org;
    use crate::endpoint;
    use crate::plan::action::{Call, Change, Field};

    fn changing(number: usize, field: &'static str) -> Action {
        let call = Call { endpoint: &endpoint::UPDATE_USER, args: Box::new([]), body: None };
        let target = Address::new(Org::Secondary, Kind::User, format!("p{number}@acme.com.beta"));
        let changes: Box<[Change]> = Box::new([Change::of(Field::Key(field), "before", "after")]);
        Action { verb: Verb::Update, changes, ..Action::edge(target, call) }
    }

    #[test]
    fn as_many_as_one_plan_may_rename_are_renamed_and_one_more_is_refused() {
        let mut actions: Vec<Action> = (0..5).map(|number| changing(number, "email")).collect();
        // One account, twice; another name of somebody is no other name of the account.
        actions.extend([changing(4, "username"), changing(5, "firstname")]);
        assert_eq!(too_many_renames(&actions, 5), None);
        actions.push(changing(6, "username"));
        let refusal = too_many_renames(&actions, 5).unwrap();
        assert_eq!((refusal.guard, refusal.count), (Guard::MaxRenames, Some(6)));
    }

    #[test]
    fn a_share_is_at_least_so_many() {
        assert_eq!([share(10, 25, 20), share(80, 25, 20), share(84, 25, 20), share(0, 5, 5)], [20, 20, 21, 5]);
    }
}

//! A way in that nobody was seen to use yet, for people who have another one.

use super::some;
use crate::kinds::context::{Builder, Context};
use crate::kinds::{routing_policy, user_group};
use crate::live::User;
use crate::people::Person;
use crate::plan::Pair;
use crate::plan::guard::{Guard, Refusal};

/// How many people may be routed who lose another way in if it does not work. Whoever has no other way in loses nothing.
const MOST: usize = 5;

/// A request that the service took may still be wrong in what nobody has published, and only a sign-in shows it. Until one
/// was seen a few go first.
pub(super) fn refuse(context: &Context<'_>, plan: &mut Builder) {
    if !context.routes_after() || routing_policy::turns_off(context) || is_proved(context) {
        return;
    }
    let has_other_way_in = |person: &&Person<'_>| person.live.is_some_and(User::has_local_way_in);
    let is_routed_now = |person: &Person<'_>| context.found.policy.routes() && context.is_routed(person);
    let comes =
        |person: &Person<'_>| person.held.is_none() && context.is_routed_after(person) && !context.stays_out(person);
    let all = || context.people.list.iter().filter(has_other_way_in);
    let routed = all().filter(|person| is_routed_now(person) || comes(person)).count();
    let new: Vec<&str> =
        all().filter(|person| !is_routed_now(person) && comes(person)).map(|person| &*person.user.email).collect();
    if routed <= MOST || new.is_empty() {
        return;
    }
    let names = some(new.iter().map(|email| (*email).to_owned()), new.len());
    let why = format!(
        "{routed} people who have a local password would be routed, {} of them by this plan, and nobody was seen to sign in \
         through this app and this identity provider yet; until then {MOST} may be: {names}",
        new.len()
    );
    let way_out = "begin with at most five under `people.pilot`; the line goes when one of them was seen to sign in, or when you \
                   know it and say so with `--signed-in EMAIL`";
    let refusal = Refusal::new(Guard::Unproven, &user_group::routing_group(context.spec), why, way_out);
    plan.refuse(refusal.about_so_many(new.len()));
}

/// Whether somebody signed in through the present pair, by the log or by somebody's word.
fn is_proved(context: &Context<'_>) -> bool {
    context.found.evidence.pair == Pair::Proved
        || context.people.list.iter().any(|person| context.has_signed_in(person))
}

//! How many people one plan, and one day, may take sign-in from.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::numbers::share;
use super::{Whom, some};
use crate::address::{Address, Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::kinds::routing_policy;
use crate::live::{Live, User};
use crate::mark::{Departure, HowLeft, UserMark};
use crate::plan::guard::{Guard, Refusal};
use crate::plan::{Action, Verb};

/// What becomes of somebody, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    Unrouted,
    Suspended,
    Deleted,
}

const ALL: [Loss; 3] = [Loss::Unrouted, Loss::Suspended, Loss::Deleted];

impl Loss {
    /// What an action takes.
    fn of(action: &Action) -> Option<Self> {
        let target = &action.target;
        match (target.org, target.kind, action.verb) {
            (Org::Secondary, Kind::User, Verb::Delete) => Some(Loss::Deleted),
            (Org::Secondary, Kind::User, Verb::Update) => action.takes_away().then_some(Loss::Suspended),
            // A group, an app or a policy that goes is said by another guard; what is left is of one person.
            (_, Kind::GroupMember | Kind::UserMapping, _) => action.takes_away().then_some(Loss::Unrouted),
            _ => None,
        }
    }

    /// How many people may lose as much, or more.
    fn default(self, people: usize) -> usize {
        match self {
            Loss::Unrouted => share(people, 10, 3).min(100),
            Loss::Suspended => share(people, 5, 3).min(50),
            Loss::Deleted => share(people, 1, 1).min(10),
        }
    }

    /// The same, as the operator and the spec have it.
    fn most(self, context: &Context<'_>, people: usize) -> usize {
        let default = self.default(people);
        let by_operator = match (self, context.terms.rules.max_losses) {
            (_, None) => default,
            (Loss::Unrouted | Loss::Suspended, Some(most)) => most as usize,
            // What cannot be undone is not made easier by a number that was meant for what can be.
            (Loss::Deleted, Some(most)) => default.min(most as usize),
        };
        let by_spec = context.spec.safety.max_losses.as_ref();
        by_spec.map_or(by_operator, |most| by_operator.min(most.value as usize))
    }

    fn as_str(self) -> &'static str {
        match self {
            Loss::Unrouted => "lose sign-in",
            Loss::Suspended => "be suspended",
            Loss::Deleted => "be deleted",
        }
    }
}

/// Whoever loses, by the address of the account, and whether this plan does it.
type Losses = BTreeMap<Box<str>, (Loss, bool)>;

pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    let day = Departure::now(HowLeft::Suspended, live.as_of).on;
    let mut losses = today(context, day);
    let before = losses.len();
    for (email, loss) in by_this_plan(context, live, plan) {
        let (most, now) = losses.entry(email).or_insert((loss, true));
        (*most, *now) = ((*most).max(loss), true);
    }
    if losses.values().all(|(_, now)| !now) {
        return;
    }
    let people = people(context, day);
    let too_many = ALL.into_iter().filter_map(|loss| {
        let number = losses.values().filter(|(other, _)| *other >= loss).count();
        let most = loss.most(context, people);
        (number > most).then(|| format!("{number} of {people} people would {}, and {most} may in a day", loss.as_str()))
    });
    let too_many: Vec<String> = too_many.collect();
    if !too_many.is_empty() {
        plan.refuse(refusal(context, &losses, before, &too_many));
    }
}

fn refusal(context: &Context<'_>, losses: &Losses, before: usize, too_many: &[String]) -> Refusal {
    let now: Vec<String> = losses.iter().filter(|(_, (_, now))| *now).map(|(email, _)| email.to_string()).collect();
    let earlier = match before {
        0 => String::new(),
        before => format!(", {before} of them by what was done today already"),
    };
    let why = format!("{}{earlier}: {}", too_many.join("; "), some(now.iter().cloned(), now.len()));
    let way_out = if routing_policy::turns_off(context) {
        "leave `routing_policy.enabled` as it was"
    } else {
        "put them back into the population (is a group under `people.from` empty by mistake?), or let them go a few a day"
    };
    Refusal::new(Guard::MaxLosses, &about(context), why, way_out).about_so_many(losses.len())
}

fn about(context: &Context<'_>) -> Address {
    if routing_policy::turns_off(context) {
        routing_policy::address(context.spec)
    } else {
        crate::kinds::user_group::routing_group(context.spec)
    }
}

/// Everybody from whom this plan takes something.
fn by_this_plan(context: &Context<'_>, live: &Live, plan: &Builder) -> Vec<(Box<str>, Loss)> {
    let accounts = live.users(Org::Secondary);
    let by_action = plan.actions.iter().filter_map(|action| {
        let loss = Loss::of(action)?;
        let email = Whom::of(context, live, action).email().unwrap_or(&action.target.name);
        Some((email.into(), loss))
    });
    let routed = context.found.routing_group.members.iter().filter(|_| routing_policy::turns_off(context));
    // An account that is shut opens for nobody as it is.
    let routed = routed.map(|id| (id, accounts.get(*id))).filter(|(_, user)| !user.is_some_and(User::is_shut));
    let by_switch = routed.map(|(id, user)| (user.map_or_else(|| id.to_string().into(), email), Loss::Unrouted));
    by_action.chain(by_switch).collect()
}

fn email(user: &User) -> Box<str> {
    user.email.clone()
}

/// Everybody whose mark says that they lost something today.
fn today(context: &Context<'_>, day: Option<Date>) -> Losses {
    let left = context.people.left.iter();
    left.filter_map(|leaver| Some((leaver.account.email.clone(), (lost_on(leaver.mark, day?)?, false)))).collect()
}

/// What a mark says that its account lost on a day.
fn lost_on(mark: &UserMark, day: Date) -> Option<Loss> {
    let departure = mark.departure().filter(|departure| departure.on == Some(day))?;
    Some(match departure.how {
        HowLeft::Suspended => Loss::Suspended,
        HowLeft::Released => Loss::Unrouted,
    })
}

/// The people of the federation: the population, and whoever left and was not let go before today.
fn people(context: &Context<'_>, day: Option<Date>) -> usize {
    let was_let_go = |mark: &UserMark| mark.departure().is_some_and(|departure| departure.on != day);
    context.people.list.len() + context.people.left.iter().filter(|leaver| !was_let_go(leaver.mark)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_a_share_of_the_people_with_a_floor_and_a_ceiling() {
        let of = |people| ALL.map(|loss| loss.default(people));
        assert_eq!(of(0), [3, 3, 1]);
        assert_eq!(of(59), [5, 3, 1]);
        assert_eq!(of(200), [20, 10, 2]);
        assert_eq!(of(100_000), [100, 50, 10]);
    }

    #[test]
    fn a_mark_says_what_its_account_lost_and_on_which_day() {
        let lost = |rest: &str| {
            let mark = UserMark::parse(&format!("f/61aa0d3e9b1e8a0001a1b2c3/created{rest}")).unwrap();
            lost_on(&mark, Date::constant(2026, 11, 24))
        };
        assert_eq!(lost(""), None);
        assert_eq!(lost("/suspended 2026-11-23"), None);
        assert_eq!(lost("/suspended 2026-11-24"), Some(Loss::Suspended));
        assert_eq!(lost("/left 2026-11-24"), Some(Loss::Unrouted));
        assert_eq!(lost("/left"), None);
    }
}

//! How long a plan waits until what an earlier run did can be seen.
//!
//! JumpCloud does not say how soon a list shows what was just made. A run that was broken off a minute ago may have made an
//! app that no list shows yet: a plan would make a second one, or take away what only seems to be left over. So plans that
//! do either wait until the newest trace is old enough. The time is the server's, and comes with what was read.

use crate::endpoint::Again;
use crate::plan::{Action, Plan, Verb};

/// What is young enough to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// How old the newest trace is, in seconds.
    pub age: u64,
    /// How many seconds are missing.
    pub rest: u64,
}

/// How long a plan has to wait, and then be made again, because a trace of an earlier run was made (`newest`, seconds since
/// 1970) less than `settle` seconds before it was read.
pub fn wait(plan: &Plan, newest: Option<u64>, settle: u32) -> Option<Wait> {
    let matters = plan.refusals.is_empty() && plan.actions.iter().any(needs_the_whole_past);
    rest(plan.as_of, newest.filter(|_| matters)?, settle)
}

/// How long to wait until the newest trace is old enough, by the clock of the server.
fn rest(now: Option<u64>, newest: u64, settle: u32) -> Option<Wait> {
    // Without a clock, it is as young as it can be.
    let age = now.map_or(0, |now| now.saturating_sub(newest));
    let rest = u64::from(settle).saturating_sub(age);
    (rest > 0).then_some(Wait { age, rest })
}

/// Whether an action goes wrong where something that was made does not show yet: the service would take a second one, or
/// something is removed because another seems to be missing.
fn needs_the_whole_past(action: &Action) -> bool {
    action.verb == Verb::Delete
        || action.takes_away()
        || action.calls().any(|call| call.endpoint.again() == Again::Never)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Address, Kind, Org};
    use crate::endpoint::{self, Writing};
    use crate::plan::action::Call;

    #[test]
    fn the_newest_trace_is_waited_for_until_it_is_old_enough() {
        assert_eq!(rest(Some(1030), 1000, 120), Some(Wait { age: 30, rest: 90 }));
        assert_eq!(rest(Some(1120), 1000, 120), None);
        assert_eq!(rest(Some(1000), 1000, 0), None);
        // Clocks that disagree, or none: as long as can be meant, and not longer.
        assert_eq!(rest(Some(900), 1000, 120), Some(Wait { age: 0, rest: 120 }));
        assert_eq!(rest(None, 1000, 120), Some(Wait { age: 0, rest: 120 }));
    }

    fn waits(verb: Verb, endpoint: &'static Writing) -> bool {
        let target = Address::new(Org::Primary, Kind::UserGroup, "A");
        let action = Action::edge(target, Call { endpoint, args: Box::new([]), body: None });
        needs_the_whole_past(&Action { verb, ..action })
    }

    #[test]
    fn what_may_be_made_twice_and_what_is_removed_waits_and_nothing_else() {
        for twice in
            [&endpoint::CREATE_GROUP, &endpoint::CREATE_APP, &endpoint::CREATE_APP_SSO, &endpoint::CREATE_POLICY]
        {
            assert!(waits(Verb::Create, twice));
        }
        assert!(waits(Verb::Delete, &endpoint::CHANGE_APP_ACCESS));
        for once in [&endpoint::CREATE_USER, &endpoint::CREATE_PROVIDER, &endpoint::CHANGE_MEMBER] {
            assert!(!waits(Verb::Create, once));
        }
    }
}

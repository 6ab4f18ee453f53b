//! What is waited for, and for how long.

use fedctl_core::address::{Address, Kind, Org};
use fedctl_core::endpoint::{self, Writing};
use fedctl_core::plan::action::Call;

use super::*;

#[test]
fn the_newest_trace_is_waited_for_until_it_is_old_enough() {
    assert_eq!(wait(Some(1030), 1000, 120), Some(Wait { age: 30, rest: 90 }));
    assert_eq!(wait(Some(1120), 1000, 120), None);
    assert_eq!(wait(Some(1000), 1000, 0), None);
    // Clocks that disagree, or none: as long as can be meant, and not longer.
    assert_eq!(wait(Some(900), 1000, 120), Some(Wait { age: 0, rest: 120 }));
    assert_eq!(wait(None, 1000, 120), Some(Wait { age: 0, rest: 120 }));
}

fn waits(verb: Verb, endpoint: &'static Writing) -> bool {
    let target = Address::new(Org::Primary, Kind::UserGroup, "A");
    let action = Action::edge(target, Call { endpoint, args: Box::new([]), body: None });
    needs_the_whole_past(&Action { verb, ..action })
}

#[test]
fn what_may_be_made_twice_and_what_is_removed_waits_and_nothing_else() {
    for twice in [&endpoint::CREATE_GROUP, &endpoint::CREATE_APP, &endpoint::CREATE_APP_SSO, &endpoint::CREATE_POLICY] {
        assert!(waits(Verb::Create, twice));
    }
    assert!(waits(Verb::Delete, &endpoint::CHANGE_APP_ACCESS));
    for once in [&endpoint::CREATE_USER, &endpoint::CREATE_PROVIDER, &endpoint::CHANGE_MEMBER] {
        assert!(!waits(Verb::Create, once));
    }
}

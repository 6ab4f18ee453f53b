//! I4: interrupted anywhere, two runs without faults end in the same state.

use fedctl_core::apply::End;
use fedctl_core::plan::Fate;
use fedctl_core::spec::Spec;
use jumpcloud_sim::fixture;

use crate::carry::{self, Fault, Memory};

const PEOPLE: &str = "  from: {groups: [Contractors], emails: [EMAIL]}";

/// A world with a dozen people in a group and one who is named by e-mail.
pub(crate) fn world() -> (Memory, Spec) {
    let memory = Memory::new(fixture::demo(1, 48));
    let email = outsider(&memory);
    let spec = carry::spec(&memory, &PEOPLE.replace("EMAIL", &email), "");
    (memory, spec)
}

fn outsider(memory: &Memory) -> String {
    let contractors = memory.world.groups(memory.primary).find(|group| &*group.name == "Contractors").unwrap();
    let mut users = memory.world.users(memory.primary);
    let user = users.find(|user| user.is_activated() && !user.is_suspended() && !contractors.has_member(user.id));
    user.unwrap().email.to_string()
}

/// What must be so at the end, judged from the world alone.
fn judge(memory: &mut Memory, spec: &Spec, what: &str) {
    let plan = carry::plan(spec, memory);
    assert!(plan.is_empty(), "{what}: {:?}", plan.actions.iter().map(|a| a.target.to_string()).collect::<Vec<_>>());
    let ours = |description: &str| description.contains("managed by fedctl");
    let apps = memory.world.apps(memory.primary).filter(|app| ours(&app.description)).count();
    let groups =
        [memory.primary, memory.secondary].map(|org| memory.world.groups(org).filter(|g| ours(&g.description)).count());
    assert_eq!((apps, groups), (1, [1, 1]), "{what}");
    assert!(memory.world.provider(memory.secondary).is_some(), "{what}");
    assert_eq!(memory.world.policies(memory.secondary).count(), 1, "{what}");
    let mut accounts = 0;
    for person in plan.people.iter().filter(|person| !matches!(person.fate, Fate::Held(_))) {
        let user = memory.world.user_by_email(memory.primary, &person.email).unwrap().id;
        let opened = memory.world.sign_in(memory.secondary, &person.account, user);
        let opened = opened.unwrap_or_else(|hop| panic!("{what}: {} cannot sign in: {hop}", person.email));
        assert_eq!(&*memory.world.user(opened).unwrap().email, &*person.account, "{what}");
        accounts += 1;
    }
    let made = memory.world.users(memory.secondary).filter(|user| user.attribute("fedctl").is_some()).count();
    assert_eq!((accounts, made), (11, 11), "{what}");
    assert_eq!(memory.world.outbox().len(), 0, "{what}: I12");
}

#[test]
fn i4_every_write_of_a_first_set_up_and_everything_that_can_become_of_it() {
    let (mut clean, spec) = world();
    carry::apply(&spec, &mut clean);
    let writes = clean.writes;
    judge(&mut clean, &spec, "without faults");
    assert!(writes > 50, "{writes}");
    let faults =
        [Fault::KilledBefore, Fault::KilledAfter, Fault::Cut, Fault::Refused, Fault::DoneAnd500, Fault::NotSent];
    for at in 0..writes {
        for fault in faults {
            let (mut memory, spec) = world();
            memory.fault = Some((at, fault));
            let (plan, ends) = carry::apply(&spec, &mut memory);
            let struck = plan.actions.iter().zip(&ends).find(|(_, end)| !end.is_good());
            let what =
                format!("write {at}, {fault:?}, {:?}", struck.map(|(action, end)| (action.target.to_string(), end)));
            memory.fault = None;
            memory.dead = false;
            for _ in 0..2 {
                let (plan, ends) = carry::apply(&spec, &mut memory);
                let bad: Vec<_> = plan
                    .actions
                    .iter()
                    .zip(&ends)
                    .filter(|(_, end)| !end.is_good())
                    .map(|(a, e)| (a.target.to_string(), e))
                    .collect();
                assert!(bad.is_empty(), "{what}: then {bad:?}");
            }
            judge(&mut memory, &spec, &what);
        }
    }
}

#[test]
fn a_secret_that_was_shown_into_a_cut_connection_is_said_and_no_provider_is_written() {
    let (mut clean, spec) = world();
    carry::apply(&spec, &mut clean);
    let shown =
        clean.world.requests().iter().filter(|request| {
            !fedctl_core::endpoint::reads(&request.method, request.target.split('?').next().unwrap())
        });
    let at = shown.clone().position(|request| request.target.ends_with("/sso")).unwrap();
    let (mut memory, spec) = world();
    memory.fault = Some((at, Fault::Cut));
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert!(memory.world.provider(memory.secondary).is_none());
    let said = ends.iter().any(|end| matches!(end, End::Failed(why) if why.contains("shown once")));
    assert!(
        said,
        "{:?}",
        plan.actions
            .iter()
            .zip(&ends)
            .filter(|(_, end)| !end.is_good())
            .map(|(a, e)| (a.target.to_string(), e))
            .collect::<Vec<_>>()
    );
}

//! A first set-up, and what a second run makes of it.

use fedctl_core::endpoint;
use jumpcloud_sim::fixture;

use crate::carry::{self, Memory};

#[test]
fn a_first_set_up_signs_people_in_and_the_second_plan_is_empty() {
    let mut memory = Memory::new(fixture::demo(1, 240));
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
    let (plan, ends) = carry::apply(&spec, &mut memory);
    for (action, end) in plan.actions.iter().zip(&ends) {
        println!("{} {} {end:?}", action.verb.as_str(), action.target);
    }
    assert!(ends.iter().all(fedctl_core::apply::End::is_good));
    memory.world.clear_requests();
    let second = carry::plan(&spec, &mut memory);
    assert!(second.is_empty(), "{:#?}", second.actions);
    for request in memory.world.requests() {
        let path = request.target.split('?').next().unwrap();
        assert!(endpoint::reads(&request.method, path), "{} {path}", request.method);
    }
    let verification = carry::verify(&spec, &mut memory);
    assert!(verification.is_whole(), "{:?}", verification.counts());
    for person in plan.people.iter().filter(|person| !matches!(person.fate, plan::Fate::Held(_))) {
        let user = memory.world.user_by_email(memory.primary, &person.email).unwrap().id;
        let account = memory.world.sign_in(memory.secondary, &person.account, user).unwrap();
        assert_eq!(memory.world.user(account).unwrap().email.as_ref() as &str, &*person.account);
    }
    assert_eq!(memory.world.outbox().len(), 0);
}

use fedctl_core::plan;

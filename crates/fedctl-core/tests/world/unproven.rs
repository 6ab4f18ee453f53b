//! Until somebody was seen to sign in, at most five people are routed who have another way in.

use std::collections::BTreeSet;
use std::ops::Range;

use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::rules::Rules;
use fedctl_core::spec::Spec;
use jumpcloud_sim::fixture;

use crate::carry::{self, Memory};
use crate::scene::plain;

/// People of whom some have an account with a password that the spec takes over.
fn office(people: usize, with_account: usize) -> Memory {
    let mut memory = Memory::new(fixture::pair(7));
    let group = memory.world.add_group(memory.primary, "Contractors");
    for number in 0..people {
        let (email, name) = (format!("p{number}@acme.com"), format!("p{number}"));
        let user = memory.world.add_user(memory.primary, plain(&email, &name));
        memory.world.add_member(group, user);
        if number < with_account {
            memory.world.add_user(memory.secondary, plain(&format!("{email}.beta"), &name));
        }
    }
    memory
}

fn list(people: Range<usize>) -> String {
    people.map(|number| format!("p{number}@acme.com")).collect::<Vec<_>>().join(", ")
}

fn spec(memory: &Memory, adopted: Range<usize>, pilot: Option<Range<usize>>) -> Spec {
    let pilot = pilot.map(|people| format!("\n  pilot: [{}]", list(people))).unwrap_or_default();
    let people = format!("  from: {{groups: [Contractors]}}\n  mapping: {{email: \"{{email}}.beta\"}}{pilot}");
    carry::spec(memory, &people, &format!("adopt: {{people: [{}]}}\n", list(adopted)))
}

fn refused(spec: &Spec, memory: &mut Memory, signed_in: &[&str]) -> Vec<(Guard, Option<u32>)> {
    let signed_in: BTreeSet<Box<str>> = signed_in.iter().map(|email| Box::from(*email)).collect();
    let plan = carry::plan_under(Rules { signed_in, ..Rules::default() }, spec, memory);
    plan.refusals.iter().map(|refusal| (refusal.guard, refusal.count)).collect()
}

#[test]
fn five_people_with_a_password_may_go_first_and_a_sixth_waits_for_a_sign_in() {
    let mut memory = office(6, 6);
    let (all, five) = (spec(&memory, 0..6, None), spec(&memory, 0..6, Some(0..5)));
    let mut nobody = all.clone();
    nobody.routing_policy.enabled.value = false;
    assert_eq!(refused(&nobody, &mut memory, &[]), [], "nobody is routed");
    assert_eq!(refused(&all, &mut memory, &[]), [(Guard::Unproven, Some(6))]);
    assert_eq!(refused(&five, &mut memory, &[]), []);
    carry::apply(&five, &mut memory);
    memory.world.advance(300_000);
    assert_eq!(refused(&all, &mut memory, &[]), [(Guard::Unproven, Some(1))], "five are routed, and one more would be");
    assert_eq!(refused(&all, &mut memory, &["p0@acme.com"]), [], "somebody says that one signed in");
    let person = memory.world.user_by_email(memory.primary, "p0@acme.com").unwrap().id;
    memory.world.advance(60_000);
    memory.world.sign_in_and_tell(memory.secondary, "p0@acme.com.beta", person).unwrap();
    assert_eq!(refused(&all, &mut memory, &[]), [], "one was seen to sign in");
}

#[test]
fn who_has_no_other_way_in_loses_nothing_and_does_not_count() {
    let mut memory = office(30, 5);
    let spec = spec(&memory, 0..5, None);
    assert_eq!(refused(&spec, &mut memory, &[]), []);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(crate::properties::bad(&plan, &ends), []);
    memory.world.advance(300_000);
    assert_eq!(refused(&spec, &mut memory, &[]), [], "nothing is to be done, so nobody new is routed");
}

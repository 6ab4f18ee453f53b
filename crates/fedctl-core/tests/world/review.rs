//! What a second pair of eyes found: each is one scenario, and stays found.

use std::collections::BTreeSet;
use std::sync::Arc;

use fedctl_core::apply::{End, Event, Next, Run, Turn};
use fedctl_core::drive::Carry;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::{Fate, Held};
use fedctl_core::planner::Step;
use fedctl_core::request::{Answer, Outcome, Request};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{console, fixture};
use zeroize::Zeroizing;

use crate::carry::{self, Fault, Memory};
use crate::conversation::{Conversation, answer, busy, only, plan};

const A_DAY: u64 = 24 * 60 * 60 * 1000;

fn world() -> (Memory, Spec) {
    let memory = Memory::new(fixture::demo(1, 48));
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
    (memory, spec)
}

/// Answers some requests with 403, and counts all.
struct Refuses<'m> {
    memory: &'m mut Memory,
    refused: fn(&Request) -> bool,
    sent: usize,
}

impl Carry for Refuses<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        self.sent += 1;
        assert!(self.sent < 2_000, "it asks for ever");
        if !(self.refused)(&request) {
            return self.memory.carry(request);
        }
        let body = Zeroizing::new(br#"{"message":"Forbidden"}"#.to_vec());
        Outcome::Answered(Answer { status: 403, body, total: None, date: None, retry_after: None, said: None })
    }
}

#[test]
fn i13_users_that_this_key_may_not_read_are_said_and_not_asked_for_again() {
    let (mut memory, spec) = world();
    let refused = |request: &Request| request.path.starts_with("/api/search/systemusers");
    let mut carry = Refuses { memory: &mut memory, refused, sent: 0 };
    let step = carry::step(&spec, &mut carry).unwrap();
    assert!(matches!(step, Step::Unknown(_)), "{step:?}");
    assert!(carry.sent < 30, "{} requests", carry.sent);
}

#[test]
fn i9_routing_is_turned_on_after_every_member_is_ready_or_not_at_all() {
    let (mut memory, spec) = world();
    // Killed before the policy is turned on: everybody is a member already.
    let mut clean = Memory::new(fixture::demo(1, 48));
    carry::apply(&spec, &mut clean);
    let turned_on =
        clean.world.requests().iter().filter(|request| {
            !fedctl_core::endpoint::reads(&request.method, request.target.split('?').next().unwrap())
        });
    let at =
        turned_on.clone().position(|request| request.method == "PUT" && request.target.contains("/policies/")).unwrap();
    memory.fault = Some((at, Fault::KilledBefore));
    carry::apply(&spec, &mut memory);
    (memory.fault, memory.dead) = (None, false);
    // One of them gets a local password, and loses the attribute; writing it again is refused.
    let ann = memory.world.users(memory.secondary).find(|user| user.attribute("fedctl").is_some()).unwrap().id;
    console::set_password(&mut memory.world, ann, Some("a local password"));
    let address = memory.world.user(ann).unwrap().email.clone();
    let person =
        memory.world.users(memory.primary).find(|user| user.attribute("acmetobeta") == Some(&*address)).unwrap().id;
    console::set_attribute(&mut memory.world, person, "acmetobeta", None);
    let before = memory.world.local_sign_in(memory.secondary, &address);
    assert!(before.is_ok(), "{before:?}");
    let plan = carry::plan(&spec, &mut memory);
    let refused = |request: &Request| request.method == "PUT" && request.path.starts_with("/api/systemusers/");
    let ends = carry::run(&plan, &mut Refuses { memory: &mut memory, refused, sent: 0 });
    assert!(ends.iter().any(|end| matches!(end, End::Failed(_))), "{ends:?}");
    assert!(memory.world.policies(memory.secondary).all(|policy| !policy.enabled), "routing was turned on");
}

#[test]
fn i4_a_set_up_that_takes_a_weekend_is_finished() {
    let (mut memory, spec) = world();
    let provider = |request: &Request| request.method == "POST" && request.path.ends_with("/identity-providers");
    let first = carry::plan(&spec, &mut memory);
    carry::run(&first, &mut Refuses { memory: &mut memory, refused: provider, sent: 0 });
    assert!(memory.world.provider(memory.secondary).is_none());
    memory.world.advance(3 * A_DAY);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert!(ends.iter().all(End::is_good), "{ends:?}");
    let held: BTreeSet<_> = plan.people.iter().filter_map(|person| held(person.fate)).collect();
    assert!(!held.contains(&Held::Unrouted), "{held:?}");
    assert!(carry::verify(&spec, &mut memory).is_whole());
}

fn held(fate: Fate) -> Option<Held> {
    match fate {
        Fate::Held(held) => Some(held),
        Fate::Unchanged
        | Fate::Gains
        | Fate::GainsExisting
        | Fate::TakenOver
        | Fate::Mended
        | Fate::Loses
        | Fate::Leaves(_) => None,
    }
}

#[test]
fn i11_who_was_taken_out_of_the_access_group_stays_out() {
    let mut memory = Memory::new(fixture::demo(1, 48));
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "app: {access: managed}\n");
    carry::apply(&spec, &mut memory);
    memory.world.advance(2 * A_DAY);
    let access = memory.world.groups(memory.primary).find(|group| group.name.ends_with("access")).unwrap();
    let (group, user) = (access.id, access.members().next().unwrap());
    console::remove_member(&mut memory.world, group, user);
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty(), "{:?}", plan.actions);
    assert_eq!(plan.people.iter().filter(|person| held(person.fate) == Some(Held::AccessTaken)).count(), 1);
}

#[test]
fn i10_somebody_who_reaches_the_app_by_a_group_that_nobody_planned_opens_no_account_of_another() {
    let (mut memory, spec) = world();
    carry::apply(&spec, &mut memory);
    let victim =
        memory.world.users(memory.secondary).find(|user| user.attribute("fedctl").is_some()).unwrap().email.clone();
    let groups: Vec<_> = memory.world.groups(memory.primary).collect();
    let (engineering, contractors) = (
        groups.iter().find(|group| &*group.name == "Engineering").unwrap().id,
        groups.iter().find(|group| &*group.name == "Contractors").unwrap().id,
    );
    let mallory = memory
        .world
        .group(engineering)
        .unwrap()
        .members()
        .find(|id| !memory.world.group(contractors).unwrap().has_member(*id))
        .unwrap();
    console::set_attribute(&mut memory.world, mallory, "acmetobeta", Some(&victim));
    assert_eq!(carry::plan(&spec, &mut memory).refusals, [], "Mallory does not reach the app");
    let app = memory.world.apps(memory.primary).find(|app| app.description.contains("managed by fedctl")).unwrap().id;
    console::set_app_group(&mut memory.world, app, engineering, true);
    let guards: Vec<Guard> = carry::plan(&spec, &mut memory).refusals.iter().map(|refusal| refusal.guard).collect();
    assert_eq!(guards, [Guard::Impersonation]);
}

#[test]
fn i6_another_policy_of_our_routing_group_is_never_overlooked() {
    let (mut memory, spec) = world();
    carry::apply(&spec, &mut memory);
    let policy = memory.world.add_policy(memory.secondary, "Another", None, false);
    let group =
        memory.world.groups(memory.secondary).find(|group| group.description.contains("routing-group")).unwrap().id;
    console::set_policy_group(&mut memory.world, policy, group, true);
    let guards: Vec<Guard> = carry::plan(&spec, &mut memory).refusals.iter().map(|refusal| refusal.guard).collect();
    assert_eq!(guards, [Guard::Foreign], "a policy that is not ours applies to our group, whichever id is smaller");
}

#[test]
fn an_app_whose_making_was_answered_with_nothing_is_looked_for() {
    let kept = only(plan(), |action| {
        action.target.to_string().starts_with("primary/oidc-app") && action.verb.as_str() == "create"
    });
    let mut talk = Conversation::new(kept);
    talk.turn("POST /api/applications", 200, "");
    let look = talk.next();
    assert!(look.starts_with("GET /api/applications"), "{look}");
}

#[test]
fn a_service_that_asks_to_wait_for_a_day_is_not_waited_for() {
    let is_group = |action: &fedctl_core::plan::Action| {
        action.target.to_string().starts_with("primary/app-access/") && action.verb.as_str() == "create"
    };
    let mut talk = Conversation::new(only(plan(), is_group));
    assert!(talk.next().starts_with("POST "));
    talk.tell(busy(24 * 60 * 60));
    let ends = talk.go_on(|_| busy(24 * 60 * 60));
    assert!(ends.iter().all(|end| matches!(end, End::Failed(why) if why.contains("86400 s"))), "{ends:?}");
    assert_eq!(talk.waited(), 0);
}

#[test]
fn no_look_asks_for_more_users_than_share_one() {
    let activates = only(plan(), |action| {
        action.target.to_string().starts_with("secondary/user/") && action.verb.as_str() == "update"
    });
    assert_eq!(activates.actions.len(), 3);
    let mut run = Run::new(Arc::new(activates), 2);
    let mut out = Vec::new();
    while let Next::Do(ticket, Turn::Write(_)) = run.next() {
        out.push(ticket);
    }
    // Every write is answered before anybody asks for the next turn: three looks wait at once.
    out.into_iter().for_each(|ticket| run.answer(ticket, Event::Came(Outcome::Answered(answer(200, "")))));
    let mut sizes = Vec::new();
    while let Next::Do(_, Turn::Look(ask)) = run.next() {
        let (_, body) = ask.request().body.as_ref().unwrap();
        sizes.push(String::from_utf8_lossy(body).matches('|').count() + 1);
    }
    assert_eq!(sizes, [2, 1]);
}

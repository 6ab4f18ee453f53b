//! Everything fedctl does, as far as it makes requests: whole runs on worlds in memory, recorded.

use std::sync::Arc;
use std::time::Duration;

use fedctl_core::apply::Run;
use fedctl_core::drive::{self, Carry};
use fedctl_core::plan::Plan;
use fedctl_core::planner::Step;
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;
use fedctl_core::trace;
use jumpcloud_sim::{NewUser, console, fixture};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::carry::{self, Memory};
use crate::edits::ObjectEdit;
use crate::traffic::{Exchange, Recorder};
use crate::worlds::{self, Scene};

/// How many scenes are played. With fewer, some edit meets nothing that it could break.
const SCENES: usize = 60;

/// What fedctl and the simulator say to each other, in many situations.
pub(crate) fn all() -> Vec<Exchange> {
    let mut seen = Vec::new();
    let mut runner = TestRunner::new_with_rng(
        proptest::test_runner::Config::default(),
        TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]),
    );
    for number in 0..SCENES {
        let mut scene = worlds::scenes(4).new_tree(&mut runner).unwrap().current();
        // That switch is for keys which nobody published.
        scene.answers.retain(|(name, _)| *name != "extra-fields");
        played(&scene, ObjectEdit::ALL[number % ObjectEdit::ALL.len()], &mut seen);
    }
    ruled(&mut seen);
    made_twice(&mut seen);
    signed_in(&mut seen);
    left(&mut seen);
    taken_down(&mut seen);
    in_another_form(&mut seen);
    seen
}

/// Set up or taken over, then broken by hand, repaired, and looked at.
fn played(scene: &Scene, edit: ObjectEdit, seen: &mut Vec<Exchange>) {
    let (mut memory, spec) = scene.build();
    let mut recorder = Recorder { memory: &mut memory, seen };
    if applied(&spec, &mut recorder).is_none() {
        return;
    }
    edit.make(recorder.memory);
    applied(&spec, &mut recorder);
    verified(&spec, &mut recorder);
}

fn planned(spec: &Spec, recorder: &mut Recorder<'_>) -> Option<Plan> {
    match carry::step(spec, recorder).ok()? {
        Step::Ready(plan) => Some(*plan),
        Step::Read(_) | Step::Problems(_) | Step::Unknown(_) => None,
    }
}

/// Plans and applies what no guard refuses to somebody who agrees.
fn applied(spec: &Spec, recorder: &mut Recorder<'_>) -> Option<()> {
    let mut plan = planned(spec, recorder)?;
    carry::lift(&mut plan, &carry::AGREED);
    if !plan.refusals.is_empty() {
        return None;
    }
    drive::apply(&mut Run::new(Arc::new(plan), 100), recorder);
    Some(())
}

fn verified(spec: &Spec, recorder: &mut Recorder<'_>) {
    let terms = carry::terms();
    drive::read(spec, recorder, |live| trace::step(spec, &terms, live)).ok();
}

/// A routing group with a rule.
fn ruled(seen: &mut Vec<Exchange>) {
    for members in ["by_mark", "{email_ends_with: .beta, accept_capture: true}"] {
        let mut memory = two();
        let spec = spec(&memory, &format!("routing_group: {{members: {members}}}\n"));
        applied(&spec, &mut Recorder { memory: &mut memory, seen }).unwrap();
    }
}

/// A second group and a second app with our mark, that nobody uses.
fn made_twice(seen: &mut Vec<Exchange>) {
    let mut memory = two();
    let spec = spec(&memory, "");
    applied(&spec, &mut Recorder { memory: &mut memory, seen }).unwrap();
    let group = memory.world.add_group(memory.secondary, "Federated from acme");
    console::describe_group(&mut memory.world, group, "managed by fedctl: acme-to-beta/routing-group");
    let app = memory.world.apps(memory.primary).next().unwrap().id;
    console::repeat_app(&mut memory.world, app).unwrap();
    applied(&spec, &mut Recorder { memory: &mut memory, seen }).unwrap();
}

/// People sign in, and the log tells of it; then somebody rotates the secret.
fn signed_in(seen: &mut Vec<Exchange>) {
    let mut memory = two();
    let spec = spec(&memory, "");
    applied(&spec, &mut Recorder { memory: &mut memory, seen }).unwrap();
    let app = memory.world.apps(memory.primary).next().unwrap().id;
    for rotated in [false, true] {
        memory.world.advance(60_000);
        if rotated {
            console::rotate_secret(&mut memory.world, app).unwrap();
        }
        let ann = memory.world.user_by_email(memory.primary, "ann@acme.com").unwrap().id;
        assert_eq!(memory.world.sign_in_and_tell(memory.secondary, "ann@acme.com.beta", ann).is_ok(), !rotated);
        let mut recorder = Recorder { memory: &mut memory, seen };
        applied(&spec, &mut recorder).unwrap();
        verified(&spec, &mut recorder);
    }
}

/// Bob is named no more: what he has is taken from him, and he comes back. At last he is gone for good.
fn left(seen: &mut Vec<Exchange>) {
    let mut memory = two();
    let both = spec(&memory, "");
    applied(&both, &mut Recorder { memory: &mut memory, seen }).unwrap();
    let ann = spec_of(&memory, "ann@acme.com", "");
    applied(&ann, &mut Recorder { memory: &mut memory, seen }).unwrap();
    applied(&both, &mut Recorder { memory: &mut memory, seen });
    let people =
        "  from: {emails: [ann@acme.com]}\n  mapping: {email: \"{email}.beta\"}\n  on_leave: {delete: {after: 1d}}";
    let deleting = carry::spec(&memory, people, "");
    for _ in 0..2 {
        applied(&deleting, &mut Recorder { memory: &mut memory, seen }).unwrap();
        memory.world.advance(2 * 24 * 60 * 60 * 1000);
    }
    assert!(memory.world.user_by_email(memory.secondary, "bob@acme.com.beta").is_none());
}

/// Set up, and taken down again.
fn taken_down(seen: &mut Vec<Exchange>) {
    let mut memory = two();
    let whole = spec(&memory, "");
    let mut recorder = Recorder { memory: &mut memory, seen };
    applied(&whole, &mut recorder).unwrap();
    let plan = carry::take_down(&whole, &mut recorder);
    carry::run(&plan, &mut recorder);
}

/// A service that takes a policy in another form and changes of it in parts, and one on which a new policy is on: that is
/// taken back.
fn in_another_form(seen: &mut Vec<Exchange>) {
    let mut memory = two();
    memory.world.set("policy-form", "c").unwrap();
    let whole = spec(&memory, "");
    applied(&whole, &mut Recorder { memory: &mut memory, seen }).unwrap();
    let mut memory = two();
    let whole = spec(&memory, "");
    let plan = planned(&whole, &mut Recorder { memory: &mut memory, seen }).unwrap();
    let mut recorder = TurnedOn(Recorder { memory: &mut memory, seen });
    drive::apply(&mut Run::new(Arc::new(plan), 100), &mut recorder);
}

/// New policies are on as soon as they are there.
struct TurnedOn<'a>(Recorder<'a>);

impl Carry for TurnedOn<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        let is_new_policy = request.method == "POST" && request.path == "/api/v2/identity-provider/policies";
        let outcome = self.0.carry(request);
        let world = &mut self.0.memory.world;
        let policy = world.policies(self.0.memory.secondary).next().map(|policy| policy.id);
        if let Some(policy) = policy.filter(|_| is_new_policy) {
            assert!(console::set_policy_enabled(world, policy, true));
        }
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        self.0.pause(wanted);
    }
}

/// Ann and Bob, who can authenticate at the primary organisation.
pub(crate) fn two() -> Memory {
    let mut memory = Memory::new(fixture::pair(7));
    for name in ["ann", "bob"] {
        let user = NewUser {
            email: format!("{name}@acme.com"),
            username: name.to_owned(),
            password: Some("correct horse".to_owned()),
            ..NewUser::default()
        };
        memory.world.add_user(memory.primary, user);
    }
    memory
}

/// The spec that federates them.
pub(crate) fn spec(memory: &Memory, rest: &str) -> Spec {
    spec_of(memory, "ann@acme.com, bob@acme.com", rest)
}

fn spec_of(memory: &Memory, emails: &str, rest: &str) -> Spec {
    let people = format!("  from: {{emails: [{emails}]}}\n  mapping: {{email: \"{{email}}.beta\"}}");
    carry::spec(memory, &people, rest)
}

//! Worlds in which nothing is wrong: what guards say there is a false alarm.
//!
//! Nobody's attribute names the account of another, no account stands where one of this federation would, what was made by
//! hand is whole and taken over unless its person is held, and a rule for the end of the address has an end that nobody else has. From run to run people
//! come, go and are suspended, accounts are locked or taken out of the group, and somebody adds to the objects what the spec
//! does not forbid. How the service answers where nobody knows is as random as ever.

use std::collections::BTreeMap;
use std::fmt;

use fedctl_core::plan::guard::Guard;
use fedctl_core::planner::Step;
use fedctl_core::spec::Spec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::carry::{self, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::handmade::{Hand, Made, MadeApp, MadePolicy, OBJECTS};
use crate::worlds::{Claim, Members, Scene, Someone, Taken, fresh_scenes};

/// The largest population.
const MOST: usize = 24;

/// How many plans were made, and which guards refused how many of them.
#[derive(Debug, Default)]
pub(crate) struct Found {
    worlds: u32,
    plans: u32,
    /// Plans that a guard refused, and the first of them.
    pub(crate) refused: BTreeMap<Guard, (u32, String)>,
    refusals: u32,
}

impl Found {
    pub(crate) fn per_thousand(&self) -> f64 {
        f64::from(self.refusals) * 1000.0 / f64::from(self.plans)
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (guard, (number, first)) in &self.refused {
            writeln!(f, "{guard}: {number}, such as {first}")?;
        }
        let (Self { worlds, plans, refusals, .. }, rate) = (self, self.per_thousand());
        write!(f, "refusals: {worlds} worlds, {plans} plans, {refusals} refused without a fault: {rate:.2} per 1,000")
    }
}

/// Plans for so many worlds, each from its first set-up through some days of its life.
pub(crate) fn refusals(worlds: u32, seed: u64) -> Found {
    let mut found = Found { worlds, ..Found::default() };
    for number in 0..u64::from(worlds) {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&number.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let (scene, days) = lives().new_tree(&mut runner).unwrap().current();
        live(&scene, &days, &mut found, &format!("world {number} of seed {seed}"));
    }
    found
}

fn live(scene: &Scene, days: &[Vec<Edit>], found: &mut Found, name: &str) {
    let (mut memory, spec) = scene.build();
    look(&spec, &mut memory, found, &format!("{name}, set-up"));
    for (day, edits) in days.iter().enumerate() {
        edits.iter().for_each(|edit| scene.make(*edit, &mut memory));
        look(&spec, &mut memory, found, &format!("{name}, day {day}: {edits:?}"));
        scene.make(Edit::DayPasses, &mut memory);
    }
}

/// Plans, counts, and applies what is not refused.
fn look(spec: &Spec, memory: &mut Memory, found: &mut Found, name: &str) {
    let plan = match carry::step(spec, memory).unwrap() {
        Step::Ready(plan) => *plan,
        // The spec does not fit the organisations: no guard is asked.
        Step::Problems(_) => return,
        other @ (Step::Read(_) | Step::Unknown(_)) => panic!("no plan: {other:?}"),
    };
    found.plans += 1;
    found.refusals += u32::from(!plan.refusals.is_empty());
    for refusal in &plan.refusals {
        let (number, _) = found
            .refused
            .entry(refusal.guard)
            .or_insert_with(|| (0, format!("{name}: {}: {}", refusal.about, refusal.why)));
        *number += 1;
    }
    if plan.refusals.is_empty() {
        carry::run(&plan, memory);
    }
}

/// A scene without a fault, and what is done by hand on some days.
fn lives() -> impl Strategy<Value = (Scene, Vec<Vec<Edit>>)> {
    let scenes = prop_oneof![
        3 => fresh_scenes(MOST).prop_map(without_fault),
        1 => fresh_scenes(MOST).prop_map(|scene| by_hand(without_fault(scene))),
    ];
    (scenes, prop::collection::vec(prop::collection::vec(edit(), 0..4), 0..6))
}

fn without_fault(mut scene: Scene) -> Scene {
    if scene.wish.members == Members::Suffix && scene.suffix() == "@beta.com" {
        scene.wish.email = "{email}.beta";
    }
    for someone in &mut scene.people {
        *someone = Someone {
            claim: if someone.claim == Claim::OfAnother { Claim::Nothing } else { someone.claim },
            taken: if someone.taken == Taken::Address { Taken::Nothing } else { someone.taken },
            ..someone.clone()
        };
    }
    scene
}

/// Somebody made all of it by hand, it works, and the spec takes it over.
fn by_hand(mut scene: Scene) -> Scene {
    let app = MadeApp {
        configured: true,
        active: true,
        callback: true,
        more_callbacks: true,
        more_claims: true,
        right_client_auth: true,
        groups: [true; 4],
    };
    scene.made = Some(Made {
        app: Some(app),
        provider: true,
        group: Some(Members::Managed),
        policy: Some(MadePolicy { enabled: true, assigned: true }),
        named_as_expected: false,
        spec_names_them: true,
        described: true,
    });
    (scene.wish.members, scene.wish.access) = (Members::Managed, "source_groups");
    scene.wish.adopt = OBJECTS.to_vec();
    for someone in &mut scene.people {
        *someone = Someone {
            hand: Some(Hand::WORKING),
            adopted: true,
            claim: Claim::Nothing,
            taken: Taken::Nothing,
            excepted: false,
            groups: [true, false, false],
            ..someone.clone()
        };
    }
    scene
}

fn edit() -> impl Strategy<Value = Edit> {
    use AccountEdit::{Annotate, GivePassword, Lock, Suspend, Unroute};
    let person = vec![PersonEdit::JoinGroup, PersonEdit::LeaveGroup, PersonEdit::Suspend, PersonEdit::Annotate];
    let object = vec![ObjectEdit::AddCallback, ObjectEdit::AddClaim, ObjectEdit::DescribePolicy, ObjectEdit::SwitchOff];
    let number = || 0..MOST;
    prop_oneof![
        5 => (number(), select(person)).prop_map(|(number, edit)| Edit::Person(number, edit)),
        5 => (number(), select(vec![Annotate, GivePassword, Lock, Suspend, Unroute]))
            .prop_map(|(number, edit)| Edit::Account(number, edit)),
        1 => select(object).prop_map(Edit::Object),
    ]
}

//! Every edit that a human can make by hand: what `drift` says of it, and what the next unattended apply does.

use std::fmt::Write as _;

use fedctl_core::apply::End;
use fedctl_core::drift::{self, Difference, Drift, Next, What, Who};
use fedctl_core::plan::Pair;
use fedctl_core::planner::Step;
use fedctl_core::spec::Spec;
use jumpcloud_sim::console;

use crate::carry::{self, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::judge::Doors;
use crate::worlds::{Scene, Someone, Wish};

/// Edits by which somebody takes access away on purpose.
const STOPS: [Edit; 7] = [
    Edit::Account(1, AccountEdit::Suspend),
    Edit::Account(1, AccountEdit::Lock),
    Edit::Account(1, AccountEdit::Unroute),
    Edit::Person(1, PersonEdit::LeaveAccess),
    Edit::Person(1, PersonEdit::Suspend),
    Edit::Object(ObjectEdit::SwitchOff),
    Edit::Object(ObjectEdit::DeactivateApp),
];

fn scene() -> Scene {
    let people = vec![Someone::plain(), Someone::plain(), Someone::plain()];
    Scene { people, wish: Wish::plain("managed"), made: None, answers: Vec::new() }
}

/// A federation that works, a day after it was set up.
fn set_up(scene: &Scene) -> (Memory, Spec) {
    let (mut memory, spec) = scene.build();
    let (_, ends) = carry::apply(&spec, &mut memory);
    assert!(ends.iter().all(End::is_good), "{ends:?}");
    scene.make(Edit::DayPasses, &mut memory);
    (memory, spec)
}

fn find(spec: &Spec, memory: &mut Memory) -> Drift {
    let terms = carry::terms();
    let step = fedctl_core::drive::read(spec, memory, |live| drift::step(spec, &terms, live)).unwrap().0;
    let Step::Ready(planned) = step else { panic!("no drift: {step:?}") };
    planned.0
}

fn every_edit() -> Vec<Edit> {
    let accounts = AccountEdit::ALL.iter().map(|edit| Edit::Account(1, *edit));
    let people = PersonEdit::ALL.iter().map(|edit| Edit::Person(1, *edit));
    let objects = ObjectEdit::ALL.iter().map(|edit| Edit::Object(*edit));
    accounts.chain(people).chain(objects).chain([Edit::OtherProvider]).collect()
}

fn told(row: &Difference, is_refused: bool) -> String {
    let what = match row.what {
        What::Action(verb, because) => format!("{} ({because:?})", verb.as_str()),
        What::Hop(hop, people) => format!("{} broken for {people}", hop.name()),
        What::Stopped(held) => format!("{held:?}"),
        What::Stranger => "stranger".to_owned(),
        What::Secret => "secret suspect".to_owned(),
    };
    let next = match row.next {
        Next::PutsRight if is_refused => "stopped",
        Next::PutsRight => "puts it right",
        Next::Leaves => "leaves it",
    };
    let who = match &row.who {
        Who::Last(change) => {
            format!("{}{}", change.kind.raw(), if change.in_console { " in the console" } else { " with a key" })
        }
        Who::Untold => "untold".to_owned(),
        Who::NoEvents => "no events".to_owned(),
        Who::Unreadable => "unreadable".to_owned(),
    };
    format!("{}: {what}; {next}; {who}", row.about)
}

#[test]
fn i11_every_edit_is_told_and_the_next_unattended_apply_widens_nothing() {
    let scene = scene();
    let mut table = String::new();
    for edit in every_edit() {
        let (mut memory, spec) = set_up(&scene);
        let before = Doors::of_memory(&memory);
        scene.make(edit, &mut memory);
        scene.make(Edit::DayPasses, &mut memory);
        let edited = Doors::of_memory(&memory);
        let drift = find(&spec, &mut memory);
        let plan = carry::plan(&spec, &mut memory);
        writeln!(table, "{edit:?}").unwrap();
        for row in &drift.rows {
            writeln!(table, "    {}", told(row, !plan.refusals.is_empty())).unwrap();
        }
        for note in &plan.notes {
            writeln!(table, "    noted by the plan: {}: {}", note.about, note.text).unwrap();
        }
        for refusal in &plan.refusals {
            writeln!(table, "    refused: {} {}", refusal.guard.as_str(), refusal.about).unwrap();
        }
        if plan.refusals.is_empty() {
            carry::run(&plan, &mut memory);
        }
        let after = Doors::of_memory(&memory);
        let known = |door: &&_| before.federated.contains(*door) || edited.federated.contains(*door);
        // An account that is made anew is another account: it opens for the same person.
        let gained: Vec<_> = after.federated.iter().filter(|door| !known(door)).collect();
        let is_anew = |(person, account): &(_, _)| {
            before.federated.iter().any(|(before, _)| before == person)
                && !before.federated.iter().any(|(_, old)| old == account)
        };
        assert!(gained.iter().all(|door| is_anew(door)), "{edit:?}: {gained:?}");
        assert!(after.local.is_subset(&edited.local), "{edit:?}: a local password that was not there opens an account");
        if STOPS.contains(&edit) {
            assert!(after.federated.is_subset(&edited.federated), "{edit:?} stays as a human left it");
        }
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_federation_that_nobody_touched_differs_in_nothing_and_before_it_is_there_neither() {
    let scene = scene();
    let (mut memory, spec) = scene.build();
    let drift = find(&spec, &mut memory);
    assert_eq!((drift.is_set_up, drift.rows), (false, vec![]));
    let (mut memory, spec) = set_up(&scene);
    let drift = find(&spec, &mut memory);
    assert_eq!((drift.is_set_up, drift.rows, drift.unread), (true, vec![], vec![]));
}

#[test]
fn i13_a_replaced_secret_is_suspect_or_cannot_be_known_and_never_proved() {
    let scene = scene();
    let (mut memory, spec) = set_up(&scene);
    assert_eq!(find(&spec, &mut memory).pair, Pair::Unproved, "nobody has signed in: nobody knows");
    let app = memory.world.apps(memory.primary).find(|app| crate::scene::is_marked_app(app)).unwrap().id;
    console::rotate_secret(&mut memory.world, app).unwrap();
    scene.make(Edit::DayPasses, &mut memory);
    let drift = find(&spec, &mut memory);
    let [row] = &drift.rows[..] else { panic!("{:?}", drift.rows) };
    assert_eq!((row.what, row.next), (What::Secret, Next::Leaves));
    assert!(matches!(&row.who, Who::Last(change) if change.in_console), "{:?}", row.who);
}

#[test]
fn who_when_and_from_where_is_told() {
    let scene = scene();
    let (mut memory, spec) = set_up(&scene);
    let at = memory.world.now_ms;
    scene.make(Edit::Object(ObjectEdit::RenameApp), &mut memory);
    scene.make(Edit::DayPasses, &mut memory);
    let drift = find(&spec, &mut memory);
    let Who::Last(change) = &drift.rows[0].who else { panic!("{:?}", drift.rows) };
    assert_eq!((change.at, change.kind.raw(), change.in_console), (at, "application_update", true));
    assert!(change.by.raw().contains('@') && change.from.raw() == "127.0.0.1", "{change:?}");
}

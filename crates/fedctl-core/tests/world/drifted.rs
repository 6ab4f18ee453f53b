//! Every edit that a human can make by hand: what `drift` says of it, and what the next unattended apply does.

use std::fmt::Write as _;

use fedctl_core::apply::End;
use fedctl_core::drift::{self, Difference, Drift, Next, What, Who};
use fedctl_core::plan::{Fate, Note, Pair, Plan, PlannedPerson};
use fedctl_core::planner::Step;
use fedctl_core::spec::Spec;
use jumpcloud_sim::console;

use crate::by_console::{self, Hand};
use crate::carry::{self, Memory};
use crate::edits::{Edit, ObjectEdit};
use crate::judge::Doors;
use crate::worlds::{Scene, Someone, Wish};

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

/// The drift and the plan it comes from; nothing where the spec names what is not there any more.
fn look(spec: &Spec, memory: &mut Memory) -> Option<(Drift, Plan)> {
    let terms = carry::terms();
    match fedctl_core::drive::read(spec, memory, |live| drift::step(spec, &terms, live)).unwrap().0 {
        Step::Ready(planned) => Some((planned.0, planned.1)),
        Step::Problems(_) => None,
        other @ (Step::Read(_) | Step::Unknown(_)) => panic!("no drift: {other:?}"),
    }
}

fn find(spec: &Spec, memory: &mut Memory) -> Drift {
    look(spec, memory).unwrap().0
}

/// What is said of a difference: what is the matter, who did it, and what becomes of it.
fn told(row: &Difference, is_refused: bool) -> [String; 3] {
    let kind = row.about.to_string().split('/').take(2).collect::<Vec<_>>().join("/");
    let what = match row.what {
        What::Action(verb, because) => format!("{}; to {}", because.as_str(), verb.as_str()),
        What::Hop(hop, 1) => hop.broken().to_owned(),
        What::Hop(hop, _) => format!("{} (everybody)", hop.broken()),
        What::Stopped(held) => held.as_str().to_owned(),
        What::Stranger => "somebody is in it who is not of this federation".to_owned(),
        What::Secret => "its client secret is suspect".to_owned(),
        What::Beyond(beyond) => beyond.as_str().to_owned(),
    };
    let next = match row.next {
        Next::PutsRight if is_refused => "is stopped",
        Next::PutsRight => "puts it right",
        Next::Leaves => "leaves it",
    };
    let who = match &row.who {
        Who::Last(change) => {
            format!("`{}`{}", change.kind.raw(), if change.in_console { "" } else { ", with a key" })
        }
        Who::Untold => "not told".to_owned(),
        Who::NoEvents => "cannot be known".to_owned(),
        Who::Unreadable => "unreadable".to_owned(),
    };
    [format!("`{kind}`: {what}"), who, next.to_owned()]
}

/// Ids differ from world to world.
fn without_ids(text: &str) -> String {
    let is_id = |word: &str| word.len() == 24 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let word = |word: &str| {
        let bare = word.trim_matches(['(', ')', '.', ',']);
        if is_id(bare) { word.replace(bare, "id") } else { word.to_owned() }
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

/// People of whom nothing is told, since a spec says what becomes of them.
fn left_alone(person: &PlannedPerson, is_refused: bool) -> Option<[String; 3]> {
    let of = |what: String, next: &str| Some([what, String::new(), next.to_owned()]);
    if let Fate::Leaves(gone) = person.fate {
        let next = if is_refused { "is stopped" } else { "does what `on_leave` says" };
        return of(format!("nothing: they leave, {}", gone.as_str()), next);
    }
    let Fate::Held(held) = person.fate else { return None };
    of(format!("nothing: held, {}", held.as_str()), "leaves it").filter(|_| held.is_of_primary())
}

/// The lines of the table for one edit.
fn lines(said: &str, looked: Option<&(Drift, Plan)>, notes_before: &[Note]) -> String {
    let mut cells: Vec<[String; 3]> = Vec::new();
    match looked {
        None => cells.push([
            "exit code 65: the spec names what is not there".to_owned(),
            String::new(),
            "is stopped".to_owned(),
        ]),
        Some((drift, plan)) => {
            let is_refused = !plan.refusals.is_empty();
            for row in &drift.rows {
                let told = told(row, is_refused);
                if !cells.contains(&told) {
                    cells.push(told);
                }
            }
            let new = drift.notes.iter().filter(|note| !notes_before.contains(note));
            let noted =
                |note: &Note| [format!("noted: {}", without_ids(&note.text)), String::new(), "leaves it".to_owned()];
            cells.extend(new.map(noted));
            cells.extend(plan.people.iter().filter_map(|person| left_alone(person, is_refused)));
            cells.extend(plan.refusals.iter().map(|refusal| {
                let guard = refusal.guard.as_str();
                [format!("guard `{guard}`: {}", without_ids(&refusal.why)), String::new(), "is stopped".to_owned()]
            }));
        }
    }
    if cells.is_empty() {
        let what = if said.contains("secret") { "nothing: this cannot be known, see below" } else { "nothing" };
        cells.push([what.to_owned(), String::new(), "leaves it".to_owned()]);
    }
    let mut text = String::new();
    for (at, [what, who, next]) in cells.iter().enumerate() {
        let said = if at == 0 { said } else { "" };
        writeln!(text, "| {said} | {what} | {who} | {next} |").unwrap();
    }
    text
}

/// What the next apply does is what the column says: what it puts right is told no more, what it leaves is told again.
fn is_borne_out(said: &str, before: &(Drift, Plan), after: Option<&(Drift, Plan)>) {
    let after = &after.expect("a spec that could be planned still can").0.rows;
    for row in &before.0.rows {
        let stands = after.iter().any(|other| other.about == row.about && other.what == row.what);
        let is_wanted = row.next == Next::Leaves || !before.1.refusals.is_empty();
        assert_eq!(stands, is_wanted, "{said}: {row:?}\n{after:#?}");
    }
}

/// One edit: its lines of the table, once everything that has to hold did.
fn one(hand: &Hand, scene: &Scene) -> String {
    let (said, does) = (hand.said, &hand.does);
    let (mut memory, spec) = set_up(scene);
    let (before, notes) = (Doors::of_memory(&memory), find(&spec, &mut memory).notes);
    does(scene, &mut memory);
    scene.make(Edit::DayPasses, &mut memory);
    let edited = Doors::of_memory(&memory);
    let looked = look(&spec, &mut memory);
    let table = lines(said, looked.as_ref(), &notes);
    let Some(found) = looked else { return table };
    if found.1.refusals.is_empty() {
        carry::run(&found.1, &mut memory);
    }
    is_borne_out(said, &found, look(&spec, &mut memory).as_ref());
    let after = Doors::of_memory(&memory);
    let known = |door: &&_| before.federated.contains(*door) || edited.federated.contains(*door);
    // An account that is made anew is another account: it opens for the same person.
    let gained: Vec<_> = after.federated.iter().filter(|door| !known(door)).collect();
    let is_anew = |(person, account): &(_, _)| {
        before.federated.iter().any(|(before, _)| before == person)
            && !before.federated.iter().any(|(_, old)| old == account)
    };
    assert!(gained.iter().all(|door| is_anew(door)), "{said}: {gained:?}");
    assert!(after.local.is_subset(&edited.local), "{said}: a local password that was not there opens an account");
    if hand.stops {
        assert!(after.federated.is_subset(&edited.federated), "{said} stays as a human left it");
    }
    table
}

#[test]
fn i11_every_edit_is_told_and_the_next_unattended_apply_widens_nothing() {
    let scene = scene();
    let hands = by_console::every();
    let table: String = hands.iter().map(|hand| one(hand, &scene)).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/drift.md");
    let have = std::fs::read_to_string(path).unwrap();
    let (before, rest) = have.split_once("<!-- edits -->\n").expect("the table begins there");
    let (_, after) = rest.split_once("<!-- /edits -->\n").expect("the table ends there");
    let titles = "| by hand | `drift` says | who | the next unattended apply |\n|---|---|---|---|\n";
    let want = format!("{before}<!-- edits -->\n\n{titles}{table}\n<!-- /edits -->\n{after}");
    #[expect(clippy::disallowed_methods, reason = "a test that writes what it checks when asked to")]
    if std::env::var("UPDATE_DOCS").is_ok() {
        std::fs::write(path, &want).unwrap();
    }
    println!("drift: {} edits by hand, each told, and no access widened by the next apply", hands.len());
    assert_eq!(std::fs::read_to_string(path).unwrap(), want, "UPDATE_DOCS=1 writes docs/drift.md");
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

#[test]
fn i13_a_secret_that_was_replaced_in_the_provider_after_a_sign_in_is_known_only_up_to_it() {
    let scene = scene();
    let (mut memory, spec) = set_up(&scene);
    let person = memory.world.user_by_email(memory.primary, "p1@acme.com").unwrap().id;
    memory.world.sign_in_and_tell(memory.secondary, "p1@acme.com.beta", person).unwrap();
    let at = memory.world.now_ms;
    scene.make(Edit::DayPasses, &mut memory);
    let clean = find(&spec, &mut memory);
    assert_eq!((clean.pair, clean.shown), (Pair::Proved, Some(at)));
    let provider = memory.world.provider(memory.secondary).unwrap().id;
    console::set_provider_secret(&mut memory.world, provider, "typed-by-hand");
    scene.make(Edit::DayPasses, &mut memory);
    assert_eq!(find(&spec, &mut memory).shown, Some(at), "no answer and no log shows it: known up to the sign-in");
    let turned_away = memory.world.sign_in_and_tell(memory.secondary, "p1@acme.com.beta", person);
    assert!(turned_away.is_err());
    scene.make(Edit::DayPasses, &mut memory);
    let drift = find(&spec, &mut memory);
    assert!(drift.pair.is_suspect(), "{:?}", drift.pair);
    assert!(drift.rows.iter().any(|row| row.what == What::Secret), "{:?}", drift.rows);
}

#[test]
fn i13_what_the_log_does_not_tell_of_is_noted_and_no_difference() {
    let scene = scene();
    let by_hand = by_console::every();
    for said in ["account: given a local password", "account: its mark is taken out"] {
        let (mut memory, spec) = set_up(&scene);
        (by_hand.iter().find(|hand| hand.said == said).unwrap().does)(&scene, &mut memory);
        assert_eq!(find(&spec, &mut memory).rows.len(), 1, "{said}");
        memory.world.clear_events();
        let drift = find(&spec, &mut memory);
        assert_eq!(drift.rows, vec![], "{said}");
        assert!(
            drift.notes.iter().any(|note| note.text.contains("the log does not tell")),
            "{said}: {:?}",
            drift.notes
        );
    }
}

#[test]
fn what_the_spec_names_under_adopt_may_have_more() {
    let scene = scene();
    let (mut memory, spec) = set_up(&scene);
    for edit in [ObjectEdit::AddCallback, ObjectEdit::AddClaim, ObjectEdit::DescribePolicy] {
        scene.make(Edit::Object(edit), &mut memory);
    }
    let beyond = |drift: Drift| drift.rows.iter().filter(|row| matches!(row.what, What::Beyond(_))).count();
    assert_eq!(beyond(find(&spec, &mut memory)), 3);
    let mut adopting = scene.clone();
    adopting.wish.adopt = vec!["app", "routing-policy"];
    let spec = adopting.spec(&memory, crate::scene::Written::NOW);
    assert_eq!(beyond(find(&spec, &mut memory)), 0);
}

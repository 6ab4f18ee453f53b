//! I4: every story, struck at every write in every way, with lists that show late or not, and with a human hand in between or
//! not: two runs without faults end where a run to which nothing happened ends, and on the way nobody loses or gains.
//!
//! Another story is another row of [`STORIES`].

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Instant;

use jumpcloud_sim::console;

use crate::carry::{Fault, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::scene::is_marked;
use crate::stories::{STORIES, Stage, Story};
use crate::watch::Log;
use crate::witness::{self, Course, Rest};

/// How long a list may go on showing what was before a write, in milliseconds.
const LAG_MS: u64 = 20_000;

/// How many people there are.
const PEOPLE: usize = 3;

/// Where two things go wrong: of how many people, and one in how many pairs is told. With more people there are many more
/// pairs, and most of them differ in nothing but whose write it is.
const PAIRS: [(usize, usize); 3] = [(1, 1), (2, 11), (3, 31)];

/// What becomes of one write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivery {
    /// One of these, at once.
    At(Fault),
    /// Nobody answers, and it is carried out when the run is over.
    AfterTheRun,
    /// The program is killed, and it is carried out while the next run reads, before its first write, among its writes.
    InTheNext(usize),
}

const DELIVERIES: [Delivery; 11] = [
    Delivery::At(Fault::Refused),
    Delivery::At(Fault::Forbidden),
    Delivery::At(Fault::NotSent),
    Delivery::At(Fault::KilledBefore),
    Delivery::At(Fault::Cut),
    Delivery::At(Fault::DoneAnd500),
    Delivery::At(Fault::KilledAfter),
    Delivery::AfterTheRun,
    Delivery::InTheNext(0),
    Delivery::InTheNext(1),
    Delivery::InTheNext(2),
];

/// What a human does in between: nothing, or one of a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HumanHand {
    None,
    /// Writes into lists that fedctl writes into, too.
    Annotates,
    /// Adds a redirect URI and a claim to the app.
    AddsToTheApp,
    AddsStranger,
    Suspends,
    Unroutes,
    SwitchesOff,
    RenamesGroup,
    Leaves,
}

const HANDS: [HumanHand; 8] = [
    HumanHand::Annotates,
    HumanHand::AddsToTheApp,
    HumanHand::AddsStranger,
    HumanHand::Suspends,
    HumanHand::Unroutes,
    HumanHand::SwitchesOff,
    HumanHand::RenamesGroup,
    HumanHand::Leaves,
];

impl HumanHand {
    fn make(self, stage: &Stage, memory: &mut Memory) {
        let edit = match self {
            HumanHand::None => return,
            HumanHand::Annotates => {
                stage.scene.make(Edit::Account(0, AccountEdit::Annotate), memory);
                Edit::Person(0, PersonEdit::Annotate)
            }
            HumanHand::AddsToTheApp => return add_to_the_app(memory),
            HumanHand::AddsStranger => Edit::Object(ObjectEdit::AddStranger),
            HumanHand::Suspends => Edit::Account(0, AccountEdit::Suspend),
            HumanHand::Unroutes => Edit::Account(0, AccountEdit::Unroute),
            HumanHand::SwitchesOff => Edit::Object(ObjectEdit::SwitchOff),
            HumanHand::RenamesGroup => Edit::Object(ObjectEdit::RenameGroup),
            HumanHand::Leaves => Edit::Person(0, PersonEdit::LeaveGroup),
        };
        stage.scene.make(edit, memory);
    }
}

fn add_to_the_app(memory: &mut Memory) {
    let app = memory.world.apps(memory.primary).find(|app| is_marked(&app.description) && app.oidc.is_some());
    let Some(app) = app.cloned() else { return };
    let oidc = app.oidc.unwrap_or_else(|| panic!("it was just looked for"));
    let uris = ["https://more.example.com"].into_iter().chain(oidc.redirect_uris.iter().map(String::as_str));
    console::set_redirect_uris(&mut memory.world, app.id, &uris.collect::<Vec<_>>());
    let claims = oidc.dynamic_claims.iter().map(|claim| (claim.name.as_str(), claim.value.as_str()));
    console::set_claims(&mut memory.world, app.id, &[("badge", "badge")].into_iter().chain(claims).collect::<Vec<_>>());
}

/// One cell of the matrix.
#[derive(Debug, Clone, Copy)]
struct Cell {
    at: usize,
    delivery: Delivery,
    hand: HumanHand,
    /// A second fault of the same run: at which write, and what.
    then: Option<(usize, Fault)>,
}

/// What all cells came to.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    cells: usize,
    broken: BTreeMap<&'static str, usize>,
    /// The first of each kind, to be looked at.
    first: BTreeMap<String, String>,
}

/// The kinds of broken promises, by what their messages begin with.
const KINDS: [(&str, &str); 6] = [
    ("I4: ×", "duplicates"),
    ("orphan", "orphans"),
    ("I9", "losses"),
    ("I10", "gains"),
    ("I12", "mails"),
    ("", "others"),
];

impl Figures {
    fn take(&mut self, what: &str, ended: Result<(), String>) {
        self.cells += 1;
        let Err(wrong) = ended else { return };
        let is_kind = |(sign, _): &&(&str, &str)| wrong.contains(sign);
        let kind = KINDS.iter().find(is_kind).map_or("others", |(_, kind)| kind);
        *self.broken.entry(kind).or_default() += 1;
        let story = what.split(':').next().unwrap_or_default();
        self.first.entry(format!("{story} {}", &wrong[..wrong.len().min(60)])).or_insert(format!("{what}: {wrong}"));
    }

    fn add(&mut self, others: Figures) {
        self.cells += others.cells;
        others.broken.into_iter().for_each(|(kind, count)| *self.broken.entry(kind).or_default() += count);
        self.first.extend(others.first);
    }

    fn line(&self, what: &str, stories: usize) -> String {
        let of = |kind: &str| self.broken.get(kind).copied().unwrap_or(0);
        let counts = KINDS.map(|(_, kind)| format!("{} {kind}", of(kind))).join(", ");
        format!("crash-matrix, {what}: {stories} stories, {} cells, {counts}", self.cells)
    }

    fn close(&self, what: &str, stories: usize) {
        println!("{}", self.line(what, stories));
        let shown: Vec<&String> = self.first.values().take(40).collect();
        assert!(self.broken.is_empty(), "{}\n{shown:#?}", self.line(what, stories));
    }
}

/// Where a story ends when nothing goes wrong, and what a run of it writes.
struct Clean {
    stage: Stage,
    rest: Rest,
    writes: usize,
}

fn lagging(mut stage: Stage, lag: bool) -> Stage {
    if lag {
        stage.memory.lag(LAG_MS);
    }
    stage
}

fn clean(story: &Story, people: usize, lag: bool) -> Result<Clean, String> {
    let stage = lagging(story.stage(people)?, lag);
    let mut memory = stage.memory.clone();
    let (_, log) = witness::invoke_and_log(&stage.scene, &stage.spec, &mut memory, Course::default())?;
    let rest = witness::settled(&stage.scene, &stage.spec, &mut memory)?;
    match log.writes().count() {
        0 => Err("there is nothing to strike: it writes nothing".to_owned()),
        writes => stays(story, &memory).map(|()| Clean { stage, rest, writes }),
    }
}

/// I11: what a human stopped is as they left it.
fn stays(story: &Story, memory: &Memory) -> Result<(), String> {
    if story.is_undone(memory) { Err("I11: what a human stopped goes on".to_owned()) } else { Ok(()) }
}

/// The run that is struck, and the next one where something lands in it.
fn strike(clean: &Clean, cell: Cell) -> Result<Memory, String> {
    let stage = &clean.stage;
    let mut memory = stage.memory.clone();
    let fault = match cell.delivery {
        Delivery::At(fault) => fault,
        Delivery::AfterTheRun => Fault::Late(usize::MAX),
        Delivery::InTheNext(_) => Fault::KilledLate(usize::MAX),
    };
    memory.fault = Some((memory.writes + cell.at, fault));
    memory.then = cell.then.map(|(at, fault)| (memory.writes + at, fault));
    let hand = |memory: &mut Memory| cell.hand.make(stage, memory);
    let course = Course { hand: Some((cell.at, &hand)), ..Course::default() };
    witness::invoke(&stage.scene, &stage.spec, &mut memory, course)?;
    memory.revive();
    if let Delivery::InTheNext(when) = cell.delivery {
        let place = place(stage, &memory, when)?;
        memory.land_after(place);
        witness::invoke(&stage.scene, &stage.spec, &mut memory, Course::default())?;
    }
    memory.land();
    Ok(memory)
}

/// The request of the next run before which something lands: while it reads, before its first write, among its writes.
fn place(stage: &Stage, memory: &Memory, when: usize) -> Result<usize, String> {
    let mut other = memory.clone();
    let (_, Log(sent)) = witness::invoke_and_log(&stage.scene, &stage.spec, &mut other, Course::default())?;
    let first = sent.iter().position(|sent| !sent.reads()).unwrap_or(sent.len());
    Ok([first / 2, first, (first + sent.len()) / 2][when].max(1))
}

/// Tells a story with something that goes wrong.
fn tell(story: &Story, clean: &Clean, cell: Cell) -> Result<(), String> {
    let mut memory = strike(clean, cell)?;
    let stage = &clean.stage;
    let rest = witness::settled(&stage.scene, &stage.spec, &mut memory)?;
    stays(story, &memory)?;
    if cell.hand == HumanHand::None { as_clean(&rest, &clean.rest) } else { Ok(()) }
}

/// Two runs without faults end where one to which nothing happened ends.
fn as_clean(rest: &Rest, clean: &Rest) -> Result<(), String> {
    if rest.stopped != clean.stopped {
        return Err(format!("I4: it ends with {:?} instead of {:?}", rest.stopped, clean.stopped));
    }
    let difference = rest.census.difference(&clean.census);
    difference.map_or(Ok(()), |difference| Err(format!("I4: it ends otherwise: {difference}")))
}

/// The cells of a story: every write, every delivery, and of each the hands and lags that `picks` lets through.
fn cells(clean: &Clean, picks: impl Fn(usize) -> bool) -> Vec<Cell> {
    let mut all = Vec::new();
    for at in 0..clean.writes {
        for (number, delivery) in DELIVERIES.into_iter().enumerate() {
            all.push(Cell { at, delivery, hand: HumanHand::None, then: None });
            all.push(Cell { at, delivery, hand: HANDS[(at + number) % HANDS.len()], then: None });
        }
    }
    all.into_iter().enumerate().filter(|(number, _)| picks(*number)).map(|(_, cell)| cell).collect()
}

fn depth_one(story: &Story, figures: &mut Figures, picks: impl Fn(usize) -> bool + Copy) {
    for lag in [false, true] {
        let what = format!("{}: lag {lag}", story.name);
        let clean = match clean(story, PEOPLE, lag) {
            Ok(clean) => clean,
            Err(wrong) => {
                figures.take(&what, Err(wrong));
                continue;
            }
        };
        for cell in cells(&clean, picks) {
            figures.take(&format!("{}: lag {lag}, {cell:?}", story.name), tell(story, &clean, cell));
        }
    }
}

/// What becomes of two writes, where two things go wrong: of one run, or of one run and the next.
const TWICE: [Fault; 6] =
    [Fault::Refused, Fault::KilledBefore, Fault::Cut, Fault::DoneAnd500, Fault::KilledAfter, Fault::Late(usize::MAX)];

fn depth_two(story: &Story, people: usize, figures: &mut Figures, picks: impl Fn(usize) -> bool) {
    let clean = clean(story, people, false).unwrap_or_else(|wrong| panic!("{}: {wrong}", story.name));
    let mut number = 0;
    let mut told = |clean: &Clean, first: Option<Cell>, cell: Cell| {
        number += 1;
        if picks(number) {
            let first = first.map(|first| format!("{first:?}, then ")).unwrap_or_default();
            figures.take(&format!("{}: {first}{cell:?}", story.name), tell(story, clean, cell));
        }
    };
    for at in 0..clean.writes {
        for fault in TWICE {
            let first = Cell { at, delivery: Delivery::At(fault), hand: HumanHand::None, then: None };
            for (later, then) in (at + 1..clean.writes).flat_map(|later| TWICE.map(|then| (later, then))) {
                told(&clean, None, Cell { then: Some((later, then)), ..first });
            }
            let Ok(next) = struck(&clean, first) else { continue };
            for (at, fault) in (0..next.writes).flat_map(|at| TWICE.map(|fault| (at, fault))) {
                told(&next, Some(first), Cell { at, delivery: Delivery::At(fault), ..first });
            }
        }
    }
}

/// The story as it stands once a run of it was struck; it is to end where it would have ended.
fn struck(story: &Clean, cell: Cell) -> Result<Clean, String> {
    let stage = Stage { memory: strike(story, cell)?, ..story.stage.clone() };
    let mut other = stage.memory.clone();
    let (_, log) = witness::invoke_and_log(&stage.scene, &stage.spec, &mut other, Course::default())?;
    Ok(Clean { stage, rest: story.rest.clone(), writes: log.writes().count() })
}

/// Tells them all on two threads.
fn long(what: &str, tell: impl Fn(&Story, &mut Figures) + Sync) {
    let (stories, next) = (told_stories().collect::<Vec<_>>(), AtomicUsize::new(0));
    let told = || {
        let mut figures = Figures::default();
        while let Some(story) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
            let start = (Instant::now(), figures.cells);
            tell(story, &mut figures);
            println!("{}: {} cells, {:.1} s", story.name, figures.cells - start.1, start.0.elapsed().as_secs_f64());
        }
        figures
    };
    let mut all = Figures::default();
    thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(told));
        threads.into_iter().for_each(|thread| all.add(thread.join().unwrap()));
    });
    all.close(what, stories.len());
}

/// All stories, or the one that the environment names.
fn told_stories() -> impl Iterator<Item = &'static Story> {
    let only = crate::asked::word("FEDCTL_STORY");
    STORIES.iter().filter(move |story| only.as_ref().is_none_or(|only| only == story.name))
}

#[test]
fn i4_every_story_is_healed_whatever_becomes_of_a_write_of_it() {
    let mut figures = Figures::default();
    for (number, story) in STORIES.iter().enumerate() {
        depth_one(story, &mut figures, |cell| cell % 29 == number % 29);
        depth_two(story, 1, &mut figures, |cell| cell % 997 == number % 997);
    }
    figures.close("one in some", STORIES.len());
}

#[test]
#[ignore = "long: cargo xtask crash-matrix"]
fn i4_every_story_every_write_every_delivery() {
    long("one fault", |story, figures| depth_one(story, figures, |_| true));
}

#[test]
#[ignore = "long: cargo xtask crash-matrix"]
fn i4_every_story_with_two_faults() {
    long("two faults", |story, figures| {
        for (people, one_in) in PAIRS {
            depth_two(story, people, figures, |cell| cell % one_in == 0);
        }
    });
}

//! What happens in one random world, from its seed: the organisations, the spec, and round after round what people do by
//! hand, what goes wrong on the way, and in which order answers come.

use jumpcloud_sim::fault::{After, Effect, Fault as SimFault, Spread, When};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::carry::Fault;
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::history::{self, Earlier};
use crate::moves::{Moves, moves};
use crate::worlds::{Scene, fresh_scenes, scenes};

/// Answers about policies that lead to another spelling, or to steps for a person.
const ANSWERS: &[(&str, &str)] = &[
    ("policy-form", "b"),
    ("policy-form", "c"),
    ("policy-unknown-fields", "refuse"),
    ("policy-access", "read-only"),
    ("policy-access", "absent"),
    ("rule-rewritten", "true"),
];

/// How many people a world has at most.
const PEOPLE: usize = 6;
/// Long enough after a round for whoever was suspended in it to be deleted, in seconds.
const LONG_AFTER_S: u64 = 200_000;

/// One random world from its beginning to its end.
#[derive(Debug, Clone)]
pub(crate) struct Story {
    pub(crate) scene: Scene,
    /// What the spec says in the first round.
    pub(crate) earlier: Earlier,
    pub(crate) rounds: Vec<Round>,
    /// How many rows a page has at most.
    pub(crate) page: Option<u8>,
    /// What the service answers where nobody knows, when it is not what is likeliest.
    pub(crate) answer: Option<(&'static str, &'static str)>,
}

/// One run of the program, and what was before it.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    /// So many seconds after the round before.
    pub(crate) after_s: u64,
    pub(crate) hands: Vec<Edit>,
    /// Somebody whom the spec leaves out from now on, or takes back in.
    pub(crate) excepts: Option<usize>,
    /// Somebody who is deleted at the primary and made anew with the same address.
    pub(crate) remade: Option<usize>,
    /// People who get other addresses at the primary.
    pub(crate) moves: Option<Moves>,
    pub(crate) weather: Vec<Weather>,
    /// What becomes of one write or two, each counted from the one before.
    pub(crate) struck: Vec<(usize, Fault)>,
    /// The program is told to stop at this turn.
    pub(crate) stopped: Option<usize>,
    /// Somebody does something by hand when so many writes were sent.
    pub(crate) between: Option<(usize, Edit)>,
    /// What decides in which order answers come, and how many turns are out at most.
    pub(crate) order: (u64, usize),
}

/// One thing that goes wrong with some requests.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weather {
    method: Option<&'static str>,
    when: Often,
    effect: Effect,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Often {
    /// Only this one, counted from 1.
    Nth(u64),
    /// One in so many.
    OneIn(u32),
    Always,
}

impl Weather {
    /// As the simulator takes it; `name` decides what is drawn.
    pub(crate) fn fault(&self, name: String) -> SimFault {
        let when = When { method: self.method.map(str::to_owned), ..When::default() };
        let when = match self.when {
            Often::Nth(nth) => When { nth: Some(nth), ..when },
            Often::OneIn(many) => When { rate: Some(1.0 / f64::from(many)), ..when },
            Often::Always => when,
        };
        SimFault { name, when, effect: self.effect.clone() }
    }

    /// For how long lists go on showing what was before.
    pub(crate) fn hides_ms(&self) -> Option<u64> {
        if let Effect::DelayedVisibility { ms } = self.effect { Some(ms) } else { None }
    }

    /// Whether a request may be carried out when its run is long over.
    pub(crate) fn is_late(&self) -> bool {
        matches!(self.effect, Effect::LateCommit(_))
    }
}

/// The tree of the story with this number: its value, and simpler ones.
pub(crate) fn tree(seed: u64) -> (TestRunner, impl prop::strategy::ValueTree<Value = Story>) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let tree = stories().new_tree(&mut runner).unwrap();
    (runner, tree)
}

/// The same in a world in which everything was made by hand and is taken over; then somebody leaves.
#[cfg(planted)]
pub(crate) fn taken_over(seed: u64) -> Story {
    use prop::strategy::ValueTree;
    let (mut runner, tree) = tree(seed);
    let scene = crate::handmade::whole_scenes(PEOPLE).new_tree(&mut runner).unwrap().current();
    let mut story = Story { scene, earlier: Earlier::Same, ..tree.current() };
    let calm = Round {
        hands: Vec::new(),
        weather: Vec::new(),
        struck: Vec::new(),
        stopped: None,
        between: None,
        ..story.rounds[0].clone()
    };
    story.rounds = vec![calm.clone(), Round { hands: vec![Edit::TakenOverLeaves], ..calm }];
    story
}

/// The same, and while the first run writes, somebody takes a stranger into the routing group.
#[cfg(planted)]
pub(crate) fn with_a_stranger(seed: u64) -> Story {
    use prop::strategy::ValueTree;
    let mut story = tree(seed).1.current();
    let at = usize::try_from(seed % 37).unwrap_or_default();
    story.rounds[0].between = Some((at, Edit::Object(ObjectEdit::AddStranger)));
    story
}

fn stories() -> impl Strategy<Value = Story> {
    let scenes = prop_oneof![3 => fresh_scenes(PEOPLE), 1 => scenes(PEOPLE)];
    let rounds = prop::collection::vec(round(), 1..5);
    let page = maybe(0.2, select(vec![1_u8, 2, 3]));
    let answer = maybe(0.1, select(ANSWERS.to_vec()));
    // Last, so that what is drawn before does not depend on it.
    let seldom = maybe(0.25, (any::<usize>(), seldom()));
    let all = (scenes, history::earlier(), rounds, page, answer, seldom, years());
    all.prop_map(|(mut scene, earlier, mut rounds, page, answer, seldom, years)| {
        years.into_story(&mut scene, &mut rounds);
        if let Some((number, edit)) = seldom {
            let at = number % rounds.len();
            rounds[at].hands.push(edit);
        }
        // Under another name these templates give other addresses: who means which is not said by the scene then.
        let by_name = |template: &str| template.contains("{federation}");
        let is_named = by_name(scene.wish.email) || by_name(scene.wish.username);
        Story { earlier: if is_named { Earlier::Same } else { earlier }, scene, rounds, page, answer }
    })
}

/// What the spec says of the years, and what happens in them.
#[derive(Debug, Clone)]
struct Years {
    follows: bool,
    deletes: bool,
    /// Somebody who is suspended at the primary before the second round.
    leaves: Option<usize>,
    /// For each round who moves, and whether it is long after the one before.
    rounds: Vec<(Option<Moves>, bool)>,
}

fn years() -> impl Strategy<Value = Years> {
    let rounds = prop::collection::vec((maybe(0.5, moves(PEOPLE)), prop::bool::weighted(0.5)), 4);
    (prop::bool::weighted(0.5), prop::bool::weighted(0.3), maybe(0.6, 0..PEOPLE), rounds)
        .prop_map(|(follows, deletes, leaves, rounds)| Years { follows, deletes, leaves, rounds })
}

impl Years {
    fn into_story(self, scene: &mut Scene, rounds: &mut [Round]) {
        scene.wish.follow = self.follows;
        if self.deletes {
            scene.wish.on_leave = "delete: {after: 1d}";
            let leaves = self.leaves.map(|number| Edit::Person(number, PersonEdit::Suspend));
            rounds.iter_mut().skip(1).take(1).for_each(|round| round.hands.extend(leaves));
        }
        for (round, (moves, is_late)) in rounds.iter_mut().zip(self.rounds) {
            round.moves = moves;
            if self.deletes && is_late {
                round.after_s = LONG_AFTER_S;
            }
        }
    }
}

fn maybe<S: Strategy>(chance: f64, strategy: S) -> impl Strategy<Value = Option<S::Value>> {
    prop::option::weighted(chance, strategy)
}

fn round() -> impl Strategy<Value = Round> {
    let after_s = select(vec![0, 1, 30, 121, 3600, 90_000]);
    let hands = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(history::edit(), 1..4)];
    let weather = prop_oneof![1 => Just(Vec::new()), 1 => prop::collection::vec(weather(), 1..3)];
    let struck = prop_oneof![2 => Just(Vec::new()), 2 => prop::collection::vec((0_usize..60, fault()), 1..3)];
    let order = (any::<u64>(), select(vec![1_usize, 2, 5, 8]));
    // Half of what is done in the middle comes right after a write that went wrong.
    let between = maybe(0.2, (prop_oneof![(0_usize..40).prop_map(Some), Just(None)], between()));
    let more = (maybe(0.1, 1_usize..120), between, order);
    let spec = (maybe(0.15, 0..PEOPLE), maybe(0.05, 0..PEOPLE));
    (after_s, hands, spec, weather, struck, more).prop_map(
        |(after_s, hands, (excepts, remade), weather, struck, (stopped, between, order))| Round {
            after_s,
            hands,
            excepts,
            remade,
            moves: None,
            weather,
            between: between.map(|(at, edit)| (at.unwrap_or_else(|| after_the_first(&struck)), edit)),
            struck,
            stopped,
            order,
        },
    )
}

/// The number of the write after the first that goes wrong.
fn after_the_first(struck: &[(usize, Fault)]) -> usize {
    struck.first().map_or(0, |(at, _)| at + 1)
}

fn fault() -> impl Strategy<Value = Fault> {
    use Fault::{Cut, DoneAnd500, Forbidden, KilledAfter, KilledBefore, KilledLate, Late, NotSent, Refused};
    let plain = select(vec![KilledBefore, KilledAfter, Cut, Refused, Forbidden, DoneAnd500, NotSent]);
    prop_oneof![5 => plain, 1 => (1_usize..40).prop_map(Late), 1 => (1_usize..40).prop_map(KilledLate)]
}

/// What somebody may do in the middle of a run without changing who is meant.
fn between() -> impl Strategy<Value = Edit> {
    use AccountEdit::{Annotate, Delete, Lock, Rename, Restrict, Suspend, Unroute};
    let account = select(vec![Annotate, Annotate, Delete, Lock, Rename, Restrict, Suspend, Unroute]);
    let person = select(vec![PersonEdit::Annotate, PersonEdit::Annotate, PersonEdit::BreakMapping]);
    prop_oneof![
        3 => (0..PEOPLE, account).prop_map(|(number, edit)| Edit::Account(number, edit)),
        2 => (0..PEOPLE, person).prop_map(|(number, edit)| Edit::Person(number, edit)),
        3 => select(ObjectEdit::ALL.to_vec()).prop_map(Edit::Object),
        1 => select(vec![ObjectEdit::AddStranger, ObjectEdit::DescribePolicy]).prop_map(Edit::Object),
    ]
}

fn weather() -> impl Strategy<Value = Weather> {
    let writes = select(vec![Some("POST"), Some("POST"), Some("PUT"), Some("PUT"), Some("DELETE"), None]);
    let often = prop_oneof![3 => (1_u64..30).prop_map(Often::Nth), 2 => select(vec![3, 8, 20]).prop_map(Often::OneIn)];
    let lists = select(vec![
        Effect::DelayedVisibility { ms: 3_000 },
        Effect::DelayedVisibility { ms: 40_000 },
        Effect::UnstableOrder,
        Effect::FalseTotal { add: 1 },
        Effect::FalseTotal { add: -1 },
        Effect::Latency(Spread::Fixed(1)),
    ]);
    prop_oneof![
        5 => (writes, often, broken()).prop_map(|(method, when, effect)| Weather { method, when, effect }),
        2 => lists.prop_map(|effect| Weather { method: Some("GET"), when: Often::Always, effect }),
        1 => select(vec!["PUT", "POST"]).prop_map(|method| Weather {
            method: Some(method),
            when: Often::Always,
            effect: Effect::Fail { status: 503, after_commit: false, retry_after_s: None },
        }),
        1 => (1_u64..12).prop_map(|requests| Weather {
            method: None,
            when: Often::Always,
            effect: Effect::RateLimit { requests: 10 + requests, per_ms: 5_000, retry_after_s: None },
        }),
    ]
}

/// What people do once in a while that changes what fedctl may do.
fn seldom() -> impl Strategy<Value = Edit> {
    prop_oneof![
        1 => Just(Edit::OtherProvider),
        1 => (0..PEOPLE).prop_map(|number| Edit::Account(number, AccountEdit::Suspend)),
        3 => Just(Edit::TakenOverLeaves),
    ]
}

/// What may become of one request.
fn broken() -> impl Strategy<Value = Effect> {
    let fail = |status, after_commit| Effect::Fail { status, after_commit, retry_after_s: None };
    let soon = Effect::LateCommit(After::Requests(Spread::Uniform(1, 40)));
    let late = Effect::LateCommit(After::Ms(Spread::Uniform(1_000, 200_000)));
    select(vec![
        fail(500, false),
        fail(500, true),
        fail(502, true),
        fail(403, false),
        fail(429, false),
        Effect::Timeout { after_commit: true },
        Effect::Timeout { after_commit: false },
        Effect::Cut { at_byte: 0 },
        Effect::Cut { at_byte: 0 },
        Effect::Html403,
        Effect::EmptyBody,
        soon.clone(),
        soon,
        late,
    ])
}

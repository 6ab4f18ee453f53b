//! Whatever two things nobody knows about the service turn out to be, together: each pair of values of two of its settings
//! is tried in some run. A run works, or it ends with steps for a person, or it says what failed; nobody is harmed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use fedctl_core::spec::Spec;
use jumpcloud_sim::{Settings, console};

use crate::carry::{self, Memory};
use crate::forms::another_app;
use crate::interleave::Dice;
use crate::judge::Doors;
use crate::scene::{self, Written};
use crate::sweep::{Became, HARMS, NUMBERS, SHOWN_BY_A_SIGN_IN, duplicates, run};
use crate::worlds::{Members, Scene, Someone, Wish};

/// Values under which alone a set-up cannot end well: they are tried among themselves and with all others, and the others
/// once more without them, for they would hide what those come to.
const STOPS: &[(&str, &str)] = &[
    ("provider-access", "read-only"),
    ("provider-access", "forbidden"),
    ("provider-access", "absent"),
    ("policy-access", "read-only"),
    ("policy-access", "forbidden"),
    ("policy-access", "absent"),
    ("activate-silently", "refuse"),
];

/// What only two together do: the policy that a new provider brings is on, names nobody, and routes everybody. A run cannot
/// see it before it has happened; the rehearsal of the plan says it.
const HARM_TOGETHER: &[[(&str, &str); 2]] =
    &[[("provider-makes-policy", "true"), ("policy-without-groups", "everybody")]];

/// An app of somebody else spells its claim with a prefix, and so do we then; and that is right.
const SEEN_PREFIXED: (&str, &str) = ("claim-seen", "prefixed");
const NAMED_WITH_PREFIX: (&str, &str) = ("attribute-source", "prefixed");

/// How many people there are.
const PEOPLE: usize = 4;

/// A setting, or how people come into the routing group, or how an app of somebody else spells its claim, with the values that
/// are tried.
type Factor = (&'static str, Vec<String>);

/// Every setting with values to choose from, without those that are known to harm.
fn factors(stops: bool) -> Vec<Factor> {
    let of = |setting: jumpcloud_sim::Setting| {
        let choices = if setting.values.is_empty() { NUMBERS } else { setting.values };
        let is_one_of = |list: &[(&str, &str)], value: &str| list.contains(&(setting.name, value));
        let harms: Vec<(&str, &str)> = HARMS.iter().map(|(answer, _)| *answer).collect();
        let mut values: Vec<String> = vec![setting.value.clone()];
        values.extend(choices.iter().filter(|value| **value != setting.value).map(|value| (*value).to_owned()));
        values.retain(|value| !is_one_of(&harms, value) && (stops || !is_one_of(STOPS, value)));
        (setting.name, values)
    };
    let members = ("members", ["managed", "by_mark", "suffix"].map(str::to_owned).to_vec());
    let seen = ("claim-seen", ["none", "prefixed"].map(str::to_owned).to_vec());
    Settings::default().describe().into_iter().map(of).chain([members, seen]).collect()
}

/// The pairs of two factors, each at one of its values, as (factor, value, later factor, value).
type Pair = (usize, usize, usize, usize);

/// Rows in which every pair of values of two factors stands at least once: each row begins with a pair that is still
/// missing and takes, factor by factor, the value that brings the most pairs. No row holds a pair that is left out.
fn covering(sizes: &[usize], left_out: &[Pair]) -> (Vec<Vec<usize>>, usize) {
    let mut missing: BTreeSet<Pair> = BTreeSet::new();
    for (one, other) in (0..sizes.len()).flat_map(|one| (one + 1..sizes.len()).map(move |other| (one, other))) {
        let values = (0..sizes[one]).flat_map(|a| (0..sizes[other]).map(move |b| (a, b)));
        missing.extend(values.map(|(a, b)| (one, a, other, b)).filter(|pair| !left_out.contains(pair)));
    }
    let all = missing.len();
    let mut rows = Vec::new();
    while let Some((one, a, other, b)) = missing.first().copied() {
        let mut row: Vec<Option<usize>> = vec![None; sizes.len()];
        (row[one], row[other]) = (Some(a), Some(b));
        for at in 0..sizes.len() {
            if row[at].is_none() {
                let brings = |value: usize| pairs(&row, at, value).filter(|pair| missing.contains(pair)).count();
                let fits = |value: &usize| !pairs(&row, at, *value).any(|pair| left_out.contains(&pair));
                row[at] = (0..sizes[at]).rev().filter(fits).max_by_key(|value| brings(*value));
            }
        }
        for at in 0..sizes.len() {
            let new: Vec<Pair> = row[at].into_iter().flat_map(|value| pairs(&row, at, value)).collect();
            for pair in &new {
                missing.remove(pair);
            }
        }
        rows.push(row.into_iter().map(|value| value.unwrap_or(0)).collect());
    }
    (rows, all)
}

/// The pairs that a value makes with what a row has already.
fn pairs(row: &[Option<usize>], at: usize, value: usize) -> impl Iterator<Item = Pair> {
    let others = row.iter().enumerate().filter(move |(other, _)| *other != at);
    others.filter_map(move |(other, chosen)| {
        let chosen = (*chosen)?;
        Some(if other < at { (other, chosen, at, value) } else { (at, value, other, chosen) })
    })
}

/// The pairs that are known to harm, as positions.
fn left_out(factors: &[Factor]) -> Vec<Pair> {
    let place = |(name, value): (&str, &str)| {
        let factor = factors.iter().position(|(factor, _)| *factor == name)?;
        Some((factor, factors[factor].1.iter().position(|one| one == value)?))
    };
    let pair = |[one, other]: &[(&str, &str); 2]| {
        let mut both = [place(*one)?, place(*other)?];
        both.sort_unstable();
        Some((both[0].0, both[0].1, both[1].0, both[1].1))
    };
    HARM_TOGETHER.iter().filter_map(pair).collect()
}

/// What a run of the whole story came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Works,
    ByHand,
    Fails,
}

fn begin(row: &[(&str, &str)]) -> (Scene, Memory, Spec) {
    let members = match row.iter().find(|(name, _)| *name == "members").unwrap().1 {
        "managed" => Members::Managed,
        "by_mark" => Members::ByMark,
        _ => Members::Suffix,
    };
    let mut people = vec![Someone::plain(); PEOPLE];
    people[PEOPLE - 1].groups = [false; 3];
    let scene = Scene { people, wish: Wish { members, ..Wish::plain("source_groups") }, made: None, answers: vec![] };
    let (mut memory, spec) = scene.build();
    if row.contains(&SEEN_PREFIXED) {
        another_app(&mut memory, "attributes.workEmail");
    }
    for (name, value) in row.iter().filter(|(name, _)| !["members", SEEN_PREFIXED.0].contains(name)) {
        memory.world.set(name, value).unwrap();
    }
    (scene, memory, spec)
}

/// Somebody joins, the app is shown, and somebody has removed it.
fn live_on(scene: &mut Scene, memory: &mut Memory) -> Spec {
    let app = memory.world.apps(memory.primary).find(|app| scene::is_marked_app(app)).map(|app| app.id);
    assert!(app.is_some_and(|app| console::delete_app(&mut memory.world, app)), "an app was made");
    let group = scene::group_named(&memory.world, memory.primary, "Contractors").unwrap();
    let newcomer = memory.world.user_by_email(memory.primary, &scene::email(PEOPLE - 1)).unwrap().id;
    memory.world.add_member(group, newcomer);
    scene.wish.hidden = !scene.wish.hidden;
    scene.spec(memory, Written::NOW)
}

/// Runs until nothing is left to do, three times at most, and says what it came to.
fn settle(scene: &Scene, spec: &Spec, memory: &mut Memory, people: usize, row: &[(&str, &str)]) -> Result<End, String> {
    let first = run(scene, spec, memory)?.0;
    let mut last = run(scene, spec, memory)?;
    if last.0 == Became::Done && last.1.as_ref().is_some_and(|plan| !plan.is_empty()) {
        last = run(scene, spec, memory)?;
    }
    let arrived = Doors::of_memory(memory).federated.len();
    let is_prefixed = |answer: &(&str, &str)| row.contains(answer);
    let is_misspelt = is_prefixed(&SEEN_PREFIXED) != is_prefixed(&NAMED_WITH_PREFIX);
    let mut others = SHOWN_BY_A_SIGN_IN.iter().filter(|answer| **answer != NAMED_WITH_PREFIX);
    let waits = is_misspelt || others.any(|answer| row.contains(answer));
    match last {
        (Became::Done, Some(plan)) if !plan.is_empty() => Err(format!("there is more to do: {:?}", plan.actions)),
        (Became::Done, _) if first == Became::Done && arrived != people && !waits => {
            Err(format!("it is said to be done, and {arrived} of {people} arrive"))
        }
        (Became::Done, _) if duplicates(memory).is_some() => Err(duplicates(memory).unwrap_or_default()),
        (Became::Done, _) => match carry::verify(spec, memory).counts().broken {
            broken if broken.is_empty() || waits => Ok(End::Works),
            broken => Err(format!("verify says {broken:?}")),
        },
        // What only a sign-in shows is not seen here either: plans say of it that it is not proved.
        (Became::ByHand(_), _) => half_enabled(memory, arrived).filter(|_| !waits).map_or(Ok(End::ByHand), Err),
        (Became::Said(_), _) => Ok(End::Fails),
    }
}

/// A policy that is on leads everybody whom it routes into their account.
fn half_enabled(memory: &Memory, arrived: usize) -> Option<String> {
    let on: Vec<&str> = memory
        .world
        .policies(memory.secondary)
        .filter(|policy| policy.enabled && scene::is_marked(&policy.description))
        .map(|policy| &*policy.name)
        .collect();
    (!on.is_empty() && arrived == 0).then(|| format!("{on:?} is on and leads nobody anywhere"))
}

fn tell(row: &[(&str, &str)]) -> Result<End, String> {
    let (mut scene, mut memory, spec) = begin(row);
    let first = settle(&scene, &spec, &mut memory, PEOPLE - 1, row)?;
    if first != End::Works {
        return Ok(first);
    }
    let spec = live_on(&mut scene, &mut memory);
    settle(&scene, &spec, &mut memory, PEOPLE, row)
}

/// What the runs of some arrays came to.
#[derive(Debug, Default)]
struct Figures {
    runs: usize,
    pairs: usize,
    settings: usize,
    ends: BTreeMap<End, usize>,
    wrong: Vec<String>,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |end: End| self.ends.get(&end).copied().unwrap_or(0);
        write!(
            f,
            "forms: {} runs over {} pairs of {} settings: {} work, {} end with steps for a person, {} say what failed, {} \
             broken promises",
            self.runs,
            self.pairs,
            self.settings,
            of(End::Works),
            of(End::ByHand),
            of(End::Fails),
            self.wrong.len()
        )
    }
}

/// The runs of an array in which the settings stand in the order of a seed, so that each seed brings other pairs together
/// with other settings.
fn campaign(stops: bool, seed: u64, figures: &mut Figures) {
    let mut factors = factors(stops);
    let mut dice = Dice::new(seed);
    for at in (1..factors.len()).rev().filter(|_| seed > 0) {
        factors.swap(at, dice.below(at + 1));
    }
    let sizes: Vec<usize> = factors.iter().map(|(_, values)| values.len()).collect();
    let (array, pairs) = covering(&sizes, &left_out(&factors));
    (figures.pairs, figures.settings) = (figures.pairs.max(pairs), factors.len());
    for chosen in &array {
        let named = factors.iter().zip(chosen);
        let row: Vec<(&str, &str)> = named.map(|((name, values), at)| (*name, &*values[*at])).collect();
        figures.runs += 1;
        match tell(&row) {
            Ok(end) => *figures.ends.entry(end).or_default() += 1,
            Err(why) => figures.wrong.push(format!("{why}\n    seed {seed}, under {:?}", others(&row, &factors))),
        }
    }
}

/// What of a row is not as it is by default.
fn others<'r>(row: &[(&'r str, &'r str)], factors: &[Factor]) -> Vec<(&'r str, &'r str)> {
    let is_default =
        |name: &str, value: &str| factors.iter().any(|(factor, values)| *factor == name && values[0] == value);
    row.iter().copied().filter(|(name, value)| !is_default(name, value)).collect()
}

#[test]
fn an_array_holds_every_pair_of_values() {
    let sizes = [2, 3, 4, 2, 3];
    let (rows, pairs) = covering(&sizes, &[(0, 1, 2, 3)]);
    let mut seen = BTreeSet::new();
    for row in &rows {
        for one in 0..sizes.len() {
            seen.extend((one + 1..sizes.len()).map(|other| (one, row[one], other, row[other])));
        }
    }
    assert!(!seen.contains(&(0, 1, 2, 3)) && seen.len() == pairs, "{} of {pairs}", seen.len());
    assert!(rows.len() <= 16, "{}", rows.len());
}

#[test]
fn every_pair_of_what_nobody_knows_harms_nobody() {
    let mut figures = Figures::default();
    for stops in [false, true] {
        campaign(stops, 0, &mut figures);
    }
    assert_eq!(figures.wrong, Vec::<String>::new(), "{figures}");
    let worked = figures.ends.get(&End::Works);
    assert!(worked.is_some_and(|worked| *worked > 10), "{figures}");
}

#[test]
#[ignore = "long: cargo xtask forms"]
fn every_pair_among_many_others_harms_nobody() {
    let seeds = crate::asked::number("FEDCTL_SEEDS").unwrap_or(30);
    let mut figures = Figures::default();
    for seed in 1..=seeds {
        for stops in [false, true] {
            campaign(stops, seed, &mut figures);
        }
    }
    println!("{figures}");
    assert_eq!(figures.wrong, Vec::<String>::new());
}

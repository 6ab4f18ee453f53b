//! Every value of every switch of the simulator, one at a time: whatever the service turns out to be like, a run succeeds or
//! says that it did not, and nobody loses by it.

use fedctl_core::apply::End;
use fedctl_core::plan::{Pair, Plan};
use fedctl_core::planner::Step;
use fedctl_core::spec::Spec;
use jumpcloud_sim::{AppId, Settings, console, fixture};

use crate::carry::{self, Memory};
use crate::judge::{Doors, Judge};
use crate::properties::bad;
use crate::scene::{self, Written};
use crate::watch::Watch;
use crate::worlds::{Members, Scene, Someone, Wish};

/// What a setting that takes a number is tried with.
pub(crate) const NUMBERS: &[&str] = &["1", "2", "5000"];

/// What no answer of the service shows, but a sign-in does: plans say of such a pair that it is not proved.
pub(crate) const SHOWN_BY_A_SIGN_IN: &[Answer] = &[
    ("attribute-source", "prefixed"),
    ("verified-email-required", "true"),
    ("provider-sent-secret", "keep"),
    ("provider-sent-secret", "wipe"),
];

/// What nothing shows before it has happened: the stories in which it harms. Whatever is said here has to be true.
pub(crate) const HARMS: &[(Answer, &[&str])] = &[
    // A mail that was not asked for.
    (("activate-silently", "mails"), &["set-up", "app gone", "provider gone", "provider and policy gone"]),
    // Everybody is routed as soon as there is a provider [doc: not since 2024].
    (("provider-without-policy", "everybody"), &["set-up", "provider and policy gone"]),
];

/// How many people there are.
const PEOPLE: usize = 4;

/// A switch and its value.
pub(crate) type Answer = (&'static str, &'static str);

/// Every setting with every value that is not its default.
fn values() -> Vec<Answer> {
    let of = |setting: jumpcloud_sim::Setting| {
        let values = if setting.values.is_empty() { NUMBERS } else { setting.values };
        values.iter().filter(move |value| **value != setting.value).map(move |value| (setting.name, *value))
    };
    Settings::default().describe().into_iter().flat_map(of).collect()
}

/// What became of one run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Became {
    /// It did all of its plan.
    Done,
    /// It did all but what a person has to do, and said what.
    ByHand(String),
    /// It did not, and said so.
    Said(String),
}

/// Plans and applies, two minutes after whatever was before; nothing of it may harm anybody, at any moment.
pub(crate) fn run(scene: &Scene, spec: &Spec, memory: &mut Memory) -> Result<(Became, Option<Plan>), String> {
    memory.world.advance(120_000);
    let mut plan = match carry::step(spec, memory) {
        Ok(Step::Ready(plan)) => *plan,
        Ok(Step::Problems(problems)) => return Ok((Became::Said(format!("{problems:?}")), None)),
        Ok(Step::Unknown(unknown)) => return Ok((Became::Said(format!("{unknown:?}")), None)),
        Ok(Step::Read(queries)) => return Err(format!("it never ends to read: {queries:?}")),
        Err(error) => return Ok((Became::Said(error.to_string()), None)),
    };
    carry::lift(&mut plan, &carry::AGREED);
    if !plan.refusals.is_empty() {
        return Ok((Became::Said(format!("{:?}", plan.refusals)), Some(plan)));
    }
    let judge = Judge::new(scene, memory, &plan);
    let mut watch = Watch::new(memory, |world| judge.wrong(world));
    let ends = carry::run(&plan, &mut watch);
    if let Some(wrong) = watch.wrong {
        return Err(wrong);
    }
    let bad = bad(&plan, &ends);
    let is_by_hand = bad.iter().all(|(_, end)| matches!(end, End::Manual(_) | End::Skipped(_)));
    let became = match (bad.is_empty(), is_by_hand) {
        (true, _) => Became::Done,
        (false, true) => Became::ByHand(format!("{bad:?}")),
        (false, false) => Became::Said(format!("{bad:?}")),
    };
    Ok((became, Some(plan)))
}

/// At most one object with each mark.
pub(crate) fn duplicates(memory: &Memory) -> Option<String> {
    let world = &memory.world;
    let groups =
        |org| world.groups(org).filter(|group| scene::is_marked(&group.description)).map(|group| &group.name).collect();
    let groups: [Vec<_>; 2] = [groups(memory.primary), groups(memory.secondary)];
    let apps = world.apps(memory.primary).filter(|app| scene::is_marked_app(app)).count();
    let policies = world.policies(memory.secondary).filter(|policy| scene::is_marked(&policy.description)).count();
    let twice = groups.iter().any(|names| names.len() > 1) || apps > 1 || policies > 1;
    twice.then(|| format!("groups {groups:?}, {apps} apps, {policies} policies"))
}

/// A story that is told under one value of one switch.
#[derive(Debug, Clone, Copy)]
enum Story {
    /// A first set-up, with people who come into the routing group in this way.
    SetUp(Members),
    /// Somebody joins, the app is shown or not shown any more, and one of the two ends of the trust is gone, all after a
    /// set-up under the defaults.
    Life(Gone),
}

/// What somebody deleted by hand.
#[derive(Debug, Clone, Copy)]
enum Gone {
    App,
    /// The routing policy names it still.
    Provider,
    ProviderAndPolicy,
}

fn setting(memory: &Memory, name: &str) -> String {
    let all = memory.world.settings().describe();
    all.into_iter().find(|setting| setting.name == name).map(|setting| setting.value).unwrap()
}

fn our_app(memory: &Memory) -> AppId {
    memory.world.apps(memory.primary).find(|app| scene::is_marked_app(app)).unwrap().id
}

/// What the story begins with: the people, the world and the spec.
fn begin(story: Story, (name, value): Answer) -> (Scene, Memory, Spec) {
    let members = match story {
        Story::SetUp(members) => members,
        Story::Life(_) => Members::Managed,
    };
    let mut people = vec![Someone::plain(); PEOPLE];
    people[PEOPLE - 1].groups = [false; 3];
    let mut scene =
        Scene { people, wish: Wish { members, ..Wish::plain("source_groups") }, made: None, answers: vec![] };
    let (mut memory, mut spec) = scene.build();
    if let Story::Life(gone) = story {
        assert_eq!(run(&scene, &spec, &mut memory).map(|(became, _)| became), Ok(Became::Done));
        let is_deleted = match gone {
            Gone::App => {
                let app = our_app(&memory);
                console::delete_app(&mut memory.world, app)
            }
            Gone::Provider => {
                let provider = memory.world.provider(memory.secondary).unwrap().id;
                console::delete_provider(&mut memory.world, provider)
            }
            Gone::ProviderAndPolicy => {
                let policy = memory.world.policies(memory.secondary).next().unwrap().id;
                let provider = memory.world.provider(memory.secondary).unwrap().id;
                console::delete_policy(&mut memory.world, policy)
                    && console::delete_provider(&mut memory.world, provider)
            }
        };
        assert!(is_deleted);
        scene.wish.hidden = !scene.wish.hidden;
        spec = scene.spec(&memory, Written::NOW);
    }
    let group = scene::group_named(&memory.world, memory.primary, "Contractors").unwrap();
    let newcomer = memory.world.user_by_email(memory.primary, &scene::email(PEOPLE - 1)).unwrap().id;
    memory.world.add_member(group, newcomer);
    memory.world.set(name, value).unwrap();
    (scene, memory, spec)
}

/// What is wrong with a federation of which a run said that it is done, and the next one that nothing is left.
fn unfinished(memory: &Memory, answer: Answer, next: (Became, Option<Plan>)) -> Option<String> {
    let arrived = Doors::of_memory(memory).federated.len();
    let waits_for_proof = SHOWN_BY_A_SIGN_IN.contains(&answer)
        && next.1.as_ref().is_some_and(|plan| matches!(plan.pair, Pair::Unproved | Pair::Probed));
    if arrived != PEOPLE && !waits_for_proof {
        return Some(format!("{arrived} of {PEOPLE} arrive"));
    }
    match next {
        (Became::Done, Some(plan)) if plan.is_empty() => duplicates(memory),
        (Became::Done, plan) => Some(format!("there is more to do: {:?}", plan.map(|plan| plan.actions))),
        (Became::Said(said) | Became::ByHand(said), _) => Some(format!("then: {said}")),
    }
}

/// A rule that found nobody is looked at again when somebody writes it.
fn write_rules_again(memory: &mut Memory) {
    let groups = memory.world.groups(memory.secondary);
    let ruled: Vec<_> = groups.filter_map(|group| Some((group.id, group.rule.clone()?.into()))).collect();
    for (group, rule) in ruled {
        assert!(console::set_rule(&mut memory.world, group, &rule));
    }
}

/// Tells a story under one value of one switch; what went wrong, if anything did.
fn tell(story: Story, answer: Answer) -> Result<Became, String> {
    let (scene, mut memory, spec) = begin(story, answer);
    let (first, _) = run(&scene, &spec, &mut memory)?;
    let second = run(&scene, &spec, &mut memory)?;
    if first == Became::Done {
        return match unfinished(&memory, answer, second) {
            Some(wrong) => Err(format!("it is said to be done, and {wrong}")),
            None => Ok(Became::Done),
        };
    }
    // What stood in the way goes, and two runs later everything is as if it had never been there (I4).
    let default = setting(&Memory::new(fixture::pair(1)), answer.0);
    memory.world.set(answer.0, &default).unwrap();
    write_rules_again(&mut memory);
    run(&scene, &spec, &mut memory)?;
    run(&scene, &spec, &mut memory)?;
    let last = run(&scene, &spec, &mut memory)?;
    match unfinished(&memory, answer, last) {
        Some(wrong) => Err(format!("it is not healed: {wrong}; it was {first:?}")),
        None => Ok(first),
    }
}

/// What goes wrong under each value of each switch, beside what is known to.
fn sweep(story: Story) -> Vec<String> {
    let wrong = |answer: Answer| {
        let harms = HARMS.iter().any(|(known, stories)| *known == answer && stories.contains(&word(story)));
        match (tell(story, answer), harms) {
            (Err(wrong), false) => Some(format!("{answer:?}: {wrong}")),
            (Ok(became), true) => Some(format!("{answer:?} is said to harm, and: {became:?}")),
            (Err(_), true) | (Ok(_), false) => None,
        }
    };
    values().into_iter().filter_map(wrong).collect()
}

fn word(story: Story) -> &'static str {
    match story {
        Story::SetUp(_) => "set-up",
        Story::Life(Gone::App) => "app gone",
        Story::Life(Gone::Provider) => "provider gone",
        Story::Life(Gone::ProviderAndPolicy) => "provider and policy gone",
    }
}

#[test]
fn whatever_the_service_is_like_a_first_set_up_succeeds_or_says_that_it_did_not() {
    for members in [Members::Managed, Members::ByMark, Members::Suffix] {
        assert_eq!(sweep(Story::SetUp(members)), Vec::<String>::new(), "{members:?}");
    }
}

#[test]
fn whatever_the_service_turns_into_a_change_succeeds_or_says_that_it_did_not() {
    for gone in [Gone::App, Gone::Provider, Gone::ProviderAndPolicy] {
        assert_eq!(sweep(Story::Life(gone)), Vec::<String>::new(), "{gone:?}");
    }
}

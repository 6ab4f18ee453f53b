//! Each row of the order table is left out once, under the worst order and the worst refusal that this allows, over many
//! worlds: then some invariant must break, or the row is listed here with the reason why it stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use fedctl_core::apply::{End, Event, Next, Run, Turn};
use fedctl_core::drive::Carry;
use fedctl_core::kinds;
use fedctl_core::plan::Plan;
use fedctl_core::plan::action::Write;
use fedctl_core::plan::order::{self, Edge};
use fedctl_core::spec::Spec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::carry::{self, Memory};
use crate::edits::{AccountEdit, Edit, ObjectEdit, PersonEdit};
use crate::handmade::{EXPECTED, Hand, Made};
use crate::history::{Earlier, History, histories};
use crate::interleave::{actions_of, carried, status};
use crate::judge::Judge;
use crate::order::pairs;
use crate::properties::{allowed, bad, by_address, cases, everybody_arrives, nothing_left};
use crate::scene::{group_named, plain};
use crate::watch::Watch;
use crate::worlds::{Scene, Someone, Wish, scenes};

/// What becomes of the actions that a row puts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// They are answered when nothing else is left to do.
    Late,
    /// Then they are refused.
    Refused,
    /// The program is killed before that.
    Killed,
    /// They are late, and meanwhile somebody brought a stranger into the routing group.
    Stranger,
    /// They are late, and meanwhile somebody made accounts with the addresses that are to be given.
    Taken,
}

/// A world before a run: how it came about, and whether the plan for it is one that may be applied.
pub(crate) type Situation = (Scene, History);

/// Runs a plan, and answers what `firsts` wait for last. `None` if it was killed.
fn adverse(run: &mut Run, carry: &mut impl Carry, firsts: &BTreeSet<usize>, fate: Fate) -> Option<Vec<End>> {
    let mut out = Vec::new();
    loop {
        match run.next() {
            Next::Do(ticket, turn) => {
                let is_probe = matches!(&turn, Turn::Write(request) if request.path.starts_with("/oauth2/token"));
                let is_first = if is_probe {
                    firsts.iter().any(|at| matches!(run.plan().actions[*at].write, Write::Probe { .. }))
                } else {
                    actions_of(run, ticket).iter().any(|at| firsts.contains(at))
                };
                out.push((ticket, turn, is_first));
            }
            Next::Blocked => {
                let at = out.iter().position(|(.., is_first)| !is_first);
                if at.is_none() && fate == Fate::Killed {
                    return None;
                }
                let (ticket, turn, is_first) = out.remove(at.unwrap_or(0));
                let is_refused = is_first && fate == Fate::Refused && matches!(turn, Turn::Write(_));
                let event = if is_refused { Event::Came(status(403, "not today")) } else { carried(turn, carry) };
                run.answer(ticket, event);
            }
            Next::Finished => return Some(run.report()),
        }
    }
}

/// What breaks when this plan is run under these rows; nothing, when all is well.
fn breaks((scene, history): &Situation, rows: &[&Edge], firsts: &BTreeSet<usize>, fate: Fate) -> Option<String> {
    let (mut memory, spec) = scene.after(history)?;
    let plan = allowed(&spec, &mut memory)?;
    meanwhile(fate, &plan, &mut memory);
    let judge = Judge::new(scene, &memory, &plan);
    memory.world.clear_requests();
    let mut watch = Watch::new(&mut memory, |world| judge.wrong(world));
    let mut run = Run::with_rows(Arc::new(plan.clone()), 4, rows.iter().copied());
    let ends = adverse(&mut run, &mut watch, firsts, fate);
    if let Some(wrong) = watch.wrong {
        return Some(wrong);
    }
    let unproved = provider_without_proof(&memory).or_else(|| app_gone_too_soon(&memory));
    let later = match (fate, ends) {
        (Fate::Late, Some(ends)) => at_once(&plan, &ends, &spec, &mut memory),
        (Fate::Refused | Fate::Stranger | Fate::Taken, _) | (Fate::Late, None) => None,
        (Fate::Killed, _) => healed(&spec, &mut memory, scene, history),
    };
    unproved.or(later)
}

/// What humans do between the plan and its first write.
fn meanwhile(fate: Fate, plan: &Plan, memory: &mut Memory) {
    match fate {
        Fate::Late | Fate::Refused | Fate::Killed => {}
        Fate::Stranger => {
            let group = group_named(&memory.world, memory.secondary, EXPECTED[3]);
            let stranger = memory.world.user_by_email(memory.secondary, "staff2@beta.com").unwrap().id;
            group.into_iter().for_each(|group| memory.world.add_member(group, stranger));
        }
        Fate::Taken => {
            let new = plan.people.iter().filter(|person| person.fate == fedctl_core::plan::Fate::Gains);
            for (number, person) in new.enumerate() {
                memory.world.add_user(memory.secondary, plain(&person.account, &format!("other-{number}")));
            }
        }
    }
}

/// Without faults everything ends well, nothing is left to do, and everybody arrives.
fn at_once(plan: &Plan, ends: &[End], spec: &Spec, memory: &mut Memory) -> Option<String> {
    let bad = bad(plan, ends);
    if !bad.is_empty() {
        return Some(format!("{bad:?}"));
    }
    let left = nothing_left(spec, memory).and_then(|()| everybody_arrives(plan, memory));
    left.err().map(|error| error.to_string())
}

/// After a run that was killed two others end as one that was not.
fn healed(spec: &Spec, memory: &mut Memory, scene: &Scene, history: &History) -> Option<String> {
    for _ in 0..2 {
        let plan = allowed(spec, memory)?;
        let ends = carry::run(&plan, memory);
        let bad = bad(&plan, &ends);
        if !bad.is_empty() {
            return Some(format!("I4: {bad:?}"));
        }
    }
    let (mut clean, spec) = scene.after(history)?;
    let plan = allowed(&spec, &mut clean)?;
    carry::run(&plan, &mut clean);
    let (clean, now) = (by_address(&clean), by_address(memory));
    (clean != now).then(|| format!("I4: {now:?} instead of {clean:?}"))
}

fn written(memory: &Memory) -> Vec<(String, String)> {
    let sent = memory.world.requests().iter();
    sent.map(|sent| (sent.method.clone(), sent.target.split('?').next().unwrap_or_default().to_owned())).collect()
}

/// The provider is written only after the secret was tried at the token endpoint.
fn provider_without_proof(memory: &Memory) -> Option<String> {
    let sent = written(memory);
    let of_provider = |(method, path): &(String, String)| method != "GET" && path.contains("/identity-providers");
    let at = sent.iter().position(of_provider)?;
    let is_proved = sent[..at].iter().any(|(_, path)| path.ends_with("/oauth2/token"));
    (!is_proved).then(|| "the provider was written with a secret that nobody tried".to_owned())
}

/// An app goes only after the provider was read twice since it was written.
fn app_gone_too_soon(memory: &Memory) -> Option<String> {
    let sent = written(memory);
    let gone = sent.iter().position(|(method, path)| method == "DELETE" && path.contains("/applications/"))?;
    let of_provider = |path: &str| path.contains("/identity-providers");
    let write = sent.iter().rposition(|(method, path)| method != "GET" && of_provider(path))?;
    let reads = sent.get(write..gone).unwrap_or_default().iter();
    let reads = reads.filter(|(method, path)| method == "GET" && of_provider(path)).count();
    (reads < 2).then(|| format!("an app went when the provider had been read {reads} times"))
}

/// Somebody who has a local password and is taken over, so that a missing row is felt.
fn with_password(named: bool) -> Someone {
    let hand = Hand { password: true, federated: false, routed: false, linked: false, ..Hand::WORKING };
    Someone { named, groups: [!named, false, false], hand: Some(hand), adopted: true, ..Someone::plain() }
}

fn tight(access: &'static str, earlier: Earlier, killed: Vec<usize>, edits: &[Edit]) -> Situation {
    let people = vec![Someone::plain(), with_password(false), with_password(true)];
    let scene = Scene { people, wish: Wish::plain(access), made: Some(Made::NOTHING), answers: Vec::new() };
    (scene, History { earlier, killed, edits: edits.to_vec(), ..History::NONE })
}

/// Worlds in which people with passwords join when routing works or before it does, and things are to be repaired.
pub(crate) fn tight_situations() -> Vec<Situation> {
    let object = Edit::Object;
    let given = Edit::Account(0, AccountEdit::GivePassword);
    let half = [
        vec![given, Edit::Person(0, PersonEdit::BreakMapping)],
        vec![given, Edit::Person(0, PersonEdit::LeaveAccess)],
        vec![given, object(ObjectEdit::UnbindApp)],
        vec![given, object(ObjectEdit::DeleteApp)],
        vec![given, object(ObjectEdit::DropCallback)],
    ];
    let whole = [
        vec![],
        vec![object(ObjectEdit::DeleteApp)],
        vec![object(ObjectEdit::DropCallback)],
        vec![object(ObjectEdit::DuplicateApp), object(ObjectEdit::DeleteApp)],
        vec![object(ObjectEdit::DuplicateApp), object(ObjectEdit::DuplicateGroups)],
        vec![object(ObjectEdit::UnbindApp)],
    ];
    let mut all = vec![(crate::found::unassigned(), History::NONE)];
    all.extend(crate::leave::situations());
    for access in ["source_groups", "managed"] {
        all.push(tight(access, Earlier::Same, Vec::new(), &[]));
        all.push(tight(access, Earlier::OtherNameAndAttribute, vec![1000], &[]));
        all.extend(whole.iter().map(|edits| tight(access, Earlier::NobodyTakenOver, vec![1000], edits)));
        for killed in [250, 500, 650, 750, 850, 950] {
            all.push(tight(access, Earlier::Same, vec![killed], &[object(ObjectEdit::DuplicateGroups)]));
            all.extend(half.iter().map(|edits| tight(access, Earlier::Same, vec![killed], edits)));
        }
    }
    all
}

/// Worlds whose plans may be applied: the tight ones, and generated ones if a number of cases was asked for.
fn situations() -> Vec<(Situation, Plan)> {
    let mut runner = TestRunner::deterministic();
    let strategy = (scenes(4), histories());
    let more = (0..cases(0).cases).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let planned = tight_situations().into_iter().chain(more).filter_map(|(scene, history)| {
        let (mut memory, spec) = scene.after(&history)?;
        let plan = allowed(&spec, &mut memory)?;
        Some(((scene, history), plan))
    });
    planned.filter(|(_, plan)| !plan.is_empty()).collect()
}

/// The invariant that breaks in some world when a row is left out.
fn counterexample(row: &Edge, situations: &[(Situation, Plan)]) -> Option<String> {
    let all: Vec<&Edge> = kinds::rows().collect();
    let others: Vec<&Edge> = kinds::rows().filter(|other| (other.first, other.then) != (row.first, row.then)).collect();
    for (situation, plan) in situations {
        let firsts: BTreeSet<usize> = pairs(plan, row).into_iter().map(|(first, _)| first).collect();
        if firsts.is_empty() {
            continue;
        }
        for fate in [Fate::Late, Fate::Refused, Fate::Killed, Fate::Stranger, Fate::Taken] {
            let Some(broken) = breaks(situation, &others, &firsts, fate) else { continue };
            if breaks(situation, &all, &firsts, fate).is_none() {
                return Some(format!("{fate:?}: {broken}"));
            }
        }
    }
    None
}

/// Rows that no world was found for in which they are missed, with the reason for which each stands anyway.
const STAND_ANYWAY: [(&str, &str); 35] = [
    ("secondary routing-policy, delete -> secondary identity-provider, delete", DOWN),
    ("secondary password-authority, delete -> secondary identity-provider, delete", DOWN),
    ("secondary routing-policy, delete -> primary user-mapping, delete", DOWN),
    ("secondary group-member, delete -> secondary user-group, check", "so does the mark, which waits for it"),
    ("secondary group-member, delete -> secondary user, update", LEFT),
    ("secondary user, update -> primary group-member, delete", LEFT),
    ("secondary identity-provider, check -> primary app-access, delete", SPARE),
    ("primary app-access, delete -> primary oidc-app, delete", "a service that takes it back is asked no more"),
    ("secondary user, update -> secondary user-group, check", SHUT),
    ("secondary user, update -> secondary group-member, create", SHUT),
    ("secondary group-member, create -> secondary user-group, check", "the check is as fresh as can be"),
    ("secondary routing-policy, create -> secondary user-group, check", "the check is as fresh as can be"),
    ("secondary identity-provider, update -> secondary user-group, check", "so is `provider -> policy, update`"),
    ("secondary identity-provider, update -> secondary routing-policy, update", "so is `provider -> check`"),
    ("secondary group-member, create -> secondary user-group, delete", UNUSED),
    ("primary app-access, create -> primary user-group, delete", UNUSED),
    ("primary group-member, create -> primary user-group, delete", UNUSED),
    ("primary user-mapping, update -> secondary user, adopt", "membership waits for the mapping, and the mark for it"),
    ("primary oidc-app, update -> primary oidc-app, check", "the check names the secret that the update brings"),
    ("primary app-access, create -> primary oidc-app, update", "what can be refused comes before the secret"),
    ("primary app-access, create -> secondary identity-provider, create", "joining waits for both"),
    ("primary app-access, create -> secondary identity-provider, update", "joining waits for both"),
    ("secondary identity-provider, create -> secondary group-member, create", "a policy that routes names a provider"),
    ("secondary routing-policy, update -> secondary password-authority, check", NO_PASSWORD),
    ("secondary routing-assignment, create -> secondary password-authority, check", NO_PASSWORD),
    ("secondary group-member, create -> secondary password-authority, check", NO_PASSWORD),
    ("primary user-mapping, update -> secondary password-authority, update", NO_PASSWORD),
    ("secondary user, adopt -> secondary password-authority, update", "without it the next run marks the account"),
    ("secondary user, update -> secondary password-authority, check", NO_PASSWORD),
    ("primary app-access, create -> secondary password-authority, check", NO_PASSWORD),
    ("primary oidc-app, update -> secondary password-authority, check", NO_PASSWORD),
    ("primary client-secret, create -> primary oidc-app, check", ESCROW),
    ("primary client-secret, check -> primary oidc-app, check", ESCROW),
    ("primary oidc-app, update -> primary client-secret, check", ESCROW),
    ("primary client-secret, delete -> primary oidc-app, delete", ESCROW),
];
const ESCROW: &str = "nobody gains or loses by a secret that is not kept; `escrow.rs` misses each";
const DOWN: &str = "no plan of a spec removes a provider; the crash matrix takes federations down";
const SPARE: &str = "nobody comes in by an app that no provider names; the app itself goes only then, too";
const SHUT: &str = "an account that is not active has no way in to lose; people are routed when they can arrive";
const LEFT: &str = "the next run takes up what is missing, unless its person comes back before it";
const UNUSED: &str = "what is removed is used by nobody; until all is in the one that stays, a human may still choose";
const NO_PASSWORD: &str = "no plan takes a local password away yet, so nothing is lost; it is for when one does";

pub(crate) fn name(row: &Edge) -> String {
    let end = |order::End(org, kind, verb): order::End| format!("{org} {kind}, {}", verb.as_str());
    format!("{} -> {}", end(row.first), end(row.then))
}

#[test]
fn i9_i10_every_row_of_the_order_table_is_missed_when_it_is_left_out() {
    let situations = situations();
    let names: BTreeSet<String> = kinds::rows().map(name).collect();
    for (listed, why) in STAND_ANYWAY {
        assert!(names.contains(listed), "{listed} is no row ({why})");
    }
    let is_listed = |row: &&Edge| STAND_ANYWAY.iter().any(|(listed, _)| *listed == name(row));
    // A long campaign looks for them, too.
    let (listed, others): (Vec<&Edge>, Vec<&Edge>) = kinds::rows().partition(is_listed);
    let not_missed = others.into_iter().filter(|row| counterexample(row, &situations).is_none());
    assert_eq!(not_missed.map(name).collect::<Vec<_>>(), Vec::<String>::new(), "no world misses these");
    for row in listed.into_iter().filter(|_| cases(0).cases > 0) {
        let found = counterexample(row, &situations);
        assert!(found.is_none(), "{} is missed after all: {found:?}", name(row));
    }
}

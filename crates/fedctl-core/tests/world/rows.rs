//! Each row of the order table is left out once, under the worst order and the worst refusal that this allows, over many
//! worlds: then some invariant must break, or the row is listed here with the reason why it stands.

use std::collections::BTreeSet;
use std::sync::Arc;

use fedctl_core::apply::{End, Event, Next, Run, Turn};
use fedctl_core::drive::Carry;
use fedctl_core::kinds;
use fedctl_core::plan::Plan;
use fedctl_core::plan::order::Edge;
use fedctl_core::spec::Spec;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::carry::{self, Memory};
use crate::history::{History, histories};
use crate::interleave::{actions_of, carried, status};
use crate::judge::Judge;
use crate::order::pairs;
use crate::properties::{allowed, bad, by_address, cases, everybody_arrives, nothing_left};
use crate::watch::Watch;
use crate::worlds::{Scene, scenes};

/// What becomes of the actions that a row puts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// They are answered when nothing else is left to do.
    Late,
    /// Then they are refused.
    Refused,
    /// The program is killed before that.
    Killed,
}

/// A world before a run: how it came about, and whether the plan for it is one that may be applied.
type Situation = (Scene, History);

/// Runs a plan, and answers what `firsts` wait for last. `None` if it was killed.
fn adverse(run: &mut Run, carry: &mut impl Carry, firsts: &BTreeSet<usize>, fate: Fate) -> Option<Vec<End>> {
    let mut out = Vec::new();
    loop {
        match run.next() {
            Next::Do(ticket, turn) => {
                let is_first = actions_of(run, ticket).iter().any(|at| firsts.contains(at));
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
        (Fate::Refused, _) | (Fate::Late, None) => None,
        (Fate::Killed, _) => healed(&spec, &mut memory, scene, history),
    };
    unproved.or(later)
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

/// Worlds whose plans may be applied, always the same for a number.
fn situations(number: u32) -> Vec<(Situation, Plan)> {
    let mut runner = TestRunner::deterministic();
    let strategy = (scenes(5), histories());
    let all = (0..number).map(|_| strategy.new_tree(&mut runner).unwrap().current());
    let planned = all.filter_map(|(scene, history)| {
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
        for fate in [Fate::Late, Fate::Refused, Fate::Killed] {
            let broken = breaks(situation, &others, &firsts, fate);
            if let Some(broken) = broken.filter(|_| breaks(situation, &all, &firsts, fate).is_none()) {
                return Some(format!("{fate:?}: {broken}"));
            }
        }
    }
    None
}

#[test]
fn i9_i10_every_row_of_the_order_table_is_missed_when_it_is_left_out() {
    let situations = situations(cases(150).cases);
    for row in kinds::rows() {
        let concerned = situations.iter().filter(|(_, plan)| !pairs(plan, row).is_empty()).count();
        let found = counterexample(row, &situations);
        println!("{:?} {:?} in {concerned}: {}", row.first, row.then, found.unwrap_or_else(|| "NOTHING".into()));
    }
}

//! Two federations of one primary organisation, applied at the same time without a lease: both write the same array of the
//! same people. Nothing of anybody is lost, and both come to rest.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use fedctl_core::apply::{Event, Next, Run, Ticket, Turn};
use fedctl_core::drive::Carry;
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::{self, Spec};
use jumpcloud_sim::fault::{Effect, Fault, When};
use jumpcloud_sim::{Region, World, console, fixture};

use crate::carry::reads;
use crate::carry::{self, Memory};
use crate::interleave::{Dice, carried};
use crate::scene::{email, plain};

/// How many people both federations mean.
const PEOPLE: usize = 5;

/// One of the two runs. The world is with whoever acts.
struct Racer {
    memory: Memory,
    spec: Spec,
    attribute: &'static str,
    run: Option<Run>,
    /// Turns that are out, each with the time before which it is not answered.
    out: Vec<(Ticket, Turn, u64)>,
    done: bool,
}

/// Carries one racer's questions while the other goes on between them.
struct Between<'a> {
    memory: &'a mut Memory,
    other: Option<&'a mut Racer>,
    dice: &'a mut Dice,
    kept: &'a Kept,
    lost: &'a mut Option<String>,
}

impl Carry for Between<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        if let Some(other) = &mut self.other {
            for _ in 0..self.dice.below(3) {
                std::mem::swap(&mut self.memory.world, &mut other.memory.world);
                other.step(None, self.dice, self.kept, self.lost);
                std::mem::swap(&mut self.memory.world, &mut other.memory.world);
            }
        }
        let what = format!("{} {}", request.method, request.path);
        let outcome = self.memory.carry(request);
        if !reads(&what) && self.lost.is_none() {
            *self.lost = self.kept.lost(self.memory).map(|lost| format!("after `{what}`: {lost}"));
        }
        outcome
    }
}

impl Racer {
    fn new(memory: Memory, (federation, attribute): (&str, &'static str)) -> Self {
        let text = format!(
            "version: 1\nfederation: {federation}\nprimary: {{organization: \"{}\", credentials: acme}}\nsecondary: {{organization: \"{}\", credentials: other}}\npeople:\n  from: {{groups: [Contractors]}}\n  mapping: {{email: \"{{email}}.{federation}\"}}\n",
            memory.primary, memory.secondary
        );
        let parsed = spec::parse(&text);
        assert!(parsed.problems.is_empty(), "{:?}", parsed.problems);
        let spec = parsed.spec.unwrap();
        Self { memory, spec, attribute, run: None, out: Vec::new(), done: false }
    }

    /// Does one thing, if there is one to do now.
    fn step(&mut self, other: Option<&mut Racer>, dice: &mut Dice, kept: &Kept, lost: &mut Option<String>) -> bool {
        if self.done {
            return false;
        }
        let mut between = Between { memory: &mut self.memory, other, dice, kept, lost };
        let Some(run) = &mut self.run else {
            let plan = carry::plan(&self.spec, &mut between);
            assert_eq!(plan.refusals, []);
            self.run = Some(Run::new(Arc::new(plan), 100));
            return true;
        };
        between.other = None;
        if self.out.is_empty() || (self.out.len() < 4 && between.dice.below(3) > 0) {
            match run.next() {
                Next::Do(ticket, turn) => {
                    let wait = if let Turn::Wait(wanted) = &turn { *wanted } else { Duration::ZERO };
                    let due = between.memory.world.now_ms + u64::try_from(wait.as_millis()).unwrap();
                    self.out.push((ticket, turn, due));
                    return true;
                }
                Next::Blocked => {}
                Next::Finished => {
                    self.done = true;
                    return true;
                }
            }
        }
        let now = between.memory.world.now_ms;
        let due: Vec<usize> = (0..self.out.len()).filter(|at| self.out[*at].2 <= now).collect();
        if due.is_empty() {
            return false;
        }
        let (ticket, turn, _) = self.out.swap_remove(due[between.dice.below(due.len())]);
        let event = match turn {
            Turn::Wait(_) => Event::Waited,
            Turn::Look(_) | Turn::Write(_) => carried(turn, &mut between),
        };
        run.answer(ticket, event);
        true
    }

    fn again(&mut self) {
        (self.run, self.done) = (None, false);
    }
}

/// The two, and the world.
struct Race {
    racers: [Racer; 2],
    world: World,
    dice: Dice,
    lost: Option<String>,
}

/// What stood in the arrays of people before: all of it has to stay.
struct Kept(BTreeMap<String, Vec<(String, String)>>);

impl Kept {
    fn of(memory: &Memory) -> Self {
        let entries = |user: &jumpcloud_sim::User| -> Vec<(String, String)> {
            user.attributes.iter().map(|entry| (entry.name.to_string(), entry.value.to_string())).collect()
        };
        let users = memory.world.users(memory.primary);
        Self(users.map(|user| (user.email.to_string(), entries(user))).collect())
    }

    fn lost(&self, memory: &Memory) -> Option<String> {
        self.0.iter().find_map(|(email, entries)| {
            let user = memory.world.user_by_email(memory.primary, email)?;
            let lost = entries.iter().find(|(name, value)| user.attribute(name) != Some(value))?;
            Some(format!("{email} has {lost:?} no more"))
        })
    }
}

impl Race {
    fn new(seed: u64) -> Self {
        let mut pair = fixture::pair(seed);
        let group = pair.world.add_group(pair.primary, "Contractors");
        for index in 0..PEOPLE + 2 {
            let mut user = plain(&email(index), &format!("user{index}"));
            user.attributes = (0..index % 3).map(|number| (format!("foreign{number}"), index.to_string())).collect();
            let user = pair.world.add_user(pair.primary, user);
            if index < PEOPLE {
                pair.world.add_member(group, user);
            }
        }
        let gamma = pair.world.add_organization("Gamma", Region::Us);
        let key = pair.world.add_key(&[gamma]);
        let mut other = pair.clone();
        (other.secondary, other.secondary_key) = (gamma, key);
        let world = pair.world.clone();
        let racers = [
            Racer::new(Memory::new(pair), ("acme-to-beta", "acmetobeta")),
            Racer::new(Memory::new(other), ("acme-to-gamma", "acmetogamma")),
        ];
        Self { racers, world, dice: Dice::new(seed), lost: None }
    }

    /// Both plan and apply at the same time, in an order that the seed decides.
    fn run(&mut self) {
        std::mem::swap(&mut self.world, &mut self.racers[0].memory.world);
        let kept = Kept::of(&self.racers[0].memory);
        std::mem::swap(&mut self.world, &mut self.racers[0].memory.world);
        self.racers.iter_mut().for_each(Racer::again);
        while self.racers.iter().any(|racer| !racer.done) {
            let first = self.dice.below(2);
            if !self.step(first, &kept) && !self.step(1 - first, &kept) {
                self.sleep();
            }
        }
    }

    fn step(&mut self, who: usize, kept: &Kept) -> bool {
        let [one, two] = &mut self.racers;
        let (acts, other) = if who == 0 { (one, two) } else { (two, one) };
        std::mem::swap(&mut self.world, &mut acts.memory.world);
        let did = acts.step(Some(other), &mut self.dice, kept, &mut self.lost);
        std::mem::swap(&mut self.world, &mut acts.memory.world);
        did
    }

    /// Nobody has anything to do before the next time that somebody waits for.
    fn sleep(&mut self) {
        let due = self.racers.iter().flat_map(|racer| racer.out.iter().map(|(_, _, due)| *due)).min().unwrap();
        self.world.advance(due.saturating_sub(self.world.now_ms));
    }

    /// Which of the entries that both federations are to have are not there.
    fn missing(&self) -> usize {
        let primary = self.racers[0].memory.primary;
        let users = self.world.users(primary).filter(|user| user.groups().any(|id| self.is_meant(id)));
        let missing = |user: &jumpcloud_sim::User| {
            self.racers.iter().filter(|racer| user.attribute(racer.attribute).is_none()).count()
        };
        users.map(missing).sum()
    }

    fn is_meant(&self, group: jumpcloud_sim::GroupId) -> bool {
        self.world.group(group).is_some_and(|group| group.name == "Contractors")
    }

    /// Each runs once more alone; then nothing is left, and everybody opens both of their accounts.
    fn settle(&mut self) -> Result<(), String> {
        self.world.set_faults(Vec::new());
        self.world.advance(200_000);
        for racer in &mut self.racers {
            std::mem::swap(&mut self.world, &mut racer.memory.world);
            for _ in 0..2 {
                carry::apply(&racer.spec, &mut racer.memory);
            }
            let plan = carry::plan(&racer.spec, &mut racer.memory);
            let whole = carry::verify(&racer.spec, &mut racer.memory).is_whole();
            std::mem::swap(&mut self.world, &mut racer.memory.world);
            if !plan.is_empty() || !whole {
                return Err(format!("{} does not come to rest: {:?}", plan.federation, plan.actions));
            }
        }
        Ok(())
    }
}

/// Two races in one world: both are set up, then somebody joins and a password is changed. How many entries were missing
/// after each.
fn race(seed: u64, faults: bool) -> Result<usize, String> {
    let mut race = Race::new(seed);
    let mut missing = 0;
    for round in 0..2 {
        if faults {
            let when = When { method: Some("PUT".to_owned()), rate: Some(0.15), ..When::default() };
            let effect = Effect::Fail { status: 502, after_commit: seed.is_multiple_of(2), retry_after_s: None };
            race.world.set_faults(vec![Fault { name: format!("{seed} {round}"), when, effect }]);
        }
        race.run();
        missing += race.missing();
        let primary = race.racers[0].memory.primary;
        let joins = race.world.user_by_email(primary, &email(PEOPLE + round)).unwrap().id;
        let group = race.world.groups(primary).find(|group| group.name == "Contractors").unwrap().id;
        console::add_member(&mut race.world, group, joins);
    }
    if let Some(lost) = race.lost.take() {
        return Err(format!("seed {seed}: {lost}"));
    }
    race.settle().map_err(|wrong| format!("seed {seed}: {wrong}"))?;
    Ok(missing)
}

/// What was lost over some seeds, and how many entries were missing between the runs.
fn races(seeds: u64) -> (Vec<String>, usize) {
    let (mut wrong, mut missing) = (Vec::new(), 0);
    for seed in 0..seeds {
        for faults in [false, true] {
            match race(seed, faults) {
                Ok(_) if faults => {}
                Ok(count) => missing += count,
                Err(why) => wrong.push(why),
            }
        }
    }
    println!("race: {seeds} seeds, with and without faults, {} broken, {missing} entries lost", wrong.len());
    (wrong, missing)
}

#[test]
fn two_federations_of_one_primary_at_once_lose_nothing() {
    assert_eq!(races(12), (Vec::new(), 0));
}

#[test]
#[ignore = "long: cargo xtask race"]
fn two_federations_of_one_primary_at_once_lose_nothing_over_many_seeds() {
    let seeds = crate::asked::number("FEDCTL_SEEDS").unwrap_or(100);
    assert_eq!(races(seeds), (Vec::new(), 0));
}

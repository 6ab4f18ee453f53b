//! Lives through one story, and says what is wrong with it.

use std::hash::{DefaultHasher, Hash};

use fedctl_core::apply::End;
use fedctl_core::spec::Spec;
use jumpcloud_sim::console;

use super::promises;
use super::rare::Rare;
use super::story::{Round, Story, Weather};
use crate::carry::{self, Fault, Memory};
use crate::history::Earlier;
use crate::properties;
use crate::scene::plain;
use crate::watch::Log;
use crate::witness::{self, Became, Course, Rest};
use crate::worlds::Scene;

/// How long after the last round the runs without faults begin, so that nothing is under way any more.
const QUIET_MS: u64 = 1_000_000;
const A_DAY_S: u64 = 86_400;

/// How a story ended.
#[derive(Default)]
pub(crate) struct Ended {
    pub(crate) rare: Rare,
    /// Everything that was said and done, as one number.
    pub(crate) trace: DefaultHasher,
    /// The requests of the last run.
    pub(crate) last: Log,
    /// What is wrong, if anything is.
    pub(crate) wrong: Option<String>,
    /// Runs of the program.
    pub(crate) runs: u64,
    /// Nothing was left to do at the end.
    pub(crate) settled: bool,
}

struct Life<'s> {
    story: &'s Story,
    scene: Scene,
    memory: Memory,
    ended: Ended,
}

/// Lives through a story.
pub(crate) fn live(story: &Story) -> Ended {
    let mut memory = story.scene.build().0;
    if let Some(page) = story.page {
        memory.world.set("page-max", &page.to_string()).unwrap();
    }
    if let Some((setting, answer)) = story.answer {
        memory.world.set(setting, answer).unwrap();
    }
    let mut life = Life { story, scene: story.scene.clone(), memory, ended: Ended::default() };
    for number in 0..story.rounds.len() {
        if let Err(wrong) = life.round(number) {
            life.ended.wrong = Some(format!("round {number}: {wrong}"));
            return life.ended;
        }
    }
    life.ended.wrong = life.settle().err().map(|wrong| format!("at the end: {wrong}"));
    life.ended
}

impl Life<'_> {
    fn spec(&self, number: usize) -> Spec {
        let (then, now) = self.story.earlier.specs();
        self.scene.spec(&self.memory, if number == 0 { then } else { now })
    }

    /// What happens before a run, and what will happen to it.
    fn before(&mut self, round: &Round) {
        self.memory.world.advance(round.after_s * 1000);
        self.memory.lag_ms = round.weather.iter().filter_map(Weather::hides_ms).max().unwrap_or_default();
        if let Some(moves) = &round.moves {
            let scene = &mut self.scene;
            self.memory.by_hand(|memory| moves.make(scene, memory));
        }
        let scene = &self.scene;
        let by_hand = |memory: &mut Memory| round.hands.iter().for_each(|edit| scene.make(*edit, memory));
        if !round.hands.is_empty() {
            self.memory.by_hand(by_hand);
        }
        let someone = round.excepts.and_then(|number| self.scene.people.get_mut(number));
        if let Some(someone) = someone.filter(|someone| !someone.named) {
            someone.excepted = !someone.excepted;
        }
        if let Some(number) = round.remade.filter(|number| *number < self.scene.people.len()) {
            remake(&self.scene, &mut self.memory, number);
        }
        let fault = |(at, weather): (usize, &Weather)| weather.fault(format!("{at} of {}", round.order.0));
        self.memory.world.set_faults(round.weather.iter().enumerate().map(fault).collect());
        let mut struck = round.struck.iter().scan(self.memory.writes, |at, (after, fault)| {
            *at += after;
            let struck = (*at, *fault);
            *at += 1;
            Some(struck)
        });
        (self.memory.fault, self.memory.then) = (struck.next(), struck.next());
    }

    fn round(&mut self, number: usize) -> Result<(), String> {
        let round = &self.story.rounds[number];
        self.before(round);
        let spec = self.spec(number);
        let edit = round.between;
        let (scene, memory) = (&self.scene, &mut self.memory);
        let by_hand = |memory: &mut Memory| edit.into_iter().for_each(|(_, edit)| scene.make(edit, memory));
        let hand: Option<witness::Hand<'_>> = edit.map(|(at, _)| (at, &by_hand as _));
        let (stops, others) = (promises::stops(memory), promises::of_others(memory));
        let on_the_way = memory.late();
        let course = Course { order: round.order, hand, stopped: round.stopped };
        let (became, log) = witness::watched(scene, &spec, memory, course);
        self.heard(round, became, log)?;
        self.memory.revive();
        // What was sent before a human's hand, and is carried out after it, no program can stop.
        if round.between.is_some() || self.memory.late() < on_the_way {
            return Ok(());
        }
        let restored = promises::restored(&stops, &self.memory);
        let restored = restored.map(|what| format!("I11: {what} was a human's doing, and it is undone"));
        restored.or_else(|| promises::suspended(&others, &self.memory)).map_or(Ok(()), Err)
    }

    /// Notes what a run came to.
    fn heard(&mut self, round: &Round, became: Result<Became, String>, log: Log) -> Result<(), String> {
        let ended = &mut self.ended;
        ended.runs += 1;
        for sent in &log.0 {
            (&sent.line, &sent.body, sent.came, sent.said).hash(&mut ended.trace);
        }
        let became = became.inspect(|became| ended.rare.became(became, &log));
        let was_sent = |path: &str| log.writes().any(|sent| sent.left && sent.line.contains(path));
        if let (Some(_), Ok(Became::Ended(_, ends))) = (round.stopped, &became) {
            ended.rare.met("run: stopped");
            let last = log.writes().last().is_some_and(|sent| sent.line.contains("/identity-providers"));
            if last && ends.contains(&End::NotStarted) {
                ended.rare.met("run: stopped, and the secret still went to the provider");
            }
        }
        if round.between.is_some_and(|(at, _)| at < log.writes().count()) {
            ended.rare.met("run: edited by hand in the middle");
        }
        if round.weather.iter().any(Weather::is_late) && was_sent("/") {
            ended.rare.met("run: a late request was carried out");
        }
        let wrong = became.as_ref().ok().and_then(|became| {
            let wrong = promises::hasty(became, &log);
            let wrong = wrong.or_else(|| promises::interrupted(became, &log).filter(|_| round.order.1 == 1));
            wrong.or_else(|| promises::digest_of_any(became))
        });
        ended.last = log;
        became.and_then(|_| wrong.map_or(Ok(()), Err))
    }

    /// Nothing went wrong but on the way, so everything has to come out as if nothing had. But for an app that somebody made
    /// by hand and left without settings: the secret is shown once, and when that answer is lost another app is made beside it.
    fn is_strict(&self) -> bool {
        let app = self.story.scene.made.as_ref().and_then(|made| made.app.as_ref());
        let may_lose_its_secret = app.is_some_and(|app| !app.configured);
        let rounds = &self.story.rounds;
        let is_quiet = |round: &Round| {
            round.hands.is_empty()
                && round.between.is_none()
                && round.excepts.is_none()
                && round.remade.is_none()
                && round.moves.is_none()
        };
        self.story.earlier == Earlier::Same
            && !may_lose_its_secret
            && self.story.answer.is_none()
            && rounds.iter().all(is_quiet)
            && rounds.iter().skip(1).all(|round| round.after_s < A_DAY_S)
    }

    /// An account that was asked for, and is made when its person has another address and so another account, is the second
    /// one of that person: no client can help that, and decision 12 says what becomes of it.
    fn made_late_under_another_address(&self, wrong: &str) -> bool {
        let rounds = &self.story.rounds;
        let is_late = |round: &Round| {
            let struck = round.struck.iter().any(|(_, fault)| matches!(fault, Fault::Late(_) | Fault::KilledLate(_)));
            struck || round.weather.iter().any(Weather::is_late)
        };
        let moves = rounds.iter().skip(1).any(|round| round.moves.is_some());
        wrong.starts_with("I4: × 2 account of ") && moves && rounds.iter().any(is_late)
    }

    /// Two runs without faults, after which nothing is left to do.
    fn settle(&mut self) -> Result<(), String> {
        self.memory.world.set_faults(Vec::new());
        self.memory.world.advance(QUIET_MS);
        self.memory.land_after(1);
        let spec = self.spec(1);
        let rest = match witness::settled(&self.scene, &spec, &mut self.memory) {
            Err(wrong) if self.made_late_under_another_address(&wrong) => {
                self.ended.rare.met("end: an account was made late under the address that its person had before");
                return Ok(());
            }
            rest => rest?,
        };
        self.ended.settled = rest.stopped.is_empty();
        if self.is_strict() {
            let without_faults = undisturbed(&self.story.scene)?;
            if without_faults.stopped.is_empty() && !rest.stopped.is_empty() {
                return Err(format!("I4: it is not healed: {:?}", rest.stopped));
            }
            if let Some(difference) = rest.census.difference(&without_faults.census) {
                return Err(format!("I4: {difference}"));
            }
        }
        if !self.ended.settled {
            self.ended.rare.met("end: a person has to do something");
            return Ok(());
        }
        let plan = carry::plan(&spec, &mut self.memory);
        properties::everybody_arrives(&plan, &self.memory).map_err(|error| error.to_string())
    }
}

/// Deletes somebody at the primary, and makes somebody else with the same address.
fn remake(scene: &Scene, memory: &mut Memory, number: usize) {
    let Some(user) = memory.world.user_by_email(memory.primary, &scene.email(number)) else { return };
    let (id, groups) = (user.id, user.groups().collect::<Vec<_>>());
    console::delete_user(&mut memory.world, id);
    let again = memory.world.add_user(memory.primary, plain(&scene.email(number), &format!("User{number}")));
    groups.into_iter().for_each(|group| memory.world.add_member(group, again));
}

/// Where the scene comes to rest when nothing goes wrong.
fn undisturbed(scene: &Scene) -> Result<Rest, String> {
    let (mut memory, spec) = scene.build();
    witness::settled(scene, &spec, &mut memory)
}

//! One invocation of the program, with somebody who watches: every request is noted, the world is judged after each that
//! changed it, and at the end the report is compared with what was sent.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use fedctl_core::apply::{End, Event, Next, Run, settle};
use fedctl_core::drive::{self, Carry};
use fedctl_core::endpoint::{Again, Endpoint, TOKEN};
use fedctl_core::plan::action::{Action, Write};
use fedctl_core::plan::{Pair, Plan};
use fedctl_core::planner::Step;
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;

use crate::carry::{self, Memory};
use crate::interleave::{Dice, carried};
use crate::oracle::{Census, Oracle};
use crate::properties::bad;
use crate::soak::promises;
use crate::watch::{Log, Sent};
use crate::worlds::Scene;

/// How old traces of an earlier run must be, in seconds, as the program has it when nothing else is said.
const SETTLE: u32 = 120;

/// What is written shows in every list after so many milliseconds.
const SHOWS_MS: u64 = 60_000;

/// Something that a human does when so many writes were sent.
pub(crate) type Hand<'a> = (usize, &'a dyn Fn(&mut Memory));

/// How a run is driven, and what comes in between.
#[derive(Clone, Copy, Default)]
pub(crate) struct Course<'a> {
    /// The order in which answers come, when more than one turn is out: a seed, and how many are.
    pub(crate) order: (u64, usize),
    /// What a human does meanwhile; before the first write, when it is due after none.
    pub(crate) hand: Option<Hand<'a>>,
    /// The turn at which it is told to stop, counted from 1.
    pub(crate) stopped: Option<usize>,
}

/// What became of one invocation.
#[derive(Debug)]
pub(crate) enum Became {
    /// There is no plan, and why.
    NoPlan(String),
    /// Guards refuse the plan.
    Refused(Plan),
    /// It was killed before it had ended.
    Killed(Plan),
    /// It came to its end.
    Ended(Plan, Vec<End>),
}

impl Became {
    /// What was not done, by address, or why nothing was.
    pub(crate) fn complaints(&self) -> Vec<String> {
        match self {
            Became::NoPlan(why) => vec![why.clone()],
            Became::Refused(plan) => plan.refusals.iter().map(|refusal| format!("{:?}", refusal.guard)).collect(),
            Became::Killed(_) => vec!["killed".to_owned()],
            Became::Ended(plan, ends) => bad(plan, ends).iter().map(|bad| format!("{bad:?}")).collect(),
        }
    }

    fn plan(&self) -> Option<&Plan> {
        match self {
            Became::NoPlan(_) => None,
            Became::Refused(plan) | Became::Killed(plan) | Became::Ended(plan, _) => Some(plan),
        }
    }
}

/// Carries what the run sends, and looks at the world.
struct Witness<'a> {
    scene: &'a Scene,
    memory: &'a mut Memory,
    plan: Option<Arc<Plan>>,
    oracle: Option<Oracle>,
    course: Course<'a>,
    log: Log,
    writes: usize,
    /// The client secret, once an answer brought it.
    secret: Option<String>,
    /// The actions that the next request is for.
    actions: Vec<u32>,
    wrong: Option<String>,
}

impl Carry for Witness<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        let line = format!("{} {}", request.method, request.path.split('?').next().unwrap());
        let body = request.body.as_ref().map(|(_, body)| String::from_utf8_lossy(body).into_owned());
        let sent = Sent {
            line,
            body: body.unwrap_or_default(),
            came: None,
            left: true,
            said: 0,
            actions: self.actions.clone(),
            at_ms: self.memory.world.now_ms,
        };
        let (is_write, late, was_dead) = (!sent.reads(), self.memory.late(), self.memory.dead);
        if is_write && !was_dead {
            self.by_hand();
            self.writes += 1;
            self.keeps_the_secret(&sent);
        }
        let outcome = self.memory.carry(request);
        if was_dead {
            return outcome;
        }
        self.note(sent, &outcome);
        let lands = self.memory.late() < late;
        if is_write || lands {
            self.judge(lands);
        }
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        self.memory.pause(wanted);
    }
}

impl Witness<'_> {
    /// What a human does is not the run's doing: the world is judged against what it is then.
    fn by_hand(&mut self) {
        let due = self.course.hand.filter(|(after, _)| self.writes == *after);
        if let (Some((_, edit)), Some(plan)) = (due, self.plan.clone()) {
            self.memory.by_hand(edit);
            self.oracle = Some(Oracle::new(self.scene, self.memory, &plan));
        }
    }

    fn note(&mut self, mut sent: Sent, outcome: &Outcome) {
        match outcome {
            Outcome::Answered(answer) => {
                sent.came = Some(answer.status);
                sent.said = hash(&answer.body);
                let body: Option<serde_json::Value> = serde_json::from_slice(&answer.body).ok();
                let secret = body.as_ref().and_then(|body| body.pointer("/oidc/clientSecret")?.as_str());
                self.secret = secret.filter(|secret| !secret.is_empty()).map(str::to_owned).or(self.secret.take());
            }
            Outcome::NotSent(_) => sent.left = false,
            Outcome::Unknown(_) => {}
        }
        self.log.0.push(sent);
    }

    fn judge(&mut self, lands: bool) {
        let Some(oracle) = &mut self.oracle else { return };
        if lands && self.memory.touched.is_some() {
            // It was sent before the hand, so it may undo what the hand did: no client can help that.
            oracle.look_again(self.scene, self.memory);
        }
        let wrong = oracle.wrong(self.scene, self.memory, &self.log);
        // What a human did since the run began to read, or could not be seen then, is not the run's doing.
        let began_ms = self.log.0.first().map_or(0, |sent| sent.at_ms);
        let was_seen = self.memory.touched.as_ref().is_none_or(|touched| touched.shows_ms <= began_ms);
        let joined = self.log.0.last().filter(|_| was_seen && !lands);
        let wrong = wrong.or_else(|| promises::routed_to_nothing(self.memory, joined?));
        let line = self.log.0.last().map(|sent| sent.line.clone()).unwrap_or_default();
        let wrong = wrong.map(|wrong| format!("after write {} `{line}`: {wrong}", self.writes));
        self.wrong = self.wrong.take().or(wrong);
    }

    /// I8: the secret is in what carries it and nowhere else.
    fn keeps_the_secret(&mut self, sent: &Sent) {
        let carries = sent.line.contains("/oauth2/token") || sent.line.contains("/identity-providers");
        let shows = self.secret.as_ref().is_some_and(|secret| sent.shows(secret));
        if shows && !carries {
            self.wrong.get_or_insert(format!("I8: `{}` carries the client secret", sent.line));
        }
    }

    /// Reads and plans; once more when traces of an earlier run are too young for what would be done.
    fn plan(&mut self, spec: &Spec) -> Result<Plan, String> {
        let command = self.memory.command;
        for is_last in [false, true] {
            let read = drive::read(spec, self, |live| command.step(spec, live));
            let (step, live) = read.map_err(|error| error.to_string())?;
            let mut plan = match step {
                Step::Ready(plan) => *plan,
                Step::Problems(problems) => {
                    return Err(format!("{:?}", problems.iter().map(|one| one.code).collect::<Vec<_>>()));
                }
                Step::Unknown(unknown) => return Err(format!("{unknown:?}")),
                Step::Read(queries) => return Err(format!("it never ends to read: {queries:?}")),
            };
            carry::lift(&mut plan, self.memory.lifts);
            match settle::wait(&plan, live.newest_trace(&spec.names()), SETTLE).filter(|_| !is_last) {
                Some(wait) => self.pause(Duration::from_secs(wait.rest)),
                None => return Ok(plan),
            }
        }
        Err("it waits for ever".to_owned())
    }

    /// Runs the plan to its end; `None` when it was killed.
    fn apply(&mut self, run: &mut Run) -> Option<Vec<End>> {
        let (seed, width) = self.course.order;
        let mut dice = Dice::new(seed);
        let (mut out, mut turns) = (Vec::new(), 0);
        let begun = self.memory.world.now_ms;
        while !self.memory.dead {
            run.at(Duration::from_millis(self.memory.world.now_ms.saturating_sub(begun)));
            let wants_more = out.is_empty() || (out.len() < width && dice.below(3) > 0);
            match if wants_more { run.next() } else { Next::Blocked } {
                Next::Do(ticket, turn) => {
                    turns += 1;
                    if self.course.stopped == Some(turns) {
                        run.stop();
                    }
                    out.push((ticket, turn));
                }
                Next::Finished => return Some(run.report()),
                Next::Blocked => {
                    let (ticket, turn) = out.swap_remove(dice.below(out.len()));
                    self.actions = run.actions_of(ticket).to_vec();
                    let event = carried(turn, self);
                    if !self.memory.dead || matches!(event, Event::Waited) {
                        run.answer(ticket, event);
                    }
                }
            }
        }
        None
    }
}

/// One invocation of the program: it reads, plans, waits where it has to, and applies.
///
/// # Errors
/// The promise that was broken.
pub(crate) fn invoke(scene: &Scene, spec: &Spec, memory: &mut Memory, course: Course<'_>) -> Result<Became, String> {
    invoke_and_log(scene, spec, memory, course).map(|(became, _)| became)
}

/// The same, with the requests that it sent.
///
/// # Errors
/// The promise that was broken.
pub(crate) fn invoke_and_log(
    scene: &Scene,
    spec: &Spec,
    memory: &mut Memory,
    course: Course<'_>,
) -> Result<(Became, Log), String> {
    let (became, log) = watched(scene, spec, memory, course);
    became.map(|became| (became, log))
}

/// The same, with the requests that it sent, whatever came of it.
pub(crate) fn watched(
    scene: &Scene,
    spec: &Spec,
    memory: &mut Memory,
    course: Course<'_>,
) -> (Result<Became, String>, Log) {
    let (log, writes) = (Log::default(), 0);
    let mut witness = Witness {
        scene,
        memory,
        plan: None,
        oracle: None,
        course,
        log,
        writes,
        secret: None,
        actions: vec![],
        wrong: None,
    };
    let plan = match witness.plan(spec) {
        Ok(plan) => Arc::new(plan),
        Err(why) => return (Ok(Became::NoPlan(why)), witness.log),
    };
    if !plan.refusals.is_empty() {
        return (Ok(Became::Refused(Arc::unwrap_or_clone(plan))), witness.log);
    }
    witness.oracle = Some(Oracle::new(scene, witness.memory, &plan));
    witness.plan = Some(Arc::clone(&plan));
    let ends = witness.apply(&mut Run::new(Arc::clone(&plan), 100));
    let (log, secret) = (witness.log, witness.secret);
    let told = format!("{:?} {ends:?}", plan.lines().collect::<Vec<_>>());
    let leak = secret
        .filter(|secret| told.contains(secret))
        .map(|_| "I8: the plan or the report has the client secret".to_owned());
    let wrong = witness.wrong.or(leak).or_else(|| beyond_the_plan(&plan, &log));
    let wrong = wrong.or_else(|| ends.as_ref().and_then(|ends| untrue(&plan, ends, &log)));
    let plan = Arc::unwrap_or_clone(plan);
    let became = match (wrong, ends) {
        (Some(wrong), _) => Err(wrong),
        (None, None) => Ok(Became::Killed(plan)),
        (None, Some(ends)) => Ok(Became::Ended(plan, ends)),
    };
    (became, log)
}

/// Bytes as one number, the same on every machine.
fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// Whether a list that several runs write is written once more, because a look showed that the first time was lost.
fn is_written_again(plan: &Plan, before: &[Sent], sent: &Sent) -> bool {
    let [at] = sent.actions[..] else { return false };
    let is_contested = plan.actions[at as usize].look.as_ref().is_some_and(|look| look.at.contested);
    let mut own = before.iter().rev().filter(|other| other.actions.contains(&at));
    is_contested && own.next().is_some_and(Sent::reads) && own.any(|other| !other.reads())
}

/// What was written is what the plan says, call by call: each was taken once at most, and what may make a second object was
/// sent once at most. Only the probe may be repeated.
pub(crate) fn beyond_the_plan(plan: &Plan, log: &Log) -> Option<String> {
    let mut planned: BTreeMap<&'static Endpoint, (usize, Again)> = BTreeMap::new();
    for call in plan.actions.iter().flat_map(Action::calls) {
        planned.entry(call.endpoint.endpoint()).or_insert((0, call.endpoint.again())).0 += 1;
    }
    for (number, sent) in log.0.iter().enumerate().filter(|(_, sent)| !sent.reads()) {
        if is_written_again(plan, &log.0[..number], sent) {
            continue;
        }
        let (method, path) = sent.line.split_once(' ').unwrap();
        let Some((call, (left, again))) = planned.iter_mut().find(|(call, _)| call.covers(method, path)) else {
            return Some(format!("I6: `{}` is not in the plan", sent.line));
        };
        let may_have_made = sent.left && sent.came.is_none_or(|status| !(300..500).contains(&status));
        let was_taken = sent.came.is_some_and(|status| status < 300);
        if if *again == Again::Never { may_have_made } else { was_taken && *call != TOKEN.endpoint() } {
            let Some(less) = left.checked_sub(1) else {
                return Some(format!("I6: `{}` is sent more often than the plan says", sent.line));
            };
            *left = less;
        }
    }
    None
}

/// The report says of each action what was sent for it.
pub(crate) fn untrue(plan: &Plan, ends: &[End], log: &Log) -> Option<String> {
    let mut wrong = plan.actions.iter().zip(ends).zip(0u32..).filter_map(|((action, end), at)| {
        let all = || log.0.iter().filter(|sent| sent.actions.contains(&at));
        let sent: Vec<&Sent> = all().filter(|sent| !sent.reads()).collect();
        let may_be_done = |sent: &&Sent| sent.left && sent.came.is_none_or(|status| !(300..400).contains(&status));
        let was_taken = |sent: &&Sent| sent.came.is_some_and(|status| status < 300);
        let writes = !matches!(action.write, Write::Seen(_));
        let is_true = match end {
            End::Applied => !writes || sent.iter().any(may_be_done),
            End::Already => !sent.iter().any(was_taken),
            End::Skipped(_) | End::NotStarted => sent.is_empty(),
            End::Unknown(_) => sent.iter().any(may_be_done),
            End::Manual(_) => {
                let taken = sent.iter().filter(|sent| was_taken(sent));
                let (all, undone) = (taken.clone().count(), taken.filter(|sent| sent.is_removal()).count());
                all == 2 * undone
            }
            // Whatever is in doubt was looked at.
            End::Failed(_) if sent.is_empty() => true,
            End::Failed(_) => all().next_back().is_none_or(|last| last.came.is_some() || !last.left),
        };
        let sent: Vec<_> = sent.iter().map(|sent| (&sent.line, sent.came)).collect();
        (!is_true).then(|| {
            format!("the report says {end:?} of {} {}, and it sent {sent:?}", action.verb.as_str(), action.target)
        })
    });
    wrong.next()
}

/// Where a federation comes to rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rest {
    /// What still stands in the way: guards that refuse, or why there is no plan.
    pub(crate) stopped: Vec<String>,
    pub(crate) census: Census,
}

/// Two runs without faults, after which nothing is left to do: a third only reads, nothing is there twice, and `verify` is
/// green exactly for those who get in.
///
/// # Errors
/// The promise that was broken.
pub(crate) fn settled(scene: &Scene, spec: &Spec, memory: &mut Memory) -> Result<Rest, String> {
    for run in 1..=2 {
        if run == 2 && memory.lag_ms > 0 {
            memory.world.advance(SHOWS_MS);
        }
        let became = invoke(scene, spec, memory, Course::default())
            .map_err(|wrong| format!("run {run} without a fault: {wrong}"))?;
        let stopped = became.complaints();
        if matches!(became, Became::Ended(..)) && run == 2 && !stopped.is_empty() {
            return Ok(Rest { stopped, census: Census::of(memory) });
        }
    }
    memory.world.advance(SHOWS_MS);
    let (third, log) = invoke_and_log(scene, spec, memory, Course::default())?;
    if let Some(write) = log.writes().next() {
        return Err(format!("I3: the third run sends `{}`", write.line));
    }
    let stopped = match &third {
        Became::Ended(plan, _) if plan.is_empty() => Vec::new(),
        Became::Ended(plan, _) => {
            let left = plan.actions.iter().map(|action| format!("{} {}", action.verb.as_str(), action.target));
            return Err(format!("I3: the third plan is not empty: {:?}", left.collect::<Vec<_>>()));
        }
        other @ (Became::NoPlan(_) | Became::Refused(_) | Became::Killed(_)) => other.complaints(),
    };
    let census = Census::of(memory);
    if let Some(twice) = census.duplicate().filter(|_| stopped.is_empty()) {
        return Err(format!("I4: {twice}"));
    }
    let unseen = third.plan().filter(|_| stopped.is_empty()).and_then(|_| unverified(spec, memory));
    match unseen {
        Some(wrong) => Err(wrong),
        None => Ok(Rest { stopped, census }),
    }
}

/// Whom `verify` says something untrue of.
fn unverified(spec: &Spec, memory: &mut Memory) -> Option<String> {
    let verification = carry::verify(spec, memory);
    // That both sides have another secret shows in no answer; it is said that none is proved.
    let is_sure = memory.shares_secret() || verification.pair == Pair::Proved;
    let gets_in = |email: &str, account: &str| {
        let person = memory.world.user_by_email(memory.primary, email)?.id;
        let opened = memory.world.sign_in(memory.secondary, account, person).ok()?;
        Some(memory.world.user(opened)?.email.eq_ignore_ascii_case(account))
    };
    verification.people.iter().find_map(|person| {
        let gets_in = gets_in(&person.email, &person.account) == Some(true);
        let is_green = person.broken().is_none();
        let is_true = is_green == gets_in || (is_green && !is_sure);
        let says = if gets_in { "gets" } else { "does not get" };
        (!is_true).then(|| format!("verify says {:?} of {}, who {says} in", person.broken(), person.email))
    })
}

//! The process that is measured: planning and applying as the program does, with a pipe instead of HTTP.

use std::hint::black_box;
use std::io::{self, BufWriter, StdinLock, StdoutLock};
use std::sync::Arc;
use std::time::Duration;

use fedctl_core::address::Org;
use fedctl_core::apply::{End, Run};
use fedctl_core::drive::{self, Carry};
use fedctl_core::endpoint::{self, Host};
use fedctl_core::live::Live;
use fedctl_core::plan::Plan;
use fedctl_core::planner::{self, Step, Terms};
use fedctl_core::request::{Answer, Content, Outcome, Request};
use fedctl_core::spec::{self, Spec};

use crate::measured::Measured;
use crate::{gauge, wire, yardstick};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Task {
    /// Nothing: a process that has read its spec.
    Idle,
    /// The program that everything else is compared with.
    Yardstick,
    /// A plan that has something to do.
    Plan,
    /// Such a plan, applied.
    Apply,
    /// A plan that has nothing to do.
    NoOp,
}

impl Task {
    const ALL: [Task; 5] = [Task::Idle, Task::Yardstick, Task::Plan, Task::Apply, Task::NoOp];

    pub(crate) fn named(name: &str) -> Option<Task> {
        Task::ALL.into_iter().find(|task| task.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Task::Idle => "idle",
            Task::Yardstick => "yardstick",
            Task::Plan => "plan",
            Task::Apply => "apply",
            Task::NoOp => "no-op",
        }
    }
}

/// Users who share one look, as in a sandbox.
const BATCH: usize = 100;

/// Does the task for so many people and says what it took.
pub(crate) fn be(task: Task, people: u64, spec: &str) -> io::Result<()> {
    let spec = spec::parse(spec).spec.expect("the parent gives a spec without problems");
    let mut pipe = Pipe::new();
    let measured = match task {
        Task::Idle => Measured { memory: gauge::peak().unwrap_or(0), ..Measured::default() },
        Task::Yardstick => Measured { cpu: yardstick::measure(people), ..Measured::default() },
        Task::Plan | Task::NoOp => planning(&spec, task, &mut pipe),
        Task::Apply => applying(&spec, &mut pipe),
    };
    wire::put(&mut pipe.output, &[b"done", measured.encode().as_bytes()])
}

fn planning(spec: &Spec, task: Task, pipe: &mut Pipe) -> Measured {
    let ((plan, live), mut measured) = pipe.measure(|pipe| read(spec, pipe));
    assert_eq!(plan.is_empty(), task == Task::NoOp, "{} has {} actions", task.name(), plan.actions.len());
    measured.memory = gauge::peak().unwrap_or(0);
    measured.actions = u64::try_from(plan.actions.len()).unwrap_or(u64::MAX);
    measured.text = written(&plan);
    drop(plan);
    measured.pure = step(spec, &live);
    measured
}

fn applying(spec: &Spec, pipe: &mut Pipe) -> Measured {
    let (plan, live) = read(spec, pipe);
    drop(live);
    let plan = Arc::new(plan);
    let (ends, mut measured) = pipe.measure(|pipe| drive::apply(&mut Run::new(Arc::clone(&plan), BATCH), pipe));
    assert!(ends.iter().all(End::is_good), "not everything was applied");
    measured.memory = gauge::peak().unwrap_or(0);
    measured.actions = u64::try_from(plan.actions.len()).unwrap_or(u64::MAX);
    measured
}

fn read(spec: &Spec, pipe: &mut Pipe) -> (Plan, Live) {
    let terms = terms();
    let (step, live) =
        drive::read(spec, pipe, |live| planner::step(spec, &terms, live)).expect("everything can be read");
    (ready(step), live)
}

fn ready(step: Step<Plan>) -> Plan {
    match step {
        Step::Ready(plan) => {
            assert!(plan.refusals.is_empty(), "refused: {:?}", plan.refusals);
            *plan
        }
        Step::Read(_) | Step::Problems(_) | Step::Unknown(_) => panic!("no plan: {step:?}"),
    }
}

fn step(spec: &Spec, live: &Live) -> Duration {
    let terms = terms();
    let begin = gauge::cpu();
    let step = black_box(planner::step(spec, &terms, black_box(live)));
    let took = gauge::cpu() - begin;
    drop(step);
    took
}

fn written(plan: &Plan) -> Duration {
    let begin = gauge::cpu();
    black_box(plan.lines().map(|line| line.len()).sum::<usize>());
    black_box(plan.digest());
    gauge::cpu() - begin
}

fn terms() -> Terms {
    Terms {
        issuer: "https://oauth.id.jumpcloud.com".into(),
        callback: "https://login.jumpcloud.com/oauth/callback".into(),
        other_callback: None,
        login: "https://console.jumpcloud.com".into(),
        rules: fedctl_core::plan::rules::Rules::default(),
    }
}

/// The way to the simulator, and what went over it.
struct Pipe {
    input: StdinLock<'static>,
    output: BufWriter<StdoutLock<'static>>,
    spent: Duration,
    so_far: Measured,
}

impl Pipe {
    fn new() -> Self {
        let output = BufWriter::new(io::stdout().lock());
        Self { input: io::stdin().lock(), output, spent: Duration::ZERO, so_far: Measured::default() }
    }

    /// What some work took.
    fn measure<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, Measured) {
        (self.spent, self.so_far) = (Duration::ZERO, Measured::default());
        let begin = gauge::cpu();
        let done = work(self);
        let cpu = gauge::cpu() - begin;
        (done, Measured { cpu: cpu.saturating_sub(self.spent), ..self.so_far })
    }

    fn send(&mut self, request: &Request) -> io::Result<Outcome> {
        let org = if request.org == Org::Primary { "primary" } else { "secondary" };
        let host = if request.host == Host::Issuer { "issuer" } else { "console" };
        let (content, body) = match &request.body {
            None => ("", &[][..]),
            Some((Content::Json, body)) => ("application/json", &body[..]),
            Some((Content::Form, body)) => ("application/x-www-form-urlencoded", &body[..]),
        };
        let head = [org, host, request.method, &request.path, content].map(str::as_bytes);
        wire::put(&mut self.output, &[b"request", head[0], head[1], head[2], head[3], head[4], body])?;
        let [status, total, date, took, body] = wire::get(&mut self.input)?;
        self.so_far.simulator += Duration::from_nanos(wire::count(&took)?.unwrap_or(0));
        Ok(Outcome::Answered(Answer {
            status: wire::count(&status)?.and_then(|status| status.try_into().ok()).unwrap_or(0),
            total: wire::count(&total)?,
            date: wire::count(&date)?,
            retry_after: None,
            said: None,
            body: body.into(),
        }))
    }
}

impl Carry for Pipe {
    fn carry(&mut self, request: Request) -> Outcome {
        let begin = gauge::cpu();
        let path = request.path.split('?').next().unwrap_or_default();
        self.so_far.requests += 1;
        self.so_far.writes += u64::from(!endpoint::reads(request.method, path));
        let outcome = self.send(&request).expect("the parent answers");
        self.spent += gauge::cpu() - begin;
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        let begin = gauge::cpu();
        let wanted = wanted.as_millis().to_string();
        wire::put(&mut self.output, &[b"pause", wanted.as_bytes()]).expect("the parent listens");
        self.spent += gauge::cpu() - begin;
    }
}

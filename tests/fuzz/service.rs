//! The service between fedctl and the simulator: answers that are bent on their way, and requests that nobody would send.

use std::time::Duration;

use fedctl_core::apply::Run;
use fedctl_core::drive::{self, Carry};
use fedctl_core::plan::Plan;
use fedctl_core::planner::{self, Step};
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;
use fedctl_core::{endpoint, trace};
use jumpcloud_sim::{Host, NewUser, Request as SimRequest, fixture};
use std::sync::Arc;

use crate::carry::{self, Memory, terms};
use crate::mutate::{Dice, mutated};

/// Two organisations of a few people, and a spec for them.
fn scene() -> (Memory, Spec) {
    let mut memory = Memory::new(fixture::pair(5));
    let group = memory.world.add_group(memory.primary, "Contractors");
    for name in ["ann", "bob"] {
        let user = NewUser {
            email: format!("{name}@acme.com"),
            username: name.to_owned(),
            password: Some("Correct-Horse-7".to_owned()),
            ..NewUser::default()
        };
        let user = memory.world.add_user(memory.primary, user);
        memory.world.add_member(group, user);
    }
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
    (memory, spec)
}

pub(crate) fn first_plan() -> Plan {
    let (mut memory, spec) = scene();
    carry::plan(&spec, &mut memory)
}

/// An input is a seed of what is bent: its first bytes say which answer, the rest how.
pub(crate) fn answers() -> Vec<Vec<u8>> {
    (0..12_u8).map(|number| vec![number; 9]).collect()
}

struct Bent {
    memory: Memory,
    dice: Dice,
    /// Bends so many of a hundred answers.
    often: usize,
    /// Whether answers to writes are bent, or those to reads.
    writes: bool,
    others: Vec<Vec<u8>>,
}

impl Bent {
    fn new(memory: Memory, input: &[u8], writes: bool) -> Self {
        let seed = input.iter().fold(7_u64, |seed, byte| seed.wrapping_mul(257).wrapping_add(u64::from(*byte)));
        Self {
            memory,
            dice: Dice::new(seed),
            often: 10 + usize::from(input.first() == Some(&1)) * 60,
            writes,
            others: Vec::new(),
        }
    }
}

impl Carry for Bent {
    fn carry(&mut self, request: Request) -> Outcome {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        crate::sinks::stays(path, query);
        let reads = endpoint::reads(request.method, path);
        let outcome = self.memory.carry(request);
        let Outcome::Answered(mut answer) = outcome else { return outcome };
        if reads == self.writes || self.dice.below(100) >= self.often {
            return Outcome::Answered(answer);
        }
        match self.dice.below(8) {
            0 => answer.status = *self.dice.pick(&[200, 201, 204, 302, 400, 401, 403, 404, 409, 429, 500, 503, 0, 999]),
            1 => answer.total = Some(self.dice.roll()),
            _ => {
                let body = mutated(&answer.body, &self.others, &mut self.dice);
                self.others.push(answer.body.to_vec());
                *answer.body = body;
            }
        }
        Outcome::Answered(answer)
    }

    fn pause(&mut self, wanted: Duration) {
        self.memory.pause(wanted);
    }
}

/// Whatever reading is answered, there is a plan, a sentence, or a problem.
pub(crate) fn reading(input: &[u8]) {
    let (mut memory, spec) = scene();
    if input.last().is_some_and(|last| last % 2 == 0) {
        let (_, _) = carry::apply(&spec, &mut memory);
    }
    let mut bent = Bent::new(memory, input, false);
    let terms = terms();
    let read = drive::read(&spec, &mut bent, |live| planner::step(&spec, &terms, live));
    match read {
        Ok((Step::Ready(plan), _)) => drop(plan.digest()),
        Ok((Step::Read(_) | Step::Problems(_) | Step::Unknown(_), _)) => {}
        Err(error) => drop(error.to_string()),
    }
    drop(drive::read(&spec, &mut bent, |live| trace::step(&spec, &terms, live)));
}

/// Whatever writes and looks are answered, every action comes to an end.
pub(crate) fn writing(input: &[u8]) {
    let (mut memory, spec) = scene();
    let plan = carry::plan(&spec, &mut memory);
    let writes = input.last().is_some_and(|last| last % 2 == 0);
    let mut bent = Bent::new(memory, input, writes);
    let mut run = Run::new(Arc::new(plan), 100);
    let ends = drive::apply(&mut run, &mut bent);
    assert_eq!(ends.len(), run.plan().actions.len());
    assert!(!ends.contains(&fedctl_core::apply::End::NotStarted), "{ends:?}");
}

pub(crate) fn requests() -> Vec<Vec<u8>> {
    [
        "GET /api/systemusers?limit=3&skip=1&sort=-email&filter=email:$eq:ann@acme.com\n",
        "GET /api/v2/usergroups?filter=name:eq:Contractors&fields=name,id\n",
        "POST /api/search/systemusers\n{\"filter\":{\"or\":[{\"email\":\"ann@acme.com\"}]},\"limit\":10,\"sort\":\"_id\"}",
        "POST /api/systemusers\n{\"email\":\"x@acme.com\",\"username\":\"x\",\"state\":\"STAGED\",\"attributes\":[{\"name\":\"a\",\"value\":\"b\"}]}",
        "POST /api/v2/usergroups\n{\"name\":\"x\",\"memberQuery\":{\"queryType\":\"Search\",\"searchFilters\":\"{}\"}}",
        "POST /insights/directory/v1/events\n{\"service\":[\"all\"],\"start_time\":\"2026-10-01T00:00:00Z\",\"limit\":10}",
        "POST /api/v2/identity-providers\n{\"name\":\"x\",\"type\":\"OIDC\",\"oidc\":{\"clientId\":\"a\",\"clientSecret\":\"b\",\"url\":\"https://x\"}}",
        "POST /oauth2/token\ngrant_type=authorization_code&code=x&client_id=a&client_secret=b",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec()
}

/// The simulator answers whatever it is asked, and can be written down and read back.
pub(crate) fn request(input: &[u8]) {
    let (mut memory, _) = scene();
    let (line, body) = input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
    let line = String::from_utf8_lossy(line);
    let (method, target) = line.split_once(' ').unwrap_or((&line, "/"));
    let host = if target.starts_with("/oauth2") { Host::Issuer } else { Host::Api };
    let mut request = SimRequest::to(host, method, target).with_header("x-api-key", &memory.keys[0]);
    request.body = body.get(1..).unwrap_or_default().to_vec();
    let request = request.with_header("content-type", "application/json");
    let (answer, _) = memory.world.meet(&request);
    assert!((200..600).contains(&answer.status), "{}", answer.status);
    let exported = memory.world.export();
    assert_eq!(jumpcloud_sim::World::import(exported.clone()).unwrap().export(), exported);
}

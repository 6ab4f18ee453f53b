//! A conversation with the executor, line by line: what it says, and what it is told. There is no world behind it.

use std::sync::Arc;
use std::time::Duration;

use fedctl_core::address::Address;
use fedctl_core::apply::{End, Event, Next, Run, Ticket, Turn};
use fedctl_core::object_id::ObjectId;
use fedctl_core::plan::{Action, Known, Plan, Verb};
use fedctl_core::request::{Answer, Outcome};
use jumpcloud_sim::{NewUser, fixture};
use secrecy::ExposeSecret;
use zeroize::Zeroizing;

use crate::carry::{self, Memory};

/// A first plan for two people in a group and one who is named by e-mail: ann, bob and eve.
pub(crate) fn plan() -> Plan {
    let mut memory = Memory::new(fixture::pair(5));
    let group = memory.world.add_group(memory.primary, "Contractors");
    for name in ["ann", "bob", "eve"] {
        let user = NewUser {
            email: format!("{name}@acme.com"),
            username: name.to_owned(),
            password: Some("Correct-Horse-7".to_owned()),
            ..NewUser::default()
        };
        let user = memory.world.add_user(memory.primary, user);
        if name != "eve" {
            memory.world.add_member(group, user);
        }
    }
    let spec = carry::spec(&memory, "  from: {groups: [Contractors], emails: [eve@acme.com]}", "");
    carry::plan(&spec, &mut memory)
}

/// Some actions of a plan alone. What others would have made is known already.
pub(crate) fn only(mut plan: Plan, keep: impl Fn(&Action) -> bool) -> Plan {
    let all: Vec<Address> = plan.actions.iter().map(|action| action.target.clone()).collect();
    plan.actions.retain(|action| keep(action));
    assert!(!plan.actions.is_empty());
    let creates = plan.actions.iter().filter(|action| action.verb == Verb::Create);
    let made: Vec<&Address> = creates.map(|action| &action.target).collect();
    for address in all.iter().filter(|address| !made.contains(address)) {
        let known = Known { id: id_of(address), client_id: None };
        plan.known.entry(address.clone()).or_insert(known);
    }
    plan
}

/// The id of an object that a plan left out would have made.
pub(crate) fn id_of(address: &Address) -> ObjectId {
    let number =
        address.to_string().bytes().fold(7_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    ObjectId::parse(&format!("{number:024x}")).unwrap()
}

/// One run, and the turn that is out.
pub(crate) struct Conversation {
    pub(crate) run: Run,
    out: Option<(Ticket, String, String)>,
    /// Everything that was said, in order.
    pub(crate) said: Vec<String>,
    /// Which of them carry a secret, and which.
    pub(crate) secrets: Vec<(usize, String)>,
}

impl Conversation {
    pub(crate) fn new(plan: Plan) -> Self {
        Self::in_batches(plan, 100)
    }

    /// With so many users that share a look.
    pub(crate) fn in_batches(plan: Plan, batch: usize) -> Self {
        Self { run: Run::new(Arc::new(plan), batch), out: None, said: Vec::new(), secrets: Vec::new() }
    }

    /// What it says next: `GET /path`, `wait 4`, `blocked` or `finished`. The body of a request is kept in [`Self::body`].
    pub(crate) fn next(&mut self) -> String {
        let (ticket, line, query, body) = match self.run.next() {
            Next::Do(ticket, Turn::Look(ask)) => {
                (ticket, line(ask.request()), query(ask.request()), body(ask.request()))
            }
            Next::Do(ticket, Turn::Write(request)) => {
                let secrets = request.secrets.iter().map(|secret| (self.said.len(), secret.expose_secret().to_owned()));
                self.secrets.extend(secrets);
                (ticket, line(&request), query(&request), body(&request))
            }
            Next::Do(ticket, Turn::Wait(wanted)) => {
                (ticket, format!("wait {}", wanted.as_secs()), String::new(), String::new())
            }
            Next::Blocked => return "blocked".to_owned(),
            Next::Finished => return "finished".to_owned(),
        };
        self.said.push(line.clone());
        self.out = Some((ticket, query, body));
        line
    }

    /// The body of the request that is out.
    pub(crate) fn body(&self) -> &str {
        self.out.as_ref().map_or("", |(_, _, body)| body)
    }

    /// What stands after the path of that request.
    pub(crate) fn query(&self) -> &str {
        self.out.as_ref().map_or("", |(_, query, _)| query)
    }

    /// It says this; it is answered that.
    pub(crate) fn turn(&mut self, says: &str, status: u16, body: &str) -> &mut Self {
        self.says(says);
        self.tell(Outcome::Answered(answer(status, body)))
    }

    /// It says this, and is still waiting for an answer.
    pub(crate) fn says(&mut self, line: &str) -> &mut Self {
        assert_eq!(self.next(), line, "after {:?}", self.said);
        self
    }

    /// It waits this long, and the time passes.
    pub(crate) fn waits(&mut self, seconds: u64) -> &mut Self {
        self.says(&format!("wait {seconds}"));
        self.answer(Event::Waited)
    }

    pub(crate) fn tell(&mut self, outcome: Outcome) -> &mut Self {
        self.answer(Event::Came(outcome))
    }

    fn answer(&mut self, event: Event) -> &mut Self {
        let (ticket, ..) = self.out.take().unwrap();
        self.run.answer(ticket, event);
        self
    }

    /// Nothing is said any more: how each action ended, in the order of the plan.
    pub(crate) fn ends(&mut self) -> Vec<End> {
        self.says("finished");
        self.run.report()
    }

    /// Goes on until it has nothing to say, answering what a function says, and lets all time pass.
    pub(crate) fn go_on(&mut self, answer: impl Fn(&str) -> Outcome) -> Vec<End> {
        loop {
            let line = self.next();
            if line == "finished" {
                return self.run.report();
            }
            let event = if line.starts_with("wait ") { Event::Waited } else { Event::Came(answer(&line)) };
            self.answer(event);
        }
    }

    /// Goes on as an obedient service would answer, which refuses one address.
    pub(crate) fn run_with(&mut self, plan: &Plan, refused: &str) -> Vec<End> {
        loop {
            let line = self.next();
            let body = self.body().to_owned();
            let outcome = match line.split_once(' ') {
                _ if line == "finished" => return self.run.report(),
                Some(("PUT", path)) => obedient(path.rsplit('/').next().unwrap(), &body),
                Some(("POST", "/api/systemusers")) if body.contains(refused) => {
                    answer(400, r#"{"message":"not today"}"#)
                }
                Some(("POST", "/api/systemusers")) => obedient("6500000000000000000000bb", &body),
                _ if body.contains("_id") && body.contains("$in") => everybody(plan),
                _ => answer(200, r#"{"results":[]}"#),
            };
            self.tell(Outcome::Answered(outcome));
        }
    }

    /// How often something was said.
    pub(crate) fn count(&self, line: &str) -> usize {
        self.said.iter().filter(|said| *said == line).count()
    }

    /// How long it waited in all, in seconds.
    pub(crate) fn waited(&self) -> u64 {
        let waits = self.said.iter().filter_map(|said| said.strip_prefix("wait "));
        waits.map(|seconds| seconds.parse::<u64>().unwrap()).sum()
    }
}

fn line(request: &fedctl_core::request::Request) -> String {
    format!("{} {}", request.method, request.path.split('?').next().unwrap())
}

fn query(request: &fedctl_core::request::Request) -> String {
    request.path.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default()
}

fn body(request: &fedctl_core::request::Request) -> String {
    request.body.as_ref().map(|(_, bytes)| String::from_utf8(bytes.to_vec()).unwrap()).unwrap_or_default()
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    let body = Zeroizing::new(body.as_bytes().to_vec());
    Answer { status, body, total: None, date: None, retry_after: None, said: None }
}

/// 429, and how long to wait.
pub(crate) fn busy(seconds: u64) -> Outcome {
    Outcome::Answered(Answer { retry_after: Some(Duration::from_secs(seconds)), ..answer(429, "{}") })
}

pub(crate) fn lost() -> Outcome {
    Outcome::Unknown("the connection was cut".to_owned())
}

pub(crate) fn not_sent() -> Outcome {
    Outcome::NotSent("no route".to_owned())
}

/// The reasons of ends, for asserts.
pub(crate) fn why(end: &End) -> &str {
    match end {
        End::Failed(why) | End::Unknown(why) | End::Manual(why) => why,
        End::Applied | End::Already | End::Skipped(_) | End::NotStarted => "",
    }
}

/// The object as it was sent, with its id.
fn obedient(id: &str, sent: &str) -> Answer {
    answer(200, &format!(r#"{{"_id":"{id}",{}"#, sent.trim_start_matches('{')))
}

/// Everybody of the primary organisation, without attributes.
fn everybody(plan: &Plan) -> Answer {
    let rows = plan.people.iter().map(|person| format!(r#"{{"_id":"{}","attributes":[]}}"#, person.id));
    answer(200, &format!(r#"{{"results":[{}]}}"#, rows.collect::<Vec<_>>().join(",")))
}

//! The simulated organisations, and the process that is measured against them.

use std::io::{self, BufReader, BufWriter};
use std::process::{Command, Stdio};

use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, NewUser, OrgId, Request};

use crate::fedctl::Task;
use crate::measured::Measured;
use crate::{AS_FEDCTL, gauge, wire};

/// Two organisations, and the spec that federates them.
#[derive(Clone)]
pub(crate) struct Service {
    pair: Pair,
    people: u64,
    spec: String,
}

impl Service {
    /// So many people, all of whom are to be federated, and a secondary organisation without users.
    pub(crate) fn with_all(people: u64) -> Self {
        Self::new(people, people, 0)
    }

    /// So many people in both organisations, of whom ten are to be federated.
    pub(crate) fn with_ten(people: u64) -> Self {
        Self::new(people, 10, people)
    }

    fn new(people: u64, federated: u64, others: u64) -> Self {
        let mut pair = fixture::pair(1);
        let group = pair.world.add_group(pair.primary, "Federated");
        for number in 0..people {
            let user = pair.world.add_user(pair.primary, person(number, "acme.com"));
            if number < federated {
                pair.world.add_member(group, user);
            }
        }
        for number in people..people + others {
            pair.world.add_user(pair.secondary, person(number, "beta.com"));
        }
        let spec = format!(
            "version: 1\nfederation: acme-to-beta\nprimary: {{organization: \"{}\", credentials: acme}}\n\
             secondary: {{organization: \"{}\", credentials: beta}}\npeople:\n  from: {{groups: [Federated]}}\n",
            pair.primary, pair.secondary
        );
        Self { pair, people, spec }
    }

    /// Starts a process that does the task, and answers its requests until it has said what the task took.
    pub(crate) fn run(&mut self, task: Task) -> io::Result<Measured> {
        let mut command = Command::new(std::env::current_exe()?);
        command
            .args([AS_FEDCTL, task.name(), &self.people.to_string(), &self.spec])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (Some(input), Some(output)) = (input, output) else { return Err(io::Error::other("no pipe")) };
        let measured = self.serve(BufReader::new(output), BufWriter::new(input));
        let status = child.wait()?;
        if status.success() { measured } else { Err(io::Error::other(format!("{}: {status}", task.name()))) }
    }

    fn serve(&mut self, mut from: impl io::Read, mut to: impl io::Write) -> io::Result<Measured> {
        loop {
            let message = wire::list(&mut from)?;
            match message.iter().map(Vec::as_slice).collect::<Vec<_>>()[..] {
                [b"request", org, host, method, path, content, body] => {
                    let words = [org, host, method, path, content].map(wire::text);
                    let [org, host, method, path, content] = words;
                    let request = self.request(org? == "primary", host? == "issuer", method?, path?);
                    let request = Request { body: body.to_vec(), ..request.with_header("content-type", content?) };
                    self.answer(&request, &mut to)?;
                }
                [b"pause", milliseconds] => self.pair.world.advance(wire::count(milliseconds)?.unwrap_or(0)),
                [b"done", measured] => {
                    return Measured::decode(wire::text(measured)?).ok_or_else(|| io::Error::other("no figures"));
                }
                _ => return Err(io::Error::other("a message of another kind")),
            }
        }
    }

    fn request(&self, is_primary: bool, is_issuer: bool, method: &str, target: &str) -> Request {
        let pair = &self.pair;
        let (org, key): (OrgId, &str) =
            if is_primary { (pair.primary, &pair.primary_key) } else { (pair.secondary, &pair.secondary_key) };
        if is_issuer {
            return Request::to(Host::Issuer, method, target);
        }
        let request = Request::api(method, target).with_header("x-api-key", key);
        let needs_org = request.path != "/api/organizations";
        if needs_org { request.with_header("x-org-id", &org.to_string()) } else { request }
    }

    fn answer(&mut self, request: &Request, to: &mut impl io::Write) -> io::Result<()> {
        let begin = gauge::cpu();
        let answer = self.pair.world.answer(request);
        let took = gauge::cpu() - begin;
        let total = answer.headers.iter().find(|(name, _)| name == "x-total-count");
        let total = total.map_or("", |(_, total)| total);
        let date = self.pair.world.now_ms / 1000;
        let [status, date, took] = [answer.status.to_string(), date.to_string(), took.as_nanos().to_string()];
        let head = [&*status, total, &*date, &*took].map(str::as_bytes);
        wire::put(to, &[head[0], head[1], head[2], head[3], &answer.body])
    }
}

fn person(number: u64, domain: &str) -> NewUser {
    NewUser {
        email: format!("person.{number:06}@{domain}"),
        username: format!("person.{number:06}"),
        firstname: format!("Given {number:06}"),
        lastname: "Family".to_owned(),
        password: Some(fixture::PASSWORD.to_owned()),
        ..NewUser::default()
    }
}

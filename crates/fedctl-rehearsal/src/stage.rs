//! The stage: both organisations in memory, and how the executor's requests reach them.

use std::time::Duration;

use fedctl_core::address::Org;
use fedctl_core::apply::{Event, Next, Run, Turn};
use fedctl_core::drive::Carry;
use fedctl_core::endpoint::Host;
use fedctl_core::escrow::{self, Call};
use fedctl_core::plan::action::Write;
use fedctl_core::request::{Answer, Content, Outcome, Request};
use jumpcloud_sim::{Host as SimHost, OrgId, Request as SimRequest, World};
use serde_json::Value;
use zeroize::Zeroizing;

/// What becomes of one action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    /// It is done.
    Done,
    /// It is refused.
    Refused,
    /// It is done, and no answer comes.
    Unanswered,
}

impl Fate {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Fate::Done => "done",
            Fate::Refused => "refused",
            Fate::Unanswered => "done, and nobody answers",
        }
    }
}

/// Both organisations, and the keys to them.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) world: World,
    pub(crate) primary: OrgId,
    pub(crate) secondary: OrgId,
    pub(crate) keys: [String; 2],
}

impl Stage {
    pub(crate) fn org(&self, org: Org) -> OrgId {
        match org {
            Org::Primary => self.primary,
            Org::Secondary => self.secondary,
        }
    }

    /// A request past the executor, to set the stage. Nothing checks that it is taken: looks show what is there.
    pub(crate) fn call(&mut self, org: Org, method: &str, path: &str, body: &Value) {
        let body = Some((Content::Json, body.to_string().into_bytes()));
        self.send(org, SimHost::Api, method, path, body, false);
    }

    fn send(
        &mut self,
        org: Org,
        host: SimHost,
        method: &str,
        path: &str,
        body: Option<(Content, Vec<u8>)>,
        newer_rule: bool,
    ) -> Answer {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut headers = vec![("host".to_owned(), "127.0.0.1".to_owned())];
        if host == SimHost::Api {
            headers.push(("x-api-key".to_owned(), self.keys[org.index()].clone()));
            if path != "/api/organizations" {
                headers.push(("x-org-id".to_owned(), self.org(org).to_string()));
            }
        }
        if newer_rule {
            headers.push(("x-query-dsl".to_owned(), "v2".to_owned()));
        }
        let body = body.map_or_else(Vec::new, |(content, bytes)| {
            let content = match content {
                Content::Json => "application/json",
                Content::Form => "application/x-www-form-urlencoded",
            };
            headers.push(("content-type".to_owned(), content.to_owned()));
            bytes
        });
        let (method, path, query) = (method.to_owned(), path.to_owned(), query.to_owned());
        let answer = self.world.answer(&SimRequest { host, method, path, query, headers, body });
        self.world.clear_requests();
        let total = answer.header("x-total-count").and_then(|total| total.parse().ok());
        let (date, retry_after, said) = (Some(self.world.now_ms / 1000), None, None);
        Answer { status: answer.status, body: Zeroizing::new(answer.body), total, date, retry_after, said }
    }

    /// Plays one action to its end. Whether it changed anything.
    pub(crate) fn play(&mut self, run: &mut Run, at: u32, fate: Fate) -> bool {
        let is_check = matches!(run.plan().actions[at as usize].write, Write::Seen(_));
        let (mut landed, mut is_lost) = (false, fate == Fate::Unanswered);
        while let Next::Do(ticket, turn) = run.next_of(at) {
            let event = match turn {
                Turn::Wait(wanted) => {
                    self.pause(wanted);
                    Event::Waited
                }
                Turn::Look(_) if is_check && fate == Fate::Refused => Event::Came(refused()),
                Turn::Look(ask) => Event::Came(self.carry(ask.into_request())),
                Turn::Write(_) if fate == Fate::Refused => Event::Came(refused()),
                Turn::Write(request) => {
                    let outcome = self.carry(request);
                    landed |= matches!(&outcome, Outcome::Answered(answer) if answer.is_success());
                    let lost = std::mem::take(&mut is_lost);
                    Event::Came(if lost { Outcome::Unknown("no answer".to_owned()) } else { outcome })
                }
            };
            run.answer(ticket, event);
        }
        landed
    }
}

impl Stage {
    /// An escrow that keeps everything and has the secret of every client: a plan takes one only if it is there.
    fn escrow(&self, request: &Request) -> Answer {
        let Some(Call::Take { client_id }) = Call::of(request) else { return escrow::done() };
        let secret = self.world.client(&client_id).and_then(|(_, oidc)| oidc.client_secret.as_ref());
        match secret {
            Some(secret) => escrow::brings(&secret.expose().into()),
            None => escrow::refused("the escrow has no secret of this client".to_owned()),
        }
    }
}

impl Carry for Stage {
    fn carry(&mut self, request: Request) -> Outcome {
        let host = match request.host {
            Host::Console | Host::Insights => SimHost::Api,
            Host::Issuer => SimHost::Issuer,
            Host::Escrow => return Outcome::Answered(self.escrow(&request)),
        };
        let body = request.body.as_ref().map(|(content, bytes)| (*content, bytes.to_vec()));
        Outcome::Answered(self.send(request.org, host, request.method, &request.path, body, request.newer_rule))
    }

    fn pause(&mut self, wanted: Duration) {
        self.world.advance(u64::try_from(wanted.as_millis()).unwrap_or(u64::MAX));
    }
}

fn refused() -> Outcome {
    let body = Zeroizing::new(br#"{"message":"refused"}"#.to_vec());
    Outcome::Answered(Answer { status: 403, body, total: None, date: None, retry_after: None, said: None })
}

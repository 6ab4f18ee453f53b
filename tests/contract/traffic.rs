//! What went over the seam between fedctl and the simulator, as a recorder saw it.

use std::time::Duration;

use fedctl_core::drive::Carry;
use fedctl_core::endpoint::Host;
use fedctl_core::request::{Content, Outcome, Request};
use serde_json::Value;

use crate::carry::Memory;

/// Headers that every call may have: what is said of them stands beside the operations, not in them.
const COMMON: [&str; 5] = ["x-api-key", "x-org-id", "accept", "content-type", "host"];

/// A request and its answer.
#[derive(Clone)]
pub(crate) struct Exchange {
    pub(crate) method: String,
    /// The path without the query; what is not sent to console or Insights begins with the name of the host.
    pub(crate) path: String,
    pub(crate) query: String,
    /// The names of the headers that not every call has.
    pub(crate) headers: Vec<String>,
    /// The body, if it is JSON.
    pub(crate) request: Option<Value>,
    pub(crate) status: u16,
    /// The body, if it is JSON.
    pub(crate) answer: Option<Value>,
}

impl Exchange {
    /// The call: its method and its path, `{}` for ids.
    pub(crate) fn call(&self) -> String {
        let is_id = |segment: &str| segment.len() == 24 && segment.bytes().all(|byte| byte.is_ascii_hexdigit());
        let segments: Vec<&str> =
            self.path.split('/').map(|segment| if is_id(segment) { "{}" } else { segment }).collect();
        format!("{} {}", self.method, segments.join("/"))
    }

    /// What a client of the simulator sent, and what it got.
    pub(crate) fn of_simulator(request: &jumpcloud_sim::Request, answer: &jumpcloud_sim::Response) -> Self {
        let host = match request.host {
            jumpcloud_sim::Host::Api => "",
            jumpcloud_sim::Host::Issuer => "oauth.id",
            jumpcloud_sim::Host::AdminOauth => "admin-oauth.id",
            jumpcloud_sim::Host::Login => "login",
        };
        let names = request.headers.iter().map(|(name, _)| name.clone());
        Self {
            method: request.method.clone(),
            path: format!("{host}{}", request.path),
            query: request.query.clone(),
            headers: names.filter(|name| !COMMON.contains(&name.as_str())).collect(),
            request: serde_json::from_slice(&request.body).ok(),
            status: answer.status,
            answer: serde_json::from_slice(&answer.body).ok(),
        }
    }
}

/// Carries requests to a world in memory, and writes down what was said.
pub(crate) struct Recorder<'a> {
    pub(crate) memory: &'a mut Memory,
    pub(crate) seen: &'a mut Vec<Exchange>,
}

impl Carry for Recorder<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        let mut exchange = sent(&request);
        let outcome = self.memory.carry(request);
        if let Outcome::Answered(answer) = &outcome {
            exchange.status = answer.status;
            exchange.answer = serde_json::from_slice(&answer.body).ok();
            self.seen.push(exchange);
        }
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        self.memory.pause(wanted);
    }
}

pub(crate) fn sent(request: &Request) -> Exchange {
    let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
    let host = match request.host {
        Host::Console | Host::Insights => "",
        Host::Issuer => "oauth.id",
        Host::Escrow => unreachable!("the service never sees the escrow"),
    };
    let json = request.body.as_ref().filter(|(content, _)| *content == Content::Json);
    Exchange {
        method: request.method.to_owned(),
        path: format!("{host}{path}"),
        query: query.to_owned(),
        headers: request.newer_rule.then(|| "x-query-dsl".to_owned()).into_iter().collect(),
        request: json.map(|(_, bytes)| serde_json::from_slice(bytes).unwrap()),
        status: 0,
        answer: None,
    }
}

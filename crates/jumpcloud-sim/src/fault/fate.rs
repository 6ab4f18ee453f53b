//! What was decided about one request.

use serde_json::json;

use super::effect::{After, Effect};
use super::spoil::Change;
use crate::message::{Request, Response};
use crate::secret::Dice;

/// What stands in the body of an answer for the request that it repeats.
const REPEATED: &str = "{request}";

/// What becomes of one request: whoever carries it lets the world answer if [`Fate::commits`] says so, gives the answer
/// to [`Fate::finish`], waits, and delivers what came out as [`Fate::delivery`] says.
#[derive(Debug, Clone, PartialEq)]
pub struct Fate {
    /// How long the answer takes, in milliseconds.
    pub delay_ms: u64,
    /// How much of the answer arrives.
    pub delivery: Delivery,
    /// Whether the answer waits until somebody lets it go.
    pub held: bool,
    /// Whether the request is carried out now.
    pub commits: bool,
    pub(super) instead: Option<Response>,
    /// When a request that is not carried out now will be.
    pub(super) late: Option<Late>,
    /// For how long what was written is not seen by this request.
    pub(super) hidden_ms: Option<u64>,
    pub(super) shuffle: Option<Dice>,
    changes: Vec<Change>,
    /// No other fault decides any more whether it is carried out and what arrives.
    is_decided: bool,
}

/// How much of an answer arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// All of it.
    Whole,
    /// So many bytes, the head included; then the connection ends.
    Cut(u64),
    /// Nothing, for as long as the client waits.
    Never,
}

/// How far away a late commit is: numbers that were drawn already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Late {
    Requests(u64),
    Ms(u64),
}

impl Default for Fate {
    /// Nothing goes wrong.
    fn default() -> Fate {
        Fate {
            delay_ms: 0,
            delivery: Delivery::Whole,
            held: false,
            commits: true,
            instead: None,
            late: None,
            hidden_ms: None,
            shuffle: None,
            changes: Vec::new(),
            is_decided: false,
        }
    }
}

impl Fate {
    /// What arrives, from what the world said, if it was asked.
    pub fn finish(&self, answer: Option<Response>) -> Response {
        let nothing = || Response { status: 502, headers: Vec::new(), body: Vec::new() };
        let mut response = self.instead.clone().or(answer).unwrap_or_else(nothing);
        self.changes.iter().for_each(|change| change.apply(&mut response));
        response
    }

    /// Takes in one more fault; whether it changes anything. `over` is whether its rate limit is used up, `reads` whether
    /// the request changes nothing.
    pub(super) fn take(&mut self, effect: &Effect, over: bool, reads: bool, dice: &mut Dice) -> bool {
        if let Effect::Latency(spread) = effect {
            self.delay_ms = self.delay_ms.saturating_add(spread.draw(dice));
            return true;
        }
        if let Some(taken) = self.take_change(effect, reads, dice) {
            return taken;
        }
        if self.is_decided || matches!(effect, Effect::RateLimit { .. }) && !over {
            return false;
        }
        self.is_decided = true;
        self.decide(effect, dice);
        true
    }

    /// What only changes what a reader sees.
    fn take_change(&mut self, effect: &Effect, reads: bool, dice: &mut Dice) -> Option<bool> {
        let change = match effect {
            Effect::DelayedVisibility { ms } => {
                self.hidden_ms = self.hidden_ms.max(Some(*ms).filter(|_| reads));
                return Some(reads);
            }
            Effect::UnstableOrder => {
                self.shuffle = reads.then(|| dice.clone());
                return Some(reads);
            }
            Effect::ShortPage { missing } => Change::ShortPage { missing: *missing },
            Effect::FalseTotal { add } => Change::FalseTotal { add: *add },
            Effect::Hostile { how, fields } => {
                Change::Hostile { how: how.clone(), fields: fields.clone(), dice: dice.clone() }
            }
            Effect::Latency(_)
            | Effect::RateLimit { .. }
            | Effect::Fail { .. }
            | Effect::Cut { .. }
            | Effect::Timeout { .. }
            | Effect::LateCommit(_)
            | Effect::Html403
            | Effect::EmptyBody
            | Effect::Hold
            | Effect::Answer { .. } => return None,
        };
        self.changes.push(change);
        Some(true)
    }

    fn decide(&mut self, effect: &Effect, dice: &mut Dice) {
        match effect {
            Effect::RateLimit { retry_after_s, .. } => self.refuse(429, *retry_after_s, false),
            Effect::Fail { status, after_commit, retry_after_s } => self.refuse(*status, *retry_after_s, *after_commit),
            Effect::Cut { at_byte } => self.delivery = Delivery::Cut(*at_byte),
            Effect::Timeout { after_commit } => {
                (self.commits, self.delivery) = (*after_commit, Delivery::Never);
            }
            Effect::LateCommit(after) => {
                (self.commits, self.delivery) = (false, Delivery::Cut(0));
                self.late = Some(match after {
                    After::Requests(spread) => Late::Requests(spread.draw(dice)),
                    After::Ms(spread) => Late::Ms(spread.draw(dice)),
                });
            }
            Effect::Html403 => (self.commits, self.instead) = (false, Some(blocked())),
            Effect::Hold => self.held = true,
            Effect::Answer { status, body, content_type, after_commit } => {
                let content_type = content_type.as_deref().unwrap_or("application/json");
                (self.commits, self.instead) = (*after_commit, Some(canned(*status, content_type, body.clone())));
            }
            Effect::EmptyBody => {
                self.instead = Some(Response { status: 200, headers: Vec::new(), body: Vec::new() });
            }
            Effect::Latency(_)
            | Effect::DelayedVisibility { .. }
            | Effect::UnstableOrder
            | Effect::ShortPage { .. }
            | Effect::FalseTotal { .. }
            | Effect::Hostile { .. } => {}
        }
    }

    /// Puts what was asked into an answer that repeats it.
    pub(super) fn repeat(&mut self, request: &Request) {
        let Some(response) = &mut self.instead else { return };
        let body = String::from_utf8_lossy(&response.body);
        if body.contains(REPEATED) {
            let headers = request.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
            let sent = String::from_utf8_lossy(&request.body);
            let asked = json!(format!("{} {}\n{}{sent}", request.method, request.path, headers.collect::<String>()));
            let asked = asked.to_string();
            response.body = body.replace(REPEATED, asked.trim_matches('"')).into_bytes();
        }
    }

    fn refuse(&mut self, status: u16, retry_after_s: Option<u64>, commits: bool) {
        let mut response = refusal(status);
        response.headers.extend(retry_after_s.map(|seconds| ("retry-after".to_owned(), seconds.to_string())));
        (self.commits, self.instead) = (commits, Some(response));
    }
}

/// The edge answers in plain text, what stands behind it in JSON \[observed\].
fn refusal(status: u16) -> Response {
    if matches!(status, 502..=504) {
        let text = "upstream connect error or disconnect/reset before headers. reset reason: connection termination";
        return canned(status, "text/plain", text.to_owned());
    }
    let message = match status {
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        _ => "The simulator was told to refuse this",
    };
    canned(status, "application/json; charset=utf-8", json!({"message": message}).to_string())
}

/// The page of an edge that blocks an address \[observed\]: nothing of it is JSON.
fn blocked() -> Response {
    let page = "<!DOCTYPE html>\n<html lang=\"en-US\"><head><title>Attention Required! | Cloudflare</title></head>\n\
                <body><h1>Sorry, you have been blocked</h1>\n\
                <p>You are unable to access this site (SIMULATED)</p></body></html>\n";
    canned(403, "text/html; charset=UTF-8", page.to_owned())
}

fn canned(status: u16, content_type: &str, body: String) -> Response {
    let headers = [("content-type", content_type), ("server", "cloudflare")];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Response { status, headers, body: body.into_bytes() }
}

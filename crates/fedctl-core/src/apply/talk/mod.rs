//! The conversation about one action: look, write, look again, wait. What each answer means is decided here, once.

mod forms;
mod looking;
mod writing;

use std::time::Duration;

use serde_json::Value;

use super::fill;
use super::live::Unfilled;
use super::{End, Run, Turn};
use crate::endpoint::{self, Again};
use crate::live::PAGE;
use crate::object_id::ObjectId;
use crate::plan::action::{Action, After, Call, Find, Look, Write};
use crate::plan::hole::{Body, Give};
use crate::read;
use crate::request::{Ask, Outcome};
use forms::Begin;
pub(super) use forms::{Known, Question};
use looking::marked_value;

/// How long a write that nobody may send twice is looked for before its outcome is called unknown.
const LOOKED_FOR: Duration = Duration::from_secs(90);
/// How long a write may take to show, once it was accepted.
const SHOWS_WITHIN: Duration = Duration::from_secs(60);
/// How old the look at an array of others may be when it is written back, for whoever else writes there.
const FRESH: Duration = Duration::from_secs(2);
/// How often one request is sent at most.
const SENDS: u32 = 5;

/// Why an object is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Before,
    After,
    Doubt,
    TakenBack,
}

/// What comes next in a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Planned {
    Look,
    Write,
    Wait(Duration),
}

/// An open conversation.
#[derive(Debug, Clone)]
pub(super) struct Talk {
    looking: Option<Why>,
    then: Planned,
    skip: usize,
    members: Vec<ObjectId>,
    seen: Option<Box<str>>,
    seen_at: Duration,
    /// The service took a write of this conversation.
    was_taken: bool,
    /// A write of this conversation may have arrived, and nobody said what became of it.
    may_have_arrived: bool,
    /// How often what was seen was too old to be written back.
    stale: u32,
    /// Objects in the list that is being looked through, and in all of it before the first request.
    rows: usize,
    rows_before: Option<usize>,
    /// What was found in that list so far.
    found: Option<Box<str>>,
    pub(super) form: usize,
    /// The form was found out before: no other is tried.
    is_settled: bool,
    sends: u32,
    looks: u32,
    waited: Duration,
    /// What the service said when it refused, while a look finds out what that means.
    refused: Option<String>,
    /// How many looks after a refusal showed that nothing was done.
    clean_looks: u32,
    /// Why what was made is being taken back.
    taking_back: Option<String>,
}

impl Run {
    pub(super) fn begin(&mut self, at: u32) {
        let (form, is_settled) = match self.begin_form(at) {
            Begin::With { form, is_settled } => (form, is_settled),
            Begin::Later => return,
            Begin::ByHand(why) => return self.finish(at, End::Manual(why.to_owned())),
        };
        let talk = Talk {
            looking: None,
            then: Planned::Write,
            skip: 0,
            members: Vec::new(),
            seen: None,
            seen_at: Duration::ZERO,
            was_taken: false,
            may_have_arrived: false,
            stale: 0,
            rows: 0,
            rows_before: None,
            found: None,
            form,
            is_settled,
            sends: 0,
            looks: 0,
            waited: Duration::ZERO,
            refused: None,
            clean_looks: 0,
            taking_back: None,
        };
        self.talks.insert(at, talk);
        let action = self.action(at);
        let live = is_live(action);
        let before = action.look.as_ref().is_some_and(|look| look.at.before);
        if before || live || matches!(action.write, Write::Seen(_)) {
            self.look(at, Why::Before);
        } else {
            self.turns.push_back((at, Planned::Write));
        }
    }

    fn talk(&mut self, at: u32) -> &mut Talk {
        self.talks.get_mut(&at).expect("a conversation is open from begin to finish, and only then are its turns out")
    }

    fn look(&mut self, at: u32, why: Why) {
        let talk = self.talk(at);
        talk.looking = Some(why);
        self.start_over(at);
        self.plan_look(at);
    }

    /// A list is looked through from its first page.
    fn start_over(&mut self, at: u32) {
        let talk = self.talk(at);
        (talk.skip, talk.rows, talk.found) = (0, 0, None);
        talk.members.clear();
    }

    fn plan_look(&mut self, at: u32) {
        if self.shares_looks(at) {
            let org = self.action(at).target.org;
            self.batch.entry(org).or_default().push(at);
        } else {
            self.turns.push_back((at, Planned::Look));
        }
    }

    fn wait(&mut self, at: u32, wanted: Duration, then: Planned) {
        let talk = self.talk(at);
        talk.waited = talk.waited.saturating_add(wanted);
        talk.then = then;
        self.turns.push_back((at, Planned::Wait(wanted)));
    }

    pub(super) fn waited(&mut self, at: u32) {
        let then = self.talk(at).then;
        if then == Planned::Look {
            self.start_over(at);
            self.plan_look(at);
        } else {
            self.turns.push_back((at, then));
        }
    }

    /// The request of a planned turn; `None` when the action ended instead.
    pub(super) fn turn(&mut self, at: u32, planned: Planned) -> Option<Turn> {
        if planned == Planned::Write && self.is_stale(at) {
            self.look_anew(at);
            return None;
        }
        let made = match planned {
            Planned::Wait(wanted) => return Some(Turn::Wait(wanted)),
            Planned::Look => self.ask(at).map(Turn::Look),
            Planned::Write => self.request(at).map(Turn::Write),
        };
        match made {
            Ok(turn) => Some(turn),
            Err(unfilled) => {
                self.finish(at, End::Failed(missing(&unfilled)));
                None
            }
        }
    }

    /// Whether what was seen of an array of others is too old to be written back.
    fn is_stale(&self, at: u32) -> bool {
        let seen_at = self.talks.get(&at).map_or(Duration::ZERO, |talk| talk.seen_at);
        is_live(self.action(at)) && self.now.saturating_sub(seen_at) > FRESH
    }

    fn look_anew(&mut self, at: u32) {
        self.talk(at).stale += 1;
        if self.talk(at).stale > SENDS {
            let why =
                format!("what others wrote there was always more than {} s old: the service is slow", FRESH.as_secs());
            return self.finish(at, End::Failed(why));
        }
        self.look(at, Why::Before);
    }

    fn ask(&self, at: u32) -> Result<Ask, Unfilled> {
        let action = self.action(at);
        let look = action.look.as_ref().ok_or(Unfilled::NotSeen("the object"))?;
        if std::ptr::eq(look.at.endpoint, &endpoint::SEARCH_USERS) {
            let email = marked_value(action, 0, look).map(|(_, email)| email).unwrap_or_default();
            return Ok(read::search_by_email(action.target.org, email));
        }
        let args = fill::args(&self.plan, &self.given, &look.args)?;
        let skip = self.talks.get(&at).map_or(0, |talk| talk.skip).to_string();
        let limit = PAGE.to_string();
        let mut query: Vec<(&str, &str)> = look.at.query.to_vec();
        if !matches!(look.at.find, Find::Answer) {
            query.extend([("limit", &*limit), ("skip", &*skip)]);
        }
        Ok(Ask::new(action.target.org, look.at.endpoint, &args, &query))
    }

    fn request(&mut self, at: u32) -> Result<crate::request::Request, Unfilled> {
        let talk = self.talk(at);
        talk.looking = None;
        talk.sends += 1;
        let (seen, form, takes_back) = (talk.seen.clone(), talk.form, talk.taking_back.is_some());
        let action = self.action(at);
        let undo = forms::undo(action, form).map(|undo| &undo.call).filter(|_| takes_back);
        let call = undo.or_else(|| call(action, form)).ok_or(Unfilled::NotSeen("a request"))?;
        fill::request(&self.plan, &self.given, action.target.org, call, seen.as_deref())
    }

    pub(super) fn came(&mut self, at: u32, outcome: Outcome) {
        match self.talk(at).looking {
            Some(_) => self.looked(at, outcome),
            None => self.wrote(at, outcome),
        }
    }

    fn keep_gifts(&mut self, action: &Action, object: &Value) {
        let Some(look) = &action.look else { return };
        for (give, pointer) in look.at.gives {
            // What is no id could lead a request elsewhere: `..` in a path is no name of an object.
            let fits = |value: &&str| !value.is_empty() && (*give != Give::Id || ObjectId::parse(value).is_some());
            if let Some(value) = object.pointer(pointer).and_then(Value::as_str).filter(fits) {
                self.given.keep(&action.target, *give, value);
            }
        }
    }

    /// The action is done, unless it was to bring a secret and did not.
    fn done(&mut self, at: u32, action: &Action, end: End) {
        if brings_secret(action) && !self.given.holds_secret(&action.target) {
            let why = "the client secret was shown once, to nobody; the next plan makes another app".to_owned();
            return self.finish(at, End::Failed(why));
        }
        self.finish(at, end);
    }
}

/// Whether an action is the one whose answer alone shows a client secret.
fn brings_secret(action: &Action) -> bool {
    let gives_it = |look: &Look| look.at.gives.iter().any(|(give, _)| *give == Give::ClientSecret);
    action.changes.iter().any(|change| change.after == Some(After::Secret))
        && action.look.as_ref().is_some_and(gives_it)
}

fn call(action: &Action, form: usize) -> Option<&Call> {
    match &action.write {
        Write::One(call) | Write::Probe { call, .. } => Some(call),
        Write::First { forms, .. } => forms.get(form).map(|form| &form.call),
        Write::Seen(_) => None,
    }
}

/// Whether filling the request takes a look at the object.
fn is_live(action: &Action) -> bool {
    action.calls().any(|call| call.body.as_ref().is_some_and(Body::is_live))
}

fn again(action: &Action, form: usize) -> Again {
    call(action, form).map_or(Again::Never, |call| call.endpoint.again())
}

/// 1 s, 2 s, 4 s and so on, at most 16 s.
fn backoff(tries: u32) -> Duration {
    Duration::from_secs(1 << tries.saturating_sub(1).min(4))
}

fn missing(unfilled: &Unfilled) -> String {
    match unfilled {
        Unfilled::Missing(address, Give::ClientSecret) => {
            format!("the client secret of {address} is not at hand; the next plan makes another app")
        }
        Unfilled::Missing(address, give) => format!("the {} of {address} is not known", give.as_str()),
        Unfilled::NotSeen(what) => format!("{what} was not there when it was looked at"),
    }
}

fn field_of(object: &str, field: &str) -> Option<String> {
    let value: Value = serde_json::from_str(object).ok()?;
    value.get(field)?.as_str().map(str::to_owned)
}

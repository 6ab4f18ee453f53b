//! The conversation about one action: look, write, look again, wait. What each answer means is decided here, once.

use std::time::Duration;

use serde_json::Value;

use super::fill::{self, Unfilled};
use super::judge::{self, Standing};
use super::{End, Run, Turn};
use crate::endpoint::{self, Again};
use crate::live::{PAGE, envelope};
use crate::object_id::ObjectId;
use crate::plan::Verb;
use crate::plan::action::{Action, After, Call, Expect, Field, Find, Look, Write};
use crate::plan::hole::{Body, Give};
use crate::read;
use crate::request::{Answer, Ask, Outcome};

/// How long a write that nobody may send twice is looked for before its outcome is called unknown.
const LOOKED_FOR: Duration = Duration::from_secs(90);
/// How long a write may take to show, once it was accepted.
const SHOWS_WITHIN: Duration = Duration::from_secs(60);
/// How often one request is sent at most.
const SENDS: u32 = 5;

/// Why an object is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    Before,
    After,
    Doubt,
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
    form: usize,
    sends: u32,
    looks: u32,
    waited: Duration,
    /// What the service said when it refused, while a look finds out what that means.
    refused: Option<String>,
}

/// What a look found.
enum Sight {
    Absent,
    Object(Box<str>),
    Members,
    NextPage,
}

impl Run {
    pub(super) fn begin(&mut self, at: u32) {
        let talk = Talk {
            looking: None,
            then: Planned::Write,
            skip: 0,
            members: Vec::new(),
            seen: None,
            form: 0,
            sends: 0,
            looks: 0,
            waited: Duration::ZERO,
            refused: None,
        };
        self.talks.insert(at, talk);
        let action = self.action(at);
        let live = action.calls().any(|call| call.body.as_ref().is_some_and(Body::is_live));
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
        (talk.looking, talk.skip) = (Some(why), 0);
        talk.members.clear();
        self.plan_look(at);
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
        talk.waited += wanted;
        talk.then = then;
        self.turns.push_back((at, Planned::Wait(wanted)));
    }

    pub(super) fn waited(&mut self, at: u32) {
        let then = self.talk(at).then;
        if then == Planned::Look {
            self.talk(at).skip = 0;
            self.plan_look(at);
        } else {
            self.turns.push_back((at, then));
        }
    }

    /// The request of a planned turn; `None` when the action ended instead.
    pub(super) fn turn(&mut self, at: u32, planned: Planned) -> Option<Turn> {
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

    fn ask(&self, at: u32) -> Result<Ask, Unfilled> {
        let action = self.action(at);
        let look = action.look.as_ref().ok_or(Unfilled::NotSeen("the object"))?;
        if std::ptr::eq(look.at.endpoint, &endpoint::SEARCH_USERS) {
            let email = marked_value(action, look).unwrap_or_default();
            return Ok(read::search_by_email(action.target.org, &email));
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
        let (seen, form) = (talk.seen.clone(), talk.form);
        let action = self.action(at);
        let call = call(action, form).ok_or(Unfilled::NotSeen("a request"))?;
        fill::request(&self.plan, &self.given, action.target.org, call, seen.as_deref())
    }

    pub(super) fn came(&mut self, at: u32, outcome: Outcome) {
        match self.talk(at).looking {
            Some(_) => self.looked(at, outcome),
            None => self.wrote(at, outcome),
        }
    }

    // ---- looking ----------------------------------------------------------------------------------------------------

    fn looked(&mut self, at: u32, outcome: Outcome) {
        let sight = match outcome {
            Outcome::Answered(answer) => self.sight(at, &answer),
            Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why),
        };
        match sight {
            Ok(Sight::NextPage) => self.plan_look(at),
            Ok(sight) => self.seen(at, sight),
            Err(why) => self.finish(at, self.blind(at, &why)),
        }
    }

    /// What it means that an object could not be looked at.
    fn blind(&self, at: u32, why: &str) -> End {
        let sent = self.talks.get(&at).is_some_and(|talk| talk.sends > 0);
        let text = format!("it could not be looked at: {why}");
        if sent { End::Unknown(text) } else { End::Failed(text) }
    }

    /// One search looked at several users.
    pub(super) fn batch_came(&mut self, actions: &[u32], outcome: &super::Outcome) {
        let rows = match outcome {
            Outcome::Answered(answer) if answer.is_success() => by_id(&answer.body),
            Outcome::Answered(answer) => Err(format!("{} {}", answer.status, answer.message())),
            Outcome::NotSent(why) | Outcome::Unknown(why) => Err(why.clone()),
        };
        for at in actions {
            match &rows {
                Ok(rows) => {
                    let row = self.looked_at(*at).and_then(|id| rows.get(&id));
                    self.seen(*at, row.map_or(Sight::Absent, |row| Sight::Object(row.clone())));
                }
                Err(why) => self.finish(*at, self.blind(*at, why)),
            }
        }
    }

    fn sight(&mut self, at: u32, answer: &Answer) -> Result<Sight, String> {
        let empty = answer.body.iter().all(u8::is_ascii_whitespace);
        if answer.status == 404 || (answer.status == 200 && empty) {
            return Ok(Sight::Absent);
        }
        if !answer.is_success() {
            return Err(format!("{} {}", answer.status, answer.message()));
        }
        let action = self.plan.actions[at as usize].clone();
        let look = action.look.as_ref().ok_or("no way to look")?;
        if look.at.find == Find::Answer {
            return text(&answer.body).map(Sight::Object);
        }
        let (rows, _) = envelope::elements(&answer.body).map_err(|_| "its list cannot be read")?;
        let (count, is_last) = (rows.len(), rows.len() < PAGE);
        match look.at.find {
            Find::Answer => {}
            Find::Only => return Ok(rows.first().map_or(Sight::Absent, |row| Sight::Object(row.get().into()))),
            Find::Marked { field } => {
                let wanted = marked_value(&action, look);
                let has = |row: &&&serde_json::value::RawValue| field_of(row.get(), field) == wanted;
                if let Some(row) = rows.iter().find(has) {
                    return Ok(Sight::Object(row.get().into()));
                }
            }
            Find::EdgeTo => {
                let ids = rows.iter().filter_map(|row| edge_to(row.get()));
                self.talk(at).members.extend(ids);
            }
        }
        self.talk(at).skip += count;
        Ok(match (is_last, look.at.find) {
            (false, _) => Sight::NextPage,
            (true, Find::EdgeTo) => Sight::Members,
            (true, Find::Answer | Find::Only | Find::Marked { .. }) => Sight::Absent,
        })
    }

    fn seen(&mut self, at: u32, sight: Sight) {
        let action = self.plan.actions[at as usize].clone();
        let text = match &sight {
            Sight::Object(text) => Some(text.clone()),
            Sight::Absent | Sight::Members | Sight::NextPage => None,
        };
        let object: Option<Value> = text.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let standing = judge::standing(&self.plan, &self.given, &action, object.as_ref());
        let talk = self.talk(at);
        talk.seen = text;
        talk.looks += 1;
        match (talk.looking, &action.write) {
            (_, Write::Seen(expect)) => self.check(at, *expect, &standing),
            (Some(Why::Before), _) => self.before(at, &action, object.as_ref(), standing),
            (Some(Why::After) | None, _) => self.after(at, &action, object.as_ref(), standing),
            (Some(Why::Doubt), _) => self.doubt(at, &action, object.as_ref(), standing),
        }
    }

    fn before(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: Standing) {
        match (action.verb, object, standing) {
            (Verb::Create, None, _) => self.turns.push_back((at, Planned::Write)),
            (Verb::Delete, None, _) => self.finish(at, End::Already),
            (Verb::Create | Verb::Update, Some(object), Standing::After) => {
                self.keep_gifts(action, object);
                self.done(at, action, End::Already);
            }
            (Verb::Create, Some(_), _) => {
                self.finish(at, End::Failed("somebody made one meanwhile, and it is another".to_owned()));
            }
            (Verb::Update | Verb::Delete, _, Standing::Before | Standing::Between)
            | (Verb::Delete, Some(_), Standing::After) => {
                self.turns.push_back((at, Planned::Write));
            }
            (Verb::Update | Verb::Delete | Verb::Check, _, Standing::Moved { field, now }) => {
                self.finish(at, End::Failed(moved(&field, now)));
            }
            (Verb::Update | Verb::Check, _, _) => {
                self.finish(at, End::Failed("it is not there any more".to_owned()));
            }
        }
    }

    fn after(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: Standing) {
        let done = match action.verb {
            Verb::Delete => object.is_none(),
            Verb::Create | Verb::Update | Verb::Check => object.is_some() && standing == Standing::After,
        };
        if done {
            if let Some(object) = object {
                self.keep_gifts(action, object);
            }
            self.done(at, action, End::Applied);
        } else if self.talk(at).waited < SHOWS_WITHIN {
            let pause = backoff(self.talk(at).looks);
            self.wait(at, pause, Planned::Look);
        } else {
            let what = match standing {
                Standing::Moved { field, now } => {
                    format!("accepted, and `{field}` was not kept: it is {}", now.as_deref().unwrap_or("not there"))
                }
                Standing::Before | Standing::Between | Standing::After => "accepted, and it does not show".to_owned(),
            };
            self.finish(at, End::Failed(what));
        }
    }

    /// Nobody knows what became of the write, or it was refused and the look says why.
    fn doubt(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: Standing) {
        let is_done = match action.verb {
            Verb::Delete => object.is_none(),
            Verb::Create | Verb::Update | Verb::Check => object.is_some() && standing == Standing::After,
        };
        if is_done {
            if let Some(object) = object {
                self.keep_gifts(action, object);
            }
            return self.done(at, action, End::Applied);
        }
        if let Some(refused) = self.talk(at).refused.clone() {
            return self.refusal_stands(at, action, object, refused);
        }
        if let (Verb::Create | Verb::Update, Some(_), Standing::Moved { field, now }) = (action.verb, object, &standing) {
            return self.finish(at, End::Failed(moved(field, now.clone())));
        }
        match again(action, self.talk(at).form) {
            Again::Never if self.talk(at).waited < LOOKED_FOR => {
                let pause = backoff(self.talk(at).looks);
                self.wait(at, pause, Planned::Look);
            }
            Again::Never => self.finish(at, End::Unknown("it was sent and never showed; it is not sent again".to_owned())),
            Again::AtOnce | Again::AfterALook => self.send_again(at, "nobody answered"),
        }
    }

    /// A refusal, and the look shows that nothing was done.
    fn refusal_stands(&mut self, at: u32, action: &Action, object: Option<&Value>, refused: String) {
        let forms = match &action.write {
            Write::First { forms, .. } => forms.len(),
            Write::One(_) | Write::Probe { .. } | Write::Seen(_) => 0,
        };
        let is_last = self.talk(at).form + 1 >= forms;
        let end = match (forms, action.verb, object) {
            (1.., _, _) if !is_last => {
                let talk = self.talk(at);
                talk.form += 1;
                talk.refused = None;
                return self.turns.push_back((at, Planned::Write));
            }
            (1.., _, _) => End::Manual(refused),
            (0, Verb::Create, Some(_)) => End::Failed(format!("{refused}; there is one already, and it is another")),
            (0, _, _) => End::Failed(refused),
        };
        self.finish(at, end);
    }

    // ---- writing ----------------------------------------------------------------------------------------------------

    fn wrote(&mut self, at: u32, outcome: Outcome) {
        let action = self.plan.actions[at as usize].clone();
        match outcome {
            Outcome::NotSent(why) => self.send_again(at, &why),
            Outcome::Unknown(_) => self.in_doubt(at, &action),
            Outcome::Answered(answer) => self.answered(at, &action, &answer),
        }
    }

    fn in_doubt(&mut self, at: u32, action: &Action) {
        match again(action, self.talk(at).form) {
            Again::AtOnce => self.send_again(at, "nobody answered"),
            Again::AfterALook | Again::Never => self.look(at, Why::Doubt),
        }
    }

    fn answered(&mut self, at: u32, action: &Action, answer: &Answer) {
        let is_edge = again(action, self.talk(at).form) == Again::AtOnce;
        match (&action.write, answer.status) {
            (_, 429) => self.busy(at, answer.retry_after),
            (_, 500..) => self.in_doubt(at, action),
            (Write::Probe { yes, .. }, _) => self.probed(at, yes, answer),
            (_, 200..300) => self.accepted(at, action, answer),
            (_, 404) if action.verb == Verb::Delete => self.finish(at, End::Applied),
            (_, 409) if is_edge => self.finish(at, End::Already),
            (Write::First { .. }, 400 | 404 | 405 | 422) | (Write::One(_), 400 | 409) if action.look.is_some() => {
                self.talk(at).refused = Some(format!("{} {}", answer.status, answer.message()));
                self.look(at, Why::Doubt);
            }
            (_, status) => self.finish(at, End::Failed(format!("{status} {}", answer.message()))),
        }
    }

    fn accepted(&mut self, at: u32, action: &Action, answer: &Answer) {
        let object: Option<Value> = serde_json::from_slice(&answer.body).ok();
        if let Some(object) = &object {
            self.keep_gifts(action, object);
        }
        let look = action.look.as_ref();
        if look.is_some_and(|look| look.at.after) {
            return self.look(at, Why::After);
        }
        let lost = look.and(object.as_ref()).and_then(|object| judge::not_kept(&self.plan, &self.given, action, object));
        match lost {
            Some(field) => self.finish(at, End::Failed(format!("accepted, and `{field}` was not kept"))),
            None => self.done(at, action, End::Applied),
        }
    }

    fn probed(&mut self, at: u32, yes: &[(u16, &str)], answer: &Answer) {
        let error = field_of(&String::from_utf8_lossy(&answer.body), "error").unwrap_or_default();
        if yes.contains(&(answer.status, &*error)) {
            return self.finish(at, End::Applied);
        }
        // A client that was just made may not be known everywhere yet.
        if self.talk(at).sends < SENDS {
            let pause = backoff(self.talk(at).sends);
            return self.wait(at, pause, Planned::Write);
        }
        self.finish(at, End::Failed(format!("the token endpoint answers {} {error} to the new secret", answer.status)));
    }

    fn busy(&mut self, at: u32, asked: Option<Duration>) {
        if self.talk(at).sends > 3 * SENDS {
            return self.finish(at, End::Failed("429: the service stays busy".to_owned()));
        }
        let pause = asked.unwrap_or_else(|| backoff(self.talk(at).sends));
        self.wait(at, pause, Planned::Write);
    }

    fn send_again(&mut self, at: u32, why: &str) {
        let sends = self.talk(at).sends;
        if sends >= SENDS {
            return self.finish(at, End::Failed(format!("{why}, {sends} times")));
        }
        self.wait(at, backoff(sends), Planned::Write);
    }

    // ---- ends -------------------------------------------------------------------------------------------------------

    fn check(&mut self, at: u32, expect: Expect, standing: &Standing) {
        let members = std::mem::take(&mut self.talk(at).members);
        let people = self.people_by_account();
        let of = |id: &ObjectId| people.get(id).copied();
        match expect {
            Expect::Holds if *standing == Standing::After => self.finish(at, End::Applied),
            Expect::Holds => self.finish(at, End::Failed("it is not as it must be".to_owned())),
            Expect::Members => {
                self.seen.insert(at, members.iter().filter_map(of).collect());
                self.finish(at, End::Applied);
            }
            Expect::OnlyPlannedMembers => {
                let wrong = members.iter().filter(|id| !of(id).is_some_and(|person| self.may_be_routed(person)));
                let wrong: Vec<String> = wrong.take(5).map(ToString::to_string).collect();
                let end = if wrong.is_empty() {
                    End::Applied
                } else {
                    End::Failed(format!("members who are not ready to be routed: {}", wrong.join(", ")))
                };
                self.finish(at, end);
            }
        }
    }

    fn keep_gifts(&mut self, action: &Action, object: &Value) {
        let Some(look) = &action.look else { return };
        for (give, pointer) in look.at.gives {
            if let Some(value) = object.pointer(pointer).and_then(Value::as_str).filter(|value| !value.is_empty()) {
                self.given.keep(&action.target, *give, value);
            }
        }
    }

    /// The action is done, unless it was to bring a secret and did not.
    fn done(&mut self, at: u32, action: &Action, end: End) {
        let brings_secret = action.changes.iter().any(|change| change.after == Some(After::Secret))
            && action.look.as_ref().is_some_and(|look| look.at.gives.iter().any(|(give, _)| *give == Give::ClientSecret));
        if brings_secret && !self.given.holds_secret(&action.target) {
            let why = "the client secret was shown once, to nobody; the next plan makes another app".to_owned();
            return self.finish(at, End::Failed(why));
        }
        self.finish(at, end);
    }
}

fn call(action: &Action, form: usize) -> Option<&Call> {
    match &action.write {
        Write::One(call) | Write::Probe { call, .. } => Some(call),
        Write::First { forms, .. } => forms.get(form).map(|form| &form.call),
        Write::Seen(_) => None,
    }
}

fn again(action: &Action, form: usize) -> Again {
    call(action, form).map_or(Again::Never, |call| call.endpoint.again())
}

/// 1 s, 2 s, 4 s and so on, at most 16 s.
fn backoff(tries: u32) -> Duration {
    Duration::from_secs(1 << tries.saturating_sub(1).min(4))
}

fn moved(field: &Field, now: Option<String>) -> String {
    match now {
        Some(now) => format!("`{field}` changed since the plan was made: it is now `{now}`"),
        None => format!("`{field}` changed since the plan was made: it is gone"),
    }
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

/// The value by which an object is told from the others of its list.
fn marked_value(action: &Action, look: &Look) -> Option<String> {
    let Find::Marked { field } = look.at.find else { return None };
    action.changes.iter().find(|change| change.field == Field::Key(field)).and_then(|change| match &change.after {
        Some(After::Text(text)) => Some(text.to_string()),
        Some(After::Of(..) | After::Secret) | None => None,
    })
}

fn field_of(object: &str, field: &str) -> Option<String> {
    let value: Value = serde_json::from_str(object).ok()?;
    value.get(field)?.as_str().map(str::to_owned)
}

fn edge_to(edge: &str) -> Option<ObjectId> {
    let value: Value = serde_json::from_str(edge).ok()?;
    let id = value.pointer("/to/id").or_else(|| value.get("id"))?;
    ObjectId::parse(id.as_str()?)
}

fn text(body: &[u8]) -> Result<Box<str>, String> {
    std::str::from_utf8(body).map(Into::into).map_err(|_| "its answer is not text".to_owned())
}

fn by_id(page: &[u8]) -> Result<std::collections::BTreeMap<ObjectId, Box<str>>, String> {
    let (rows, _) = envelope::elements(page).map_err(|_| "its list cannot be read".to_owned())?;
    let id = |row: &str| field_of(row, "_id").and_then(|id| ObjectId::parse(&id));
    Ok(rows.iter().filter_map(|row| Some((id(row.get())?, Box::from(row.get())))).collect())
}

//! Looking: what is seen of an object, and what that means before a write, after it, and in doubt.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::super::judge::{self, Standing};
use super::super::{End, Run};
use super::{LOOKED_FOR, Planned, SENDS, SHOWS_WITHIN, Why, again, backoff, field_of, is_live};
use crate::decode;
use crate::drive;
use crate::endpoint::Again;
use crate::live::PAGE;
use crate::object_id::ObjectId;
use crate::plan::Verb;
use crate::plan::action::{Action, Expect, Field, Find, Look, Write};
use crate::request::{Answer, Outcome};

/// What a look found.
enum Sight {
    Absent,
    Object(Box<str>),
    Members,
    NextPage,
}

impl Run {
    pub(super) fn looked(&mut self, at: u32, outcome: Outcome) {
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
    pub(in crate::apply) fn batch_came(&mut self, actions: &[u32], outcome: &Outcome) {
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
        let plan = Arc::clone(&self.plan);
        let action = &plan.actions[at as usize];
        let look = action.look.as_ref().ok_or("no way to look")?;
        let is_object = look.at.find == Find::Answer;
        let is_empty = answer.body.iter().all(u8::is_ascii_whitespace);
        // A list that is not there is not a list with nobody in it.
        if is_object && (answer.status == 404 || (answer.status == 200 && is_empty)) {
            return Ok(Sight::Absent);
        }
        if !answer.is_success() {
            return Err(format!("{} {}", answer.status, answer.message()));
        }
        if is_object {
            return text(&answer.body).map(Sight::Object);
        }
        let (rows, total) = decode::elements(&answer.body).map_err(|_| "its list cannot be read")?;
        let count = rows.len();
        // A short page is not proof of the last one: a server may clamp what was asked for.
        let so_far = self.talk(at).skip + count;
        let is_last = count == 0 || (count < PAGE && !drive::more(total.or(answer.total), so_far));
        match look.at.find {
            Find::Answer => {}
            Find::Only => return Ok(rows.first().map_or(Sight::Absent, |row| Sight::Object(row.get().into()))),
            Find::Marked { .. } => {
                let wanted = marked_value(action, self.talk(at).form, look);
                // What the plan knew of already, such as an app with the same mark that goes, is not the one that is made.
                let is_new = |row: &str| {
                    let id = field_of(row, "_id").or_else(|| field_of(row, "id")).and_then(|id| ObjectId::parse(&id));
                    action.verb != Verb::Create || !plan.known.values().any(|known| Some(known.id) == id)
                };
                let is_it = |row: &str| {
                    wanted.as_ref().is_some_and(|(field, value)| field_of(row, field).as_deref() == Some(&**value))
                };
                let found = rows.iter().find(|row| is_it(row.get()) && is_new(row.get()));
                let talk = self.talk(at);
                talk.rows += count;
                talk.found = talk.found.take().or(found.map(|row| row.get().into()));
                // Where it is told how many there are, the list is read to its end.
                if talk.found.is_some() && (is_last || !matches!(action.write, Write::First { .. })) {
                    return Ok(talk.found.take().map_or(Sight::Absent, Sight::Object));
                }
            }
            Find::EdgeTo => {
                let ids = rows.iter().map(|row| edge_to(row.get())).collect::<Option<Vec<_>>>();
                self.talk(at).members.extend(ids.ok_or("one of its members cannot be read")?);
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
        let plan = Arc::clone(&self.plan);
        let action = &plan.actions[at as usize];
        let text = match &sight {
            Sight::Object(text) => Some(text.clone()),
            Sight::Absent | Sight::Members | Sight::NextPage => None,
        };
        let object: Option<Value> = text.as_deref().and_then(|text| serde_json::from_str(text).ok());
        let form = self.talk(at).form;
        let standing = judge::standing(&self.plan, &self.given, action, form, object.as_ref());
        let now = self.now;
        let talk = self.talk(at);
        (talk.seen, talk.seen_at) = (text, now);
        talk.looks += 1;
        match (talk.looking, &action.write) {
            (_, Write::Seen(expect)) => self.check(at, *expect, &standing),
            (Some(Why::Before), _) => {
                talk.rows_before = talk.rows_before.or(Some(talk.rows));
                self.before(at, action, object.as_ref(), standing);
            }
            (Some(Why::TakenBack), _) => self.taken_back(at, action, object.as_ref(), &standing),
            (Some(Why::After) | None, _) => self.after(at, action, object.as_ref(), standing),
            (Some(Why::Doubt), _) => self.doubt(at, action, object.as_ref(), standing),
        }
    }

    fn before(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: Standing) {
        match (action.verb, object, standing) {
            (Verb::Create, None, _) => self.turns.push_back((at, Planned::Write)),
            (Verb::Delete, None, _) => self.finish(at, self.was_so(at)),
            // What goes is an entry of the object that is seen.
            (Verb::Delete, Some(_), Standing::After) if is_live(action) => self.finish(at, self.was_so(at)),
            (Verb::Create | Verb::Update | Verb::Adopt, Some(object), Standing::After) => {
                self.keep_gifts(action, object);
                let end = self.was_so(at);
                self.done(at, action, end);
            }
            // What is made is an entry of the object that is seen.
            (Verb::Create, Some(_), Standing::Before | Standing::Between) if is_live(action) => {
                self.turns.push_back((at, Planned::Write));
            }
            (Verb::Create, Some(_), _) => {
                self.finish(at, End::Failed("somebody made one meanwhile, and it is another".to_owned()));
            }
            (Verb::Update | Verb::Delete, _, Standing::Before | Standing::Between)
            | (Verb::Adopt, Some(_), Standing::Before | Standing::Between)
            | (Verb::Delete, Some(_), Standing::After) => {
                self.turns.push_back((at, Planned::Write));
            }
            (Verb::Update | Verb::Adopt | Verb::Delete | Verb::Check, _, Standing::Moved { field, now }) => {
                self.finish(at, End::Failed(moved(&field, now)));
            }
            (Verb::Update | Verb::Adopt | Verb::Check, _, _) => {
                self.finish(at, End::Failed("it is not there any more".to_owned()));
            }
        }
    }

    /// How an action ends that is so when it is looked at: by a write of its own, or before it.
    fn was_so(&self, at: u32) -> End {
        let was_taken = self.talks.get(&at).is_some_and(|talk| talk.was_taken);
        if was_taken { End::Applied } else { End::Already }
    }

    fn after(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: Standing) {
        let is_alone = action.forms().is_empty() || action.verb != Verb::Create || self.is_one_more(at);
        // A look that leaves the list out says nothing against what the answer to the write has shown.
        let is_contested = action.look.as_ref().is_some_and(|look| look.at.contested);
        let is_silent = is_contested && object.is_some_and(|object| object.get("attributes").is_none());
        let done = is_silent || is_done(action, object, &standing);
        if done && is_alone {
            if let Some(object) = object {
                self.keep_gifts(action, object);
            }
            self.done(at, action, End::Applied);
        } else if self.is_overwritten(at, action, &standing) {
            self.turns.push_back((at, Planned::Write));
        } else if self.talk(at).waited < SHOWS_WITHIN {
            let pause = backoff(self.talk(at).looks);
            self.wait(at, pause, Planned::Look);
        } else {
            let what = match standing {
                _ if !is_alone => "accepted, and it is not one object more than before".to_owned(),
                Standing::Moved { field, now } => {
                    format!("accepted, and `{field}` was not kept: it is {}", now.as_deref().unwrap_or("not there"))
                }
                Standing::Before | Standing::Between | Standing::After => "accepted, and it does not show".to_owned(),
            };
            self.not_kept(at, action, what);
        }
    }

    /// Somebody wrote the list as it was before us; this look is young enough to write it again.
    fn is_overwritten(&mut self, at: u32, action: &Action, standing: &Standing) -> bool {
        let contested = action.look.as_ref().is_some_and(|look| look.at.contested);
        contested && matches!(standing, Standing::Before | Standing::Between) && self.talk(at).sends < SENDS
    }

    /// Nobody knows what became of the write, or it was refused and the look says why.
    fn doubt(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: Standing) {
        let is_done = is_done(action, object, &standing);
        if is_done {
            if let Some(object) = object {
                self.keep_gifts(action, object);
            }
            return self.done(at, action, End::Applied);
        }
        if let Some(refused) = self.talk(at).refused.clone() {
            // The service says that there is one: until a list shows it, the next plan would try the same again.
            let is_hidden = action.verb == Verb::Create && object.is_none() && is_taken(&refused);
            if is_hidden && self.talk(at).waited < SHOWS_WITHIN {
                let pause = backoff(self.talk(at).looks);
                return self.wait(at, pause, Planned::Look);
            }
            return match action.write {
                Write::First { .. } => self.form_refused(at, action, object, &standing),
                Write::One(_) | Write::Probe { .. } | Write::Seen(_) => {
                    let is_other = action.verb == Verb::Create && object.is_some();
                    let other = if is_other { "; there is one already, and it is another" } else { "" };
                    self.finish(at, End::Failed(refused + other));
                }
            };
        }
        if let (Verb::Create | Verb::Update | Verb::Adopt, Some(_), Standing::Moved { field, now }) =
            (action.verb, object, &standing)
        {
            return self.finish(at, End::Failed(moved(field, now.clone())));
        }
        match again(action, self.talk(at).form) {
            Again::Never if self.talk(at).waited < LOOKED_FOR => {
                let pause = backoff(self.talk(at).looks);
                self.wait(at, pause, Planned::Look);
            }
            Again::Never => {
                self.finish(at, End::Unknown("it was sent and never showed; it is not sent again".to_owned()));
            }
            Again::AtOnce | Again::AfterALook => self.send_again(at, "nobody answered"),
        }
    }

    fn check(&mut self, at: u32, expect: Expect, standing: &Standing) {
        let members = std::mem::take(&mut self.talk(at).members);
        let people = self.people_by_account();
        let of = |id: &ObjectId| people.get(id).copied();
        match expect {
            Expect::Holds | Expect::Still if *standing == Standing::After => self.finish(at, End::Applied),
            Expect::Holds | Expect::Still => self.finish(at, End::Failed("it is not as it must be".to_owned())),
            Expect::Members => {
                let seen: BTreeSet<u32> = members.iter().filter_map(of).collect();
                // Who comes into a group by a rule, or was just added, may take a while to show.
                let is_missing = |person: u32| !seen.contains(&person) && !self.broken.contains(&person);
                if self.waiting_for(at).any(is_missing) && self.talk(at).waited < SHOWS_WITHIN {
                    let pause = backoff(self.talk(at).looks);
                    self.wait(at, pause, Planned::Look);
                } else {
                    self.seen.insert(at, seen);
                    self.finish(at, End::Applied);
                }
            }
            Expect::OnlyPlannedMembers => {
                let wrong = members.iter().filter(|id| !self.may_be_routed(**id, &people));
                let wrong: Vec<String> = wrong.take(5).map(ToString::to_string).collect();
                let end = if wrong.is_empty() {
                    End::Applied
                } else {
                    End::Failed(format!(
                        "members who are not in this plan, or would lose their way in if they were routed: {}",
                        wrong.join(", ")
                    ))
                };
                self.finish(at, end);
            }
        }
    }
}

/// Whether an object is as the action makes it.
fn is_done(action: &Action, object: Option<&Value>, standing: &Standing) -> bool {
    match action.verb {
        Verb::Delete => object.is_none() || (is_live(action) && *standing == Standing::After),
        Verb::Create | Verb::Update | Verb::Adopt | Verb::Check => object.is_some() && *standing == Standing::After,
    }
}

/// Whether a refusal says that there is one already.
fn is_taken(refused: &str) -> bool {
    refused.starts_with("409 ") || refused.to_lowercase().contains("already exists")
}

fn moved(field: &Field, now: Option<String>) -> String {
    match now {
        Some(now) => format!("`{field}` changed since the plan was made: it is now `{now}`"),
        None => format!("`{field}` changed since the plan was made: it is gone"),
    }
}

/// The field and its value by which an object is told from the others of its list.
pub(super) fn marked_value<'a>(action: &'a Action, form: usize, look: &Look) -> Option<(&'static str, &'a str)> {
    let Find::Marked { by } = look.at.find else { return None };
    let changes = action.changes_in(form);
    by.iter().find_map(|field| {
        let change = changes.iter().find(|change| change.field == Field::Key(field))?;
        Some((*field, change.text()?))
    })
}

fn edge_to(edge: &str) -> Option<ObjectId> {
    let value: Value = serde_json::from_str(edge).ok()?;
    let id = value.pointer("/to/id").or_else(|| value.get("id"))?;
    ObjectId::parse(id.as_str()?)
}

fn text(body: &[u8]) -> Result<Box<str>, String> {
    std::str::from_utf8(body).map(|text| decode::bare(text).into()).map_err(|_| "its answer is not text".to_owned())
}

fn by_id(page: &[u8]) -> Result<std::collections::BTreeMap<ObjectId, Box<str>>, String> {
    let (rows, total) = decode::elements(page).map_err(|_| "its list cannot be read".to_owned())?;
    if drive::more(total, rows.len()) {
        return Err(format!("the answer holds {} of {} users", rows.len(), total.unwrap_or(0)));
    }
    let id = |row: &str| field_of(row, "_id").and_then(|id| ObjectId::parse(&id));
    Ok(rows.iter().filter_map(|row| Some((id(row.get())?, Box::from(row.get())))).collect())
}

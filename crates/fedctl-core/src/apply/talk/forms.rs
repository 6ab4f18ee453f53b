//! Requests whose spelling nobody has published: which one is sent, when a next one is tried, and how what a service made
//! of a request that it did not understand is taken back.

use std::time::Duration;

use serde_json::Value;

use super::super::judge::Standing;
use super::super::{End, Run};
use super::{Planned, SENDS, SHOWS_WITHIN, Why, backoff};
use crate::address::Org;
use crate::plan::Verb;
use crate::plan::action::{Action, Choice, Form, Then, Undo, Write};
use crate::request::{Answer, Outcome};

/// A question of one organisation.
pub(in crate::apply) type Question = (Org, Choice);

/// What is known of a question in this run.
#[derive(Debug, Clone)]
pub(in crate::apply) enum Known {
    /// This action finds it out, and these wait for that.
    Asked(u32, Vec<u32>),
    /// This form is taken.
    Form(&'static str),
    /// None is.
    Nothing,
}

/// Whether an action may begin, as far as its spelling is concerned.
pub(super) enum Begin {
    /// With the form at this place; others may be tried if the question was not answered before.
    With { form: usize, is_settled: bool },
    /// Another action finds out how.
    Later,
    /// A person does it.
    ByHand(&'static str),
}

impl Run {
    /// One action finds out what the service takes; what asks the same waits for that.
    pub(super) fn begin_form(&mut self, at: u32) -> Begin {
        let action = self.action(at);
        let Write::First { choice, forms } = &action.write else { return Begin::With { form: 0, is_settled: true } };
        if forms.is_empty() {
            return Begin::ByHand("it is done by hand, says the operator");
        }
        let question = (action.target.org, *choice);
        let place = |name: &str| forms.iter().position(|form| form.name == name);
        match self.questions.get(&question) {
            Some(Known::Form(name)) => match place(name) {
                Some(form) => return Begin::With { form, is_settled: true },
                None => return Begin::With { form: 0, is_settled: false },
            },
            Some(Known::Nothing) => return Begin::ByHand("no spelling of it was taken before in this run"),
            Some(Known::Asked(..)) | None => {}
        }
        match self.questions.entry(question).or_insert(Known::Asked(at, Vec::new())) {
            Known::Asked(by, waiting) if *by != at => {
                waiting.push(at);
                Begin::Later
            }
            Known::Asked(..) | Known::Form(_) | Known::Nothing => Begin::With { form: 0, is_settled: false },
        }
    }

    /// What the end of an action says about its question. Whoever waited goes on.
    pub(in crate::apply) fn question_answered(&mut self, at: u32, form: usize, end: &End) {
        let action = self.action(at);
        let Write::First { choice, forms } = &action.write else { return };
        let question = (action.target.org, *choice);
        let name = forms.get(form).map(|form| form.name);
        let Some(Known::Asked(by, _)) = self.questions.get(&question) else { return };
        if *by != at {
            return;
        }
        let known = match (end, name) {
            (End::Applied, Some(name)) => self.questions.insert(question, Known::Form(name)),
            (End::Manual(_), _) => self.questions.insert(question, Known::Nothing),
            _ => self.questions.remove(&question),
        };
        if let Some(Known::Asked(_, waiting)) = known {
            self.ready.extend(waiting.into_iter().filter(|at| self.ends[*at as usize].is_none()));
        }
    }

    /// A refusal of form, and a look that shows what it means: the next form, when a second look says the same.
    pub(super) fn form_refused(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: &Standing) {
        let refused = self.talk(at).refused.clone().unwrap_or_default();
        let is_unmoved = match action.verb {
            Verb::Create => object.is_none() && self.grew_by(at) == Some(0),
            Verb::Update | Verb::Adopt | Verb::Delete | Verb::Check => *standing == Standing::Before,
        };
        if !is_unmoved {
            let why = format!("{refused}; and something changed meanwhile, so no other spelling of it was tried");
            return self.finish(at, End::Failed(why));
        }
        let talk = self.talk(at);
        talk.clean_looks += 1;
        if talk.clean_looks < 2 {
            return self.wait(at, backoff(1), Planned::Look);
        }
        if talk.is_settled {
            return self.finish(at, End::Failed(refused));
        }
        self.next_form(at, action, refused);
    }

    /// Sends the next form; after the last a person has to do it.
    fn next_form(&mut self, at: u32, action: &Action, why: String) {
        let talk = self.talk(at);
        if talk.form + 1 >= action.forms().len() {
            // A secret that a person sees is of no use to a run.
            let end = if super::brings_secret(action) { End::Failed(why) } else { End::Manual(why) };
            return self.finish(at, end);
        }
        talk.form += 1;
        (talk.refused, talk.taking_back, talk.looking) = (None, None, None);
        (talk.clean_looks, talk.looks, talk.sends, talk.waited) = (0, 0, 0, Duration::ZERO);
        self.turns.push_back((at, Planned::Write));
    }

    /// How many objects there are more than before the first request; `Some(0)` where nobody counted.
    pub(super) fn grew_by(&mut self, at: u32) -> Option<usize> {
        let talk = self.talk(at);
        talk.rows_before.map_or(Some(0), |before| talk.rows.checked_sub(before))
    }

    /// Whether a creation made one object and no more.
    pub(super) fn is_one_more(&mut self, at: u32) -> bool {
        self.talk(at).rows_before.is_none() || self.grew_by(at) == Some(1)
    }

    /// What the service made is not what was asked for: it is taken back, where the form knows how.
    pub(super) fn not_kept(&mut self, at: u32, action: &Action, why: String) {
        if undo(action, self.talk(at).form).is_none() {
            return self.finish(at, End::Failed(why));
        }
        let talk = self.talk(at);
        (talk.taking_back, talk.looking) = (Some(why), None);
        (talk.sends, talk.looks, talk.waited) = (0, 0, Duration::ZERO);
        self.turns.push_back((at, Planned::Write));
    }

    /// What became of the request that takes it back.
    pub(super) fn took_back(&mut self, at: u32, outcome: Outcome) {
        match outcome {
            Outcome::NotSent(why) | Outcome::Unknown(why) => self.take_back_again(at, &why),
            Outcome::Answered(Answer { status: 429 | 500.., .. }) => self.take_back_again(at, "the service is busy"),
            Outcome::Answered(answer) if answer.is_success() || answer.status == 404 => self.look(at, Why::TakenBack),
            Outcome::Answered(answer) => self.stays(at, &format!("{} {}", answer.status, answer.message())),
        }
    }

    fn take_back_again(&mut self, at: u32, why: &str) {
        let sends = self.talk(at).sends;
        if sends >= SENDS {
            return self.stays(at, why);
        }
        self.wait(at, backoff(sends), Planned::Write);
    }

    /// The look after that.
    pub(super) fn taken_back(&mut self, at: u32, action: &Action, object: Option<&Value>, standing: &Standing) {
        let is_gone = match action.verb {
            Verb::Create => object.is_none(),
            Verb::Update | Verb::Adopt | Verb::Delete | Verb::Check => *standing == Standing::Before,
        };
        if !is_gone {
            if self.talk(at).waited >= SHOWS_WITHIN {
                return self.stays(at, "it still shows");
            }
            let pause = backoff(self.talk(at).looks);
            return self.wait(at, pause, Planned::Look);
        }
        let talk = self.talk(at);
        let (why, form) = (talk.taking_back.take().unwrap_or_default(), talk.form);
        self.given.forget(&action.target);
        match undo(action, form).map(|undo| undo.then) {
            Some(Then::Next) => self.next_form(at, action, why),
            Some(Then::Manual) | None => self.finish(at, End::Manual(format!("{why}; that was taken back"))),
        }
    }

    fn stays(&mut self, at: u32, why: &str) {
        let talk = self.talk(at);
        let what = talk.taking_back.take().unwrap_or_default();
        self.finish(at, End::Failed(format!("{what}; it could not be taken back ({why}): look at it in the console")));
    }
}

/// How a form takes back what came of it.
pub(super) fn undo(action: &Action, form: usize) -> Option<&Undo> {
    action.forms().get(form).and_then(|form: &Form| form.undo.as_ref())
}

//! Writing: what each answer to a write means, and when it is sent again.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::super::{End, Run, judge, live};
use super::{Planned, SENDS, Why, again, backoff, call, field_of, is_live};
use crate::decode;
use crate::endpoint::{Again, Host};
use crate::plan::Verb;
use crate::plan::action::{Action, Write};
use crate::plan::hole::{Body, Give};
use crate::planted::planted;
use crate::request::{Answer, Outcome};

/// Twice as long as a look may be old when a list is written by it: after that, nobody overwrites what we wrote with what they
/// had read before.
const CONTESTED: Duration = Duration::from_secs(4);

/// The longest that the service may ask to wait before an action is given up.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

impl Run {
    pub(super) fn wrote(&mut self, at: u32, outcome: Outcome) {
        let plan = Arc::clone(&self.plan);
        let action = &plan.actions[at as usize];
        if self.talk(at).taking_back.is_some() {
            return self.took_back(at, outcome);
        }
        match outcome {
            // A first request that never left leaves nothing in doubt, and a run that is to stop does not try again.
            Outcome::NotSent(why) if self.stopping && self.talk(at).sends == 1 && !self.given.holds_any_secret() => {
                self.finish(at, End::Failed(why));
            }
            Outcome::NotSent(why) => self.send_again(at, &why),
            Outcome::Unknown(_) => self.in_doubt(at, action),
            Outcome::Answered(answer) => self.answered(at, action, &answer),
        }
    }

    fn in_doubt(&mut self, at: u32, action: &Action) {
        // A question to the token endpoint leaves nothing behind.
        self.talk(at).may_have_arrived |= !matches!(action.write, Write::Probe { .. });
        match planted!(PostAgain => Again::AtOnce, again(action, self.talk(at).form)) {
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
            (Write::First { .. }, 400 | 404 | 405 | 409 | 422) | (Write::One(_), 400 | 409)
                if action.look.is_some() =>
            {
                // A conflict is about the object, and not about how it is spelt.
                self.talk(at).is_settled |= answer.status == 409;
                self.talk(at).refused = Some(format!("{} {}", answer.status, answer.message()));
                self.look(at, Why::Doubt);
            }
            (Write::One(call), _) if call.endpoint.endpoint().host == Host::Escrow => {
                self.finish(at, End::Failed(answer.message()));
            }
            (_, status) => self.finish(at, End::Failed(format!("{status} {}", answer.message()))),
        }
    }

    fn accepted(&mut self, at: u32, action: &Action, answer: &Answer) {
        self.talk(at).was_taken = true;
        let text = std::str::from_utf8(&answer.body).map(decode::bare).unwrap_or_default();
        let object: Option<Value> = serde_json::from_str(text).ok();
        if let Some(object) = &object {
            self.keep_gifts(action, object);
        }
        let look = action.look.as_ref();
        // An empty body on a creation is known of: then the object is looked for.
        let gives_id = look.is_some_and(|look| look.at.gives.iter().any(|(give, _)| *give == Give::Id));
        let has_id = !gives_id || self.given.public(&self.plan, &action.target, Give::Id).is_some();
        if !has_id || look.is_some_and(|look| look.at.after) {
            return self.look(at, Why::After);
        }
        let form = self.talk(at).form;
        let lost =
            look.and(object.as_ref()).and_then(|object| judge::not_kept(&self.plan, &self.given, action, form, object));
        let others = || self.lost_of_others(at, action, &answer.body);
        match lost.map(ToString::to_string).or_else(others) {
            Some(field) => self.not_kept(at, action, format!("accepted, and `{field}` was not kept")),
            None if look.is_some_and(|look| look.at.contested) => {
                self.talk(at).looking = Some(Why::After);
                self.wait(at, CONTESTED, Planned::Look);
            }
            None => self.done(at, action, End::Applied),
        }
    }

    /// The entry of somebody else that was seen before the write and is not in its answer.
    fn lost_of_others(&self, at: u32, action: &Action, answer: &[u8]) -> Option<String> {
        let talk = self.talks.get(&at)?;
        let Some(Body::Json(sent)) = &call(action, talk.form)?.body else { return None };
        live::lost(sent, talk.seen.as_deref()?, std::str::from_utf8(answer).ok()?)
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
        if pause > LONGEST_WAIT {
            let why = format!("429: the service asks to wait {} s", pause.as_secs());
            return self.finish(at, End::Failed(why));
        }
        self.write_after(at, pause);
    }

    pub(super) fn send_again(&mut self, at: u32, why: &str) {
        let sends = self.talk(at).sends;
        if sends >= SENDS {
            let text = format!("{why}, {sends} times");
            let may_have_arrived = self.talk(at).may_have_arrived;
            return self.finish(at, if may_have_arrived { End::Unknown(text) } else { End::Failed(text) });
        }
        self.write_after(at, backoff(sends));
    }

    /// Writes after a pause. An array of others is looked at again first: what was seen before the pause may have changed.
    fn write_after(&mut self, at: u32, pause: Duration) {
        let is_live = planted!(StaleArray => false, is_live(self.action(at)));
        if is_live {
            self.talk(at).looking = Some(Why::Before);
        }
        self.wait(at, pause, if is_live { Planned::Look } else { Planned::Write });
    }
}

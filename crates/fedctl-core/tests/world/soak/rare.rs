//! Branches that are seldom taken: each is counted, and a long run that never met one has not tried it.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_core::address::Kind;
use fedctl_core::apply::End;
use fedctl_core::plan::{Action, Because, Fate, Plan, Verb};

use crate::watch::Log;
use crate::witness::Became;

/// What was met, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rare {
    counts: BTreeMap<String, u64>,
}

/// Every branch that a long run has to meet. That no form was taken and a person has to do it is met too seldom: `forms.rs`
/// has it on purpose.
pub(crate) const BRANCHES: &[&str] = &[
    "plan: held, account-exists",
    "plan: held, account-suspended",
    "plan: held, access-taken",
    "plan: held, locked",
    "plan: held, no-access",
    "plan: held, pilot",
    "plan: held, staged",
    "plan: held, unrouted",
    "plan: held, username-taken",
    "plan: half made by an earlier run",
    "plan: duplicate removed",
    "plan: new app, the secret was lost",
    "plan: old app removed",
    "plan: provider pointed at a new app",
    "plan: renamed",
    "plan: taken over",
    "plan: an account gets another address",
    "plan: an account gets the address of another",
    "plan: an account is deleted",
    "plan: held, address-taken",
    "guard: ambiguous",
    "guard: foreign",
    "guard: impersonation",
    "guard: protected",
    "guard: recycled-address",
    "read: the service refused",
    "read: nobody answered",
    "write: a creation that nobody answered was found",
    "write: in doubt at the end",
    "write: the secret was shown to nobody",
    "write: changed by hand since the plan",
    "write: made by hand since the plan",
    "write: gone since the plan",
    "write: not kept",
    "write: left out after a failure",
    "write: a form was refused, the next was taken",
    "write: strangers in the routing group",
    "write: given up after several tries",
    "write: so already",
    "wait: the service is busy",
    "wait: looked at again",
    "run: killed",
    "run: ended in a gap",
    "run: a request did not leave",
    "run: stopped",
    "run: stopped, and the secret still went to the provider",
    "run: a late request was carried out",
    "run: edited by hand in the middle",
];

impl Rare {
    pub(crate) fn met(&mut self, what: impl Into<String>) {
        *self.counts.entry(what.into()).or_default() += 1;
    }

    pub(crate) fn add(&mut self, others: Rare) {
        for (what, count) in others.counts {
            *self.counts.entry(what).or_default() += count;
        }
    }

    pub(crate) fn count(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or_default()
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.counts.iter().map(|(what, count)| format!("  {count:>8}  {what}"))
    }

    /// The branches that were never met.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        BRANCHES.iter().filter(|what| self.count(what) == 0).copied().collect()
    }

    /// What became of a run.
    pub(crate) fn became(&mut self, became: &Became, log: &Log) {
        match became {
            Became::NoPlan(why) => self.met(format!("read: {}", no_plan(why))),
            Became::Refused(plan) => {
                self.planned(plan);
                plan.refusals.iter().for_each(|refusal| self.met(format!("guard: {}", refusal.guard.as_str())));
            }
            Became::Killed(plan) => {
                self.planned(plan);
                self.renamed(plan, log);
                self.met("run: killed");
            }
            Became::Ended(plan, ends) => {
                self.planned(plan);
                self.renamed(plan, log);
                self.ended(ends);
                self.found(plan, ends, log);
            }
        }
        self.said(log);
    }

    fn planned(&mut self, plan: &Plan) {
        for person in &plan.people {
            if let Fate::Held(held) = person.fate {
                let word = serde_json::to_value(held).unwrap();
                self.met(format!("plan: held, {}", word.as_str().unwrap()));
            }
        }
        for action in &plan.actions {
            match (action.because, action.verb) {
                (Because::HalfMade, _) => self.met("plan: half made by an earlier run"),
                (Because::Duplicate, Verb::Delete) => self.met("plan: duplicate removed"),
                (Because::SecretLost, _) => self.met("plan: new app, the secret was lost"),
                (Because::Superseded, Verb::Delete) => self.met("plan: old app removed"),
                (Because::Orphaned, _) => self.met("plan: provider pointed at a new app"),
                (Because::Renamed, _) => self.met("plan: renamed"),
                (Because::Adopted, _) => self.met("plan: taken over"),
                (Because::Left, Verb::Delete) if action.target.kind == Kind::User => {
                    self.met("plan: an account is deleted");
                }
                _ => {}
            }
        }
    }

    /// Accounts that get another address, and what is left of that when a run is over.
    fn renamed(&mut self, plan: &Plan, log: &Log) {
        let renames: Vec<_> = plan.actions.iter().filter_map(Action::renames).collect();
        let is_given_up = |address| renames.iter().any(|other| other.before.as_deref() == address);
        for rename in &renames {
            self.met("plan: an account gets another address");
            if is_given_up(rename.text()) {
                self.met("plan: an account gets the address of another");
            }
        }
        let done = |at: usize| {
            let at = u32::try_from(at).unwrap();
            let own = log.writes().filter(|sent| sent.actions.contains(&at));
            own.filter(|sent| sent.came.is_some_and(|status| status < 300)).count() > 0
        };
        let numbered = || plan.actions.iter().enumerate();
        for (at, action) in numbered().filter(|(at, action)| action.renames().is_some() && done(*at)) {
            let closes = numbered().find(|(other, next)| *other > at && next.subject == action.subject);
            if closes.is_some_and(|(at, _)| !done(at)) {
                self.met("run: ended in a gap");
            }
        }
    }

    /// What became of the actions of a run.
    fn ended(&mut self, ends: &[End]) {
        for end in ends {
            match end {
                End::Already => self.met("write: so already"),
                End::Skipped(_) => self.met("write: left out after a failure"),
                End::Unknown(why) => {
                    self.met("write: in doubt at the end");
                    self.failed(why);
                }
                End::Manual(why) => {
                    self.met("write: by hand, no form was taken");
                    self.failed(why);
                }
                End::Failed(why) => self.failed(why),
                End::Applied | End::NotStarted => {}
            }
        }
    }

    fn failed(&mut self, why: &str) {
        let words = [
            ("shown once", "write: the secret was shown to nobody"),
            ("changed since the plan", "write: changed by hand since the plan"),
            ("somebody made one", "write: made by hand since the plan"),
            ("not there any more", "write: gone since the plan"),
            ("404 Not Found", "write: gone since the plan"),
            ("not kept", "write: not kept"),
            ("members who are not in this plan", "write: strangers in the routing group"),
            (" times", "write: given up after several tries"),
        ];
        let known = words.into_iter().find(|(word, _)| why.contains(word));
        if let Some((_, what)) = known {
            self.met(what);
        }
    }

    /// Creations that nobody answered, and that the look found.
    fn found(&mut self, plan: &Plan, ends: &[End], log: &Log) {
        let was_lost =
            |at: u32| log.writes().any(|sent| sent.came.is_none() && sent.left && sent.actions.contains(&at));
        for (at, (action, end)) in (0_u32..).zip(plan.actions.iter().zip(ends)) {
            if action.verb == Verb::Create && *end == End::Applied && was_lost(at) {
                self.met("write: a creation that nobody answered was found");
            }
        }
    }

    /// What shows in the requests alone.
    fn said(&mut self, log: &Log) {
        let (mut asked, mut refused) = (BTreeSet::new(), false);
        for sent in &log.0 {
            if sent.came == Some(429) {
                self.met("wait: the service is busy");
            }
            if !sent.left {
                self.met("run: a request did not leave");
            }
            if sent.reads() {
                if !asked.insert((&sent.line, &sent.body)) && !sent.actions.is_empty() {
                    self.met("wait: looked at again");
                }
                continue;
            }
            asked.clear();
            match sent.came {
                Some(400 | 404 | 405 | 422) if sent.line.contains("/identity-provider/policies") => refused = true,
                Some(200..300) if refused && sent.line.contains("/identity-provider/policies") => {
                    refused = false;
                    self.met("write: a form was refused, the next was taken");
                }
                _ => {}
            }
        }
    }
}

/// Why there was no plan, as a kind.
fn no_plan(why: &str) -> &'static str {
    let kinds = [
        ("answers", "the service refused"),
        ("cannot be read", "an answer made no sense"),
        ("Diagnostic", "the spec does not fit the organisations"),
        ("UnknownGroup", "the spec does not fit the organisations"),
    ];
    kinds.into_iter().find(|(word, _)| why.contains(word)).map_or("nobody answered", |(_, kind)| kind)
}

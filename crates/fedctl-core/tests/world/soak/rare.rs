//! Branches that are seldom taken: each is counted, and a long run that never met one has not tried it.

use std::collections::BTreeMap;

use fedctl_core::apply::End;
use fedctl_core::plan::{Because, Fate, Plan, Verb};

/// What was met, and how often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rare {
    counts: BTreeMap<String, u64>,
}

/// Every branch that a long run has to meet.
pub(crate) const BRANCHES: &[&str] = &[
    "plan: held, account-exists",
    "plan: held, account-suspended",
    "plan: held, access-taken",
    "plan: held, locked",
    "plan: held, no-access",
    "plan: held, pilot",
    "plan: held, routing-off",
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
    "guard: ambiguous",
    "guard: foreign",
    "guard: impersonation",
    "guard: protected",
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
    "write: by hand, no form was taken",
    "write: strangers in the routing group",
    "write: given up after several tries",
    "write: so already",
    "wait: the service is busy",
    "wait: looked at again until it showed",
    "run: killed before a request",
    "run: killed after a request",
    "run: stopped",
    "run: stopped, and the secret still went to the provider",
    "run: a late request was carried out",
    "run: edited by hand in the middle",
    "run: nothing left the machine",
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

    pub(crate) fn planned(&mut self, plan: &Plan) {
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
                _ => {}
            }
        }
    }

    pub(crate) fn refused(&mut self, plan: &Plan) {
        plan.refusals.iter().for_each(|refusal| self.met(format!("guard: {}", refusal.guard.as_str())));
    }

    /// What became of the actions of a run.
    pub(crate) fn ended(&mut self, ends: &[End]) {
        for end in ends {
            match end {
                End::Already => self.met("write: so already"),
                End::Skipped(_) => self.met("write: left out after a failure"),
                End::Unknown(_) => self.met("write: in doubt at the end"),
                End::Manual(_) => self.met("write: by hand, no form was taken"),
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
            ("not kept", "write: not kept"),
            ("members who are not in this plan", "write: strangers in the routing group"),
            (" times", "write: given up after several tries"),
        ];
        let known = words.into_iter().find(|(word, _)| why.contains(word));
        if let Some((_, what)) = known {
            self.met(what);
        }
    }
}

//! What a rehearsal came to, for people and machines. It stands beside the plan and is no part of its digest.

use fedctl_rehearsal::Rehearsal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::{count, visible};

/// What a rehearsal came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rehearsed {
    /// How many actions were rehearsed.
    pub actions: usize,
    /// How many situations people are in, each with what is done for them.
    pub situations: usize,
    /// How many states that applying can reach were visited.
    pub states: usize,
    /// How many answers to questions that nobody has answered were tried, besides the likely ones.
    pub answers: usize,
    /// In how many situations there were too many states for every order: there the order of the plan was taken, with
    /// every one and every two actions refused.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub in_list_order: usize,
    /// What would be so under an answer that nobody has given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unproven: Vec<UnprovenRow>,
    /// Actions that do not succeed on the model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failing: Vec<FailingRow>,
}

/// A question that nobody has answered, and what would come of one of its answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnprovenRow {
    /// The question.
    pub question: String,
    /// The answer, as a switch of the simulator.
    pub answer: String,
    /// What would happen, and after which action.
    pub what: String,
    /// Some document gives another answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub documented_otherwise: bool,
}

/// An action that does not succeed on the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FailingRow {
    /// What is done to which object.
    pub action: String,
    /// Why it does not succeed.
    pub why: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Rehearsed {
    /// What is to be shown of a rehearsal.
    pub fn of(rehearsal: Rehearsal) -> Self {
        let unproven = rehearsal.doubts.into_iter();
        let failing = rehearsal.failing.into_iter();
        Self {
            actions: rehearsal.actions,
            situations: rehearsal.situations,
            states: rehearsal.states,
            answers: rehearsal.answers,
            in_list_order: rehearsal.in_list_order,
            unproven: unproven
                .map(|doubt| UnprovenRow {
                    question: doubt.question,
                    answer: doubt.answer,
                    what: doubt.what,
                    documented_otherwise: doubt.is_documented_otherwise,
                })
                .collect(),
            failing: failing.map(|(action, why)| FailingRow { action, why }).collect(),
        }
    }

    /// What was rehearsed, on one line.
    pub fn line(&self) -> String {
        let whole = format!(
            "Rehearsed on fedctl's model: {}, {}, {}, {}",
            count(self.actions, "action", "actions"),
            count(self.situations, "situation", "situations"),
            count(self.states, "state", "states"),
            count(self.answers, "answer", "answers"),
        );
        match self.in_list_order {
            0 => whole,
            some => format!(
                "{whole}; {} with too many states for every order: there every one and every two actions were refused",
                count(some, "situation", "situations")
            ),
        }
    }

    /// What is not known, and what did not succeed, a line each.
    pub fn remarks(&self) -> impl Iterator<Item = String> {
        let unproven = self.unproven.iter().map(|row| {
            let documented = if row.documented_otherwise { " (a help page says that it is not)" } else { "" };
            let (question, answer, what) = (visible(&row.question), visible(&row.answer), visible(&row.what));
            format!("unproven: {question} If it is `{answer}`{documented}, {what}")
        });
        let failing = self
            .failing
            .iter()
            .map(|row| format!("does not succeed on the model: {}: {}", visible(&row.action), visible(&row.why)));
        unproven.chain(failing)
    }

    /// The line and the remarks as text for a terminal.
    pub fn text(&self) -> String {
        let remarks: String = self.remarks().map(|remark| format!("  ! {remark}\n")).collect();
        format!("{}\n{remarks}", self.line())
    }
}

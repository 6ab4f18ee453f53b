//! Answers to the open questions, in rows in which every two of them meet.

use jumpcloud_sim::World;

use crate::pairwise;
use crate::questions::{QUESTIONS, Question, When};
use crate::seed::settle;

/// Answers to some questions, other than those of the stage.
#[derive(Debug, Clone)]
pub(crate) struct Answers(Vec<(&'static Question, &'static str)>);

impl Answers {
    /// The rows; that of the stage is not among them.
    pub(crate) fn rows() -> Vec<Self> {
        let sizes: Vec<usize> = QUESTIONS.iter().map(|question| question.answers.len()).collect();
        let row = |row: Vec<usize>| {
            let others = QUESTIONS.iter().zip(row).filter(|(_, answer)| *answer > 0);
            Self(others.map(|(question, answer)| (question, question.answers[answer])).collect())
        };
        pairwise::rows(&sizes).into_iter().skip(1).map(row).collect()
    }

    /// How many answers there are besides those of the stage.
    pub(crate) fn count() -> usize {
        QUESTIONS.iter().map(|question| question.answers.len() - 1).sum()
    }

    /// Those that matter then.
    pub(crate) fn of(&self, when: When) -> Self {
        Self(self.0.iter().filter(|(question, _)| question.when == when).copied().collect())
    }

    /// Each alone.
    pub(crate) fn singles(&self) -> impl Iterator<Item = Self> + use<> {
        self.0.clone().into_iter().map(|one| Self(vec![one]))
    }

    /// Has the service give these answers.
    pub(crate) fn set(&self, world: &mut World) {
        self.0.iter().for_each(|(question, answer)| settle(world, question.name, answer));
    }

    /// Has it give those of the stage again.
    pub(crate) fn unset(&self, world: &mut World) {
        self.0.iter().for_each(|(question, _)| settle(world, question.name, question.answers[0]));
    }

    /// Whether some document says otherwise.
    pub(crate) fn are_against_documents(&self) -> bool {
        self.0.iter().any(|(question, _)| question.is_documented)
    }

    /// The questions in words.
    pub(crate) fn asks(&self) -> String {
        self.0.iter().map(|(question, _)| question.asks).collect::<Vec<_>>().join(" and ")
    }

    /// The answers as switches.
    pub(crate) fn switches(&self) -> String {
        self.0.iter().map(|(question, answer)| format!("{}={answer}", question.name)).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_is_a_switch_of_the_simulator_with_its_default_first() {
        let settings = World::new(1).settings().describe();
        for question in QUESTIONS {
            let setting = settings.iter().find(|setting| setting.name == question.name).unwrap();
            // Which letters count is a question of addresses: see the stage.
            let is_default = setting.value == question.answers[0] || question.name == "email-case-sensitive";
            assert!(is_default, "{}", question.name);
            assert_eq!(setting.values.len(), question.answers.len(), "{}", question.name);
            assert_eq!(setting.about.contains("[doc"), question.is_documented || question.name == "group-attributes");
        }
    }
}

//! Answers to the open questions, in rows in which every two of them meet.

use fedctl_core::kinds::oidc_app::wire::Source;
use jumpcloud_sim::World;

use crate::pairwise;
use crate::questions::{PREFIXED, QUESTIONS, Question, TOGETHER, When};
use crate::seed::settle;

/// Answers to some questions, other than those of the stage.
#[derive(Debug, Clone)]
pub(crate) struct Answers(Vec<(&'static Question, &'static str)>);

impl Answers {
    /// The rows; that of the stage is not among them. An answer that some document contradicts is tried alone, and with the
    /// one that makes it harm.
    pub(crate) fn rows(source: Source) -> Vec<Self> {
        let as_written = |question: &'static Question| match source {
            Source::Prefixed if question.name == PREFIXED.name => &PREFIXED,
            Source::Prefixed | Source::Bare => question,
        };
        let (documented, open): (Vec<&'static Question>, Vec<&'static Question>) =
            QUESTIONS.iter().map(as_written).partition(|question| question.is_documented);
        let sizes: Vec<usize> = open.iter().map(|question| question.answers.len()).collect();
        let row = |row: Vec<usize>| {
            let others = open.iter().zip(row).filter(|(_, answer)| *answer > 0);
            Self(others.map(|(question, answer)| (*question, question.answers[answer])).collect())
        };
        let alone = documented
            .into_iter()
            .flat_map(|question| question.answers.iter().skip(1).map(move |answer| Self(vec![(question, *answer)])));
        let together = TOGETHER.iter().map(|answers| {
            let question = |name| QUESTIONS.iter().find(|question| question.name == name);
            Self(answers.iter().filter_map(|(name, answer)| Some((question(*name)?, *answer))).collect())
        });
        pairwise::rows(&sizes).into_iter().skip(1).map(row).chain(alone).chain(together).collect()
    }

    /// How many answers there are besides those of the stage.
    pub(crate) fn count() -> usize {
        QUESTIONS.iter().map(|question| question.answers.len() - 1).sum()
    }

    /// Those that matter then.
    pub(crate) fn of(&self, when: When) -> Self {
        Self(self.0.iter().filter(|(question, _)| question.when == when).copied().collect())
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Those that are not among others.
    pub(crate) fn without(&self, others: &[Self]) -> Self {
        let is_there = |answer: &&(&'static Question, &'static str)| {
            let is = |other: &(&'static Question, &'static str)| (other.0.name, other.1) == (answer.0.name, answer.1);
            others.iter().any(|other| other.0.iter().any(is))
        };
        Self(self.0.iter().filter(|answer| !is_there(answer)).copied().collect())
    }

    /// The fewest of these answers that still harm, and how.
    pub(crate) fn least<H>(&self, harm: H, mut harms: impl FnMut(&Self) -> Option<H>) -> (Self, H) {
        let mut least = (self.clone(), harm);
        for one in self.singles() {
            let fewer = Self(least.0.0.iter().filter(|answer| answer.0.name != one.0[0].0.name).copied().collect());
            if let Some(harm) = harms(&fewer) {
                least = (fewer, harm);
            }
        }
        least
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
            assert!(question.answers.iter().all(|answer| setting.values.contains(answer)), "{}", question.name);
            assert_eq!(setting.about.contains("[doc"), question.is_documented || question.name == "group-attributes");
        }
    }
}

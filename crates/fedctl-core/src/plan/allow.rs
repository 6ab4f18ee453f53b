//! A lift: somebody's word that one guard does not stop one plan, that far.
//!
//! It is said where a plan is applied, and nowhere else: neither a spec nor an operator file nor a saved plan carries one. It
//! names the plan by its digest, which does not depend on what is lifted.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use super::Plan;
use super::guard::{Guard, Lift};
use crate::text::nearest::nearest;

/// How many digits of a digest name a plan, at least. Nobody types 64.
pub const DIGITS: usize = 16;

/// `GUARD=COUNT@DIGEST`, or `GUARD@DIGEST` where the guard does not count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allow {
    /// Which guard.
    pub guard: Guard,
    /// How many people or objects, where it says so.
    pub count: Option<u32>,
    /// The first digits of the digest of the plan.
    pub digest: Box<str>,
}

impl Allow {
    /// Whether this is the digest that it names.
    fn names(&self, digest: &str) -> bool {
        digest.starts_with(&*self.digest)
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count.map(|count| format!("={count}")).unwrap_or_default();
        write!(f, "{}{count}@{}", self.guard.as_str(), self.digest)
    }
}

/// Why a text is no lift.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AllowError {
    /// It has another form.
    #[error("write GUARD=COUNT@DIGEST, as the refusal of the plan says it")]
    Form,
    /// There is no such guard.
    #[error("there is no guard `{name}`; {near}")]
    NoGuard {
        /// What was written.
        name: Box<str>,
        /// What is meant perhaps.
        near: String,
    },
    /// Nothing lifts this guard.
    #[error("nothing lifts the guard `{guard}`: {way_out}", guard = .0, way_out = .0.way_out())]
    Never(Guard),
    /// The guard counts, and the text does not say how many.
    #[error("`{0}` takes a number: write {0}=COUNT@DIGEST, as the refusal of the plan says it")]
    NoCount(Guard),
    /// What stands for the digest is none.
    #[error("`{0}` is no digest of a plan: give at least the first {DIGITS} of its digits (0-9, a-f)")]
    Digest(Box<str>),
}

impl fmt::Display for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Allow {
    type Err = AllowError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (what, digest) = text.split_once('@').ok_or(AllowError::Form)?;
        let (name, count) = match what.split_once('=') {
            Some((name, count)) => (name, Some(count.parse().map_err(|_| AllowError::Form)?)),
            None => (what, None),
        };
        let guard =
            Guard::from_name(name).ok_or_else(|| AllowError::NoGuard { name: name.into(), near: near(name) })?;
        match (guard.lift(), count) {
            (Lift::Never, _) => return Err(AllowError::Never(guard)),
            (Lift::Count, None) => return Err(AllowError::NoCount(guard)),
            (Lift::Count | Lift::Digest, _) => {}
        }
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if !(DIGITS..=64).contains(&digest.len()) || !digest.bytes().all(is_digit) {
            return Err(AllowError::Digest(digest.into()));
        }
        Ok(Self { guard, count, digest: digest.into() })
    }
}

/// The guards that can be meant: those that can be lifted, the nearest alone if there is one.
fn near(name: &str) -> String {
    let liftable = Guard::ALL.iter().filter(|guard| guard.lift() != Lift::Never);
    let liftable: Vec<&str> = liftable.map(|guard| guard.as_str()).collect();
    match nearest(name, &liftable) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("these can be lifted: {}", liftable.join(", ")),
    }
}

/// Why a lift does not lift anything of a plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAllowed {
    /// It is for another plan.
    #[error("`{allow}` is for another plan: the digest of this one begins with {digest}")]
    OtherPlan {
        /// The lift.
        allow: Allow,
        /// The first digits of the digest of the plan.
        digest: Box<str>,
    },
    /// The guard does not refuse the plan.
    #[error("`{0}` lifts nothing: this guard does not refuse the plan")]
    Nothing(Allow),
    /// It does not go far enough.
    #[error("`{allow}` does not go far enough: the plan needs {needed}")]
    TooFew {
        /// The lift.
        allow: Allow,
        /// How many it has to allow.
        needed: u32,
    },
    /// Nobody is there who could have looked.
    #[error("`{0}` is lifted at a terminal only: nobody is there who could look at what is given back")]
    Unattended(Allow),
}

impl Plan {
    /// How many people or objects a lift of this guard has to allow; 0 if it does not refuse the plan.
    pub fn needs(&self, guard: Guard) -> u32 {
        let counts = self.refusals.iter().filter(|refusal| refusal.guard == guard).filter_map(|refusal| refusal.count);
        counts.fold(0, u32::saturating_add)
    }

    /// What lifts a guard that refuses this plan, if anything does. `digest` is that of the plan.
    pub fn lift_of(&self, guard: Guard, digest: &str) -> Option<Allow> {
        let count = match guard.lift() {
            Lift::Never => return None,
            Lift::Count => Some(self.needs(guard)),
            Lift::Digest => None,
        };
        Some(Allow { guard, count, digest: digest.get(..DIGITS)?.into() })
    }

    /// What lifts every guard that refuses this plan; nothing where one of them is never lifted. `digest` is that of the plan.
    pub fn lifts(&self, digest: &str) -> Vec<Allow> {
        let guards: BTreeSet<Guard> = self.refusals.iter().map(|refusal| refusal.guard).collect();
        let lifts = guards.into_iter().map(|guard| self.lift_of(guard, digest));
        lifts.collect::<Option<Vec<_>>>().unwrap_or_default()
    }

    /// Whether nothing refuses it that nothing lifts.
    pub fn may_be_allowed(&self) -> bool {
        self.refusals.iter().all(|refusal| refusal.guard.lift() != Lift::Never)
    }

    /// Takes back what was lifted: everything refuses this plan again that did.
    pub fn forget_lifts(&mut self) {
        self.refusals.append(&mut self.lifted);
        self.refusals.sort();
    }

    /// Lifts guards from this plan: what they refuse moves from the refusals to what was lifted. All of them or none.
    ///
    /// `bound` is the digest of the saved plan that this one may not go beyond, if there is one: whoever saw that saw enough.
    /// `attended` says that somebody is at the terminal.
    ///
    /// # Errors
    /// A lift that is for another plan, lifts nothing, does not go far enough, or takes somebody at the terminal.
    pub fn allow(&mut self, allows: &[Allow], bound: Option<&str>, attended: bool) -> Result<(), NotAllowed> {
        if allows.is_empty() {
            return Ok(());
        }
        let digest = self.digest();
        for allow in allows {
            let needed = self.needs(allow.guard);
            if !allow.names(&digest) && !bound.is_some_and(|bound| allow.names(bound)) {
                let digest = digest[..DIGITS].into();
                return Err(NotAllowed::OtherPlan { allow: allow.clone(), digest });
            }
            if needed == 0 {
                return Err(NotAllowed::Nothing(allow.clone()));
            }
            if allow.count.is_some_and(|count| count < needed) {
                return Err(NotAllowed::TooFew { allow: allow.clone(), needed });
            }
            if allow.guard.is_attended() && !attended {
                return Err(NotAllowed::Unattended(allow.clone()));
            }
        }
        let is_lifted = |guard: Guard| guard.lift() != Lift::Never && allows.iter().any(|allow| allow.guard == guard);
        let (lifted, stand) = std::mem::take(&mut self.refusals).into_iter().partition(|one| is_lifted(one.guard));
        self.refusals = stand;
        self.lifted.extend::<Vec<_>>(lifted);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "0123456789abcdef";

    fn error(text: &str) -> AllowError {
        text.parse::<Allow>().unwrap_err()
    }

    #[test]
    fn a_lift_reads_back_as_it_was_written() {
        for text in [format!("max-losses=12@{DIGEST}"), format!("capture@{DIGEST}"), format!("capture=2@{DIGEST}ff")] {
            assert_eq!(text.parse::<Allow>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_lift_is_said_in_a_sentence() {
        assert_eq!(error("max-losses=12"), AllowError::Form);
        assert_eq!(error(&format!("max-losses=many@{DIGEST}")), AllowError::Form);
        assert_eq!(error(&format!("max-losses@{DIGEST}")), AllowError::NoCount(Guard::MaxLosses));
        assert_eq!(error(&format!("protected@{DIGEST}")), AllowError::Never(Guard::Protected));
        for digest in ["", "0123", "0123456789ABCDEF", "0123456789abcdeg"] {
            assert_eq!(error(&format!("capture@{digest}")), AllowError::Digest(digest.into()));
        }
        let text = error(&format!("max-loses=1@{DIGEST}")).to_string();
        assert_eq!(text, "there is no guard `max-loses`; did you mean `max-losses`?");
        let text = error(&format!("everything@{DIGEST}")).to_string();
        assert!(text.contains("these can be lifted: max-losses, no-other-way-in, "), "{text}");
    }

    #[test]
    fn no_text_lifts_a_guard_that_nothing_lifts() {
        for guard in Guard::ALL.iter().filter(|guard| guard.lift() == Lift::Never) {
            assert_eq!(error(&format!("{guard}=1@{DIGEST}")), AllowError::Never(*guard));
        }
    }
}

//! What becomes of a request that a fault meets.

use serde::{Deserialize, Serialize};

use super::when::unit;
use crate::secret::Dice;

/// No pause is longer than ten minutes: a typing error must not hold a test for a day.
const LONGEST_MS: u64 = 600_000;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Effect {
    /// The answer comes later, in milliseconds of the machine's clock; what it commits is committed at once.
    Latency(Spread),
    /// 429 for every request beyond a number in a window of the world's clock. JumpCloud publishes no number \[unknown\].
    RateLimit {
        /// How many are let through.
        requests: u64,
        /// In how many milliseconds.
        per_ms: u64,
        /// The `Retry-After` of the refusal, in seconds; none was ever seen \[observed\].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
    },
    /// A status in place of the answer.
    Fail {
        /// The status, 400 to 599.
        status: u16,
        /// Whether the request is carried out all the same.
        #[serde(default)]
        after_commit: bool,
        /// The `Retry-After` of the refusal, in seconds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retry_after_s: Option<u64>,
    },
    /// The request is carried out, and the connection ends after so many bytes of the answer, its head included.
    Cut {
        /// How many bytes arrive.
        at_byte: u64,
    },
    /// No answer ever comes.
    Timeout {
        /// Whether the request is carried out all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// The connection ends without an answer, and the request is carried out later, perhaps after later ones.
    LateCommit(After),
    /// The page that an edge shows whom it blocks; nothing is carried out \[observed\].
    #[serde(rename = "html-403")]
    Html403,
    /// The request is carried out, and the answer is 200 without a body \[observed\].
    EmptyBody,
    /// The request is carried out, and its answer waits until `DELETE /__sim/held`, or until the server stops.
    Hold,
    /// An answer that was written for it, of any status.
    Answer {
        /// The status, 200 to 599.
        status: u16,
        /// The body; `{request}` in it is what was asked, headers and all, with quotes and line ends escaped.
        body: String,
        /// What it says it is; JSON when it does not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content_type: Option<String>,
        /// Whether the request is carried out all the same.
        #[serde(default)]
        after_commit: bool,
    },
    /// Lists answer as before the last writes, until so many milliseconds of the world's clock have passed.
    DelayedVisibility {
        /// How long at most, in milliseconds.
        ms: u64,
    },
    /// Lists without `sort` come in another order each time, so that pages overlap and miss rows \[doc\].
    UnstableOrder,
    /// Pages lack their last rows, and their total does not say so.
    ShortPage {
        /// How many rows are missing.
        missing: usize,
    },
    /// The total of a list is wrong.
    FalseTotal {
        /// What is added to it.
        add: i64,
    },
    /// A field of each record is not what it should be.
    Hostile {
        /// What it is instead; each record draws one.
        how: Vec<Hostility>,
        /// Which fields; any, when none is named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<String>,
    },
}

/// A number that is always the same, or drawn by the seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spread {
    /// Always this.
    Fixed(u64),
    /// Anything from the first to the second.
    Uniform(u64, u64),
    /// Mostly small, sometimes large, with this mean.
    Exponential(u64),
}

/// When a request that lost its client is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// After so many further requests.
    Requests(Spread),
    /// After so many milliseconds of the world's clock, when the next request comes.
    Ms(Spread),
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hostility {
    /// It is not there.
    Missing,
    /// One that nobody knows is there too.
    Unknown,
    /// `null`.
    Null,
    /// A value of another type.
    WrongType,
    /// Text with control characters.
    Control,
    /// Text with characters that reorder what is read.
    Bidi,
    /// A text of 64 KiB.
    Huge,
    /// A value nested deeper than most readers follow.
    Deep,
}

impl Effect {
    pub(super) fn check(&self) -> Result<(), String> {
        if let Effect::Latency(spread) | Effect::LateCommit(After::Requests(spread) | After::Ms(spread)) = self {
            return spread.check();
        }
        if matches!(self, Effect::RateLimit { per_ms: 0, .. }) {
            return Err("`per_ms` is at least 1".to_owned());
        }
        if matches!(self, Effect::Hostile { how, .. } if how.is_empty()) {
            return Err("`how` names at least one".to_owned());
        }
        if let Effect::Fail { status, .. } = self
            && !(400..600).contains(status)
        {
            return Err(format!("`status` is one of 400 to 599, not {status}"));
        }
        if let Effect::Answer { status, .. } = self
            && !(200..600).contains(status)
        {
            return Err(format!("`status` is one of 200 to 599, not {status}"));
        }
        Ok(())
    }
}

impl Spread {
    fn check(self) -> Result<(), String> {
        match self {
            Spread::Uniform(from, to) if from > to => {
                Err("of the two numbers of `uniform` the first is the smaller".to_owned())
            }
            Spread::Fixed(most) | Spread::Uniform(_, most) | Spread::Exponential(most) if most > LONGEST_MS => {
                Err(format!("no number of a spread is above {LONGEST_MS}"))
            }
            Spread::Fixed(_) | Spread::Uniform(..) | Spread::Exponential(_) => Ok(()),
        }
    }

    /// One number of this spread.
    pub(super) fn draw(self, dice: &mut Dice) -> u64 {
        match self {
            Spread::Fixed(number) => number,
            Spread::Uniform(from, to) => from + dice.roll() % (to - from + 1),
            Spread::Exponential(mean) => {
                let drawn = -(1.0 - unit(dice)).ln() * mean as f64;
                (drawn.round() as u64).min(LONGEST_MS)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_keep_to_their_bounds_and_their_mean() {
        let mut dice = Dice::new(1);
        assert_eq!(Spread::Fixed(7).draw(&mut dice), 7);
        let uniform: Vec<u64> = (0..1000).map(|_| Spread::Uniform(3, 5).draw(&mut dice)).collect();
        assert_eq!((uniform.iter().min(), uniform.iter().max()), (Some(&3), Some(&5)));
        let drawn: Vec<u64> = (0..10_000).map(|_| Spread::Exponential(100).draw(&mut dice)).collect();
        let (mean, small) = (drawn.iter().sum::<u64>() / 10_000, drawn.iter().filter(|drawn| **drawn < 100).count());
        assert!((95..=105).contains(&mean) && (6000..6700).contains(&small), "{mean} {small}");
    }
}

//! Trying again, for requests that change nothing.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::answer::Outcome;
use crate::error::SendError;

/// How often and how patiently a read is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retries {
    /// Attempts in all, the first included.
    pub attempts: usize,
    /// The first pause; it doubles each time, and up to as much again is added by chance.
    pub first: Duration,
    /// The longest pause before jitter. A service that asks for longer gets no further attempt: the caller decides.
    pub longest: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 5, first: Duration::from_millis(500), longest: Duration::from_secs(60) }
    }
}

/// Whether another attempt may help.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// It is settled.
    No,
    /// Perhaps, and not before this long, if the service said so.
    After(Option<Duration>),
}

impl Retries {
    /// Attempts until the result is settled or the attempts are used up, and gives the last result.
    pub(crate) async fn run<T, F>(&self, mut attempt: impl FnMut() -> F, again: impl Fn(&T) -> Again) -> T
    where
        F: Future<Output = T>,
    {
        let backoff = ExponentialBuilder::new().with_min_delay(self.first).with_max_delay(self.longest).with_jitter();
        let mut pauses = backoff.with_max_times(self.attempts.saturating_sub(1)).build();
        loop {
            let result = attempt().await;
            let Again::After(asked) = again(&result) else { return result };
            let asked = asked.unwrap_or_default();
            let Some(pause) = pauses.next().filter(|_| asked <= self.longest) else { return result };
            tokio::time::sleep(pause.max(asked)).await;
        }
    }
}

/// Which outcomes of a read are worth another attempt.
pub(crate) fn of_read(outcome: &Outcome) -> Again {
    match outcome {
        Outcome::Answered(answer) => match answer.status {
            429 | 500 | 502 | 503 | 504 => Again::After(answer.retry_after),
            _ => Again::No,
        },
        Outcome::NotSent(error) | Outcome::Unknown(error) => match error {
            SendError::Connect { .. }
            | SendError::TimedOut { .. }
            | SendError::Interrupted { .. }
            | SendError::NoToken { passes: true, .. } => Again::After(None),
            SendError::Stopped { .. }
            | SendError::NoToken { passes: false, .. }
            | SendError::Invalid { .. }
            | SendError::TooLong { .. }
            | SendError::Mixed { .. } => Again::No,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tokio::time::Instant;

    use super::*;

    async fn tries(results: &[Again]) -> (usize, Duration) {
        let (start, made) = (Instant::now(), Cell::new(0));
        let attempt = || {
            made.set(made.get() + 1);
            std::future::ready(results[made.get() - 1])
        };
        Retries::default().run(attempt, |again| *again).await;
        (made.get(), start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn at_most_five_attempts_with_growing_pauses() {
        let (made, took) = tries(&[Again::After(None); 9]).await;
        assert_eq!(made, 5);
        let plain = Duration::from_millis(500 + 1000 + 2000 + 4000);
        assert!(took >= plain && took <= 2 * plain + Duration::from_millis(10), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_settled_result_is_not_tried_again() {
        assert_eq!(tries(&[Again::No]).await, (1, Duration::ZERO));
        assert_eq!(tries(&[Again::After(None), Again::No]).await.0, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_service_may_ask_for_longer_but_not_for_ever() {
        let (made, took) = tries(&[Again::After(Some(Duration::from_secs(30))), Again::No]).await;
        assert_eq!((made, took.as_secs()), (2, 30));
        assert_eq!(tries(&[Again::After(Some(Duration::from_secs(61)))]).await, (1, Duration::ZERO));
    }
}

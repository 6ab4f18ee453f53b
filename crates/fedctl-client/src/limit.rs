//! How fast to ask. JumpCloud publishes no number and sends no header about it (observed), so the rate follows the
//! answers: it rises by steps while they are good and falls by a factor when the service refuses or slows down. After a
//! refusal it soon comes back to just below the rate that was refused, stays about there, and looks again later.
//!
//! Two buckets stand in a row: one per organisation, and one for the whole process, because the abuse block counts by
//! address (documented). Everything is on tokio's clock.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// How far back answers count as the present rate.
const WINDOW: Duration = Duration::from_secs(1);
/// Below this, a young window says too little to divide by.
const SHORTEST_WINDOW: Duration = Duration::from_millis(100);
/// Up to this part of the rate that was refused, the rate recovers by half of what is missing per second.
const RECOVERS_TO: f64 = 0.95;
/// How many answers it takes to know the usual latency.
const SAMPLES: u32 = 8;

/// The numbers of the two buckets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Per organisation.
    pub organization: BucketLimits,
    /// For the process; goes into [`SharedHost::new`].
    pub host: BucketLimits,
}

/// The numbers of one bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BucketLimits {
    /// Requests per second to begin with; infinite for no limit until the service refuses.
    pub start: f64,
    /// The rate never falls below this many requests per second.
    pub floor: f64,
    /// The rate never rises above this many requests per second.
    pub ceiling: f64,
    /// How many requests per second the rate gains in each second of good answers, before the first refusal.
    pub step: f64,
    /// After a refusal, the part of itself that the rate gains per second, for each second since then: slow where the
    /// limit was, fast where it turns out not to be any more.
    pub probe: f64,
    /// The factor by which the rate falls.
    pub fall: f64,
    /// How many requests may be in flight at once.
    pub in_flight: usize,
    /// When slowness counts as a refusal.
    pub latency: Option<LatencyJump>,
    /// The longest pause that a `Retry-After` brings.
    pub longest_pause: Duration,
}

/// When slowness counts as a refusal: both must be exceeded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatencyJump {
    /// Times the usual latency.
    pub factor: f64,
    /// Absolute.
    pub at_least: Duration,
}

/// A bucket for the whole process, handed to several clients. Also what stops all of them.
#[derive(Debug)]
pub struct SharedHost {
    bucket: Bucket,
}

/// One adaptive limit on rate and concurrency.
#[derive(Debug)]
pub struct Bucket {
    limits: BucketLimits,
    /// Held by whoever is next: tokio's mutex is fair, so requests leave in the order they came.
    turn: tokio::sync::Mutex<()>,
    changed: Notify,
    state: Mutex<State>,
}

/// The right to have one request in flight; gives itself back when dropped.
#[derive(Debug)]
pub struct Permit<'a> {
    bucket: &'a Bucket,
    taken: Instant,
    /// Whether the rate made this request wait. Only then do good answers say that the rate is too low.
    waited: bool,
}

/// What an answer says about the rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// An ordinary answer after this long.
    Good(Duration),
    /// 429, 503, or no answer in time; with how long the service asked to wait.
    Refused(Option<Duration>),
    /// Nothing.
    None,
}

/// Nothing is sent any more: the service has blocked this address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nothing is sent any more, because the service has blocked this address")]
pub struct Stopped;

#[derive(Debug)]
struct State {
    rate: f64,
    /// The rate that was last refused; infinite if none was.
    refused_at: f64,
    in_flight: usize,
    next: Instant,
    paused_until: Instant,
    fell: Option<Instant>,
    good: VecDeque<Instant>,
    began: Option<Instant>,
    usual_seconds: f64,
    samples: u32,
    stopped: bool,
}

impl Limits {
    /// For the real service: careful from the start. The numbers are ours, for none are published.
    pub fn real() -> Self {
        let organization = BucketLimits {
            start: 5.0,
            floor: 0.2,
            ceiling: 15.0,
            step: 0.5,
            probe: 0.004,
            fall: 0.7,
            in_flight: 4,
            latency: Some(LatencyJump { factor: 4.0, at_least: Duration::from_secs(3) }),
            longest_pause: Duration::from_secs(120),
        };
        Self { organization, host: BucketLimits { start: 10.0, ceiling: 30.0, in_flight: 8, ..organization } }
    }

    /// For a sandbox on this machine: no rate until it refuses, so that its own limits can be met in tests.
    pub fn loopback() -> Self {
        let bucket = BucketLimits {
            start: f64::INFINITY,
            floor: 1.0,
            ceiling: f64::INFINITY,
            step: 1.0,
            probe: 0.004,
            fall: 0.95,
            in_flight: 16,
            latency: None,
            longest_pause: Duration::from_secs(120),
        };
        Self { organization: bucket, host: bucket }
    }
}

impl SharedHost {
    /// A bucket to be shared.
    pub fn new(limits: BucketLimits) -> Arc<Self> {
        Arc::new(Self { bucket: Bucket::new(limits) })
    }

    /// The bucket itself.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// Lets nothing through any more, also not what is waiting.
    pub fn stop(&self) {
        self.bucket.stop();
    }

    /// Whether it was stopped.
    pub fn is_stopped(&self) -> bool {
        self.bucket.state().stopped
    }
}

impl Bucket {
    /// A bucket at its starting rate.
    pub fn new(limits: BucketLimits) -> Self {
        let now = Instant::now();
        let state = State {
            rate: limits.start,
            refused_at: f64::INFINITY,
            in_flight: 0,
            next: now,
            paused_until: now,
            fell: None,
            good: VecDeque::new(),
            began: None,
            usual_seconds: 0.0,
            samples: 0,
            stopped: false,
        };
        Self { limits, turn: tokio::sync::Mutex::new(()), changed: Notify::new(), state: Mutex::new(state) }
    }

    /// Waits until one more request may leave. First come, first served; cancelling gives up the place.
    ///
    /// # Errors
    /// [`Stopped`], at once and also for those who wait.
    pub async fn acquire(&self) -> Result<Permit<'_>, Stopped> {
        let _turn = self.turn.lock().await;
        let mut waited = false;
        loop {
            let changed = self.changed.notified();
            // Not in the head of the match: the lock would be held while waiting.
            let take = self.state().take(&self.limits);
            match take {
                Take::Stopped => return Err(Stopped),
                Take::Now => return Ok(Permit { bucket: self, taken: Instant::now(), waited }),
                Take::WhenOneReturns => changed.await,
                Take::At(time) => {
                    waited = true;
                    // A stop or a pause may come while waiting; whichever is first, the state is looked at again.
                    let _ = tokio::time::timeout_at(time, changed).await;
                }
            }
        }
    }

    /// Requests per second at present.
    pub fn rate(&self) -> f64 {
        self.state().rate
    }

    /// Requests in flight.
    pub fn in_flight(&self) -> usize {
        self.state().in_flight
    }

    fn stop(&self) {
        self.state().stopped = true;
        self.changed.notify_one();
    }

    /// A panic elsewhere leaves nothing half done in here: every change is complete before the lock is given back.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Permit<'_> {
    /// Gives the permit back, with what the answer says.
    pub fn finish(self, signal: Signal) {
        let (limits, mut state) = (&self.bucket.limits, self.bucket.state());
        match signal {
            Signal::Good(latency) if state.is_jump(latency, limits) => state.fall(self.taken, limits),
            Signal::Good(latency) => state.rise(latency, self.waited, limits),
            Signal::Refused(pause) => {
                state.fall(self.taken, limits);
                let until = Instant::now() + pause.unwrap_or_default().min(limits.longest_pause);
                state.paused_until = state.paused_until.max(until);
            }
            Signal::None => {}
        }
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.bucket.state().in_flight -= 1;
        self.bucket.changed.notify_one();
    }
}

/// Whether a request may leave.
enum Take {
    Now,
    At(Instant),
    WhenOneReturns,
    Stopped,
}

impl State {
    fn take(&mut self, limits: &BucketLimits) -> Take {
        let now = Instant::now();
        let time = self.next.max(self.paused_until);
        if self.stopped {
            return Take::Stopped;
        }
        if self.in_flight >= limits.in_flight {
            return Take::WhenOneReturns;
        }
        if time > now {
            return Take::At(time);
        }
        self.in_flight += 1;
        self.began.get_or_insert(now);
        // Timers are late by up to a millisecond: measured from when it was due, lateness does not add up.
        let due = self.next.max(now.checked_sub(Duration::from_millis(5)).unwrap_or(now));
        self.next = due + Duration::from_secs_f64(1.0 / self.rate);
        Take::Now
    }

    fn is_jump(&self, latency: Duration, limits: &BucketLimits) -> bool {
        limits.latency.is_some_and(|jump| {
            self.samples >= SAMPLES
                && latency > jump.at_least
                && latency.as_secs_f64() > jump.factor * self.usual_seconds
        })
    }

    fn rise(&mut self, latency: Duration, waited: bool, limits: &BucketLimits) {
        note(&mut self.good, Instant::now());
        let weight = 1.0 / f64::from(self.samples.min(2 * SAMPLES) + 1);
        self.usual_seconds += (latency.as_secs_f64() - self.usual_seconds) * weight;
        self.samples = self.samples.saturating_add(1);
        if waited && self.rate.is_finite() {
            let per_second = match self.fell {
                None => limits.step,
                // Never refused at a rate of its own: the first guess may be far too low.
                Some(_) if self.refused_at.is_infinite() => self.rate / 2.0,
                Some(fell) => {
                    let missing = RECOVERS_TO * self.refused_at - self.rate;
                    (missing / 2.0).max(limits.probe * self.rate * fell.elapsed().as_secs_f64())
                }
            };
            // At most twice as fast: at low rates one answer stands for many seconds.
            let gain = (per_second / self.rate).min(self.rate);
            self.rate = (self.rate + gain).min(limits.ceiling);
        }
    }

    /// Falls once per round trip: requests that left before the last fall say nothing about the present rate.
    fn fall(&mut self, taken: Instant, limits: &BucketLimits) {
        if self.fell.is_some_and(|fell| taken <= fell) {
            return;
        }
        let now = Instant::now();
        let window = self.began.map_or(WINDOW, |began| (now - began).clamp(SHORTEST_WINDOW, WINDOW)).as_secs_f64();
        let good = f64::from(u32::try_from(since(&self.good, now)).unwrap_or(u32::MAX)) / window;
        let possible = if self.rate.is_infinite() {
            good
        } else {
            self.refused_at = self.rate;
            // Clearly fewer good answers than asked for (one is chance): the rate was far off. By half at most, for few
            // good answers may also mean that few were asked for.
            if good + 1.0 < 0.9 * self.rate { good.max(self.rate / 2.0) } else { self.rate }
        };
        self.rate = (possible * limits.fall).max(limits.floor);
        self.next = self.next.max(now);
        self.fell = Some(now);
    }
}

fn note(times: &mut VecDeque<Instant>, now: Instant) {
    while times.front().is_some_and(|&time| now - time > WINDOW) {
        times.pop_front();
    }
    times.push_back(now);
}

fn since(times: &VecDeque<Instant>, now: Instant) -> usize {
    times.iter().filter(|&&time| now - time <= WINDOW).count()
}

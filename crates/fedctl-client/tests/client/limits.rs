//! The limiter, on paused time.

use std::sync::Arc;
use std::time::Duration;

use fedctl_client::{Bucket, BucketLimits, LatencyJump, Limits, SharedHost, Signal, Stopped};
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

const GOOD: Signal = Signal::Good(Duration::from_millis(100));

/// A rate that stays as it is, so that a test sees one thing.
fn steady(rate: f64, in_flight: usize) -> BucketLimits {
    BucketLimits { start: rate, ceiling: rate, in_flight, ..Limits::real().organization }
}

async fn pass(bucket: &Bucket, signal: Signal) {
    bucket.acquire().await.unwrap().finish(signal);
}

#[tokio::test(start_paused = true)]
async fn requests_are_spaced_by_the_rate() {
    let (bucket, start) = (Bucket::new(steady(5.0, 4)), Instant::now());
    for _ in 0..51 {
        pass(&bucket, GOOD).await;
    }
    let took = start.elapsed().as_secs_f64();
    assert!((9.9..10.1).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn no_more_are_in_flight_than_allowed() {
    let bucket = Bucket::new(steady(1000.0, 4));
    let mut held = Vec::new();
    for _ in 0..4 {
        held.push(bucket.acquire().await.unwrap());
    }
    assert_eq!(bucket.in_flight(), 4);
    assert!(tokio::time::timeout(Duration::from_secs(60), bucket.acquire()).await.is_err());
    held.pop();
    assert!(tokio::time::timeout(Duration::from_secs(1), bucket.acquire()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_rate_rises_by_steps_while_answers_are_good() {
    let bucket = Bucket::new(BucketLimits { step: 0.5, ceiling: 8.0, ..steady(5.0, 4) });
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(4) {
        pass(&bucket, GOOD).await;
    }
    let rate = bucket.rate();
    assert!((6.5..7.2).contains(&rate), "four seconds, half a request per second in each: {rate}");
    while start.elapsed() < Duration::from_secs(20) {
        pass(&bucket, GOOD).await;
    }
    assert!((bucket.rate() - 8.0).abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn the_rate_does_not_rise_while_it_is_not_used_up() {
    let bucket = Bucket::new(BucketLimits { ceiling: 100.0, ..steady(5.0, 4) });
    for _ in 0..50 {
        pass(&bucket, GOOD).await;
        sleep(Duration::from_secs(1)).await;
    }
    assert!((bucket.rate() - 5.0).abs() < f64::EPSILON);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_makes_the_rate_fall_once_per_round_trip() {
    let bucket = Bucket::new(BucketLimits { fall: 0.7, ..steady(10.0, 4) });
    let mut flight = Vec::new();
    for _ in 0..4 {
        flight.push(bucket.acquire().await.unwrap());
    }
    for permit in flight {
        permit.finish(Signal::Refused(None));
    }
    let rate = bucket.rate();
    assert!((3.4..=7.0).contains(&rate), "one fall, not four: {rate}");
    pass(&bucket, Signal::Refused(None)).await;
    assert!(bucket.rate() < rate);
    for _ in 0..50 {
        pass(&bucket, Signal::Refused(None)).await;
    }
    assert!((bucket.rate() - 0.2).abs() < f64::EPSILON, "never below the floor");
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_was_asked_for_is_kept_and_is_not_endless() {
    let bucket = Bucket::new(steady(100.0, 4));
    for (asked, waited) in [(Some(30), 30), (None, 0), (Some(86_400), 120)] {
        pass(&bucket, Signal::Refused(asked.map(Duration::from_secs))).await;
        let start = Instant::now();
        pass(&bucket, GOOD).await;
        assert_eq!(start.elapsed().as_secs(), waited, "{asked:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_jump_in_latency_counts_as_a_refusal() {
    let jump = LatencyJump { factor: 4.0, at_least: Duration::from_secs(3) };
    let bucket = Bucket::new(BucketLimits { latency: Some(jump), ..steady(5.0, 4) });
    for _ in 0..20 {
        pass(&bucket, GOOD).await;
    }
    pass(&bucket, Signal::Good(Duration::from_millis(2900))).await;
    assert!((bucket.rate() - 5.0).abs() < f64::EPSILON);
    pass(&bucket, Signal::Good(Duration::from_millis(3100))).await;
    assert!(bucket.rate() < 5.0);
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_every_wait() {
    let shared = SharedHost::new(steady(0.2, 1));
    let held = shared.bucket().acquire().await.unwrap();
    let mut waiting = JoinSet::new();
    for _ in 0..5 {
        let shared = Arc::clone(&shared);
        waiting.spawn(async move { shared.bucket().acquire().await.map(drop) });
    }
    tokio::task::yield_now().await;
    let start = Instant::now();
    shared.stop();
    while let Some(result) = waiting.join_next().await {
        assert_eq!(result.unwrap(), Err(Stopped));
    }
    assert_eq!((start.elapsed(), shared.is_stopped()), (Duration::ZERO, true));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_sandbox_is_not_slowed_down() {
    let (limits, start) = (Limits::loopback(), Instant::now());
    assert_eq!((limits.organization.in_flight, limits.host.in_flight), (16, 16));
    let bucket = Bucket::new(limits.organization);
    for _ in 0..10_000 {
        pass(&bucket, Signal::Good(Duration::from_secs(9))).await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[test]
fn real_limits_begin_where_the_design_says() {
    let limits = Limits::real();
    assert_eq!((limits.organization.start, limits.organization.in_flight), (5.0, 4));
    assert_eq!((limits.host.start, limits.host.in_flight), (10.0, 8));
}

/// A service that takes `rate` requests per second, and `burst` at once.
struct Service {
    rate: f64,
    burst: f64,
    tokens: f64,
    seen: Instant,
}

impl Service {
    fn take(&mut self) -> bool {
        let now = Instant::now();
        self.tokens = (self.tokens + (now - self.seen).as_secs_f64() * self.rate).min(self.burst);
        self.seen = now;
        let fine = self.tokens >= 1.0;
        if fine {
            self.tokens -= 1.0;
        }
        fine
    }
}

/// Reads `pages` under a service's limit; gives seconds and refusals.
async fn read(pages: usize, limits: BucketLimits, rate: f64, burst: f64, trip: Duration) -> (f64, usize) {
    let start = Instant::now();
    let bucket = Arc::new(Bucket::new(limits));
    let service = Arc::new(Mutex::new((Service { rate, burst, tokens: burst, seen: start }, 0)));
    let mut tasks = JoinSet::new();
    for _ in 0..pages {
        let (bucket, service) = (Arc::clone(&bucket), Arc::clone(&service));
        tasks.spawn(async move {
            loop {
                let permit = bucket.acquire().await.unwrap();
                sleep(trip / 2).await;
                let fine = {
                    let mut service = service.lock().await;
                    let fine = service.0.take();
                    service.1 += usize::from(!fine);
                    fine
                };
                sleep(trip / 2).await;
                permit.finish(if fine { Signal::Good(trip) } else { Signal::Refused(None) });
                if fine {
                    break;
                }
                sleep(Duration::from_millis(750)).await;
            }
        });
    }
    while tasks.join_next().await.is_some() {}
    let refused = service.lock().await.1;
    (start.elapsed().as_secs_f64(), refused)
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_the_service_is_found_and_kept() {
    for (rate, burst) in [(5.0, 1.0), (20.0, 1.0), (20.0, 20.0), (50.0, 5.0), (100.0, 10.0), (500.0, 50.0)] {
        for trip in [50, 150].map(Duration::from_millis) {
            let pages = 1000;
            let (took, refused) = read(pages, Limits::loopback().organization, rate, burst, trip).await;
            let ideal = (pages as f64 / rate).max(pages as f64 * trip.as_secs_f64() / 16.0);
            // Without any burst every refusal costs its turn; a service that lets a few pass is met within a tenth.
            let bar = if burst > 1.0 { 1.10 } else { 1.15 };
            assert!(
                took <= bar * ideal + trip.as_secs_f64(),
                "{rate}/s, {burst} at once, {trip:?}: {took} of {ideal} s"
            );
            assert!(refused <= pages / 12, "{rate}/s, {burst} at once, {trip:?}: {refused} refused");
        }
    }
}

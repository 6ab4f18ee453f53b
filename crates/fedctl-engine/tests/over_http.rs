//! Reader and executor over HTTP, against the simulator in this process.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use fedctl_client::{Client, Hosts, Key, Limits, Options, SharedHost, Url};
use fedctl_core::apply::{End, Run};
use fedctl_core::plan::Plan;
use fedctl_core::planner::{self, Step, Terms};
use fedctl_core::request::{Ask, Outcome, Request};
use fedctl_core::spec::{self, Spec};
use fedctl_engine::{BindError, Note, Organizations, Reads, Writes};
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::http::{self, Handle};
use secrecy::SecretString;
use tokio::sync::Notify;

/// Two organisations behind a server, and a spec that federates them.
struct Setup {
    handle: Handle,
    spec: Spec,
    terms: Terms,
    organizations: Counted,
}

/// Counts what is in flight, and every request.
struct Counted {
    inner: Organizations,
    in_flight: AtomicUsize,
    most: AtomicUsize,
    asked: AtomicUsize,
    written: AtomicUsize,
}

impl Counted {
    async fn counted(&self, count: &AtomicUsize, sent: impl Future<Output = Outcome> + Send) -> Outcome {
        count.fetch_add(1, Ordering::SeqCst);
        let now = self.in_flight.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let outcome = sent.await;
        self.in_flight.fetch_sub(1, Ordering::SeqCst);
        outcome
    }
}

impl Reads for Counted {
    async fn ask(&self, ask: Ask) -> Outcome {
        self.counted(&self.asked, self.inner.ask(ask)).await
    }

    async fn pause(&self, wanted: Duration) {
        self.inner.pause(wanted).await;
    }
}

impl Writes for Counted {
    async fn write(&self, request: Request) -> Outcome {
        self.counted(&self.written, self.inner.write(request)).await
    }
}

fn client(key: &str, organization: &str, base: &Url, shared: &Arc<SharedHost>) -> Client {
    let hosts = Hosts::sandbox(base).expect("a loopback address");
    let key = Key::bind(SecretString::from(key), hosts, organization).expect("a key of the simulator");
    Client::new(key, Options::loopback(), Arc::clone(shared)).expect("a client")
}

fn setup(pair: Pair, people: &str) -> Setup {
    let (primary, secondary) = (pair.primary.to_string(), pair.secondary.to_string());
    let keys = [pair.primary_key, pair.secondary_key];
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let handle = http::serve(listener, pair.world, http::Options::default()).expect("a server");
    let base = Url::parse(handle.base_url()).expect("its own address");
    let shared = SharedHost::new(Limits::loopback().host);
    let organizations =
        Organizations::new(client(&keys[0], &primary, &base, &shared), client(&keys[1], &secondary, &base, &shared));
    let text = format!(
        "version: 1\nfederation: f\nprimary: {{organization: \"{primary}\", credentials: acme}}\n\
         secondary: {{organization: \"{secondary}\", credentials: beta}}\npeople: {people}\n"
    );
    let terms = Terms {
        issuer: handle.base_url().into(),
        callback: format!("{}/oauth/callback", handle.base_url()).into(),
        other_callback: None,
        login: handle.base_url().into(),
        rules: fedctl_core::plan::rules::Rules::default(),
    };
    Setup {
        spec: spec::parse(&text).spec.expect("a valid spec"),
        terms,
        organizations: Counted {
            inner: organizations.expect("two organisations"),
            in_flight: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
        },
        handle,
    }
}

impl Setup {
    async fn plan(&self) -> Plan {
        let step = |live: &_| planner::step(&self.spec, &self.terms, live);
        match fedctl_engine::read(&self.spec, &self.organizations, step, |_| {}).await.expect("answers").0 {
            Step::Ready(plan) => *plan,
            other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => panic!("no plan: {other:?}"),
        }
    }

    async fn apply(&self, concurrency: usize, stop_after: Option<usize>) -> (Plan, Vec<End>) {
        let plan = self.plan().await;
        let mut run = Run::new(Arc::new(plan.clone()), 100);
        // Without a number of answers nobody ever notifies.
        let stop = Notify::new();
        let mut answers = 0;
        let ends = fedctl_engine::apply(&mut run, &self.organizations, concurrency, stop.notified(), |_, note| {
            answers += usize::from(matches!(note, Note::Answered));
            if Some(answers) == stop_after {
                stop.notify_one();
            }
        })
        .await;
        (plan, ends)
    }
}

#[tokio::test]
async fn a_federation_is_set_up_over_http_and_the_second_plan_is_empty() {
    let setup = setup(fixture::demo(1, 240), "{from: {groups: [Contractors]}}");
    let (_, ends) = setup.apply(16, None).await;
    assert!(ends.iter().all(End::is_good), "{ends:?}");
    let written = setup.organizations.written.load(Ordering::SeqCst);
    assert!(setup.plan().await.is_empty());
    assert_eq!(setup.organizations.written.load(Ordering::SeqCst), written);
    setup.handle.stop().await.unwrap();
}

#[tokio::test]
async fn i1_the_plan_is_the_same_however_many_answers_come_at_once() {
    let one = setup(fixture::demo(1, 480), "{from: {groups: [Everyone]}}");
    let first: Vec<String> = one.plan().await.lines().collect();
    for _ in 0..3 {
        let again: Vec<String> = one.plan().await.lines().collect();
        assert_eq!(again, first);
    }
    assert!(one.organizations.most.load(Ordering::SeqCst) > 2, "pages of a list are asked for together");
    one.handle.stop().await.unwrap();
}

#[tokio::test]
async fn no_more_requests_are_out_than_were_allowed() {
    for concurrency in [1, 3] {
        let setup = setup(fixture::demo(1, 48), "{from: {groups: [Contractors]}}");
        let plan = setup.plan().await;
        setup.organizations.most.store(0, Ordering::SeqCst);
        let mut run = Run::new(Arc::new(plan), 100);
        let never = futures_util::future::pending();
        let ends = fedctl_engine::apply(&mut run, &setup.organizations, concurrency, never, |_, _| {}).await;
        assert!(ends.iter().all(End::is_good));
        assert_eq!(setup.organizations.most.load(Ordering::SeqCst), concurrency);
        setup.handle.stop().await.unwrap();
    }
}

#[tokio::test]
async fn a_stopped_run_begins_nothing_new_and_the_next_run_finishes_it() {
    let setup = setup(fixture::demo(1, 48), "{from: {groups: [Contractors]}}");
    let (plan, ends) = setup.apply(4, Some(5)).await;
    let not_started = ends.iter().filter(|end| matches!(end, End::NotStarted)).count();
    assert!(not_started > 0 && not_started < plan.actions.len(), "{ends:?}");
    assert!(ends.iter().all(|end| end.is_good() || matches!(end, End::NotStarted)), "{ends:?}");
    let (_, ends) = setup.apply(4, None).await;
    assert!(ends.iter().all(End::is_good), "{ends:?}");
    assert!(setup.plan().await.is_empty());
    setup.handle.stop().await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said() {
    let setup = setup(fixture::demo(1, 48), "{from: {groups: [Contractors]}}");
    let Setup { handle, spec, terms, organizations } = setup;
    handle.stop().await.unwrap();
    let step = |live: &_| planner::step(&spec, &terms, live);
    tokio::time::pause();
    let error = fedctl_engine::read(&spec, &organizations, step, |_| {}).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("no connection"), "{error}");
}

#[tokio::test]
async fn two_keys_of_one_organisation_are_no_federation() {
    let pair = fixture::pair(1);
    let base = Url::parse("http://127.0.0.1:1").unwrap();
    let shared = SharedHost::new(Limits::loopback().host);
    let same = |key: &str| client(key, &pair.primary.to_string(), &base, &shared);
    let refused = Organizations::new(same(&pair.primary_key), same(&pair.secondary_key));
    assert!(matches!(refused, Err(BindError::Equal { .. })));
}

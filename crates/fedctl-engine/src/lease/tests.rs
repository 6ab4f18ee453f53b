//! Two runs and one lease, with clocks that tests move.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};

use fedctl_core::address::Org;
use fedctl_core::endpoint;
use fedctl_core::request::{Ask, Outcome, Request};
use futures_util::future::BoxFuture;
use secrecy::SecretString;
use tokio::time::{Instant, sleep};

use super::*;
use crate::{Reads, Writes};

const NAMES: [&str; 2] = ["b", "a"];
const EXPIRY: Duration = Duration::from_secs(60);

/// Time as a machine and the store tell it. That of the runtime stands still while the machine sleeps.
struct Time {
    start: Instant,
    asleep: AtomicU64,
}

impl Time {
    fn now(&self) -> Duration {
        Duration::from_secs(1_000_000 + self.asleep.load(SeqCst)) + self.start.elapsed()
    }
}

/// A store in memory, and what is wrong with it.
struct Memory {
    objects: Mutex<BTreeMap<String, Seen>>,
    tags: AtomicU64,
    time: Arc<Time>,
    creates_twice: AtomicBool,
    replaces_always: AtomicBool,
    is_down: AtomicBool,
    /// How many of the next writes it takes without saying so.
    lost_answers: AtomicUsize,
    names: Mutex<Vec<String>>,
}

impl Memory {
    fn write(&self, name: &str, body: Vec<u8>, may: impl Fn(Option<&Seen>) -> bool) -> Result<Put, StoreError> {
        self.up()?;
        let mut objects = self.objects.lock().unwrap();
        if !may(objects.get(name)) {
            return Ok(Put::Refused);
        }
        let tag = self.tags.fetch_add(1, SeqCst).to_string();
        objects.insert(name.to_owned(), Seen { body, tag: tag.clone(), modified: self.time.now().as_secs() });
        self.names.lock().unwrap().push(name.to_owned());
        match self.lost_answers.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)) {
            Ok(_) => Err(StoreError("cut off".to_owned())),
            Err(_) => Ok(Put::Done(tag)),
        }
    }

    fn up(&self) -> Result<(), StoreError> {
        if self.is_down.load(SeqCst) { Err(StoreError("it is down".to_owned())) } else { Ok(()) }
    }

    fn claim(&self, name: &str) -> Claim {
        Claim::parse(&self.objects.lock().unwrap()[name].body).expect("a lease")
    }
}

impl Objects for Memory {
    fn create<'a>(&'a self, name: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<Put, StoreError>> {
        let done = self.write(name, body, |there| there.is_none() || self.creates_twice.load(SeqCst));
        Box::pin(async { done })
    }

    fn replace<'a>(&'a self, name: &'a str, body: Vec<u8>, tag: &'a str) -> BoxFuture<'a, Result<Put, StoreError>> {
        let done = self.write(name, body, |there| {
            self.replaces_always.load(SeqCst) || there.is_some_and(|there| there.tag == tag)
        });
        Box::pin(async { done })
    }

    fn read<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Seen>, StoreError>> {
        let seen = self.up().map(|()| self.objects.lock().unwrap().get(name).cloned());
        Box::pin(async { seen })
    }

    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), StoreError>> {
        self.objects.lock().unwrap().remove(name);
        Box::pin(async { Ok(()) })
    }
}

fn shop() -> (Arc<Memory>, Shop) {
    let time = Arc::new(Time { start: Instant::now(), asleep: AtomicU64::new(0) });
    let memory = Arc::new(Memory {
        objects: Mutex::default(),
        tags: AtomicU64::new(0),
        time: Arc::clone(&time),
        creates_twice: AtomicBool::new(false),
        replaces_always: AtomicBool::new(false),
        is_down: AtomicBool::new(false),
        lost_answers: AtomicUsize::new(0),
        names: Mutex::default(),
    });
    let clock: Clock = Arc::new(move || time.now());
    let objects: Arc<dyn Objects> = memory.clone();
    (memory, Shop { objects, place: "s3://bucket/".to_owned(), expiry: EXPIRY, clock })
}

fn holder(run: &str) -> Holder {
    Holder { run: run.to_owned(), who: format!("{run}@host"), since: "2026-11-24T14:00:00Z".to_owned() }
}

/// Asserts that the lease is held, and gives the holder and what is left.
#[track_caller]
fn held(result: Result<Leases, LeaseError>) -> (String, Option<Duration>) {
    match result {
        Err(LeaseError::Held { holder, left, .. }) => (holder.map(|holder| holder.run).unwrap_or_default(), left),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken"),
    }
}

#[tokio::test(start_paused = true)]
async fn leases_are_taken_in_the_order_of_their_names_and_one_run_holds_them() {
    let (memory, shop) = shop();
    let leases = Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap();
    assert_eq!(memory.names.lock().unwrap()[2..], ["a.lease", "b.lease"]);
    assert_eq!(memory.objects.lock().unwrap().len(), 2, "what it was tried with is gone");
    let (by, left) = held(Leases::of_store(&shop, NAMES, &holder("two")).await);
    assert_eq!((by.as_str(), left), ("one", Some(EXPIRY + Duration::from_secs(1))));
    leases.free().await;
    assert!(memory.claim("a.lease").free);
    Leases::of_store(&shop, NAMES, &holder("two")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_gets_one_and_not_the_other_gives_it_back() {
    let (memory, shop) = shop();
    let _b = Leases::of_store(&shop, ["b", "c"], &holder("one")).await.unwrap();
    assert_eq!(held(Leases::of_store(&shop, NAMES, &holder("two")).await).0, "one");
    assert!(memory.claim("a.lease").free);
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_renewed_is_held_for_as_long_as_it_takes() {
    let (_memory, shop) = shop();
    let leases = Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap();
    leases
        .keep(async {
            for _ in 0..20 {
                sleep(EXPIRY).await;
                assert_eq!(held(Leases::of_store(&shop, NAMES, &holder("two")).await).0, "one");
                leases.check().await.unwrap();
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_of_a_run_that_died_is_taken_when_it_has_expired_and_not_before() {
    let (memory, shop) = shop();
    drop(Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap());
    sleep(EXPIRY - Duration::from_secs(1)).await;
    assert_eq!(held(Leases::of_store(&shop, NAMES, &holder("two")).await).0, "one");
    sleep(Duration::from_secs(3)).await;
    Leases::of_store(&shop, NAMES, &holder("two")).await.unwrap();
    assert_eq!(memory.claim("a.lease").holder.run, "two");
}

/// What a paused holder does: nothing, for a while.
async fn paused(shop: &Shop, memory: &Memory, asleep: bool) {
    if asleep {
        memory.time.asleep.fetch_add(EXPIRY.as_secs() + 2, SeqCst);
    } else {
        sleep(EXPIRY + Duration::from_secs(2)).await;
    }
    // The other machine has not slept, and knows how late it is when it looks.
    Leases::of_store(shop, NAMES, &holder("two")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_was_paused_finds_out_before_its_next_write() {
    for asleep in [false, true] {
        let (memory, shop) = shop();
        let leases = Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap();
        paused(&shop, &memory, asleep).await;
        assert_eq!(leases.why_lost(), None);
        let organizations = Counted::default();
        let leased = Leased::new(&organizations, &leases);
        let Outcome::NotSent(why) = leased.write(request(false)).await else { panic!("it was sent") };
        assert_eq!(why, "the lease was lost: s3://bucket/a.lease: two@host has taken it");
        assert_eq!(leases.lost().await.as_ref(), "s3://bucket/a.lease: two@host has taken it");
        assert_eq!(organizations.writes.load(SeqCst), 0);
        // What carries a secret ends a section.
        assert!(matches!(leased.write(request(true)).await, Outcome::Unknown(_)));
        assert_eq!(organizations.writes.load(SeqCst), 1);
        leases.free().await;
        assert_eq!(memory.claim("a.lease").holder.run, "two", "what others hold is left to them");
        assert!(!memory.claim("a.lease").free);
    }
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_was_paused_while_nobody_came_goes_on() {
    let (_memory, shop) = shop();
    let leases = Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap();
    sleep(EXPIRY * 10).await;
    leases.check().await.unwrap();
    assert_eq!(held(Leases::of_store(&shop, NAMES, &holder("two")).await).0, "one");
}

#[tokio::test(start_paused = true)]
async fn renewing_says_when_a_lease_is_lost() {
    let (memory, shop) = shop();
    let leases = Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap();
    memory.objects.lock().unwrap().remove("b.lease");
    assert_eq!(&*leases.keep(leases.lost()).await, "s3://bucket/b.lease: it was removed");
    assert!(leases.check().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_down_for_a_moment_costs_nothing_and_for_long_the_lease() {
    let (memory, shop) = shop();
    let leases = Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap();
    let down = |is_down| memory.is_down.store(is_down, SeqCst);
    let work = async {
        down(true);
        sleep(EXPIRY / 2).await;
        leases.check().await.unwrap();
        down(false);
        sleep(EXPIRY).await;
        leases.check().await.unwrap();
        down(true);
        leases.lost().await
    };
    assert_eq!(&*leases.keep(work).await, "s3://bucket/a.lease: it is down");
}

#[tokio::test(start_paused = true)]
async fn an_answer_of_the_store_that_is_lost_loses_no_lease() {
    let (memory, shop) = shop();
    let leases = Leases::of_store(&shop, NAMES, &holder("one")).await.unwrap();
    memory.lost_answers.store(2, SeqCst);
    leases.keep(sleep(EXPIRY * 3)).await;
    leases.check().await.unwrap();
    leases.free().await;
    assert!(memory.claim("a.lease").free && memory.claim("b.lease").free);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_ignores_conditions_is_refused() {
    let what = async |spoil: fn(&Memory) -> &AtomicBool| {
        let (memory, shop) = shop();
        spoil(&memory).store(true, SeqCst);
        let Err(LeaseError::Ignores { what, .. }) = Leases::of_store(&shop, NAMES, &holder("one")).await else {
            panic!("it was taken")
        };
        assert!(memory.objects.lock().unwrap().is_empty(), "what it was tried with is gone");
        what
    };
    assert!(what(|memory| &memory.creates_twice).await.contains("makes an object a second time"));
    assert!(what(|memory| &memory.replaces_always).await.contains("only if nobody has changed it"));
}

#[tokio::test(start_paused = true)]
async fn what_is_no_lease_is_left_as_it_is() {
    let (memory, shop) = shop();
    memory.write("b.lease", b"the minutes of a meeting".to_vec(), |_| true).unwrap();
    let error = Leases::of_store(&shop, NAMES, &holder("one")).await.err().unwrap();
    assert_eq!(error.to_string(), "what stands at s3://bucket/b.lease is no lease of fedctl, and is left as it is");
    assert!(memory.claim("a.lease").free);
}

#[tokio::test]
async fn a_file_is_locked_by_one_run_and_free_when_that_has_ended() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("deep/state");
    let one = Leases::of_files(&state, NAMES, &holder("one")).unwrap();
    assert_eq!(held(Leases::of_files(&state, NAMES, &holder("two"))), ("one".to_owned(), None));
    one.check().await.unwrap();
    // As when a process dies: nobody frees it but the kernel.
    drop(one);
    let two = Leases::of_files(&state, NAMES, &holder("two")).unwrap();
    two.free().await;
    let three = Leases::of_files(&state, NAMES, &holder("three")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&state), mode(&state.join("a.lease"))), (0o700, 0o600));
        std::fs::remove_file(state.join("b.lease")).unwrap();
        assert!(three.check().await.unwrap_err().contains("was removed or replaced"));
    }
    drop(three);
}

#[tokio::test]
async fn a_lease_file_that_was_torn_is_a_lease_and_another_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.lease"), "{\"schema\":\"fedctl.le").unwrap();
    Leases::of_files(folder.path(), NAMES, &holder("one")).unwrap().free().await;
    std::fs::write(folder.path().join("b.lease"), "minutes\n").unwrap();
    let foreign = Leases::of_files(folder.path(), NAMES, &holder("one")).err().unwrap();
    assert!(matches!(foreign, LeaseError::Foreign { .. }), "{foreign}");
    let no_folder = Leases::of_files(&folder.path().join("a.lease"), NAMES, &holder("one")).err().unwrap();
    assert!(matches!(no_folder, LeaseError::File { .. }), "{no_folder}");
}

/// Organisations that answer nothing, and count.
#[derive(Default)]
struct Counted {
    writes: AtomicUsize,
}

impl Reads for Counted {
    async fn ask(&self, _: Ask) -> Outcome {
        Outcome::Unknown("nobody answers".to_owned())
    }

    async fn pause(&self, _: Duration) {}
}

impl Writes for Counted {
    async fn write(&self, _: Request) -> Outcome {
        self.writes.fetch_add(1, SeqCst);
        Outcome::Unknown("nobody answers".to_owned())
    }
}

fn request(carries_secret: bool) -> Request {
    let mut request = Ask::new(Org::Primary, &endpoint::LIST_APPS, &[], &[]).into_request();
    if carries_secret {
        request.secrets.push(SecretString::from("secret"));
    }
    request
}

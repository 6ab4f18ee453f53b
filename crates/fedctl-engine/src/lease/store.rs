//! A lease as an object in a store with conditional writes: made if there is none, replaced if it is still the one that was
//! read. Only the clock of the store decides how old a lease is, so clocks of machines may differ as they like; a holder
//! goes by how long ago it sent its last renewal, which the store took later.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::LeaseError;
use super::claim::{Claim, Holder};

/// How often a lease is tried for that others take and free at the same time.
const TRIES: usize = 5;
/// A store tells times in whole seconds.
const RESOLUTION: u64 = 1;

/// Time since 1970, by the clock of this machine. It goes on while a machine sleeps; that of the runtime may not.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// What tells one content of an object from another.
pub type Tag = String;

/// Why a store did not do as it was asked.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub String);

/// What became of a conditional write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Put {
    /// Written; the tag of what stands there now.
    Done(Tag),
    /// The condition does not hold, and nothing was written.
    Refused,
}

/// An object that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What stands in it.
    pub body: Vec<u8>,
    /// Its tag.
    pub tag: Tag,
    /// When it was written, seconds since 1970 by the clock of the store.
    pub modified: u64,
}

/// A store of objects by name.
pub trait Objects: Send + Sync {
    /// Writes an object if there is none of this name.
    fn create<'a>(&'a self, name: &'a str, body: Vec<u8>) -> BoxFuture<'a, Result<Put, StoreError>>;
    /// Writes an object if its tag is this one.
    fn replace<'a>(&'a self, name: &'a str, body: Vec<u8>, tag: &'a str) -> BoxFuture<'a, Result<Put, StoreError>>;
    /// Reads an object, if there is one.
    fn read<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Seen>, StoreError>>;
    /// Removes an object.
    fn remove<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<(), StoreError>>;
}

/// A store of leases.
#[derive(Clone)]
pub struct Shop {
    /// The store.
    pub objects: Arc<dyn Objects>,
    /// Where it is, with a `/` at its end: for people.
    pub place: String,
    /// How long after its last renewal a lease may be taken by another.
    pub expiry: Duration,
    /// The clock of this machine.
    pub clock: Clock,
}

impl Shop {
    fn place(&self, name: &str) -> String {
        format!("{}{name}", self.place)
    }

    fn failed(&self, name: &str) -> impl Fn(StoreError) -> LeaseError + use<> {
        let place = self.place(name);
        move |source| LeaseError::Store { place: place.clone(), source }
    }

    fn now(&self) -> Moment {
        Moment { ticks: Instant::now(), clock: (self.clock)() }
    }

    fn age(&self, of: Moment) -> Duration {
        of.ticks.elapsed().max((self.clock)().saturating_sub(of.clock))
    }
}

/// A point in time by both clocks: whichever says that more has passed is believed.
#[derive(Debug, Clone, Copy)]
struct Moment {
    ticks: Instant,
    clock: Duration,
}

/// A store that was seen to refuse what it must refuse, and what time it was there then.
pub(super) struct Tried {
    store_time: u64,
    at: Moment,
}

impl Tried {
    /// Tries it with an object that nobody else uses, and takes that away again.
    pub(super) async fn of(shop: &Shop, holder: &Holder) -> Result<Self, LeaseError> {
        let name = format!("try-{}", holder.run);
        let at = shop.now();
        let tried = Self::try_out(shop, &name, holder).await;
        let removed = shop.objects.remove(&name).await;
        let store_time = tried?;
        removed.map_err(shop.failed(&name))?;
        Ok(Self { store_time, at })
    }

    async fn try_out(shop: &Shop, name: &str, holder: &Holder) -> Result<u64, LeaseError> {
        let ignores = |what| Err(LeaseError::Ignores { place: shop.place(name), what });
        let mut claim = Claim::new(holder, Some(shop.expiry));
        let create = async |body| shop.objects.create(name, body).await.map_err(shop.failed(name));
        let Put::Done(first) = create(claim.to_bytes()).await? else {
            return ignores("it refuses to make an object that is not there");
        };
        claim.renewed = 1;
        if create(claim.to_bytes()).await? != Put::Refused {
            return ignores("it makes an object a second time that is to be made only if there is none");
        }
        let replace = async |body| shop.objects.replace(name, body, &first).await.map_err(shop.failed(name));
        if replace(claim.to_bytes()).await? == Put::Refused {
            return ignores("it refuses to replace an object that nobody has changed");
        }
        claim.renewed = 2;
        if replace(claim.to_bytes()).await? != Put::Refused {
            return ignores("it replaces an object that is to be replaced only if nobody has changed it");
        }
        match shop.objects.read(name).await.map_err(shop.failed(name))? {
            Some(seen) => Ok(seen.modified),
            None => ignores("it does not show what it has just taken"),
        }
    }

    /// What time it is at the store now, in whole seconds and at most a little less than it is.
    fn store_time(&self, shop: &Shop) -> u64 {
        self.store_time + shop.now().ticks.duration_since(self.at.ticks).as_secs().saturating_sub(RESOLUTION)
    }
}

/// One lease in a store.
pub(super) struct StoreLease {
    shop: Shop,
    name: String,
    claim: Claim,
    state: Mutex<State>,
}

struct State {
    /// The tag of what stands there, as far as is known.
    tag: Tag,
    renewed: u64,
    /// When the write was sent that made it so.
    sent: Moment,
    lost: Option<Arc<str>>,
}

impl StoreLease {
    pub(super) async fn take(shop: &Shop, tried: &Tried, name: &str, holder: &Holder) -> Result<Self, LeaseError> {
        let name = format!("{name}.lease");
        let failed = shop.failed(&name);
        let claim = Claim::new(holder, Some(shop.expiry));
        let mut in_the_way = None;
        for _ in 0..TRIES {
            let sent = shop.now();
            let made = shop.objects.create(&name, claim.to_bytes()).await.map_err(&failed)?;
            if let Put::Done(tag) = made {
                return Ok(Self::of(shop, name, claim, tag, sent));
            }
            let Some(seen) = shop.objects.read(&name).await.map_err(&failed)? else { continue };
            let Some(there) = Claim::parse(&seen.body) else {
                return Err(LeaseError::Foreign { place: shop.place(&name) });
            };
            // The answer to an earlier try may have been lost.
            if there.holder.run == holder.run {
                return Ok(Self::of(shop, name, claim, seen.tag, sent));
            }
            let expiry = there.expiry.unwrap_or(shop.expiry.as_secs()) + RESOLUTION;
            let age = tried.store_time(shop).saturating_sub(seen.modified);
            if !there.free && age < expiry {
                let left = Duration::from_secs(expiry - age);
                return Err(held(shop, &name, Some(there.holder), Some(left)));
            }
            let sent = shop.now();
            let taken = shop.objects.replace(&name, claim.to_bytes(), &seen.tag).await.map_err(&failed)?;
            if let Put::Done(tag) = taken {
                return Ok(Self::of(shop, name, claim, tag, sent));
            }
            in_the_way = Some(there.holder);
        }
        Err(held(shop, &name, in_the_way, None))
    }

    fn of(shop: &Shop, name: String, claim: Claim, tag: Tag, sent: Moment) -> Self {
        let state = State { tag, renewed: 0, sent, lost: None };
        Self { shop: shop.clone(), name, claim, state: Mutex::new(state) }
    }

    /// Renews it all the time; ends when it is lost, with the reason.
    pub(super) async fn keep(&self) -> Arc<str> {
        let often = self.shop.expiry / 3;
        loop {
            sleep(often).await;
            if let Err(why) = self.renewed_within(often).await {
                return why;
            }
        }
    }

    /// Whether it is held, with a third of the expiry to spare for a request that is about to leave.
    pub(super) async fn check(&self) -> Result<(), Arc<str>> {
        self.renewed_within(self.trusted()).await
    }

    pub(super) async fn free(self) {
        let State { tag, renewed, .. } = self.state.into_inner();
        let claim = Claim { renewed: renewed + 1, free: true, ..self.claim };
        // Without an answer it expires.
        let freeing = self.shop.objects.replace(&self.name, claim.to_bytes(), &tag);
        let _: Result<_, _> = timeout(self.shop.expiry, freeing).await;
    }

    fn trusted(&self) -> Duration {
        self.shop.expiry * 2 / 3
    }

    /// Renews it unless that was done not longer ago than this.
    async fn renewed_within(&self, young: Duration) -> Result<(), Arc<str>> {
        let mut state = self.state.lock().await;
        if let Some(why) = &state.lost {
            return Err(Arc::clone(why));
        }
        if self.shop.age(state.sent) < young {
            return Ok(());
        }
        let renewed = timeout(self.shop.expiry / 3, self.renew(&mut state)).await;
        let doubt = match renewed {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(Renewal::Taken(why))) => Err(why),
            Ok(Err(Renewal::Failed(error))) => Ok(error.to_string()),
            Err(_) => Ok("the store does not answer".to_owned()),
        };
        match doubt {
            Ok(_) if self.shop.age(state.sent) < self.trusted() => Ok(()),
            Ok(why) | Err(why) => {
                let why: Arc<str> = format!("{}: {why}", self.shop.place(&self.name)).into();
                state.lost = Some(Arc::clone(&why));
                Err(why)
            }
        }
    }

    async fn renew(&self, state: &mut State) -> Result<(), Renewal> {
        // Twice: what stands there may be a renewal of ours whose answer was lost.
        for _ in 0..2 {
            let sent = self.shop.now();
            let renewed = state.renewed + 1;
            let claim = Claim { renewed, ..self.claim.clone() };
            if let Put::Done(tag) = self.shop.objects.replace(&self.name, claim.to_bytes(), &state.tag).await? {
                (state.tag, state.renewed, state.sent) = (tag, renewed, sent);
                return Ok(());
            }
            let Some(seen) = self.shop.objects.read(&self.name).await? else {
                return Err(Renewal::Taken("it was removed".to_owned()));
            };
            match Claim::parse(&seen.body) {
                Some(claim) if claim.holder.run == self.claim.holder.run => {
                    (state.tag, state.renewed) = (seen.tag, claim.renewed);
                }
                Some(claim) => return Err(Renewal::Taken(format!("{} has taken it", claim.holder.who))),
                None => return Err(Renewal::Taken("something else was written there".to_owned())),
            }
        }
        Err(Renewal::Taken("the store refuses to renew what nobody has changed".to_owned()))
    }
}

/// Why a lease was not renewed.
enum Renewal {
    /// Somebody else has it.
    Taken(String),
    /// Nobody knows.
    Failed(StoreError),
}

impl From<StoreError> for Renewal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

fn held(shop: &Shop, name: &str, holder: Option<Holder>, left: Option<Duration>) -> LeaseError {
    LeaseError::Held {
        name: name.trim_end_matches(".lease").to_owned(),
        place: shop.place(name),
        holder: holder.map(Box::new),
        left,
    }
}

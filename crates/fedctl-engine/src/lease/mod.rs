//! One writer for each organisation that is written to.
//!
//! A run takes the leases of both organisations before it plans, in the order of their ids, so that two runs never wait for
//! each other in a circle, and frees them when it has ended. They are locked files on one machine, which the kernel frees
//! with the process, or objects in a store that refuses a write whose condition does not hold; these have an expiry and are
//! renewed all the time.
//!
//! JumpCloud knows no fencing token: it takes a write from whoever has a key. So a lease is best effort. A holder that was
//! paused for longer than the expiry notices before its next write; a request that had left before is not called back.

mod claim;
mod file;
mod gate;
#[cfg(feature = "lease")]
mod s3;
mod store;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::watch;

pub use claim::{Claim, Holder};
pub use gate::Leased;
#[cfg(feature = "lease")]
pub use s3::{Bucket, BucketOptions};
pub use store::{Clock, Objects, Put, Seen, Shop, StoreError, Tag};

/// A lease that was not taken.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    /// Somebody else holds it.
    #[error("another run of fedctl writes to {name}")]
    Held {
        /// What the lease is for.
        name: String,
        /// Where it is.
        place: String,
        /// Who holds it, where that can be read.
        holder: Option<Box<Holder>>,
        /// How long until it may be taken, if its holder shows no sign of life; a file is free when its holder has ended.
        left: Option<Duration>,
    },
    /// The file cannot be used.
    #[error("the lease file `{path}` cannot be used")]
    File {
        /// The file or its folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The store cannot be asked.
    #[error("the lease store at {place} cannot be used: {source}")]
    Store {
        /// The object.
        place: String,
        /// Why.
        source: StoreError,
    },
    /// The store does not do what it is told when a condition does not hold.
    #[error("the store at {place} is no place for leases: {what}")]
    Ignores {
        /// The object that it was tried with.
        place: String,
        /// What it took.
        what: &'static str,
    },
    /// There is something else under this name.
    #[error("what stands at {place} is no lease of fedctl, and is left as it is")]
    Foreign {
        /// The object or the file.
        place: String,
    },
}

/// The leases of a run.
pub struct Leases {
    held: Vec<Lease>,
    lost: watch::Sender<Option<Arc<str>>>,
}

enum Lease {
    File(file::FileLease),
    Store(Box<store::StoreLease>),
}

impl Leases {
    /// No leases, for organisations that nobody else can reach.
    pub fn none() -> Self {
        Self::of(Vec::new())
    }

    /// Locks a file for each name, in the order of the names.
    ///
    /// # Errors
    /// One is held, or the folder cannot be used; then none is kept.
    pub fn of_files(folder: &Path, names: [&str; 2], holder: &Holder) -> Result<Self, LeaseError> {
        let take = |name: &str| file::FileLease::take(folder, name, holder).map(Lease::File);
        in_order(names).into_iter().map(take).collect::<Result<_, _>>().map(Self::of)
    }

    /// Makes an object for each name, in the order of the names, once the store has shown that it refuses what it must.
    ///
    /// # Errors
    /// One is held, or the store cannot be used; then none is kept.
    pub async fn of_store(shop: &Shop, names: [&str; 2], holder: &Holder) -> Result<Self, LeaseError> {
        let tried = store::Tried::of(shop, holder).await?;
        let mut leases = Self::of(Vec::new());
        for name in in_order(names) {
            match store::StoreLease::take(shop, &tried, name, holder).await {
                Ok(lease) => leases.held.push(Lease::Store(Box::new(lease))),
                Err(error) => {
                    leases.free().await;
                    return Err(error);
                }
            }
        }
        Ok(leases)
    }

    fn of(held: Vec<Lease>) -> Self {
        Self { held, lost: watch::Sender::new(None) }
    }

    /// Does some work, and renews the leases all the while.
    pub async fn keep<T>(&self, work: impl Future<Output = T>) -> T {
        let renewing = async {
            join_all(self.held.iter().map(|lease| self.renew(lease))).await;
            std::future::pending().await
        };
        tokio::select! {
            done = work => done,
            never = renewing => never,
        }
    }

    /// Ends when a lease is lost, with the reason.
    pub async fn lost(&self) -> Arc<str> {
        let mut lost = self.lost.subscribe();
        loop {
            if let Some(why) = lost.borrow_and_update().clone() {
                return why;
            }
            // The sender lives as long as `self`, so this fails never.
            if lost.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Why a lease was lost, if one was.
    pub fn why_lost(&self) -> Option<Arc<str>> {
        self.lost.borrow().clone()
    }

    /// Whether everything is held still: from what is known where that is young enough, else by asking.
    ///
    /// # Errors
    /// A lease was lost. It stays so.
    pub async fn check(&self) -> Result<(), Arc<str>> {
        for lease in &self.held {
            if let Some(why) = self.why_lost() {
                return Err(why);
            }
            let held = match lease {
                Lease::File(lease) => lease.check(),
                Lease::Store(lease) => lease.check().await,
            };
            held.map_err(|why| self.lose(why))?;
        }
        Ok(())
    }

    /// Frees what is held. A lease that somebody else has taken is left to them.
    pub async fn free(self) {
        for lease in self.held {
            match lease {
                Lease::File(lease) => lease.free(),
                Lease::Store(lease) => lease.free().await,
            }
        }
    }

    /// Ends when there is nothing to renew, or no longer.
    async fn renew(&self, lease: &Lease) {
        if let Lease::Store(lease) = lease {
            self.lose(lease.keep().await);
        }
    }

    fn lose(&self, why: Arc<str>) -> Arc<str> {
        self.lost.send_if_modified(|lost| {
            let is_first = lost.is_none();
            lost.get_or_insert_with(|| Arc::clone(&why));
            is_first
        });
        why
    }
}

fn in_order(mut names: [&str; 2]) -> [&str; 2] {
    names.sort_unstable();
    names
}

#[cfg(test)]
mod tests;

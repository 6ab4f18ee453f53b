//! What a run that writes has besides the two organisations: leases, so that no other run writes at the same time; a
//! journal, so that people can read later what it did; and an ear for those who ask it to stop.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use fedctl_core::operator::Store;
use fedctl_core::plan::Plan;
use fedctl_core::spec::Side;
use fedctl_engine::journal::{self, Head, Journal};
use fedctl_engine::lease::{Clock, Holder, LeaseError, Leases};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::planfile::sha256;
use crate::session::Session;
use crate::signals::Signals;
use crate::ui::Ui;
use crate::{config, worktree};

/// How long after its last renewal a lease in a store may be taken, if the operator does not say.
#[cfg(feature = "lease")]
const EXPIRY: u32 = 60;

/// A run that may write.
pub struct Writing {
    /// What keeps other runs away.
    pub leases: Leases,
    /// Who asks to stop.
    pub signals: Signals,
    holder: Holder,
    lease: String,
}

impl Writing {
    /// A run of which nobody else can know, such as one of organisations in this process.
    ///
    /// # Errors
    /// This machine does not let us listen to signals.
    pub fn alone() -> Result<Self, Failure> {
        let holder = holder();
        Ok(Self { leases: Leases::none(), signals: Signals::listen()?, holder, lease: "none".to_owned() })
    }

    /// A run that goes on whoever else writes: it takes no lease.
    ///
    /// # Errors
    /// This machine does not let us listen to signals.
    pub fn without_lease() -> Result<Self, Failure> {
        Ok(Self { lease: "not taken".to_owned(), ..Self::alone()? })
    }

    /// Takes the leases of both organisations.
    ///
    /// # Errors
    /// Another run has one, they cannot be taken, or somebody asks to stop.
    pub async fn begin(session: &Session) -> Result<Self, Failure> {
        let mut signals = Signals::listen()?;
        let holder = holder();
        let names = [name(session, &session.spec.primary), name(session, &session.spec.secondary)];
        let (leases, lease) = tokio::select! {
            taken = leases(session, [&names[0], &names[1]], &holder) => taken?,
            () = signals.asked() => return Err(crate::failure::interrupted()),
        };
        Ok(Self { leases, signals, holder, lease })
    }

    /// Begins the journal of a plan. One that cannot be written is said and given up.
    ///
    /// # Errors
    /// It would be written into a work tree, where whatever people are called would be committed.
    pub fn journal(&self, session: &Session, plan: &Plan, ui: &mut Ui) -> Result<(Journal, Option<PathBuf>), Failure> {
        let Some(folder) = journals(session)? else {
            ui.warn(&without(
                None,
                "there is no place for it: neither $XDG_STATE_HOME nor $HOME leads outside of a work tree",
            ));
            return Ok((Journal::none(), None));
        };
        if let Some(broken) = journal::broken(&folder, &plan.federation) {
            let how = if broken.is_torn { "its last line is cut off" } else { "its last line is none of an end" };
            let path = broken.path.display();
            ui.say(&format!(
                "note: the run before this one was broken off ({how}: {path}). Nothing rests on that file.\n"
            ));
        }
        let head = Head {
            run: &self.holder.run,
            who: &self.holder.who,
            fedctl: env!("CARGO_PKG_VERSION"),
            federation: &plan.federation,
            spec: &session.source.name(),
            spec_sha256: &sha256(session.source.whole().as_bytes()),
            plan: &plan.digest(),
            primary: session.spec.primary.organization.as_str(),
            secondary: session.spec.secondary.organization.as_str(),
            lease: &self.lease,
            simulated: session.spec.sandbox.is_some(),
        };
        match Journal::begin(&folder, head, clock()) {
            Ok((journal, path)) => Ok((journal, Some(path))),
            Err(error) => {
                ui.warn(&without(Some(&folder), &error.to_string()));
                Ok((Journal::none(), None))
            }
        }
    }
}

/// What is said of a journal that is not written, or no longer.
pub fn without(place: Option<&Path>, why: &str) -> String {
    let place = place.map(|place| format!(" in `{}`", place.display())).unwrap_or_default();
    crate::render::text::visible(&format!("warning: no journal is written{place}: {why}; the run goes on without"))
        .to_string()
        + "\n"
}

fn holder() -> Holder {
    let run = uuid::Uuid::now_v7().to_string();
    Holder { run, who: config::who(), since: fedctl_engine::utc(clock()()) }
}

fn clock() -> Clock {
    Arc::new(|| SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

/// What the lease of an organisation is called. Two simulators on one machine may know the same ids.
fn name(session: &Session, side: &Side) -> String {
    let organization = side.organization.as_str();
    match session.spec.sandbox.as_ref().and_then(|url| url.as_str().rsplit(':').next().map(str::to_owned)) {
        Some(port) => format!("sandbox-{}-{organization}", port.trim_end_matches('/')),
        None => organization.to_owned(),
    }
}

/// The leases, and where they are.
async fn leases(session: &Session, names: [&str; 2], holder: &Holder) -> Result<(Leases, String), Failure> {
    if let Some(store) = &session.places.store {
        let taken = of_store(store, session, names, holder).await?;
        return Ok((taken, format!("store {}", store.url)));
    }
    let at_home = || config::state_home().map(|home| home.join("fedctl/leases"));
    let Some(folder) = session.places.files.clone().or_else(at_home) else {
        return Err(Failure::new(Exit::Failed, "there is no place for the lease files")
            .unwritten()
            .hint("set $XDG_STATE_HOME, or say where: `lease: {file: FOLDER}` in the operator file"));
    };
    Ok((Leases::of_files(&folder, names, holder).map_err(refused)?, "files".to_owned()))
}

#[cfg(feature = "lease")]
async fn of_store(store: &Store, session: &Session, names: [&str; 2], holder: &Holder) -> Result<Leases, Failure> {
    use fedctl_core::spec::Located;
    use fedctl_engine::lease::{Bucket, BucketOptions, Shop};

    let fetch = |source| crate::secret::fetch(source, &session.places.folder, session.places.vault.as_deref());
    let options = BucketOptions {
        bucket: store.url.bucket(),
        prefix: store.url.prefix(),
        endpoint: store.endpoint.as_ref().map(|endpoint| endpoint.as_str()),
        region: store.region.as_ref().map_or("us-east-1", |region| region.as_str()),
        access_key_id: fetch(&store.access_key_id)?,
        secret_access_key: fetch(&store.secret_access_key)?,
        session_token: store.session_token.as_ref().map(fetch).transpose()?,
    };
    let bucket = Bucket::open(&options)
        .map_err(|error| Failure::new(Exit::Failed, "the lease store cannot be used").unwritten().because(&error))?;
    let expiry = store.expiry.as_ref().map_or(EXPIRY, |expiry: &Located<u32>| expiry.value);
    let shop = Shop {
        objects: bucket.into(),
        place: format!("{}/", store.url.as_str().trim_end_matches('/')),
        expiry: Duration::from_secs(expiry.into()),
        clock: clock(),
    };
    Leases::of_store(&shop, names, holder).await.map_err(refused)
}

#[cfg(not(feature = "lease"))]
async fn of_store(store: &Store, _: &Session, _: [&str; 2], _: &Holder) -> Result<Leases, Failure> {
    let message = format!("this fedctl was built without object stores, and the lease is to be at {}", store.url);
    Err(Failure::new(Exit::Failed, message)
        .unwritten()
        .hint("take a released one, or build it with `--features lease`"))
}

/// What a lease that was not taken says.
fn refused(error: LeaseError) -> Failure {
    let failure = Failure::new(Exit::Failed, error.to_string()).unwritten();
    match &error {
        LeaseError::Held { place, holder, left, .. } => {
            let holder = holder.as_ref().map(|holder| {
                [format!("who: {}", holder.who), format!("since: {} (run {})", holder.since, holder.run)]
            });
            let left = left.map(|left| format!("without a sign of life it is free in {} s", left.as_secs()));
            let lines = holder.into_iter().flatten().chain([format!("where: {place}")]).chain(left).collect();
            failure.lines(lines).hint(
                "wait until that run has ended, and try again; `fedctl plan` needs no lease. The lease of a run that \
                 was killed ends by itself",
            )
        }
        LeaseError::File { source, .. } => failure
            .because(source)
            .hint("say where lease files can be: `lease: {file: FOLDER}` in the operator file"),
        LeaseError::Store { .. } => failure
            .hint("are bucket, endpoint, region and key in the operator file right, and may this key read and write there?"),
        LeaseError::Ignores { .. } => failure.hint(
            "two runs could hold one lease there: take a store that keeps to If-None-Match and If-Match, or `lease: {file: FOLDER}`",
        ),
        LeaseError::Foreign { .. } => failure.hint("another bucket, prefix or folder would be free of it"),
    }
}

/// The folder of journals; none where the only place would be a work tree.
fn journals(session: &Session) -> Result<Option<PathBuf>, Failure> {
    if let Some(folder) = &session.places.journal {
        return match tree(folder) {
            None => Ok(Some(folder.clone())),
            Some(tree) => {
                let message =
                    format!("the journal would be in the work tree `{}`: `{}`", tree.display(), folder.display());
                Err(Failure::new(Exit::Usage, message).unwritten().hint(
                    "it names people: let `journal: {dir: FOLDER}` in the operator file lead out of every work tree",
                ))
            }
        };
    }
    Ok(config::state_home().map(|home| home.join("fedctl/journal")).filter(|folder| tree(folder).is_none()))
}

/// The work tree around a folder, as its path says or where its links lead.
fn tree(folder: &Path) -> Option<PathBuf> {
    let there = folder.ancestors().find_map(|above| std::fs::canonicalize(above).ok());
    let ways = [std::path::absolute(folder).ok(), there];
    ways.into_iter().flatten().find_map(|way| worktree::of(&way.join("journal"), |path| path.exists()))
}

//! From a file to a spec, to two organisations, to a plan. Every command begins here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use fedctl_client::{Client, Hosts, SharedHost, Url};
use fedctl_core::drift::{self, Drift};
use fedctl_core::live::Live;
use fedctl_core::plan::Plan;
use fedctl_core::plan::allow::Allow;
use fedctl_core::plan::guard::Refusal;
use fedctl_core::plan::rules::{Aim, Rules};
use fedctl_core::planner::{self, Reach, Step, Terms};
use fedctl_core::spec::Spec;
use fedctl_core::trace::cast::Cast;
use fedctl_core::trace::status::{self, Status};
use fedctl_core::trace::{self, Verification};
use fedctl_engine::Organizations;

use crate::access::{Access, OperatorFile, Places};
use crate::config;
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::render::rehearsed::Rehearsed;
use crate::source::Source;
use crate::ui::Ui;

/// What plans of a session are for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// The organisations are to be as the spec says.
    #[default]
    Apply,
    /// The same, and routing goes on that was paused.
    Resume,
    /// The organisations are to be as the spec says, with at least this generation of the app.
    Rotate(u32),
    /// The federation is taken down, so far.
    Destroy(Reach),
}

impl Purpose {
    /// The command of it.
    pub fn command(self) -> &'static str {
        match self {
            Purpose::Apply => "apply",
            Purpose::Resume => "resume",
            Purpose::Rotate(_) => "rotate",
            Purpose::Destroy(Reach::Both) => "destroy",
            Purpose::Destroy(Reach::SecondaryOnly) => "destroy --secondary-only",
        }
    }
}

/// A spec and the two organisations that it names.
pub struct Session {
    /// The file.
    pub source: Source,
    /// What it says.
    pub spec: Spec,
    /// Where the organisations are, and what the operator demands.
    pub terms: Terms,
    /// The organisations.
    pub organizations: Organizations,
    /// The keys of the two as messages call them.
    pub keys: [String; 2],
    /// How many requests may be out at a time.
    pub concurrency: usize,
    /// How many looks may share a request.
    pub batch: usize,
    /// How many seconds old traces of earlier runs must be before some things are done.
    pub settle: u32,
    /// Where leases and journals are.
    pub places: Places,
    /// Guards that somebody lifts for one plan.
    pub allow: Vec<Allow>,
    purpose: Purpose,
    specs: OnceLock<BTreeMap<String, String>>,
}

/// A plan, and what it was made of.
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// When the newest trace of an earlier run was made, seconds since 1970.
    pub newest: Option<u64>,
    /// What its rehearsal came to, if there was anything to rehearse.
    pub rehearsed: Option<Rehearsed>,
    cast: Option<Cast>,
    live: Live,
}

impl Session {
    /// Reads the spec and opens both organisations; asks nothing of anybody yet.
    ///
    /// # Errors
    /// An invalid spec, or keys that are missing or cannot belong to it.
    pub fn open(path: &Path, operator: Option<&Path>, ui: &mut Ui) -> Result<Self, Failure> {
        Self::open_source(Source::read(path)?, operator, ui)
    }

    /// The same of a spec that was read.
    ///
    /// # Errors
    /// An invalid spec, or keys that are missing or cannot belong to it.
    pub fn open_source(source: Source, operator: Option<&Path>, ui: &mut Ui) -> Result<Self, Failure> {
        let spec = source.spec(ui)?;
        let file = OperatorFile::find(operator, &source.path, ui)?;
        Self::of(source, spec, &Access::new(file, &config::key))
    }

    /// The same with the secondary organisation alone.
    ///
    /// # Errors
    /// An invalid spec, or a key that is missing or cannot belong to it.
    pub fn open_secondary(source: Source, operator: Option<&Path>, ui: &mut Ui) -> Result<Self, Failure> {
        let spec = source.spec(ui)?;
        let file = OperatorFile::find(operator, &source.path, ui)?;
        Self::of_secondary(source, spec, &Access::new(file, &config::key))
    }

    /// Opens both organisations with what may be used for it.
    ///
    /// # Errors
    /// Keys that are missing or cannot belong to the spec.
    pub fn of(source: Source, spec: Spec, access: &Access<'_>) -> Result<Self, Failure> {
        access.all_there(&spec)?;
        let (primary, secondary) = (access.key(&spec.primary, &spec)?, access.key(&spec.secondary, &spec)?);
        let terms = terms(primary.hosts(), secondary.hosts(), access.rules());
        let options = access.options(&spec)?;
        let shared = SharedHost::new(options.limits.host);
        let primary = Client::new(primary, options, Arc::clone(&shared))?;
        let secondary = primary.sibling(secondary)?;
        let organizations = Organizations::new(primary, secondary)?.with_escrow(access.escrow()?);
        Self::with(source, spec, terms, organizations, access)
    }

    /// Opens the secondary organisation alone: the primary is neither asked nor needed.
    ///
    /// # Errors
    /// Its key is missing, or cannot belong to it.
    pub fn of_secondary(source: Source, spec: Spec, access: &Access<'_>) -> Result<Self, Failure> {
        let secondary = access.key(&spec.secondary, &spec)?;
        let terms = terms(&access.hosts(&spec.primary, &spec)?, secondary.hosts(), access.rules());
        let options = access.options(&spec)?;
        let shared = SharedHost::new(options.limits.host);
        let organizations = Organizations::of_secondary(Client::new(secondary, options, shared)?);
        Self::with(source, spec, terms, organizations, access)
    }

    fn with(
        source: Source,
        spec: Spec,
        terms: Terms,
        organizations: Organizations,
        access: &Access<'_>,
    ) -> Result<Self, Failure> {
        // Live holes are written within two seconds of their look: at five requests a second that is ten of them.
        let (concurrency, batch) = if spec.sandbox.is_some() { (16, 100) } else { (8, 10) };
        let keys = [&spec.primary, &spec.secondary].map(|side| access.name(side));
        let settle = access.settle(&spec);
        let places = access.places()?;
        let (allow, purpose) = (Vec::new(), Purpose::Apply);
        let specs = OnceLock::new();
        Ok(Self { source, spec, terms, organizations, keys, concurrency, batch, settle, places, allow, purpose, specs })
    }

    /// The names that federations of the same folder have or had, with their files.
    pub fn specs(&self) -> &BTreeMap<String, String> {
        self.specs.get_or_init(|| self.source.federations())
    }

    /// What its plans are for.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// From now on its plans are for this.
    #[must_use]
    pub fn with_purpose(mut self, purpose: Purpose) -> Self {
        self.purpose = purpose;
        if let Purpose::Rotate(generation) = purpose {
            self.spec.app.generation.value = generation;
        }
        self.terms.rules.aim = if purpose == Purpose::Resume { Aim::Resume } else { Aim::Keep };
        self
    }

    /// Takes somebody's word that these people signed in through the federation.
    pub fn take_word(&mut self, signed_in: &[String]) {
        self.terms.rules.signed_in.extend(signed_in.iter().map(|email| email.to_lowercase().into()));
    }

    /// Lifts from a plan the guards that somebody lifts for it; all of them or none. `bound` is the digest of the saved plan
    /// that is applied, if one is.
    ///
    /// # Errors
    /// One of the lifts is for another plan, or does not go far enough.
    pub fn lift(&self, plan: &mut Plan, bound: Option<&str>, ui: &Ui) -> Result<(), Failure> {
        plan.allow(&self.allow, bound, ui.asks()).map_err(|denied| failure::not_allowed(&denied))
    }

    /// Dates marks by the time of a saved plan, in seconds since 1970: applied a day later, it is the same plan.
    pub fn date_by(&mut self, as_of: Option<u64>) {
        self.terms.rules.as_of = as_of;
    }

    /// Reads both organisations and plans.
    ///
    /// # Errors
    /// They cannot be read, or do not bear out what the spec says.
    pub async fn plan(&self, ui: &mut Ui) -> Result<Planned, Failure> {
        let step = |live: &_| match self.purpose {
            Purpose::Apply | Purpose::Resume | Purpose::Rotate(_) => {
                planner::step_with_cast(&self.spec, &self.terms, live)
            }
            Purpose::Destroy(reach) => planner::destroy(&self.spec, &self.terms, reach, live).map(|plan| (plan, None)),
        };
        let (step, live) = fedctl_engine::read(&self.spec, &self.organizations, step, |progress| {
            ui.progress(&format!("reading: {} of {} requests", progress.answered, progress.known));
        })
        .await
        .map_err(|error| failure::read(&error, &self.spec, &self.keys))?;
        let (plan, cast) = self.ready(step, ui)?;
        self.knows_them(&plan)?;
        let newest = live.newest_trace(&self.spec.names());
        let mut planned = Planned { plan, rehearsed: None, newest, cast, live };
        self.rehearse(&mut planned);
        Ok(planned)
    }

    /// Rehearses a plan, and refuses it for what comes of that. One that does nothing is not, nor one that nothing allows.
    pub fn rehearse(&self, planned: &mut Planned) {
        let Planned { plan, cast, live, .. } = planned;
        let Some(cast) = cast.as_ref().filter(|_| !plan.is_empty()) else { return };
        let mut rehearsal = fedctl_rehearsal::rehearse(&self.spec, &self.terms, live, plan, cast);
        plan.refusals.append(&mut rehearsal.refusals);
        plan.refusals.sort();
        plan.refusals.dedup();
        planned.rehearsed = Some(Rehearsed::of(rehearsal));
    }

    /// A word about somebody who is not there is a mistake, and would pass unseen.
    fn knows_them(&self, plan: &Plan) -> Result<(), Failure> {
        let is_meant = |said: &str| {
            let is = |address: &str| address.eq_ignore_ascii_case(said);
            plan.people.iter().any(|person| is(&person.email) || is(&person.account))
        };
        match self.terms.rules.signed_in.iter().find(|said| !is_meant(said)) {
            None => Ok(()),
            Some(stranger) => {
                Err(Failure::new(Exit::Usage, format!("--signed-in: `{stranger}` is nobody of this federation"))
                    .unwritten()
                    .hint("give the address of a person of the population, in either organisation"))
            }
        }
    }

    /// Reads both organisations and traces everybody.
    ///
    /// # Errors
    /// As for a plan.
    pub async fn verify(&self, ui: &mut Ui) -> Result<Verification, Failure> {
        self.read(|live| trace::step(&self.spec, &self.terms, live), ui).await
    }

    /// Reads both organisations, and who has signed in.
    ///
    /// # Errors
    /// As for a plan.
    pub async fn status(&self, ui: &mut Ui) -> Result<Status, Failure> {
        self.read(|live| status::step(&self.spec, &self.terms, live), ui).await
    }

    /// Reads both organisations and finds what nobody asked for, and what stops the next apply: with a rehearsal of it.
    ///
    /// # Errors
    /// As for a plan.
    pub async fn drift(&self, ui: &mut Ui) -> Result<(Drift, Vec<Refusal>), Failure> {
        let step = |live: &_| drift::step(&self.spec, &self.terms, live);
        let ((drift, plan, cast), live) = self.read_with_live(step, ui).await?;
        let mut planned = Planned { plan, rehearsed: None, newest: None, cast, live };
        self.rehearse(&mut planned);
        Ok((drift, planned.plan.refusals))
    }

    /// The page at which people of the secondary organisation sign in.
    pub fn portal(&self) -> String {
        format!("{}/login", self.terms.login)
    }

    async fn read<T>(&self, step: impl Fn(&Live) -> Step<T>, ui: &mut Ui) -> Result<T, Failure> {
        Ok(self.read_with_live(step, ui).await?.0)
    }

    async fn read_with_live<T>(&self, step: impl Fn(&Live) -> Step<T>, ui: &mut Ui) -> Result<(T, Live), Failure> {
        let (step, live) = fedctl_engine::read(&self.spec, &self.organizations, step, |progress| {
            ui.progress(&format!("reading: {} of {} requests", progress.answered, progress.known));
        })
        .await
        .map_err(|error| failure::read(&error, &self.spec, &self.keys))?;
        Ok((self.ready(step, ui)?, live))
    }

    /// What a computation came to, or why it came to nothing.
    ///
    /// # Errors
    /// Problems of the spec, which are printed, or what cannot be read.
    pub fn ready<T>(&self, step: Step<T>, ui: &mut Ui) -> Result<T, Failure> {
        match step {
            Step::Ready(value) => Ok(*value),
            Step::Problems(problems) => {
                self.source.show(&problems, ui);
                Err(failure::invalid(problems.len(), &self.source.name()))
            }
            Step::Unknown(unknown) => Err(failure::unknown(&unknown, &self.keys)),
            Step::Read(_) => Err(Failure::new(Exit::Failed, "reading ended early").unwritten()),
        }
    }
}

/// `[documented]`: the url of an issuer is given without its final slash, and the login url of the app is the console.
fn terms(primary: &Hosts, secondary: &Hosts, rules: Rules) -> Terms {
    let bare = |url: &Url| url.as_str().trim_end_matches('/').into();
    Terms {
        issuer: bare(primary.base(fedctl_client::Host::Issuer)),
        callback: secondary.callback().as_str().into(),
        other_callback: secondary.other_callback().map(|url| url.as_str().into()),
        login: bare(secondary.base(fedctl_client::Host::Console)),
        rules,
    }
}

//! From a file to a spec, to two organisations, to a plan. Every command begins here.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fedctl_client::{Client, Hosts, Key, Limits, Options, SharedHost, Url};
use fedctl_core::plan::Plan;
use fedctl_core::planner::{self, Places, Step};
use fedctl_core::spec::{self, FieldPath, Region, Side, Spec};
use fedctl_core::trace::{self, Verification};
use fedctl_engine::Organizations;
use secrecy::SecretString;

use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::ui::Ui;
use crate::{config, snippet};

/// A file with a spec, and its text for pointing at lines.
#[derive(Debug)]
pub struct Source {
    /// Where it was read.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// It cannot be read, or is no text.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let size = std::fs::metadata(path).map(|file| file.len());
        let too_large = size.is_ok_and(|size| size > 4 * spec::MAX_FILE_BYTES as u64);
        if too_large {
            return Err(Failure::new(Exit::Invalid, format!("`{name}` is too large for a spec")));
        }
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(Self { path: path.to_owned(), text }),
            Err(error) => Err(Failure::new(Exit::Invalid, format!("`{name}` cannot be read")).because(&error)),
        }
    }

    /// The file as it is named in messages.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// `file:line` of a place in the spec; of what holds it, where it is a default.
    pub fn place(&self, path: &FieldPath) -> String {
        match spec::At::Value(path.clone()).locate(&self.text) {
            Some(position) => format!("{}:{}", self.name(), position.line),
            None => self.name(),
        }
    }

    /// The spec, its problems printed with their lines.
    ///
    /// # Errors
    /// The spec is not valid.
    pub fn spec(&self, ui: &mut Ui) -> Result<Spec, Failure> {
        let parsed = spec::parse(&self.text);
        self.show(&parsed.problems, ui);
        parsed.spec.ok_or_else(|| failure::invalid(parsed.problems.len(), &self.name()))
    }

    /// Prints problems with their lines.
    pub fn show(&self, problems: &[spec::Diagnostic], ui: &mut Ui) {
        if !problems.is_empty() {
            let text = snippet::render(problems, &self.name(), &self.text, ui.color());
            ui.warn(&text);
        }
    }
}

/// Where the keys of credentials come from, by name.
pub type Keys<'a> = &'a dyn Fn(&str) -> Option<SecretString>;

/// A spec and the two organisations that it names.
pub struct Session {
    /// The file.
    pub source: Source,
    /// What it says.
    pub spec: Spec,
    /// Where the organisations are.
    pub places: Places,
    /// The organisations.
    pub organizations: Organizations,
    /// How many requests may be out at a time.
    pub concurrency: usize,
    /// How many looks may share a request.
    pub batch: usize,
}

impl Session {
    /// Reads the spec and opens both organisations; asks nothing of anybody yet.
    ///
    /// # Errors
    /// An invalid spec, or keys that are missing or cannot belong to it.
    pub fn open(path: &Path, ui: &mut Ui) -> Result<Self, Failure> {
        let source = Source::read(path)?;
        let spec = source.spec(ui)?;
        Self::of(source, spec, &config::key)
    }

    /// Opens both organisations with keys from somewhere.
    ///
    /// # Errors
    /// Keys that are missing or cannot belong to the spec.
    pub fn of(source: Source, spec: Spec, keys: Keys<'_>) -> Result<Self, Failure> {
        let hosts = |side: &Side| match &spec.sandbox {
            Some(sandbox) => {
                let base = Url::parse(sandbox.as_str()).map_err(|error| {
                    Failure::new(Exit::Invalid, "the address of the sandbox cannot be read").because(&error)
                })?;
                Ok(Hosts::sandbox(&base)?)
            }
            None => Ok::<_, Failure>(Hosts::of(region(side.region.value))),
        };
        let (primary, secondary) = (hosts(&spec.primary)?, hosts(&spec.secondary)?);
        let places = places(&primary, &secondary);
        let limits = if spec.sandbox.is_some() { Limits::loopback() } else { Limits::real() };
        let shared = SharedHost::new(limits.host);
        let primary = bind(&spec.primary, primary, keys)?;
        let secondary = bind(&spec.secondary, secondary, keys)?;
        let options = Options::for_key(&primary);
        let primary = Client::new(primary, options, Arc::clone(&shared))?;
        let secondary = primary.sibling(secondary)?;
        let organizations = Organizations::new(primary, secondary)?;
        // Live holes are written within two seconds of their look: at five requests a second that is ten of them.
        let (concurrency, batch) = if spec.sandbox.is_some() { (16, 100) } else { (8, 10) };
        Ok(Self { source, spec, places, organizations, concurrency, batch })
    }

    /// Reads both organisations and plans.
    ///
    /// # Errors
    /// They cannot be read, or do not bear out what the spec says.
    pub async fn plan(&self, ui: &mut Ui) -> Result<Plan, Failure> {
        let step = |live: &_| planner::step(&self.spec, &self.places, live);
        let (step, _) = fedctl_engine::read(&self.spec, &self.organizations, step, |progress| {
            ui.progress(&format!("reading: {} of {} requests", progress.answered, progress.known));
        })
        .await
        .map_err(|error| failure::read(&error, &self.spec))?;
        self.ready(step, ui)
    }

    /// Reads both organisations and traces everybody.
    ///
    /// # Errors
    /// As for a plan.
    pub async fn verify(&self, ui: &mut Ui) -> Result<Verification, Failure> {
        let step = |live: &_| trace::step(&self.spec, &self.places, live);
        let (step, _) = fedctl_engine::read(&self.spec, &self.organizations, step, |progress| {
            ui.progress(&format!("reading: {} of {} requests", progress.answered, progress.known));
        })
        .await
        .map_err(|error| failure::read(&error, &self.spec))?;
        self.ready(step, ui)
    }

    fn ready<T>(&self, step: Step<T>, ui: &mut Ui) -> Result<T, Failure> {
        match step {
            Step::Ready(value) => Ok(*value),
            Step::Problems(problems) => {
                self.source.show(&problems, ui);
                Err(failure::invalid(problems.len(), &self.source.name()))
            }
            Step::Unknown(unknown) => Err(failure::unknown(&unknown)),
            Step::Read(_) => Err(Failure::new(Exit::Failed, "reading ended early").unwritten()),
        }
    }
}

fn region(region: Region) -> fedctl_client::Region {
    match region {
        Region::Us => fedctl_client::Region::Us,
        Region::Eu => fedctl_client::Region::Eu,
        Region::In => fedctl_client::Region::In,
    }
}

/// `[documented]`: the url of an issuer is given without its final slash, and the login url of the app is the console.
fn places(primary: &Hosts, secondary: &Hosts) -> Places {
    let bare = |url: &Url| url.as_str().trim_end_matches('/').into();
    Places {
        issuer: bare(primary.base(fedctl_client::Host::Issuer)),
        callback: secondary.callback().as_str().into(),
        login: bare(secondary.base(fedctl_client::Host::Console)),
    }
}

fn bind(side: &Side, hosts: Hosts, keys: Keys<'_>) -> Result<Key, Failure> {
    let name = side.credentials.as_str();
    let variable = config::key_variable(name);
    let secret = keys(name).ok_or_else(|| failure::no_key(name, &variable))?;
    Key::bind(secret, hosts, side.organization.as_str()).map_err(|error| failure::key(&error, &variable))
}

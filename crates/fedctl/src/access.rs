//! What may be opened, with which key, by which way: the operator file if there is one, and the environment.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use fedctl_client::{BucketLimits, Host, HostUrls, Hosts, Key, Limits, Options, Url, Vault, VaultLogin, VaultOptions};
use fedctl_core::operator::{self, Credentials, HostOverrides, Limit, Operator, Source};
use fedctl_core::plan::rules::Rules;
use fedctl_core::spec::{Located, Side, Spec};
use fedctl_engine::escrow::{Escrow, InVault};
use secrecy::SecretString;

use crate::escrow::ByPrograms;
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::snippet::{self, Page};
use crate::source::read_text;
use crate::ui::Ui;
use crate::{config, secret, worktree};

/// Where the keys of credentials come from that no operator file names, by name.
pub type Keys<'a> = &'a dyn Fn(&str) -> Option<SecretString>;

/// How many seconds the traces of an earlier run settle: the executor looks 90 s for what it made, and then gives up.
const SETTLE: u32 = 120;

/// How long a vault may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Everything that reaches outside the two organisations of a spec.
pub struct Access<'a> {
    file: Option<OperatorFile>,
    keys: Keys<'a>,
    vault: OnceCell<Arc<Vault>>,
}

/// Where leases and journals are, as far as an operator file says so.
#[derive(Debug, Default)]
pub struct Places {
    /// A folder of lease files.
    pub files: Option<PathBuf>,
    /// A store of leases.
    pub store: Option<Box<operator::Store>>,
    /// A folder of journals.
    pub journal: Option<PathBuf>,
    /// Where paths begin.
    pub folder: PathBuf,
    /// The vault that keys are in, if one is needed.
    pub vault: Option<Arc<Vault>>,
}

/// An operator file that was read.
#[derive(Debug)]
pub struct OperatorFile {
    folder: PathBuf,
    operator: Operator,
}

impl OperatorFile {
    /// Reads an operator file, its problems printed with their lines.
    ///
    /// # Errors
    /// It cannot be read or is not valid.
    pub fn read(path: &Path, ui: &mut Ui) -> Result<Self, Failure> {
        let named =
            "it is meant as the operator file, by `--operator`, else by $FEDCTL_OPERATOR, else by its place at home";
        let text = read_text(path).map_err(|failure| failure.hint(named))?;
        let parsed = operator::parse(&text);
        let name = path.display().to_string();
        if !parsed.problems.is_empty() {
            ui.warn_styled(&snippet::render(&parsed.problems, &Page::new(&name, &text), None, ui.color()));
        }
        let operator = parsed.operator.ok_or_else(|| failure::invalid(parsed.problems.len(), &name))?;
        let folder = std::path::absolute(path)?.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { folder, operator })
    }

    /// The file that is meant: the one that was named, else that of `$FEDCTL_OPERATOR`, else the one in the home folder if
    /// it is there. One beside the spec is never looked for.
    ///
    /// # Errors
    /// It cannot be read, is not valid, or comes with the spec where `CI` is set.
    pub fn find(named: Option<&Path>, spec: &Path, ui: &mut Ui) -> Result<Option<Self>, Failure> {
        let at_home = || config::operator_at_home().filter(|path| path.exists());
        let Some(path) = named.map(Path::to_owned).or_else(config::operator).or_else(at_home) else { return Ok(None) };
        if config::is_ci() && comes_with(&path, spec)? {
            let message = format!("the operator file `{}` is in the work tree of the spec", path.display());
            return Err(Failure::new(Exit::Usage, message).unwritten().hint(
                "whoever can change the spec could say where keys go: keep it outside of what a pull request changes",
            ));
        }
        Self::read(&path, ui).map(Some)
    }
}

/// Whether a file is in the work tree of a spec, as its path says or where its links lead.
fn comes_with(file: &Path, spec: &Path) -> Result<bool, Failure> {
    let ways = |path: &Path| {
        [std::path::absolute(path), std::fs::canonicalize(path)].into_iter().filter_map(Result::ok).collect::<Vec<_>>()
    };
    let trees: Vec<_> = ways(spec).iter().filter_map(|spec| worktree::of(spec, |path| path.exists())).collect();
    Ok(ways(file).iter().any(|file| trees.iter().any(|tree| worktree::holds(tree, file))))
}

impl<'a> Access<'a> {
    /// What an operator file says, and for what it does not name, keys from elsewhere.
    pub fn new(file: Option<OperatorFile>, keys: Keys<'a>) -> Self {
        Self { file, keys, vault: OnceCell::new() }
    }

    /// The key of a side as messages call it: by where it comes from.
    pub fn name(&self, side: &Side) -> String {
        match self.credentials(side) {
            Some((_, Credentials { source, account: None, .. })) => format!("the key in {}", secret::place(source)),
            Some((_, Credentials { source, account: Some(id), .. })) => {
                format!("the service account `{id}` with the secret in {}", secret::place(source))
            }
            None => format!("the key in ${}", config::key_variable(side.credentials.as_str())),
        }
    }

    /// Makes sure that no key is missing from the environment, so that all that are can be said at once.
    ///
    /// # Errors
    /// One or both are.
    pub fn all_there(&self, spec: &Spec) -> Result<(), Failure> {
        let mut missing: Vec<(String, String)> = [&spec.primary, &spec.secondary]
            .into_iter()
            .filter(|side| self.credentials(side).is_none() && (self.keys)(side.credentials.as_str()).is_none())
            .map(|side| (side.credentials.to_string(), config::key_variable(side.credentials.as_str())))
            .collect();
        missing.dedup();
        if missing.is_empty() { Ok(()) } else { Err(failure::no_keys(&missing)) }
    }

    /// The key of a side, bound to its hosts and organisation.
    ///
    /// # Errors
    /// There is none, it may not open this organisation, or it cannot belong there.
    pub fn key(&self, side: &Side, spec: &Spec) -> Result<Key, Failure> {
        let hosts = self.hosts(side, spec)?;
        let organization = side.organization.as_str();
        let bound = match self.credentials(side) {
            Some((file, credentials)) => {
                allowed(credentials, side)?;
                let secret = secret::fetch(&credentials.source, &file.folder, self.vault(&credentials.source)?)?;
                match &credentials.account {
                    Some(account) => Key::bind_account(account.as_str(), secret, hosts, organization),
                    None => Key::bind(secret, hosts, organization),
                }
            }
            None => {
                let name = side.credentials.as_str();
                let missing = || failure::no_keys(&[(name.to_owned(), config::key_variable(name))]);
                Key::bind((self.keys)(name).ok_or_else(missing)?, hosts, organization)
            }
        };
        bound.map_err(|error| failure::key(&error, &self.name(side)))
    }

    /// What a client of real hosts or of the sandbox is given. The way to the sandbox is never by a proxy.
    ///
    /// # Errors
    /// Certificate authorities that cannot be read.
    pub fn options(&self, spec: &Spec) -> Result<Options, Failure> {
        if spec.sandbox.is_some() {
            return Ok(Options::loopback());
        }
        let mut options = Options::real();
        let Some(OperatorFile { folder, operator }) = &self.file else { return Ok(options) };
        options.limits = limits(&operator.limits);
        options.proxy = operator.proxy.as_ref().map(|proxy| url(proxy.as_str())).transpose()?;
        if let Some(ca) = &operator.ca {
            options.extra_authorities = authorities(&folder.join(ca.as_str()))?;
        }
        Ok(options)
    }

    /// What every plan has to obey.
    pub fn rules(&self) -> Rules {
        self.file.as_ref().map(|file| Rules::of(&file.operator)).unwrap_or_default()
    }

    /// How many seconds old traces of earlier runs must be before something is made or removed that rests on seeing all of
    /// them. A simulator shows at once what was made, so nobody waits there unless the operator asks for it.
    pub fn settle(&self, spec: &Spec) -> u32 {
        let said = self.file.as_ref().and_then(|file| file.operator.settle.as_ref());
        said.map_or(if spec.sandbox.is_some() { 0 } else { SETTLE }, |settle| settle.value)
    }

    /// Where a run that writes says so to others, and where it writes down what it does.
    ///
    /// # Errors
    /// A vault that the leases need cannot be opened.
    pub fn places(&self) -> Result<Places, Failure> {
        let Some(OperatorFile { folder, operator }) = &self.file else { return Ok(Places::default()) };
        if let Some(operator::Lease::Store(store)) = &operator.lease {
            let sources = [&store.access_key_id, &store.secret_access_key].into_iter().chain(&store.session_token);
            sources.map(|source| self.vault(source)).collect::<Result<Vec<_>, _>>()?;
        }
        let at = |path: &operator::FilePath| folder.join(path.as_str());
        Ok(Places {
            files: match &operator.lease {
                Some(operator::Lease::Files(path)) => Some(at(path)),
                Some(operator::Lease::Store(_)) | None => None,
            },
            store: match &operator.lease {
                Some(operator::Lease::Store(store)) => Some(store.clone()),
                Some(operator::Lease::Files(_)) | None => None,
            },
            journal: operator.journal.as_ref().map(|path| at(path)),
            folder: folder.clone(),
            vault: self.vault.get().cloned(),
        })
    }

    /// Where client secrets are kept, if anywhere.
    ///
    /// # Errors
    /// The vault cannot be opened.
    pub fn escrow(&self) -> Result<Option<Box<dyn Escrow>>, Failure> {
        let Some(file) = &self.file else { return Ok(None) };
        Ok(match &file.operator.escrow {
            None => None,
            Some(operator::Escrow::Vault { mount, path }) => {
                let below = secret::in_vault(mount.as_ref(), path);
                Some(Box::new(InVault::new(Arc::clone(self.opened(file)?), below)))
            }
            Some(operator::Escrow::Exec { put, get }) => {
                Some(Box::new(ByPrograms::new(put.value.clone(), get.value.clone(), file.folder.clone())))
            }
        })
    }

    /// The vault, if that is where something comes from.
    fn vault(&self, source: &Source) -> Result<Option<&Vault>, Failure> {
        match (source, &self.file) {
            (Source::Vault { .. }, Some(file)) => self.opened(file).map(|vault| Some(&**vault)),
            (Source::Env(_) | Source::File(_) | Source::Exec(_) | Source::Vault { .. }, _) => Ok(None),
        }
    }

    /// The vault of an operator file. What opens it is fetched once.
    fn opened(&self, file: &OperatorFile) -> Result<&Arc<Vault>, Failure> {
        if self.vault.get().is_none() {
            let vault = open(file)?;
            drop(self.vault.set(Arc::new(vault)));
        }
        // The operator file is refused without one where something is in it.
        self.vault.get().ok_or_else(|| Failure::new(Exit::Failed, "the operator file names no vault").unwritten())
    }

    fn credentials(&self, side: &Side) -> Option<(&OperatorFile, &Credentials)> {
        let file = self.file.as_ref()?;
        Some((file, file.operator.credentials.get(&side.credentials.value)?))
    }

    /// Where the organisation of a side is asked.
    ///
    /// # Errors
    /// The operator file overrides the hosts, and the spec is for a sandbox.
    pub fn hosts(&self, side: &Side, spec: &Spec) -> Result<Hosts, Failure> {
        let overrides =
            self.credentials(side).map(|(_, credentials)| &credentials.hosts).filter(|hosts| !hosts.is_empty());
        match (&spec.sandbox, overrides) {
            (None, None) => Ok(Hosts::of(region(side))),
            (None, Some(overrides)) => overridden(&Hosts::of(region(side)), overrides),
            (Some(sandbox), None) => Ok(Hosts::sandbox(&url(sandbox.as_str())?)?),
            (Some(_), Some(_)) => {
                let message = format!(
                    "the credentials `{}` have hosts of their own, and the spec is for a sandbox",
                    side.credentials
                );
                Err(Failure::new(Exit::Invalid, message).unwritten().hint("use other credentials for the sandbox"))
            }
        }
    }
}

fn open(OperatorFile { folder, operator }: &OperatorFile) -> Result<Vault, Failure> {
    let Some(said) = &operator.vault else {
        return Err(Failure::new(Exit::Failed, "the operator file names no vault").unwritten());
    };
    let login = match &said.login {
        operator::Login::Token(source) => VaultLogin::Token(secret::fetch(source, folder, None)?),
        operator::Login::AppRole { mount, role_id, secret_id } => VaultLogin::AppRole {
            mount: mount.as_ref().map_or("approle", |mount| mount.as_str()).to_owned(),
            role_id: role_id.as_str().to_owned(),
            secret_id: secret::fetch(secret_id, folder, None)?,
        },
    };
    let ca = operator.ca.as_ref().map(|ca| authorities(&folder.join(ca.as_str()))).transpose()?;
    let options = VaultOptions {
        address: url(said.address.as_str())?,
        namespace: said.namespace.as_ref().map(|namespace| namespace.as_str().to_owned()),
        login,
        extra_authorities: ca.unwrap_or_default(),
        timeout: PATIENCE,
    };
    Vault::new(options)
        .map_err(|error| Failure::new(Exit::Failed, "the vault cannot be opened").unwritten().because(&error))
}

/// A key opens what it was given for, whatever a spec says.
fn allowed(credentials: &Credentials, side: &Side) -> Result<(), Failure> {
    let organizations = &credentials.organizations;
    if organizations.is_empty() || organizations.iter().any(|one| one.value == side.organization.value) {
        return Ok(());
    }
    let message = format!(
        "the operator file does not let the credentials `{}` open the organisation {}",
        side.credentials, side.organization
    );
    let may: Vec<String> = organizations.iter().map(ToString::to_string).collect();
    Err(Failure::new(Exit::Refused, message)
        .unwritten()
        .hint(format!("they may open {}; is the organisation in the spec right?", may.join(", "))))
}

fn region(side: &Side) -> fedctl_client::Region {
    use fedctl_core::spec::Region;
    match side.region.value {
        Region::Us => fedctl_client::Region::Us,
        Region::Eu => fedctl_client::Region::Eu,
        Region::In => fedctl_client::Region::In,
    }
}

fn url(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| Failure::new(Exit::Invalid, format!("`{text}` is no address")).because(&error))
}

fn overridden(hosts: &Hosts, overrides: &HostOverrides) -> Result<Hosts, Failure> {
    let or = |over: &Option<Located<operator::HttpsUrl>>, default: &Url| match over {
        Some(over) => url(over.as_str()),
        None => Ok(default.clone()),
    };
    Ok(Hosts::custom(HostUrls {
        console: or(&overrides.console, hosts.base(Host::Console))?,
        issuer: or(&overrides.issuer, hosts.base(Host::Issuer))?,
        insights: or(&overrides.insights, hosts.base(Host::Insights))?,
        oauth: or(&overrides.oauth, hosts.base(Host::Oauth))?,
        callback: or(&overrides.callback, hosts.callback())?,
        other_callback: hosts.other_callback().filter(|_| overrides.callback.is_none()).cloned(),
    })?)
}

/// A rate is one that is never exceeded: below it fedctl still finds its own.
fn limits(said: &operator::Limits) -> Limits {
    let real = Limits::real();
    Limits { organization: limit(&said.organization, real.organization), host: limit(&said.host, real.host) }
}

fn limit(said: &Limit, mut bucket: BucketLimits) -> BucketLimits {
    if let Some(rate) = &said.rate {
        bucket.ceiling = f64::from(rate.value);
        bucket.start = bucket.start.min(bucket.ceiling);
        bucket.floor = bucket.floor.min(bucket.ceiling);
    }
    if let Some(in_flight) = &said.in_flight {
        bucket.in_flight = in_flight.value as usize;
    }
    bucket
}

fn authorities(path: &Path) -> Result<Vec<u8>, Failure> {
    let pem = read_text(path)?;
    if !pem.contains("-----BEGIN CERTIFICATE-----") {
        let message = format!("`{}` holds no certificate in PEM form", path.display());
        return Err(Failure::new(Exit::Invalid, message).unwritten());
    }
    Ok(pem.into_bytes())
}

#[cfg(test)]
mod tests;

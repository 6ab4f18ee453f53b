//! A valid operator file.

use std::collections::BTreeMap;

use super::questions::{Form, Question};
use super::words::{
    BucketUrl, ClientId, FilePath, HttpsUrl, ProxyUrl, StoreEndpoint, StoreRegion, Variable, VaultField, VaultName,
    VaultPath, VaultUrl,
};
use crate::spec::{CredentialsName, Email, FieldPath, Located, OrganizationId};

/// Everything that whoever runs fedctl says about the world outside the two organisations. Everything has a default.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Operator {
    /// Where the keys come from, by the names that specs use. A name that is not here is looked up as
    /// `$FEDCTL_<NAME>_API_KEY`.
    pub credentials: BTreeMap<CredentialsName, Credentials>,
    /// The proxy of every request to JumpCloud; default none, whatever the environment says.
    pub proxy: Option<Located<ProxyUrl>>,
    /// Certificate authorities beyond the system's, as PEM; default none.
    pub ca: Option<Located<FilePath>>,
    /// People and accounts that no plan may take anything from; default none beyond those that are always protected.
    pub protect: Protect,
    /// How far one plan may go; default what the guards say.
    pub ceilings: Ceilings,
    /// Pinned answers to what JumpCloud does not document; default none, and forms are tried in their order.
    pub forms: BTreeMap<Question, Located<Form>>,
    /// How many seconds old the traces of earlier runs must be before something is made that the service may take twice, or
    /// something is removed; default 120, and 0 in a sandbox.
    pub settle: Option<Located<u32>>,
    /// How fast to ask at most; default slow at first, and faster while the answers are good.
    pub limits: Limits,
    /// What lets one run at a time write to an organisation; default files in the state directory of the machine.
    pub lease: Option<Lease>,
    /// The folder of the journals; default one in the state directory of the machine.
    pub journal: Option<Located<FilePath>>,
    /// How a Vault or OpenBao is opened; default none.
    pub vault: Option<Vault>,
    /// Where client secrets are kept when they are shown; default nowhere.
    pub escrow: Option<Escrow>,
}

/// How a Vault or OpenBao is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vault {
    /// Where it answers.
    pub address: Located<VaultUrl>,
    /// Its namespace; default none.
    pub namespace: Option<Located<VaultPath>>,
    /// What proves who asks.
    pub login: Login,
}

/// What proves to a vault who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// A token.
    Token(Source),
    /// An AppRole.
    AppRole {
        /// Where the method is mounted; default `approle`.
        mount: Option<Located<VaultPath>>,
        /// The role.
        role_id: Located<VaultName>,
        /// Where its secret comes from.
        secret_id: Source,
    },
}

/// Where client secrets are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Escrow {
    /// In a vault, each under the client id that it belongs to.
    Vault {
        /// The KV v2 engine; default `secret`.
        mount: Option<Located<VaultPath>>,
        /// What every name begins with.
        path: Located<VaultPath>,
    },
    /// By programs, in which `{client_id}` stands for the client id.
    Exec {
        /// Is given the secret as its input, and keeps it.
        put: Located<Argv>,
        /// Prints the secret; nothing, or exit code 1, where there is none.
        get: Located<Argv>,
    },
}

impl Escrow {
    /// Its name in an operator file.
    pub fn as_str(&self) -> &'static str {
        match self {
            Escrow::Vault { .. } => "vault",
            Escrow::Exec { .. } => "exec",
        }
    }
}

/// What lets one run at a time write to an organisation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lease {
    /// Locked files in a folder: for runs on one machine.
    Files(Located<FilePath>),
    /// Objects in a store that refuses a write whose condition does not hold.
    Store(Box<Store>),
}

/// An object store that holds leases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// The bucket and the prefix.
    pub url: Located<BucketUrl>,
    /// Where it answers; default the service that invented the protocol, in its region.
    pub endpoint: Option<Located<StoreEndpoint>>,
    /// Its region; default `us-east-1`.
    pub region: Option<Located<StoreRegion>>,
    /// Where the id of the key comes from.
    pub access_key_id: Source,
    /// Where its secret comes from.
    pub secret_access_key: Source,
    /// Where the token of a key for a while comes from; default none.
    pub session_token: Option<Source>,
    /// How many seconds after its last renewal a lease may be taken by another run; default 60.
    pub expiry: Option<Located<u32>>,
}

/// One key, or one service account: where its secret comes from, and what it may be used for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Where the key comes from, or the secret of the service account.
    pub source: Source,
    /// The client id, if this is a service account; it gets a token with its secret.
    pub account: Option<Located<ClientId>>,
    /// The organisations that it may open; empty means any. A spec that names another is refused before anything is asked.
    pub organizations: Vec<Located<OrganizationId>>,
    /// Other hosts than those of the region; default none.
    pub hosts: HostOverrides,
    /// The entry as a whole.
    pub at: FieldPath,
}

/// Where a key or a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A variable of the environment.
    Env(Located<Variable>),
    /// A file that nobody but its owner can read.
    File(Located<FilePath>),
    /// What a program prints. It is run without a shell, without an environment and without an input.
    Exec(Located<Argv>),
    /// A field of a secret in the vault that the file names.
    Vault {
        /// The KV v2 engine; default `secret`.
        mount: Option<Located<VaultPath>>,
        /// The secret.
        path: Located<VaultPath>,
        /// The field.
        field: Located<VaultField>,
    },
}

/// A program by its absolute path, and its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argv {
    /// The program.
    pub program: FilePath,
    /// Its arguments, as they are: no shell looks at them.
    pub arguments: Vec<String>,
}

/// Hosts in the place of those of the region, each by itself.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct HostOverrides {
    /// API v1 and v2; gets the key.
    pub console: Option<Located<HttpsUrl>>,
    /// The OIDC issuer.
    pub issuer: Option<Located<HttpsUrl>>,
    /// Directory Insights; gets the key.
    pub insights: Option<Located<HttpsUrl>>,
    /// Where a service account gets its tokens; gets its secret.
    pub oauth: Option<Located<HttpsUrl>>,
    /// Where an identity provider sends people back to; the only one with a path.
    pub callback: Option<Located<HttpsUrl>>,
}

impl HostOverrides {
    /// Whether nothing is overridden.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Who is protected, by e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Protect {
    /// People of primary organisations.
    pub primary: Vec<Located<Email>>,
    /// Accounts of secondary organisations.
    pub secondary: Vec<Located<Email>>,
}

/// How many people one plan may touch.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ceilings {
    /// How many may lose sign-in.
    pub max_losses: Option<Located<u32>>,
    /// How many may gain it.
    pub max_gains: Option<Located<u32>>,
    /// How many accounts may be renamed.
    pub max_renames: Option<Located<u32>>,
}

/// How fast to ask at most.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Limits {
    /// For each organisation.
    pub organization: Limit,
    /// For the whole process: the service blocks addresses, not keys.
    pub host: Limit,
}

/// One limit.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Limit {
    /// Requests per second that are never exceeded.
    pub rate: Option<Located<u32>>,
    /// Requests that may be under way at once.
    pub in_flight: Option<Located<u32>>,
}

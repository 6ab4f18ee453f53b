//! Secrets in a Vault or OpenBao: its key-value engine, version 2, by a token or an AppRole.
//!
//! Sources: the published API of the engine (`secret/kv-v2`) and of `auth/approle`; each call was tried with OpenBao 2.
//! Nothing is sent twice by itself, no redirect is followed, and no proxy of the environment is used: a request carries a token
//! or a secret.

mod error;
mod wire;

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use reqwest::{Certificate, Method, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use zeroize::{Zeroize, Zeroizing};

use crate::client::body_of;
use crate::error::BuildError;
use crate::hosts::is_loopback;
use crate::redact::Redactor;
use wire::{Answer, fields, is_nothing, json, said};

pub use error::VaultError;

const TOKEN: HeaderName = HeaderName::from_static("x-vault-token");
const NAMESPACE: HeaderName = HeaderName::from_static("x-vault-namespace");
/// `[documented]`: keeps a request that was forged elsewhere from passing an agent in front of the vault.
const REQUEST: HeaderName = HeaderName::from_static("x-vault-request");

/// The longest answer: secrets are small.
const LONGEST: usize = 1024 * 1024;

/// How a vault is reached.
#[derive(Debug, Clone)]
pub struct VaultOptions {
    /// Scheme, host and port. `http` only for a literal of the loopback interface.
    pub address: Url,
    /// Its namespace.
    pub namespace: Option<String>,
    /// What proves who asks.
    pub login: VaultLogin,
    /// Certificate authorities beyond the system's, as PEM.
    pub extra_authorities: Vec<u8>,
    /// The longest wait for a whole answer.
    pub timeout: Duration,
}

/// What proves who asks.
#[derive(Debug, Clone)]
pub enum VaultLogin {
    /// A token.
    Token(SecretString),
    /// An AppRole, which gets a token for this process.
    AppRole {
        /// Where the method is mounted.
        mount: String,
        /// The role.
        role_id: String,
        /// Its secret.
        secret_id: SecretString,
    },
}

/// A secret's place: the engine, and the name in it. Both are names of letters, digits, `-`, `_` and `.` with slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretPath {
    /// The engine.
    pub mount: String,
    /// The name.
    pub path: String,
}

/// What stands at a place.
#[derive(Debug)]
pub struct Versioned {
    /// The newest version, which counts from 1. A write that is to replace it names it.
    pub version: u64,
    /// Its fields; nothing where that version was deleted or destroyed.
    pub fields: Option<BTreeMap<String, SecretString>>,
}

/// A vault.
#[derive(Debug)]
pub struct Vault {
    http: reqwest::Client,
    options: VaultOptions,
    /// The token of the AppRole.
    token: Mutex<Option<SecretString>>,
    /// What proves who asks, and whatever was read and written: an edge in front of a vault may repeat a request.
    redactor: Redactor,
}

/// One request, as errors say it.
#[derive(Clone, Copy)]
struct Asked<'a> {
    what: &'static str,
    method: &'a Method,
    /// Below `/v1/`.
    path: &'a str,
}

impl Vault {
    /// A vault that nothing was asked of yet.
    ///
    /// # Errors
    /// An address without TLS that is not this machine, or certificates that cannot be used.
    pub fn new(options: VaultOptions) -> Result<Self, BuildError> {
        let is_plain = options.address.scheme() == "http";
        if is_plain && !is_loopback(&options.address) {
            return Err(BuildError::PlainVault { url: options.address.to_string() });
        }
        let authorities = Certificate::from_pem_bundle(&options.extra_authorities)
            .map_err(|source| BuildError::Certificate { source })?;
        let builder = reqwest::Client::builder()
            .user_agent(crate::client::USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .http1_only()
            .referer(false)
            .no_proxy()
            .https_only(!is_plain)
            .connect_timeout(Duration::from_secs(10).min(options.timeout))
            .timeout(options.timeout);
        let builder = if is_plain { builder.tls_certs_only(authorities) } else { builder.tls_certs_merge(authorities) };
        let http = builder.build().map_err(|source| BuildError::Http { source })?;
        let redactor = Redactor::default();
        redactor.learn(match &options.login {
            VaultLogin::Token(secret) | VaultLogin::AppRole { secret_id: secret, .. } => secret.expose_secret(),
        });
        Ok(Self { http, options, token: Mutex::new(None), redactor })
    }

    /// What stands at a place; nothing if nothing ever did.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn read(&self, at: &SecretPath) -> Result<Option<Versioned>, VaultError> {
        let path = at.below("data");
        let asked = Asked { what: "read", method: &Method::GET, path: &path };
        let answer = self.send(asked, None).await?;
        #[derive(Deserialize)]
        struct Body {
            data: Option<Data>,
        }
        #[derive(Deserialize)]
        struct Data {
            data: Option<BTreeMap<String, serde_json::Value>>,
            metadata: Metadata,
        }
        #[derive(Deserialize)]
        struct Metadata {
            version: u64,
        }
        let is_there = answer.status == 200;
        if !is_there && answer.status != 404 {
            return Err(self.refused(asked, &answer));
        }
        // `[observed]`: a version that was destroyed is 404 with its number, a name that never was is 404 without an error.
        match serde_json::from_slice::<Body>(&answer.body) {
            Ok(Body { data: Some(data) }) => {
                Ok(Some(Versioned { version: data.metadata.version, fields: data.data.map(fields) }))
            }
            Ok(Body { data: None }) if is_nothing(&answer) => Ok(None),
            Ok(Body { data: None }) if !is_there => Err(self.refused(asked, &answer)),
            Ok(Body { data: None }) | Err(_) => Err(self.unreadable(asked)),
        }
    }

    /// Writes fields, if the newest version there is the one that is meant; 0 if there is to be none yet. Gives the new version.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn write(
        &self,
        at: &SecretPath,
        fields: &BTreeMap<&str, &SecretString>,
        cas: u64,
    ) -> Result<u64, VaultError> {
        #[derive(Serialize)]
        struct Write<'a> {
            options: Cas,
            data: BTreeMap<&'a str, &'a str>,
        }
        #[derive(Serialize)]
        struct Cas {
            cas: u64,
        }
        #[derive(Deserialize)]
        struct Written {
            data: Version,
        }
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        fields.values().for_each(|value| self.redactor.learn(value.expose_secret()));
        let data = fields.iter().map(|(name, value)| (*name, value.expose_secret())).collect();
        let path = at.below("data");
        let asked = Asked { what: "write", method: &Method::POST, path: &path };
        let answer = self.send(asked, Some(json(&Write { options: Cas { cas }, data }))).await?;
        match answer.status {
            200 => serde_json::from_slice::<Written>(&answer.body)
                .map(|written| written.data.version)
                .map_err(|_| self.unreadable(asked)),
            // `[observed]`: the condition is told from other mistakes by these words alone.
            400 if said(&answer).contains("check-and-set") => Err(VaultError::Conflict { path }),
            _ => Err(self.refused(asked, &answer)),
        }
    }

    /// The versions that are still there, ascending.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn versions(&self, at: &SecretPath) -> Result<Vec<u64>, VaultError> {
        #[derive(Deserialize)]
        struct Body {
            data: Data,
        }
        #[derive(Deserialize)]
        struct Data {
            versions: BTreeMap<String, One>,
        }
        #[derive(Deserialize)]
        struct One {
            #[serde(default)]
            destroyed: bool,
        }
        let path = at.below("metadata");
        let asked = Asked { what: "list the versions of", method: &Method::GET, path: &path };
        let answer = self.send(asked, None).await?;
        match answer.status {
            200 => {
                let Body { data } = serde_json::from_slice(&answer.body).map_err(|_| self.unreadable(asked))?;
                let left = data.versions.into_iter().filter(|(_, one)| !one.destroyed);
                let mut left: Vec<u64> = left.filter_map(|(version, _)| version.parse().ok()).collect();
                left.sort_unstable();
                Ok(left)
            }
            404 if is_nothing(&answer) => Ok(Vec::new()),
            _ => Err(self.refused(asked, &answer)),
        }
    }

    /// Destroys versions for good.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn destroy(&self, at: &SecretPath, versions: &[u64]) -> Result<(), VaultError> {
        #[derive(Serialize)]
        struct Destroy<'a> {
            versions: &'a [u64],
        }
        let path = at.below("destroy");
        let asked = Asked { what: "destroy versions of", method: &Method::PUT, path: &path };
        let answer = self.send(asked, Some(json(&Destroy { versions }))).await?;
        if matches!(answer.status, 200 | 204) { Ok(()) } else { Err(self.refused(asked, &answer)) }
    }

    /// Removes a name with all its versions for good. One that is not there is as well.
    ///
    /// # Errors
    /// See [`VaultError`].
    pub async fn remove(&self, at: &SecretPath) -> Result<(), VaultError> {
        let path = at.below("metadata");
        let asked = Asked { what: "remove", method: &Method::DELETE, path: &path };
        let answer = self.send(asked, None).await?;
        if matches!(answer.status, 200 | 204) || is_nothing(&answer) {
            Ok(())
        } else {
            Err(self.refused(asked, &answer))
        }
    }

    /// Sends with a token. One of an AppRole that is not good any more is replaced once.
    async fn send(&self, asked: Asked<'_>, body: Option<Zeroizing<Vec<u8>>>) -> Result<Answer, VaultError> {
        let (token, is_new) = self.token(false).await?;
        let answer = self.exchange(asked, Some(&token), body.clone()).await?;
        if answer.status != 403 || is_new || matches!(self.options.login, VaultLogin::Token(_)) {
            return Ok(answer);
        }
        let (token, _) = self.token(true).await?;
        self.exchange(asked, Some(&token), body).await
    }

    /// The token, and whether it was asked for just now.
    async fn token(&self, anew: bool) -> Result<(SecretString, bool), VaultError> {
        let (mount, role_id, secret_id) = match &self.options.login {
            VaultLogin::Token(token) => return Ok((token.clone(), false)),
            VaultLogin::AppRole { mount, role_id, secret_id } => (mount, role_id, secret_id),
        };
        let mut held = self.token.lock().await;
        if let Some(token) = held.as_ref().filter(|_| !anew) {
            return Ok((token.clone(), false));
        }
        #[derive(Serialize)]
        struct LogIn<'a> {
            role_id: &'a str,
            secret_id: &'a str,
        }
        #[derive(Deserialize)]
        struct LoggedIn {
            auth: Auth,
        }
        #[derive(Deserialize)]
        struct Auth {
            client_token: String,
        }
        let path = format!("auth/{mount}/login");
        let asked = Asked { what: "log in at", method: &Method::POST, path: &path };
        let body = json(&LogIn { role_id, secret_id: secret_id.expose_secret() });
        let answer = self.exchange(asked, None, Some(body)).await?;
        match (answer.status, serde_json::from_slice::<LoggedIn>(&answer.body)) {
            (200, Ok(LoggedIn { auth: Auth { mut client_token } })) => {
                let token = SecretString::from(client_token.as_str());
                client_token.zeroize();
                self.redactor.learn(token.expose_secret());
                *held = Some(token.clone());
                Ok((token, true))
            }
            (200, Err(_)) => Err(self.unreadable(asked)),
            // `[observed]`: a role or secret id that is not known is 400.
            (400, _) => Err(VaultError::Denied { what: asked.what, path: path.clone(), said: self.told(&answer) }),
            (_, _) => Err(self.refused(asked, &answer)),
        }
    }

    async fn exchange(
        &self,
        asked: Asked<'_>,
        token: Option<&SecretString>,
        body: Option<Zeroizing<Vec<u8>>>,
    ) -> Result<Answer, VaultError> {
        let address = self.options.address.as_str().trim_end_matches('/');
        let url = format!("{address}/v1/{}", asked.path);
        let mut builder =
            self.http.request(asked.method.clone(), url).header(REQUEST, HeaderValue::from_static("true"));
        if let Some(mut value) = token.and_then(|token| HeaderValue::from_str(token.expose_secret()).ok()) {
            value.set_sensitive(true);
            builder = builder.header(TOKEN, value);
        }
        if let Some(namespace) = &self.options.namespace {
            builder = builder.header(NAMESPACE, namespace);
        }
        if let Some(body) = body {
            // The copy that leaves wipes itself, too.
            let body = bytes::Bytes::from_owner(body);
            builder = builder.header(CONTENT_TYPE, HeaderValue::from_static("application/json")).body(body);
        }
        let unreachable = |source: reqwest::Error| VaultError::Unreachable {
            address: self.options.address.to_string(),
            is_late: source.is_timeout(),
            source: source.without_url(),
        };
        let response = builder.send().await.map_err(unreachable)?;
        let status = response.status().as_u16();
        let body = body_of(response, LONGEST).await.map_err(unreachable)?.ok_or_else(|| self.unreadable(asked))?;
        tracing::debug!(method = %asked.method, path = asked.path, status, bytes = body.len(), "request to the vault");
        Ok(Answer { status, body })
    }

    fn refused(&self, Asked { what, path, .. }: Asked<'_>, answer: &Answer) -> VaultError {
        let (status, said, path) = (answer.status, self.told(answer), path.to_owned());
        match status {
            403 => VaultError::Denied { what, path, said },
            429 | 473 | 500.. => VaultError::Unavailable { status, said },
            _ => VaultError::Refused { what, path, status, said },
        }
    }

    /// What a vault says of a refusal, without any secret.
    fn told(&self, answer: &Answer) -> String {
        let said = self.redactor.clean(&said(answer));
        if said.is_empty() { "no reason".to_owned() } else { said.chars().take(300).collect() }
    }

    fn unreadable(&self, Asked { path, .. }: Asked<'_>) -> VaultError {
        VaultError::Unreadable { address: self.options.address.to_string(), path: path.to_owned() }
    }
}

impl SecretPath {
    fn below(&self, kind: &str) -> String {
        format!("{}/{kind}/{}", self.mount, self.path)
    }
}

//! Service accounts: clients of the API that have a key of their own, or get tokens.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::World;
use super::organizations::Role;
use crate::id::{ObjectId, OrgId};
use crate::secret::Secret;

/// How long a token is good; a client in use assumes an hour where the answer does not say \[observed\].
pub(crate) const TOKEN_SECONDS: u64 = 3600;

/// A service account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// Who it is, in the log of events too.
    pub id: ObjectId,
    /// What it is called.
    pub name: String,
    /// The name that the log shows.
    pub email: String,
    /// What it may do.
    #[serde(default)]
    pub role: Role,
    /// The organisations it opens.
    pub organizations: Vec<OrgId>,
    pub(crate) credentials: Vec<Credential>,
}

/// What a service account proves itself with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Credential {
    pub(crate) id: ObjectId,
    /// The client id, of a client; an API key has none.
    pub(crate) client_id: Option<String>,
    /// The client's secret, or the key; shown once \[observed\].
    pub(crate) secret: Secret,
    /// When it ends; one that tests make never does.
    pub(crate) expires_ms: Option<u64>,
}

impl Credential {
    pub(crate) fn is_good(&self, now_ms: u64) -> bool {
        self.expires_ms.is_none_or(|expires| expires > now_ms)
    }
}

/// The service accounts of a world, and the tokens that are out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceAccounts {
    pub(crate) accounts: BTreeMap<ObjectId, ServiceAccount>,
    #[serde(default)]
    tokens: BTreeMap<Secret, Token>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    account: ObjectId,
    credential: ObjectId,
    expires_ms: u64,
}

impl World {
    /// Makes a service account that opens these organisations and may do everything: its client id and its secret, which
    /// is shown once \[observed\].
    pub fn add_service_account(&mut self, orgs: &[OrgId]) -> (String, String) {
        let id = self.new_service_account(orgs, "", Role::default());
        let credential = self.new_credential(true, None);
        let proof = (credential.client_id.clone().unwrap_or_default(), credential.secret.expose().to_owned());
        if let Some(account) = self.service_accounts.accounts.get_mut(&id) {
            account.credentials.push(credential);
        }
        proof
    }

    /// Removes the service account of a client: its tokens are unknown from now on \[inferred\].
    pub fn remove_service_account(&mut self, client_id: &str) -> bool {
        let id = self.client_of(client_id).map(|(account, _)| account.id);
        id.is_some_and(|id| self.service_accounts.accounts.remove(&id).is_some())
    }

    /// Makes a service account that has nothing yet to prove itself with.
    pub(crate) fn new_service_account(&mut self, orgs: &[OrgId], name: &str, role: Role) -> ObjectId {
        let id = self.new_id();
        let email = format!("service-{}@example.com", self.service_accounts.accounts.len() + 1);
        let (name, organizations) = (name.to_owned(), orgs.to_vec());
        let account = ServiceAccount { id, name, email, role, organizations, credentials: Vec::new() };
        self.service_accounts.accounts.insert(id, account);
        id
    }

    /// A client id with its secret, or an API key.
    pub(crate) fn new_credential(&mut self, is_client: bool, expires_ms: Option<u64>) -> Credential {
        let client_id = is_client.then(|| self.dice().uuid());
        let secret = Secret::new(format!("sim_{}", self.dice().hex(40)));
        Credential { id: self.new_id(), client_id, secret, expires_ms }
    }

    /// A new token for a client that proves itself.
    pub(crate) fn issue_service_token(&mut self, client_id: &str, secret: &str) -> Option<String> {
        let now = self.now_ms;
        let (account, credential) = self.client_of(client_id)?;
        let is_here = account.organizations.iter().any(|org| self.is_known_here(*org));
        if !is_here || credential.secret.expose() != secret || !credential.is_good(now) {
            return None;
        }
        let expires_ms = now.saturating_add(TOKEN_SECONDS * 1000);
        let issued = Token { account: account.id, credential: credential.id, expires_ms };
        let token = format!("sim_at_{}", self.dice().hex(40));
        let tokens = &mut self.service_accounts.tokens;
        tokens.retain(|_, token| token.expires_ms > now);
        tokens.insert(Secret::new(token.as_str()), issued);
        Some(token)
    }

    /// The account that a token was given to, as long as the token and what it was given for are good.
    pub(crate) fn account_of_token(&self, token: &str) -> Option<&ServiceAccount> {
        let token = self.service_accounts.tokens.get(token).filter(|token| token.expires_ms > self.now_ms)?;
        let account = self.service_accounts.accounts.get(&token.account)?;
        let is_good = |known: &Credential| known.id == token.credential && known.is_good(self.now_ms);
        account.credentials.iter().any(is_good).then_some(account)
    }

    /// The account that has this API key.
    pub(crate) fn account_of_key(&self, key: &str) -> Option<&ServiceAccount> {
        let is_it = |known: &Credential| {
            known.client_id.is_none() && known.secret.expose() == key && known.is_good(self.now_ms)
        };
        self.service_accounts.accounts.values().find(|account| account.credentials.iter().any(is_it))
    }

    fn client_of(&self, client_id: &str) -> Option<(&ServiceAccount, &Credential)> {
        let all = self.service_accounts.accounts.values();
        let mut clients = all.flat_map(|account| account.credentials.iter().map(move |known| (account, known)));
        clients.find(|(_, known)| known.client_id.as_deref() == Some(client_id))
    }
}

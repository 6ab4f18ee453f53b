//! Service accounts: clients of the API that get a token instead of having a key.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::World;
use crate::id::{ObjectId, OrgId};
use crate::secret::Secret;

/// How long a token is good; a client in use assumes an hour where the answer does not say \[observed\].
pub(crate) const TOKEN_SECONDS: u64 = 3600;

/// A service account with a client secret. It may have two secrets \[doc\]; here it has one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceAccount {
    /// Who it is in the log of events.
    pub id: ObjectId,
    /// The name that the log shows.
    pub email: String,
    /// Its client secret.
    pub secret: Secret,
    /// The organisations it opens.
    pub organizations: Vec<OrgId>,
}

/// The service accounts of a world, by client id, and the tokens that are out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ServiceAccounts {
    pub(crate) accounts: BTreeMap<String, ServiceAccount>,
    #[serde(default)]
    tokens: BTreeMap<Secret, Token>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Token {
    client_id: String,
    expires_ms: u64,
}

impl World {
    /// Makes a service account that opens these organisations: its client id and its secret, which is shown once
    /// \[observed\].
    pub fn add_service_account(&mut self, orgs: &[OrgId]) -> (String, String) {
        let (client_id, secret) = (self.dice().uuid(), format!("sim_{}", self.dice().hex(40)));
        let account = ServiceAccount {
            id: self.new_id(),
            email: format!("service-{}@example.com", self.service_accounts.accounts.len() + 1),
            secret: Secret::new(secret.as_str()),
            organizations: orgs.to_vec(),
        };
        self.service_accounts.accounts.insert(client_id.clone(), account);
        (client_id, secret)
    }

    /// Removes a service account: its tokens are unknown from now on \[inferred\].
    pub fn remove_service_account(&mut self, client_id: &str) -> bool {
        self.service_accounts.accounts.remove(client_id).is_some()
    }

    /// A new token for an account that exists.
    pub(crate) fn issue_service_token(&mut self, client_id: &str) -> String {
        let (now, token) = (self.now_ms, format!("sim_at_{}", self.dice().hex(40)));
        let tokens = &mut self.service_accounts.tokens;
        tokens.retain(|_, token| token.expires_ms > now);
        let expires_ms = now.saturating_add(TOKEN_SECONDS * 1000);
        tokens.insert(Secret::new(token.as_str()), Token { client_id: client_id.to_owned(), expires_ms });
        token
    }

    /// The account that a token was given to, as long as both are good.
    pub(crate) fn account_of_token(&self, token: &str) -> Option<&ServiceAccount> {
        let token = self.service_accounts.tokens.get(token).filter(|token| token.expires_ms > self.now_ms)?;
        self.service_accounts.accounts.get(&token.client_id)
    }
}

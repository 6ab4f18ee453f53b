//! The OAuth issuer: what it decides. Signatures, pages and the discovery document's place are the face's.

mod authorize;
mod claims;
mod machine;
mod token;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::id::{AppId, OrgId, UserId};
use crate::world::World;

/// How long a code, a login page or a token is good for.
const LIFETIME_MS: u64 = 3_600_000;

/// How many open pages, codes and tokens are kept without looking for those that have expired.
const MANY: usize = 4096;

/// What the issuer remembers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Issuer {
    pub(crate) url: String,
    logins: BTreeMap<String, Login>,
    codes: BTreeMap<String, Code>,
    tokens: BTreeMap<String, Token>,
}

impl Default for Issuer {
    /// The issuer of the US region; its identifier ends in a slash \[observed\].
    fn default() -> Issuer {
        Issuer {
            url: "https://oauth.id.jumpcloud.com/".to_owned(),
            logins: BTreeMap::new(),
            codes: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }
}

/// A login page that is open: an authorization request that was good.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Login {
    app: AppId,
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    nonce: Option<String>,
    code_challenge: Option<String>,
    expires_ms: u64,
}

/// A code that waits to be exchanged, and what it is bound to.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Code {
    user: UserId,
    login: Login,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Token {
    app: AppId,
    user: UserId,
    expires_ms: u64,
}

/// An authorization request that was good: the login page may open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorize {
    /// What the login page sends back.
    pub challenge: String,
    /// What the login page is filled in with: the address typed at the other end \[doc\].
    pub login_hint: Option<String>,
    /// The organisation whose users may sign in.
    pub organization: OrgId,
    /// The app.
    pub app: AppId,
    /// The app's label.
    pub label: String,
    /// The client.
    pub client_id: String,
}

/// Where somebody who signed in is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// The client's redirect URI with code and state.
    pub location: String,
    /// Who signed in.
    pub user: UserId,
}

/// A refusal of the issuer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}: {description}")]
pub struct OauthError {
    /// The status of the answer.
    pub status: u16,
    /// Such as `invalid_client`.
    pub error: String,
    /// For people.
    pub description: String,
}

impl OauthError {
    fn new(status: u16, error: &str, description: &str) -> OauthError {
        OauthError { status, error: error.to_owned(), description: description.to_owned() }
    }

    /// The body of the answer.
    pub fn to_json(&self) -> Value {
        json!({"error": self.error, "error_description": self.description})
    }
}

/// A code that was exchanged.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// For `userinfo`.
    pub access_token: String,
    /// The claims of the id token: `iss`, `sub`, `aud`, `exp`, `iat`, `nonce`, and those that the app maps.
    pub claims: BTreeMap<String, Value>,
}

impl World {
    /// The discovery document \[observed\].
    pub fn discovery(&self) -> Value {
        let issuer = self.issuer();
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}oauth2/auth"),
            "token_endpoint": format!("{issuer}oauth2/token"),
            "userinfo_endpoint": format!("{issuer}userinfo"),
            "jwks_uri": format!("{issuer}.well-known/jwks.json"),
            "revocation_endpoint": format!("{issuer}oauth2/revoke"),
            "end_session_endpoint": format!("{issuer}oauth2/sessions/logout"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "none"],
        })
    }

    /// Forgets what has expired, so that the issuer does not grow; looking costs, so only when there is much.
    fn expire(&mut self) {
        let now = self.now_ms;
        let Issuer { logins, codes, tokens, .. } = &self.issuer;
        if logins.len() + codes.len() + tokens.len() < MANY {
            return;
        }
        self.issuer.logins.retain(|_, login| login.expires_ms > now);
        self.issuer.codes.retain(|_, code| code.login.expires_ms > now);
        self.issuer.tokens.retain(|_, token| token.expires_ms > now);
    }
}

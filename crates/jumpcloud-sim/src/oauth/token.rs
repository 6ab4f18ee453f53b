//! The token endpoint and what follows from it.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Grant, LIFETIME_MS, OauthError, Token};
use crate::message::Request;
use crate::query::Params;
use crate::sign_in::Hop;
use crate::world::World;
use crate::world::apps::ClientAuth;

/// How a client proved itself, or tried to.
struct Proof {
    client_id: String,
    method: ClientAuth,
    secret: String,
}

impl World {
    /// Exchanges a code. A client that is not who it says, or proves it in another way than registered, is told apart
    /// (`401 invalid_client`) from a code that is no good (`400 invalid_grant`) \[inferred from Hydra\].
    pub fn exchange(&mut self, request: &Request) -> Result<Grant, OauthError> {
        self.expire();
        let form = Params::parse(&String::from_utf8_lossy(&request.body));
        let proof = proof(request, &form)?;
        self.prove_client(&proof.client_id, proof.method, &proof.secret).map_err(|_| {
            let text = "Client authentication failed (e.g., unknown client, no client authentication included, or \
                        unsupported authentication method).";
            OauthError::new(401, "invalid_client", text)
        })?;
        if form.last("grant_type") != Some("authorization_code") {
            return Err(OauthError::new(400, "unsupported_grant_type", "The grant type is not supported."));
        }
        self.redeem(&form, &proof.client_id)
    }

    fn redeem(&mut self, form: &Params, client_id: &str) -> Result<Grant, OauthError> {
        let invalid = |text: &str| OauthError::new(400, "invalid_grant", text);
        let code = form.last("code").unwrap_or_default();
        // A code is good for one attempt of whoever holds it.
        let code = self.issuer.codes.remove(code).filter(|code| code.login.expires_ms > self.now_ms);
        let code = code.ok_or_else(|| invalid("The authorization code is not valid."))?;
        let login = &code.login;
        if login.client_id != client_id {
            return Err(invalid("The authorization code was issued to another client."));
        }
        if form.last("redirect_uri") != Some(&login.redirect_uri) {
            return Err(invalid("The redirect_uri does not match the one of the authorization request."));
        }
        let verified = match &login.code_challenge {
            None => true,
            Some(challenge) => form.last("code_verifier").is_some_and(|verifier| s256(verifier) == *challenge),
        };
        if !verified {
            return Err(invalid("The PKCE code challenge did not match the code verifier."));
        }
        let nonce = login.nonce.clone();
        self.grant(login.app, code.user, client_id, nonce).ok_or_else(|| invalid("The client is gone."))
    }

    fn grant(
        &mut self,
        app: crate::AppId,
        user: crate::UserId,
        client_id: &str,
        nonce: Option<String>,
    ) -> Option<Grant> {
        let mut claims = self.claims(self.app(app)?, user);
        let seconds = self.now_ms / 1000;
        claims.insert("iss".to_owned(), json!(self.issuer()));
        claims.insert("aud".to_owned(), json!([client_id]));
        claims.insert("iat".to_owned(), json!(seconds));
        claims.insert("exp".to_owned(), json!(seconds + LIFETIME_MS / 1000));
        if let Some(nonce) = nonce {
            claims.insert("nonce".to_owned(), json!(nonce));
        }
        let access_token = format!("ory_at_{}", self.dice().hex(43));
        let expires_ms = self.now_ms.saturating_add(LIFETIME_MS);
        self.issuer.tokens.insert(access_token.clone(), Token { app, user, expires_ms });
        Some(Grant { access_token, claims })
    }

    /// What `userinfo` says to the holder of an access token.
    pub fn userinfo(&self, access_token: &str) -> Option<BTreeMap<String, Value>> {
        let token = self.issuer.tokens.get(access_token).filter(|token| token.expires_ms > self.now_ms)?;
        Some(self.claims(self.app(token.app)?, token.user))
    }

    /// Whether a client is who it says: the registered method \[observed\], the right secret.
    pub(crate) fn prove_client(&self, client_id: &str, method: ClientAuth, secret: &str) -> Result<(), Hop> {
        let (_, oidc) = self.client(client_id).ok_or(Hop::ClientUnknown)?;
        if oidc.token_endpoint_auth_method != method {
            return Err(Hop::ClientAuthMethod);
        }
        let right = match &oidc.client_secret {
            Some(known) => known.expose() == secret && !secret.is_empty(),
            None => method == ClientAuth::None,
        };
        if right { Ok(()) } else { Err(Hop::ClientSecret) }
    }
}

/// Reads how the client proves itself: in the header, in the form, or not at all.
fn proof(request: &Request, form: &Params) -> Result<Proof, OauthError> {
    let basic = request.header("authorization").and_then(|value| value.strip_prefix("Basic "));
    if let Some(encoded) = basic {
        let (client_id, secret) =
            decode_basic(encoded).ok_or_else(|| OauthError::new(401, "invalid_client", "The header is malformed."))?;
        return Ok(Proof { client_id, method: ClientAuth::Basic, secret });
    }
    let client_id = form.last("client_id").unwrap_or_default().to_owned();
    Ok(match form.last("client_secret") {
        Some(secret) => Proof { client_id, method: ClientAuth::Post, secret: secret.to_owned() },
        None => Proof { client_id, method: ClientAuth::None, secret: String::new() },
    })
}

/// Both halves are form-encoded before they are joined (RFC 6749, 2.3.1).
pub(super) fn decode_basic(encoded: &str) -> Option<(String, String)> {
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decode = |part: &str| {
        let joined = format!("x={part}");
        form_urlencoded::parse(joined.as_bytes()).next().map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

/// The `S256` challenge of a code verifier.
fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

//! A sign-in through the provider, from the authorization request to the account that the `email` claim opens.

use std::collections::BTreeMap;

use serde_json::Value;

use super::directory::{self, Account, Provider};
use super::pages::Broken;
use super::{Shared, fields, issuer, keys};
use crate::{Host, OrgId, Request};

/// A sign-in that waits for the person to come back from the provider.
#[derive(Clone)]
pub(super) struct Pending {
    /// The browser that began it.
    pub(super) browser: String,
    /// What happened so far.
    pub(super) hops: Vec<String>,
    org: OrgId,
    email: String,
    provider: Provider,
    nonce: String,
    verifier: String,
}

impl Pending {
    /// A new one, with a nonce and a verifier of its own.
    pub(super) fn new(browser: &str, account: &Account, provider: Provider) -> Self {
        let hop = format!(
            "a routing policy of {} sends {} to the identity provider `{}`",
            account.organization_name, account.email, provider.name
        );
        Self {
            browser: browser.to_owned(),
            hops: vec![hop],
            org: account.org,
            email: account.email.clone(),
            provider,
            nonce: keys::unguessable(),
            verifier: keys::unguessable(),
        }
    }

    /// The query of the authorization request. `[doc: how-to]`: the typed address goes along as the hint, which is why
    /// the person has to take the alias off its end.
    pub(super) fn authorization(&self, state: &str, callback: &str) -> String {
        fields::encode(&[
            ("client_id", &self.provider.client_id),
            ("redirect_uri", callback),
            ("response_type", "code"),
            ("scope", "openid email"),
            ("state", state),
            ("nonce", &self.nonce),
            ("code_challenge", &keys::s256(&self.verifier)),
            ("code_challenge_method", "S256"),
            ("login_hint", &self.email),
        ])
    }
}

/// Finishes a sign-in with what the provider sent back; the hops that worked are added to it.
pub(super) fn finish(
    shared: &Shared,
    pending: &mut Pending,
    sent: &BTreeMap<String, String>,
) -> Result<Account, Broken> {
    let code = code(sent)?;
    let gone = || Broken::at(502, "the identity provider is not here", "Its url is no issuer of this simulator.");
    let there = shared.at_issuer(&pending.provider.url).ok_or_else(gone)?;
    let id_token =
        exchange(&there, pending, code).inspect_err(|_| shared.world().fail_exchange(pending.org, &pending.email))?;
    let (client_id, issuer) = (&pending.provider.client_id, &there.names.issuer);
    pending.hops.push(format!("the code was exchanged at {issuer} by client {client_id}"));
    let claims = keys::verify(&id_token, &shared.issuer.jwks(), issuer, client_id)
        .map_err(|problem| Broken::at(401, "the id token is not good", problem))?;
    if claims.get("nonce").and_then(Value::as_str) != Some(&pending.nonce) {
        return Err(Broken::at(401, "the id token is not good", "It does not carry the nonce of this sign-in."));
    }
    pending.hops.push("the id token holds: signature, issuer, audience, expiry, nonce".to_owned());
    let mut world = shared.world();
    pending.hops.extend(directory::primary(&world, &claims));
    let email = world.claimed_email(|name| claims.get(name));
    let account = directory::open(&mut world, pending.org, &pending.email, email)?;
    pending.hops.push(format!("the `email` claim opens {} in {}", account.email, account.organization_name));
    Ok(account)
}

fn code(sent: &BTreeMap<String, String>) -> Result<&str, Broken> {
    if let Some(error) = sent.get("error") {
        let description = sent.get("error_description").map(String::as_str).unwrap_or_default();
        return Err(Broken::at(401, error.as_str(), format!("The identity provider refused: {description}")));
    }
    let nothing = || Broken::at(400, "no code", "The identity provider sent neither a code nor an error.");
    sent.get("code").map(String::as_str).ok_or_else(nothing)
}

/// The request that a portal on another host would send, answered by the issuer's own code.
/// `[doc: how-to]`: the client authenticates with `client_secret_post`.
fn exchange(shared: &Shared, pending: &Pending, code: &str) -> Result<String, Broken> {
    let secret = directory::client_secret(&shared.world(), pending.org)?;
    let form = fields::encode(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &shared.callback()),
        ("client_id", &pending.provider.client_id),
        ("client_secret", &secret),
        ("code_verifier", &pending.verifier),
    ]);
    let request = Request { body: form.into_bytes(), ..Request::to(Host::Issuer, "POST", "/oauth2/token") }
        .with_header("content-type", "application/x-www-form-urlencoded");
    let response = issuer::token(shared, &request);
    let body = response.json();
    let field = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if response.status == 200 {
        return Ok(field("id_token"));
    }
    let message = format!("The token endpoint said `{}`: {}", field("error"), field("error_description"));
    Err(Broken::at(401, "the code was not exchanged", message))
}

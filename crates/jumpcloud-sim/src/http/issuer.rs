//! The OAuth issuer of the primary: discovery, keys, authorize, the login page, tokens, userinfo.
//!
//! The layout is Ory Hydra's (`[inferred]` from the paths that relying parties use). Who may sign in to what is the
//! world's to say; here are the signatures, the forms and the redirects. A session of the primary is not kept: every
//! authorization asks for address and password again.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::jwk::JwkSet;
use serde_json::{Map, Value, json};

use super::keys::{KeyError, Keys};
use super::memory::Memory;
use super::pages::Broken;
use super::{Shared, directory, fields, html, pages};
use crate::{Hop, Host, Request, Response};

/// How long a token is good, in seconds. `[observed]`: an app's `accessTokenLifespan` is `1h`.
const LIFETIME: u64 = 3600;

/// The issuer's own state. A clone is the same issuer.
#[derive(Clone)]
pub(crate) struct Issuer {
    keys: Arc<Keys>,
    /// Access tokens that `/userinfo` does not take any more.
    revoked: Arc<Memory<()>>,
}

impl Issuer {
    /// An issuer with a new key.
    pub(super) fn new() -> Result<Self, KeyError> {
        Ok(Self { keys: Arc::new(Keys::generate()?), revoked: Arc::default() })
    }

    /// The keys that its tokens are verified with.
    pub(super) fn jwks(&self) -> JwkSet {
        self.keys.jwks()
    }
}

/// Answers a path of the issuer's host, or of its login page.
pub(super) fn answer(shared: &Shared, request: &Request) -> Response {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/.well-known/jwks.json") => {
            // The world has no keys, but remembers that they were asked for.
            shared.world().answer(request);
            html::json(200, &json!(shared.issuer.jwks()))
        }
        ("POST", "/oauth2/auth") => {
            let query = String::from_utf8_lossy(&request.body);
            shared.world().answer(&Request::to(Host::Issuer, "GET", &format!("/oauth2/auth?{query}")))
        }
        ("GET", "/oauth2/fallbacks/error") => fallback(request),
        ("GET", "/login/oauth") => ask(request),
        ("POST", "/login/oauth") => log_in(shared, request),
        ("POST", "/oauth2/token") => token(shared, request),
        ("GET" | "POST", "/userinfo") => userinfo(shared, request),
        ("POST", "/oauth2/revoke") => revoke(shared, request),
        ("GET" | "POST", "/oauth2/sessions/logout") => pages::signed_out(),
        // Discovery and the judgement of an authorization request need neither key nor page.
        _ => shared.world().answer(request),
    }
}

/// Where a client is sent that gets no answer at its own address.
fn fallback(request: &Request) -> Response {
    let fields = fields::parse(request.query.as_bytes());
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    pages::oauth_error(request, 400, field("error"), field("error_description"))
}

fn ask(request: &Request) -> Response {
    let fields = fields::parse(request.query.as_bytes());
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    pages::primary_email(field("login_challenge"), field("login_hint"))
}

/// The two steps of the login page: an address, then its password.
fn log_in(shared: &Shared, request: &Request) -> Response {
    let fields = fields::parse(&request.body);
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let (challenge, email) = (field("login_challenge"), field("email").trim());
    let Some(password) = fields.get("password") else {
        return pages::primary_password(challenge, email, None);
    };
    let redirect = shared.world().log_in(challenge, email, password);
    match redirect {
        Ok(redirect) => html::redirect(&redirect.location),
        Err(hop) => refused(request, challenge, email, hop),
    }
}

/// Who may try again gets the form again; who has no access gets an error page `[doc]`.
fn refused(request: &Request, challenge: &str, email: &str, hop: Hop) -> Response {
    if matches!(hop, Hop::PrimaryUnknown | Hop::Primary(_)) && !html::wants_json(request) {
        return pages::primary_password(challenge, email, Some(&directory::phrase(hop)));
    }
    let message = format!("The primary organisation does not let {email} go on.");
    pages::broken(request, &Broken::at(401, directory::phrase(hop), message))
}

/// Exchanges a code. The portal comes here too, with the request that it would have sent.
pub(super) fn token(shared: &Shared, request: &Request) -> Response {
    let answer = shared.world().answer(request);
    if answer.status != 200 {
        return answer;
    }
    let mut body = answer.json();
    // The world says what the token is to say; the signature is put to it here.
    let claims = body.as_object_mut().and_then(|body| body.remove("claims"));
    let signed =
        claims.as_ref().and_then(Value::as_object).map(|claims| shared.issuer.keys.sign(&on_this_clock(claims)));
    match signed {
        Some(Ok(id_token)) => {
            body["id_token"] = json!(id_token);
            html::json(200, &body)
        }
        Some(Err(_)) | None => html::json(500, &json!({"error": "server_error"})),
    }
}

/// The claims with the times of this machine: a world has a clock of its own, and who verifies a token looks at the
/// wall.
fn on_this_clock(claims: &Map<String, Value>) -> Map<String, Value> {
    // A clock before 1970 gives a token that has expired, and the relying party says so.
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let mut claims = claims.clone();
    claims.insert("iat".to_owned(), json!(now));
    claims.insert("exp".to_owned(), json!(now + LIFETIME));
    claims
}

fn userinfo(shared: &Shared, request: &Request) -> Response {
    let mut request = request.clone();
    if bearer(&request).is_some_and(|token| shared.issuer.revoked.get(token).is_some()) {
        request.headers.retain(|(name, _)| name != "authorization");
    }
    let mut answer = shared.world().answer(&request);
    if answer.status == 401 {
        answer.headers.push(("www-authenticate".to_owned(), "Bearer error=\"invalid_token\"".to_owned()));
    }
    answer
}

/// The token of an `Authorization: Bearer` header.
pub(super) fn bearer(request: &Request) -> Option<&str> {
    request.header("authorization").and_then(|value| value.strip_prefix("Bearer "))
}

/// RFC 7009: a token that is not known is as good as revoked.
fn revoke(shared: &Shared, request: &Request) -> Response {
    if let Some(token) = fields::parse(&request.body).remove("token") {
        shared.issuer.revoked.keep(token, ());
    }
    html::json(200, &json!({}))
}

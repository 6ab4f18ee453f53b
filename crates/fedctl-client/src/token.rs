//! The access token of a service account: asked for when it is first needed, kept, and renewed before it expires.
//!
//! All requests of a client share one token, and whoever finds it missing asks for all of them. A service account that was
//! refused once is not tried again: sixteen requests in flight would be sixteen wrong passwords.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use reqwest::header::HeaderValue;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::answer::{Answer, Outcome};
use crate::error::{AnswerError, SendError, Target};
use crate::hosts::Host;
use crate::key::is_graphic;
use crate::redact::{Redactor, percent_encoded};
use crate::request::{Body, ContentType, Extra, Request};

/// How long a token is good where the answer does not say (observed: what a client in use assumes).
const LIFETIME: u64 = 3600;
/// A token is renewed this long before it expires, or after nine tenths of a shorter life.
const BEFORE: u64 = 60;

/// The token of one client.
pub(crate) struct Tokens {
    redactor: Arc<Redactor>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    held: Option<Held>,
    /// How many tokens there were.
    number: u64,
    /// Why there will be none, in the words of the service.
    refused: Option<String>,
}

struct Held {
    token: SecretString,
    renew_at: Instant,
}

/// A token as a header.
pub(crate) struct Bearer {
    pub(crate) value: HeaderValue,
    /// Which token it is.
    pub(crate) number: u64,
    /// It was asked for just now: no other would do better.
    pub(crate) is_new: bool,
}

/// A request that needs a token.
pub(crate) struct Need<'a> {
    pub(crate) target: &'a Target,
    /// The token that it was refused with.
    pub(crate) refused: Option<u64>,
}

impl Tokens {
    /// No token yet; the redactor is told of each.
    pub(crate) fn new(redactor: Arc<Redactor>) -> Self {
        Self { redactor, state: Mutex::default() }
    }

    /// The token of a service account. It is asked for with `send` if there is none, it is about to expire, or it is the
    /// one that was refused.
    ///
    /// # Errors
    /// What the request that needs it came to without one. A refusal is an answer with status 401, like that of an API key
    /// that is not known.
    pub(crate) async fn bearer<F: Future<Output = Outcome>>(
        &self,
        need: Need<'_>,
        (account, secret): (&str, &SecretString),
        send: impl FnOnce(Request) -> F,
    ) -> Result<Bearer, Outcome> {
        let mut state = self.state.lock().await;
        if let Some(reason) = &state.refused {
            return Err(no_token(&need, reason.clone(), false));
        }
        let number = state.number;
        let is_good = |held: &&Held| need.refused != Some(number) && Instant::now() < held.renew_at;
        if let Some(held) = state.held.as_ref().filter(is_good) {
            return Ok(Bearer { value: header(&held.token), number, is_new: false });
        }
        state.held = None;
        // Whatever became of that request, the one that needs the token never left.
        let mut answer = match send(request(account, secret)).await {
            Outcome::Answered(answer) => answer,
            Outcome::NotSent(error) | Outcome::Unknown(error) => return Err(Outcome::NotSent(error)),
        };
        state.refused = refusal(&answer);
        if state.refused.is_some() {
            answer.status = 401;
            return Err(Outcome::Answered(answer));
        }
        let passes = answer.status == 429 || answer.status >= 500;
        let held = granted(&answer).map_err(|reason| no_token(&need, reason, passes))?;
        self.redactor.learn(held.token.expose_secret());
        let value = header(&held.token);
        state.held = Some(held);
        state.number += 1;
        Ok(Bearer { value, number: state.number, is_new: true })
    }
}

fn no_token(need: &Need<'_>, reason: String, passes: bool) -> Outcome {
    Outcome::NotSent(SendError::NoToken { target: need.target.clone(), reason, passes })
}

/// `[observed]`: the client in the header, the grant and its scope in the body. The header is encoded as RFC 6749 section
/// 2.3.1 says.
fn request(account: &str, secret: &SecretString) -> Request {
    let client_id = percent_encoded(account).to_string();
    let client_secret = SecretString::from(percent_encoded(secret.expose_secret()).as_str());
    let bytes = Zeroizing::new(b"grant_type=client_credentials&scope=api".to_vec());
    Request {
        host: Host::Oauth,
        method: Method::POST,
        path: "/oauth2/token".to_owned(),
        extra: vec![Extra::ClientBasic { client_id, client_secret }],
        body: Some(Body { content_type: ContentType::Form, bytes }),
    }
}

/// Why the service gives no token, if it says so itself: by RFC 6749 with 401 or 400. Anything else may pass.
fn refusal(answer: &Answer) -> Option<String> {
    match answer.json() {
        Err(error @ (AnswerError::Unauthorized { .. } | AnswerError::Rejected { status: 400..=499, .. })) => {
            Some(error.to_string())
        }
        Ok(_) | Err(_) => None,
    }
}

/// What a token endpoint answers. `[observed]`
#[derive(Deserialize)]
struct Granted<'a> {
    #[serde(borrow)]
    access_token: Cow<'a, str>,
    #[serde(default)]
    expires_in: Option<u64>,
}

fn granted(answer: &Answer) -> Result<Held, String> {
    let body = answer.json().map_err(|error| error.to_string())?;
    // What a parser says about it could show some of it.
    let none = || format!("{}: the answer holds no token", answer.target());
    let Granted { access_token, expires_in } = serde_json::from_slice(body).map_err(|_| none())?;
    if !is_graphic(&access_token) {
        return Err(none());
    }
    let lifetime = expires_in.unwrap_or(LIFETIME).min(LIFETIME * 24);
    let good_for = Duration::from_secs(lifetime.saturating_sub(BEFORE).max(lifetime * 9 / 10));
    Ok(Held { token: SecretString::from(&*access_token), renew_at: Instant::now() + good_for })
}

fn header(token: &SecretString) -> HeaderValue {
    let text = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
    let mut value = HeaderValue::from_str(&text).expect("graphic ASCII, see `granted`");
    value.set_sensitive(true);
    value
}

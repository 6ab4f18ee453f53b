//! The token endpoint: does it take the client's secret?
//!
//! It is given a code that nobody issued, so nothing can come of it. By the protocol it says `invalid_grant` to a client
//! that it believes, and `invalid_client` to one that it does not.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::heard::told;
use super::issuer::Place;
use super::question::Question;
use super::{Client, Finding, Probe, State, unasked};
use crate::live::{Live, Needs};
use crate::request::Outcome;

/// What is no client's secret.
const NO_SECRET: &str = "fedctl-probe-and-no-secret-of-anybody";

/// What the token endpoint says to the secret in the escrow. It holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Proof {
    /// To the secret, sent as the identity provider sends it; nothing if the escrow has none.
    pub secret: Option<Said>,
    /// To what is no secret: asked when the first answer is no refusal.
    pub made_up: Option<Said>,
    /// To the secret, sent in a header: asked when it was refused in the body.
    pub by_header: Option<Said>,
}

/// What it says to one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// An answer of the protocol.
    Error {
        /// Its status.
        status: u16,
        /// Its word, such as `invalid_grant`.
        error: Box<str>,
    },
    /// Something else, in words.
    Nothing(Box<str>),
}

/// What is sent beside the secret, so that something is known of the answer to it.
pub fn made_up() -> SecretString {
    SecretString::from(NO_SECRET)
}

/// What came of a trial.
pub fn said(outcome: &Outcome) -> Said {
    #[derive(Deserialize)]
    struct Word {
        error: String,
    }
    let answer = match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::NotSent(why) | Outcome::Unknown(why) => return Said::Nothing(told(why).into()),
    };
    let word = serde_json::from_slice::<Word>(&answer.body).ok();
    let word = word.filter(|word| word.error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'));
    match word {
        Some(Word { error }) if (400..500).contains(&answer.status) && answer.status != 429 => {
            Said::Error { status: answer.status, error: told(&error).into() }
        }
        Some(_) | None => Said::Nothing(format!("{} and no word of the protocol", answer.status).into()),
    }
}

/// Whether a secret that was sent in the body is to be tried in the header, too.
pub fn by_header(said: &Said) -> bool {
    said.refuses()
}

impl Said {
    fn is(&self, status: &[u16], word: &str) -> bool {
        matches!(self, Said::Error { status: known, error } if status.contains(known) && **error == *word)
    }

    /// The client is believed, and its code is not.
    fn takes(&self) -> bool {
        self.is(&[400], "invalid_grant")
    }

    /// The client is not believed.
    fn refuses(&self) -> bool {
        self.is(&[400, 401], "invalid_client")
    }

    fn told(&self) -> String {
        match self {
            Said::Error { status, error } => format!("{status} `{error}`"),
            Said::Nothing(why) => why.to_string(),
        }
    }
}

/// Judges what was said to the secret, or asks.
pub(super) fn find(live: &Live, needs: &mut Needs, client: &Client, at: &Place) -> Option<Finding> {
    let none = |why: String| Some(unasked(Probe::ClientSecret, why));
    let path = match at {
        Place::Here(path) => path,
        Place::Elsewhere(url) => {
            return none(format!("the token endpoint is at another host, where no secret goes: {url}"));
        }
    };
    if !client.has_escrow {
        return none("the secret is shown once and no escrow keeps it, so there is nothing to try".to_owned());
    }
    let (client_id, redirect_uri) = (client.id.clone(), client.redirect_uri.clone());
    let came = needs.heard(live, Question::Secret { path: path.clone(), client_id, redirect_uri })?;
    let proof = match came {
        Ok(heard) if heard.status == 200 => serde_json::from_slice(&heard.body).unwrap_or_default(),
        Ok(heard) => return none(format!("the escrow answers {}", heard.status)),
        Err(why) => return none(format!("the escrow cannot be read: {why}")),
    };
    let Proof { secret: Some(said), made_up, by_header } = &proof else {
        return none("the escrow has no secret of this client".to_owned());
    };
    let (state, means) = judge(said, made_up.as_ref(), by_header.as_ref());
    let (path, id) = (told(path), told(&client.id));
    Some(Finding {
        probe: Probe::ClientSecret,
        state,
        asked: format!("POST {path} as client {id} with the secret in the escrow and a code that nobody issued"),
        came: told_all(said, made_up.as_ref(), by_header.as_ref()),
        means: means.to_owned(),
    })
}

fn told_all(said: &Said, made_up: Option<&Said>, by_header: Option<&Said>) -> String {
    let made_up = made_up.map(|said| format!("; to what is no secret: {}", said.told()));
    let by_header = by_header.map(|said| format!("; with the secret in a header: {}", said.told()));
    [Some(said.told()), made_up, by_header].into_iter().flatten().collect()
}

fn judge(said: &Said, made_up: Option<&Said>, by_header: Option<&Said>) -> (State, &'static str) {
    let is_refused = made_up.is_some_and(Said::refuses);
    match said {
        said if said.refuses() && by_header.is_some_and(Said::takes) => (
            State::Refuted,
            "the secret is right, and the app expects it in another way than the identity provider sends it: set its client \
             authentication to client_secret_post",
        ),
        said if said.refuses() => (
            State::Refuted,
            "the issuer does not take the secret: the app has another one now, or it does not know the client",
        ),
        Said::Error { .. } if is_refused => (
            State::Proved,
            "the issuer takes client id and secret; that the identity provider has the same secret, only a sign-in shows",
        ),
        said if said.takes() && made_up.is_some_and(Said::takes) => {
            (State::Unknown, "cannot be known: what is no secret is answered in the same way")
        }
        Said::Error { .. } => (State::Unknown, "cannot be known: nothing shows whether the answer is about the secret"),
        Said::Nothing(_) => (State::Unknown, "cannot be known"),
    }
}

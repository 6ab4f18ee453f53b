//! The escrow of client secrets: what is asked of it, as values. Whoever carries requests answers these, by a store that the
//! operator names; the service never sees them.
//!
//! A secret is named by the client id that it belongs to. It travels in bodies of requests alone, which are wiped: a question
//! about it is answered by what it is worth, and only [`Call::Take`] brings it, to the run that writes it.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::address::Org;
use crate::endpoint::{self, Host};
use crate::probe::Proof;
use crate::request::{Answer, Ask, Content, Request};

/// The code that nobody issued, by which a secret is tried.
pub(crate) const NO_CODE: &str = "fedctl-probe";

/// What the token endpoint says to such a code when it takes the client's secret. `[inferred]` from the protocol.
pub(crate) const TAKEN: (u16, &str) = (400, "invalid_grant");

/// What is asked of the escrow.
#[derive(Clone)]
pub enum Call {
    /// Is the secret of this client there, and does the token endpoint take it?
    Try {
        /// The client.
        client_id: String,
        /// A redirect URI of the client.
        callback: String,
    },
    /// What does the token endpoint at this path say to the secret of this client, and to what is none?
    Prove {
        /// The client.
        client_id: String,
        /// A redirect URI of the client.
        callback: String,
        /// The path.
        path: String,
    },
    /// Keep this secret, and read it back.
    Keep {
        /// The client.
        client_id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// Bring the secret.
    Take {
        /// The client.
        client_id: String,
    },
    /// Destroy what was kept before.
    Forget {
        /// The client.
        client_id: String,
        /// The newest version stays.
        but_newest: bool,
    },
}

/// What the escrow has of the secret of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Kept {
    /// It is there.
    pub is_kept: bool,
    /// The token endpoint takes it; nothing where it was not asked, or said something else.
    pub is_taken: Option<bool>,
    /// How many older versions are still there.
    pub older: u32,
}

#[derive(Deserialize)]
struct Wire {
    client_id: String,
    #[serde(default)]
    client_secret: Option<String>,
    #[serde(default)]
    callback: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    but_newest: bool,
}

impl Call {
    /// What a request asks of the escrow; nothing if it is for the service.
    pub fn of(request: &Request) -> Option<Self> {
        if request.host != Host::Escrow {
            return None;
        }
        let (_, body) = request.body.as_ref()?;
        let Wire { client_id, client_secret, callback, path, but_newest } = serde_json::from_slice(body).ok()?;
        match &*request.path {
            "/try" => Some(Self::Try { client_id, callback }),
            "/prove" => Some(Self::Prove { client_id, callback, path }),
            "/keep" => {
                let secret = Zeroizing::new(client_secret?);
                Some(Self::Keep { client_id, secret: SecretString::from(secret.as_str()) })
            }
            "/take" => Some(Self::Take { client_id }),
            "/forget" => Some(Self::Forget { client_id, but_newest }),
            _ => None,
        }
    }
}

impl Kept {
    /// It as an answer.
    pub fn answer(self) -> Answer {
        answer(200, serde_json::to_vec(&self).unwrap_or_default(), None)
    }

    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }
}

/// The answer that brings a secret.
pub fn brings(secret: &SecretString) -> Answer {
    #[derive(Serialize)]
    struct Brings<'a> {
        client_secret: &'a str,
    }
    answer(200, serde_json::to_vec(&Brings { client_secret: secret.expose_secret() }).unwrap_or_default(), None)
}

/// What the token endpoint said to it, as an answer.
pub fn proved(proof: &Proof) -> Answer {
    answer(200, serde_json::to_vec(proof).unwrap_or_default(), None)
}

/// The answer that it is done.
pub fn done() -> Answer {
    answer(200, b"{}".to_vec(), None)
}

/// The answer that it is not done, and will not be by asking again. `why` holds no secret.
pub fn refused(why: String) -> Answer {
    answer(422, b"{}".to_vec(), Some(why))
}

fn answer(status: u16, body: Vec<u8>, said: Option<String>) -> Answer {
    Answer { status, body: Zeroizing::new(body), total: None, date: None, retry_after: None, said }
}

/// Tries a secret at the token endpoint, by a code that nobody issued.
pub fn trial(client_id: &str, secret: &SecretString, callback: &str) -> Request {
    let client = [("client_id", client_id), ("client_secret", secret.expose_secret())];
    let mut request = trial_of(&client, callback);
    request.secrets.push(secret.clone());
    request
}

/// The same without client and secret: whoever sends it puts them into a header.
pub fn trial_by_header(callback: &str) -> Request {
    trial_of(&[], callback)
}

fn trial_of(client: &[(&str, &str)], callback: &str) -> Request {
    let mut body = Zeroizing::new(String::with_capacity(4096));
    let exchange = [("grant_type", "authorization_code"), ("code", NO_CODE), ("redirect_uri", callback)];
    for (name, value) in exchange.iter().chain(client) {
        if !body.is_empty() {
            body.push('&');
        }
        body.push_str(name);
        body.push('=');
        body.extend(form_urlencoded::byte_serialize(value.as_bytes()));
    }
    let body = Some((Content::Form, body.as_bytes().to_vec()));
    Request::write(Org::Primary, &endpoint::TOKEN, &[], body)
}

/// What the token endpoint says to such a trial: it takes the secret, it does not, or something else is wrong.
pub fn verdict(answer: &Answer) -> Option<bool> {
    #[derive(Deserialize)]
    struct Error {
        error: String,
    }
    let Error { error } = serde_json::from_slice(&answer.body).ok()?;
    match (answer.status, &*error) {
        TAKEN => Some(true),
        (400 | 401, "invalid_client") => Some(false),
        _ => None,
    }
}

/// The question what the escrow has of a client's secret.
pub(crate) fn ask(client_id: &str, callback: &str) -> Ask {
    #[derive(Serialize)]
    struct Try<'a> {
        client_id: &'a str,
        callback: &'a str,
    }
    let body = serde_json::to_vec(&Try { client_id, callback }).unwrap_or_default();
    Ask::with_body(Org::Primary, &endpoint::TRY_ESCROWED, body)
}

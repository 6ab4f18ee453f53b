//! What is asked of the issuer, as requests.

use serde::Serialize;

use crate::address::Org;
use crate::endpoint;
use crate::request::Ask;

/// What is asked. Paths are those of the discovery document, at the host of the issuer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// Its discovery document.
    Discovery,
    /// Its keys, at this path.
    Keys(Box<str>),
    /// Would it let somebody go on who comes by this client and is to be sent back there?
    Authorize {
        /// The path of the authorize endpoint.
        path: Box<str>,
        /// The client.
        client_id: Box<str>,
        /// Where people are to be sent back to.
        redirect_uri: Box<str>,
    },
    /// Is the client's secret in the escrow, and what does the token endpoint say to it?
    Secret {
        /// The path of the token endpoint.
        path: Box<str>,
        /// The client.
        client_id: Box<str>,
        /// A redirect URI of the client.
        redirect_uri: Box<str>,
    },
}

/// Given back in every answer that is about the question. Nobody redeems what comes of it, so it need not be secret.
pub(super) const STATE: &str = "fedctl-asks-and-nobody-signs-in";

/// `[documented]` in RFC 7636, appendix B: a challenge whose verifier anybody can read. Some clients must send one.
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

impl Question {
    /// It as a request.
    pub fn ask(&self) -> Ask {
        match self {
            Question::Discovery => Ask::new(Org::Primary, &endpoint::DISCOVERY, &[], &[]),
            Question::Keys(path) => Ask::at(Org::Primary, &endpoint::KEYS, path, &[]),
            Question::Authorize { path, client_id, redirect_uri } => {
                let query = [
                    ("response_type", "code"),
                    ("client_id", client_id),
                    ("redirect_uri", redirect_uri),
                    ("scope", "openid"),
                    ("state", STATE),
                    ("nonce", STATE),
                    ("prompt", "none"),
                    ("code_challenge", CHALLENGE),
                    ("code_challenge_method", "S256"),
                ];
                Ask::at(Org::Primary, &endpoint::AUTHORIZE, path, &query)
            }
            Question::Secret { path, client_id, redirect_uri } => {
                let body = Prove { client_id, callback: redirect_uri, path };
                Ask::with_body(Org::Primary, &endpoint::PROVE_ESCROWED, serde_json::to_vec(&body).unwrap_or_default())
            }
        }
    }

    /// What it is about, in a few words.
    pub fn name(&self) -> &'static str {
        match self {
            Question::Discovery => "discovery document",
            Question::Keys(_) => "keys of the issuer",
            Question::Authorize { .. } => "authorize endpoint",
            Question::Secret { .. } => "token endpoint",
        }
    }
}

#[derive(Serialize)]
struct Prove<'a> {
    client_id: &'a str,
    callback: &'a str,
    path: &'a str,
}

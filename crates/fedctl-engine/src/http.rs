//! The two organisations over HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use fedctl_client::{
    Answer, AnswerError, Body, Client, ContentType, Extra, Host, Method, Outcome as Sent, Request as Wire,
};
use fedctl_core::address::Org;
use fedctl_core::endpoint;
use fedctl_core::escrow::Call;
use fedctl_core::request::{self, Ask, Content, Outcome, Request};
use secrecy::{ExposeSecret, SecretString};

use crate::escrow::Escrow;
use crate::{Reads, Writes};

/// Two clients, each bound to its organisation.
pub struct Organizations {
    primary: Option<Client>,
    secondary: Client,
    pub(crate) escrow: Option<Box<dyn Escrow>>,
}

/// Two clients that cannot belong to one federation.
#[derive(Debug, thiserror::Error)]
pub enum BindError {
    /// Both are bound to one organisation.
    #[error("both keys are bound to organisation {organization}")]
    Equal {
        /// Its id.
        organization: String,
    },
    /// One is of a sandbox and the other is not.
    #[error("simulated and real mixed: one organisation is in a sandbox and the other is not")]
    Mixed,
}

impl Organizations {
    /// The two sides of a federation.
    ///
    /// # Errors
    /// Both clients are bound to one organisation, or only one of them to a sandbox.
    pub fn new(primary: Client, secondary: Client) -> Result<Self, BindError> {
        if primary.key().organization() == secondary.key().organization() {
            return Err(BindError::Equal { organization: primary.key().organization().to_owned() });
        }
        if primary.key().hosts().is_sandbox() != secondary.key().hosts().is_sandbox() {
            return Err(BindError::Mixed);
        }
        Ok(Self { primary: Some(primary), secondary, escrow: None })
    }

    /// The same, with a store for client secrets.
    #[must_use]
    pub fn with_escrow(self, escrow: Option<Box<dyn Escrow>>) -> Self {
        Self { escrow, ..self }
    }

    /// Sends once, whatever comes of it.
    pub(crate) async fn sent(&self, request: Request) -> Outcome {
        let Some(client) = self.client(request.org) else { return left_out() };
        for secret in &request.secrets {
            client.redactor().learn(secret.expose_secret());
        }
        outcome(client.send(wire(request)).await)
    }

    /// Asks the issuer once, with a client's authentication in a header if it is given; whatever it says is the answer.
    pub(crate) async fn knocked(&self, request: Request, client: Option<(&str, &SecretString)>) -> Outcome {
        let Some(issuer) = self.client(request.org) else { return left_out() };
        for secret in &request.secrets {
            issuer.redactor().learn(secret.expose_secret());
        }
        let mut wire = wire(request);
        wire.extra.extend(client.map(|(id, secret)| {
            // `[documented]`: both are encoded as in a form before they are joined (RFC 6749, 2.3.1).
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let client_secret = SecretString::from(encoded(secret.expose_secret()));
            Extra::ClientBasic { client_id: encoded(id), client_secret }
        }));
        heard(issuer.send(wire).await)
    }

    /// What an organisation says of its limits, by the name of the header; nothing where it is not asked.
    pub fn rate_limit_headers(&self, org: Org) -> BTreeMap<String, String> {
        self.client(org).map(Client::rate_limit_headers).unwrap_or_default()
    }

    /// The secondary organisation alone: nothing is asked of the primary one, and nothing is sent to it.
    pub fn of_secondary(secondary: Client) -> Self {
        Self { primary: None, secondary, escrow: None }
    }

    pub(crate) fn client(&self, org: Org) -> Option<&Client> {
        match org {
            Org::Primary => self.primary.as_ref(),
            Org::Secondary => Some(&self.secondary),
        }
    }
}

impl Reads for Organizations {
    async fn ask(&self, ask: Ask) -> Outcome {
        let request = ask.into_request();
        if let Some(call) = Call::of(&request) {
            return self.escrowed(call).await;
        }
        let Some(client) = self.client(request.org) else { return left_out() };
        if request.host == endpoint::Host::Issuer {
            return heard(client.read(wire(request)).await);
        }
        outcome(client.read(wire(request)).await)
    }

    async fn pause(&self, wanted: Duration) {
        tokio::time::sleep(wanted).await;
    }
}

impl Writes for Organizations {
    async fn write(&self, request: Request) -> Outcome {
        match Call::of(&request) {
            Some(call) => self.escrowed(call).await,
            None => self.sent(request).await,
        }
    }
}

fn left_out() -> Outcome {
    Outcome::NotSent("the primary organisation is left out of this".to_owned())
}

fn wire(request: Request) -> Wire {
    let method = match request.method {
        "POST" => Method::POST,
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        "DELETE" => Method::DELETE,
        _ => Method::GET,
    };
    Wire {
        host: match request.host {
            endpoint::Host::Console => Host::Console,
            endpoint::Host::Issuer => Host::Issuer,
            endpoint::Host::Insights => Host::Insights,
            endpoint::Host::Escrow => unreachable!("what is asked of the escrow is answered before it is sent"),
        },
        method,
        path: request.path,
        extra: if request.newer_rule { vec![Extra::QueryDslV2] } else { Vec::new() },
        body: request.body.map(|(content, bytes)| Body {
            content_type: match content {
                Content::Json => ContentType::Json,
                Content::Form => ContentType::Form,
            },
            bytes,
        }),
    }
}

fn outcome(sent: Sent) -> Outcome {
    match sent {
        Sent::NotSent(error) => Outcome::NotSent(chain(&error)),
        Sent::Unknown(error) => Outcome::Unknown(chain(&error)),
        Sent::Answered(answer) => answered(answer),
    }
}

/// What came of asking the issuer. Pages and redirections are its ordinary answers; where they lead is told, and not followed.
fn heard(sent: Sent) -> Outcome {
    match sent {
        Sent::NotSent(error) => Outcome::NotSent(chain(&error)),
        Sent::Unknown(error) => Outcome::Unknown(chain(&error)),
        Sent::Answered(answer) => Outcome::Answered(request::Answer {
            status: answer.status,
            total: None,
            date: answer.date,
            retry_after: answer.retry_after,
            said: answer.location,
            body: answer.body,
        }),
    }
}

/// What an answer is worth: an answer of the API, or something in front of it, which says nothing about the request.
fn answered(answer: Answer) -> Outcome {
    let said = match answer.json() {
        Ok(_) => None,
        Err(error @ (AnswerError::AbuseBlock { .. } | AnswerError::Redirected { .. })) => {
            return Outcome::NotSent(error.to_string());
        }
        // A page from something in front of the API says nothing about the object that was asked for.
        Err(error @ AnswerError::HtmlPage { .. }) if answer.status == 404 => {
            return Outcome::Unknown(error.to_string());
        }
        Err(error) if answer.is_success() => return Outcome::Unknown(error.to_string()),
        Err(error) => Some(match answer.message() {
            Some(message) => message,
            None => error.to_string(),
        }),
    };
    Outcome::Answered(request::Answer {
        status: answer.status,
        total: answer.total_count,
        date: answer.date,
        retry_after: answer.retry_after,
        said,
        body: answer.body,
    })
}

/// An error with its causes, on one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

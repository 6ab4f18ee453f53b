//! Proof on the wire: what the issuer itself says of the client that people come through.
//!
//! Nobody signs in and nothing is begun: the discovery document and the keys are read, the authorize endpoint is asked for a
//! person who is there already (`prompt=none`), and the token endpoint is given a code that nobody issued. An answer proves
//! something only if what is made up is answered in another way, so that is asked beside it. Nothing is ever followed, and what
//! is at another host than the issuer of the primary organisation is not asked.

mod authorize;
mod heard;
mod issuer;
mod question;
mod secret;
#[cfg(test)]
mod tests;

use serde::Serialize;

use crate::kinds::context::{Found, Terms};
use crate::kinds::identity_provider;
use crate::live::{Live, Needs};

pub(crate) use heard::{Came, came};
pub use question::Question;
pub use secret::{Proof, Said, by_header, made_up, said};

/// What is asked of the issuer, in the order in which it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Probe {
    /// Is its document as the identity provider needs it?
    Discovery,
    /// Has it keys to check its tokens with?
    Keys,
    /// Does it know the client?
    Client,
    /// Does it send people of this client back to the secondary organisation, and nowhere else?
    RedirectUri,
    /// Does it take the client's secret?
    ClientSecret,
}

impl Probe {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Probe::Discovery => "discovery",
            Probe::Keys => "keys",
            Probe::Client => "client",
            Probe::RedirectUri => "redirect-uri",
            Probe::ClientSecret => "client-secret",
        }
    }
}

/// What the answer to a probe shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It is so.
    Proved,
    /// It is not so.
    Refuted,
    /// Neither: it was not asked, nobody answered, or the answer shows nothing.
    Unknown,
}

/// What was asked, what came, and what that shows. The texts hold words of the answer: encode them before showing them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The probe.
    pub probe: Probe,
    /// What it shows.
    pub state: State,
    /// What was asked; empty where nothing was.
    pub asked: String,
    /// What came; empty where nothing was asked.
    pub came: String,
    /// What that means.
    pub means: String,
}

/// What the identity provider is at the issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Its client id.
    pub id: Box<str>,
    /// Where people are sent back to.
    pub redirect_uri: Box<str>,
    /// Whether an escrow is there that may keep its secret.
    pub has_escrow: bool,
}

impl Client {
    /// The client that people come through: what the identity provider names, unless that leads to another issuer.
    pub(crate) fn of(terms: &Terms, found: &Found<'_>) -> Option<Self> {
        let leads_here = |provider: &&&identity_provider::wire::Provider| {
            identity_provider::same_url(&provider.oidc.url, &terms.issuer) && !provider.oidc.client_id.is_empty()
        };
        let named = found.provider.as_ref().filter(leads_here).map(|provider| &provider.oidc.client_id);
        let id = named.or(found.app.settings.map(|settings| &settings.client_id))?;
        // Where there are two, the app of somebody else may name either of them: it is known to the issuer by that one.
        let is_named =
            |uri: &&str| found.app.settings.is_some_and(|app| app.redirect_uris.iter().any(|known| **known == **uri));
        let redirect_uri = terms.callbacks().find(is_named).unwrap_or(&terms.callback);
        Some(Self {
            id: id.as_ref().into(),
            redirect_uri: redirect_uri.into(),
            has_escrow: terms.rules.escrow.is_some(),
        })
    }
}

/// Judges what was answered, or asks.
pub(crate) fn find(terms: &Terms, live: &Live, needs: &mut Needs, client: Option<&Client>) -> Option<Vec<Finding>> {
    let document = needs.heard(live, Question::Discovery)?;
    let (endpoints, discovery) = issuer::discovery(&terms.issuer, document);
    let keys = issuer::keys(live, needs, &endpoints.keys);
    let rest = match client {
        None => Some(no_client()),
        Some(client) => {
            let authorized = authorize::find(live, needs, client, &endpoints.authorize);
            let secret = secret::find(live, needs, client, &endpoints.token);
            authorized.zip(secret).map(|(judged, secret)| {
                let [client, redirect_uri] = authorize::weighed(judged, &secret);
                vec![client, redirect_uri, secret]
            })
        }
    };
    Some([discovery, keys?].into_iter().chain(rest?).collect())
}

/// What the secret shows, if it was asked.
pub(crate) fn is_secret_taken(findings: &[Finding]) -> Option<bool> {
    let secret = findings.iter().find(|finding| finding.probe == Probe::ClientSecret)?;
    match secret.state {
        State::Proved => Some(true),
        State::Refuted => Some(false),
        State::Unknown => None,
    }
}

fn no_client() -> Vec<Finding> {
    let of =
        |probe| unasked(probe, "there is neither an identity provider nor an app whose client could be asked about");
    [Probe::Client, Probe::RedirectUri, Probe::ClientSecret].map(of).into()
}

/// A probe that was not sent, and why.
fn unasked(probe: Probe, why: impl Into<String>) -> Finding {
    let (asked, came) = (String::new(), String::new());
    Finding { probe, state: State::Unknown, asked, came, means: format!("cannot be known: {}", why.into()) }
}

//! The discovery document and the keys.

use serde_json::Value;

use super::heard::{Came, told};
use super::question::Question;
use super::{Finding, Probe, State, unasked};
use crate::endpoint::{self, Reading};
use crate::kinds::identity_provider::same_url;
use crate::kinds::oidc_app::CLIENT_AUTHENTICATION;
use crate::live::{Live, Needs};

/// What tokens are signed with. `[observed]`
const ALGORITHM: &str = "RS256";

/// Where an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// At the issuer's host, at this path.
    Here(Box<str>),
    /// Elsewhere, where nothing is asked.
    Elsewhere(String),
}

/// Where is what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Endpoints {
    pub(super) authorize: Place,
    pub(super) token: Place,
    pub(super) keys: Place,
}

/// Where the service has them, for want of a document. `[observed]`
fn usual(reading: &'static Reading) -> Place {
    Place::Here(reading.endpoint().path.into())
}

/// Judges the discovery document, and takes from it where everything is.
pub(super) fn discovery(issuer: &str, came: &Came) -> (Endpoints, Finding) {
    let usual = Endpoints {
        authorize: usual(&endpoint::AUTHORIZE),
        token: Place::Here(endpoint::TOKEN.endpoint().path.into()),
        keys: usual(&endpoint::KEYS),
    };
    let finding = |state, came: String, means: String| Finding {
        probe: Probe::Discovery,
        state,
        asked: format!("GET {}", endpoint::DISCOVERY.endpoint().path),
        came,
        means,
    };
    let nothing = "cannot be known: the identity provider may not learn where people authenticate; the endpoints are taken to \
                   be where they usually are";
    let heard = match came {
        Ok(heard) => heard,
        Err(why) => return (usual, finding(State::Unknown, format!("nothing: {why}"), nothing.to_owned())),
    };
    let Some(document) = heard.json().filter(|_| heard.status == 200) else {
        let (state, means) = match heard.status {
            300..=399 => (State::Unknown, format!("{nothing}; it was not followed")),
            _ => (
                State::Refuted,
                "the issuer has no discovery document, so the identity provider cannot use it".to_owned(),
            ),
        };
        return (usual, finding(state, heard.is_what(), means));
    };
    let wrong = wrong(issuer, &document);
    let named = told(document["issuer"].as_str().unwrap_or("no issuer"));
    let came = format!("200, of {named}");
    let found = if wrong.is_empty() {
        let means = "it is the issuer that it should be, all its endpoints are at its own host, and it signs and \
                     authenticates clients as the identity provider needs it";
        finding(State::Proved, came, means.to_owned())
    } else {
        finding(State::Refuted, came, wrong.join("; "))
    };
    (endpoints(issuer, &document, usual), found)
}

fn endpoints(issuer: &str, document: &Value, usual: Endpoints) -> Endpoints {
    let of = |key: &str, usual: Place| match document[key].as_str() {
        Some(url) => here(issuer, url).map_or_else(|| Place::Elsewhere(told(url)), |path| Place::Here(path.into())),
        None => usual,
    };
    Endpoints {
        authorize: of("authorization_endpoint", usual.authorize),
        token: of("token_endpoint", usual.token),
        keys: of("jwks_uri", usual.keys),
    }
}

/// The path of an address at the issuer's host; nothing if it is elsewhere.
fn here<'a>(issuer: &str, url: &'a str) -> Option<&'a str> {
    let path = url.strip_prefix(issuer.trim_end_matches('/'))?;
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#' && byte != b'\\');
    (path.starts_with('/') && !path.starts_with("//") && is_plain).then_some(path)
}

/// What is wrong with a document, in words.
fn wrong(issuer: &str, document: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    match document["issuer"].as_str() {
        Some(named) if same_url(named, issuer) => {}
        Some(named) => wrong.push(format!("it is the document of {}, not of {issuer}", told(named))),
        None => wrong.push("it does not name its issuer".to_owned()),
    }
    for key in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        if document[key].as_str().is_none() {
            wrong.push(format!("it has no `{key}`"));
        }
    }
    let is_endpoint = |key: &str| key.ends_with("_endpoint") || key == "jwks_uri";
    let all = document.as_object().into_iter().flatten().filter(|(key, _)| is_endpoint(key));
    for (key, url) in all.filter_map(|(key, url)| Some((key, url.as_str()?))) {
        if here(issuer, url).is_none() {
            wrong.push(format!("its `{}` is at another host: {}", told(key), told(url)));
        }
    }
    for (key, needed) in [
        ("id_token_signing_alg_values_supported", ALGORITHM),
        ("response_types_supported", "code"),
        ("token_endpoint_auth_methods_supported", CLIENT_AUTHENTICATION),
    ] {
        let lacks = |list: &Vec<Value>| !list.iter().any(|value| value == needed);
        if document[key].as_array().is_some_and(lacks) {
            wrong.push(format!("its `{key}` lacks {needed}"));
        }
    }
    wrong
}

/// Judges the keys, or asks for them.
pub(super) fn keys(live: &Live, needs: &mut Needs, place: &Place) -> Option<Finding> {
    let path = match place {
        Place::Here(path) => path,
        Place::Elsewhere(url) => return Some(unasked(Probe::Keys, format!("they are at another host: {url}"))),
    };
    let came = needs.heard(live, Question::Keys(path.clone()))?;
    let finding = |state, came: String, means: &str| {
        Some(Finding { probe: Probe::Keys, state, asked: format!("GET {}", told(path)), came, means: means.to_owned() })
    };
    let heard = match came {
        Ok(heard) => heard,
        Err(why) => return finding(State::Unknown, format!("nothing: {why}"), "cannot be known"),
    };
    let Some(document) = heard.json().filter(|_| heard.status == 200) else {
        return finding(State::Refuted, heard.is_what(), "there are no keys, so nobody can check a token of it");
    };
    let keys = document["keys"].as_array().map(Vec::as_slice).unwrap_or_default();
    let came = format!("200, {} {}", keys.len(), if keys.len() == 1 { "key" } else { "keys" });
    if keys.iter().any(is_signing) {
        finding(State::Proved, came, "there is a key that its tokens can be checked with")
    } else {
        finding(State::Refuted, came, "none of them is for RS256, so nobody can check a token of it")
    }
}

/// Whether a token that is signed with RS256 can be checked with a key. `[documented]`: `use` and `alg` may be left out.
fn is_signing(key: &Value) -> bool {
    let is = |name: &str, value: &str| key.get(name).is_none_or(|found| found == value);
    let has = |name: &str| key[name].as_str().is_some_and(|text| !text.is_empty());
    key["kty"] == "RSA" && is("use", "sig") && is("alg", ALGORITHM) && has("n") && has("e")
}

//! The authorize endpoint: does it know the client, and does it send people back to the secondary organisation?
//!
//! Nobody is there to sign in, and the request says so (`prompt=none`). By the protocol an issuer then sends back to the
//! redirect URI with `login_required`, and never sends anywhere for a client or a redirect URI that it does not know.
//! `[inferred]` of the service, whose pages are those of Ory Hydra: it may also show its login page. So the same is asked
//! with a client and with a redirect URI that nobody registered: an answer that they get too proves nothing.

use super::heard::{Came, Heard, parameter, place, told};
use super::issuer::Place;
use super::question::{Question, STATE};
use super::{Client, Finding, Probe, State, unasked};
use crate::live::{Live, Needs};

/// A client that nobody registered.
const NO_CLIENT: &str = "fedc7100-0000-4000-8000-000000000000";

/// Where nobody is sent. `[documented]`: nothing is ever named `invalid`.
const NOWHERE: &str = "https://fedctl.invalid/nobody-registered-this";

/// What an issuer says to somebody of whom it would ask more: it knows the client.
const ASKS_FOR_MORE: [&str; 4] =
    ["login_required", "interaction_required", "consent_required", "account_selection_required"];

/// What an issuer says of a client that it does not know. None of these words is in what is asked.
const OF_CLIENT: [&str; 2] = ["invalid_client", "unauthorized_client"];

/// The same of a redirect URI. `[observed]`
const OF_ADDRESS: [&str; 2] = ["invalid_redirect_uri", "redirect_uri_mismatch"];

/// What came of an authorization request.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    /// Back to the redirect URI, with an error as a rule: nobody signed in.
    Back(Option<String>),
    /// On to a page of the issuer, such as the one where people sign in.
    On(String),
    /// It is refused.
    Refused(Refusal),
    /// Nobody knows.
    Nothing(String),
}

/// A refusal as far as it can be compared with another.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: u16,
    place: Option<String>,
    error: Option<String>,
    description: Option<String>,
    /// Where it is no answer of the protocol: the page, without what was asked.
    page: Option<String>,
}

/// What the endpoint says of client and redirect URI.
pub(super) struct Judged {
    pub(super) findings: [Finding; 2],
    /// One of the two is not known to it, and it does not say which.
    is_open: bool,
}

/// Judges what the endpoint says of client and redirect URI, or asks.
pub(super) fn find(live: &Live, needs: &mut Needs, client: &Client, at: &Place) -> Option<Judged> {
    let path = match at {
        Place::Here(path) => path,
        Place::Elsewhere(url) => {
            let of = |probe| unasked(probe, format!("the authorize endpoint is at another host: {url}"));
            return Some(Judged { findings: [Probe::Client, Probe::RedirectUri].map(of), is_open: false });
        }
    };
    let mut ask = |client_id: &str, redirect_uri: &str| {
        let (client_id, redirect_uri) = (client_id.into(), redirect_uri.into());
        needs.heard(live, Question::Authorize { path: path.clone(), client_id, redirect_uri })
    };
    let asked = [ask(&client.id, &client.redirect_uri), ask(NO_CLIENT, &client.redirect_uri), ask(&client.id, NOWHERE)];
    let [itself, no_client, nowhere] = asked;
    let turns = [
        turn(itself?, Asked { client_id: &client.id, redirect_uri: &client.redirect_uri }),
        turn(no_client?, Asked { client_id: NO_CLIENT, redirect_uri: &client.redirect_uri }),
        turn(nowhere?, Asked { client_id: &client.id, redirect_uri: NOWHERE }),
    ];
    let [itself, no_client, nowhere] = &turns;
    let is_open = matches!(itself, Turn::Refused(refusal) if about(refusal, no_client, nowhere) == About::Either);
    Some(Judged { findings: judge(&told(path), client, &turns), is_open })
}

fn turn(came: &Came, asked: Asked<'_>) -> Turn {
    let heard = match came {
        Ok(heard) => heard,
        Err(why) => return Turn::Nothing(format!("no answer: {why}")),
    };
    match (heard.status, heard.location.as_deref()) {
        (300..=399, None) => Turn::Nothing(format!("{} and no place to go to", heard.status)),
        (300..=399, Some(location)) if is_at(location, asked.redirect_uri) => {
            let is_ours = parameter(location, "state").as_deref() == Some(STATE);
            let back = || Turn::Back(parameter(location, "error").map(|error| told(&error)));
            let other = || Turn::Nothing("back to the redirect URI, without the state that was asked with".to_owned());
            if is_ours { back() } else { other() }
        }
        (300..=399, Some(location)) => match parameter(location, "error") {
            None => Turn::On(format!("on to {}", place(location))),
            Some(error) => Turn::Refused(Refusal {
                status: heard.status,
                place: Some(place(location)),
                error: Some(told(&error)),
                description: parameter(location, "error_description").map(|text| told(&asked.left_out(&text))),
                page: None,
            }),
        },
        (200, _) => Turn::On("200 and a page".to_owned()),
        (status, _) => Turn::Refused(refusal(status, heard, asked)),
    }
}

/// What was asked, which the answer to it may repeat.
#[derive(Clone, Copy)]
struct Asked<'a> {
    client_id: &'a str,
    redirect_uri: &'a str,
}

impl Asked<'_> {
    /// A text without it, so that answers to other questions can be compared with it.
    fn left_out(self, text: &str) -> String {
        let encoded: String = form_urlencoded::byte_serialize(self.redirect_uri.as_bytes()).collect();
        text.replace(self.client_id, "…").replace(self.redirect_uri, "…").replace(&encoded, "…")
    }
}

/// Whether a place is the redirect URI with something added to its query or fragment.
fn is_at(location: &str, redirect_uri: &str) -> bool {
    let next = if redirect_uri.contains('?') { '&' } else { '?' };
    location.strip_prefix(redirect_uri).is_some_and(|rest| rest.is_empty() || rest.starts_with([next, '#']))
}

fn refusal(status: u16, heard: &Heard, asked: Asked<'_>) -> Refusal {
    let json = heard.json();
    let word = |key: &str| json.as_ref().and_then(|json| json[key].as_str()).map(|text| told(&asked.left_out(text)));
    let (error, description) = (word("error"), word("error_description"));
    let page = error.is_none().then(|| asked.left_out(&String::from_utf8_lossy(&heard.body)));
    // Some issuers put the word into a page for people.
    let on_page = |page: &String| OF_CLIENT.iter().chain(&OF_ADDRESS).find(|word| page.contains(**word)).copied();
    let error = error.or_else(|| page.as_ref().and_then(on_page).map(str::to_owned));
    Refusal { status, place: None, error, description, page }
}

impl Turn {
    fn told(&self) -> String {
        match self {
            Turn::Back(Some(error)) => format!("back to the redirect URI with `{error}`"),
            Turn::Back(None) => "back to the redirect URI".to_owned(),
            Turn::On(place) => place.clone(),
            Turn::Refused(refusal) => refusal.told(),
            Turn::Nothing(why) => why.clone(),
        }
    }
}

impl Refusal {
    fn told(&self) -> String {
        match (&self.error, &self.description) {
            (Some(error), Some(description)) => format!("refused with {}, `{error}`: {description}", self.status),
            (Some(error), None) if self.page.is_some() => {
                format!("refused with {} and a page that says `{error}`", self.status)
            }
            (Some(error), None) => format!("refused with {}, `{error}`", self.status),
            (None, _) => format!("refused with {} and a page", self.status),
        }
    }

    fn is(&self, words: &[&str]) -> bool {
        self.error.as_deref().is_some_and(|error| words.contains(&error))
    }
}

/// What three answers show together: to the client itself, to one that nobody registered, and to an address that nobody did.
fn judge(path: &str, client: &Client, turns: &[Turn; 3]) -> [Finding; 2] {
    let [itself, no_client, nowhere] = turns;
    let of_client = match itself {
        Turn::Back(error) => back(error.as_deref(), no_client),
        Turn::On(_) => on(no_client, "a client"),
        Turn::Refused(refusal) => refused_client(about(refusal, no_client, nowhere)),
        Turn::Nothing(why) => (State::Unknown, format!("cannot be known: {why}")),
    };
    let of_address = match (itself, nowhere) {
        (_, Turn::Back(_)) => {
            let means = "the issuer sends people with their codes wherever somebody wants, not only back to the secondary organisation";
            (State::Refuted, means.to_owned())
        }
        (Turn::Back(_), _) => (State::Proved, "the issuer sends people back there, and nowhere else".to_owned()),
        (Turn::On(_), _) => on(nowhere, "a redirect URI"),
        (Turn::Refused(refusal), _) => refused_address(about(refusal, no_client, nowhere)),
        (Turn::Nothing(why), _) => (State::Unknown, format!("cannot be known: {why}")),
    };
    let finding = |probe, (state, means): (State, String), asked: String, other: &Turn, what: &str| Finding {
        probe,
        state,
        asked,
        came: format!("{}; to {what}: {}", itself.told(), other.told()),
        means,
    };
    let asked = |about: String| format!("GET {path} without anybody signed in (prompt=none), {about}");
    let (one, other) = ("a client that nobody registered", "an address that nobody registered");
    [
        finding(Probe::Client, of_client, asked(format!("by client {}", told(&client.id))), no_client, one),
        finding(
            Probe::RedirectUri,
            of_address,
            asked(format!("back to {}", told(&client.redirect_uri))),
            nowhere,
            other,
        ),
    ]
}

fn back(error: Option<&str>, no_client: &Turn) -> (State, String) {
    match (error, no_client) {
        (_, Turn::Back(_)) => {
            (State::Unknown, "cannot be known: a client that nobody registered is answered in the same way".to_owned())
        }
        (Some(error @ ("unauthorized_client" | "access_denied")), _) => {
            (State::Refuted, format!("the issuer knows the client, and does not let it do this: `{error}`"))
        }
        (Some(error), _) if !ASKS_FOR_MORE.contains(&error) => (
            State::Proved,
            format!(
                "the issuer knows the client; to this request it says `{error}`, which says nothing about a sign-in"
            ),
        ),
        (Some(_) | None, _) => (State::Proved, "the issuer knows the client".to_owned()),
    }
}

/// It goes on to a page: that says something only if it does not for what is made up.
fn on(made_up: &Turn, what: &str) -> (State, String) {
    match made_up {
        Turn::Refused(_) => {
            (State::Proved, format!("the issuer goes on to its own page, and not for {what} that nobody registered"))
        }
        Turn::On(_) | Turn::Back(_) => {
            (State::Unknown, format!("cannot be known: {what} that nobody registered is answered in the same way"))
        }
        Turn::Nothing(_) => {
            (State::Unknown, format!("cannot be known: nobody knows how {what} that nobody registered is answered"))
        }
    }
}

fn is_same(refusal: &Refusal, turn: &Turn) -> bool {
    matches!(turn, Turn::Refused(other) if other == refusal)
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum About {
    /// A client that the issuer does not know.
    NoClient,
    /// A client that it knows, or does not, and does not let do this.
    Client,
    /// A client that it knows, and not the redirect URI.
    Address,
    /// One of the two.
    Either,
}

/// What an answer is about is told by its word, or by which of the others it is like.
fn about(refusal: &Refusal, no_client: &Turn, nowhere: &Turn) -> About {
    let (is_of_no_client, is_of_nowhere) = (is_same(refusal, no_client), is_same(refusal, nowhere));
    match (is_of_no_client, is_of_nowhere) {
        _ if refusal.is(&OF_ADDRESS) => About::Address,
        (true, _) if refusal.is(&OF_CLIENT) => About::NoClient,
        _ if refusal.error.is_some() && !refusal.is(&["invalid_request"]) => About::Client,
        (false, true) => About::Address,
        (true, false) => About::NoClient,
        _ => About::Either,
    }
}

fn refused_client(about: About) -> (State, String) {
    let (state, means) = match about {
        About::NoClient => (State::Refuted, "the issuer does not know the client"),
        About::Client => (State::Refuted, "the issuer refuses the client; is the app active?"),
        About::Address => (State::Proved, "the issuer knows the client; it is the redirect URI that it does not know"),
        About::Either => {
            (State::Refuted, "the issuer does not know the client or not the redirect URI; which, it does not say")
        }
    };
    (state, means.to_owned())
}

fn refused_address(about: About) -> (State, String) {
    let (state, means) = match about {
        About::Address => (State::Refuted, "the issuer does not send people of this client back there"),
        About::NoClient | About::Client | About::Either => {
            (State::Unknown, "cannot be known: the client is refused before")
        }
    };
    (state, means.to_owned())
}

/// The token endpoint knows clients, too: who is known there, and refused here without a reason, is refused for the address.
pub(super) fn weighed(judged: Judged, secret: &Finding) -> [Finding; 2] {
    let Judged { findings: [client, address], is_open } = judged;
    if !(is_open && secret.state == State::Proved) {
        return [client, address];
    }
    let means =
        "the token endpoint knows the client, so it is the redirect URI that the issuer does not know".to_owned();
    [
        Finding { state: State::Proved, means: means.clone(), ..client },
        Finding { state: State::Refuted, means, ..address },
    ]
}

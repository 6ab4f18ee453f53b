//! What the pages say: the portal's, the primary's login, the end of a sign-in.
//!
//! The words are those that a person meets in JumpCloud where the public procedure names them (`[doc: how-to]`:
//! "Continue", "SSO Login", "Log in to your application using JumpCloud"); the rest is the simulator's own.

use serde_json::json;

use super::fields;
use super::html::{self, Html};
use crate::{Request, Response};

/// An organisation to choose from.
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
}

/// A sign-in that worked.
#[derive(Clone)]
pub(super) struct SignedIn {
    pub(super) organization: String,
    pub(super) organization_name: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) user_id: String,
    /// What happened on the way, in order.
    pub(super) hops: Vec<String>,
}

/// A sign-in that broke.
pub(super) struct Broken {
    pub(super) status: u16,
    /// Where it broke, in a few words.
    pub(super) hop: String,
    /// What that means and what to look at.
    pub(super) message: String,
    /// What had happened before.
    pub(super) hops: Vec<String>,
}

impl Broken {
    /// A break with nothing before it.
    pub(super) fn at(status: u16, hop: impl Into<String>, message: impl Into<String>) -> Self {
        Self { status, hop: hop.into(), message: message.into(), hops: Vec::new() }
    }

    /// The same break after what had happened.
    pub(super) fn after(self, hops: &[String]) -> Self {
        Self { hops: hops.to_vec(), ..self }
    }
}

/// The portal asks who is there.
pub(super) fn portal_email() -> Response {
    let body = Html::new()
        .markup("<form method=\"post\" action=\"/login\">")
        .markup("<label for=\"email\">Company email</label>")
        .markup("<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus>")
        .markup("<button>Continue</button></form>");
    html::page(200, "User Login", body)
}

/// The portal asks which of several organisations is meant; one port serves all of them.
pub(super) fn portal_organization(email: &str, choices: &[Choice]) -> Response {
    let options = choices.iter().fold(Html::new(), |html, choice| {
        html.markup("<option value=\"").text(&choice.id).markup("\">").text(&choice.name).markup("</option>")
    });
    let body = Html::new()
        .paragraph("This address has an account in several organisations.")
        .markup("<form method=\"post\" action=\"/login\">")
        .hidden("email", email)
        .markup("<label for=\"organization\">Organisation</label><select id=\"organization\" name=\"organization\">")
        .then(options)
        .markup("</select><button>Continue</button></form>");
    html::page(200, "User Login", body)
}

/// The portal asks for the password of an account that is not routed to a provider.
pub(super) fn portal_password(email: &str, choice: &Choice) -> Response {
    let body = Html::new()
        .markup("<form method=\"post\" action=\"/login\">")
        .hidden("organization", &choice.id)
        .then(password_fields(email, "User Login"));
    html::page(200, &format!("Log in to {}", choice.name), body)
}

/// The primary asks who is there. `[doc: how-to]`: the address is prefilled with the one of the secondary, and the
/// person has to take the alias off its end.
pub(super) fn primary_email(challenge: &str, hint: &str) -> Response {
    let body = Html::new()
        .markup("<form method=\"post\" action=\"/login/oauth\">")
        .hidden("login_challenge", challenge)
        .markup("<label for=\"email\">Company email</label>")
        .markup(
            "<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" required autofocus value=\"",
        )
        .text(hint)
        .markup("\"><button>Continue</button></form>")
        .paragraph(
            "This is the address of your primary account: remove what your other organisation added to its end.",
        );
    html::page(200, "Log in to your application using JumpCloud", body)
}

/// The primary asks for the password, after a wrong one with the reason.
pub(super) fn primary_password(challenge: &str, email: &str, problem: Option<&str>) -> Response {
    let alert =
        problem.map_or_else(Html::new, |problem| Html::new().markup("<p role=\"alert\">").text(problem).markup("</p>"));
    let body = alert
        .markup("<form method=\"post\" action=\"/login/oauth\">")
        .hidden("login_challenge", challenge)
        .then(password_fields(email, "SSO Login"))
        .markup("<p><a href=\"/login/oauth?")
        .text(&fields::encode(&[("login_challenge", challenge)]))
        .markup("\">Use another address</a></p>");
    html::page(if problem.is_some() { 401 } else { 200 }, "Log in to your application using JumpCloud", body)
}

fn password_fields(email: &str, button: &'static str) -> Html {
    Html::new()
        .markup("<label for=\"email\">Company email</label>")
        .markup("<input id=\"email\" name=\"email\" type=\"email\" autocomplete=\"username\" readonly value=\"")
        .text(email)
        .markup("\"><label for=\"password\">Password</label>")
        .markup("<input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required autofocus>")
        .markup("<button>")
        .markup(button)
        .markup("</button></form>")
}

/// The end of a sign-in that worked, as a page or as JSON.
pub(super) fn signed_in(request: &Request, end: &SignedIn) -> Response {
    if html::wants_json(request) {
        let body = json!({
            "signed_in": true, "organization": end.organization, "organization_name": end.organization_name,
            "name": end.name, "email": end.email, "user_id": end.user_id, "hops": end.hops,
        });
        return html::json(200, &body);
    }
    let title = format!("Signed in as {} <{}> to {}", end.name, end.email, end.organization_name);
    let body = list(&end.hops).markup("<form method=\"post\" action=\"/login/out\"><button>Log out</button></form>");
    html::page(200, &title, body)
}

/// The end of a sign-in that broke, as a page or as JSON: the hop first.
pub(super) fn broken(request: &Request, end: &Broken) -> Response {
    if html::wants_json(request) {
        let body = json!({"signed_in": false, "hop": end.hop, "message": end.message, "hops": end.hops});
        return html::json(end.status, &body);
    }
    let body = Html::new()
        .markup("<p role=\"alert\">")
        .text(&end.hop)
        .markup("</p>")
        .paragraph(&end.message)
        .then(list(&end.hops))
        .markup("<p><a href=\"/login\">Start again</a></p>");
    html::page(end.status, "Not signed in", body)
}

/// The issuer's own error page, where a client gets no answer because it is not known.
pub(super) fn oauth_error(request: &Request, status: u16, error: &str, description: &str) -> Response {
    if html::wants_json(request) {
        return html::json(status, &json!({"error": error, "error_description": description}));
    }
    let body = Html::new().markup("<p role=\"alert\">").text(error).markup("</p>").paragraph(description);
    html::page(status, "An OAuth 2.0 error occurred", body)
}

/// Nobody is signed in any more.
pub(super) fn signed_out() -> Response {
    html::page(200, "Signed out", Html::new().markup("<p><a href=\"/login\">Log in</a></p>"))
}

fn list(hops: &[String]) -> Html {
    if hops.is_empty() {
        return Html::new();
    }
    let items = hops.iter().fold(Html::new(), |html, hop| html.markup("<li>").text(hop).markup("</li>"));
    Html::new().markup("<h2>What happened</h2><ol>").then(items).markup("</ol>")
}

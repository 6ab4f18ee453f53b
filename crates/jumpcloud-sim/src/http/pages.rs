//! What the pages say: the portal's, the primary's login, the end of a sign-in.
//!
//! The words are those that a person meets in JumpCloud where the public procedure names them (`[doc: how-to]`:
//! "Continue", "SSO Login", "Log in to your application using JumpCloud"); the rest is the simulator's own.

use serde::Serialize;
use serde_json::json;

use super::{fields, html};
use crate::{Request, Response};

/// Whose page it is, above the heading.
const PORTAL: &str = "User Portal";
const PRIMARY: &str = "Your primary organisation";
const PRIMARY_TITLE: &str = "Log in to your application using JumpCloud";

/// An organisation to choose from.
#[derive(Serialize)]
pub(super) struct Choice {
    pub(super) id: String,
    pub(super) name: String,
}

/// A sign-in that worked.
#[derive(Clone, Serialize)]
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

/// The portal asks who is there, after an address that it does not know with what is wrong.
pub(super) fn portal_email(email: &str, problem: Option<&str>) -> Response {
    let says = json!({"place": PORTAL, "title": "User Login", "action": "/login", "fields": [], "email": email,
        "problem": problem,
    });
    html::page(refused(problem), "email.html", &says)
}

/// The portal asks which of several organisations is meant; one port serves all of them.
pub(super) fn portal_organization(email: &str, choices: &[Choice]) -> Response {
    let says = json!({
        "place": PORTAL, "title": "User Login", "action": "/login", "fields": [("email", email)], "choices": choices,
        "hint": format!("{email} has an account in several organisations of this simulator."),
    });
    html::page(200, "organization.html", &says)
}

/// The portal asks for the password of an account that is not routed to a provider, after a wrong one with the reason.
pub(super) fn portal_password(email: &str, choice: &Choice, problem: Option<&str>) -> Response {
    let says = json!({
        "place": PORTAL, "title": format!("Log in to {}", choice.name), "action": "/login",
        "fields": [("organization", &choice.id)], "email": email, "button": "User Login", "back": "/login", "problem": problem,
    });
    html::page(refused(problem), "password.html", &says)
}

/// The primary asks who is there. `[doc: how-to]`: the address is prefilled with the one of the secondary, and the
/// person has to take the alias off its end.
pub(super) fn primary_email(challenge: &str, email: &str, problem: Option<&str>) -> Response {
    let says = json!({
        "place": PRIMARY, "title": PRIMARY_TITLE, "action": "/login/oauth", "fields": [("login_challenge", challenge)],
        "hint": "Use the address of your primary account: remove what your other organisation added to its end.",
        "email": email, "problem": problem,
    });
    html::page(refused(problem), "email.html", &says)
}

/// The primary asks for the password, after a wrong one with the reason.
pub(super) fn primary_password(challenge: &str, email: &str, problem: Option<&str>) -> Response {
    let challenge = [("login_challenge", challenge)];
    let says = json!({
        "place": PRIMARY, "title": PRIMARY_TITLE, "action": "/login/oauth", "fields": challenge, "email": email,
        "button": "SSO Login", "back": format!("/login/oauth?{}", fields::encode(&challenge)), "problem": problem,
    });
    html::page(refused(problem), "password.html", &says)
}

/// The status of a form that comes again because something was wrong.
fn refused(problem: Option<&str>) -> u16 {
    if problem.is_some() { 401 } else { 200 }
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
    let title = format!("Signed in as {} to {}", end.name, end.organization_name);
    html::page(200, "signed_in.html", &json!({"place": PORTAL, "title": title, "end": end}))
}

/// The end of a sign-in that broke, as a page or as JSON: the hop first.
pub(super) fn broken(request: &Request, end: &Broken) -> Response {
    if html::wants_json(request) {
        let body = json!({"signed_in": false, "hop": end.hop, "message": end.message, "hops": end.hops});
        return html::json(end.status, &body);
    }
    let says = json!({
        "place": "Sign-in", "title": "Not signed in", "problem": end.hop, "message": end.message, "done": end.hops,
        "again": true,
    });
    html::page(end.status, "broken.html", &says)
}

/// The issuer's own error page, where a client gets no answer because it is not known.
pub(super) fn oauth_error(request: &Request, status: u16, error: &str, description: &str) -> Response {
    if html::wants_json(request) {
        return html::json(status, &json!({"error": error, "error_description": description}));
    }
    let title = "An OAuth 2.0 error occurred";
    html::page(
        status,
        "broken.html",
        &json!({"place": PRIMARY, "title": title, "problem": error, "message": description}),
    )
}

/// Nobody is signed in any more.
pub(super) fn signed_out() -> Response {
    html::page(200, "signed_out.html", &json!({"place": PORTAL, "title": "Signed out"}))
}

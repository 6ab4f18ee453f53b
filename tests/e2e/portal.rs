//! One person who signs in over HTTP as with a browser: forms, cookies, redirects.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::http::{self, Answer, Request};

/// The password of everybody in the simulated organisations who has one.
const PASSWORD: &str = "simulated password";

/// A browser without cookies, for the simulator at one address.
struct Browser<'a> {
    address: &'a str,
    cookies: BTreeMap<String, String>,
}

/// Types `typed` at the portal, and authenticates as `primary` where it leads; gives what the portal says in the end.
#[track_caller]
pub(crate) fn sign_in(address: &str, typed: &str, primary: &str) -> Value {
    let mut browser = Browser { address, cookies: BTreeMap::new() };
    let portal = browser.send("POST", "/login", &http::form(&[("email", typed)]));
    if portal.status == 200 {
        // No policy routes this account: the portal asks for a password of its own.
        return browser.send("POST", "/login", &http::form(&[("email", typed), ("password", PASSWORD)])).json();
    }
    if portal.status != 302 {
        return portal.json();
    }
    let issuer = browser.send("GET", &target(&portal), "");
    let login = target(&issuer);
    let (page, query) = login.split_once('?').expect("the login page has a challenge");
    let Some(challenge) = query.split('&').find_map(|pair| pair.strip_prefix("login_challenge=")) else {
        // The issuer knows no such client: its page says what is wrong.
        return json!({"signed_in": false, "refused": login});
    };
    let who = http::form(&[("email", primary), ("password", PASSWORD)]);
    let back = browser.send("POST", page, &format!("login_challenge={challenge}&{who}"));
    if back.status != 302 {
        return back.json();
    }
    browser.send("GET", &target(&back), "").json()
}

impl Browser<'_> {
    #[track_caller]
    fn send(&mut self, method: &str, target: &str, form: &str) -> Answer {
        let cookies: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let headers = [
            ("accept", "application/json"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("cookie", &cookies.join("; ")),
        ];
        let answer = http::send(self.address, &Request { method, target, headers: &headers, body: form });
        let set = answer.headers("set-cookie").filter_map(|cookie| cookie.split(';').next()?.split_once('='));
        self.cookies.extend(set.map(|(name, value)| (name.to_owned(), value.to_owned())));
        answer
    }
}

/// Path and query of where a redirect leads: everything is on one port.
#[track_caller]
fn target(answer: &Answer) -> String {
    let location = answer.headers("location").next().unwrap_or_else(|| panic!("no redirect: {answer:?}"));
    let behind = location.split_once("://").map_or(location, |(_, rest)| rest);
    behind.find('/').map_or_else(|| panic!("{location} has no path"), |at| behind[at..].to_owned())
}

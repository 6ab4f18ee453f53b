//! The shape of an answer: its keys, and of each value the kind. Nothing that somebody wrote gets in.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use crate::object_id::ObjectId;

/// The words of the service that a shape may say. Whatever else a text is, it is somebody's.
const WORDS: &[&str] = &[
    "",
    "ACTIVATED",
    "AZURE",
    "DYNAMIC_AUTOMATED",
    "DYNAMIC_REVIEW_REQUIRED",
    "GOOGLE",
    "NOTSET",
    "OIDC",
    "OKTA",
    "PENDING",
    "STAGED",
    "STATIC",
    "SUSPENDED",
    "active_directory",
    "application",
    "authorization_code",
    "client_secret_basic",
    "client_secret_post",
    "code",
    "email",
    "federated_identity_provider",
    "idp_routing_policy",
    "none",
    "oidc",
    "openid",
    "password",
    "profile",
    "public",
    "refresh_token",
    "saml",
    "scim",
    "trusted",
    "user",
    "user_group",
];

/// The longest key that is shown, in characters.
const LONGEST_KEY: usize = 40;

/// What stands instead of a key that may be somebody's.
const SOME_KEY: &str = "(a key)";

/// What was seen at one place of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// The kinds of the values there.
    is: BTreeSet<String>,
    /// What stands under each key, where there are objects.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    keys: BTreeMap<String, Shape>,
    /// What the entries are, where there are lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<Box<Shape>>,
}

impl Shape {
    /// Adds what an answer shows.
    pub(super) fn hear(&mut self, body: &[u8]) {
        match serde_json::from_slice(body) {
            Ok(value) => self.add(&value),
            Err(_) if body.iter().all(u8::is_ascii_whitespace) => self.kind("nothing"),
            Err(_) => self.kind("no JSON"),
        }
    }

    fn kind(&mut self, kind: &str) {
        if !self.is.contains(kind) {
            self.is.insert(kind.to_owned());
        }
    }

    fn add(&mut self, value: &Value) {
        match value {
            Value::Null => self.kind("null"),
            Value::Bool(_) => self.kind("yes or no"),
            Value::Number(_) => self.kind("number"),
            Value::String(text) => match WORDS.iter().find(|word| **word == text) {
                Some(&"") => self.kind("empty text"),
                Some(word) => self.kind(&format!("the word {word}")),
                None => self.kind(of_text(text)),
            },
            Value::Array(list) => {
                self.kind(if list.is_empty() { "empty list" } else { "list" });
                list.iter().for_each(|entry| self.of.get_or_insert_default().add(entry));
            }
            Value::Object(object) => {
                self.kind("object");
                for (key, value) in object {
                    let key = if is_name(key) { key } else { SOME_KEY };
                    self.keys.entry(key.to_owned()).or_default().add(value);
                }
            }
        }
    }
}

/// Whether a key is one that a programmer chose: short, of letters, at most two digits.
fn is_name(key: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let digits = key.chars().filter(char::is_ascii_digit).count();
    !key.is_empty() && key.len() <= LONGEST_KEY && key.chars().all(fits) && digits <= 2
}

/// The kind of a text, by nothing but its form.
fn of_text(text: &str) -> &'static str {
    let is_hex = |part: &str, length: usize| part.len() == length && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let is_uuid = || {
        let parts: Vec<&str> = text.split('-').collect();
        parts.len() == 5 && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, length)| is_hex(part, length))
    };
    let is_time = || text.len() >= 20 && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T';
    if ObjectId::parse(text).is_some() {
        "id of 24 digits"
    } else if is_uuid() {
        "uuid"
    } else if text.starts_with("https://") || text.starts_with("http://") {
        "address of a page"
    } else if text.contains('@') {
        "e-mail address"
    } else if is_time() {
        "time"
    } else if text.contains('\n') {
        "text of several lines"
    } else {
        "text"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_has_keys_and_kinds_and_nothing_that_somebody_wrote() {
        let canary = "canary7f";
        let body = format!(
            r#"{{"results":[{{"_id":"61aa0d3e9b1e8a0001a1b2c3","email":"{canary}@x.com","name":"{canary}","on":true,
                "type":"OIDC","made":"2026-01-02T03:04:05Z","url":"https://{canary}/","{canary}@x":1,"{canary}-key":null}},
                {{"name":"","list":[],"n":4711}}],"token":"4711{canary}\n"}}"#
        );
        let mut shape = Shape::default();
        shape.hear(body.as_bytes());
        shape.hear(b"<html>canary7f");
        shape.hear(b" ");
        let json = serde_json::to_string(&shape).unwrap();
        assert!(!json.contains("canary") && !json.contains("4711") && !json.contains("61aa") && !json.contains("2026"));
        for part in
            ["id of 24 digits", "e-mail address", "the word OIDC", "(a key)", "no JSON", "nothing", "empty list"]
        {
            assert!(json.contains(part), "{part}: {json}");
        }
        assert!(json.contains(r#""name":{"is":["empty text","text"]}"#), "{json}");
    }
}

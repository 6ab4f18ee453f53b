//! Takes secrets out of text before anybody keeps it.

use std::fmt;
use std::ops::Range;
use std::sync::{PoisonError, RwLock};

use zeroize::Zeroizing;

/// What stands where a secret stood.
pub const REDACTED: &str = "[redacted]";

/// Names whose values are secrets, in lower case. Two of them are in the service's own bodies, the others in what an
/// edge or a proxy may echo.
const NAMES: [&str; 8] = [
    "clientsecret",
    "client_secret",
    "password",
    "apikey",
    "x-api-key",
    "idpprivatekey",
    "authorization",
    "access_token",
];
/// From this length on a bare word after `name:` is taken for a secret; below it may be prose ("password: too short").
const LONG: usize = 16;

/// Knows the secrets of one client, and the names under which others travel.
#[derive(Default)]
pub struct Redactor {
    known: RwLock<Vec<Zeroizing<String>>>,
}

impl Redactor {
    /// Takes note of a secret, in the spellings in which bodies carry it: plain, as JSON text, percent-encoded.
    pub fn learn(&self, secret: &str) {
        if secret.is_empty() {
            return;
        }
        let json = Zeroizing::new(serde_json::Value::from(secret).to_string());
        let spellings =
            [secret, &json[1..json.len() - 1], &percent_encoded(secret)].map(|text| Zeroizing::new(text.to_owned()));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for spelling in spellings {
            if !known.contains(&spelling) {
                known.push(spelling);
            }
        }
        // The longest first: a secret may be part of another one.
        known.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    }

    /// The text without known secrets, and without values of names that hold secrets.
    pub fn clean(&self, text: &str) -> String {
        let mut text = Zeroizing::new(text.to_owned());
        for secret in self.known.read().unwrap_or_else(PoisonError::into_inner).iter() {
            text = Zeroizing::new(text.replace(secret.as_str(), REDACTED));
        }
        without_named_values(&text)
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redactor").finish_non_exhaustive()
    }
}

/// As forms write it.
pub(crate) fn percent_encoded(secret: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(secret.len() * 3));
    for byte in secret.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn without_named_values(text: &str) -> String {
    let lower = Zeroizing::new(text.to_ascii_lowercase());
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    while let Some(end_of_name) = next_name(&lower, done) {
        let value = value_after(text, end_of_name);
        out.push_str(&text[done..value.start]);
        if !value.is_empty() {
            out.push_str(REDACTED);
        }
        done = value.end;
    }
    out.push_str(&text[done..]);
    out
}

fn next_name(lower: &str, from: usize) -> Option<usize> {
    NAMES.iter().filter_map(|name| lower[from..].find(name).map(|at| from + at + name.len())).min()
}

/// Where the value of a name lies, empty if what follows does not look like one: `"name": "value"`, the same within a
/// JSON text (`\"name\":\"value\"`), `name=value`, `name: a-long-word`.
fn value_after(text: &str, name: usize) -> Range<usize> {
    let bytes = text.as_bytes();
    let skip = |from: usize, set: &[u8]| from + bytes[from..].iter().take_while(|byte| set.contains(byte)).count();
    let sign = skip(skip(name, b"\\\"'"), b" \t");
    let Some(&found) = bytes.get(sign).filter(|found| matches!(found, b':' | b'=')) else { return name..name };
    let escapes = skip(sign + 1, b" \t\r\n");
    let quote = skip(escapes, b"\\");
    if let Some(&mark) = bytes.get(quote).filter(|mark| matches!(mark, b'"' | b'\'')) {
        return quote + 1..quote + 1 + quoted_length(&bytes[quote + 1..], mark, quote - escapes);
    }
    let scheme = ["basic ", "bearer "].into_iter().find(|scheme| starts_with(&bytes[escapes..], scheme));
    let start = escapes + scheme.map_or(0, str::len);
    let bare = |byte: &&u8| !byte.is_ascii_whitespace() && !b"&,;}]\"'".contains(byte);
    let end = start + bytes[start..].iter().take_while(bare).count();
    let is_secret = found == b'=' || scheme.is_some() || end - start >= LONG;
    if is_secret { start..end } else { start..start }
}

fn starts_with(bytes: &[u8], prefix: &str) -> bool {
    bytes.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
}

/// How far it is to the closing quote, or to the end of a text that was cut. `level` is the number of backslashes before
/// the opening quote: 0 in JSON, 1 in JSON within a JSON text, 3 one deeper. A quote with 0, 2, 4, … of them closes the
/// first kind, one with 1, 5, 9, … the second: every other quote belongs to the value.
fn quoted_length(bytes: &[u8], quote: u8, level: usize) -> usize {
    let mut escapes = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte == quote && escapes % (2 * level + 2) == level {
            return at - level;
        }
        escapes = if byte == b'\\' { escapes + 1 } else { 0 };
    }
    bytes.len()
}

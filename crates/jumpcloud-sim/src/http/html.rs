//! Pages from the templates in `templates/`, and the other answers that a browser gets.
//!
//! What the pages say is left to [`super::pages`]. A template writes whatever it is given as text: the environment has one
//! formatter, which escapes, and the only value that it takes for markup is [`STYLE`] and what a macro of a template wrote.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment, Error, HtmlEscape, Output, State, UndefinedBehavior, Value};
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use super::face;
use crate::{Request, Response};

/// The one style sheet, inside every page: nothing is loaded from anywhere.
const STYLE: &str = include_str!("templates/style.css");

macro_rules! templates {
    ($($name:literal),+ $(,)?) => { [$(($name, include_str!(concat!("templates/", $name)))),+] };
}

const TEMPLATES: [(&str, &str); 8] = templates![
    "broken.html",
    "email.html",
    "layout.html",
    "organization.html",
    "parts.html",
    "password.html",
    "signed_in.html",
    "signed_out.html",
];

static ENVIRONMENT: LazyLock<Result<Environment<'static>, Error>> = LazyLock::new(environment);

/// What a page may do: show itself, in the style that has this digest. No script, no font, no frame, no base; an image only
/// for the empty icon. `form-action` is left out: browsers hold it against the redirect that follows a form, and the login
/// page's leads to whatever address a client has registered.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'")
});

fn environment() -> Result<Environment<'static>, Error> {
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(write);
    environment.add_global("style", Value::from_safe_string(STYLE.to_owned()));
    for (name, text) in TEMPLATES {
        environment.add_template(name, text)?;
    }
    Ok(environment)
}

/// Writes a value, in an element or in a quoted attribute.
fn write(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    if value.is_safe() {
        return out.write_str(&value.to_string()).map_err(Error::from);
    }
    let escaped = HtmlEscape(&readable(&value.to_string())).to_string();
    // A slash is harmless here, and whoever reads the source of a page wants to find an address in it.
    Ok(out.write_str(&escaped.replace("&#x2f;", "/"))?)
}

/// Controls and the characters that reorder what is read become the replacement character: a page that says who somebody
/// is signed in as must not be arranged by a name.
fn readable(text: &str) -> String {
    let hides = |c: char| matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    text.chars().map(|c| if c.is_control() || hides(c) { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// A page made of a template and what it says.
pub(super) fn page(status: u16, template: &str, says: &Json) -> Response {
    let environment = ENVIRONMENT.as_ref().map_err(ToString::to_string);
    let rendered = environment.and_then(|environment| {
        environment.get_template(template).and_then(|page| page.render(Serde(says))).map_err(|error| error.to_string())
    });
    match rendered {
        Ok(text) => Response { status, headers: headers(), body: text.into_bytes() },
        Err(problem) => face::plain(500, &format!("the page cannot be made: {problem}")),
    }
}

/// Lines that every page carries: nothing is stored, nothing is told to where a link leads.
fn headers() -> Vec<(String, String)> {
    owned(&[
        ("cache-control", "no-store"),
        ("content-security-policy", &POLICY),
        ("content-type", "text/html; charset=utf-8"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
    ])
}

/// An answer in JSON.
pub(super) fn json(status: u16, value: &Json) -> Response {
    let headers = [("cache-control", "no-store"), ("content-type", "application/json; charset=utf-8")];
    Response { status, headers: owned(&headers), body: value.to_string().into_bytes() }
}

/// A redirect that a browser follows with GET.
pub(super) fn redirect(location: &str) -> Response {
    let headers = [("cache-control", "no-store"), ("location", location)];
    Response { status: 302, headers: owned(&headers), body: Vec::new() }
}

/// Whether the caller would rather have JSON than a page: it names JSON and does not name HTML.
pub(super) fn wants_json(request: &Request) -> bool {
    let accept = request.header("accept").unwrap_or_default();
    accept.contains("application/json") && !accept.contains("text/html")
}

fn owned(headers: &[(&str, &str)]) -> Vec<(String, String)> {
    headers.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> String {
        let mut environment = environment().unwrap();
        environment.add_template("text.html", "<i title=\"{{ text }}\">{{ text }}</i>").unwrap();
        environment.get_template("text.html").unwrap().render(Serde(serde_json::json!({"text": text}))).unwrap()
    }

    #[test]
    fn text_never_becomes_markup() {
        let safe = "&lt;a href=&quot;x&quot; id=&#x27;y&#x27;&gt;&amp;";
        assert_eq!(written("<a href=\"x\" id='y'>&"), format!("<i title=\"{safe}\">{safe}</i>"));
    }

    #[test]
    fn a_slash_stays_one_and_what_looks_like_one_is_text() {
        let safe = "/&amp;#x2f;&lt;/i&gt;";
        assert_eq!(written("/&#x2f;</i>"), format!("<i title=\"{safe}\">{safe}</i>"));
    }

    #[test]
    fn text_cannot_rearrange_the_page() {
        let safe = "ann\u{fffd}moc\u{fffd}\u{fffd}";
        assert_eq!(written("ann\u{202e}moc\u{0}\n"), format!("<i title=\"{safe}\">{safe}</i>"));
    }

    #[test]
    fn no_template_turns_escaping_off() {
        let off = ["safe", "autoescape", "style=", "<script"];
        for (name, text) in TEMPLATES {
            let found: Vec<_> = off.iter().filter(|word| text.contains(**word)).collect();
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
}

//! HTML in which markup is the program's own and everything else is escaped.
//!
//! What the pages say is left to [`super::pages`]. Markup is `&'static str`, so a name, an address or a query string
//! cannot become markup by mistake: the only way in for a `&str` is [`Html::text`], and that escapes.

use crate::{Request, Response};

/// Lines that every page carries: nothing is loaded from anywhere, nothing is stored, no other site may frame it.
const POLICY: [(&str, &str); 5] = [
    ("cache-control", "no-store"),
    (
        "content-security-policy",
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("content-type", "text/html; charset=utf-8"),
    ("referrer-policy", "no-referrer"),
    ("x-content-type-options", "nosniff"),
];

const STYLE: &str = "<style>\
    :root{color-scheme:light dark}\
    body{font:1.0625rem/1.5 system-ui,sans-serif;margin:0 auto;padding:1rem;max-width:34rem;overflow-wrap:anywhere}\
    header{border:2px dashed;padding:.25rem .75rem;margin-bottom:1.5rem}\
    label{display:block;font-weight:600;margin:1rem 0 .25rem}\
    input,select,button{font:inherit;padding:.6rem;width:100%;box-sizing:border-box}\
    button{margin-top:1.25rem;font-weight:600;cursor:pointer}\
    [role=alert]{border-left:.4rem solid;padding:.5rem .75rem;font-weight:600}\
    </style>";

/// A piece of a page.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Appends markup of the program's own.
    pub(super) fn markup(mut self, markup: &'static str) -> Self {
        self.0.push_str(markup);
        self
    }

    /// Appends text from anywhere; good in an element and in a quoted attribute.
    pub(super) fn text(mut self, text: &str) -> Self {
        self.0.push_str(&escape(text));
        self
    }

    /// Appends another piece.
    pub(super) fn then(mut self, other: Self) -> Self {
        self.0.push_str(&other.0);
        self
    }

    /// Appends a paragraph of text.
    pub(super) fn paragraph(self, text: &str) -> Self {
        self.markup("<p>").text(text).markup("</p>")
    }

    /// Appends a form field that is sent along unseen.
    pub(super) fn hidden(self, name: &'static str, value: &str) -> Self {
        self.markup("<input type=\"hidden\" name=\"").markup(name).markup("\" value=\"").text(value).markup("\">")
    }
}

/// Makes text harmless in HTML, the only function that does.
///
/// Controls and the characters that reorder what is read become the replacement character: a page that says who
/// somebody is signed in as must not be arranged by a name.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' => {
                out.push(char::REPLACEMENT_CHARACTER);
            }
            c if c.is_control() => out.push(char::REPLACEMENT_CHARACTER),
            c => out.push(c),
        }
    }
    out
}

/// A whole page: language, title, the word SIMULATED, one heading, then `body`.
pub(super) fn page(status: u16, title: &str, body: Html) -> Response {
    let html = Html::new()
        .markup("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">")
        .markup("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">")
        // Without one, browsers ask for an icon, and the log of requests would have it.
        .markup("<link rel=\"icon\" href=\"data:,\"><title>")
        .text(title)
        .markup(" (SIMULATED)</title>")
        .markup(STYLE)
        .markup("</head><body><header><strong>SIMULATED</strong>: this is not JumpCloud, do not type a real password.</header>")
        .markup("<main><h1>")
        .text(title)
        .markup("</h1>")
        .then(body)
        .markup("</main></body></html>");
    Response { status, headers: owned(&POLICY), body: html.0.into_bytes() }
}

/// An answer in JSON.
pub(super) fn json(status: u16, value: &serde_json::Value) -> Response {
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

    #[test]
    fn text_never_becomes_markup() {
        assert_eq!(escape("<a href=\"x\" id='y'>&"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
    }

    #[test]
    fn text_cannot_rearrange_the_page() {
        assert_eq!(escape("ann\u{202e}moc\u{0}\n"), "ann\u{fffd}moc\u{fffd}\u{fffd}");
    }
}

//! What is shown, whatever stands in names: each sink is read again by a reader of its own. And filters, rules and paths
//! that are built from names.

use std::collections::BTreeMap;

use fedctl::render::frame::Frame;
use fedctl::render::markdown;
use fedctl::render::rows::Rows;
use fedctl::render::text::visible;
use fedctl::render::{plan_diff, plan_json, plan_markdown};
use fedctl_core::address::Org;
use fedctl_core::endpoint;
use fedctl_core::live::{Query, Scope};
use fedctl_core::read::{Fetch, Reader};
use fedctl_core::request::Ask;
use fedctl_core::spec;
use fedctl_core::text::quote::scalar;
use jumpcloud_sim::{NewUser, Request as SimRequest, fixture};
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::{Value, json};

use crate::mutate::PIECES;
pub(crate) use crate::read::{is_json, is_markdown, is_plain};

/// Names that somebody chose to do harm.
pub(crate) fn names() -> Vec<Vec<u8>> {
    let within = PIECES.iter().map(|piece| format!("Con{piece}tractors").into_bytes());
    within.chain(PIECES.iter().map(|piece| piece.as_bytes().to_vec())).collect()
}

/// What a plan is shown with.
pub(crate) fn frame(digest: &str) -> Frame {
    serde_json::from_value(json!({
        "names": ["acme", "beta"], "sandbox": null, "as_of": null, "digest": digest, "requests": 1, "secret": "unproved",
        "places": {},
    }))
    .unwrap()
}

/// A plan in which every text is this one.
fn rows(name: &str) -> Rows {
    let write = json!({"send": {"call": "PUT /"}});
    let change = json!([{"field": name, "before": name, "after": name}]);
    let action = |target: &str, person: Option<&str>, verb: &str| {
        json!({"action": {"target": format!("{target}/{name}"), "verb": verb, "because": name, "why": name,
            "takes_away": true, "person": person, "spec": name, "changes": change, "write": write}})
    };
    let lines = [
        json!({"plan": {"federation": name, "primary": name, "secondary": name, "secret": name}}),
        json!({"person": {"person": name, "account": name, "fate": "gains", "spec": name}}),
        json!({"person": {"person": name, "account": name, "fate": name, "held": name, "why": name, "spec": name}}),
        json!({"known": {"address": name, "id": name}}),
        action("primary/user-group", None, "create"),
        action("secondary/user", Some(name), name),
        json!({"note": {"about": name, "text": name}}),
        json!({"refusal": {"guard": name, "about": name, "why": name, "way_out": name}}),
    ];
    Rows::of(lines.iter().map(Value::to_string)).unwrap()
}

/// Every sink shows it, and what is shown is read again.
pub(crate) fn show(input: &[u8]) {
    let name = &*String::from_utf8_lossy(input);
    let shown = visible(name);
    is_plain(&shown);
    assert!(!shown.contains('\n'));
    code(name);
    let yaml: serde_yaml::Value = serde_yaml::from_str(&format!("a: {}\n", scalar(name))).unwrap();
    assert_eq!(yaml["a"].as_str(), Some(name));
    let (tame, rows) = (rows("tame"), rows(name));
    let read = is_json(&plan_json::json(&rows, &frame(name)));
    assert_eq!(read["people"][0]["person"], name);
    assert_eq!(read["actions"].as_array().map(Vec::len), Some(2));
    let page = plan_markdown::text(&rows, &frame(name));
    is_markdown(&page);
    let of_tame = plan_markdown::text(&tame, &frame("tame"));
    assert_eq!(structure(&page), structure(&of_tame), "{page}");
    let differences = plan_diff::lines(&tame, &rows);
    is_plain(&differences.iter().map(|line| visible(line)).collect::<String>());
}

/// A code span holds what it was given, and ends where it ends.
fn code(name: &str) {
    let span = markdown::code(name);
    let page = format!("before {span} after\n");
    let events: Vec<Event<'_>> = Parser::new(&page).collect();
    let codes: Vec<String> = events
        .iter()
        .filter_map(|event| if let Event::Code(code) = event { Some(code.to_string()) } else { None })
        .collect();
    assert_eq!(codes.len(), 1, "{page:?}");
    assert_eq!(codes[0].trim(), markdown::one_line(name).trim(), "{page:?}");
}

/// What a reader sees of a page without its texts: headings, lists, tables, blocks, code.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other event is of no concern, also those to come")]
fn structure(page: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for event in Parser::new_ext(page, Options::ENABLE_TABLES) {
        let kind = match event {
            Event::Start(Tag::CodeBlock(_)) => "block".to_owned(),
            Event::Start(tag) => format!("{:?}", std::mem::discriminant(&tag)),
            Event::Code(_) => "code".to_owned(),
            _ => continue,
        };
        *counts.entry(kind).or_default() += 1;
    }
    counts
}

/// A search for a name finds whoever has it and nobody else.
pub(crate) fn filter(input: &[u8]) {
    let name: String = String::from_utf8_lossy(input).chars().filter(|c| !c.is_control()).collect();
    let mut pair = fixture::pair(3);
    let wanted = format!("{name}@acme.com").to_lowercase();
    for (number, email) in [wanted.as_str(), "somebody.else@else.com", "another@else.com"].iter().enumerate() {
        let user = NewUser { email: (*email).to_owned(), username: format!("u{number}"), ..NewUser::default() };
        pair.world.add_user(pair.primary, user);
    }
    let emails = [Box::from(wanted.as_str())].into();
    let query = Query::Users(Org::Primary, Scope::Names { emails, usernames: [Box::from("u9")].into() });
    let head = format!(
        "federation: f\nprimary: {{organization: \"{}\", credentials: a}}\nsecondary: {{organization: \"{}\", credentials: b}}\npeople: {{from: {{groups: [A]}}}}\n",
        pair.primary, pair.secondary
    );
    let spec = spec::parse(&head).spec.unwrap();
    let Fetch::Batches(asks) = Reader::new(&spec).fetch(&query) else { panic!("names are looked up in batches") };
    let mut found = Vec::new();
    for ask in asks {
        let sent = ask.request();
        let mut request = SimRequest::api(sent.method, &sent.path).with_header("x-api-key", &pair.primary_key);
        request.body = sent.body.as_ref().map(|(_, body)| body.to_vec()).unwrap_or_default();
        let answer = pair.world.answer(&request);
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        found.extend(body["results"].as_array().unwrap().iter().map(|user| user["email"].as_str().unwrap().to_owned()));
    }
    assert_eq!(found, [wanted], "{name:?}");
    suffix(&name);
}

/// The end of an address stands in a rule: what the spec takes for one has no sign that a rule has a meaning for.
fn suffix(name: &str) {
    let text = format!(
        "federation: f\nprimary: {{organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: a}}\nsecondary: {{organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: b}}\npeople: {{from: {{groups: [A]}}}}\nrouting_group: {{members: {{email_ends_with: {}, accept_capture: true}}}}\n",
        json!(format!(".{name}"))
    );
    if spec::parse(&text).spec.is_some() {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || ".-@".contains(c)), "{name:?}");
    }
}

/// An argument stays in its segment of the path, and a value in its parameter, as browsers and servers read them.
pub(crate) fn path(input: &[u8]) {
    let name = String::from_utf8_lossy(input).into_owned();
    // No browser and no server keeps a segment of dots, however it is spelt: what is no id is none from the decoder on.
    if matches!(name.as_str(), "." | "..") {
        return;
    }
    let ask =
        Ask::new(Org::Primary, &endpoint::GET_APP, std::slice::from_ref(&name), &[("filter", &name), ("limit", "1")]);
    let sent = ask.request().path.clone();
    let (path, query) = sent.split_once('?').unwrap();
    stays(path, query);
    let segments: Vec<&str> = path.split('/').collect();
    assert_eq!(segments.len(), 4, "{sent}");
    let read: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    assert_eq!(read, [("filter".to_owned(), name), ("limit".to_owned(), "1".to_owned())]);
}

/// Whoever sends it sends what was asked for.
#[track_caller]
pub(crate) fn stays(path: &str, query: &str) {
    let url = fedctl_client::Url::parse(&format!("https://console.example{path}?{query}")).unwrap();
    assert_eq!(url.path(), path);
    assert!(
        url.path().starts_with("/api/") || url.path().starts_with("/insights/") || url.path().starts_with("/oauth2/")
    );
}

//! What Directory Insights can be asked: a window of time, services, terms, and the fields to answer with \[spec\].

use serde_json::{Map, Value};

use super::reply::Reply;
use crate::clock::parse_rfc3339;
use crate::world::events::Event;

/// The services that events come from \[spec\]; only `directory` and `sso` say anything here.
const SERVICES: [&str; 16] = [
    "alerts",
    "all",
    "directory",
    "ldap",
    "mdm",
    "notifications",
    "object_storage",
    "password_manager",
    "radius",
    "reports",
    "saas_app_management",
    "software",
    "sso",
    "systems",
    "access_management",
    "asset_management",
];

/// The fields that events of the directory and of sign-ins can have \[spec\].
const FIELDS: [&str; 29] = [
    "@version",
    "application",
    "association",
    "auth_context",
    "auth_method",
    "changes",
    "client_ip",
    "correlation",
    "error_message",
    "event_type",
    "geoip",
    "id",
    "idm_client_id",
    "idp_initiated",
    "initiated_by",
    "message_chain",
    "mfa",
    "mfa_meta",
    "organization",
    "provider",
    "resource",
    "service",
    "success",
    "system",
    "system_group",
    "target_resource",
    "timestamp",
    "useragent",
    "username",
];

/// What cannot be searched for \[spec\]: such a term finds nothing \[inferred\].
const UNSEARCHABLE: [&str; 3] = ["changes", "useragent", "system_timestamp"];

/// An event as it is answered, and its place among others.
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) at_ms: u64,
    pub(crate) event: Value,
}

impl Row {
    /// Whether it comes after the row that an earlier answer ended with: a time and an id.
    pub(crate) fn follows(&self, last: Option<&Value>, ascends: bool) -> bool {
        let Some([at, id]) = last.and_then(Value::as_array).map(Vec::as_slice) else { return true };
        let Ok(at) = text(at).parse::<u64>() else { return true };
        let (this, last) = ((self.at_ms, self.id.as_str()), (at, id.as_str().unwrap_or("")));
        if ascends { this > last } else { this < last }
    }
}

/// What the body of a query asks for.
pub(crate) struct EventQuery<'a> {
    from: u64,
    to: u64,
    services: Vec<&'a str>,
    term: Option<&'a Value>,
    /// Words that stand somewhere in an event.
    words: Option<String>,
    /// What a field of an event is, to the letter.
    exact: Option<&'a str>,
    /// The fields to answer with; nothing means all.
    pub(crate) fields: Vec<&'a str>,
}

impl<'a> EventQuery<'a> {
    /// Reads a body, and says what is missing or makes no sense \[spec\]; the wording is not known.
    pub(crate) fn read(body: &'a Map<String, Value>, now_ms: u64) -> Result<EventQuery<'a>, Reply> {
        let refusal = |text: &str| Reply::message(400, &format!("Bad Request: {text}"));
        let from = time(body, "start_time")?.ok_or_else(|| refusal("start_time is required"))?;
        let to = time(body, "end_time")?.unwrap_or(u64::MAX);
        if from > now_ms {
            return Err(refusal("start_time is in the future"));
        }
        if to < from {
            return Err(refusal("end_time is before start_time"));
        }
        let word = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        Ok(EventQuery {
            from,
            to,
            services: services(body)?,
            term: body.get("search_term").filter(|term| !term.is_null()),
            words: word("q").map(str::to_lowercase),
            exact: word("exact_match"),
            fields: fields(body)?,
        })
    }

    /// Whether an event can be found, as far as can be told without writing it out.
    pub(crate) fn may_find(&self, event: &Event) -> bool {
        (self.from..=self.to).contains(&event.at_ms)
            && self.services.iter().any(|service| *service == "all" || *service == event.service())
            && self.term.and_then(only_kind).is_none_or(|kind| kind == event.event_type())
    }

    /// Whether an event has what the terms want.
    pub(crate) fn finds(&self, event: &Value) -> bool {
        self.term.is_none_or(|term| passes(event, term))
            && self.words.as_ref().is_none_or(|words| has_text(event, &|text| text.contains(words.as_str())))
            && self.exact.is_none_or(|exact| has_text(event, &|text| text == exact))
    }
}

/// What is at a place in an event: dots lead into nested objects \[spec\].
pub(crate) fn at<'e>(event: &'e Value, field: &str) -> Option<&'e Value> {
    field.split('.').try_fold(event, |value, name| value.get(name))
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Leaves only these fields, wherever they are; all of them when none is named.
pub(crate) fn project(event: Value, fields: &[&str]) -> Value {
    if fields.is_empty() {
        return event;
    }
    let mut row = Value::Object(Map::new());
    for field in fields {
        if let Some(value) = at(&event, field) {
            plant(&mut row, field, value.clone());
        }
    }
    row
}

/// Puts a value where dots lead to.
fn plant(row: &mut Value, field: &str, value: Value) {
    let Some(object) = row.as_object_mut() else { return };
    match field.split_once('.') {
        None => drop(object.insert(field.to_owned(), value)),
        Some((name, rest)) => {
            plant(object.entry(name).or_insert_with(|| Value::Object(Map::new())), rest, value);
        }
    }
}

fn time(body: &Map<String, Value>, name: &str) -> Result<Option<u64>, Reply> {
    let Some(value) = body.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let refusal = || Reply::message(400, &format!("Bad Request: {name} is not a date of RFC 3339"));
    value.as_str().and_then(parse_rfc3339).map(Some).ok_or_else(refusal)
}

/// An unknown service is answered with the list of those that are known \[spec\].
fn services(body: &Map<String, Value>) -> Result<Vec<&str>, Reply> {
    let named: Vec<&str> =
        body.get("service").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if named.is_empty() {
        return Err(Reply::message(400, "Bad Request: service is required"));
    }
    if named.iter().all(|name| SERVICES.contains(name)) {
        return Ok(named);
    }
    Err(Reply::message(400, &format!("Bad Request: service must be one of {}", SERVICES.join(", "))))
}

/// An empty list, and one without any field that is known, is refused \[spec\].
fn fields(body: &Map<String, Value>) -> Result<Vec<&str>, Reply> {
    let Some(named) = body.get("fields").filter(|named| !named.is_null()) else { return Ok(Vec::new()) };
    let named: Vec<&str> = named.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let is_known = |field: &&str| field.split('.').next().is_some_and(|name| FIELDS.contains(&name));
    if named.iter().any(is_known) {
        Ok(named)
    } else {
        Err(Reply::message(400, "Bad Request: no known field in fields"))
    }
}

/// `{"and": [{"event_type": "sso_auth"}]}`, also with `or` and `not`, one in another, and an object instead of a list.
fn passes(event: &Value, term: &Value) -> bool {
    let Some(term) = term.as_object() else { return true };
    term.iter().all(|(name, value)| clause(event, name, value))
}

fn clause(event: &Value, name: &str, value: &Value) -> bool {
    match name {
        "and" => conjuncts(value).all(|(name, value)| clause(event, name, value)),
        "or" => conjuncts(value).any(|(name, value)| clause(event, name, value)),
        "not" => !conjuncts(value).any(|(name, value)| clause(event, name, value)),
        field => is_at(event, field, value),
    }
}

/// The kind of event that a term asks for, if it asks for one in so many words.
fn only_kind(term: &Value) -> Option<&str> {
    conjuncts(term.get("and")?).find(|(field, _)| *field == "event_type")?.1.as_str()
}

fn conjuncts(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let many = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    many.iter().filter_map(Value::as_object).flatten()
}

/// A list of wanted values is one of them \[spec\].
fn is_at(event: &Value, field: &str, wanted: &Value) -> bool {
    if field.split('.').next().is_some_and(|name| UNSEARCHABLE.contains(&name)) {
        return false;
    }
    let wanted = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
    at(event, field).is_some_and(|found| wanted.iter().any(|wanted| text(wanted) == text(found)))
}

/// Whether a text anywhere in an event, but for what cannot be searched, is one of those.
fn has_text(value: &Value, is: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(all) => all.iter().any(|value| has_text(value, is)),
        Value::Object(fields) => fields
            .iter()
            .filter(|(name, _)| !UNSEARCHABLE.contains(&name.as_str()))
            .any(|(_, value)| has_text(value, is)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

//! `/insights/directory/v1/events`: what happened, by time, service and search terms \[spec\].

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::parse_rfc3339;
use crate::world::World;
use crate::world::events::Event;

/// How many events an answer brings unless asked, and at most \[spec\].
const LIMIT: u64 = 1000;
const LIMIT_MAX: u64 = 10_000;

impl World {
    pub(crate) fn insights(&self, call: &Call<'_>) -> Answer {
        let body = call.object()?;
        let mut rows = self.asked_for(call, &body)?;
        // Nonsense is silently taken for the default, and case does not matter [spec].
        let sort = body.get("sort").and_then(Value::as_str);
        let ascends = !sort.is_some_and(|sort| sort.eq_ignore_ascii_case("DESC"));
        if !ascends {
            rows.reverse();
        }
        let rows = after(rows, body.get("search_after"));
        let limit = body.get("limit").and_then(Value::as_u64).filter(|limit| (1..=LIMIT_MAX).contains(limit));
        Ok(reply(rows, limit.unwrap_or(LIMIT), ascends, &body))
    }

    /// How many events a query would find \[spec\].
    pub(crate) fn count_insights(&self, call: &Call<'_>) -> Answer {
        let count = self.asked_for(call, &call.object()?)?.len();
        Ok(Reply::json(200, &json!({"count": count})))
    }

    /// The events that a query finds, the oldest first.
    fn asked_for(&self, call: &Call<'_>, body: &Map<String, Value>) -> Result<Vec<(String, u64, Value)>, Reply> {
        if self.settings.insights_forbidden {
            return Err(Reply::message(403, "Forbidden"));
        }
        let time = |name: &str| body.get(name).and_then(Value::as_str).and_then(parse_rfc3339);
        let from = time("start_time").ok_or_else(|| Reply::message(400, "Bad Request: start_time is required"))?;
        let to = time("end_time").unwrap_or(u64::MAX);
        let services = services(body)?;
        let term = body.get("search_term").filter(|term| !term.is_null());
        // Before an event is written out, which costs far more than all the rest.
        let kind = term.and_then(only_kind);
        let is_asked_for = |event: &&Event| {
            event.organization == call.org
                && event.at_ms.saturating_add(self.settings.insights_delay_ms) <= self.now_ms
                && (from..=to).contains(&event.at_ms)
                && services.iter().any(|service| *service == "all" || *service == event.service())
                && kind.is_none_or(|kind| kind == event.event_type())
        };
        let events = self.events().iter().filter(is_asked_for).map(|event| (event.id.to_string(), event));
        let rows = events.map(|(id, event)| (id, event.at_ms, event.to_json()));
        Ok(rows.filter(|(_, _, row)| term.is_none_or(|term| passes(row, term))).collect())
    }
}

fn reply(mut rows: Vec<(String, u64, Value)>, limit: u64, ascends: bool, body: &Map<String, Value>) -> Reply {
    rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let last = rows.last().map_or_else(|| json!([]), |(id, at_ms, _)| json!([at_ms, id]));
    let count = rows.len();
    let rows: Vec<Value> = rows.into_iter().map(|(_, _, row)| project(row, body.get("fields"))).collect();
    Reply::json(200, &rows)
        .with_header("x-result-count", &count.to_string())
        .with_header("x-limit", &limit.to_string())
        .with_header("x-sort", if ascends { "ASC" } else { "DESC" })
        .with_header("x-search_after", &last.to_string())
        .with_header("x-request-id", &format!("sim-{count}-{limit}"))
}

fn services(body: &Map<String, Value>) -> Result<Vec<&str>, Reply> {
    let services =
        body.get("service").and_then(Value::as_array).map(|all| all.iter().filter_map(Value::as_str).collect());
    let services: Vec<&str> = services.unwrap_or_default();
    if services.is_empty() { Err(Reply::message(400, "Bad Request: service is required")) } else { Ok(services) }
}

/// What follows the row that an earlier answer ended with: its time and its id.
fn after(rows: Vec<(String, u64, Value)>, search_after: Option<&Value>) -> Vec<(String, u64, Value)> {
    let last = search_after.and_then(Value::as_array).and_then(|pair| pair.last()).and_then(Value::as_str);
    let at = last.and_then(|last| rows.iter().position(|(id, _, _)| id == last));
    match at {
        Some(at) => rows.into_iter().skip(at + 1).collect(),
        None => rows,
    }
}

/// `{"and": [{"event_type": "sso_auth"}]}`, also with `or` and `not`, also an object instead of a list.
fn passes(event: &Value, term: &Value) -> bool {
    let Some(term) = term.as_object() else { return true };
    term.iter().all(|(name, value)| match name.as_str() {
        "and" => conjuncts(value).all(|(field, wanted)| is_at(event, field, wanted)),
        "or" => conjuncts(value).any(|(field, wanted)| is_at(event, field, wanted)),
        "not" => !conjuncts(value).any(|(field, wanted)| is_at(event, field, wanted)),
        field => is_at(event, field, value),
    })
}

/// The kind of event that a term asks for, if it asks for one in so many words.
fn only_kind(term: &Value) -> Option<&str> {
    conjuncts(term.get("and")?).find(|(field, _)| *field == "event_type")?.1.as_str()
}

fn conjuncts(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let many = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    many.iter().filter_map(Value::as_object).flatten()
}

/// Dots lead into nested objects \[spec\]; a list of wanted values is one of them.
fn is_at(event: &Value, field: &str, wanted: &Value) -> bool {
    let found = field.split('.').try_fold(event, |value, name| value.get(name));
    let wanted = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
    found.is_some_and(|found| wanted.iter().any(|wanted| text(wanted) == text(found)))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn project(mut row: Value, fields: Option<&Value>) -> Value {
    let fields: Vec<&str> = fields.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    if let Value::Object(row) = &mut row
        && !fields.is_empty()
    {
        row.retain(|name, _| fields.contains(&name.as_str()));
    }
    row
}

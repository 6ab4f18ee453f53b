//! `/insights/directory/v1/events` and what counts them: what happened, by time, service and search terms \[spec\].

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Call;
use super::insights_query::{EventQuery, Row, at, project, text};
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::world::World;

/// How many events an answer brings unless asked, and at most \[spec\].
const LIMIT: u64 = 1000;
const LIMIT_MAX: u64 = 10_000;

/// More intervals than this are refused, as a search engine would \[inferred\].
const BUCKETS: u64 = 10_000;

impl World {
    pub(crate) fn insights(&self, call: &Call<'_>, rest: &[&str]) -> Answer {
        if self.settings.insights_forbidden {
            return Err(Reply::message(403, "Forbidden"));
        }
        let body = call.object()?;
        let query = EventQuery::read(&body, self.now_ms)?;
        let rows = self.found(call, &query);
        match rest {
            [] => Ok(list(rows, &query, &body)),
            ["count"] => Ok(Reply::json(200, &json!({"count": rows.len()}))),
            ["distinct"] => distinct(&rows, &body),
            ["interval"] => intervals(&rows, &body),
            _ => Err(Reply::not_found()),
        }
    }

    /// The events that a query finds, the oldest first.
    fn found(&self, call: &Call<'_>, query: &EventQuery<'_>) -> Vec<Row> {
        let visible = self.now_ms.saturating_sub(self.settings.insights_delay_ms);
        // Before an event is written out, which costs far more than all the rest.
        let of_org = self.events().iter().filter(|event| event.organization == call.org && event.at_ms <= visible);
        let likely = of_org.filter(|event| query.may_find(event));
        let rows = likely.map(|event| Row { id: event.id.to_string(), at_ms: event.at_ms, event: event.to_json() });
        rows.filter(|row| query.finds(&row.event)).collect()
    }
}

fn list(mut rows: Vec<Row>, query: &EventQuery<'_>, body: &Map<String, Value>) -> Reply {
    // Nonsense is silently taken for the default, and case does not matter [spec].
    let sort = body.get("sort").and_then(Value::as_str);
    let ascends = !sort.is_some_and(|sort| sort.eq_ignore_ascii_case("DESC"));
    if !ascends {
        rows.reverse();
    }
    let limit = body.get("limit").and_then(Value::as_u64).filter(|limit| (1..=LIMIT_MAX).contains(limit));
    let (limit, skip) = (limit.unwrap_or(LIMIT), body.get("skip").and_then(Value::as_u64).unwrap_or(0));
    let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let rest = rows.into_iter().filter(|row| row.follows(body.get("search_after"), ascends));
    let rows: Vec<Row> = rest.skip(size(skip)).take(size(limit)).collect();
    let last = rows.last().map_or_else(|| json!([]), |row| json!([row.at_ms, row.id]));
    let count = rows.len();
    let rows: Vec<Value> = rows.into_iter().map(|row| project(row.event, &query.fields)).collect();
    Reply::json(200, &rows)
        .with_header("x-result-count", &count.to_string())
        .with_header("x-limit", &limit.to_string())
        .with_header("x-sort", if ascends { "ASC" } else { "DESC" })
        .with_header("x-search_after", &last.to_string())
        .with_header("x-request-id", &format!("sim-{count}-{limit}"))
}

/// The values of a field, the most frequent first: the shape is \[spec\], the order \[inferred\].
fn distinct(rows: &[Row], body: &Map<String, Value>) -> Answer {
    let field = body.get("field").and_then(Value::as_str).filter(|field| !field.is_empty());
    let field = field.ok_or_else(|| Reply::message(400, "Bad Request: field is required"))?;
    let mut counts = BTreeMap::<String, u64>::new();
    for value in rows.iter().filter_map(|row| at(&row.event, field)).filter(|value| !value.is_null()) {
        *counts.entry(text(value)).or_default() += 1;
    }
    let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let buckets: Vec<Value> = counts.into_iter().map(|(key, count)| json!({"doc_count": count, "key": key})).collect();
    Ok(Reply::json(200, &json!({"buckets": buckets, "doc_count_error_upper_bound": 0, "sum_other_doc_count": 0})))
}

/// How many events each interval has, empty ones between others too. The shape is \[spec\]; that intervals begin at
/// multiples of their length, in the zone asked for, is \[inferred\].
fn intervals(rows: &[Row], body: &Map<String, Value>) -> Answer {
    let (step, zone) = (step_ms(body)?, zone_minutes(body)?);
    let shift = zone * 60_000;
    let start = |row: &Row| row.at_ms.saturating_add_signed(shift) / step;
    let mut counts = BTreeMap::<u64, u64>::new();
    for row in rows {
        *counts.entry(start(row)).or_default() += 1;
    }
    let (Some((first, _)), Some((last, _))) = (counts.first_key_value(), counts.last_key_value()) else {
        return Ok(Reply::json(200, &json!({"buckets": []})));
    };
    if last - first >= BUCKETS {
        return Err(Reply::message(400, "Bad Request: too many intervals"));
    }
    let bucket = |at: u64| {
        let local = at * step;
        let key = local.saturating_add_signed(-shift);
        json!({"doc_count": counts.get(&at).unwrap_or(&0), "key": key, "key_as_string": in_zone(local, zone)})
    };
    let buckets: Vec<Value> = (*first..=*last).map(bucket).collect();
    Ok(Reply::json(200, &json!({"buckets": buckets})))
}

/// The length of an interval: a unit, and how many of it.
fn step_ms(body: &Map<String, Value>) -> Result<u64, Reply> {
    let refusal = |name: &str| Reply::message(400, &format!("Bad Request: {name} is not valid"));
    let unit = match body.get("interval_unit").and_then(Value::as_str) {
        Some("s") => 1000,
        Some("m") => 60_000,
        Some("h") => 3_600_000,
        Some("d") => 86_400_000,
        Some("w") => 604_800_000,
        _ => return Err(refusal("interval_unit")),
    };
    let value = body.get("interval_value").filter(|value| !value.is_null()).map_or_else(|| "1".to_owned(), text);
    let value = value.parse::<u32>().ok().filter(|value| *value > 0).ok_or_else(|| refusal("interval_value"))?;
    Ok(unit * u64::from(value))
}

/// `-0500` or `-05:00`: minutes east of Greenwich.
fn zone_minutes(body: &Map<String, Value>) -> Result<i64, Reply> {
    let Some(zone) = body.get("timezone").and_then(Value::as_str).filter(|zone| !zone.is_empty()) else { return Ok(0) };
    let digits = zone.get(1..).unwrap_or("").replace(':', "");
    let number = digits.parse::<i64>().ok().filter(|_| digits.len() == 4 && !digits.starts_with(['-', '+']));
    let minutes = number.map(|number| number / 100 * 60 + number % 100).filter(|minutes| *minutes < 24 * 60);
    match (zone.as_bytes().first(), minutes) {
        (Some(b'+'), Some(minutes)) => Ok(minutes),
        (Some(b'-'), Some(minutes)) => Ok(-minutes),
        _ => Err(Reply::message(400, "Bad Request: timezone is not valid")),
    }
}

fn in_zone(local_ms: u64, zone: i64) -> String {
    let text = rfc3339(local_ms);
    if zone == 0 {
        return text;
    }
    let (sign, size) = (if zone < 0 { '-' } else { '+' }, zone.abs());
    format!("{}{sign}{:02}:{:02}", text.trim_end_matches('Z'), size / 60, size % 60)
}

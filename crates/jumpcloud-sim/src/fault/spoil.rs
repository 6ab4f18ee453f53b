//! Answers that are not what the world said.

use serde_json::{Value, json};

use super::effect::Hostility;
use super::rows;
use crate::message::Response;
use crate::secret::Dice;

const HUGE: usize = 64 * 1024;
/// More than readers of JSON follow: the usual limit is 128.
const DEPTH: usize = 300;

/// A change of an answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Change {
    ShortPage { missing: usize },
    FalseTotal { add: i64 },
    Hostile { how: Vec<Hostility>, fields: Vec<String>, dice: Dice },
}

impl Change {
    /// Changes an answer that is JSON; others stay.
    pub(super) fn apply(&self, response: &mut Response) {
        let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return };
        match self {
            Change::ShortPage { missing } => {
                let Some(rows) = rows::rows(&mut body) else { return };
                rows.truncate(rows.len().saturating_sub(*missing));
            }
            Change::FalseTotal { add } => add_to_total(&mut body, response, *add),
            Change::Hostile { how, fields, dice } => {
                let mut dice = dice.clone();
                rows::records(&mut body).iter_mut().for_each(|record| harm(record, how, fields, &mut dice));
            }
        }
        replace(response, &body);
    }
}

/// Puts another body into an answer; the tag that told its length goes.
pub(super) fn replace(response: &mut Response, body: &Value) {
    response.body = body.to_string().into_bytes();
    response.headers.retain(|(name, _)| name != "etag");
}

/// Sets what a list says its total is, in both places where one may say it.
pub(super) fn set_total(body: &mut Value, response: &mut Response, change: impl Fn(u64) -> u64) {
    if let Some(total) = body.get_mut("totalCount")
        && let Some(number) = total.as_u64()
    {
        *total = json!(change(number));
    }
    let header = response.headers.iter_mut().find(|(name, _)| name == "x-total-count");
    if let Some((_, text)) = header
        && let Ok(number) = text.parse()
    {
        *text = change(number).to_string();
    }
}

fn add_to_total(body: &mut Value, response: &mut Response, add: i64) {
    set_total(body, response, |total| total.saturating_add_signed(add));
}

/// Makes one field of a record something else.
fn harm(record: &mut Value, how: &[Hostility], fields: &[String], dice: &mut Dice) {
    let Some(object) = record.as_object_mut() else { return };
    let named: Vec<String> = object.keys().filter(|name| fields.is_empty() || fields.contains(name)).cloned().collect();
    if named.is_empty() {
        return;
    }
    let (name, how) = (&named[dice.below(named.len())], how[dice.below(how.len())]);
    let before = object.get(name).cloned().unwrap_or_default();
    match how {
        Hostility::Missing => drop(object.remove(name)),
        Hostility::Unknown => drop(object.insert(format!("{name}\u{202e}\u{1b}[2J"), json!({"new": [before]}))),
        Hostility::Null => drop(object.insert(name.clone(), Value::Null)),
        Hostility::WrongType => drop(object.insert(name.clone(), of_another_type(&before))),
        Hostility::Control => drop(object.insert(name.clone(), worse(&before, "\u{0}\u{1b}[2J\r\n\t\u{7f}\u{9b}1m"))),
        Hostility::Bidi => drop(object.insert(name.clone(), worse(&before, "\u{202e}\u{2066}\u{200b}\u{feff}"))),
        Hostility::Huge => drop(object.insert(name.clone(), worse(&before, &"x".repeat(HUGE)))),
        Hostility::Deep => drop(object.insert(name.clone(), (0..DEPTH).fold(json!(1), |inner, _| json!([inner])))),
    }
}

fn worse(before: &Value, more: &str) -> Value {
    let text = before.as_str().map_or_else(|| before.to_string(), str::to_owned);
    json!(format!("{more}{text}{more}"))
}

fn of_another_type(before: &Value) -> Value {
    match before {
        Value::String(text) => json!({"value": [text]}),
        Value::Number(number) => json!(number.to_string()),
        Value::Bool(truth) => json!(if *truth { "yes" } else { "no" }),
        Value::Array(_) => json!(true),
        Value::Null | Value::Object(_) => json!(-1.5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Hostility; 8] = [
        Hostility::Missing,
        Hostility::Unknown,
        Hostility::Null,
        Hostility::WrongType,
        Hostility::Control,
        Hostility::Bidi,
        Hostility::Huge,
        Hostility::Deep,
    ];

    #[test]
    fn a_named_field_of_every_record_is_harmed_and_no_other() {
        for how in ALL {
            let before = json!({"totalCount": 2, "results": [{"_id": "1", "email": "a"}, {"_id": "2", "email": "b"}]});
            let mut response = Response { status: 200, headers: Vec::new(), body: before.to_string().into_bytes() };
            let change = Change::Hostile { how: vec![how], fields: vec!["email".to_owned()], dice: Dice::new(1) };
            change.apply(&mut response);
            let text = String::from_utf8(response.body).unwrap();
            assert!(text.contains("\"_id\":\"1\"") && text.contains("\"totalCount\":2"), "{how:?}");
            assert!(!text.contains("{\"_id\":\"1\",\"email\":\"a\"}"), "{how:?}");
        }
    }
}

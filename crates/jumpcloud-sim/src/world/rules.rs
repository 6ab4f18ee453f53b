//! Rules of dynamic groups: three generations of one idea, all of them a filter in the end.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::query::filter::{Filter, Op};
use crate::query::{search_body, v1};
use crate::settings::{EndsWith, SearchEndsWith, Settings};

/// A rule as it was written, and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Rule {
    raw: Value,
    /// `None` for the newest form, whose meaning depends on a setting.
    filter: Option<Filter>,
}

impl Rule {
    /// The rule as it was written.
    pub fn raw(&self) -> &Value {
        &self.raw
    }

    /// Reads a rule; the error is the text of a 400.
    pub(crate) fn parse(raw: &Value) -> Result<Rule, String> {
        let filter = match raw.get("queryType").and_then(Value::as_str) {
            None => {
                newest(raw, EndsWith::None)?;
                None
            }
            Some("Search") => Some(search(raw)?),
            Some("FilterQuery" | "Filter") => Some(filters(raw)?),
            Some(other) => return Err(format!("memberQuery.queryType {other} is not supported")),
        };
        Ok(Rule { raw: raw.clone(), filter })
    }

    /// Whether it is of the newest form, which needs a header to be written \[observed\].
    pub(crate) fn is_newest(raw: &Value) -> bool {
        raw.get("queryType").is_none()
    }

    /// Whether it is a search for the end of something.
    pub(crate) fn searches_for_an_end(&self) -> bool {
        let is_search = self.raw.get("queryType").and_then(Value::as_str) == Some("Search");
        is_search && self.filter.as_ref().is_some_and(|filter| filter.compares_by(Op::EndsWith))
    }

    pub(crate) fn filter(&self, settings: &Settings) -> Filter {
        match &self.filter {
            Some(_) if self.searches_for_an_end() && settings.search_ends_with != SearchEndsWith::Takes => {
                Filter::nothing()
            }
            Some(filter) => filter.clone(),
            None => newest(&self.raw, settings.ends_with).unwrap_or_else(|_| Filter::nothing()),
        }
    }
}

impl TryFrom<Value> for Rule {
    type Error = String;

    fn try_from(raw: Value) -> Result<Rule, String> {
        Rule::parse(&raw)
    }
}

impl From<Rule> for Value {
    fn from(rule: Rule) -> Value {
        rule.raw
    }
}

/// `{"filters": [{"field": "user.email", "operation": "equals", "value": "…"}]}`, all required \[observed\].
fn newest(raw: &Value, ends_with: EndsWith) -> Result<Filter, String> {
    let filters = raw.get("filters").and_then(Value::as_array).ok_or("memberQuery.filters is required")?;
    let mut parts = Vec::new();
    for filter in filters {
        let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or("");
        let values = filter.get("value").map(texts).unwrap_or_default();
        let op = operation(text("operation"), ends_with);
        // Names are not checked: an unknown one is accepted and matches nobody [observed].
        parts.push(match (field_of(text("field")), op) {
            (Some(field), Some(op)) => Filter::Test { field: field.to_owned(), op, values },
            _ => Filter::nothing(),
        });
    }
    if parts.is_empty() { Ok(Filter::nothing()) } else { Ok(Filter::And(parts)) }
}

/// The fields seen in rules of the newest form \[observed\].
fn field_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "user.email" => "email",
        "user.username" => "username",
        "user.user_department" => "department",
        "user.user_job_title" => "jobTitle",
        "user.user_location" => "location",
        "user.user_company" => "company",
        "user.employee_id" => "employeeIdentifier",
        "user.user_state" => "state",
        _ => return None,
    })
}

/// Only `equals` was ever seen \[observed\]; the name of "ends with" is a setting.
fn operation(name: &str, ends_with: EndsWith) -> Option<Op> {
    if name == "equals" {
        return Some(Op::Eq);
    }
    (ends_with != EndsWith::None && name == ends_with.to_string()).then_some(Op::EndsWith)
}

/// `searchFilters` is JSON in a string \[spec\].
fn search(raw: &Value) -> Result<Filter, String> {
    let text = raw.get("searchFilters").and_then(Value::as_str).ok_or("memberQuery.searchFilters is required")?;
    let body: Value = serde_json::from_str(text).map_err(|_| "memberQuery.searchFilters is not valid JSON")?;
    search_body::parse(&body)
}

/// `filters` of strings \[spec\], or of `{field, operator, value}` \[observed\]; all required.
fn filters(raw: &Value) -> Result<Filter, String> {
    let filters = raw.get("filters").and_then(Value::as_array).ok_or("memberQuery.filters is required")?;
    let mut parts = Vec::new();
    for filter in filters {
        if let Some(text) = filter.as_str() {
            parts.push(v1::expression(text, true)?);
            continue;
        }
        let text = |name: &str| filter.get(name).and_then(Value::as_str).unwrap_or("");
        let op = match text("operator") {
            "eq" => Op::Eq,
            "ne" => Op::Ne,
            "in" => Op::In,
            "gt" => Op::Gt,
            "ge" => Op::Gte,
            "lt" => Op::Lt,
            "le" => Op::Lte,
            other => return Err(format!("memberQuery operator {other} is not supported")),
        };
        let values = filter.get("value").map(texts).unwrap_or_default();
        parts.push(Filter::Test { field: text("field").to_owned(), op, values });
    }
    if parts.is_empty() { Ok(Filter::nothing()) } else { Ok(Filter::And(parts)) }
}

fn texts(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    value.as_array().map_or_else(|| vec![text(value)], |values| values.iter().map(text).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::query::filter::tests::Thing;

    const ANN: Thing = Thing(&[("email", "ann@acme.com.beta"), ("department", "IT")]);

    fn passes(raw: &Value, ends_with: EndsWith) -> bool {
        Rule::parse(raw).unwrap().filter(&Settings { ends_with, ..Settings::default() }).passes(&ANN)
    }

    #[test]
    fn the_newest_form_knows_equals_and_matches_nobody_by_unknown_names() {
        let rule = |field: &str, operation: &str, value: &str| json!({"filters": [{"field": field, "operation": operation, "value": value}]});
        assert!(passes(&rule("user.user_department", "equals", "IT"), EndsWith::None));
        assert!(!passes(&rule("user.department", "equals", "IT"), EndsWith::None));
        assert!(!passes(&rule("user.email", "ends_with", ".beta"), EndsWith::None));
        assert!(passes(&rule("user.email", "ends_with", ".beta"), EndsWith::Snake));
        assert!(!passes(&json!({"filters": []}), EndsWith::None));
    }

    #[test]
    fn a_search_is_json_in_a_string() {
        let rule = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:.beta"]}}"#});
        assert!(passes(&rule, EndsWith::None));
        assert!(Rule::parse(&json!({"queryType": "Search", "searchFilters": "{"})).is_err());
    }

    #[test]
    fn the_oldest_forms_are_lists_of_comparisons() {
        let rule = json!({"queryType": "FilterQuery", "filters": [{"field": "department", "operator": "in", "value": ["HR", "IT"]}]});
        assert!(passes(&rule, EndsWith::None));
        assert!(passes(&json!({"queryType": "Filter", "filters": ["department:$eq:IT"]}), EndsWith::None));
        assert!(Rule::parse(&json!({"queryType": "Magic"})).is_err());
    }
}

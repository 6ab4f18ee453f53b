//! The grammar of the second generation: commas between names, operators without `$`.

use serde_json::Value;

use super::Params;
use super::filter::{Filter, Op};
use super::page::{Order, Page, Selection};

/// What a list of the second generation is asked for.
#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    pub(crate) selection: Selection,
    fields: Vec<String>,
}

/// Reads a query string; the error is the text of a 400.
pub(crate) fn parse(params: &Params, page: Page) -> Result<ListQuery, String> {
    let mut tests = Vec::new();
    for (name, value) in params.iter() {
        if name == "filter" || name.starts_with("filter[") {
            for text in value.split(',').filter(|text| !text.is_empty()) {
                tests.push(expression(text)?);
            }
        }
    }
    let order = params.last("sort").map_or_else(Order::default, |text| Order::of(text, ','));
    let fields = params.last("fields").unwrap_or("").split(',').filter(|name| !name.is_empty());
    let selection = Selection { page, filter: Filter::And(tests), order };
    Ok(ListQuery { selection, fields: fields.map(str::to_owned).collect() })
}

/// One `field:op:value`; a `*` is a wildcard [spec].
fn expression(text: &str) -> Result<Filter, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(field), Some(op), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("invalid filter: {text}"));
    };
    let alternatives = || value.split('|').map(str::to_owned).collect();
    let test = |op, values| Filter::Test { field: field.to_owned(), op, values };
    let one = |op| test(op, vec![value.to_owned()]);
    Ok(match op {
        "eq" => wildcard(field, value).unwrap_or_else(|| one(Op::Eq)),
        "ne" => one(Op::Ne),
        "gt" => one(Op::Gt),
        "ge" => one(Op::Gte),
        "lt" => one(Op::Lt),
        "le" => one(Op::Lte),
        "search" => one(Op::Search),
        "in" => test(Op::In, alternatives()),
        "between" => {
            let (low, high) = value.split_once('|').unwrap_or((value, value));
            Filter::test(field, Op::Gte, low).and(Filter::test(field, Op::Lte, high))
        }
        _ => return Err(format!("invalid filter operator: {op}")),
    })
}

/// A wildcard at an end of a value; in the middle it stands for itself.
fn wildcard(field: &str, value: &str) -> Option<Filter> {
    let op = match (value.strip_prefix('*'), value.strip_suffix('*')) {
        (Some(_), Some(_)) => Op::Contains,
        (Some(_), None) => Op::EndsWith,
        (None, Some(_)) => Op::StartsWith,
        (None, None) => return None,
    };
    Some(Filter::test(field, op, value.trim_matches('*')))
}

impl ListQuery {
    /// The fields asked for, and always the id. Names that do not exist are ignored.
    pub(crate) fn project(&self, mut row: Value) -> Value {
        if let Value::Object(row) = &mut row
            && self.fields.iter().any(|name| row.contains_key(name))
        {
            row.retain(|name, _| name == "id" || self.fields.contains(name));
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::super::filter::tests::Thing;
    use super::*;

    #[test]
    fn operators_have_no_dollar_and_stars_are_wildcards() {
        let group = Thing(&[("name", "Contractors")]);
        let passes = |text| expression(text).unwrap().passes(&group);
        assert!(passes("name:eq:Contractors"));
        assert!(!passes("name:eq:contractors"));
        assert!(passes("name:eq:Contr*"));
        assert!(passes("name:search:TRACT"));
        assert!(passes("name:in:A|Contractors"));
        assert!(expression("name:$eq:x").is_err());
    }

    #[test]
    fn a_comma_separates_filters_so_a_name_with_one_cannot_be_asked_for() {
        let params = Params::parse("filter=name:eq:A,B");
        assert!(parse(&params, Page::of(&params, 100)).is_err());
    }
}

//! The body of `POST /api/search/…` and of `queryType: "Search"` rules: filters as JSON.

use serde_json::Value;

use super::filter::{Filter, Op};
use super::v1::expression;

/// `filter` and `searchFilter` of a body; the error is the text of a 400. Nothing asked matches everything [spec].
pub(crate) fn parse(body: &Value) -> Result<Filter, String> {
    let filter = body.get("filter").filter(|filter| !filter.is_null());
    let filter = filter.map_or_else(|| Ok(Filter::everything()), conjunction)?;
    let search = body.get("searchFilter").filter(|search| !search.is_null());
    Ok(filter.and(search.map_or_else(|| Ok(Filter::everything()), search_filter)?))
}

/// `{"and": […]}`, `{"or": […]}`, or a filter without either, which means and [spec].
fn conjunction(filter: &Value) -> Result<Filter, String> {
    if let Some(parts) = filter.as_array() {
        return all(parts).map(Filter::And);
    }
    let Some(object) = filter.as_object() else {
        return term(filter);
    };
    let mut parts = Vec::new();
    for (name, value) in object {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        match name.as_str() {
            "and" => parts.push(Filter::And(all(values)?)),
            "or" => parts.push(Filter::Or(all(values)?)),
            _ => parts.push(equals(name, value)?),
        }
    }
    Ok(Filter::And(parts))
}

fn all(parts: &[Value]) -> Result<Vec<Filter>, String> {
    parts.iter().map(|part| if part.is_object() { conjunction(part) } else { term(part) }).collect()
}

/// A string `field:$op:value`.
fn term(part: &Value) -> Result<Filter, String> {
    let text = part.as_str().ok_or_else(|| format!("invalid filter: {part}"))?;
    expression(text, true)
}

/// `{"department": "IT"}`, or `{"department": {"$in": ["IT", "HR"]}}` as the database below would have it.
fn equals(field: &str, value: &Value) -> Result<Filter, String> {
    let Some(operators) = value.as_object() else {
        let values = value.as_array().map_or_else(|| vec![text(value)], |values| values.iter().map(text).collect());
        return Ok(Filter::Test { field: field.to_owned(), op: Op::In, values });
    };
    let mut parts = Vec::new();
    for (op, value) in operators {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        let Filter::Test { field, op, .. } = expression(&format!("{field}:{op}:"), true)? else { continue };
        parts.push(Filter::Test { field, op, values: values.iter().map(text).collect() });
    }
    Ok(Filter::And(parts))
}

/// `{"searchTerm": "x" | ["x", "y"], "fields": ["email"]}`: a part of one of the fields [spec].
fn search_filter(search: &Value) -> Result<Filter, String> {
    let Some(term) = search.get("searchTerm") else {
        return Ok(Filter::everything());
    };
    let terms: Vec<String> = term.as_array().map_or_else(|| vec![text(term)], |terms| terms.iter().map(text).collect());
    let fields = search.get("fields").and_then(Value::as_array).ok_or("searchFilter.fields is required")?;
    let test = |field: &Value| Filter::Test { field: text(field), op: Op::Search, values: terms.clone() };
    Ok(Filter::Or(fields.iter().map(test).collect()))
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::filter::tests::Thing;
    use super::*;

    fn passes(body: &Value) -> bool {
        parse(body).unwrap().passes(&Thing(&[("email", "ann@acme.com"), ("department", "IT")]))
    }

    #[test]
    fn objects_and_strings_are_filters() {
        assert!(passes(&json!({})));
        assert!(passes(&json!({"filter": {"and": [{"department": "IT"}, "email:$eq:ann@acme.com"]}})));
        assert!(!passes(&json!({"filter": {"and": [{"department": "HR"}]}})));
        assert!(passes(&json!({"filter": {"or": [{"email": "x"}, {"email": "ann@acme.com"}]}})));
        assert!(passes(&json!({"filter": [{"department": "IT"}]})));
        assert!(passes(&json!({"filter": {"department": {"$in": ["HR", "IT"]}}})));
        assert!(passes(&json!({"filter": {"and": ["email:$ew:@acme.com"]}})));
    }

    #[test]
    fn a_search_term_is_part_of_a_field() {
        assert!(passes(&json!({"searchFilter": {"searchTerm": "@ACME", "fields": ["email"]}})));
        assert!(passes(&json!({"searchFilter": {"searchTerm": ["zzz", "ann"], "fields": ["email"]}})));
        assert!(!passes(&json!({"searchFilter": {"searchTerm": "ann", "fields": ["department"]}})));
        assert!(parse(&json!({"searchFilter": {"searchTerm": "ann"}})).is_err());
    }
}

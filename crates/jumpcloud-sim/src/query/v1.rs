//! The grammar of the first generation: spaces between names, `field:$op:value`, filters in brackets.

use serde_json::Value;

use super::Params;
use super::filter::{Filter, Op};
use super::page::{Order, Page, Selection};

/// What a list of the first generation is asked for.
#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    pub(crate) selection: Selection,
    pub(crate) fields: Fields,
}

/// The fields to answer with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fields {
    /// All of them.
    All,
    /// These, and the id.
    Named(Vec<String>),
}

impl Fields {
    /// Names that do not exist are ignored, so that nothing but such names is as good as none: a list with commas is one
    /// name that does not exist [observed].
    pub(crate) fn parse(text: &str, exists: impl Fn(&str) -> bool) -> Fields {
        let named: Vec<String> = text.split_whitespace().filter(|name| exists(name)).map(str::to_owned).collect();
        if named.is_empty() { Fields::All } else { Fields::Named(named) }
    }

    pub(crate) fn wants(&self, name: &str) -> bool {
        match self {
            Fields::All => true,
            Fields::Named(names) => matches!(name, "_id" | "id") || names.iter().any(|wanted| wanted == name),
        }
    }
}

impl ListQuery {
    /// The fields asked for, and always the id.
    pub(crate) fn project(&self, mut row: Value) -> Value {
        if let Value::Object(row) = &mut row {
            row.retain(|name, _| self.fields.wants(name));
        }
        row
    }
}

/// Reads a query string; the error is the text of a 400.
pub(crate) fn parse(
    params: &Params,
    page: Page,
    eventually: bool,
    exists: impl Fn(&str) -> bool,
) -> Result<ListQuery, String> {
    let filter = filters(params, eventually)?.and(search(params));
    let sorted = |name| params.last(name).map(|text| Order::of(text, ' ')).filter(|order| !order.is_empty());
    // Published for organizations alone; that the others take it too is a guess that harms nobody.
    let order = sorted("sortIgnoreCase").map(Order::ignoring_case).or_else(|| sorted("sort")).unwrap_or_default();
    let fields = params.last("fields").map_or(Fields::All, |text| Fields::parse(text, exists));
    Ok(ListQuery { selection: Selection { page, filter, order }, fields })
}

/// `filter=`, `filter[0]=` and `filter[and][0]=` must all pass, of `filter[or][0]=` one [observed].
fn filters(params: &Params, eventually: bool) -> Result<Filter, String> {
    let mut all = Vec::new();
    let mut one = Vec::new();
    for (name, value) in params.iter() {
        let Some(place) = name.strip_prefix("filter") else { continue };
        let is_place = place.is_empty() || place.starts_with('[') && place.ends_with(']');
        if !is_place {
            continue;
        }
        let test = expression(value, eventually)?;
        if place.starts_with("[or]") { one.push(test) } else { all.push(test) }
    }
    if !one.is_empty() {
        all.push(Filter::Or(one));
    }
    Ok(Filter::And(all))
}

/// `search[fields]=…&search[searchTerm]=…`: part of the text, whatever its case [spec].
fn search(params: &Params) -> Filter {
    let of = |wanted: &str| -> Vec<&str> {
        let matching = params
            .iter()
            .filter(|(name, _)| name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('[')));
        matching.map(|(_, value)| value).collect()
    };
    let terms = of("search[searchTerm]");
    let fields = of("search[fields]").into_iter().flat_map(str::split_whitespace);
    if terms.is_empty() {
        return Filter::everything();
    }
    let terms: Vec<String> = terms.into_iter().map(str::to_owned).collect();
    let tests = fields.map(|field| Filter::Test { field: field.to_owned(), op: Op::Search, values: terms.clone() });
    Filter::Or(tests.collect())
}

/// One `field:$op:value`. The `$` may be missing: undefined by the documentation, taken in practice [observed].
///
/// Searches in several terms are declared eventually consistent and take a header of their own [observed].
pub(crate) fn expression(text: &str, eventually: bool) -> Result<Filter, String> {
    let mut parts = text.splitn(3, ':');
    let (Some(field), Some(op), Some(value)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(format!("invalid filter: {text}"));
    };
    let op = match op.strip_prefix('$').unwrap_or(op) {
        "eq" => Op::Eq,
        "ne" => Op::Ne,
        "gt" => Op::Gt,
        "gte" => Op::Gte,
        "lt" => Op::Lt,
        "lte" => Op::Lte,
        "in" => Op::In,
        "nin" => Op::Nin,
        "sw" => Op::StartsWith,
        "ew" => Op::EndsWith,
        "co" => Op::Contains,
        "nco" => Op::ContainsNot,
        _ => return Err(format!("invalid filter operator: {op}")),
    };
    let consistent = matches!(op, Op::Eq | Op::Ne | Op::Gt | Op::Gte | Op::Lt | Op::Lte | Op::In | Op::Nin);
    if !consistent && !eventually {
        return Err("this operator requires the x-eventually-consistent header".to_owned());
    }
    let many = matches!(op, Op::In | Op::Nin) || !consistent;
    let values = if many { terms(value) } else { vec![value.to_owned()] };
    Ok(Filter::Test { field: field.to_owned(), op, values })
}

/// Terms between bars; a bar in a term is written `\|` [observed].
fn terms(text: &str) -> Vec<String> {
    let mut terms = vec![String::new()];
    let mut escaped = false;
    for letter in text.chars() {
        match letter {
            '\\' if !escaped => escaped = true,
            '|' if !escaped => terms.push(String::new()),
            _ => {
                if let Some(term) = terms.last_mut() {
                    if escaped && letter != '|' {
                        term.push('\\');
                    }
                    term.push(letter);
                }
                escaped = false;
            }
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::super::filter::tests::Thing;
    use super::*;

    const ANN: Thing = Thing(&[("email", "ann@acme.com"), ("department", "IT"), ("_id", "b")]);

    fn passes(query: &str) -> bool {
        let params = Params::parse(query);
        let page = Page::of(&params, 100);
        parse(&params, page, false, |_| true).unwrap().selection.filter.passes(&ANN)
    }

    #[test]
    fn filters_in_brackets_are_all_required_or_one_of_them() {
        assert!(passes("filter=email:$eq:ann@acme.com"));
        assert!(passes("filter[0]=email:$eq:ann@acme.com&filter[1]=department:$eq:IT"));
        assert!(!passes("filter[0]=email:$eq:ann@acme.com&filter[1]=department:$eq:HR"));
        assert!(passes("filter[or][0]=email:$eq:x&filter[or][1]=department:$eq:IT"));
        assert!(!passes("filter[or][0]=email:$eq:x&filter[or][1]=department:$eq:HR"));
        assert!(passes("filter=_id:$in:a|b"));
        assert!(passes("filter=_id:$gt:a"));
        assert!(!passes("filter=_id:$nin:a|b"));
        assert!(passes("filter=email:eq:ann@acme.com"));
    }

    #[test]
    fn a_search_looks_into_the_named_fields() {
        assert!(passes("search[fields]=email&search[searchTerm]=ACME"));
        assert!(passes("search[fields][]=department&search[fields][]=email&search[searchTerm]=acme"));
        assert!(!passes("search[fields]=department&search[searchTerm]=acme"));
    }

    #[test]
    fn ends_with_needs_a_header_and_unknown_operators_are_refused() {
        assert!(expression("email:$ew:@acme.com", false).is_err());
        assert!(expression("email:$ew:@x.com|@acme.com", true).unwrap().passes(&ANN));
        assert_eq!(expression("email:$like:x", true), Err("invalid filter operator: $like".to_owned()));
        assert!(expression("email", false).is_err());
    }

    #[test]
    fn an_escaped_bar_is_part_of_its_term() {
        assert_eq!(terms(r"a\|b|c"), ["a|b", "c"]);
    }

    #[test]
    fn names_are_apart_by_spaces_and_the_wrong_separator_is_ignored() {
        let exists = |name: &str| matches!(name, "email" | "username");
        assert_eq!(Fields::parse("email username", exists), Fields::Named(vec!["email".into(), "username".into()]));
        assert_eq!(Fields::parse("email,username", exists), Fields::All);
        assert!(Fields::parse("email", exists).wants("_id"));
    }
}

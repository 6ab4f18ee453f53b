//! Filters: a tree of comparisons, and whether something passes it.

use std::borrow::Cow;
use std::cmp::Ordering;

/// What a filter can be held against: something with named fields that read as text.
pub(crate) trait Fielded {
    /// The field as text; `None` when there is no such field or it is null.
    fn field(&self, name: &str) -> Option<Cow<'_, str>>;
}

/// A comparison of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
    In,
    Nin,
    StartsWith,
    EndsWith,
    Contains,
    ContainsNot,
    /// Contains, whatever the case of letters: a search term.
    Search,
}

/// A tree of comparisons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All pass; an empty one passes everything.
    And(Vec<Filter>),
    /// One passes; an empty one passes nothing.
    Or(Vec<Filter>),
    /// One comparison; several values are alternatives (for negations: none of them).
    Test { field: String, op: Op, values: Vec<String> },
}

impl Filter {
    /// Passes everything.
    pub(crate) fn everything() -> Filter {
        Filter::And(Vec::new())
    }

    /// Passes nothing.
    pub(crate) fn nothing() -> Filter {
        Filter::Or(Vec::new())
    }

    pub(crate) fn test(field: &str, op: Op, value: &str) -> Filter {
        Filter::Test { field: field.to_owned(), op, values: vec![value.to_owned()] }
    }

    /// Whether one of its comparisons is this one.
    pub(crate) fn compares_by(&self, wanted: Op) -> bool {
        match self {
            Filter::And(parts) | Filter::Or(parts) => parts.iter().any(|part| part.compares_by(wanted)),
            Filter::Test { op, .. } => *op == wanted,
        }
    }

    pub(crate) fn passes(&self, subject: &impl Fielded) -> bool {
        match self {
            Filter::And(parts) => parts.iter().all(|part| part.passes(subject)),
            Filter::Or(parts) => parts.iter().any(|part| part.passes(subject)),
            Filter::Test { field, op, values } => compare(subject.field(field), *op, values),
        }
    }

    /// Both this and that.
    pub(crate) fn and(self, other: Filter) -> Filter {
        match (self, other) {
            (Filter::And(mut parts), Filter::And(more)) => {
                parts.extend(more);
                Filter::And(parts)
            }
            (Filter::And(mut parts), other) => {
                parts.push(other);
                Filter::And(parts)
            }
            (this, other) => Filter::And(vec![this, other]),
        }
    }
}

fn compare(field: Option<Cow<'_, str>>, op: Op, values: &[String]) -> bool {
    let Some(field) = field else {
        return matches!(op, Op::Ne | Op::Nin | Op::ContainsNot);
    };
    let mut values = values.iter().map(String::as_str);
    match op {
        Op::Eq | Op::In => values.any(|value| value == field),
        Op::Ne | Op::Nin => values.all(|value| value != field),
        Op::Gt => values.any(|value| order(&field, value) == Ordering::Greater),
        Op::Gte => values.any(|value| order(&field, value) != Ordering::Less),
        Op::Lt => values.any(|value| order(&field, value) == Ordering::Less),
        Op::Lte => values.any(|value| order(&field, value) != Ordering::Greater),
        Op::StartsWith => values.any(|value| field.starts_with(value)),
        Op::EndsWith => values.any(|value| field.ends_with(value)),
        Op::Contains => values.any(|value| field.contains(value)),
        Op::ContainsNot => values.all(|value| !field.contains(value)),
        Op::Search => {
            let field = field.to_lowercase();
            values.any(|value| field.contains(&value.to_lowercase()))
        }
    }
}

/// Numbers as numbers, else as text: ids and times sort as text.
pub(crate) fn order(a: &str, b: &str) -> Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Something to filter: one list of names and values.
    pub(crate) struct Thing(pub(crate) &'static [(&'static str, &'static str)]);

    impl Fielded for Thing {
        fn field(&self, name: &str) -> Option<Cow<'_, str>> {
            self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| Cow::Borrowed(*value))
        }
    }

    #[test]
    fn values_are_case_sensitive_and_numbers_are_numbers() {
        let thing = Thing(&[("email", "ann@acme.com"), ("unix_uid", "5010")]);
        assert!(Filter::test("email", Op::Eq, "ann@acme.com").passes(&thing));
        assert!(!Filter::test("email", Op::Eq, "Ann@acme.com").passes(&thing));
        assert!(Filter::test("email", Op::Search, "ANN").passes(&thing));
        let compares = |op, value| Filter::test("unix_uid", op, value).passes(&thing);
        assert_eq!(["999", "5010", "5011"].map(|value| compares(Op::Gt, value)), [true, false, false]);
        assert_eq!(["999", "5010", "5011"].map(|value| compares(Op::Gte, value)), [true, true, false]);
        assert_eq!(["999", "5010", "5011"].map(|value| compares(Op::Lt, value)), [false, false, true]);
        assert_eq!(["999", "5010", "5011"].map(|value| compares(Op::Lte, value)), [false, true, true]);
        assert!(Filter::test("email", Op::EndsWith, "@acme.com").passes(&thing));
    }

    #[test]
    fn an_absent_field_equals_nothing() {
        let thing = Thing(&[]);
        assert!(!Filter::test("email", Op::Eq, "").passes(&thing));
        assert!(Filter::test("email", Op::Ne, "x").passes(&thing));
        assert!(Filter::everything().passes(&thing));
        assert!(!Filter::nothing().passes(&thing));
    }
}

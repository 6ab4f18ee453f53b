//! Pages: which part of a list is asked for.

use std::borrow::Cow;

use super::Params;
use super::filter::{Fielded, Filter, order};

/// The part of a list that one answer brings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    pub(crate) skip: usize,
    pub(crate) limit: usize,
}

/// What a list brings when nothing is asked [spec].
const DEFAULT_LIMIT: u64 = 10;

impl Page {
    /// A missing or nonsensical limit is 10, a large one is clamped without a word [spec] [observed].
    pub(crate) fn new(skip: Option<u64>, limit: Option<u64>, max: u64) -> Page {
        let limit = limit.filter(|limit| *limit > 0).unwrap_or(DEFAULT_LIMIT).min(max.max(1));
        let size = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Page { skip: size(skip.unwrap_or(0)), limit: size(limit) }
    }

    pub(crate) fn of(params: &Params, max: u64) -> Page {
        let number = |name| params.last(name).and_then(|text| text.trim().parse::<u64>().ok());
        Page::new(number("skip"), number("limit"), max)
    }

    pub(crate) fn slice<'a, T>(&self, items: &'a [T]) -> &'a [T] {
        let from = self.skip.min(items.len());
        let to = from.saturating_add(self.limit).min(items.len());
        &items[from..to]
    }
}

/// What a list is sorted by.
#[derive(Debug, Clone, Default)]
pub(crate) struct Order {
    /// Names, the first before the others, each with whether it descends.
    by: Vec<(String, bool)>,
    ignores_case: bool,
}

impl Order {
    /// Reads `sort`: names, a `-` before those that descend.
    pub(crate) fn of(text: &str, separator: char) -> Order {
        let names = text.split(separator).map(str::trim).filter(|name| !name.is_empty());
        let by = names.map(|name| match name.strip_prefix('-') {
            Some(name) => (name.to_owned(), true),
            None => (name.to_owned(), false),
        });
        Order { by: by.collect(), ignores_case: false }
    }

    /// The same order, whatever the case of letters.
    pub(crate) fn ignoring_case(self) -> Order {
        Order { ignores_case: true, ..self }
    }

    /// Whether nothing was asked.
    pub(crate) fn is_empty(&self) -> bool {
        self.by.is_empty()
    }

    /// Whether it is the one that lists are in anyway: by id, ascending.
    pub(crate) fn is_natural(&self) -> bool {
        self.by.first().is_none_or(|(name, descends)| matches!(name.as_str(), "_id" | "id") && !descends)
    }

    /// Sorts rows; those that are alike stay as they were, and a field that is not there comes before all others.
    pub(crate) fn sort<T: Fielded>(&self, rows: &mut [&T]) {
        for (name, descends) in self.by.iter().rev() {
            rows.sort_by(|a, b| {
                let ascending = order(&self.key(*a, name), &self.key(*b, name));
                if *descends { ascending.reverse() } else { ascending }
            });
        }
    }

    fn key<'a, T: Fielded>(&self, row: &'a T, name: &str) -> Cow<'a, str> {
        let field = row.field(name).unwrap_or_default();
        if self.ignores_case { field.to_lowercase().into() } else { field }
    }
}

/// Which rows of a list are asked for, in both generations of the API.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    pub(crate) page: Page,
    pub(crate) filter: Filter,
    pub(crate) order: Order,
}

impl Selection {
    /// The rows of one page, and how many there are in all.
    pub(crate) fn select<'a, T: Fielded>(&self, rows: impl Iterator<Item = &'a T>) -> (Vec<&'a T>, usize) {
        let mut rows: Vec<&T> = rows.filter(|row| self.filter.passes(*row)).collect();
        self.order.sort(&mut rows);
        (self.page.slice(&rows).to_vec(), rows.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_ten_unless_asked_and_never_more_than_the_maximum() {
        let page = |query: &str| Page::of(&Params::parse(query), 100);
        assert_eq!(page(""), Page { skip: 0, limit: 10 });
        assert_eq!(page("limit=1000&skip=3"), Page { skip: 3, limit: 100 });
        assert_eq!(page("limit=none&skip=-1"), Page { skip: 0, limit: 10 });
        assert_eq!(Page { skip: 5, limit: 10 }.slice(&[1, 2, 3]), &[] as &[i32]);
    }
}

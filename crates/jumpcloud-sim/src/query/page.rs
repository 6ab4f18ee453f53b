//! Pages: which part of a list is asked for.

use super::Params;

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

/// The names of an order, each with whether it descends.
pub(crate) type Order = Vec<(String, bool)>;

/// Reads `sort`: names, a `-` before those that descend.
pub(crate) fn order_of(text: &str, separator: char) -> Order {
    let names = text.split(separator).map(str::trim).filter(|name| !name.is_empty());
    let order = names.map(|name| match name.strip_prefix('-') {
        Some(name) => (name.to_owned(), true),
        None => (name.to_owned(), false),
    });
    order.collect()
}

/// Whether that order is the one that lists are in anyway: by id, ascending.
pub(crate) fn is_natural(order: &Order) -> bool {
    order.first().is_none_or(|(name, descends)| matches!(name.as_str(), "_id" | "id") && !descends)
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

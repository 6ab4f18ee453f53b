//! A set of ids as a sorted vector: twelve bytes an id, and a page of it is a slice.

use serde::{Deserialize, Serialize};

/// Ids in ascending order, each once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct SortedIds<T>(Vec<T>);

impl<T> Default for SortedIds<T> {
    fn default() -> SortedIds<T> {
        SortedIds(Vec::new())
    }
}

impl<T: Ord + Copy> SortedIds<T> {
    /// Whether it was new. Ids mostly come in ascending order, so this mostly appends.
    pub(crate) fn insert(&mut self, id: T) -> bool {
        if self.0.last().is_none_or(|last| *last < id) {
            self.0.push(id);
            return true;
        }
        match self.0.binary_search(&id) {
            Ok(_) => false,
            Err(at) => {
                self.0.insert(at, id);
                true
            }
        }
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, id: T) -> bool {
        match self.0.binary_search(&id) {
            Ok(at) => {
                self.0.remove(at);
                true
            }
            Err(_) => false,
        }
    }

    pub(crate) fn contains(&self, id: T) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    pub(crate) fn as_slice(&self) -> &[T] {
        &self.0
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = T> + '_ {
        self.0.iter().copied()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Ord> FromIterator<T> for SortedIds<T> {
    fn from_iter<I: IntoIterator<Item = T>>(ids: I) -> SortedIds<T> {
        let mut ids: Vec<T> = ids.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        SortedIds(ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_there_once_and_in_order() {
        let mut ids = SortedIds::default();
        assert!(ids.is_empty());
        let inserted = [5, 3, 9, 3, 9, 4].map(|id| ids.insert(id));
        assert_eq!(inserted, [true, true, true, false, false, true]);
        assert_eq!(ids.as_slice(), [3, 4, 5, 9]);
        assert_eq!([ids.remove(4), ids.remove(4), ids.contains(5), ids.contains(4)], [true, false, true, false]);
        assert_eq!(ids, [9, 3, 5, 3].into_iter().collect());
    }
}

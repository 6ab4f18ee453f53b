//! Finding rows by a key that is in them, in constant time.
//!
//! The one place with a hash table. It cannot be iterated, so no order of it ever reaches a plan (invariant I1), and it holds
//! positions and no copies of keys.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash};

use hashbrown::HashTable;

/// Positions of rows by a key.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index(HashTable<u32>);

impl Index {
    /// An index of rows. Of several rows with one key the first counts.
    pub(crate) fn of<'r, R, K: Hash + Eq>(rows: &'r [R], key: impl Fn(&'r R) -> K) -> Self {
        let mut table = HashTable::with_capacity(rows.len());
        for (at, row) in (0u32..).zip(rows) {
            let wanted = key(row);
            let is_same = |other: &u32| key(&rows[*other as usize]) == wanted;
            let rehash = |other: &u32| hash(&key(&rows[*other as usize]));
            table.entry(hash(&wanted), is_same, rehash).or_insert(at);
        }
        Self(table)
    }

    /// The row that the index was made of and that has this key.
    pub(crate) fn find<'r, R, K: Hash + Eq>(
        &self,
        rows: &'r [R],
        wanted: &K,
        key: impl Fn(&'r R) -> K,
    ) -> Option<&'r R> {
        let found = self.0.find(hash(wanted), |at| rows.get(*at as usize).is_some_and(|row| key(row) == *wanted));
        found.and_then(|at| rows.get(*at as usize))
    }
}

/// The same for the same key in every process: nothing here may differ between two runs.
fn hash(key: &impl Hash) -> u64 {
    BuildHasherDefault::<DefaultHasher>::default().hash_one(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_with_a_key_is_found_and_none_without_one() {
        let rows = [("a", 1), ("b", 2), ("a", 3)];
        let index = Index::of(&rows, |row| row.0);
        assert_eq!(index.find(&rows, &"a", |row| row.0), Some(&("a", 1)));
        assert_eq!(index.find(&rows, &"b", |row| row.0), Some(&("b", 2)));
        assert_eq!(index.find(&rows, &"c", |row| row.0), None);
        assert_eq!(Index::default().find(&rows, &"a", |row| row.0), None);
    }
}

//! What the server remembers between two requests of a browser: never on disk, never more than a browser needs.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The oldest is forgotten first; nobody has as many sign-ins open.
const MOST: usize = 1000;

/// Values by a key that nobody can guess.
pub(super) struct Memory<T>(Mutex<VecDeque<(String, T)>>);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Memory<T> {
    /// Remembers a value.
    pub(super) fn keep(&self, key: String, value: T) {
        let mut kept = self.kept();
        if kept.len() == MOST {
            kept.pop_front();
        }
        kept.push_back((key, value));
    }

    /// What is remembered under a key.
    pub(super) fn get(&self, key: &str) -> Option<T> {
        self.kept().iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    /// What is remembered under a key, which is then forgotten.
    pub(super) fn take(&self, key: &str) -> Option<T> {
        let mut kept = self.kept();
        let at = kept.iter().position(|(known, _)| known == key)?;
        kept.remove(at).map(|(_, value)| value)
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(String, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_forgotten_first() {
        let memory = Memory::default();
        for n in 0..=MOST {
            memory.keep(n.to_string(), n);
        }
        assert_eq!(memory.get("0"), None);
        assert_eq!(memory.take("1"), Some(1));
        assert_eq!(memory.take("1"), None);
    }
}

//! Text from outside: names, labels, values of attributes, what a service says, lines of a file that somebody may have changed.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A text that somebody else wrote. It cannot be formatted, so it reaches people only through the encoder of a sink, which
/// takes it raw.
///
/// ```compile_fail,E0277
/// let name = fedctl_core::text::Untrusted::from("\u{1b}[2J");
/// println!("{name}"); // whoever wrote it would move the cursor
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Untrusted(Box<str>);

impl Untrusted {
    /// The text as it is: for comparing, and for encoders.
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Untrusted {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Untrusted {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl PartialEq<str> for Untrusted {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for Untrusted {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl fmt::Debug for Untrusted {
    /// Leaves the text out: what is meant for a log must not come into it by the way.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Untrusted({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::Untrusted;

    #[test]
    fn it_is_written_as_a_text_and_shown_as_nothing() {
        let name: Untrusted = serde_json::from_str(r#""a\u001b[2J""#).unwrap();
        assert_eq!(serde_json::to_string(&name).unwrap(), r#""a\u001b[2J""#);
        assert_eq!(format!("{name:?}"), "Untrusted(5 bytes)");
        assert!(name == "a\u{1b}[2J");
    }
}

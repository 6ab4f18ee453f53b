//! Words: values that can only be made from a text that passed its rule.

use super::diagnostic::Code;

/// Why a text is not what it should be: facts for a diagnostic, whose place the caller knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Which problem it is.
    pub code: Code,
    /// The message.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Refused {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), help: None }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// A word that is made from text by a rule.
pub trait Word: Sized {
    /// Checks the text, which is neither blank nor holds hidden characters.
    ///
    /// # Errors
    /// What is wrong with it.
    fn parse(text: &str) -> Result<Self, Refused>;
}

/// Whether a character cannot be seen, or changes how others are seen: controls, bidirectional marks, zero widths, blanks
/// that are no blanks.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{fffe}' | '\u{ffff}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Whether a text is not empty, not longer than so many bytes, and of such characters alone.
pub(crate) fn made_of(text: &str, longest: usize, allowed: impl Fn(char) -> bool) -> bool {
    !text.is_empty() && text.len() <= longest && text.chars().all(allowed)
}

/// Types that hold a text, and can be made in their own module alone.
macro_rules! words {
    ($($(#[$doc:meta])+ $name:ident,)+) => {$(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    )+};
}
pub(crate) use words;

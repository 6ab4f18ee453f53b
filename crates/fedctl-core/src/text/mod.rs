//! Texts that people write in YAML: from bytes to values with their places, and problems that point at them.
//!
//! ```text
//! text ──► document ──► Node (as written) ──► Reader, driven by whoever knows the keys
//!             └──────────────────────────────────┴──► Diagnostics, each with the path it is about
//! ```
//!
//! Nothing here knows a key: what a spec holds is in [`spec`](crate::spec), what an operator file holds in
//! [`operator`](crate::operator).

pub mod diagnostic;
pub(crate) mod document;
pub mod locate;
pub mod nearest;
pub(crate) mod node;
pub mod path;
pub mod quote;
pub(crate) mod reader;
pub mod untrusted;
pub mod word;
pub(crate) mod yaml;

use diagnostic::{At, Code, Diagnostic};
use locate::position_of_byte;
use path::FieldPath;

pub use document::MAX_FILE_BYTES;
pub use untrusted::Untrusted;

/// The text of a file.
///
/// # Errors
/// The bytes are not UTF-8; the place is that of the first which is not.
pub fn decode(bytes: &[u8]) -> Result<&str, Diagnostic> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let before = std::str::from_utf8(before).unwrap_or_default();
        let byte = bytes.get(error.valid_up_to()).copied().unwrap_or_default();
        Diagnostic::error(Code::NotText, format!("the byte 0x{byte:02x} is no UTF-8 text"))
            .at(At::Position(position_of_byte(before, before.len())), "")
            .help("save the file as UTF-8")
    })
}

/// A kind of file: what messages call it, what helps, and what belongs elsewhere.
#[derive(Debug)]
pub(crate) struct Format {
    /// `a spec`.
    pub(crate) a: &'static str,
    /// `the spec`.
    pub(crate) the: &'static str,
    /// What to do where there is nothing.
    pub(crate) example: &'static str,
    /// What to do where there are several documents.
    pub(crate) one: &'static str,
    /// What to do where there is too much.
    pub(crate) shorter: &'static str,
    /// Words in braces that stand for something in values.
    pub(crate) placeholders: &'static [&'static str],
    /// The problem with a key that is known to belong to another file. Its value is never part of a message.
    pub(crate) elsewhere: fn(&str, &FieldPath) -> Option<Diagnostic>,
}

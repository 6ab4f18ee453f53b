//! How an object is seen: by which call, where in its answer, and what it gives.

use super::action::Arg;
use super::hole::Give;
use crate::endpoint::Reading;

/// How objects of a kind are seen. The executor knows no kind: this and the changes settle all that may happen to a write.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LookAt {
    /// The call that shows it.
    pub endpoint: &'static Reading,
    /// Query parameters of that call.
    pub query: &'static [(&'static str, &'static str)],
    /// Where in the answer it is.
    pub find: Find,
    /// Looked at before the write. Not needed where the service itself refuses a second one.
    pub before: bool,
    /// Read back after the write. Not needed where the answer to the write is the object.
    pub after: bool,
    /// Another run may write the same list at the same time: it is read back once whatever that run had read before our write
    /// is written, or too old to be written.
    pub contested: bool,
    /// What it gives to requests that name it, and where that stands.
    pub gives: &'static [(Give, &'static str)],
    /// Fields that no answer ever shows.
    pub write_only: &'static [&'static str],
}

impl LookAt {
    /// The answer of this call is the object, looked at before the write.
    pub const fn object(endpoint: &'static Reading) -> Self {
        Self {
            endpoint,
            query: &[],
            find: Find::Answer,
            before: true,
            after: false,
            contested: false,
            gives: &[],
            write_only: &[],
        }
    }
}

/// Where in an answer an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Find {
    /// The answer is the object; 404 or an empty body means that there is none.
    Answer,
    /// In a list of pages, the one whose field has the value that the change with the same name gives it.
    Marked {
        /// The fields that may tell: the first of them that changes does.
        by: &'static [&'static str],
    },
    /// In a list of at most one.
    Only,
    /// In a list of edges, by page.
    EdgeTo,
}

/// A look with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Look {
    /// How.
    pub at: &'static LookAt,
    /// The objects whose ids the call needs, and for [`Find::EdgeTo`] the one the edge leads to.
    pub args: Box<[Arg]>,
}

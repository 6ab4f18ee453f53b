//! How an invocation ends, as a number.

use std::process::ExitCode;

/// Exit codes. They are documented in the README and do not change their meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// Failed, and nothing was written.
    Failed,
    /// The check found something.
    Found,
    /// The saved plan is stale.
    Stale,
    /// A guard refused.
    Refused,
    /// Applied in part, or an outcome is unknown.
    Partial,
    /// Only manual steps are left.
    Manual,
    /// Applied, and somebody cannot sign in who should.
    Unproven,
    /// Wrong usage.
    Usage,
    /// An invalid spec.
    Invalid,
    /// Interrupted.
    Interrupted,
}

impl Exit {
    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Found => 2,
            Exit::Stale => 3,
            Exit::Refused => 4,
            Exit::Partial => 5,
            Exit::Manual => 6,
            Exit::Unproven => 7,
            Exit::Usage => 64,
            Exit::Invalid => 65,
            Exit::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

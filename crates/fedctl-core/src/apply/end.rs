//! How an action can end.

use serde::Serialize;

/// What became of an action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "end", content = "why", rename_all = "kebab-case")]
pub enum End {
    /// Done, and seen to be so.
    Applied,
    /// It was so already.
    Already,
    /// Refused, or not as it must be; nothing of it is in doubt.
    Failed(String),
    /// Left out because this action did not succeed.
    Skipped(u32),
    /// It was sent and nobody knows what became of it.
    Unknown(String),
    /// No spelling of the request was taken: a person has to do it.
    Manual(String),
    /// The run was stopped before it.
    NotStarted,
}

impl End {
    /// Whether what the action is for is so now.
    pub fn is_good(&self) -> bool {
        matches!(self, End::Applied | End::Already)
    }

    /// Its word for machines.
    pub fn as_str(&self) -> &'static str {
        match self {
            End::Applied => "applied",
            End::Already => "already",
            End::Failed(_) => "failed",
            End::Skipped(_) => "skipped",
            End::Unknown(_) => "unknown",
            End::Manual(_) => "manual",
            End::NotStarted => "not-started",
        }
    }
}

//! The one place where errors become text: what happened, where, why, and what to do.

use fedctl_client::{BuildError, HostError, KeyError};
use fedctl_core::live::{Query, Why};
use fedctl_core::read::ReadError;
use fedctl_engine::BindError;

use crate::exit::Exit;
use crate::render::text::visible;
use crate::ui::Ui;

/// An invocation that could not do what it was asked for.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    lines: Vec<String>,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// A failure with the code it ends with.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), lines: Vec::new(), causes: Vec::new(), hint: None }
    }

    /// Adds particulars, a line each.
    #[must_use]
    pub fn lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Keeps the text of what caused it.
    #[must_use]
    pub fn because(mut self, error: &dyn std::error::Error) -> Self {
        let mut source = Some(error);
        while let Some(cause) = source {
            self.causes.push(cause.to_string());
            source = cause.source();
        }
        self
    }

    /// Prints it, and gives the code to end with.
    pub fn show(&self, ui: &mut Ui) -> Exit {
        let mut text = format!("error: {}\n", visible(&self.message));
        for line in &self.lines {
            text.push_str(&format!("  {}\n", visible(line)));
        }
        for cause in &self.causes {
            text.push_str(&format!("  because: {}\n", visible(cause)));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("  hint: {}\n", visible(hint)));
        }
        ui.warn(&text);
        self.exit
    }
}

/// Diagnostics of a spec were printed already.
pub fn invalid(problems: usize, file: &str) -> Failure {
    let what = if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") };
    Failure::new(Exit::Invalid, format!("{what} in `{file}`; nothing was written"))
}

/// Something that the plan rests on cannot be read.
pub fn unknown(unknown: &std::collections::BTreeMap<Query, Why>) -> Failure {
    let rows = unknown
        .iter()
        .map(|(query, why)| format!("{} of the {} organisation: {}", query.name(), query.org(), why.as_str()));
    let rows: Vec<String> = rows.collect();
    Failure::new(Exit::Failed, "what cannot be read cannot be planned; nothing was written")
        .lines(rows)
        .hint("use a key of an administrator with billing, which may read and write all of these")
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::new(Exit::Failed, "this machine does not let fedctl start").because(&error)
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        let hint = match &error {
            ReadError::Refused { status: 401, org, .. } => Some(format!(
                "the key of the {org} organisation is not known there: is it complete, not expired, and is `region` right? a key works in its own region only"
            )),
            ReadError::Refused { status: 400 | 404, .. } => {
                Some("is the organisation id in the spec right, and may this key choose it?".to_owned())
            }
            ReadError::Refused { .. } => Some("try again later; if it stays so, ask for the log with -v".to_owned()),
            ReadError::Unreadable { .. } => {
                Some("the service answers in a shape that this version does not know; nothing is guessed".to_owned())
            }
            ReadError::OtherOrganization { org, .. } => {
                Some(format!("correct `{org}.organization` in the spec, or give the key of that organisation"))
            }
            ReadError::Unreachable { .. } => None,
        };
        let failure = Failure::new(Exit::Failed, format!("{error}; nothing was written"));
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<HostError> for Failure {
    fn from(error: HostError) -> Self {
        Failure::new(Exit::Invalid, error.to_string())
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        Failure::new(Exit::Invalid, error.to_string())
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Failure::new(Exit::Failed, "no connection can be made").because(&error)
    }
}

/// A key that cannot be used with the organisation it was given for.
pub fn key(error: &KeyError, variable: &str) -> Failure {
    Failure::new(Exit::Failed, format!("the key in ${variable} cannot be used: {error}"))
}

/// No key was given.
pub fn no_key(credentials: &str, variable: &str) -> Failure {
    Failure::new(
        Exit::Failed,
        format!("there is no key for the credentials `{credentials}`; nothing was asked of anybody"),
    )
    .hint(format!("put the API key of that organisation into ${variable}"))
}

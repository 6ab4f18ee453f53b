//! The one place where errors become text: what happened, where, why, and what to do.

use std::collections::{BTreeMap, BTreeSet};

use fedctl_client::{BuildError, HostError, KeyError};
use fedctl_core::address::Org;
use fedctl_core::live::{Query, Why};
use fedctl_core::plan::allow::NotAllowed;
use fedctl_core::read::ReadError;
use fedctl_core::spec::Spec;
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
    /// It is said that nothing was written.
    unwritten: bool,
}

impl Failure {
    /// A failure with the code it ends with.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), lines: Vec::new(), causes: Vec::new(), hint: None, unwritten: false }
    }

    /// What went wrong, on one line.
    pub fn message(&self) -> &str {
        &self.message
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

    /// Says what else there is to do.
    #[must_use]
    pub fn or_else_hint(mut self, hint: &str) -> Self {
        self.hint = Some(self.hint.map_or_else(|| hint.to_owned(), |first| format!("{first}; or {hint}")));
        self
    }

    /// Says that nothing was written.
    #[must_use]
    pub fn unwritten(mut self) -> Self {
        self.unwritten = true;
        self
    }

    /// The same failure when it came to pass after everything was applied: only the proof is missing.
    #[must_use]
    pub fn after_apply(self) -> Self {
        let message = format!("applied; whether people can sign in is not known: {}", self.message);
        Self { exit: Exit::Unproven, message, unwritten: false, ..self }
    }

    /// The same failure when something was written before: only what is said about it is missing.
    #[must_use]
    pub fn after_writing(self) -> Self {
        let message = format!("applied in part or whole, but {}", self.message);
        let hint = Some("`fedctl plan` shows what is left to do".to_owned());
        Self { exit: Exit::Partial, message, hint, unwritten: false, ..self }
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
        ui.warn(&self.text());
        self.exit
    }

    /// What it prints.
    pub(crate) fn text(&self) -> String {
        let unwritten = if self.unwritten { "; nothing was written" } else { "" };
        let mut text = format!("error: {}{unwritten}\n", visible(&self.message));
        for line in &self.lines {
            text.push_str(&format!("  {}\n", visible(line)));
        }
        for cause in &self.causes {
            text.push_str(&format!("  because: {}\n", visible(cause)));
        }
        if let Some(hint) = &self.hint {
            text.push_str(&format!("  hint: {}\n", visible(hint)));
        }
        text
    }
}

/// Diagnostics of a spec were printed already.
pub fn invalid(problems: usize, file: &str) -> Failure {
    let what = if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") };
    Failure::new(Exit::Invalid, format!("{what} in `{file}`")).unwritten()
}

/// Something that the plan rests on cannot be read.
pub fn unknown(unknown: &BTreeMap<Query, Why>, keys: &[String; 2]) -> Failure {
    let row = |(query, why): (&Query, &Why)| {
        format!("{} of the {} organisation: {}", query.name(), query.org(), why.as_str())
    };
    let keys: BTreeSet<&str> = unknown.keys().map(|query| name(query.org(), keys)).collect();
    let keys: Vec<&str> = keys.into_iter().collect();
    Failure::new(Exit::Failed, "what cannot be read cannot be planned")
        .unwritten()
        .lines(unknown.iter().map(row).collect())
        .hint(format!(
            "an administrator with billing may read and write all of these; does {} have that role?",
            keys.join(" and ")
        ))
}

/// A lift that lifts nothing.
pub fn not_allowed(denied: &NotAllowed) -> Failure {
    let hint = match denied {
        NotAllowed::OtherPlan { .. } => {
            "something changed since that plan was shown: look at this one, and lift what it says"
        }
        NotAllowed::Nothing(_) => "leave it out; what refuses the plan is said with it",
        NotAllowed::TooFew { .. } => "look at whom the plan is about; the refusal says what lifts it",
        NotAllowed::Unattended(_) => "run it in a terminal, or give the access back by hand in the console",
    };
    Failure::new(Exit::Refused, format!("--allow: {denied}")).unwritten().hint(hint)
}

/// An organisation that could not be read.
pub fn read(error: &ReadError, spec: &Spec, keys: &[String; 2]) -> Failure {
    let key = |org: &Org| name(*org, keys);
    let failed = |message: String| Failure::new(Exit::Failed, message).unwritten();
    match error {
        ReadError::Refused { status: 401, org, message, .. } => {
            failed(format!("the {org} organisation does not know {} (401: {message})", key(org)))
                .hint("is it complete and not expired, and is `region` right? a key works in its own region only")
        }
        ReadError::Refused { status: 403, org, .. } => {
            failed(error.to_string()).hint(format!("may {} do this, and from this address?", key(org)))
        }
        ReadError::Refused { status: 400 | 404, .. } => {
            failed(error.to_string()).hint("is the organisation id in the spec right, and may this key choose it?")
        }
        ReadError::Refused { .. } => {
            failed(error.to_string()).hint("try again later; if it stays so, ask for the log with -v")
        }
        ReadError::Unreadable { .. } => failed(error.to_string())
            .hint("the service answers in a shape that this version does not know; nothing is guessed"),
        ReadError::OtherOrganization { org, .. } => failed(error.to_string())
            .hint(format!("correct `{org}.organization` in the spec, or give the key of that organisation")),
        ReadError::Unreachable { org, why } => unreachable(spec.sandbox.as_ref().map(|url| url.as_str()), *org, why),
    }
}

/// The key of an organisation as messages call it.
fn name(org: Org, [primary, secondary]: &[String; 2]) -> &str {
    match org {
        Org::Primary => primary,
        Org::Secondary => secondary,
    }
}

fn unreachable(sandbox: Option<&str>, org: Org, why: &str) -> Failure {
    let (what, hint) = match sandbox {
        Some(url) => (
            format!("the simulator at {url} cannot be reached"),
            "does `fedctl sandbox` still run, and at this address?",
        ),
        None => (
            format!("the {org} organisation cannot be reached"),
            "is there a network, and does a proxy or a firewall stand between? `region` decides which host is asked",
        ),
    };
    let failure = Failure::new(Exit::Failed, what).unwritten().hint(hint);
    Failure { causes: vec![why.to_owned()], ..failure }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::new(Exit::Failed, "this machine does not let fedctl start").because(&error)
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
pub fn key(error: &KeyError, name: &str) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("{name} cannot be used: {error}")).unwritten();
    if matches!(error, KeyError::SimulatedKeyForRealHosts) {
        return failure
            .hint("`sandbox: http://127.0.0.1:PORT` in the spec means the simulator; without it, give the real key");
    }
    if matches!(error, KeyError::RealKeyForSandbox) {
        return failure.hint("with `sandbox:` in the spec, give the keys of the simulator; without it, real ones");
    }
    failure
}

/// These credentials have no key, each with the variable that was looked for.
pub fn no_keys(missing: &[(String, String)]) -> Failure {
    let list = |of: fn(&(String, String)) -> String| missing.iter().map(of).collect::<Vec<_>>().join(" and ");
    let whose = if missing.len() == 1 { "that organisation" } else { "each organisation" };
    Failure::new(Exit::Failed, format!("there is no key for the credentials {}", list(|(name, _)| format!("`{name}`"))))
        .unwritten()
        .hint(format!("put the API key of {whose} into {}", list(|(_, variable)| format!("${variable}"))))
}

/// A signal came before anything was written.
pub fn interrupted() -> Failure {
    Failure::new(Exit::Interrupted, "interrupted").unwritten()
}

/// A signal came when everything was applied.
pub fn interrupted_after_apply() -> Failure {
    let message = "interrupted: everything is applied, and whether people can sign in was not looked at to the end";
    Failure::new(Exit::Interrupted, message).hint("`fedctl verify` looks")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_apply_nobody_is_told_that_nothing_was_written() {
        let failure = unreachable(None, Org::Primary, "cut off").after_apply();
        assert_eq!(failure.exit, Exit::Unproven);
        let text = failure.text();
        assert!(text.starts_with("error: applied; ") && !text.contains("nothing was written"), "{text}");
    }
}

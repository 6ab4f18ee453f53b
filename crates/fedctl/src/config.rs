//! The only place that reads the environment.

#![expect(clippy::disallowed_methods, reason = "this is the module that reads the environment")]

use std::path::PathBuf;

use secrecy::SecretString;
use zeroize::Zeroizing;

/// The variable that holds the key of these credentials: `$FEDCTL_<NAME>_API_KEY`.
pub fn key_variable(credentials: &str) -> String {
    format!("FEDCTL_{}_API_KEY", credentials.to_uppercase().replace('-', "_"))
}

/// The key of these credentials, if the environment has one.
pub fn key(credentials: &str) -> Option<SecretString> {
    secret(&key_variable(credentials))
}

/// What a variable holds, if it holds anything.
pub fn secret(variable: &str) -> Option<SecretString> {
    let value = Zeroizing::new(std::env::var(variable).ok()?);
    let trimmed = value.trim();
    (!trimmed.is_empty()).then(|| SecretString::from(trimmed))
}

/// The operator file that the environment names.
pub fn operator() -> Option<PathBuf> {
    std::env::var_os("FEDCTL_OPERATOR").filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Where a user keeps the operator file.
pub fn operator_at_home() -> Option<PathBuf> {
    let home = std::env::var_os("HOME").filter(|home| !home.is_empty())?;
    Some(PathBuf::from(home).join(".config/fedctl/operator.yaml"))
}

/// Where programs of this user keep what they can do without: `$XDG_STATE_HOME`, else its place at home.
pub fn state_home() -> Option<PathBuf> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let at_home = || folder("HOME").map(|home| home.join(".local/state"));
    folder("XDG_STATE_HOME").or_else(at_home).or_else(|| folder("LOCALAPPDATA"))
}

/// Who runs this, where, for people: `ann@host, process 4711`.
pub fn who() -> String {
    format!("{}@{}, process {}", user(), host(), std::process::id())
}

/// Who runs this: `ann`.
pub fn user() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
    user.filter(|name| !name.is_empty()).unwrap_or_else(|| "somebody".to_owned())
}

#[cfg(unix)]
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

#[cfg(not(unix))]
fn host() -> String {
    std::env::var("COMPUTERNAME").unwrap_or_else(|_| "some machine".to_owned())
}

/// Whether this is a run that nobody watches, of what somebody else may have written.
pub fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| !value.is_empty())
}

/// Whether the terminal cannot move its cursor.
pub fn is_dumb() -> bool {
    std::env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// Whether colour is unwanted: `NO_COLOR` set to anything, or a terminal without any.
pub fn without_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || is_dumb()
}

/// Starts logging to standard error: nothing, requests that were answered (`-v`), and those that leave, too (`-vv`).
pub fn logging(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "fedctl=debug,fedctl_client=debug,fedctl_engine=debug",
        _ => "fedctl=trace,fedctl_client=trace,fedctl_engine=trace",
    };
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::new(level))
        .with_writer(|| crate::ui::Log)
        .with_ansi(false)
        .init();
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_variable_of_a_name_with_hyphens_has_underscores() {
        assert_eq!(super::key_variable("acme-eu"), "FEDCTL_ACME_EU_API_KEY");
    }
}

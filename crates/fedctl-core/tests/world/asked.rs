//! What whoever runs a long form asks of it.

/// The value of this name in the environment.
#[expect(clippy::disallowed_methods, reason = "a test that runs for long is told how long by whoever runs it")]
pub(crate) fn word(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The number of this name in the environment.
pub(crate) fn number(name: &str) -> Option<u64> {
    word(name).map(|number| number.parse().unwrap())
}

//! How results are written.

use clap::ValueEnum;

/// How the result is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For machines; the schema has a version.
    Json,
}

/// How a verification is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum VerifyFormat {
    /// For people.
    Text,
    /// For machines; the schema has a version.
    Json,
    /// For what shows the tests of a pipeline: a case for each person and for each probe.
    Junit,
}

/// How a plan is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PlanFormat {
    /// For people.
    Text,
    /// For machines; the schema has a version.
    Json,
    /// For a comment on a pull request.
    Markdown,
}

//! The command line.

mod format;
mod init;
mod simulated;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use fedctl_core::plan::allow::Allow;

pub use format::{Format, PlanFormat, VerifyFormat};
pub use init::{Init, Organization};
pub use simulated::{Demo, Sandbox};

/// People of one JumpCloud organisation sign in to another with their own account: declared in a file, planned, applied.
#[derive(Debug, Parser)]
#[command(name = "fedctl", version, max_term_width = 100, arg_required_else_help = true, subcommand_required = true)]
pub struct Args {
    /// Say only what is asked for, and what went wrong
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// Log each request to standard error (-vv: also when it leaves, and how long it waited for its turn)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Where keys come from; without it, $FEDCTL_OPERATOR or ~/.config/fedctl/operator.yaml
    #[arg(long, global = true, value_name = "FILE")]
    pub operator: Option<PathBuf>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write a spec that takes over a federation that was made by hand
    Init(Init),
    /// Check specs without asking anybody
    Validate(Validate),
    /// Show what would change, for whom, and why
    Plan(Plan),
    /// Show a saved plan
    Show(Show),
    /// Make it so, in an order that locks nobody out
    Apply(Apply),
    /// Give the federation a new client secret, or say how old it is
    Rotate(Rotate),
    /// Turn routing off at once: one write, with the key of the secondary organisation alone
    Pause(Pause),
    /// Turn routing on again that was paused
    Resume(Resume),
    /// Take the federation down, stopping before people who have no other way in
    Destroy(Destroy),
    /// Say for each person whether they can sign in, or the hop at which it breaks and the fix
    Verify(Verify),
    /// Follow one person's sign-in hop by hop
    Trace(Trace),
    /// Say who has signed in through the federation, who not yet, and who cannot
    Status(Look),
    /// Say what nobody asked for, who did it, and what the next apply does about it
    Drift(Look),
    /// Print the sheet to tell people: their account, and how they sign in
    People(People),
    /// Print the lines of a spec that take over what was made by hand
    Adopt(Adopt),
    /// Say what the keys may read, and how the service answers where nobody has published it
    Doctor(Doctor),
    /// Serve two simulated organisations on this machine
    Sandbox(Sandbox),
    /// Tell the whole story on a simulator, in a few seconds
    Demo(Demo),
    /// Print the JSON Schema of what `--format json` prints
    Schema(Schema),
    /// Print what lets a shell complete commands and options
    Completions(Completions),
}

/// `validate`
#[derive(Debug, clap::Args)]
pub struct Validate {
    /// Specs, or folders of them
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
}

/// `plan`
#[derive(Debug, clap::Args)]
pub struct Plan {
    /// The spec; several, or a folder of them, are planned one after the other
    #[arg(required = true, value_name = "SPEC")]
    pub specs: Vec<PathBuf>,
    /// How to write the plan
    #[arg(long, value_enum, default_value = "text")]
    pub format: PlanFormat,
    /// Save the plan, to be looked at and applied later
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 when something would change
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Somebody of whom you know that they signed in through the federation; can be given several times
    #[arg(long, value_name = "EMAIL")]
    pub signed_in: Vec<String>,
    /// Lift a guard for this one plan, as its refusal says; can be given several times
    #[arg(long, value_name = "GUARD=COUNT@DIGEST")]
    pub allow: Vec<Allow>,
    /// List everybody and every action, where alike ones are folded otherwise
    #[arg(long)]
    pub full: bool,
}

/// `show`
#[derive(Debug, clap::Args)]
pub struct Show {
    /// A file that `plan --out` wrote
    pub plan: PathBuf,
    /// How to write the plan; as text, it is what was shown when it was made
    #[arg(long, value_enum, default_value = "text")]
    pub format: PlanFormat,
}

/// `apply`
#[derive(Debug, clap::Args)]
pub struct Apply {
    /// The spec, or a file that `plan --out` wrote: then nothing is done that is not in it
    #[arg(value_name = "SPEC|PLAN")]
    pub path: PathBuf,
    /// With a saved plan: go on only if a fresh plan is the very same
    #[arg(long)]
    pub exact: bool,
    /// Do not ask before writing
    #[arg(long)]
    pub auto_approve: bool,
    /// Somebody of whom you know that they signed in through the federation; can be given several times
    #[arg(long, value_name = "EMAIL")]
    pub signed_in: Vec<String>,
    /// Lift a guard for this one plan, as its refusal says; can be given several times
    #[arg(long, value_name = "GUARD=COUNT@DIGEST")]
    pub allow: Vec<Allow>,
    /// Before asking, list everybody and every action, where alike ones are folded otherwise
    #[arg(long)]
    pub full: bool,
    /// How to write the report
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// What the commands that apply are told beside their own
#[derive(Debug, Clone, clap::Args)]
pub struct Applying {
    /// Do not ask before writing
    #[arg(long)]
    pub auto_approve: bool,
    /// Lift a guard for this one plan, as its refusal says; can be given several times
    #[arg(long, value_name = "GUARD=COUNT@DIGEST")]
    pub allow: Vec<Allow>,
    /// Before asking, list everybody and every action, where alike ones are folded otherwise
    #[arg(long)]
    pub full: bool,
    /// How to write the report
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

impl Apply {
    /// What another command applies: of a spec, and as it was told.
    pub fn of(spec: &Path, told: &Applying) -> Self {
        let Applying { auto_approve, allow, full, format } = told.clone();
        Self { path: spec.to_owned(), exact: false, auto_approve, signed_in: Vec::new(), allow, full, format }
    }
}

/// `rotate`
#[derive(Debug, clap::Args)]
pub struct Rotate {
    /// The spec
    pub spec: PathBuf,
    /// Change nothing: exit with 2 when the secret is older than this, such as `180d`
    #[arg(long, value_name = "DAYS", value_parser = days, conflicts_with_all = ["auto_approve", "allow", "full"])]
    pub check_age: Option<u64>,
    /// What applying is told.
    #[command(flatten)]
    pub applying: Applying,
}

/// A number of days, such as `180d`.
fn days(text: &str) -> Result<u64, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse().ok());
    days.ok_or_else(|| "write a number of days, such as `180d`".to_owned())
}

/// `pause`
#[derive(Debug, clap::Args)]
pub struct Pause {
    /// The spec; one that is wrong somewhere will do
    pub spec: PathBuf,
    /// How to write the report
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `resume`
#[derive(Debug, clap::Args)]
pub struct Resume {
    /// The spec
    pub spec: PathBuf,
    /// What applying is told.
    #[command(flatten)]
    pub applying: Applying,
}

/// `destroy`
#[derive(Debug, clap::Args)]
pub struct Destroy {
    /// The spec
    pub spec: PathBuf,
    /// The primary organisation is gone: ask nothing of it, and take down what is in the secondary one
    #[arg(long)]
    pub secondary_only: bool,
    /// What applying is told.
    #[command(flatten)]
    pub applying: Applying,
}

/// `verify`
#[derive(Debug, clap::Args)]
pub struct Verify {
    /// The spec
    pub spec: PathBuf,
    /// How to write the findings
    #[arg(long, value_enum, default_value = "text")]
    pub format: VerifyFormat,
    /// Exit with 2 also for people who are merely not ready yet
    #[arg(long)]
    pub strict: bool,
}

/// `trace`
#[derive(Debug, clap::Args)]
pub struct Trace {
    /// The spec
    pub spec: PathBuf,
    /// The person, by the address in either organisation
    pub person: String,
    /// How to write the findings
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `status` and `drift`
#[derive(Debug, clap::Args)]
pub struct Look {
    /// The spec
    pub spec: PathBuf,
    /// How to write it
    #[arg(long, value_enum, default_value = "text")]
    pub format: Format,
}

/// `people`
#[derive(Debug, clap::Args)]
pub struct People {
    /// The spec
    pub spec: PathBuf,
    /// How to write the sheet
    #[arg(long, value_enum, default_value = "text")]
    pub format: PeopleFormat,
}

/// How the sheet to tell people is written to standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PeopleFormat {
    /// For a terminal.
    Text,
    /// For a spreadsheet or a mail merge.
    Csv,
    /// For a page that people read.
    Md,
    /// For machines; the schema has a version.
    Json,
}

/// `adopt`
#[derive(Debug, clap::Args)]
pub struct Adopt {
    /// The spec
    pub spec: PathBuf,
}

/// `doctor`
#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// The spec
    pub spec: PathBuf,
    /// Write the shapes of all answers into a new file: keys and kinds of values, and no value
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// `schema`
#[derive(Debug, clap::Args)]
pub struct Schema {
    /// Which document: `plan` and `show`, `plan` of a fleet, `apply`, `verify`, `trace`, `status`, `drift`, `people`, or a journal
    #[arg(value_enum)]
    pub document: Document,
}

/// A document that the program prints for machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Document {
    /// What would change.
    Plan,
    /// What became of it.
    Report,
    /// Who can sign in.
    Verify,
    /// One person's way.
    Trace,
    /// Who has signed in.
    Status,
    /// What nobody asked for.
    Drift,
    /// The sheet to tell people.
    People,
    /// The lines of a journal.
    Journal,
    /// The plans of a fleet.
    Fleet,
}

/// `completions`
#[derive(Debug, clap::Args)]
pub struct Completions {
    /// Which shell
    pub shell: clap_complete::Shell,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Args::command().debug_assert();
    }
}

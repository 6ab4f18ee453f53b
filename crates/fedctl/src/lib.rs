//! The program: arguments, credentials, what people see, exit codes. Everything else is in the libraries.

pub mod access;
pub mod args;
pub mod cmd;
pub mod config;
pub mod escrow;
pub mod exit;
pub mod failure;
pub mod mask;
pub mod planfile;
pub mod private;
pub mod process;
pub mod program;
pub mod render;
pub mod secret;
pub mod session;
pub mod settle;
pub mod signals;
pub mod simulated;
pub mod snippet;
pub mod source;
pub mod ui;
pub mod worktree;
pub mod writing;

use args::{Args, Command};
use exit::Exit;
use ui::Ui;

/// Runs one invocation and says how it ended.
pub async fn run(args: Args, ui: &mut Ui) -> Exit {
    let operator = args.operator.as_deref();
    let result = match args.command {
        Command::Validate(args) => cmd::validate::run(&args, operator, ui),
        Command::Plan(args) => cmd::plan::run(&args, operator, ui).await,
        Command::Show(args) => cmd::show::run(&args, ui),
        Command::Apply(args) => cmd::apply::run(&args, operator, ui).await,
        Command::Pause(args) => cmd::pause::run(&args, operator, ui).await,
        Command::Rotate(args) => cmd::rotate::run(&args, operator, ui).await,
        Command::Destroy(args) => cmd::destroy::run(&args, operator, ui).await,
        Command::Resume(args) => cmd::resume::run(&args, operator, ui).await,
        Command::Verify(args) => cmd::verify::run(&args, operator, ui).await,
        Command::Trace(args) => cmd::trace::run(&args, operator, ui).await,
        Command::Status(args) => cmd::status::run(&args, operator, ui).await,
        Command::Drift(args) => cmd::drift::run(&args, operator, ui).await,
        Command::People(args) => cmd::people::run(&args, operator, ui).await,
        Command::Doctor(args) => cmd::doctor::run(&args, operator, ui).await,
        Command::Init(args) => cmd::init::run(&args, operator, ui).await,
        Command::Adopt(args) => cmd::adopt::run(&args, operator, ui).await,
        Command::Sandbox(args) => cmd::sandbox::run(&args, ui).await,
        Command::Demo(args) => cmd::demo::run(&args, ui).await,
        Command::Schema(args) => cmd::schema::run(&args, ui),
        Command::Completions(args) => cmd::completions::run(&args, ui),
    };
    result.unwrap_or_else(|failure| failure.show(ui))
}

//! `fedctl completions`: the command line as a shell needs to know it.

use clap::CommandFactory;

use crate::args::{Args, Completions};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// Prints the script for one shell.
///
/// # Errors
/// It cannot be written.
pub fn run(args: &Completions, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "fedctl", &mut script);
    ui.out(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

//! `fedctl schema`: the schemas of what the program prints for machines.

use crate::args::{Document, Schema};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::schemas;
use crate::ui::Ui;

/// Prints one.
///
/// # Errors
/// It cannot be written.
pub fn run(args: &Schema, ui: &mut Ui) -> Result<Exit, Failure> {
    let [plan, report, verify, journal, trace, status, drift, people, fleet] = schemas::all();
    let (_, schema) = match args.document {
        Document::Plan => plan,
        Document::Report => report,
        Document::Verify => verify,
        Document::Journal => journal,
        Document::Trace => trace,
        Document::Status => status,
        Document::Drift => drift,
        Document::People => people,
        Document::Fleet => fleet,
    };
    ui.out(&schema)?;
    Ok(Exit::Done)
}

//! `fedctl show`: a saved plan, as it was shown when it was made.

use crate::args::{Format, Show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::planfile::PlanFile;
use crate::render::text::visible_lines;
use crate::ui::Ui;

/// Shows a plan file. Nobody is asked.
///
/// # Errors
/// It is no plan, or was changed.
pub fn run(args: &Show, ui: &mut Ui) -> Result<Exit, Failure> {
    let file = PlanFile::read(&args.plan)?;
    ui.out(&match args.format {
        Format::Text => visible_lines(&file.head.text),
        Format::Json => file.lines().to_owned(),
    });
    Ok(Exit::Done)
}

//! `fedctl show`: a saved plan, as it was shown when it was made.

use crate::args::{PlanFormat, Show};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::planfile::PlanFile;
use crate::render::text::visible_lines;
use crate::render::{plan_json, plan_markdown};
use crate::ui::Ui;

/// Shows a plan file. Nobody is asked.
///
/// # Errors
/// It is no plan, or was changed.
pub fn run(args: &Show, ui: &mut Ui) -> Result<Exit, Failure> {
    let file = PlanFile::read(&args.plan)?;
    ui.out(&match args.format {
        PlanFormat::Text => visible_lines(&file.head.text),
        PlanFormat::Json => plan_json::json(&file.rows()?, &file.head.frame),
        PlanFormat::Markdown => plan_markdown::text(&file.rows()?, &file.head.frame),
    })?;
    Ok(Exit::Done)
}

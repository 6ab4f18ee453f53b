//! `fedctl drift`: what nobody asked for, for cron. It writes nothing.

use std::path::Path;

use crate::args::{Format, Look};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::drift;
use crate::session::Session;
use crate::ui::Ui;

/// Says what differs, who did it, and what the next apply does about it.
///
/// # Errors
/// An invalid spec, or organisations that cannot be read.
pub async fn run(args: &Look, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let (found, refusals) = session.drift(ui).await?;
    ui.out(&match args.format {
        Format::Text => drift::text(&found, &refusals),
        Format::Json => drift::json(&found, &refusals),
    })?;
    Ok(if found.rows.is_empty() && refusals.is_empty() { Exit::Done } else { Exit::Found })
}

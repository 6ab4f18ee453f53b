//! `fedctl status`: who has signed in through the federation, who not yet, and who cannot. It writes nothing.

use std::path::Path;

use crate::args::{Format, Look};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::status;
use crate::session::Session;
use crate::ui::Ui;

/// Says where the federation stands.
///
/// # Errors
/// An invalid spec, or organisations that cannot be read.
pub async fn run(args: &Look, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let found = session.status(ui).await?;
    ui.out(&match args.format {
        Format::Text => status::text(&found),
        Format::Json => status::json(&found),
    })?;
    Ok(Exit::Done)
}

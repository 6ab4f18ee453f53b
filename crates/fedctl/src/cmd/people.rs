//! `fedctl people`: the sheet to tell people how they sign in. It writes nothing.

use std::path::Path;

use crate::args::{People, PeopleFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::people;
use crate::session::Session;
use crate::ui::Ui;

/// Prints the sheet.
///
/// # Errors
/// An invalid spec, or organisations that cannot be read.
pub async fn run(args: &People, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let found = session.verify(ui).await?;
    let portal = session.portal();
    ui.out(&match args.format {
        PeopleFormat::Text => people::text(&found, &portal),
        PeopleFormat::Csv => people::csv(&found, &portal),
        PeopleFormat::Md => people::markdown(&found, &portal),
        PeopleFormat::Json => people::json(&found, &portal),
    })?;
    Ok(Exit::Done)
}

//! `fedctl verify`: for each person, whether they can sign in.

use std::path::Path;

use crate::args::{Format, Verify};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::findings;
use crate::session::Session;
use crate::ui::Ui;

/// Traces everybody.
///
/// # Errors
/// An invalid spec, or organisations that cannot be read.
pub async fn run(args: &Verify, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let found = session.verify(ui).await?;
    ui.out(&match args.format {
        Format::Text => findings::text(&found, &session.source),
        Format::Json => findings::json(&found, &session.source),
    })?;
    let counts = found.counts();
    let is_bad = !counts.broken.is_empty() || found.pair.is_suspect() || (args.strict && counts.held > 0);
    Ok(if is_bad { Exit::Found } else { Exit::Done })
}

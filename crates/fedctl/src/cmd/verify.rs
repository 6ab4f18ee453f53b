//! `fedctl verify`: for each person, whether they can sign in; what the issuer says; and who opens what is not theirs.

use std::path::Path;

use crate::args::{Verify, VerifyFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::{findings, junit};
use crate::session::Session;
use crate::ui::Ui;

/// Traces everybody, and asks the issuer.
///
/// # Errors
/// An invalid spec, or organisations that cannot be read.
pub async fn run(args: &Verify, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let found = session.prove(ui).await?;
    ui.out(&match args.format {
        VerifyFormat::Text => findings::text(&found, &session.source),
        VerifyFormat::Json => findings::json(&found, &session.source),
        VerifyFormat::Junit => junit::text(&found, &session.source, args.strict),
    })?;
    let is_bad = found.is_faulty() || (args.strict && found.counts().held > 0);
    Ok(if is_bad { Exit::Found } else { Exit::Done })
}

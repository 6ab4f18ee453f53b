//! `fedctl resume`: what `apply` does, and routing goes on that was paused.

use std::path::Path;

use super::apply;
use crate::args::{Apply, Resume};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Purpose;
use crate::ui::Ui;

/// Plans with routing on, asks, applies, and looks whether people can sign in.
///
/// # Errors
/// As for `apply`.
pub async fn run(args: &Resume, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let apply = Apply::of(&args.spec, &args.applying);
    apply::run_for(Purpose::Resume, &apply, operator, ui).await
}

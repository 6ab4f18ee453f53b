//! `fedctl sandbox`.

use crate::args::Sandbox;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// To be written.
pub async fn run(_args: &Sandbox, _ui: &mut Ui) -> Result<Exit, Failure> {
    Ok(Exit::Failed)
}

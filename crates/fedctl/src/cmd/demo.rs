//! `fedctl demo`.

use crate::args::Demo;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::ui::Ui;

/// To be written.
pub async fn run(_args: &Demo, _ui: &mut Ui) -> Result<Exit, Failure> {
    Ok(Exit::Failed)
}

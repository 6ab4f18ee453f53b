//! `fedctl resume`: what `apply` does, and routing goes on that was paused.

use std::path::Path;

use fedctl_core::plan::rules::Aim;

use super::apply;
use crate::args::{Apply, Resume};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::planfile;
use crate::ui::Ui;

/// Plans with routing on, asks, applies, and looks whether people can sign in.
///
/// # Errors
/// As for `apply`.
pub async fn run(args: &Resume, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    if planfile::is_plan(&args.spec) {
        return Err(Failure::new(Exit::Usage, "`resume` takes a spec, and no saved plan").unwritten());
    }
    let apply = Apply {
        path: args.spec.clone(),
        exact: false,
        auto_approve: args.auto_approve,
        signed_in: Vec::new(),
        allow: args.allow.clone(),
        full: args.full,
        format: args.format,
    };
    apply::run_for(Aim::Resume, &apply, operator, ui).await
}

//! `fedctl destroy`: everything off, in the reverse of the order in which it was set up.

use std::path::Path;

use fedctl_core::planner::Reach;

use super::apply;
use crate::args::{Apply, Destroy};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::session::Purpose;
use crate::ui::Ui;

/// Plans the take-down, asks, and carries it out.
///
/// # Errors
/// As for `apply`.
pub async fn run(args: &Destroy, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let reach = if args.secondary_only { Reach::SecondaryOnly } else { Reach::Both };
    let apply = Apply::of(&args.spec, &args.applying);
    apply::run_for(Purpose::Destroy(reach), &apply, operator, ui).await
}

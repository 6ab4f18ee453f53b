//! `fedctl adopt`: the lines of a spec that take over what was made by hand. It writes nothing, not even the spec.

use std::path::Path;

use crate::args::Adopt;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::adopt;
use crate::session::Session;
use crate::ui::Ui;

/// Reads both organisations and prints the lines.
///
/// # Errors
/// An invalid spec, or organisations that cannot be read or do not bear it out.
pub async fn run(args: &Adopt, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let plan = session.plan(ui).await?.plan;
    if plan.adoptable.is_empty() {
        ui.say("nothing stands in the place of this federation that could be taken over\n");
        return Ok(Exit::Done);
    }
    ui.out(&adopt::lines(&session.spec, &plan.adoptable))?;
    let file = args.spec.display();
    ui.say(&format!(
        "add these keys to `{file}`, or change them where they are there already; remove whom and what you do not want to \
         take over, and look at the plan\n"
    ));
    Ok(Exit::Done)
}

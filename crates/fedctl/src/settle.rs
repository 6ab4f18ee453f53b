//! Waits until what an earlier run did can be seen.

use std::time::Duration;

use fedctl_core::apply::settle::{self, Wait};

use crate::failure::Failure;
use crate::session::{Planned, Session};
use crate::ui::Ui;

/// Plans; if the newest trace of an earlier run is too young for what the plan does, waits and plans again. Guards that
/// somebody lifts for this plan are lifted, or it is said why not; `bound` is the digest of the saved plan that is applied.
///
/// # Errors
/// As for a plan.
pub async fn plan(
    session: &Session,
    bound: Option<&str>,
    ui: &mut Ui,
) -> Result<(Planned, Result<(), Failure>), Failure> {
    let mut waited_for = None;
    loop {
        let mut planned = session.plan(ui).await?;
        let lifted = session.lift(&mut planned.plan, bound, ui);
        let newest = planned.newest;
        // A trace is waited for once, whatever the server's clock says then: that of a simulator may stand still.
        let wait = settle::wait(&planned.plan, newest.filter(|_| newest != waited_for), session.settle);
        let Some(Wait { age, rest }) = wait else { return Ok((planned, lifted)) };
        ui.say(&format!(
            "something of this federation was made {age} s ago, and what an earlier run did after that may not show yet: \
             waiting {rest} s to plan again (`settle` in the operator file); nothing was written, and Ctrl-C ends it\n"
        ));
        tokio::time::sleep(Duration::from_secs(rest)).await;
        waited_for = newest;
    }
}

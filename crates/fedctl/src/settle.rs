//! Waits until what an earlier run did can be seen.
//!
//! JumpCloud does not say how soon a list shows what was just made. A run that was broken off a minute ago may have made an
//! app that no list shows yet: a plan would make a second one, or take away what only seems to be left over. So plans that
//! do either wait until the newest trace is old enough.

use std::time::Duration;

use fedctl_core::endpoint::Again;
use fedctl_core::plan::{Action, Verb};

use crate::failure::Failure;
use crate::session::{Planned, Session};
use crate::ui::Ui;

/// What is young enough to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Wait {
    /// How old the newest trace is, in seconds.
    age: u64,
    /// How many seconds are missing.
    rest: u64,
}

/// Plans; if the newest trace of an earlier run is too young for what the plan does, waits and plans again.
///
/// # Errors
/// As for a plan.
pub async fn plan(session: &Session, ui: &mut Ui) -> Result<Planned, Failure> {
    let mut waited_for = None;
    loop {
        let planned = session.plan(ui).await?;
        let (plan, newest) = (&planned.plan, planned.newest);
        // A trace is waited for once, whatever the server's clock says then: that of a simulator may stand still.
        let matters = newest != waited_for && plan.refusals.is_empty() && plan.actions.iter().any(needs_the_whole_past);
        let wait = newest.filter(|_| matters).and_then(|newest| wait(plan.as_of, newest, session.settle));
        let Some(Wait { age, rest }) = wait else { return Ok(planned) };
        ui.say(&format!(
            "something of this federation was made {age} s ago, and what an earlier run did after that may not show yet: \
             waiting {rest} s to plan again (`settle` in the operator file); nothing was written, and Ctrl-C ends it\n"
        ));
        tokio::time::sleep(Duration::from_secs(rest)).await;
        waited_for = newest;
    }
}

/// How long to wait until the newest trace is old enough, by the clock of the server.
fn wait(now: Option<u64>, newest: u64, settle: u32) -> Option<Wait> {
    // Without a clock, it is as young as it can be.
    let age = now.map_or(0, |now| now.saturating_sub(newest));
    let rest = u64::from(settle).saturating_sub(age);
    (rest > 0).then_some(Wait { age, rest })
}

/// Whether an action goes wrong where something that was made does not show yet: the service would take a second one, or
/// something is removed because another seems to be missing.
fn needs_the_whole_past(action: &Action) -> bool {
    action.verb == Verb::Delete
        || action.takes_away()
        || action.calls().any(|call| call.endpoint.again() == Again::Never)
}

#[cfg(test)]
mod tests;

//! `fedctl rotate`: a new app with a new secret beside the old one, and the identity provider moves there.

use std::path::Path;

use fedctl_core::kinds::oidc_app::{self, InUse};

use super::apply;
use crate::args::{Apply, Rotate};
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::render::text::{count, visible};
use crate::session::{Purpose, Session};
use crate::ui::Ui;

/// Plans with the next app, asks, applies, and looks whether people can sign in; or says how old the secret is.
///
/// # Errors
/// As for `apply`; and there is no app whose secret could be rotated.
pub async fn run(args: &Rotate, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let in_use = in_use(&session, ui).await?;
    if let Some(most) = args.check_age {
        return check(in_use, most, ui);
    }
    let generation = session.spec.app.generation.value.max(in_use.generation.saturating_add(1));
    ui.say(&format!(
        "`app: {{generation: {generation}}}` in {} lets any `fedctl apply` finish this, should it be broken off\n",
        visible(&session.source.name())
    ));
    drop(session);
    let apply = Apply::of(&args.spec, &args.applying);
    apply::run_for(Purpose::Rotate(generation), &apply, operator, ui).await
}

async fn in_use(session: &Session, ui: &mut Ui) -> Result<InUse, Failure> {
    let step = |live: &_| oidc_app::in_use(&session.spec, live);
    let (step, _) = fedctl_engine::read(&session.spec, &session.organizations, step, |_| {})
        .await
        .map_err(|error| failure::read(&error, &session.spec, &session.keys))?;
    session.ready(step, ui)?.ok_or_else(|| {
        Failure::new(Exit::Failed, "no app of this federation is in use, so there is no secret to rotate")
            .unwritten()
            .hint("`fedctl plan` shows what is there and what is missing")
    })
}

/// For pipelines: whether the secret is older than it may be.
fn check(in_use: InUse, most: u64, ui: &mut Ui) -> Result<Exit, Failure> {
    let Some(days) = in_use.days else {
        return Err(Failure::new(
            Exit::Failed,
            "no answer said what time it is, so nobody knows how old the secret is",
        ));
    };
    let (age, generation) = (count(usize::try_from(days).unwrap_or(usize::MAX), "day", "days"), in_use.generation);
    let is_old = days > most;
    let verdict = if is_old { format!("older than {most} days: rotate it") } else { "young enough".to_owned() };
    ui.out(&format!("The client secret is {age} old (generation {generation}): {verdict}.\n"))?;
    Ok(if is_old { Exit::Found } else { Exit::Done })
}

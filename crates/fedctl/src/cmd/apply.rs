//! `fedctl apply`: plans, asks, applies, and looks whether people can sign in.

use std::path::Path;
use std::sync::Arc;

use fedctl_core::apply::Run;
use fedctl_core::plan::Plan;

use crate::args::{Apply, Format};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::planfile::{self, PlanFile};
use crate::render::report::Report;
use crate::render::text::count;
use crate::session::Session;
use crate::settle;
use crate::ui::Ui;

/// Plans and applies.
///
/// # Errors
/// Whatever stops it before anything was written.
pub async fn run(args: &Apply, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let saved = if planfile::is_plan(&args.path) { Some(PlanFile::read(&args.path)?) } else { None };
    if saved.is_none() && args.exact {
        return Err(Failure::new(Exit::Usage, "--exact goes with a saved plan"));
    }
    let spec = saved.as_ref().map_or(&args.path, |saved| &saved.head.spec);
    let session = Session::open(spec, operator, ui)?;
    let plan = settle::plan(&session, ui).await?;
    if let Some(saved) = &saved {
        saved.allows(&plan, &session.source, args.exact)?;
    }
    ui.say(&super::plan::view(&session, &plan, false).text());
    if !plan.refusals.is_empty() {
        return Err(Failure::new(Exit::Refused, "a guard refused this plan").unwritten());
    }
    if !plan.is_empty() {
        approve(args, ui)?;
    }
    let plan = Arc::new(plan);
    let (ends, interrupted) = apply(&session, &plan, ui).await;
    let report = Report { plan: &plan, ends: &ends, interrupted };
    ui.out(&match args.format {
        Format::Text => report.text(),
        Format::Json => report.json(),
    });
    let exit = report.exit();
    if exit == Exit::Done { prove(&session, ui).await } else { Ok(exit) }
}

fn approve(args: &Apply, ui: &mut Ui) -> Result<(), Failure> {
    if args.auto_approve {
        return Ok(());
    }
    match ui.ask("\nApply this plan? Only `yes` is taken for yes: ").as_deref() {
        Some("yes") => Ok(()),
        Some(_) => Err(Failure::new(Exit::Failed, "not approved").unwritten()),
        None => Err(Failure::new(Exit::Usage, "there is nobody to ask")
            .unwritten()
            .hint("run it in a terminal, or say --auto-approve")),
    }
}

/// Applies, until it is done or a signal asks to stop.
pub async fn apply(session: &Session, plan: &Arc<Plan>, ui: &mut Ui) -> (Vec<fedctl_core::apply::End>, bool) {
    let mut run = Run::new(Arc::clone(plan), session.batch);
    let interrupted = std::sync::atomic::AtomicBool::new(false);
    let stop = async {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.store(true, std::sync::atomic::Ordering::Relaxed);
        } else {
            std::future::pending::<()>().await;
        }
    };
    let total = plan.actions.len();
    let ends = fedctl_engine::apply(&mut run, &session.organizations, session.concurrency, stop, |run| {
        ui.progress(&format!("applying: {} of {}", run.ended(), count(total, "action", "actions")));
    })
    .await;
    (ends, interrupted.into_inner())
}

/// Applied is not done: everybody who should can sign in, as far as can be known.
async fn prove(session: &Session, ui: &mut Ui) -> Result<Exit, Failure> {
    let found = session.verify(ui).await.map_err(Failure::after_apply)?;
    let counts = found.counts();
    ui.say(&format!("{} can sign in as far as can be known.\n", count(counts.whole, "person", "people")));
    if found.is_whole() {
        return Ok(Exit::Done);
    }
    ui.warn(&crate::render::findings::text(&found, &session.source));
    Ok(Exit::Unproven)
}

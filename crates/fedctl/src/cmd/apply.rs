//! `fedctl apply`: plans, asks, applies, and looks whether people can sign in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use fedctl_core::apply::Run;
use fedctl_core::plan::Plan;

use crate::args::{Apply, Format};
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::planfile::{self, PlanFile};
use crate::render::report::{self, Report};
use crate::render::text::{count, visible};
use crate::session::Session;
use crate::settle;
use crate::source::Source;
use crate::ui::Ui;

/// Plans and applies.
///
/// # Errors
/// Whatever stops it before anything was written, or keeps what was done from being said.
pub async fn run(args: &Apply, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let (session, plan) = tokio::select! {
        approved = approved(args, operator, ui) => approved?,
        () = signal() => {
            ui.end_question();
            return Err(failure::interrupted());
        }
    };
    let (ends, interrupted) = apply(&session, &plan, ui).await;
    let report = Report { plan: &plan, ends: &ends, interrupted };
    tell(&report, args.format, ui)?;
    let exit = report.exit();
    if exit != Exit::Done {
        return Ok(exit);
    }
    tokio::select! {
        proved = prove(&session, &report, ui) => proved,
        () = signal() => Err(failure::interrupted_after_apply()),
    }
}

/// The plan that may be applied: made, compared with a saved one, shown, and taken for good by somebody.
async fn approved(args: &Apply, operator: Option<&Path>, ui: &mut Ui) -> Result<(Session, Arc<Plan>), Failure> {
    let saved = if planfile::is_plan(&args.path) { Some(PlanFile::read(&args.path)?) } else { None };
    if saved.is_none() && args.exact {
        return Err(Failure::new(Exit::Usage, "--exact goes with a saved plan"));
    }
    let source = saved.as_ref().map_or_else(|| Source::read(&args.path), PlanFile::source)?;
    let mut session = Session::open_source(source, operator, ui)?;
    session.take_word(&args.signed_in);
    session.take_word(saved.as_ref().map_or(&[], |saved| &saved.head.frame.signed_in));
    session.allow.clone_from(&args.allow);
    let bound = saved.as_ref().map(|saved| &*saved.head.frame.digest);
    let (mut planned, lifted) = settle::plan(&session, bound, ui).await?;
    let left = saved.as_ref().map(|saved| saved.settle(&mut planned.plan, args.exact)).transpose()?.unwrap_or_default();
    let (rehearsed, plan) = (session.rehearse(&planned), planned.plan);
    let is_allowed = super::plan::is_allowed(&plan, rehearsed.as_ref());
    let is_asked = !plan.is_empty() && is_allowed && !args.auto_approve;
    let text = super::plan::view(&session, &plan, rehearsed.as_ref(), args.full).text();
    // Whoever is to say yes has to see to what.
    if is_asked && ui.asks() {
        ui.warn(&text);
    } else {
        ui.say(&text);
    }
    if !left.is_empty() {
        ui.warn(&left_out(&left));
    }
    lifted?;
    if !is_allowed {
        return Err(Failure::new(Exit::Refused, "a guard refused this plan").unwritten());
    }
    if is_asked {
        approve(ui).await?;
    }
    Ok((session, Arc::new(plan)))
}

async fn approve(ui: &mut Ui) -> Result<(), Failure> {
    if !ui.asks() {
        return Err(Failure::new(Exit::Usage, "there is nobody to ask")
            .unwritten()
            .hint("run it in a terminal, or say --auto-approve"));
    }
    verdict(ui.ask("\nApply this plan? Only `yes` is taken for yes: ").await.as_deref())
}

/// Who is left for the next plan.
fn left_out(people: &[Arc<str>]) -> String {
    const SHOWN: usize = 8;
    let mut shown: Vec<String> = people.iter().take(SHOWN).map(|person| visible(person)).collect();
    if people.len() > SHOWN {
        shown.push(format!("and {} more", people.len() - SHOWN));
    }
    format!(
        "\n{} left for the next plan, for the saved one does nothing for them: {}\n",
        count(people.len(), "person is", "people are"),
        shown.join(", ")
    )
}

/// What an answer means.
fn verdict(answer: Option<&str>) -> Result<(), Failure> {
    let not_approved = |why: String| Err(Failure::new(Exit::Failed, format!("not approved: {why}")).unwritten());
    match answer {
        Some("yes") => Ok(()),
        Some("") => not_approved("the answer was empty".to_owned()),
        Some(other) => {
            not_approved(format!("the answer was `{other}`, and only `yes`, in small letters, is taken for yes"))
        }
        None => not_approved("the input ended without an answer".to_owned()),
    }
}

/// Prints the report; what is for people and has no place in JSON goes to standard error.
fn tell(report: &Report<'_>, format: Format, ui: &mut Ui) -> Result<(), Failure> {
    let printed = match format {
        Format::Text => ui.out(&report.text()),
        Format::Json => ui.out(&report.json()),
    };
    if format == Format::Json && report.interrupted {
        ui.warn(&report.stopped());
    }
    printed.map_err(|failure| if report.wrote() { failure.after_writing() } else { failure.unwritten() })
}

/// Ends when somebody asks to stop.
async fn signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Applies, until it is done or a signal asks to stop.
pub async fn apply(session: &Session, plan: &Arc<Plan>, ui: &mut Ui) -> (Vec<fedctl_core::apply::End>, bool) {
    let mut run = Run::new(Arc::clone(plan), session.batch);
    let interrupted = std::sync::atomic::AtomicBool::new(false);
    let stop = async {
        signal().await;
        interrupted.store(true, std::sync::atomic::Ordering::Relaxed);
    };
    let total = plan.actions.len();
    let ends = fedctl_engine::apply(&mut run, &session.organizations, session.concurrency, stop, |run| {
        ui.progress(&format!("applying: {} of {}", run.ended(), count(total, "action", "actions")));
    })
    .await;
    (ends, interrupted.into_inner())
}

/// Applied is not done: everybody who should can sign in, as far as can be known. Whoever is left for the next plan is no
/// fault of this one.
async fn prove(session: &Session, report: &Report<'_>, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut found = session.verify(ui).await.map_err(Failure::after_apply)?;
    let left: BTreeSet<&str> = report::left(report.plan).collect();
    found.people.retain(|person| !left.contains(&*person.email));
    if report.has_probed() {
        found.pair = found.pair.after_probe();
    }
    let whole = count(found.counts().whole, "person", "people");
    ui.say(&format!("{whole} can sign in as far as can be known.\nClient secret: {}\n", found.pair.as_str()));
    if found.is_whole() {
        return Ok(Exit::Done);
    }
    ui.warn(&crate::render::findings::text(&found, &session.source));
    Ok(Exit::Unproven)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_yes_is_yes_and_everything_else_is_said() {
        assert!(verdict(Some("yes")).is_ok());
        let text = |answer| verdict(answer).unwrap_err().text();
        assert!(text(Some("YES")).contains("the answer was `YES`, and only `yes`, in small letters"));
        assert!(text(Some("")).contains("empty") && text(None).contains("ended without an answer"));
        assert!(text(None).contains("nothing was written"));
    }
}

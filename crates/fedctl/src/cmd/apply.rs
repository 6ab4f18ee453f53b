//! `fedctl apply`: plans, asks, applies, and looks whether people can sign in.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use fedctl_core::apply::Run;
use fedctl_core::plan::Plan;
use fedctl_core::planner::Reach;
use fedctl_engine::journal::Journal;
use fedctl_engine::lease::Leased;

use crate::args::{Apply, Format};
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::planfile::{self, PlanFile};
use crate::render::report::{self, Report, Stopped};
use crate::render::text::{count, visible};
use crate::session::{Purpose, Session};
use crate::settle;
use crate::source::Source;
use crate::ui::Ui;
use crate::writing::{self, Writing};

/// Plans and applies.
///
/// # Errors
/// Whatever stops it before anything was written, or keeps what was done from being said.
pub async fn run(args: &Apply, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    run_for(Purpose::Apply, args, operator, ui).await
}

/// The same for something else than what the spec says by itself.
///
/// # Errors
/// As for [`run`].
pub async fn run_for(purpose: Purpose, args: &Apply, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let saved = if planfile::is_plan(&args.path) { Some(PlanFile::read(&args.path)?) } else { None };
    let session = open(purpose, args, saved.as_ref(), operator, ui)?;
    let mut writing = Writing::begin(&session).await?;
    let done = under_lease(args, saved.as_ref(), &session, &mut writing, ui).await;
    let Writing { leases, mut signals, .. } = writing;
    leases.free().await;
    let report = match done? {
        (report, Exit::Done) => report,
        (_, exit) => return Ok(exit),
    };
    if let Purpose::Destroy(_) = purpose {
        return Ok(Exit::Done);
    }
    tokio::select! {
        proved = prove(&session, &report, ui) => proved,
        () = signals.asked() => Err(failure::interrupted_after_apply()),
    }
}

/// The spec, or the one that a saved plan was made from, and the two organisations.
fn open(
    purpose: Purpose,
    args: &Apply,
    saved: Option<&PlanFile>,
    operator: Option<&Path>,
    ui: &mut Ui,
) -> Result<Session, Failure> {
    if saved.is_none() && args.exact {
        return Err(Failure::new(Exit::Usage, "--exact goes with a saved plan"));
    }
    if saved.is_some() && purpose != Purpose::Apply {
        let message = format!("`{}` takes a spec, and no saved plan", purpose.command());
        return Err(Failure::new(Exit::Usage, message).unwritten());
    }
    let source = saved.map_or_else(|| Source::read(&args.path), PlanFile::source)?;
    let session = match purpose {
        Purpose::Destroy(Reach::SecondaryOnly) => Session::open_secondary(source, operator, ui)?,
        Purpose::Apply | Purpose::Resume | Purpose::Rotate(_) | Purpose::Destroy(Reach::Both) => {
            Session::open_source(source, operator, ui)?
        }
    };
    let mut session = session.with_purpose(purpose);
    session.take_word(&args.signed_in);
    session.take_word(saved.map_or(&[], |saved| &saved.head.frame.signed_in));
    session.date_by(saved.and_then(|saved| saved.head.frame.as_of));
    session.allow.clone_from(&args.allow);
    Ok(session)
}

/// Everything that happens while no other run may write: planning, being approved, applying.
async fn under_lease(
    args: &Apply,
    saved: Option<&PlanFile>,
    session: &Session,
    writing: &mut Writing,
    ui: &mut Ui,
) -> Result<(Report, Exit), Failure> {
    let plan = tokio::select! {
        approved = writing.leases.keep(approved(args, saved, session, ui)) => approved?,
        () = writing.signals.asked() => {
            ui.end_question();
            return Err(failure::interrupted());
        }
        why = writing.leases.lost() => {
            ui.end_question();
            return Err(Failure::new(Exit::Failed, format!("the lease was lost: {why}")).unwritten());
        }
    };
    let (mut journal, path) = writing.journal(session, &plan, ui)?;
    let report = apply(session, &plan, writing, &mut journal, ui).await;
    journal.end(&plan, &report.ends, report.stopped.as_ref().map(Stopped::as_str));
    if let Some(error) = journal.given_up() {
        ui.warn(&writing::without(path.as_deref(), &error.to_string()));
    }
    tell(&report, args.format, ui)?;
    let exit = report.exit();
    if let (Some(path), true) = (path, exit != Exit::Done) {
        ui.say(&format!("Journal of this run: {}\n", visible(&path.display().to_string())));
    }
    Ok((report, exit))
}

/// The plan that may be applied: made, compared with a saved one, shown, and taken for good by somebody.
async fn approved(
    args: &Apply,
    saved: Option<&PlanFile>,
    session: &Session,
    ui: &mut Ui,
) -> Result<Arc<Plan>, Failure> {
    let bound = saved.map(|saved| &*saved.head.frame.digest);
    let (mut planned, lifted) = settle::plan(session, bound, ui).await?;
    let left = saved.map(|saved| saved.settle(&mut planned.plan, args.exact)).transpose()?.unwrap_or_default();
    if !left.is_empty() {
        session.rehearse(&mut planned);
    }
    let (rehearsed, plan) = (planned.rehearsed, planned.plan);
    let is_asked = !plan.is_empty() && plan.refusals.is_empty() && !args.auto_approve;
    let text = super::plan::view(session, &plan, rehearsed.as_ref(), args.full).text();
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
    if !plan.refusals.is_empty() {
        return Err(Failure::new(Exit::Refused, "a guard refused this plan").unwritten());
    }
    if is_asked {
        approve(ui).await?;
    }
    Ok(Arc::new(plan))
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
fn tell(report: &Report, format: Format, ui: &mut Ui) -> Result<(), Failure> {
    let printed = match format {
        Format::Text => ui.out(&report.text()),
        Format::Json => ui.out(&report.json()),
    };
    if format == Format::Json && report.stopped.is_some() {
        ui.warn(&report.rest());
    }
    printed.map_err(|failure| if report.wrote() { failure.after_writing() } else { failure.unwritten() })
}

/// Applies, until it is done, a signal asks to stop, or a lease is lost.
pub async fn apply(
    session: &Session,
    plan: &Arc<Plan>,
    writing: &mut Writing,
    journal: &mut Journal,
    ui: &mut Ui,
) -> Report {
    let mut run = Run::new(Arc::clone(plan), session.batch);
    let Writing { leases, signals, .. } = writing;
    let asked = std::cell::Cell::new(false);
    let stop = async {
        tokio::select! {
            () = signals.asked() => asked.set(true),
            _ = leases.lost() => {}
        }
    };
    let total = count(plan.actions.len(), "action", "actions");
    let organizations = Leased::new(&session.organizations, leases);
    let applying = fedctl_engine::apply(&mut run, &organizations, session.concurrency, stop, |run, note| {
        journal.note(run, note);
        if let Some(error) = journal.given_up() {
            ui.warn(&writing::without(None, &error.to_string()));
        }
        ui.progress(&format!("applying: {} of {total}", run.ended()));
    });
    let ends = leases.keep(applying).await;
    // A run that was paused and found everything done by another has written nothing, and may not have noticed.
    let lost = leases.check().await.err().map(Stopped::LeaseLost);
    Report { plan: Arc::clone(plan), ends, stopped: lost.or(asked.get().then_some(Stopped::Signal)) }
}

/// Applied is not done: everybody who should can sign in, as far as can be known. Whoever is left for the next plan is no
/// fault of this one.
async fn prove(session: &Session, report: &Report, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut found = session.verify(ui).await.map_err(Failure::after_apply)?;
    let left: BTreeSet<&str> = report::left(&report.plan).collect();
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

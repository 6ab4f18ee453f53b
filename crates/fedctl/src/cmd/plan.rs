//! `fedctl plan`: what would change, for whom, and why it is safe. It cannot write.

use std::collections::BTreeMap;
use std::path::Path;

use super::fleet;
use crate::args::{Plan, PlanFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::planfile;
use crate::render::frame::Frame;
use crate::render::rehearsed::Rehearsed;
use crate::render::rows::Rows;
use crate::render::{plan_json, plan_markdown, plan_text};
use crate::session::Session;
use crate::ui::Ui;

/// Reads both organisations and shows the plan.
///
/// # Errors
/// An invalid spec, or organisations that cannot be read or do not bear it out.
pub async fn run(args: &Plan, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let [spec] = args.specs.as_slice() else { return fleet::plan(args, operator, ui).await };
    if spec.is_dir() {
        return fleet::plan(args, operator, ui).await;
    }
    args.out.as_deref().map_or(Ok(()), planfile::may_be_written)?;
    let mut session = Session::open(spec, operator, ui)?;
    session.take_word(&args.signed_in);
    session.allow.clone_from(&args.allow);
    let mut planned = session.plan(ui).await?;
    let lifted = session.lift(&mut planned.plan, None, ui);
    let (rehearsed, mut plan) = (planned.rehearsed.as_ref(), planned.plan);
    // It costs a walk through the whole plan.
    let frame = || Frame::of(&session, &plan, rehearsed);
    let with_rows = |show: fn(&Rows, &Frame) -> String| {
        let frame = frame();
        show(&frame.rows(&plan), &frame)
    };
    ui.out(&match args.format {
        PlanFormat::Text => view(&session, &plan, rehearsed, args.full).text(),
        PlanFormat::Json => with_rows(plan_json::json),
        PlanFormat::Markdown => with_rows(plan_markdown::text),
    })?;
    if !ui.is_quiet() {
        session.source.show(&plan.warnings, ui);
    }
    lifted?;
    let exit = match (plan.refusals.is_empty(), plan.is_empty()) {
        (false, _) => Exit::Refused,
        (true, false) if args.detailed_exitcode => Exit::Found,
        (true, _) => Exit::Done,
    };
    if let Some(path) = &args.out {
        // Whoever applies it says again what they lift.
        plan.forget_lifts();
        let frame = Frame::of(&session, &plan, rehearsed);
        let saved = plan_text::View { more: "show --format json", ..view(&session, &plan, rehearsed, false) };
        planfile::write(path, &plan, &session.source, frame, saved.text())?;
        ui.say(&format!("saved to {}; apply it with: fedctl apply {}\n", path.display(), path.display()));
    }
    Ok(exit)
}

static NONE: BTreeMap<String, String> = BTreeMap::new();

/// A plan with what it is shown with.
pub fn view<'a>(
    session: &'a Session,
    plan: &'a fedctl_core::plan::Plan,
    rehearsed: Option<&'a Rehearsed>,
    full: bool,
) -> plan_text::View<'a> {
    plan_text::View {
        plan,
        rehearsed,
        source: &session.source,
        names: [&session.spec.primary, &session.spec.secondary].map(|side| side.credentials.as_str()),
        sandbox: session.spec.sandbox.as_ref().map(|sandbox| sandbox.as_str()),
        full,
        more: "--full",
        specs: if plan.others.is_empty() { &NONE } else { session.specs() },
        command: session.purpose().command(),
    }
}

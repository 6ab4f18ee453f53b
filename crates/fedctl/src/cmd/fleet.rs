//! `fedctl plan FOLDER`: every spec of a fleet, one after the other, and one report at the end. One that fails stops no other.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fedctl_core::spec::{self, Spec};

use super::plan::view;
use crate::args::{Plan, PlanFormat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::fleet::{self, Fleet, Row};
use crate::render::frame::Frame;
use crate::render::{plan_json, plan_markdown};
use crate::session::{Planned, Session};
use crate::source::{Source, is_fleet, specs_in};
use crate::ui::Ui;

/// The specs of folders and files, each once, in the order in which they are named.
///
/// # Errors
/// A folder that cannot be listed, or no spec at all.
pub fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        let mut more = vec![path.clone()];
        if path.is_dir() {
            more = specs_in(path)?;
            more.retain(|file| !is_fleet(file));
        }
        more.retain(|file| !files.contains(file));
        files.append(&mut more);
    }
    if files.is_empty() {
        return Err(
            Failure::new(Exit::Usage, "there is no spec in there").hint("a spec is a file named *.yaml or *.yml")
        );
    }
    Ok(files)
}

/// Plans each, and says at the end what they come to.
///
/// # Errors
/// Two specs of one name, options that are for one plan, or an output that nobody takes.
pub async fn plan(args: &Plan, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let files = files(&args.specs)?;
    if args.out.is_some() || !args.allow.is_empty() || !args.signed_in.is_empty() {
        let message = "--out, --allow and --signed-in are for one plan, and a fleet has several";
        return Err(Failure::new(Exit::Usage, message).hint("plan that spec by itself"));
    }
    let names = names(&files)?;
    let mut fleet = Fleet::default();
    for file in &files {
        let row = match one(args, file, operator, ui).await {
            Ok((session, planned)) => shown(args, (&session, &planned), &names, &mut fleet, ui)?,
            Err(failure) => Row::failed(failure.show(ui), failure.message()),
        };
        fleet.rows.push((file.display().to_string(), row));
    }
    ui.out(&match args.format {
        PlanFormat::Text => fleet::text(&fleet),
        PlanFormat::Json => fleet::json(&fleet),
        PlanFormat::Markdown => fleet::markdown(&fleet),
    })?;
    Ok(worst(fleet.rows.iter().map(|(_, row)| row.exit)))
}

/// The files by the names that their federations have or had.
///
/// # Errors
/// Two of them have one name: the marks of one would be the other's.
fn names(files: &[PathBuf]) -> Result<BTreeMap<String, PathBuf>, Failure> {
    let mut names: BTreeMap<String, PathBuf> = BTreeMap::new();
    for file in files {
        let rest = Source::read(file).ok().and_then(|source| spec::rest_of(source.fleet(), &source.text));
        for name in rest.iter().flat_map(Spec::names) {
            if let Some(other) = names.insert(name.to_owned(), file.clone()) {
                let message = format!("`{}` and `{}` are both federation `{name}`", other.display(), file.display());
                return Err(Failure::new(Exit::Invalid, message).unwritten().hint(
                    "what carries the mark of that name would belong to both: give one of them another `federation`, and \
                     keep names it had before under `formerly` in one file only",
                ));
            }
        }
    }
    Ok(names)
}

async fn one(args: &Plan, file: &Path, operator: Option<&Path>, ui: &mut Ui) -> Result<(Session, Planned), Failure> {
    let session = Session::open(file, operator, ui)?;
    let planned = session.plan(ui).await?;
    if !ui.is_quiet() {
        session.source.show(&planned.plan.warnings, ui);
    }
    // Text and Markdown come as they are made; a document for machines is one.
    if args.format == PlanFormat::Text {
        ui.out(&(view(&session, &planned.plan, planned.rehearsed.as_ref(), args.full).text() + "\n"))?;
    }
    Ok((session, planned))
}

/// What the report says of a plan, whose other form is printed or kept.
fn shown(
    args: &Plan,
    (session, planned): (&Session, &Planned),
    names: &BTreeMap<String, PathBuf>,
    fleet: &mut Fleet,
    ui: &mut Ui,
) -> Result<Row, Failure> {
    let plan = &planned.plan;
    let organizations = [&session.spec.primary, &session.spec.secondary].map(|side| side.organization.to_string());
    fleet.orphans(&organizations, plan.others.iter().filter(|other| !names.contains_key(&*other.federation)));
    let framed = || {
        let frame = Frame::of(session, plan, planned.rehearsed.as_ref());
        (frame.rows(plan), frame)
    };
    match args.format {
        PlanFormat::Text => {}
        PlanFormat::Markdown => {
            let (rows, frame) = framed();
            ui.out(&(plan_markdown::text(&rows, &frame) + "\n"))?;
        }
        PlanFormat::Json => {
            let (rows, frame) = framed();
            let value = serde_json::to_value(plan_json::document(&rows, &frame));
            fleet.plans.push(value.expect("documents have string keys and no failing serializer"));
        }
    }
    let exit = match (plan.refusals.is_empty(), plan.is_empty()) {
        (false, _) => Exit::Refused,
        (true, false) if args.detailed_exitcode => Exit::Found,
        (true, _) => Exit::Done,
    };
    Ok(Row::planned(exit, plan))
}

/// The worst of several ends: a difference is none, and where no plan could be made nobody knows what a guard would say.
fn worst(exits: impl Iterator<Item = Exit>) -> Exit {
    let rank = |exit: &Exit| match exit.code() {
        0 => 0,
        2 => 1,
        4 => 2,
        1 => 3,
        above => above,
    };
    exits.max_by_key(rank).unwrap_or(Exit::Done)
}

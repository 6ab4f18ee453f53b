//! `fedctl validate`: specs alone, nobody is asked.

use std::path::{Path, PathBuf};

use fedctl_core::spec::Diagnostic;

use crate::access::OperatorFile;
use crate::args::Validate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::text::{count, visible};
use crate::source::{Fleet, Source, is_fleet, specs_in};
use crate::ui::Ui;

/// Checks every spec, the defaults of their folders, and the operator file if it is named; and says so of each spec.
///
/// # Errors
/// A folder that cannot be listed; problems of files are printed and end in an exit code.
pub fn run(args: &Validate, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    if let Some(operator) = operator {
        OperatorFile::read(operator, ui)?;
    }
    let mut files = Vec::new();
    for path in &args.paths {
        files.extend(specs(path)?);
    }
    let (fleets, files): (Vec<_>, Vec<_>) = files.into_iter().partition(|file| is_fleet(file));
    if files.is_empty() && fleets.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no spec in these folders")
            .hint("a spec is a file named *.yaml or *.yml"));
    }
    let mut known = Vec::new();
    let mut problems = 0;
    for file in &fleets {
        match Fleet::read(file) {
            Ok(fleet) => known.extend(fleet.check(ui)),
            Err(failure) => problems += unreadable(&failure, ui),
        }
    }
    problems += known.len();
    for file in &files {
        problems += match Source::read(file) {
            Ok(source) => check(&source, &known, ui),
            Err(failure) => unreadable(&failure, ui),
        };
    }
    if problems > 0 {
        let what = count(files.len(), "spec", "specs");
        ui.warn(&format!("{}, {} in all\n", what, count(problems, "problem", "problems")));
        return Ok(Exit::Invalid);
    }
    Ok(Exit::Done)
}

fn unreadable(failure: &Failure, ui: &mut Ui) -> usize {
    failure.show(ui);
    1
}

/// Checks one spec; what was said of its defaults already is not said again for each spec.
fn check(source: &Source, known: &[Diagnostic], ui: &mut Ui) -> usize {
    let mut parsed = source.parse();
    parsed.problems.retain(|problem| !known.contains(problem));
    source.show(&parsed.problems, ui);
    if parsed.spec.is_some() {
        ui.say(&format!("{}: valid\n", visible(&source.name())));
    }
    parsed.problems.len()
}

/// The file itself, or every spec of a folder, by name.
fn specs(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    specs_in(path)
}

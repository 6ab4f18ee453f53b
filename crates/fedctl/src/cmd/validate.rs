//! `fedctl validate`: specs alone, nobody is asked.

use std::path::{Path, PathBuf};

use crate::args::Validate;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::render::text::{count, visible};
use crate::session::Source;
use crate::ui::Ui;

/// Checks every spec, and says so of each.
///
/// # Errors
/// A path that cannot be read; problems of specs are printed and end in an exit code.
pub fn run(args: &Validate, ui: &mut Ui) -> Result<Exit, Failure> {
    let mut files = Vec::new();
    for path in &args.paths {
        files.extend(specs(path)?);
    }
    let mut problems = 0;
    for file in &files {
        let source = Source::read(file)?;
        let parsed = fedctl_core::spec::parse(&source.text);
        source.show(&parsed.problems, ui);
        problems += parsed.problems.len();
        if parsed.spec.is_some() {
            ui.say(&format!("{}: valid\n", visible(&source.name())));
        }
    }
    let what = count(files.len(), "spec", "specs");
    if problems > 0 {
        ui.warn(&format!("{}, {} in all\n", what, count(problems, "problem", "problems")));
        return Ok(Exit::Invalid);
    }
    if files.is_empty() {
        return Err(Failure::new(Exit::Usage, "there is no spec in these folders")
            .hint("a spec is a file named *.yaml or *.yml"));
    }
    Ok(Exit::Done)
}

/// The file itself, or every spec of a folder, by name.
fn specs(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = std::fs::read_dir(path)
        .map_err(|error| Failure::new(Exit::Usage, format!("`{}` cannot be listed", path.display())).because(&error))?;
    let is_spec = |file: &PathBuf| {
        file.is_file() && file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
    };
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_spec).collect();
    files.sort();
    Ok(files)
}

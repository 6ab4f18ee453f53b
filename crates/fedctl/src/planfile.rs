//! Plan files: gzip of the lines of a plan behind one line that says what it belongs to.
//!
//! A plan file holds no secret and no attribute of others, so it may be an artefact of a pipeline. It is an upper bound and
//! never run: applying it makes a fresh plan and compares.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fedctl_core::plan::Plan;
use fedctl_core::plan::saved::{Saved, Stale};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;
use crate::render::frame::Frame;
use crate::render::plan_diff;
use crate::render::rows::Rows;
use crate::source::Source;

/// How long a plan may be applied, in seconds of the server's clock: a week.
const LIVES: u64 = 7 * 24 * 60 * 60;
/// The most that a plan file may hold once it is unpacked.
const LARGEST: u64 = 512 * 1024 * 1024;
/// How many reasons, and how many lines of a difference, are shown.
const SHOWN: usize = 20;
/// What to do about a plan that cannot be applied any more.
const AGAIN: &str = "make a new plan with `fedctl plan --out FILE`, and have it looked at";
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a plan file belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The name and version of this format.
    schema: String,
    /// The version of fedctl that wrote it.
    fedctl: String,
    /// The spec, as seen from the folder of the plan file.
    spec: PathBuf,
    /// SHA-256 of the spec's text and of its defaults.
    spec_sha256: String,
    /// What it is shown with.
    pub frame: Frame,
    /// What was shown of it.
    pub text: String,
}

/// A plan file that was read.
pub struct PlanFile {
    /// What it belongs to.
    pub head: Head,
    lines: String,
    folder: PathBuf,
}

const SCHEMA: &str = "fedctl.planfile.v1";

/// Whether a file is a plan, by its first bytes.
pub fn is_plan(path: &Path) -> bool {
    let mut start = [0; 2];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == MAGIC
}

/// Refuses to write a plan over a file that is no plan: it may be the spec.
///
/// # Errors
/// There is such a file.
pub fn may_be_written(path: &Path) -> Result<(), Failure> {
    let is_other = std::fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() > 0) && !is_plan(path);
    if !is_other {
        return Ok(());
    }
    let message = format!("`{}` is there and is not a plan", path.display());
    Err(Failure::new(Exit::Usage, message).hint("choose another name for --out"))
}

/// Writes a plan, readable for its owner alone.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, plan: &Plan, source: &Source, frame: Frame, text: String) -> Result<(), Failure> {
    let pack = || -> std::io::Result<()> {
        let head = Head {
            schema: SCHEMA.to_owned(),
            fedctl: env!("CARGO_PKG_VERSION").to_owned(),
            spec: seen_from(path, &source.path)?,
            spec_sha256: sha256(source.whole().as_bytes()),
            frame,
            text,
        };
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        writeln!(packed, "{}", serde_json::to_string(&head)?)?;
        for line in plan.lines() {
            writeln!(packed, "{line}")?;
        }
        private::write(path, &packed.finish()?)
    };
    pack().map_err(|error| {
        Failure::new(Exit::Failed, format!("the plan cannot be written to `{}`", path.display())).because(&error)
    })
}

/// The way from a plan file to its spec, so that both can be moved together; where the spec is not below the folder of the
/// plan file, the whole path.
fn seen_from(plan: &Path, spec: &Path) -> std::io::Result<PathBuf> {
    let (plan, spec) = (std::path::absolute(plan)?, std::path::absolute(spec)?);
    let below = plan.parent().and_then(|folder| spec.strip_prefix(folder).ok());
    Ok(below.map_or_else(|| spec.clone(), Path::to_owned))
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl PlanFile {
    /// Reads a plan file and checks that it is whole.
    ///
    /// # Errors
    /// It cannot be read, is no plan, is of another version, or was changed.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let file = std::fs::File::open(path).map_err(|error| {
            Failure::new(Exit::Usage, format!("`{}` cannot be read", path.display())).because(&error)
        })?;
        Self::of(path, file)
    }

    /// The same of what stands in a file of this name.
    ///
    /// # Errors
    /// It is no plan, is of another version, or was changed.
    pub fn of(path: &Path, file: impl Read) -> Result<Self, Failure> {
        let name = path.display();
        let no_plan = |why: &str| {
            Failure::new(Exit::Usage, format!("`{name}` is no plan: {why}"))
                .hint("write one with `fedctl plan --out FILE`")
        };
        let mut text = String::new();
        let unpacked = GzDecoder::new(file).take(LARGEST).read_to_string(&mut text);
        unpacked.map_err(|error| no_plan("it cannot be unpacked").because(&error))?;
        let (head, lines) = text.split_once('\n').ok_or_else(|| no_plan("it is empty"))?;
        let head: Head = serde_json::from_str(head).map_err(|_| no_plan("its first line is another"))?;
        if head.schema != SCHEMA {
            return Err(no_plan(&format!("its format is {}, and this version reads {SCHEMA}", head.schema)));
        }
        if sha256(lines.as_bytes()) != head.frame.digest {
            return Err(no_plan("it was damaged or changed since it was written"));
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { lines: lines.to_owned(), head, folder })
    }

    /// What is in it, to be shown.
    ///
    /// # Errors
    /// A line that is none of a plan.
    pub fn rows(&self) -> Result<Rows, Failure> {
        Ok(Rows::of(self.lines.lines()).map_err(|error| unreadable(&error))?.framed(&self.head.frame))
    }

    /// The spec that it was made from, if that says what it said then.
    ///
    /// # Errors
    /// The spec cannot be read, or is another text now.
    pub fn source(&self) -> Result<Source, Failure> {
        let path = self.folder.join(&self.head.spec);
        let source = Source::read(&path).map_err(|failure| {
            failure.hint("the plan was made from this spec: put it there, as it was, or make a new plan")
        })?;
        if sha256(source.whole().as_bytes()) == self.head.spec_sha256 {
            return Ok(source);
        }
        let message = format!("the saved plan is stale: `{}` was changed since it was made", source.name());
        Err(Failure::new(Exit::Stale, message).unwritten().hint(AGAIN))
    }

    /// Takes out of a fresh plan the people for whom this one does nothing, and gives their addresses. With `exact` nobody
    /// is taken out.
    ///
    /// # Errors
    /// The plan is stale, for the fresh one is more; with `exact`, for it is not the very same: which object and field.
    pub fn settle(&self, fresh: &mut Plan, exact: bool) -> Result<Vec<Arc<str>>, Failure> {
        let age = fresh.as_of.zip(self.head.frame.as_of).map(|(now, then)| now.saturating_sub(then));
        if age.is_some_and(|age| age > LIVES) {
            let message = "the saved plan is stale: it is older than a week";
            return Err(Failure::new(Exit::Stale, message).unwritten().hint(AGAIN));
        }
        let saved = Saved::parse(self.lines.lines()).map_err(|error| unreadable(&error))?;
        if exact {
            let is_same = fresh.digest() == self.head.frame.digest;
            let message = "the saved plan is stale: what would be done now is not exactly it";
            return if is_same {
                Ok(Vec::new())
            } else {
                Err(self.stale(message, &saved.differences(fresh), fresh)?)
            };
        }
        let left = saved.restrict(fresh);
        let reasons = saved.allows(fresh);
        let message = "the saved plan is stale: what would be done now is not all in it";
        if reasons.is_empty() { Ok(left) } else { Err(self.stale(message, &reasons, fresh)?) }
    }

    fn stale(&self, message: &str, reasons: &[Stale], fresh: &Plan) -> Result<Failure, Failure> {
        let mut lines: Vec<String> = reasons.iter().take(SHOWN).map(Stale::to_string).collect();
        lines.extend(more(reasons.len()));
        let now = Rows::of(fresh.lines()).map_err(|error| unreadable(&error))?;
        lines.push("the saved plan (-) and a fresh one (+):".to_owned());
        let diff = plan_diff::lines(&self.rows()?, &now);
        lines.extend(diff.iter().take(SHOWN).cloned());
        lines.extend(more(diff.len()));
        Ok(Failure::new(Exit::Stale, message).unwritten().lines(lines).hint(AGAIN))
    }
}

fn more(number: usize) -> Option<String> {
    (number > SHOWN).then(|| format!("and {} more", number - SHOWN))
}

fn unreadable(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Usage, "the plan file cannot be read").because(error).hint(AGAIN)
}

//! Plan files: gzip of the lines of a plan behind one line that says what it belongs to.
//!
//! A plan file holds no secret and no attribute of others, so it may be an artefact of a pipeline. It is an upper bound and
//! never run: applying it makes a fresh plan and compares.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use fedctl_core::plan::Plan;
use fedctl_core::plan::saved::{Saved, Stale};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::source::Source;

/// How long a plan may be applied, in seconds of the server's clock: a week.
const LIVES: u64 = 7 * 24 * 60 * 60;
/// The most that a plan file may hold once it is unpacked.
const LARGEST: u64 = 512 * 1024 * 1024;
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// What a plan file belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The name and version of this format.
    schema: String,
    /// The version of fedctl that wrote it.
    fedctl: String,
    /// The spec, as it was named.
    pub spec: PathBuf,
    /// SHA-256 of the spec's text and of its defaults.
    spec_sha256: String,
    /// The server's clock of the reading, seconds since 1970.
    as_of: Option<u64>,
    /// The digest of the plan.
    pub digest: String,
    /// What was shown of it.
    pub text: String,
}

/// A plan file that was read.
pub struct PlanFile {
    /// What it belongs to.
    pub head: Head,
    lines: String,
}

const SCHEMA: &str = "fedctl.planfile.v1";

/// Whether a file is a plan, by its first bytes.
pub fn is_plan(path: &Path) -> bool {
    let mut start = [0; 2];
    std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == MAGIC
}

/// Writes a plan, readable for its owner alone.
///
/// # Errors
/// The file cannot be written.
pub fn write(path: &Path, plan: &Plan, source: &Source, text: String) -> Result<(), Failure> {
    let head = Head {
        schema: SCHEMA.to_owned(),
        fedctl: env!("CARGO_PKG_VERSION").to_owned(),
        spec: source.path.clone(),
        spec_sha256: sha256(source.whole().as_bytes()),
        as_of: plan.as_of,
        digest: plan.digest(),
        text,
    };
    let pack = || -> std::io::Result<()> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        writeln!(packed, "{}", serde_json::to_string(&head)?)?;
        for line in plan.lines() {
            writeln!(packed, "{line}")?;
        }
        private(path)?.write_all(&packed.finish()?)
    };
    pack().map_err(|error| {
        Failure::new(Exit::Failed, format!("the plan cannot be written to `{}`", path.display())).because(&error)
    })
}

#[cfg(unix)]
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

#[cfg(not(unix))]
fn private(path: &Path) -> std::io::Result<std::fs::File> {
    std::fs::File::create(path)
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl PlanFile {
    /// Reads a plan file and checks that it is whole.
    ///
    /// # Errors
    /// It cannot be read, is no plan, is of another version, or was changed.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let no_plan = |why: &str| {
            Failure::new(Exit::Usage, format!("`{name}` is no plan: {why}"))
                .hint("write one with `fedctl plan --out FILE`")
        };
        let file = std::fs::File::open(path)
            .map_err(|error| Failure::new(Exit::Usage, format!("`{name}` cannot be read")).because(&error))?;
        let mut text = String::new();
        let unpacked = GzDecoder::new(file).take(LARGEST).read_to_string(&mut text);
        unpacked.map_err(|error| no_plan("it cannot be unpacked").because(&error))?;
        let (head, lines) = text.split_once('\n').ok_or_else(|| no_plan("it is empty"))?;
        let head: Head = serde_json::from_str(head).map_err(|_| no_plan("its first line is another"))?;
        if head.schema != SCHEMA {
            return Err(no_plan(&format!("its format is {}, and this version reads {SCHEMA}", head.schema)));
        }
        if sha256(lines.as_bytes()) != head.digest {
            return Err(no_plan("it was damaged or changed since it was written"));
        }
        Ok(Self { lines: lines.to_owned(), head })
    }

    /// The lines of the plan.
    pub fn lines(&self) -> &str {
        &self.lines
    }

    /// Refuses when the fresh plan is more than this one, or with `exact` when it is not the very same.
    ///
    /// # Errors
    /// The plan is stale: which object and which field.
    pub fn allows(&self, fresh: &Plan, source: &Source, exact: bool) -> Result<(), Failure> {
        if sha256(source.whole().as_bytes()) != self.head.spec_sha256 {
            return Err(stale(vec![format!("`{}` is not the text that the plan was made from", source.name())]));
        }
        let age = fresh.as_of.zip(self.head.as_of).map(|(now, then)| now.saturating_sub(then));
        if age.is_some_and(|age| age > LIVES) {
            return Err(stale(vec!["it is older than a week".to_owned()]));
        }
        if exact && fresh.digest() != self.head.digest {
            return Err(stale(vec![format!(
                "its digest is {}, and that of a fresh plan is {}",
                self.head.digest,
                fresh.digest()
            )]));
        }
        let saved = Saved::parse(self.lines.lines())
            .map_err(|error| Failure::new(Exit::Usage, "the plan file cannot be read").because(&error))?;
        let reasons = saved.allows(fresh);
        if reasons.is_empty() { Ok(()) } else { Err(stale(reasons.iter().map(Stale::to_string).collect())) }
    }
}

fn stale(reasons: Vec<String>) -> Failure {
    const SHOWN: usize = 20;
    let more = reasons.len().saturating_sub(SHOWN);
    let mut lines: Vec<String> = reasons.into_iter().take(SHOWN).collect();
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    Failure::new(Exit::Stale, "the saved plan is stale: what would be done now is not all in it")
        .unwritten()
        .lines(lines)
        .hint("make a new plan with `fedctl plan --out FILE`, and have it looked at")
}

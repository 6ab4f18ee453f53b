//! What a run is about to do and what came of it, a line of JSON each, written before the next thing happens. For people
//! and audit: no run reads it to find out what to do, and a run without it is as right.
//!
//! A line holds managed fields only, as the plan shows them: no body of a request, no answer, no secret. A journal that
//! cannot be written is given up at once, and said so by whoever asks [`Journal::given_up`]; repairing a sign-in does not
//! wait for a disk.

mod lines;

use std::fs::OpenOptions;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use fedctl_core::apply::{End, Run};
use fedctl_core::plan::Plan;

pub use lines::{Came, Change, Head, Line, SCHEMA};

use crate::Note;
use crate::lease::Clock;
use crate::private;

/// The end of a file in which the last line of an earlier journal is looked for, in bytes.
const TAIL: u64 = 64 * 1024;

/// The journal of one run.
pub struct Journal {
    out: Option<Box<dyn Write + Send>>,
    clock: Clock,
    error: Option<io::Error>,
}

/// How the journal of an earlier run ends that did not write to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub path: PathBuf,
    /// Its last line is cut off.
    pub is_torn: bool,
}

impl Journal {
    /// Begins a file of its own in a folder, which is made if need be; gives its path, too.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn begin(folder: &Path, head: Head<'_>, clock: Clock) -> io::Result<(Self, PathBuf)> {
        private::folder(folder)?;
        let path = folder.join(format!("{}-{}.jsonl", head.federation, head.run));
        let mut options = OpenOptions::new();
        let file = private::mode(options.append(true).create_new(true)).open(&path)?;
        let mut journal = Self::to(file, clock);
        journal.write(|at| Line::begin(at, head));
        match journal.error.take() {
            Some(error) => Err(error),
            None => Ok((journal, path)),
        }
    }

    /// A journal without a file.
    pub fn none() -> Self {
        Self { out: None, clock: std::sync::Arc::new(|| std::time::Duration::ZERO), error: None }
    }

    fn to(out: impl Write + Send + 'static, clock: Clock) -> Self {
        Self { out: Some(Box::new(out)), clock, error: None }
    }

    /// Writes down what happens while a plan is applied.
    pub fn note(&mut self, run: &Run, note: &Note<'_>) {
        match note {
            Note::Intent { write, action, request } => {
                let plan = run.plan();
                self.write(|at| Line::intent(at, *write, *action, plan, request));
            }
            Note::Outcome { write, outcome } => self.write(|at| Line::outcome(at, *write, outcome)),
            Note::Answered => {}
        }
    }

    /// Writes down how the actions ended, and why the run was stopped, if it was.
    pub fn end(&mut self, plan: &Plan, ends: &[End], stopped: Option<&str>) {
        for (action, end) in (0u32..).zip(ends) {
            self.write(|at| Line::action(at, plan, action, end));
        }
        self.write(|at| Line::end(at, ends, stopped));
    }

    /// Why it was given up, the first time that somebody asks after it was.
    pub fn given_up(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// One write for one line: a run that is killed tears at most the last.
    fn write<'a>(&mut self, line: impl FnOnce(String) -> Line<'a>) {
        let Some(out) = &mut self.out else { return };
        let text = line(crate::utc((self.clock)())).to_text();
        if let Err(error) = out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            self.out = None;
            self.error = Some(error);
        }
    }
}

/// The newest journal of a federation in a folder, if it does not go to its end: its run was killed, or could not write.
pub fn broken(folder: &Path, federation: &str) -> Option<Broken> {
    let is_ours = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let run = name.strip_suffix(".jsonl").and_then(|name| name.strip_prefix(federation));
        // A run's id begins with the time at which it began, and is as long as another's.
        run.and_then(|run| run.strip_prefix('-')).is_some_and(|run| run.len() == lines::RUN_LENGTH)
    };
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let path = files.filter(is_ours).max()?;
    let tail = tail(&path).ok()?;
    let (whole, last) = tail.rsplit_once('\n')?;
    let is_torn = !last.is_empty();
    let is_whole = !is_torn && lines::is_end(whole.rsplit('\n').next().unwrap_or_default());
    (!is_whole).then_some(Broken { path, is_torn })
}

fn tail(path: &Path) -> io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    Ok(String::from_utf8_lossy(&tail).into_owned())
}

#[cfg(test)]
mod tests;

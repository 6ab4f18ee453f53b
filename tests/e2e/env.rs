//! A hermetic place to run the program in: a folder of its own, no environment, and output that can be compared.

use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// An empty folder that is home and working directory of every run.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().expect("there is a place for temporary files") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).expect("a file can be written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).expect("the file is there")
    }

    /// The program with these arguments, which have no blanks in them.
    pub(crate) fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fedctl"));
        command.args(args.split_whitespace()).current_dir(self.path()).stdin(Stdio::null());
        // A sandbox that a test ends the hard way leaves its temporary folder behind.
        command.env_clear().env("HOME", self.path()).env("TMPDIR", self.path()).env("LC_ALL", "C");
        command
    }

    /// Runs the program to its end.
    pub(crate) fn run(&self, args: &str) -> Run {
        Run::of(&mut self.command(args))
    }
}

/// A run of the program that has ended.
#[must_use = "either snapshot the run or assert its status"]
pub(crate) struct Run {
    args: Vec<String>,
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program starts");
        Self::ended(command, &output)
    }

    /// A run that has ended already.
    pub(crate) fn ended(command: &Command, output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("the program prints text");
        Self {
            args: command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect(),
            status: output.status.code().expect("the program was not killed"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Asserts the exit code, and shows everything if it is another.
    #[track_caller]
    pub(crate) fn exits_with(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{self}");
        self
    }

    /// What the program was told.
    pub(crate) fn args(&self) -> String {
        self.args.join(" ")
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }
}

impl fmt::Display for Run {
    /// As in a terminal, with what differs from run to run left out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "$ fedctl {}\nexit code {}", redact(&self.args.join(" ")), self.status)?;
        for (name, text) in [("standard output", &self.stdout), ("standard error", &self.stderr)] {
            if !text.is_empty() {
                write!(f, "\n--- {name}\n{}", redact(text))?;
            }
        }
        Ok(())
    }
}

/// What depends on the port, which is another each time: the port itself, and digests of what names it. Ids and client
/// ids stay: the seed decides them.
pub(crate) fn redact(text: &str) -> String {
    digests(&ports(text))
}

/// Without ids in brackets, which tell objects of one name apart: the order in which several things are made at once decides
/// them.
pub(crate) fn without_ids(text: &str) -> String {
    let is_id = |inner: &str| inner.len() == 24 && inner.bytes().all(|digit| digit.is_ascii_hexdigit());
    let piece = |piece: &str| match piece.split_once(']') {
        Some((inner, rest)) if is_id(inner) => format!("ID]{rest}"),
        Some(_) | None => piece.to_owned(),
    };
    text.split('[').map(piece).collect::<Vec<_>>().join("[")
}

/// With every time of day as midnight: how long something takes differs from run to run.
pub(crate) fn midnight(line: &str) -> String {
    let is_time = |text: &str| {
        let mut bytes = text.bytes();
        text.len() == 9
            && "dd:dd:ddZ".bytes().all(|wanted| match bytes.next() {
                Some(digit) if wanted == b'd' => digit.is_ascii_digit(),
                byte => byte == Some(wanted),
            })
    };
    let mut parts = line.split('T');
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let time = part.get(..9).filter(|time| is_time(time));
        shown.push('T');
        shown.push_str(time.map_or("", |_| "00:00:00Z"));
        shown.push_str(&part[time.map_or(0, str::len)..]);
    }
    shown
}

fn ports(text: &str) -> String {
    let mut parts = text.split("127.0.0.1:");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|digit: char| digit.is_ascii_digit());
        out.extend(["127.0.0.1:", if rest == part { "" } else { "PORT" }, rest]);
    }
    out
}

fn digests(text: &str) -> String {
    let is_digest = |word: &str| matches!(word.len(), 16 | 64) && word.bytes().all(|digit| digit.is_ascii_hexdigit());
    let word = |word: &str| if is_digest(word) { "DIGEST".to_owned() } else { word.to_owned() };
    let pieces = text.split_inclusive(|c: char| !c.is_ascii_alphanumeric());
    let piece = |piece: &str| match piece.char_indices().next_back() {
        Some((at, end)) if !end.is_ascii_alphanumeric() => format!("{}{end}", word(&piece[..at])),
        _ => word(piece),
    };
    pieces.map(piece).collect()
}

#[test]
fn only_ids_in_brackets_are_left_out() {
    let id = "6abe1300ac1f576700000064";
    assert_eq!(without_ids(&format!("[x] app [{id}]/{id} [{id}")), format!("[x] app [ID]/{id} [{id}"));
}

#[test]
fn only_what_differs_from_run_to_run_is_redacted() {
    let digest = "0123456789abcdef".repeat(4);
    let lift = format!("--allow capture@{}", &digest[..16]);
    let text =
        format!("http://127.0.0.1:40123/oauth (6abe1300ac1f576700000001)\nDigest: {digest}\n\"{digest}\" {lift}");
    let redacted =
        "http://127.0.0.1:PORT/oauth (6abe1300ac1f576700000001)\nDigest: DIGEST\n\"DIGEST\" --allow capture@DIGEST";
    assert_eq!(redact(&text), redacted);
}

#[test]
fn times_of_day_are_shown_as_midnight_and_nothing_else_is() {
    assert_eq!(midnight("at 2026-10-01T09:14:07Z by T, To"), "at 2026-10-01T00:00:00Z by T, To");
}

//! Journals that are whole, torn, or cannot be written.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use fedctl_core::request::Outcome;

use super::*;

fn clock() -> Clock {
    Arc::new(|| Duration::from_secs(1_795_530_000))
}

fn head(run: &'static str) -> Head<'static> {
    Head {
        run,
        who: "ann@host, process 7",
        fedctl: "0.1.0",
        federation: "acme-to-beta",
        spec: "acme.yaml",
        spec_sha256: "00",
        plan: "11",
        primary: "5f0c0d3e9b1e8a0001a1b2c3",
        secondary: "61aa0d3e9b1e8a0001a1b2c3",
        lease: "files",
        simulated: false,
    }
}

const RUN: &str = "0199b2f0-0000-7000-8000-000000000001";
const NEXT: &str = "0199b2f0-0000-7000-8000-000000000002";

/// A disk with room for so many bytes.
struct Disk {
    room: usize,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let fits = bytes.len().min(self.room);
        if fits == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room -= fits;
        self.written.lock().unwrap().extend_from_slice(&bytes[..fits]);
        Ok(fits)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_journal_is_private_begins_with_its_format_and_is_whole_when_it_has_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state/journal");
    let (mut journal, path) = Journal::begin(&state, head(RUN), clock()).unwrap();
    assert_eq!(broken(&state, "acme-to-beta"), Some(Broken { path: path.clone(), is_torn: false }));
    journal.write(|at| Line::end(at, &[End::Applied, End::NotStarted], None));
    assert_eq!(broken(&state, "acme-to-beta"), None);
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["line"], &lines[0]["schema"]), (&"begin".into(), &SCHEMA.into()));
    assert_eq!(lines[0]["at"], "2026-11-24T14:20:00Z");
    assert_eq!(lines[1]["counts"], serde_json::json!({"applied": 1, "not-started": 1}));
    assert!(Journal::begin(&state, head(RUN), clock()).is_err(), "no run writes into the journal of another");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_last_line_that_was_cut_off_is_seen_and_the_next_run_has_a_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let (_, path) = Journal::begin(folder.path(), head(RUN), clock()).unwrap();
    let mut text = std::fs::read(&path).unwrap();
    text.extend_from_slice(br#"{"line":"intent","at":"2026"#);
    std::fs::write(&path, text).unwrap();
    assert_eq!(broken(folder.path(), "acme-to-beta"), Some(Broken { path, is_torn: true }));
    assert_eq!(broken(folder.path(), "acme"), None, "another federation's");
    assert_eq!(broken(&folder.path().join("nowhere"), "acme-to-beta"), None);
    let (mut journal, _) = Journal::begin(folder.path(), head(NEXT), clock()).unwrap();
    journal.write(|at| Line::end(at, &[], None));
    assert_eq!(broken(folder.path(), "acme-to-beta"), None, "only the newest matters");
}

#[test]
fn a_full_disk_is_said_once_and_nothing_is_written_after_it() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let mut journal = Journal::to(Disk { room: 100, written: Arc::clone(&written) }, clock());
    for _ in 0..5 {
        journal.write(|at| Line::end(at, &[End::Applied], None));
    }
    assert_eq!(journal.given_up().unwrap().kind(), io::ErrorKind::StorageFull);
    assert!(journal.given_up().is_none());
    assert_eq!(written.lock().unwrap().len(), 100);
}

#[test]
fn whatever_a_name_holds_a_line_is_one_line_of_visible_ascii() {
    let nasty = "\u{1b}[2J\u{9b}31m\u{202e}\n\r\u{2028}\u{7f}😀\"\\";
    let outcome = Outcome::NotSent(nasty.to_owned());
    let text = Line::outcome("now".to_owned(), 1, &outcome).to_text();
    assert_eq!(text.matches('\n').count(), 1);
    assert!(text.trim_end().bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{text:?}");
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(read["why"], nasty);
}

#[test]
fn what_is_answered_is_not_written_down() {
    let answer = fedctl_core::request::Answer {
        status: 400,
        body: zeroize::Zeroizing::new(b"{\"message\":\"canary\"}".to_vec()),
        total: None,
        date: None,
        retry_after: None,
        said: Some("canary".to_owned()),
    };
    let outcome = Outcome::Answered(answer);
    let text = Line::outcome("now".to_owned(), 1, &outcome).to_text();
    assert!(text.contains("\"status\":400") && !text.contains("canary"), "{text}");
}

//! Texts that people write, and files that fedctl writes and reads again.

use std::io::Write as _;
use std::path::Path;

use fedctl::mask::mask;
use fedctl::planfile::{PlanFile, sha256};
use fedctl::render::{plan_diff, plan_json, plan_markdown};
use fedctl::snippet::{self, Page};
use fedctl_client::Redactor;
use fedctl_core::operator;
use fedctl_core::plan::saved::Saved;
use fedctl_core::spec::{self, Diagnostic};
use fedctl_core::text;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::{service, sinks};

pub(crate) fn specs() -> Vec<Vec<u8>> {
    let hostile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fedctl-core/tests/hostile");
    let files = std::fs::read_dir(hostile).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<_> = files.collect();
    files.sort();
    let mut texts: Vec<Vec<u8>> = files.iter().map(|file| std::fs::read(file).unwrap()).collect();
    texts.push(include_bytes!("../../specs/acme.yaml").to_vec());
    texts.push(include_bytes!("../../specs/minimal.yaml").to_vec());
    texts.retain(|text| text.len() < 10_000);
    texts
}

pub(crate) fn spec(input: &[u8]) {
    let Ok(text) = text::decode(input) else { return };
    let parsed = spec::parse(text);
    assert_eq!(parsed.spec.is_none(), !parsed.problems.is_empty(), "{text:?}");
    shown(text, &parsed.problems);
}

pub(crate) fn operators() -> Vec<Vec<u8>> {
    vec![include_bytes!("../../docs/operator.example.yaml").to_vec()]
}

pub(crate) fn operator(input: &[u8]) {
    let Ok(text) = text::decode(input) else { return };
    shown(text, &operator::parse(text).problems);
}

/// What is pointed at is inside of the text, and nothing that hides reaches a terminal.
fn shown(text: &str, problems: &[Diagnostic]) {
    for label in problems.iter().take(20).flat_map(|problem| &problem.labels) {
        if let Some(position) = label.at.locate(text) {
            assert!(text.get(position.byte..position.byte + position.len).is_some(), "{label:?} {position:?}");
        }
    }
    assert_eq!(mask(text).len(), text.len());
    let problems = &problems[..problems.len().min(5)];
    sinks::is_plain(&snippet::render(problems, &Page::new("s.yaml", text), None, false));
}

/// Plan files as text, before they are packed: the line of the file, and those of a plan.
pub(crate) fn plan_files() -> Vec<Vec<u8>> {
    let plan = service::first_plan();
    let lines: Vec<String> = plan.lines().collect();
    let frame = serde_json::to_value(sinks::frame(&plan.digest())).unwrap();
    let head = serde_json::json!({
        "schema": "fedctl.planfile.v1", "fedctl": "0", "spec": "s.yaml", "spec_sha256": "0".repeat(64), "frame": frame,
        "text": "what was shown\n",
    });
    let short = lines.iter().take(12).map(|line| format!("{line}\n")).collect::<String>();
    vec![format!("{head}\n{short}").into_bytes()]
}

pub(crate) fn plan_file(input: &[u8]) {
    // As it is, and as somebody writes it who can count: with the digest of its lines.
    read_plan(input);
    let Ok(text) = std::str::from_utf8(input) else { return };
    let Some((head, lines)) = text.split_once('\n') else { return };
    let Ok(mut head) = serde_json::from_str::<serde_json::Value>(head) else { return };
    if let Some(digest) = head.pointer_mut("/frame/digest") {
        *digest = sha256(lines.as_bytes()).into();
    }
    read_plan(format!("{head}\n{lines}").as_bytes());
}

fn read_plan(unpacked: &[u8]) {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(unpacked).unwrap();
    let packed = packed.finish().unwrap();
    let Ok(file) = PlanFile::of(Path::new("x.plan"), packed.as_slice()) else { return };
    let Ok(rows) = file.rows() else { return };
    sinks::is_plain(&plan_diff::lines(&rows, &rows).concat());
    sinks::is_json(&plan_json::json(&rows, &file.head.frame));
    sinks::is_markdown(&plan_markdown::text(&rows, &file.head.frame));
    let text = String::from_utf8_lossy(unpacked);
    drop(Saved::parse(text.lines().skip(1)));
}

pub(crate) fn journals() -> Vec<Vec<u8>> {
    vec![
        b"{\"run\":{\"format\":1,\"federation\":\"f\"}}\n{\"intent\":{\"target\":\"primary/user/x\"}}\n{\"end\":{}}\n"
            .to_vec(),
        b"{\"end\":\n".to_vec(),
        b"\xff\xfe\n\n\n".to_vec(),
    ]
}

/// Journals are only looked at for how they end.
pub(crate) fn journal(input: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    for length in [20, 26, 32, 36] {
        std::fs::write(folder.path().join(format!("f-{}.jsonl", "0".repeat(length))), input).unwrap();
    }
    if let Some(broken) = fedctl_engine::journal::broken(folder.path(), "f") {
        assert!(broken.path.starts_with(folder.path()));
    }
}

const SECRET: &str = "a\"b+c/d=\\'secret";

pub(crate) fn messages() -> Vec<Vec<u8>> {
    let said = |text: &str| text.replace("SECRET", SECRET).into_bytes();
    [
        "bad key SECRET",
        "{\"clientSecret\":\"SECRET\",\"a\":1}",
        "client_secret=SECRET&x=1",
        "Authorization: Basic SECRET",
    ]
    .map(said)
    .to_vec()
}

/// What an answer says has no secret in it that is known, whatever stands around it.
pub(crate) fn message(input: &[u8]) {
    let redactor = Redactor::default();
    redactor.learn(SECRET);
    let text = String::from_utf8_lossy(input);
    let clean = redactor.clean(&text);
    assert!(!clean.contains(SECRET), "{text:?} {clean:?}");
}

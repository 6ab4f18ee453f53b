//! Rules of this repository that a machine can check. Each is a test that says where its rule is broken.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Which crates of the workspace a crate may use, dev-dependencies apart.
const MAY_USE: [(&str, &[&str]); 7] = [
    ("fedctl-core", &[]),
    ("fedctl-client", &[]),
    ("fedctl-engine", &["fedctl-core", "fedctl-client"]),
    ("jumpcloud-sim", &[]),
    ("fedctl-rehearsal", &["fedctl-core", "jumpcloud-sim"]),
    ("fedctl", &["fedctl-core", "fedctl-client", "fedctl-engine", "fedctl-rehearsal", "jumpcloud-sim"]),
    ("xtask", &["fedctl-core", "fedctl-client", "fedctl-engine", "fedctl-rehearsal", "jumpcloud-sim"]),
];

/// Crates without IO: what they read is handed to them.
const PURE: [&str; 3] = ["fedctl-core", "fedctl-rehearsal", "jumpcloud-sim"];

/// Of a pure crate, the folders that are not pure: each is behind a feature.
const FACES: [&str; 2] = ["crates/jumpcloud-sim/src/http/", "crates/jumpcloud-sim/src/proxy/"];

/// What a pure crate may use only behind a feature.
const IMPURE: [&str; 11] = [
    "aws-lc-rs",
    "axum",
    "hyper",
    "hyper-util",
    "jsonwebtoken",
    "rcgen",
    "reqwest",
    "tokio",
    "tokio-rustls",
    "tracing",
    "tracing-subscriber",
];

/// Modules of `std` that a pure crate leaves alone.
const OUTSIDE: [&str; 5] = ["env", "fs", "net", "process", "thread"];

/// Types of `std::time` that read a clock.
const CLOCKS: [&str; 2] = ["Instant", "SystemTime"];

/// The most lines of a file, its tests apart.
const LONGEST_FILE: usize = 400;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    rust_version: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    rename: Option<String>,
    kind: Option<String>,
    path: Option<String>,
    optional: bool,
}

impl Package {
    /// Everything it uses when it runs or is built, but not what its tests use.
    fn uses(&self) -> impl Iterator<Item = &Dependency> {
        self.dependencies.iter().filter(|used| used.kind.as_deref() != Some("dev"))
    }
}

#[test]
fn crates_use_only_the_crates_they_may() {
    let mut broken = Vec::new();
    for package in workspace() {
        let Some((_, may)) = MAY_USE.iter().find(|(name, _)| *name == package.name) else {
            broken.push(format!("{} is not in the table MAY_USE of tests/e2e/tidy.rs", package.name));
            continue;
        };
        let ours = package.uses().filter(|used| used.path.is_some());
        let bad = ours.filter(|used| !may.contains(&used.name.as_str()));
        broken.extend(bad.map(|used| format!("{} uses {}", package.name, used.name)));
    }
    none("arrows between crates point one way", &broken);
}

#[test]
fn pure_crates_have_no_runtime_network_log_or_cryptography() {
    let mut broken = Vec::new();
    for package in workspace().iter().filter(|package| PURE.contains(&package.name.as_str())) {
        let bad = package.uses().filter(|used| IMPURE.contains(&used.name.as_str()) && !used.optional);
        broken.extend(bad.map(|used| format!("{} uses {}", package.name, used.name)));
    }
    none("a pure crate has these at most behind a feature", &broken);
}

#[test]
fn pure_crates_read_no_environment_file_network_or_clock() {
    let mut broken = Vec::new();
    for (path, text) in sources().filter(|(path, _)| !FACES.iter().any(|face| path.starts_with(face))) {
        if PURE.iter().any(|name| path.starts_with(&format!("crates/{name}/src/"))) {
            broken.extend(reaches(&without_tests(&text)).map(|what| format!("{path}: {what}")));
        }
    }
    none("a pure crate is handed what it knows, time too", &broken);
}

#[test]
fn reaching_outside_is_seen_however_it_is_spelt() {
    let seen = |text: &str| reaches(text).collect::<Vec<_>>();
    assert_eq!(seen("use std::{\n    collections::BTreeMap,\n    fs,\n};"), ["std fs"]);
    assert_eq!(seen("use std::time::{Duration, Instant as Now};"), ["std Instant"]);
    assert_eq!(seen("fn f() { std::env::args(); let now = time::SystemTime::now(); }"), ["std env", "std SystemTime"]);
    assert_eq!(seen("/// Not `std::fs`.\nuse std::time::Duration; // nor std::net\nuse crate::env;"), [""; 0]);
}

#[test]
fn no_file_is_too_long() {
    let long = sources().map(|(path, text)| (path, without_tests(&text).lines().count()));
    let broken: Vec<_> =
        long.filter(|(_, lines)| *lines > LONGEST_FILE).map(|(path, n)| format!("{path}: {n}")).collect();
    none(
        &format!("a file has at most {LONGEST_FILE} lines without its tests: split it by what its parts are for"),
        &broken,
    );
}

#[test]
fn every_crate_says_what_it_is() {
    let roots = files().into_iter().filter(|(path, _)| path.ends_with("/lib.rs") || path.ends_with("/main.rs"));
    let broken: Vec<_> = roots.filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    none("a crate begins with `//!` and what it is for", &broken);
}

#[test]
fn every_folder_of_a_kind_is_in_the_table() {
    let kinds = Path::new(ROOT).join("crates/fedctl-core/src/kinds");
    let text = fs::read_to_string(kinds.join("mod.rs")).expect("the table of kinds is in kinds/mod.rs");
    let table = text.split_once("pub static KINDS").expect("the table is called KINDS").1;
    let table = table.split_once("];").expect("the table ends").0;
    let folders = fs::read_dir(&kinds).expect("there are kinds").map(|entry| entry.expect("it can be read"));
    let names =
        folders.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name().to_string_lossy().into_owned());
    let broken: Vec<_> = names.filter(|name| !table.contains(&format!(" &{name}::KIND,"))).collect();
    none("a kind is a folder and a line in KINDS, in crates/fedctl-core/src/kinds/mod.rs", &broken);
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/dependencies.md")).expect("docs/dependencies.md is there");
    let (mut said, mut broken) = (BTreeSet::new(), Vec::new());
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let [_, name, users, why, _] = *row.split('|').map(str::trim).collect::<Vec<_>>() else {
            panic!("docs/dependencies.md: a row has three cells: {row}");
        };
        if why.is_empty() {
            broken.push(format!("{name} has no reason"));
        }
        said.extend(users.split(", ").map(|user| format!("{name} for {user}")));
    }
    let used = direct_dependencies();
    broken.extend(used.difference(&said).map(|pair| format!("{pair} is missing")));
    broken.extend(said.difference(&used).map(|pair| format!("{pair} is not used")));
    none("docs/dependencies.md has every direct dependency, by whom it is used, and why", &broken);
}

#[test]
fn nothing_is_left_to_do() {
    let marks = [concat!("to", "do!("), concat!("unimple", "mented!("), concat!("FIX", "ME")];
    let broken = find(|line| marks.into_iter().find(|mark| line.contains(mark)));
    none("what is not done is not pretended, and not promised in a comment", &broken);
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let places = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/Us", "ers/"), concat!("/ro", "ot/")];
    let broken = find(|line| places.into_iter().find(|place| starts_a_path(line, place)));
    none("a path that only one machine has", &broken);
}

#[test]
fn packages_come_from_the_public_registry() {
    let settings =
        [concat!("replace", "-with"), concat!("spar", "se+"), concat!("[sour", "ce."), concat!("[regis", "tries")];
    let mut broken = find(|line| settings.into_iter().find(|setting| line.contains(setting)));
    let lock = fs::read_to_string(Path::new(ROOT).join("Cargo.lock")).expect("Cargo.lock is there");
    let sources: BTreeSet<_> = lock.lines().filter(|line| line.starts_with("source = ")).collect();
    let public = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
    broken.extend(sources.into_iter().filter(|source| *source != public).map(|source| format!("Cargo.lock: {source}")));
    none("where packages come from is a setting of a machine, not of this repository", &broken);
}

#[test]
fn no_dependency_needs_a_newer_rust() {
    let ours = workspace().iter().find_map(|package| package.rust_version.clone()).expect("there is a rust-version");
    let host = cargo(&["-vV"]).lines().find_map(|line| line.strip_prefix("host: ").map(str::to_owned)).expect("a host");
    let all = metadata(&["--locked", "--all-features", "--filter-platform", &host]);
    let newer = all.iter().filter(|package| package.rust_version.as_deref().map(numbers) > Some(numbers(&ours)));
    let needs = |package: &Package| package.rust_version.clone().unwrap_or_default();
    let broken: Vec<_> =
        newer.map(|package| format!("{} {}: {}", package.name, package.version, needs(package))).collect();
    none(&format!("the workspace says that Rust {ours} is enough"), &broken);
}

#[test]
fn i5_no_crate_writes_a_file_that_was_not_asked_for() {
    let calls = ["fs::write(", "File::create", "OpenOptions::new", "create_dir", "DirBuilder"];
    // A sandbox writes a spec and keys where it is told to, and `plan --out` the file that it is told to: by `private`. What stands in a
    // lease file or a journal is for people: no plan is made of it.
    let asked_for = [
        "crates/fedctl/src/cmd/doctor.rs",
        "crates/fedctl/src/cmd/init.rs",
        "crates/fedctl/src/cmd/sandbox.rs",
        "crates/fedctl/src/private.rs",
        "crates/fedctl-engine/src/journal/mod.rs",
        "crates/fedctl-engine/src/lease/file.rs",
        "crates/fedctl-engine/src/private.rs",
    ];
    let mut broken = Vec::new();
    for (path, text) in sources().filter(|(path, _)| !asked_for.contains(&path.as_str())) {
        let text = without_tests(&text);
        broken.extend(calls.iter().filter(|call| text.contains(*call)).map(|call| format!("{path}: {call}")));
    }
    none("there is no state file: what must outlive a run is in the organisations", &broken);
}

#[test]
fn i8_no_code_can_turn_off_that_servers_prove_who_they_are() {
    let calls =
        ["danger_", ".dangerous()", "ServerCertVerifier", "tls_sni(false)", "use_preconfigured_tls", "--insecure"];
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let text = without_tests(&text);
        broken.extend(calls.iter().filter(|call| text.contains(*call)).map(|call| format!("{path}: {call}")));
    }
    none("there is no switch for it: authorities of one's own stand in the operator file under `ca`", &broken);
}

#[test]
fn every_invariant_names_tests_that_exist_or_says_not_yet() {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/architecture.md")).expect("docs/architecture.md is there");
    let code: String = files().into_iter().filter(|(path, _)| path.ends_with(".rs")).map(|(_, text)| text).collect();
    let mut broken = Vec::new();
    for number in 1..=13 {
        let Some(row) = text.lines().find(|line| line.starts_with(&format!("| I{number} |"))) else {
            broken.push(format!("I{number} has no row"));
            continue;
        };
        let tests = row.rsplit('|').nth(1).unwrap_or_default();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).filter(|name| name.starts_with('i')).collect();
        let missing = names.iter().filter(|name| !code.contains(&format!("fn {name}(")));
        broken.extend(missing.map(|name| format!("I{number}: there is no test {name}")));
        let is_said = !names.is_empty() || tests.contains("not yet") || tests.contains("compile_fail");
        broken.extend((!is_said).then(|| format!("I{number} names no test")));
    }
    none("docs/architecture.md names the test of each invariant", &broken);
}

#[test]
fn what_stands_against_each_threat_is_a_test_that_exists() {
    let text = fs::read_to_string(Path::new(ROOT).join("docs/threat-model.md")).expect("docs/threat-model.md is there");
    let code: String = files().into_iter().filter(|(path, _)| path.ends_with(".rs")).map(|(_, text)| text).collect();
    let rules = text.split("## Ways in").nth(1).and_then(|text| text.split("## What remains").next());
    let rows =
        rules.expect("the page has both parts").lines().filter(|line| line.starts_with("| ") && line.ends_with('|'));
    let mut broken = Vec::new();
    for row in rows.filter(|row| !row.contains("| rule |")) {
        let tests = row.trim_end_matches('|').rsplit('|').next().unwrap_or_default();
        let names: Vec<&str> = tests.split('`').skip(1).step_by(2).collect();
        broken.extend(names.is_empty().then(|| format!("no test: {row}")));
        let missing = names.iter().filter(|name| !code.contains(&format!("fn {name}(")));
        broken.extend(missing.map(|name| format!("there is no test {name}")));
    }
    none("docs/threat-model.md names a test for each rule", &broken);
}

/// Fails with the rule and every place where it is broken.
#[track_caller]
fn none(rule: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{rule}\n  {}\n", broken.join("\n  "));
}

/// The crates of this repository.
fn workspace() -> Vec<Package> {
    metadata(&["--no-deps", "--offline"])
}

fn metadata(args: &[&str]) -> Vec<Package> {
    let text = cargo(&[&["metadata", "--format-version", "1"], args].concat());
    serde_json::from_str::<Metadata>(&text).expect("cargo writes what it documents").packages
}

fn cargo(args: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(args).current_dir(ROOT).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes text")
}

/// `1.88` as numbers that compare; what is left out is zero.
fn numbers(version: &str) -> [u32; 3] {
    let mut parts = version.split('.').map(|part| part.parse().expect("a version is numbers"));
    [(); 3].map(|()| parts.next().unwrap_or(0))
}

/// Every pair of a dependency and who uses it, as docs/dependencies.md spells them. What a crate uses anyway is not
/// repeated for its tests.
fn direct_dependencies() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for package in workspace() {
        let mut kinds = BTreeMap::new();
        for used in package.dependencies.iter().filter(|used| used.path.is_none()) {
            let name = used.rename.as_ref().unwrap_or(&used.name);
            let kind = kinds.entry(name).or_insert(used.kind.as_deref());
            *kind = (*kind).and(used.kind.as_deref());
        }
        let note = |kind: Option<&str>| kind.map(|kind| format!(" ({kind})")).unwrap_or_default();
        found.extend(kinds.iter().map(|(name, kind)| format!("`{name}` for {}{}", package.name, note(*kind))));
    }
    found
}

/// Every file of text in the repository, by path, in order.
fn files() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![String::new()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(Path::new(ROOT).join(&folder)).expect("a folder can be read") {
            let entry = entry.expect("a folder can be read");
            let path = format!("{folder}{}", entry.file_name().to_string_lossy());
            if path == ".git" || path == "target" || path.ends_with(".pending-snap") || path.ends_with(".snap.new") {
                continue;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(format!("{path}/"));
            } else if let Ok(text) = fs::read_to_string(entry.path()) {
                found.insert(path, text);
            }
        }
    }
    found
}

/// Every source file of a crate, but those that hold only tests.
fn sources() -> impl Iterator<Item = (String, String)> {
    let is_source = |path: &str| path.starts_with("crates/") && path.ends_with(".rs") && path.contains("/src/");
    let is_tests = |path: &str| path.ends_with("/tests.rs") || path.contains("/tests/");
    files().into_iter().filter(move |(path, _)| is_source(path) && !is_tests(path))
}

/// The lines for which something is found, with their place.
fn find(what: impl Fn(&str) -> Option<&'static str>) -> Vec<String> {
    let mut found = Vec::new();
    for (path, text) in files() {
        let lines = text.lines().zip(1..);
        found.extend(lines.filter_map(|(line, at)| what(line).map(|what| format!("{path}:{at}: {what}"))));
    }
    found
}

/// Whether a path begins here, rather than going on: `a/b/` holds `/b/`, but does not start with it.
fn starts_a_path(line: &str, path: &str) -> bool {
    let goes_on = |before: char| before.is_alphanumeric() || "._-~}>".contains(before);
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(goes_on))
}

/// A source file up to the module of its tests.
fn without_tests(text: &str) -> String {
    let mut lines = text.lines().peekable();
    let mut kept = String::new();
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" && lines.peek().is_some_and(|next| next.starts_with("mod ") && next.ends_with('{')) {
            break;
        }
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// What code takes from the world outside of its arguments.
fn reaches(text: &str) -> impl Iterator<Item = String> {
    let code: Vec<_> = text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    let mut found = Vec::new();
    for statement in code.split(';') {
        let is_part = |part: char| part.is_alphanumeric() || part == '_';
        let imports = statement.rfind("use std::").map(|at| &statement[at..]).unwrap_or_default();
        let imported = imports.split(|part| !is_part(part));
        let paths = statement.split(|part| !is_part(part) && part != ':');
        let paths = paths.filter(|path| path.starts_with("std::") || path.starts_with("time::"));
        let words: BTreeSet<_> = imported.chain(paths.flat_map(|path| path.split("::"))).collect();
        found.extend(
            OUTSIDE.iter().chain(&CLOCKS).filter(|word| words.contains(*word)).map(|word| format!("std {word}")),
        );
    }
    found.into_iter()
}

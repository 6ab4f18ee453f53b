//! A canary in every place that a secret can come from, and a search through everything that is left behind. `cargo xtask canary`
//! prints the figures.

mod leak;
mod places;
pub(crate) mod search;
mod vault;

use std::fs;
use std::path::Path;

use search::{ENCODINGS, Find, Searcher};

use crate::env::{Home, Run};

/// What was left behind, and what must not stand in it.
#[derive(Default)]
pub(crate) struct Canary {
    searcher: Searcher,
    artifacts: Vec<(String, Vec<u8>)>,
    /// Artifacts that are like another one, which need not be searched.
    alike: usize,
}

/// A secret that stands nowhere else, not even in this file, with every character that some encoding spells otherwise. Keys
/// of a simulator begin with `sim_`.
pub(crate) fn secret(name: &str) -> String {
    let bird: String = "yranac".chars().rev().collect();
    format!("sim_{bird}-{name}\"A&B<C>+/=%\\'?~{}", name.len() * 7919)
}

impl Canary {
    /// A secret of this place, to be looked for in the end.
    pub(crate) fn plant(&mut self, place: &str) -> String {
        let secret = secret(place);
        self.knows(place, &secret);
        secret
    }

    /// Looks for a secret that somebody else made.
    pub(crate) fn knows(&mut self, place: &str, secret: &str) {
        self.searcher.add(place, secret);
    }

    /// Keeps what a run printed.
    pub(crate) fn ran(&mut self, run: Run) -> Run {
        self.keep(&format!("standard output of {}", run.args()), run.stdout.as_bytes());
        self.keep(&format!("standard error of {}", run.args()), run.stderr.as_bytes());
        run
    }

    /// Keeps anything.
    pub(crate) fn keep(&mut self, name: &str, bytes: &[u8]) {
        if self.artifacts.iter().any(|(_, known)| known == bytes) {
            self.alike += 1;
        } else {
            self.artifacts.push((name.to_owned(), bytes.to_vec()));
        }
    }

    /// Keeps every file in and below the folder of some runs, but those where the secrets were put on purpose.
    pub(crate) fn keep_files(&mut self, home: &Home, but: &[&str]) {
        let but: Vec<_> = but.iter().map(|name| home.path().join(name)).collect();
        self.walk(home.path(), &|path| !but.iter().any(|but| path == but));
    }

    fn walk(&mut self, folder: &Path, wanted: &dyn Fn(&Path) -> bool) {
        for entry in fs::read_dir(folder).expect("a folder can be read") {
            let path = entry.expect("it can be read").path();
            match fs::symlink_metadata(&path) {
                Ok(kind) if kind.is_dir() => self.walk(&path, wanted),
                Ok(kind) if kind.is_file() && wanted(&path) => {
                    let bytes = fs::read(&path).expect("a file of ours can be read");
                    self.keep(&path.display().to_string(), &bytes);
                }
                Ok(_) | Err(_) => {}
            }
        }
    }

    /// Takes in what was done elsewhere.
    pub(crate) fn take(&mut self, other: Canary) {
        self.searcher.take(other.searcher);
        self.alike += other.alike;
        other.artifacts.iter().for_each(|(name, bytes)| self.keep(name, bytes));
    }

    fn finds(&self) -> Vec<Find> {
        self.artifacts.iter().flat_map(|(name, bytes)| self.searcher.search(name, bytes)).collect()
    }

    /// The closing line.
    fn figures(&self, finds: &[Find]) -> String {
        let artifacts = self.artifacts.len() + self.alike;
        let (places, encodings) = (self.searcher.places(), ENCODINGS.len());
        format!("canary: {places} places, {artifacts} artifacts, {encodings} encodings, {} finds", finds.len())
    }
}

#[test]
fn i8_no_secret_is_left_anywhere() {
    nothing_is_left(false);
}

#[test]
#[ignore = "long: cargo xtask canary"]
fn i8_no_secret_is_left_anywhere_also_where_answers_are_waited_out() {
    nothing_is_left(true);
}

#[expect(clippy::print_stdout, reason = "the figures of the canary")]
fn nothing_is_left(slow: bool) {
    let mut canary = Canary::default();
    places::all(&mut canary, slow);
    leak::panics(&mut canary);
    repository(&mut canary);
    let finds = canary.finds();
    println!("{}", canary.figures(&finds));
    assert!(finds.is_empty(), "{}", self::said(&finds));
    assert!(canary.searcher.places() >= 20 && canary.artifacts.len() > 100, "{}", canary.figures(&finds));
}

/// What was found, a line for each secret in each artifact.
fn said(finds: &[Find]) -> String {
    let mut lines: Vec<String> = Vec::new();
    for Find { place, artifact, encoding } in finds {
        let line = format!("{place} in {artifact}");
        match lines.iter_mut().find(|known| known.starts_with(&line)) {
            Some(known) => known.push_str(&format!(", {encoding}")),
            None => lines.push(format!("{line}: {encoding}")),
        }
    }
    lines.join("\n")
}

#[test]
fn a_secret_that_is_left_is_found_with_its_place() {
    let mut canary = Canary::default();
    let home = Home::new();
    let planted = canary.plant("somewhere");
    home.write("report.json", &serde_json::json!({"said": planted}).to_string());
    home.write("operator.yaml", &planted);
    canary.keep_files(&home, &["operator.yaml"]);
    let finds = canary.finds();
    let places: Vec<_> = finds.iter().map(|find| (find.place.as_str(), find.encoding)).collect();
    assert!(places.contains(&("somewhere", "JSON")), "{finds:?}");
    assert!(finds.iter().all(|find| find.artifact.ends_with("report.json")), "{finds:?}");
    assert!(canary.figures(&finds).starts_with("canary: 1 places, 1 artifacts, 10 encodings, "));
}

/// Snapshots, what a failed test leaves, and corpora: text that tests write into the repository.
fn repository(canary: &mut Canary) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let is_written = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        [".snap", ".snap.new", ".pending-snap", ".proptest-regressions", ".json", ".txt"]
            .iter()
            .any(|end| name.ends_with(end))
    };
    for folder in ["tests", "docs", "specs", "crates"] {
        canary.walk(&root.join(folder), &is_written);
    }
}

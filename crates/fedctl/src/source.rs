//! A spec as a file: its text and the defaults of its folder, for parsing and for pointing at lines.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use fedctl_core::spec::{self, At, Diagnostic, FieldPath, FleetText, MAX_FILE_BYTES, Origin, Parsed, Position, Spec};
use fedctl_core::text;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::snippet::{self, Page};
use crate::ui::Ui;

/// What the defaults of a folder are called.
pub const FLEET: &str = "fleet.yaml";

/// How many bytes are walked through for places: each costs a walk through the text or two.
const MOST_WALKED: usize = 64 << 20;

/// Where in a file something stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// The file: the spec, or the defaults beside it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column, from 1.
    pub column: usize,
}

/// Places by the path in the spec.
pub type Places = BTreeMap<String, Place>;

/// A file with a spec. Nothing but it and the `fleet.yaml` beside it is opened.
#[derive(Debug)]
pub struct Source {
    /// Where it was read.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
    fleet: Option<FleetText>,
}

impl Source {
    /// A text that stands alone.
    pub fn of(path: PathBuf, text: String) -> Self {
        Self { path, text, fleet: None }
    }

    /// Reads a file, and the defaults of its folder.
    ///
    /// # Errors
    /// One of the two cannot be read, is too large, or is no text.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        if is_fleet(path) {
            let message = format!("`{}` holds defaults for the specs of its folder, and is no spec", path.display());
            return Err(
                Failure::new(Exit::Usage, message).hint("name a spec; `fedctl validate` checks the defaults too")
            );
        }
        if path.is_dir() {
            return Err(folder(path));
        }
        let text = read_text(path)?;
        Ok(Self { path: path.to_owned(), text, fleet: fleet_beside(path)? })
    }

    /// The defaults of its folder, if there are any.
    pub fn fleet(&self) -> Option<&FleetText> {
        self.fleet.as_ref()
    }

    /// The file as it is named in messages.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Everything that decides what the spec says: its text, and the defaults if there are any.
    pub fn whole(&self) -> String {
        let fleet = self.fleet.as_ref().map(|fleet| format!("\n--- {FLEET}\n{}", fleet.text())).unwrap_or_default();
        format!("{}{fleet}", self.text)
    }

    /// `file:line` of a place in the spec or its defaults; of what holds it, where it is a default of fedctl.
    pub fn place(&self, path: &FieldPath) -> String {
        match self.locate(path) {
            (file, Some(position)) => format!("{file}:{}", position.line),
            (file, None) => file,
        }
    }

    /// The places of paths in the spec or its defaults. None, where a long spec names so many that finding them would take
    /// longer than planning.
    pub fn places(&self, paths: &[&FieldPath]) -> Places {
        let paths: BTreeSet<&FieldPath> = paths.iter().copied().collect();
        if paths.len().saturating_mul(self.text.len()) > MOST_WALKED {
            return Places::new();
        }
        let place = |path: &FieldPath| match self.locate(path) {
            (file, Some(at)) => Some((path.to_string(), Place { file, line: at.line, column: at.column })),
            (_, None) => None,
        };
        paths.into_iter().filter_map(place).collect()
    }

    /// The file that says what stands at a path, and where in it.
    fn locate(&self, path: &FieldPath) -> (String, Option<Position>) {
        let (name, text) = match &self.fleet {
            Some(fleet) if self.origin(path, fleet) == Origin::Fleet => (self.fleet_name(), fleet.text()),
            Some(_) | None => (self.name(), self.text.as_str()),
        };
        (name, At::Value(path.clone()).locate(text))
    }

    /// What it says, or what is wrong with it.
    pub fn parse(&self) -> Parsed {
        spec::parse_with(self.fleet.as_ref(), &self.text)
    }

    /// The spec, its problems printed with their lines.
    ///
    /// # Errors
    /// The spec is not valid.
    pub fn spec(&self, ui: &mut Ui) -> Result<Spec, Failure> {
        let parsed = self.parse();
        self.show(&parsed.problems, ui);
        parsed.spec.ok_or_else(|| failure::invalid(parsed.problems.len(), &self.name()))
    }

    /// The spec, or what is left of one that is wrong: its problems are printed, and `what_for` goes on all the same.
    ///
    /// # Errors
    /// It does not say which federation and which secondary organisation are meant.
    pub fn spec_or_rest(&self, what_for: &str, ui: &mut Ui) -> Result<Spec, Failure> {
        let parsed = self.parse();
        if let Some(spec) = parsed.spec {
            return Ok(spec);
        }
        self.show(&parsed.problems, ui);
        let rest = spec::rest_of(self.fleet.as_ref(), &self.text);
        let rest = rest.ok_or_else(|| failure::invalid(parsed.problems.len(), &self.name()))?;
        ui.warn(&format!(
            "warning: the spec is not valid; {what_for} goes on with what can be read of it: federation `{}`, secondary \
             organisation {}\n",
            rest.federation, rest.secondary.organization
        ));
        Ok(rest)
    }

    /// The names that the federations of the specs in its folder have or had, each with its file; specs that cannot be read
    /// are left out.
    pub fn federations(&self) -> BTreeMap<String, String> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut names = BTreeMap::new();
        for file in specs_in(folder).unwrap_or_default().into_iter().filter(|file| !is_fleet(file)) {
            let spec = read_text(&file).ok().and_then(|text| spec::rest_of(self.fleet.as_ref(), &text));
            for name in spec.iter().flat_map(Spec::names) {
                let shown = file.strip_prefix(".").unwrap_or(&file).display().to_string();
                names.entry(name.to_owned()).or_insert(shown);
            }
        }
        names
    }

    /// Prints problems with their lines.
    pub fn show(&self, problems: &[Diagnostic], ui: &mut Ui) {
        if problems.is_empty() {
            return;
        }
        let mut problems = problems.to_vec();
        let file = Page::new(&self.name(), &self.text);
        let text = match &self.fleet {
            None => snippet::render(&problems, &file, None, ui.color()),
            Some(fleet) => {
                self.attribute(&mut problems, fleet);
                let page = Page::new(&self.fleet_name(), fleet.text());
                snippet::render(&problems, &file, Some(&page), ui.color())
            }
        };
        ui.warn_styled(&text);
    }

    /// Says of problems that only the live organisations show in which file their places are: the planner knows paths alone.
    fn attribute(&self, problems: &mut [Diagnostic], fleet: &FleetText) {
        for label in problems.iter_mut().flat_map(|problem| &mut problem.labels) {
            if let At::Value(path) | At::Key(path) = &label.at
                && label.origin == Origin::File
            {
                label.origin = self.origin(path, fleet);
            }
        }
    }

    /// The spec wins: the defaults are cited for what it does not say.
    fn origin(&self, path: &FieldPath, fleet: &FleetText) -> Origin {
        if fleet.says(path) && spec::locate(&self.text, path).is_none() { Origin::Fleet } else { Origin::File }
    }

    fn fleet_name(&self) -> String {
        self.path.with_file_name(FLEET).display().to_string()
    }
}

/// Defaults as a file, to be checked by themselves.
pub struct Fleet {
    name: String,
    text: FleetText,
}

impl Fleet {
    /// Reads a `fleet.yaml`.
    ///
    /// # Errors
    /// It cannot be read, is too large, or is no text.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        Ok(Self { name: path.display().to_string(), text: FleetText::new(read_text(path)?) })
    }

    /// Prints what is wrong with it, and gives it.
    pub fn check(&self, ui: &mut Ui) -> Vec<Diagnostic> {
        let problems = self.text.problems();
        if !problems.is_empty() {
            let page = Page::new(&self.name, self.text.text());
            ui.warn_styled(&snippet::render(&problems, &page, Some(&page), ui.color()));
        }
        problems
    }
}

/// The specs of a folder, by name, and its defaults if there are any.
///
/// # Errors
/// The folder cannot be listed.
pub fn specs_in(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let cannot = |error: std::io::Error| {
        Failure::new(Exit::Usage, format!("`{}` cannot be listed", folder.display())).because(&error)
    };
    let is_spec = |file: &PathBuf| {
        file.is_file() && file.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
    };
    let entries = std::fs::read_dir(folder).map_err(cannot)?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).filter(is_spec).collect();
    files.sort();
    Ok(files)
}

/// Whether a file holds defaults for the specs of its folder.
pub fn is_fleet(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == FLEET)
}

/// A folder where a spec was to be named.
fn folder(path: &Path) -> Failure {
    let files = match specs_in(path) {
        Ok(files) => files,
        Err(failure) => return failure,
    };
    let specs: Vec<String> =
        files.iter().filter(|file| !is_fleet(file)).map(|file| file.display().to_string()).collect();
    let hint = match specs.first() {
        Some(first) => format!("name one of the specs in it, such as `{first}`; `validate` and `plan` take a folder"),
        None => "there is no spec in it: a spec is a file named *.yaml or *.yml".to_owned(),
    };
    let message = format!("`{}` is a folder, and this is for one spec", path.display());
    Failure::new(Exit::Usage, message).lines(specs).hint(hint)
}

fn fleet_beside(path: &Path) -> Result<Option<FleetText>, Failure> {
    let fleet = path.with_file_name(FLEET);
    match std::fs::symlink_metadata(&fleet) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Ok(_) | Err(_) => Ok(Some(FleetText::new(read_text(&fleet)?))),
    }
}

/// Reads a text that is not too large; what is too large is not read.
///
/// # Errors
/// It cannot be read, is too large, or is no text.
pub fn read_text(path: &Path) -> Result<String, Failure> {
    let name = path.display();
    let failed =
        |error: &std::io::Error| Failure::new(Exit::Invalid, format!("`{name}` cannot be read")).because(error);
    let too_large = || {
        Failure::new(Exit::Invalid, format!("`{name}` is larger than {MAX_FILE_BYTES} bytes"))
            .hint("name a group of the primary organisation in place of so many people")
    };
    let file = File::open(path).map_err(|error| failed(&error))?;
    let most = MAX_FILE_BYTES as u64;
    if file.metadata().is_ok_and(|file| file.len() > most) {
        return Err(too_large());
    }
    // What is no ordinary file says nothing of its size.
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| failed(&error))?;
    if bytes.len() > MAX_FILE_BYTES {
        return Err(too_large());
    }
    match text::decode(&bytes) {
        Ok(text) => Ok(text.to_owned()),
        Err(problem) => {
            let place = problem.labels.first().map(|label| label.at.to_string()).unwrap_or_default();
            let line = format!("{name}:{place}: {}: {}", problem.code, problem.message);
            let failure = Failure::new(Exit::Invalid, format!("`{name}` is no text")).lines(vec![line]);
            Err(failure.hint(problem.help.unwrap_or_default()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "\
federation: acme-to-beta
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
";

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        folder
    }

    #[test]
    fn a_place_is_in_the_file_that_says_it() {
        let spec = format!("{HEAD}people: {{from: {{groups: [A]}}}}\n");
        let folder = folder(&[("a.yaml", spec.as_bytes()), ("fleet.yaml", b"\napp: {label: Ours}\n")]);
        let source = Source::read(&folder.path().join("a.yaml")).unwrap();
        let spec = source.parse().spec.unwrap();
        let place = |path: &FieldPath| source.place(path).rsplit('/').next().unwrap().to_owned();
        assert_eq!(place(&spec.app.label.at), "fleet.yaml:2");
        assert_eq!(place(&spec.people.groups[0].at), "a.yaml:4");
        // Nobody says it: the nearest thing that somebody does say.
        assert_eq!(place(&spec.app.hidden.at), "a.yaml:1");
        assert!(source.whole().contains("Ours"), "a saved plan belongs to the defaults too");
    }

    #[test]
    fn only_the_file_and_the_defaults_beside_it_are_opened() {
        // Everything else in and around the folder would be an error if it were read.
        let spec = format!("{HEAD}people: {{from: {{groups: [A]}}}}\n");
        let folder = folder(&[("a.yaml", spec.as_bytes())]);
        for other in ["operator.yaml", "fleet.yml", "b.yaml", ".env"] {
            std::fs::write(folder.path().join(other), [0xff; 8]).unwrap();
        }
        std::fs::create_dir(folder.path().join("deeper")).unwrap();
        std::fs::write(folder.path().join("deeper/fleet.yaml"), [0xff; 8]).unwrap();
        assert!(Source::read(&folder.path().join("a.yaml")).unwrap().parse().spec.is_some());
        std::fs::write(folder.path().join("fleet.yaml"), [0xff; 8]).unwrap();
        assert!(Source::read(&folder.path().join("a.yaml")).is_err());
        assert!(Source::read(&folder.path().join("fleet.yaml")).is_err());
    }

    #[test]
    fn what_is_too_large_is_not_read_and_what_is_no_text_has_a_place() {
        let folder = folder(&[("bytes.yaml", b"ok\na: \xff")]);
        let large = std::fs::File::create(folder.path().join("large.yaml")).unwrap();
        // A hole of 1 TiB: reading it would be noticed.
        large.set_len(1 << 40).unwrap();
        let failure = |name: &str| Source::read(&folder.path().join(name)).unwrap_err().text();
        assert!(failure("large.yaml").contains("is larger than"));
        assert!(failure("bytes.yaml").contains("bytes.yaml:2:4: not-text: the byte 0xff"), "{}", failure("bytes.yaml"));
        assert!(failure("nothing.yaml").contains("cannot be read"));
    }

    #[cfg(unix)]
    #[test]
    fn what_never_ends_is_given_up() {
        assert!(read_text(Path::new("/dev/zero")).unwrap_err().text().contains("is larger than"));
    }
}

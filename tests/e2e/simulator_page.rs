//! `docs/simulator.md` against the simulator: its rows, its switches, what nobody knows, and what is not covered.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use jumpcloud_sim::{Request, Settings, fixture};
use serde_json::{Value, json};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/simulator.md");

/// How sure something can be.
const CERTAINTIES: [&str; 5] = ["spec", "documented", "observed", "inferred", "unknown"];

/// How many things nobody knows, by their numbers.
const UNKNOWNS: usize = 36;

/// The published descriptions, where they are beside this repository.
const DESCRIPTIONS: [(&str, &str); 3] = [("v1", "/api"), ("v2", "/api/v2"), ("insights", "/insights/directory/v1")];

/// One `##` of the page.
struct Section {
    title: String,
    /// Its lines, as they stand.
    lines: Vec<String>,
}

impl Section {
    /// The rows of its table, cell by cell, without the head.
    fn rows(&self) -> Vec<Vec<String>> {
        let lines = self.lines.iter().filter(|line| line.starts_with('|')).skip(2);
        lines.map(|line| cells(line)).collect()
    }
}

/// The cells of a row; a `\|` is part of one.
fn cells(line: &str) -> Vec<String> {
    let line = line.replace("\\|", "\u{1}");
    let inner = line.trim().trim_start_matches('|').trim_end_matches('|');
    inner.split('|').map(|cell| cell.trim().replace('\u{1}', "|")).collect()
}

fn page() -> String {
    std::fs::read_to_string(PAGE).expect("the page is there")
}

fn sections() -> Vec<Section> {
    let mut sections = Vec::new();
    for line in page().lines() {
        if let Some(title) = line.strip_prefix("## ") {
            sections.push(Section { title: title.to_owned(), lines: Vec::new() });
        } else if let Some(section) = sections.last_mut() {
            section.lines.push(line.to_owned());
        }
    }
    sections
}

fn section(title: &str) -> Section {
    sections().into_iter().find(|section| section.title == title).unwrap_or_else(|| panic!("no section {title}"))
}

/// The sections that say what the simulator does.
fn behaviours() -> Vec<Section> {
    let own = ["Switches", "Unknowns", "Not covered"];
    sections().into_iter().filter(|section| !own.contains(&section.title.as_str())).collect()
}

/// What stands in code quotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The tests that a cell names.
fn tests_of(cell: &str) -> Vec<&str> {
    quoted(cell).into_iter().filter(|code| code.contains(".rs::")).collect()
}

/// The switches that a cell names: each code quote behind the word *switch* or *switches* and commas.
fn switches_of(cell: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut after_the_word = false;
    for (at, piece) in cell.split('`').enumerate() {
        if at % 2 == 1 {
            found.extend(after_the_word.then_some(piece));
        } else {
            let words = piece.trim().trim_end_matches(['=', ':']);
            let goes_on = matches!(words, "," | "and" | ", and");
            after_the_word = words.ends_with("switch") || words.ends_with("switches") || (goes_on && after_the_word);
        }
    }
    found
}

/// What is wrong with a pointer to a test.
fn missing_test(pointer: &str) -> Option<String> {
    let (path, name) = pointer.split_once("::")?;
    let files = [format!("{ROOT}/crates/{path}"), format!("{ROOT}/{path}")];
    let text = files.iter().find_map(|file| std::fs::read_to_string(file).ok());
    match text {
        None => Some(format!("`{path}` is no file")),
        Some(text) if text.contains(&format!("fn {name}(")) => None,
        Some(_) => Some(format!("`{path}` has no test `{name}`")),
    }
}

fn missing_switch(name: &str) -> Option<String> {
    let known = Settings::default().describe().iter().any(|setting| setting.name == name);
    (!known).then(|| format!("there is no switch `{name}`"))
}

/// What is wrong with a cell that names tests and switches; it must name one.
fn wrong_pointers(cell: &str) -> Vec<String> {
    let (tests, switches) = (tests_of(cell), switches_of(cell));
    let mut wrong: Vec<String> = tests.iter().filter_map(|test| missing_test(test)).collect();
    wrong.extend(switches.iter().filter_map(|switch| missing_switch(switch)));
    if tests.is_empty() && switches.is_empty() {
        wrong.push("it names no test and no switch".to_owned());
    }
    wrong
}

#[test]
fn every_row_has_a_source_a_certainty_and_what_holds_it() {
    let mut wrong = Vec::new();
    for section in behaviours() {
        for row in section.rows() {
            let [does, source, certainty, holds] = row.as_slice() else {
                wrong.push(format!("{}: four cells, not {}: {}", section.title, row.len(), row.join(" | ")));
                continue;
            };
            let mut problems = wrong_pointers(holds);
            if does.is_empty() || source.is_empty() {
                problems.push("a cell is empty".to_owned());
            }
            if !certainty.split(", ").all(|word| CERTAINTIES.contains(&word)) {
                problems.push(format!("`{certainty}` is no certainty"));
            }
            wrong.extend(problems.into_iter().map(|problem| format!("{}: {does}: {problem}", section.title)));
        }
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_switch_stands_in_a_row_once_every_section_has_rows() {
    let sections = behaviours();
    if let Some(empty) = sections.iter().find(|section| section.rows().is_empty()) {
        eprintln!("`{}` has no rows yet: which switches no row names is not looked at", empty.title);
        return;
    }
    let rows = sections.iter().chain([&section("Unknowns")]).flat_map(Section::rows).collect::<Vec<_>>();
    let named: BTreeSet<&str> = rows.iter().flatten().flat_map(|cell| switches_of(cell)).collect();
    let all = Settings::default().describe();
    let left: Vec<&str> = all.iter().map(|setting| setting.name).filter(|name| !named.contains(name)).collect();
    assert_eq!(left, [""; 0], "no row of docs/simulator.md names these switches");
}

/// The table of the switches, as the settings have it.
fn switch_table() -> String {
    let row = |setting: &jumpcloud_sim::Setting| {
        let [name, takes, value, about] =
            [setting.name, &setting.takes, &setting.value, &setting.about].map(|text| text.replace('|', "\\|"));
        format!("| `{name}` | {takes} | `{value}` | {about} |\n")
    };
    let rows: String = Settings::default().describe().iter().map(row).collect();
    format!("| switch | takes | default | what it decides |\n|---|---|---|---|\n{rows}")
}

#[test]
fn the_page_lists_every_switch() {
    let table = switch_table();
    renew("## Switches\n\n", "\n## ", &table);
    let want = format!("## Switches\n\n{table}\n## ");
    assert!(page().contains(&want), "out of date: UPDATE_DOCS=1 cargo test -p fedctl --test e2e simulator_page");
}

#[test]
fn everything_that_nobody_knows_is_a_switch_or_says_why_not() {
    let rows = section("Unknowns").rows();
    let numbers: Vec<&str> = rows.iter().map(|row| row[0].as_str()).collect();
    let want: Vec<String> = (1..=UNKNOWNS).map(|number| format!("U{number}")).collect();
    assert_eq!(numbers, want);
    let mut wrong = Vec::new();
    for row in &rows {
        let [number, what, holds] = row.as_slice() else { panic!("three cells: {row:?}") };
        assert!(!what.is_empty(), "{number}");
        let is_said = holds.starts_with("none: ") && holds.len() > 20;
        let problems = if is_said && switches_of(holds).is_empty() { Vec::new() } else { wrong_pointers(holds) };
        wrong.extend(problems.into_iter().map(|problem| format!("{number}: {problem}")));
    }
    assert_eq!(wrong, [""; 0]);
}

/// The calls of a published description, by method and path.
fn published(name: &str, base: &str) -> Option<Vec<(String, String)>> {
    let path = Path::new(ROOT).join(format!("../shared/api/openapi/{name}.json"));
    let text = std::fs::read_to_string(path).ok()?;
    let description: Value = serde_json::from_str(&text).expect("a description is JSON");
    let paths = description["paths"].as_object().expect("it has paths").clone();
    let methods = ["get", "post", "put", "patch", "delete"];
    let calls = paths.iter().flat_map(|(path, calls)| {
        let named = methods.iter().filter(|method| calls.get(**method).is_some());
        named.map(move |method| (method.to_uppercase(), format!("{base}{path}")))
    });
    Some(calls.collect())
}

/// A world with one object of each kind, a key to it, and the ids that paths name.
struct Served {
    world: jumpcloud_sim::World,
    key: String,
    ids: BTreeMap<&'static str, String>,
}

fn served() -> Served {
    let fixture::Pair { mut world, primary, primary_key: key, .. } = fixture::demo(1, 24);
    let mut ask = |method: &str, path: &str, body: Value| {
        let request = Request::api(method, path).with_header("x-api-key", &key).with_json(&body);
        id_in(&world.answer(&request).json()).unwrap_or_default()
    };
    let user = ask("POST", "/api/systemusers", json!({"email": "x@acme.com", "username": "x", "state": "STAGED"}));
    let app = ask("POST", "/api/applications", json!({"name": "oidc", "displayLabel": "X", "active": true}));
    let oidc = json!({"clientId": "c", "clientSecret": "s", "url": "https://oauth.id.jumpcloud.com"});
    ask("POST", "/api/v2/identity-providers", json!({"name": "X", "type": "OIDC", "oidc": oidc}));
    // What is not simulated has no id, and then its call is not answered either.
    let change = json!({"user_ids": [user], "state": "SUSPENDED", "start_date": "2099-01-01T00:00:00.000Z"});
    let bulk = json!([{"email": "y@acme.com", "username": "y"}]);
    let ids = BTreeMap::from([
        ("usergroups", ask("POST", "/api/v2/usergroups", json!({"name": "X"}))),
        ("application-templates", ask("GET", "/api/application-templates", json!({}))),
        ("job_id", ask("POST", "/api/v2/bulk/users", bulk)),
        ("userstates", ask("POST", "/api/v2/bulk/userstates", change)),
        ("provider_id", ask("GET", "/api/users/getSelf", json!({}))),
        ("organizations", primary.to_string()),
        ("applications", app),
        ("systemusers", user.clone()),
        ("users", user),
    ]);
    Served { world, key, ids }
}

/// The id of what an answer is about, or of the first thing in it.
fn id_in(answer: &Value) -> Option<String> {
    let first = answer.get(0).or_else(|| answer["results"].get(0)).unwrap_or(answer);
    let named = ["jobId", "provider", "_id", "id"].iter().find_map(|name| first.get(*name)?.as_str());
    named.map(str::to_owned)
}

impl Served {
    /// Whether there is such a call: whatever it says of an object that is there, but not that it is not there.
    fn answers(&self, method: &str, path: &str) -> bool {
        let mut collection = "";
        let concrete: Vec<&str> = path
            .split('/')
            .map(|part| {
                let named = part.strip_prefix('{').and_then(|part| part.strip_suffix('}'));
                let id = named.map(|name| self.ids.get(name).or_else(|| self.ids.get(collection)));
                let id = id.map(|id| id.map_or("x", String::as_str));
                collection = part;
                id.unwrap_or(part)
            })
            .collect();
        let body = if path.starts_with("/insights") { json!({"service": ["all"]}) } else { json!({}) };
        let request = Request::api(method, &concrete.join("/")).with_header("x-api-key", &self.key).with_json(&body);
        self.world.clone().answer(&request).status != 404
    }
}

#[test]
fn the_published_calls_that_it_does_not_answer_are_listed() {
    let served = served();
    let mut list = String::new();
    for (name, base) in DESCRIPTIONS {
        let Some(calls) = published(name, base) else {
            eprintln!("the published descriptions are not here: what the simulator leaves out is not compared");
            return;
        };
        let left = calls.iter().filter(|(method, path)| !served.answers(method, path));
        list.extend(left.map(|(method, path)| format!("- `{method} {path}`\n")));
    }
    let begin = "Of the published calls around what fedctl touches, it does not answer:\n\n";
    renew(begin, "\nAnd nothing of", &list);
    let page = page();
    let stands = page.split(begin).nth(1).expect("the page has the list");
    let stands: String =
        stands.lines().take_while(|line| line.starts_with("- ")).map(|line| format!("{line}\n")).collect();
    assert_eq!(stands, list, "UPDATE_DOCS=1 cargo test -p fedctl --test e2e simulator_page");
}

/// Puts a text between a beginning and the next end, if whoever runs the tests asks for it.
#[expect(clippy::disallowed_methods, reason = "a switch of whoever changes the page, not of the program")]
fn renew(begin: &str, end: &str, text: &str) {
    if std::env::var_os("UPDATE_DOCS").is_none_or(|value| value.is_empty()) {
        return;
    }
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = page();
    let (before, rest) = page.split_once(begin).expect("the page has the place");
    let rest = &rest[rest.find(end).expect("something follows")..];
    std::fs::write(PAGE, format!("{before}{begin}{text}{rest}")).expect("the page can be written");
}

#[test]
fn pointers_are_read_as_they_are_meant() {
    let cell =
        "`jumpcloud-sim/tests/api/users.rs::a`, switches `page-max`, `wrap-single` and `extra-fields`; see `other`";
    assert_eq!(tests_of(cell), ["jumpcloud-sim/tests/api/users.rs::a"]);
    assert_eq!(switches_of(cell), ["page-max", "wrap-single", "extra-fields"]);
    assert_eq!(cells(r"| a \| b | c |"), ["a | b", "c"]);
    assert!(wrong_pointers("nothing")[0].contains("no test"));
    assert!(wrong_pointers("switch `page`")[0].contains("no switch"));
    assert!(wrong_pointers("`tests/e2e/simulator_page.rs::nothing_like_it`")[0].contains("no test"));
    assert!(wrong_pointers("`tests/e2e/nowhere.rs::it`")[0].contains("no file"));
    assert_eq!(wrong_pointers("`tests/e2e/simulator_page.rs::pointers_are_read_as_they_are_meant`"), [""; 0]);
}

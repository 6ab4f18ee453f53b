//! The output that README.md shows is real: it is made again and compared.
//!
//! A line `<!-- output: NAME -->` stands before a block of text that a run of the program printed. With
//! `UPDATE_README=1` the blocks are written anew.

use std::path::Path;

use crate::env::{Home, redact};
use crate::sandbox::Sandbox;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");

/// The port that the simulator takes when nobody names another, in place of the one it got here.
const PORT: &str = "127.0.0.1:8480";

#[test]
fn the_output_in_the_readme_is_real() {
    let text = std::fs::read_to_string(README).expect("README.md is there");
    settle(Path::new(README), &text, &output, is_to_be_updated());
}

#[test]
fn blocks_behind_markers_are_compared_and_written() {
    let home = Home::new();
    let file = home.path().join("README.md");
    let made = |name: &str| format!("output of {name}\n");
    let page = |one: &str, two: &str| {
        format!(
            "# Title\n\n<!-- output: one -->\n```text\n{one}```\n\nWords.\n\n<!-- output: two -->\n```text\n{two}```\n"
        )
    };
    let (before, after) = (page("old\n", ""), page("output of one\n", "output of two\n"));
    let before = before.as_str();
    assert_eq!(renewed(before, &made), after);
    assert_eq!(renewed(&after, &made), after);
    assert_eq!(renewed("# No markers\n", &made), "# No markers\n");
    home.write("README.md", before);
    settle(&file, before, &made, true);
    assert_eq!(home.read("README.md"), after);
    settle(&file, &after, &made, false);
}

#[test]
#[should_panic = "UPDATE_README=1"]
fn a_block_that_is_out_of_date_fails() {
    let text = "<!-- output: one -->\n```text\nold\n```\n";
    settle(Path::new("never written"), text, &|_: &str| "new\n".to_owned(), false);
}

#[test]
#[should_panic = "block of text"]
fn a_marker_without_a_block_fails() {
    renewed("<!-- output: one -->\n\nWords.\n", &|_: &str| String::new());
}

/// What each marker stands for.
fn output(name: &str) -> String {
    let run = match name {
        "demo" => Home::new().run("demo"),
        "plan" => Sandbox::start().fedctl("plan demo.yaml"),
        "plan after apply" => Sandbox::applied().fedctl("plan demo.yaml"),
        "apply" => Sandbox::start().fedctl("apply demo.yaml --auto-approve --quiet"),
        "verify" => Sandbox::applied().fedctl("verify demo.yaml"),
        "trace" => Sandbox::applied().fedctl("trace demo.yaml ben.fischer@acme.com"),
        "help" => Home::new().run("--help"),
        other => panic!("README.md asks for the output of `{other}`, which tests/e2e/readme.rs does not know"),
    };
    let text = redact(&run.exits_with(0).stdout).replace("127.0.0.1:PORT", PORT);
    let text = text.replace("Digest: DIGEST\n", "");
    format!("{}\n", text.trim_matches('\n'))
}

#[expect(clippy::disallowed_methods, reason = "a switch of whoever changes the readme, not of the program")]
fn is_to_be_updated() -> bool {
    std::env::var_os("UPDATE_README").is_some_and(|value| !value.is_empty())
}

/// Writes a file with new blocks, or asserts that they are up to date.
#[track_caller]
fn settle(file: &Path, text: &str, output: &dyn Fn(&str) -> String, update: bool) {
    let renewed = renewed(text, output);
    if update && renewed != text {
        std::fs::write(file, renewed).expect("the file can be written");
        return;
    }
    let hint = "its output is out of date: UPDATE_README=1 cargo test -p fedctl --test e2e readme";
    assert!(renewed == text, "{}: {hint}\n{}", file.display(), first_lines(text, &renewed));
}

/// A text with the block behind each marker made anew.
fn renewed(text: &str, output: &dyn Fn(&str) -> String) -> String {
    let mut out = String::new();
    let mut lines = text.split_inclusive('\n');
    while let Some(line) = lines.next() {
        out.push_str(line);
        let Some(name) = marker(line) else { continue };
        let fence = lines.next().filter(|line| line.starts_with("```text"));
        let fence = fence.unwrap_or_else(|| panic!("behind the marker `{name}` there is no block of text"));
        let end = lines.find(|line| line.starts_with("```"));
        let end = end.unwrap_or_else(|| panic!("the block of text behind the marker `{name}` does not end"));
        out.extend([fence, &output(name), end]);
    }
    out
}

fn marker(line: &str) -> Option<&str> {
    line.trim().strip_prefix("<!-- output: ")?.strip_suffix(" -->")
}

/// The first lines that differ.
fn first_lines(before: &str, after: &str) -> String {
    let pairs = before.lines().zip(after.lines()).filter(|(before, after)| before != after);
    pairs.take(5).map(|(before, after)| format!("- {before}\n+ {after}\n")).collect()
}

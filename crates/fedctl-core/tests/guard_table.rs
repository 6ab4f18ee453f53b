//! The table of guards in the documentation is the one in the code.

#[test]
fn the_guards_in_the_documentation_are_printed_from_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guards.md");
    let have = std::fs::read_to_string(path).unwrap();
    let (before, rest) = have.split_once("<!-- guards -->\n").expect("the table begins there");
    let (_, after) = rest.split_once("<!-- /guards -->\n").expect("the table ends there");
    let table = fedctl_core::plan::guard::table();
    let want = format!("{before}<!-- guards -->\n\n{table}\n<!-- /guards -->\n{after}");
    #[expect(clippy::disallowed_methods, reason = "a test that writes what it checks when asked to")]
    if std::env::var("UPDATE_DOCS").is_ok() {
        std::fs::write(path, &want).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), want, "UPDATE_DOCS=1 writes docs/guards.md");
}

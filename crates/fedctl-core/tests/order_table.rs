//! The order table in the documentation is the one in the code.

#[test]
fn the_order_table_in_the_documentation_is_printed_from_the_code() {
    let want = format!(
        "# The order of actions\n\nAn action waits for the objects that its requests name, and for these rows. Printed from the code; \
         `UPDATE_DOCS=1 cargo test -p fedctl-core` writes it.\n\n{}\n## Taking down\n\n`fedctl destroy` reads the table \
         backwards: what was set up last goes first, and whatever names an object goes before it.\n\n{}",
        fedctl_core::kinds::table(),
        fedctl_core::kinds::table_backwards()
    );
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/order.md");
    #[expect(clippy::disallowed_methods, reason = "a test that writes what it checks when asked to")]
    if std::env::var("UPDATE_DOCS").is_ok() {
        std::fs::write(path, &want).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap(), want, "UPDATE_DOCS=1 writes docs/order.md");
}

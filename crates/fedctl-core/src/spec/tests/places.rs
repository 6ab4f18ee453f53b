//! Where things are.

use super::super::{FieldPath, Position, Segment, locate, locate_key};
use crate::text::locate::locate_nth_key;

const TEXT: &str = "\
# ünï
top:
  list: [a, \"b\\\"c\", 'd''e', ünï, 47, last]   # comment
  block:
    - ünï: wörd
      next: value with blanks # comment
    - >
      folded
  empty:
  map: {in: {deep: x}, other: [y]}
\"quoted key\": {a: 1, a: 2}
alias: &anchor [p, q]
again: *anchor
";

/// A path from the form in which it is shown.
fn path(text: &str) -> FieldPath {
    let mut path = FieldPath::root();
    for part in text.split('.').filter(|part| !part.is_empty()) {
        let mut pieces = part.split('[');
        path = path.key(pieces.next().unwrap());
        for index in pieces {
            path = path.index(index.trim_end_matches(']').parse().unwrap());
        }
    }
    assert_eq!(path.to_string(), text);
    path
}

#[track_caller]
fn found(position: Option<Position>, line: usize, column: usize, source: &str) {
    let position = position.expect("it is there");
    assert_eq!((position.line, position.column), (line, column));
    assert_eq!(TEXT.get(position.byte..position.byte + position.len), Some(source));
}

#[test]
fn values() {
    for (at, line, column, source) in [
        ("", 2, 1, "t"),
        ("top.list", 3, 9, "["),
        ("top.list[0]", 3, 10, "a"),
        ("top.list[1]", 3, 13, "\"b\\\"c\""),
        ("top.list[2]", 3, 21, "'d''e'"),
        ("top.list[3]", 3, 29, "ünï"),
        ("top.list[4]", 3, 34, "47"),
        ("top.list[5]", 3, 38, "last"),
        ("top.block", 5, 5, "-"),
        ("top.block[0].ünï", 5, 12, "wörd"),
        ("top.block[0].next", 6, 13, "value with blanks"),
        ("top.block[1]", 7, 7, ">"),
        ("top.map.in.deep", 10, 20, "x"),
        ("top.map.other[0]", 10, 32, "y"),
        ("quoted key.a", 11, 19, "1"),
        ("alias[1]", 12, 20, "q"),
        ("again[1]", 12, 20, "q"),
    ] {
        found(locate(TEXT, &path(at)), line, column, source);
    }
}

#[test]
fn keys() {
    for (at, line, column, source) in [
        ("top", 2, 1, "top"),
        ("top.list", 3, 3, "list"),
        ("top.block[0].ünï", 5, 7, "ünï"),
        ("top.block[0].next", 6, 7, "next"),
        ("top.empty", 9, 3, "empty"),
        ("top.map.in.deep", 10, 14, "deep"),
        ("quoted key", 11, 1, "\"quoted key\""),
        ("quoted key.a", 11, 16, "a"),
    ] {
        found(locate_key(TEXT, &path(at)), line, column, source);
    }
    found(locate_nth_key(TEXT, &path("quoted key.a"), 1), 11, 22, "a");
}

#[test]
fn an_empty_value_is_where_it_would_be() {
    found(locate(TEXT, &path("top.empty")), 9, 9, "");
}

#[test]
fn what_is_not_there_is_nowhere() {
    for at in
        ["nope", "top.nope", "top.list[6]", "top.list[0][0]", "top.list.a", "top.empty.x", "top.map[0]", "again[2]"]
    {
        assert_eq!(locate(TEXT, &path(at)), None, "{at}");
        assert_eq!(locate_key(TEXT, &path(at)), None, "{at}");
    }
    assert_eq!(locate_key(TEXT, &path("top.list[0]")), None);
    assert_eq!(locate_key(TEXT, &FieldPath::root()), None);
    assert_eq!(locate("a: [b", &path("a.c")), None);
}

#[test]
fn a_byte_order_mark_and_windows_line_ends_move_nothing() {
    let text = "\u{feff}ä: [b, c]\r\nd: e\r\n";
    let c = locate(text, &path("ä[1]")).unwrap();
    assert_eq!(text.get(c.byte..c.byte + c.len), Some("c"));
    let e = locate(text, &path("d")).unwrap();
    assert_eq!((e.line, e.column, text.get(e.byte..)), (2, 4, Some("e\r\n")));
}

#[test]
fn paths_are_ordered_as_numbers_and_know_what_holds_them() {
    assert!(path("a[9]") < path("a[10]"));
    assert_eq!(path("a.b[1]").parent(), Some(path("a.b")));
    assert_eq!(FieldPath::root().parent(), None);
    assert_eq!(path("a").segments(), [Segment::Key("a".into())]);
    assert_eq!(FieldPath::of(&["a", "b"]), path("a.b"));
}

//! Text from outside in a file that is written: nothing in it is seen as anything but text.

use super::word::is_hidden;

/// A text as a quoted scalar: JSON is YAML, and what cannot be seen is escaped.
pub fn scalar(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    spelt_out(&quoted)
}

/// A text in a comment: it stays on its line.
pub fn comment(text: &str) -> String {
    spelt_out(text)
}

fn spelt_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_hidden(c) {
            out.push_str(&format!("\\U{:08x}", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_is_one_quoted_scalar() {
        assert_eq!(scalar("a\"b\n# c: \u{202e}d"), r#""a\"b\n# c: \U0000202ed""#);
    }

    #[test]
    fn a_comment_never_ends_before_its_line() {
        assert_eq!(comment("a\nb: c\u{2028}"), r"a\U0000000ab: c\U00002028");
    }
}

//! Text from outside, made safe for a terminal, and small things about numbers and words.

use fedctl_core::spec::is_hidden;

/// One line: every character that cannot be seen, or that changes how others are seen, is spelt out.
pub fn visible(text: &str) -> String {
    spell_out(text, false)
}

/// The same, but lines and tabs stay.
pub fn visible_lines(text: &str) -> String {
    spell_out(text, true)
}

fn spell_out(text: &str, keep_lines: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let is_line = matches!(c, '\n' | '\t') && keep_lines;
        if is_hidden(c) && !is_line {
            // A carriage return at the end of a line is how some editors write lines, and nothing to be told of.
            if c != '\r' || !keep_lines {
                out.push_str(&format!("<U+{:04X}>", u32::from(c)));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// `1 person`, `2 people`.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Rows with their columns lined up, each line indented by this many spaces.
pub fn columns(rows: &[Vec<String>], indent: usize) -> String {
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let mut text = String::new();
    for row in rows {
        let mut line = " ".repeat(indent);
        for (at, cell) in row.iter().enumerate() {
            let is_last = at + 1 == row.len();
            let pad = if is_last { 0 } else { width(at).unwrap_or(0).saturating_sub(cell.chars().count()) + 2 };
            line.push_str(cell);
            line.push_str(&" ".repeat(pad));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_or_hides_is_spelt_out() {
        assert_eq!(visible("a\u{1b}[2Jb\u{202e}c\nd"), "a<U+001B>[2Jb<U+202E>c<U+000A>d");
        assert_eq!(visible_lines("a\r\n\tb"), "a\n\tb");
    }

    #[test]
    fn columns_are_lined_up_and_lines_have_no_blanks_at_their_end() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        assert_eq!(columns(&[row(&["a", "b"]), row(&["ccc", ""])], 2), "  a    b\n  ccc\n");
    }
}

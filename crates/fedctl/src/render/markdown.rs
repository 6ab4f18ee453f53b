//! Text from outside inside of Markdown: it can neither end what it stands in, nor mention, link or mark up anything.

use super::text::visible;

/// The most characters of one text that are shown.
const LONGEST: usize = 200;

/// A code span, on one line: nothing in it is markup, a mention or HTML.
pub fn code(text: impl AsRef<str>) -> String {
    let text = one_line(text);
    let fence = "`".repeat(longest_run(&text) + 1);
    // A blank at either end is taken off again where there is one at both, and keeps backticks apart.
    let pad = if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// A fenced block of these lines, each of which is one line whatever is in it.
pub fn fenced(language: &str, lines: &[String]) -> String {
    let longest = lines.iter().map(|line| longest_run(line)).max().unwrap_or_default();
    let fence = "`".repeat((longest + 1).max(3));
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{fence}{language}\n{body}{fence}\n")
}

/// Text on one line with everything spelt out that hides, and cut where that is long.
pub fn one_line(text: impl AsRef<str>) -> String {
    let text = text.as_ref();
    // What is spelt out is longer, and never shorter.
    let most = text.char_indices().nth(LONGEST).map_or(text.len(), |(end, _)| end);
    let shown = visible(&text[..most]);
    match shown.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None if most < text.len() => format!("{shown}…"),
        None => shown,
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_span_ends_where_it_ends_and_nowhere_else() {
        assert_eq!(code("ann@acme.com"), "`ann@acme.com`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`"), "`` ` ``");
        assert_eq!(code("a\nb\u{202e}"), "`a<U+000A>b<U+202E>`");
        assert_eq!(code(""), "`  `");
        for long in ["x", "\u{202e}"] {
            assert_eq!(code(long.repeat(1000)).chars().count(), LONGEST + 3);
        }
        assert_eq!(one_line("x".repeat(LONGEST)), "x".repeat(LONGEST));
    }

    #[test]
    fn a_block_ends_where_it_ends_and_nowhere_else() {
        assert_eq!(fenced("diff", &["+ ````".to_owned()]), "`````diff\n+ ````\n`````\n");
    }
}

//! A page of the guide: what it does, and its blocks.

/// What a command printed, or what a page says that it prints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    /// Lines; in a page, `...` stands for any.
    pub(crate) lines: Vec<String>,
    pub(crate) status: i32,
}

impl Block {
    /// Whether what was printed is what the page says.
    pub(crate) fn covers(&self, printed: &Self) -> bool {
        self.status == printed.status && covers(&self.lines, &printed.lines)
    }
}

fn covers(expected: &[String], printed: &[String]) -> bool {
    match expected.split_first() {
        None => printed.is_empty(),
        Some((any, rest)) if any == "..." => (0..=printed.len()).any(|at| covers(rest, &printed[at..])),
        Some((line, rest)) => {
            printed.split_first().is_some_and(|(first, printed)| line == first && covers(rest, printed))
        }
    }
}

/// Something that a page says, with its line.
pub(crate) struct Step<'a> {
    pub(crate) line: usize,
    pub(crate) told: Told<'a>,
}

/// What it says.
pub(crate) enum Told<'a> {
    /// A world begins.
    Sandbox(&'a str),
    /// A command is typed.
    Command { words: &'a str, expected: Block },
    /// Somebody does something in a console.
    Hand(&'a str),
    /// The spec says something else.
    Spec(&'a str, &'a str),
    /// Somebody signs in, or does not.
    SignsIn(&'a str, bool),
}

/// A page whose commands were run: those that printed something else are written anew.
pub(crate) fn renewed(text: &str, mut step: impl FnMut(Step<'_>) -> Option<Block>) -> String {
    let mut out = String::new();
    let mut lines = (1..).zip(text.lines()).peekable();
    let mut is_inside = false;
    while let Some((number, line)) = lines.next() {
        out.push_str(line);
        out.push('\n');
        is_inside = if is_inside { line != "```" } else { line == "```console" };
        if let Some(told) = comment(line) {
            step(Step { line: number, told });
        }
        let Some(words) = line.strip_prefix("$ ").filter(|_| is_inside) else { continue };
        let mut expected = Block { lines: Vec::new(), status: 0 };
        while let Some((_, line)) = lines.next_if(|(_, line)| !line.starts_with("$ ") && *line != "```") {
            match line.strip_prefix("? ").and_then(|status| status.parse().ok()) {
                Some(status) => expected.status = status,
                None => expected.lines.push(line.trim_end().to_owned()),
            }
        }
        let printed = step(Step { line: number, told: Told::Command { words, expected: expected.clone() } });
        let Block { lines, status } = printed.unwrap_or(expected);
        out.extend(lines.iter().map(|line| format!("{line}\n")));
        if status != 0 {
            out.push_str(&format!("? {status}\n"));
        }
    }
    out
}

fn comment(line: &str) -> Option<Told<'_>> {
    let (word, rest) = line.strip_prefix("<!-- ")?.strip_suffix(" -->")?.split_once(": ")?;
    match word {
        "sandbox" => Some(Told::Sandbox(rest)),
        "by hand" => Some(Told::Hand(rest)),
        "spec" => rest.split_once(" => ").map(|(from, to)| Told::Spec(from, to)),
        "signs in" => Some(Told::SignsIn(rest, true)),
        "does not sign in" => Some(Told::SignsIn(rest, false)),
        other => panic!("`{other}` is nothing that a page can say"),
    }
}

#[test]
fn dots_stand_for_any_lines_and_everything_else_for_itself() {
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    let is = |expected: &str, printed: &str| covers(&lines(expected), &lines(printed));
    assert!(is("a\n...\nd", "a\nb\nc\nd") && is("...", "") && is("a\n...", "a"));
    assert!(!is("a\n...\nd", "a\nb") && !is("a", "a\nb") && !is("", "a"));
}

#[test]
fn a_block_that_is_not_right_is_written_anew_and_nothing_else() {
    let page = "# T\n<!-- sandbox: fresh -->\n```console\n$ fedctl a\nold\n$ fedctl b\n...\n? 4\n```\nWords.\n";
    let mut said = Vec::new();
    let text = renewed(page, |step| match step.told {
        Told::Command { words, expected } => {
            said.push((words.to_owned(), expected.status));
            (words == "fedctl a").then(|| Block { lines: vec!["new".to_owned()], status: 1 })
        }
        Told::Sandbox(_) | Told::Hand(_) | Told::Spec(..) | Told::SignsIn(..) => None,
    });
    assert_eq!(text, page.replace("old\n", "new\n? 1\n"));
    assert_eq!(said, [("fedctl a".to_owned(), 0), ("fedctl b".to_owned(), 4)]);
}

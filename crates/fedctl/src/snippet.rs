//! Problems of a spec as people read them in a terminal: the line, a caret, the hint.
//!
//! The text comes from a pull request. What could move the cursor, turn the direction of writing or hide itself is spelt
//! out, and what stands where somebody might have put a key is masked.

use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin as AnnotatedFile, Renderer, Snippet};
use fedctl_core::spec::{Diagnostic, Label, Origin, Severity};

use crate::mask::{mask, mask_words};
use crate::render::text::{visible, visible_lines};

/// How many problems are shown; nobody reads more.
const MAX_SHOWN: usize = 100;
/// How many bytes are walked through for showing problems: each costs a walk through the text or two.
const MAX_WALKED: usize = 64 << 20;

/// Renders problems of one file and of the defaults beside it, in their order.
pub fn render(diagnostics: &[Diagnostic], file: &Page<'_>, fleet: Option<&Page<'_>>, color: bool) -> String {
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    let pages = Pages { file, fleet: fleet.unwrap_or(file) };
    let walk = file.text.len().max(pages.fleet.text.len()).max(1);
    let most = (MAX_WALKED / walk).clamp(5, MAX_SHOWN);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(most) {
        out.push_str(&pages.one(diagnostic, &renderer));
        out.push_str("\n\n");
    }
    if let Some(more @ 1..) = diagnostics.len().checked_sub(most) {
        out.push_str(&format!("{more} more problems are not shown\n\n"));
    }
    out
}

/// The files that the problems are in.
struct Pages<'p> {
    file: &'p Page<'p>,
    fleet: &'p Page<'p>,
}

impl Pages<'_> {
    fn one(&self, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(spelt(&diagnostic.message)).id(diagnostic.code.as_str());
        let group = self.place(Group::with_title(title), &diagnostic.labels);
        let help = diagnostic.help.as_ref().map(|help| Level::HELP.message(spelt(help)));
        renderer.render(&[group.elements(help)])
    }

    /// Adds the lines that the labels are about, those of the first label's file first; the file alone if there are none.
    fn place<'g>(&'g self, mut group: Group<'g>, labels: &[Label]) -> Group<'g> {
        let main = labels.first().map_or(Origin::File, |label| label.origin);
        let other = if main == Origin::File { Origin::Fleet } else { Origin::File };
        let mut shown = 0;
        for origin in [main, other] {
            let page = if origin == Origin::File { self.file } else { self.fleet };
            let spans = labels.iter().filter(|label| label.origin == origin);
            let spans = spans.filter_map(|label| Some((page.span(label)?, label.text.as_str())));
            let annotations: Vec<_> = spans
                .enumerate()
                .map(|(nth, (span, text))| {
                    let kind = if shown + nth == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
                    kind.span(span).label((!text.is_empty()).then(|| spelt(text)))
                })
                .collect();
            if !annotations.is_empty() {
                shown += annotations.len();
                let source = Snippet::source(visible_lines(&page.shown)).path(page.file.as_str());
                group = group.element(source.annotations(annotations));
            }
        }
        let page = if main == Origin::File { self.file } else { self.fleet };
        if shown == 0 { group.element(AnnotatedFile::path(page.file.as_str())) } else { group }
    }
}

/// What is said of a text may repeat some of it.
fn spelt(said: &str) -> String {
    visible(&mask_words(said))
}

/// A file, as it is shown.
pub struct Page<'p> {
    file: String,
    text: &'p str,
    /// The text with secrets masked, byte for byte in the same places.
    shown: String,
}

impl<'p> Page<'p> {
    /// A file by its name and its text.
    pub fn new(file: &str, text: &'p str) -> Self {
        Self { file: visible(file), text, shown: mask(text) }
    }

    /// Where a label is in the text as it is shown.
    fn span(&self, label: &Label) -> Option<Range<usize>> {
        let position = label.at.locate(self.text)?;
        let shown_len = |end: usize| Some(visible_lines(self.shown.get(..end)?).len());
        Some(shown_len(position.byte)?..shown_len(position.byte + position.len)?)
    }
}

#[cfg(test)]
mod tests {
    use fedctl_core::spec::{Parsed, parse};

    use super::*;

    const HEAD: &str = "\
federation: acme-to-beta
primary: {organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme}
secondary: {organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}
";

    fn page(problems: &[Diagnostic], file: &str, text: &str, color: bool) -> String {
        render(problems, &Page::new(file, text), None, color)
    }

    fn shown(rest: &str) -> String {
        let text = format!("{HEAD}{rest}");
        let Parsed { problems, .. } = parse(&text);
        page(&problems, "specs/acme.yaml", &text, false)
    }

    #[test]
    fn a_problem_has_its_code_line_caret_and_hint() {
        insta::assert_snapshot!(shown("people:\n  form: {groups: [A, ünï, ünï]}\n"), @r"
        error[unknown-key]: `people` has no key `form`
         --> specs/acme.yaml:5:3
          |
        5 |   form: {groups: [A, ünï, ünï]}
          |   ^^^^
          |
          = help: did you mean `from`?
        ");
    }

    #[test]
    fn a_problem_in_two_places_shows_both() {
        let rest =
            "people:\n  from:\n    emails: [ann@acme.com]\n  pilot: [ann@acme.com]\n  except:\n    - ann@acme.com\n";
        insta::assert_snapshot!(shown(rest), @r"
        error[excepted-person]: `ann@acme.com` is in `people.from.emails` and in `people.except`
         --> specs/acme.yaml:6:14
          |
        6 |     emails: [ann@acme.com]
          |              ^^^^^^^^^^^^ asked for here
        ...
        9 |     - ann@acme.com
          |       ------------ excepted here
          |
          = help: remove one of the two

        error[excepted-person]: `ann@acme.com` is in `people.pilot` and in `people.except`
         --> specs/acme.yaml:7:11
          |
        7 |   pilot: [ann@acme.com]
          |           ^^^^^^^^^^^^ asked for here
        8 |   except:
        9 |     - ann@acme.com
          |       ------------ excepted here
          |
          = help: remove one of the two
        ");
    }

    #[test]
    fn what_is_not_there_points_at_what_would_hold_it() {
        insta::assert_snapshot!(shown("people: {}\napp:\n  label:\n"), @r"
        error[missing-key]: `people.from` is missing
         --> specs/acme.yaml:4:1
          |
        4 | people: {}
          | ^^^^^^
          |
          = help: write it, for example `from: {groups: [Contractors]}`

        error[empty-value]: `app.label` is empty
         --> specs/acme.yaml:6:9
          |
        6 |   label:
          |         ^
          |
          = help: write a value, or remove the key
        ");
    }

    #[test]
    fn a_problem_of_the_whole_file_names_the_file() {
        insta::assert_snapshot!(page(&parse("").problems, "specs/empty.yaml", "", false), @r"
        error[empty-file]: there is nothing in this file
        --> specs/empty.yaml
         = help: `specs/` has examples of a spec
        ");
    }

    #[test]
    fn broken_yaml_shows_where() {
        insta::assert_snapshot!(shown("people:\n\tfrom: {groups: [A]}\n"), @r"
        error[yaml-syntax]: this is not YAML: found character that cannot start any token
         --> specs/acme.yaml:5:1
          |
        5 |     from: {groups: [A]}
          | ^^^^
          |
          = help: indent with blanks: YAML has no tabs there
        ");
        insta::assert_snapshot!(shown("people: {from: {groups: [A]}, mapping: {email: {email}.beta}}\n"), @r#"
        error[unquoted-template]: `{email}` needs quotes
         --> specs/acme.yaml:4:48
          |
        4 | people: {from: {groups: [A]}, mapping: {email: {email}.beta}}
          |                                                ^^^^^^^ YAML takes this for a mapping
          |
          = help: YAML reads an unquoted brace as a mapping: put the whole value in quotes, as in `"{email}"`
        "#);
    }

    #[test]
    fn hidden_characters_are_spelt_out_and_move_no_caret() {
        insta::assert_snapshot!(shown("people: {from: {groups: [\"\u{202e}stnemtra\u{2066}p\u{200b}eD\", bob, bob]}}\n"), @r#"
        error[hidden-character]: `people.from.groups[0]` holds the character U+202E, which nobody can see
         --> specs/acme.yaml:4:26
          |
        4 | people: {from: {groups: ["<U+202E>stnemtra<U+2066>p<U+200B>eD", bob, bob]}}
          |                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: type the value again

        error[duplicate-entry]: this entry is in the list twice
         --> specs/acme.yaml:4:70
          |
        4 | people: {from: {groups: ["<U+202E>stnemtra<U+2066>p<U+200B>eD", bob, bob]}}
          |                                                                 ---  ^^^ again
          |                                                                 |
          |                                                                 first here
        "#);
    }

    #[test]
    fn the_name_of_the_file_is_untrusted_too() {
        let shown = page(&parse("").problems, "specs/\u{1b}[2J\nerror: x.yaml", "", false);
        assert!(shown.contains("specs/<U+001B>[2J<U+000A>error: x.yaml"), "{shown}");
    }

    #[test]
    fn a_key_in_the_spec_is_not_repeated() {
        let rest = "people: {from: {groups: [A]}, api_key: jca_0123, x: y}\nclient-secret: \"hush: hush\"\n";
        let output = shown(rest);
        assert!(!output.contains("jca_0123") && !output.contains("hush"), "{output}");
        insta::assert_snapshot!(output, @r"
        error[belongs-to-operator]: `api_key` belongs to the operator file
         --> specs/acme.yaml:4:31
          |
        4 | people: {from: {groups: [A]}, api_key: ********* ** **
          |                               ^^^^^^^ not in a spec
          |
          = help: a spec only names credentials, as in `credentials: acme`; where their key comes from is said in the operator file (`--operator`) or in the environment

        error[unknown-key]: `people` has no key `x`
         --> specs/acme.yaml:4:50
          |
        4 | people: {from: {groups: [A]}, api_key: ********* ** **
          |                                                  ^
          |
          = help: its keys are `from`, `except`, `pilot`, `mapping`, `copy`, `password_authority`, `on_leave`, `overrides`

        error[belongs-to-operator]: `client-secret` belongs to the operator file
         --> specs/acme.yaml:5:1
          |
        5 | client-secret: ****** *****
          | ^^^^^^^^^^^^^ not in a spec
          |
          = help: a spec only names credentials, as in `credentials: acme`; where their key comes from is said in the operator file (`--operator`) or in the environment
        ");
        let key = "0123456789abcdef0123456789abcdef01234567";
        let text = format!("{HEAD}people: {{from: {{groups: [A]}}}}\n")
            .replace("credentials: beta", &format!("credentials: {key}"));
        assert!(!page(&parse(&text).problems, "x.yaml", &text, false).contains(key));
    }

    #[test]
    fn windows_line_ends_are_not_shown() {
        let text = format!("{HEAD}people: [a]\n").replace('\n', "\r\n");
        let output = page(&parse(&text).problems, "x.yaml", &text, false);
        assert!(!output.contains('\r') && !output.contains("U+000D"), "{output}");
    }

    #[test]
    fn colour_is_added_and_nothing_else() {
        let text = format!("{HEAD}people: [a]\n");
        let problems = parse(&text).problems;
        assert!(page(&problems, "x.yaml", &text, true).contains("\u{1b}["));
        assert!(!page(&problems, "x.yaml", &text, false).contains('\u{1b}'));
    }

    #[test]
    fn a_hundred_problems_are_enough() {
        let text = format!("{HEAD}people: {{from: {{emails: [{}]}}}}\n", "a, ".repeat(150));
        let output = page(&parse(&text).problems, "x.yaml", &text, false);
        assert_eq!(output.matches("error[").count(), 100);
        assert!(output.ends_with("50 more problems are not shown\n\n"));
    }

    #[test]
    fn places_in_two_files_are_shown_in_both() {
        let text = format!("{HEAD}people:\n  from: {{emails: [ann@acme.com]}}\n");
        let fleet = fedctl_core::spec::FleetText::new("people:\n  except: [ann@acme.com]\n  on_leave: party\n");
        let Parsed { problems, .. } = fedctl_core::spec::parse_with(Some(&fleet), &text);
        let (file, beside) = (Page::new("specs/acme.yaml", &text), Page::new("specs/fleet.yaml", fleet.text()));
        insta::assert_snapshot!(render(&problems, &file, Some(&beside), false), @r"
        error[excepted-person]: `ann@acme.com` is in `people.from.emails` and in `people.except`
         --> specs/acme.yaml:5:19
          |
        5 |   from: {emails: [ann@acme.com]}
          |                   ^^^^^^^^^^^^ asked for here
          |
         ::: specs/fleet.yaml:2:12
          |
        2 |   except: [ann@acme.com]
          |            ------------ excepted here
          |
          = help: remove one of the two

        error[unknown-value]: `party` is not possible here
         --> specs/fleet.yaml:3:13
          |
        3 |   on_leave: party
          |             ^^^^^
          |
          = help: possible are `suspend`, `unroute`, `keep`
        ");
    }

    #[test]
    fn a_line_of_a_million_characters_is_cut() {
        let text = format!("{HEAD}people: {{from: {{groups: [\"{}\", B, B]}}}}\n", "x".repeat(1 << 20));
        let output = page(&parse(&text).problems, "x.yaml", &text, false);
        assert!(output.len() < 10_000, "{}", output.len());
    }
}

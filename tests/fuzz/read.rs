//! Readers that are not ours, for what fedctl shows.

use fedctl_core::spec::is_hidden;
use pulldown_cmark::{Event, Options, Parser, Tag};
use serde_json::Value;

/// Nothing that hides, and nothing that moves the cursor but the end of a line.
#[track_caller]
pub(crate) fn is_plain(text: &str) {
    let bad = text.chars().find(|c| is_hidden(*c) && *c != '\n' && *c != '\t');
    assert_eq!(bad, None, "{text:?}");
}

#[track_caller]
pub(crate) fn is_json(text: &str) -> Value {
    is_plain(text);
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Read as a forge reads it: no markup but ours, no link, no picture, and everything from outside is code.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other event is of no concern, also those to come")]
#[track_caller]
pub(crate) fn is_markdown(text: &str) {
    is_plain(text);
    let ours = ["<details>", "<summary>", "</summary>", "</details>"];
    let extensions =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES | Options::ENABLE_TASKLISTS;
    for event in Parser::new_ext(text, extensions) {
        match event {
            Event::Html(html) | Event::InlineHtml(html) => {
                let rest = ours.iter().fold(html.to_string(), |rest, tag| rest.replace(tag, ""));
                assert!(!rest.contains(['<', '>']), "{html}: {text}");
            }
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_)) => panic!("a link: {text}"),
            // A forge looks for mentions and bare addresses in text.
            Event::Text(said) if !is_in_code(text, &said) => {
                assert!(!said.contains('@') && !said.contains("://") && !said.contains("www."), "{said}: {text}");
            }
            _ => {}
        }
    }
}

/// Whether a text stands in a fenced block: its lines begin with the signs of a difference.
fn is_in_code(page: &str, said: &str) -> bool {
    let mut fence: Option<String> = None;
    for line in page.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if ticks == *open && line == ticks => fence = None,
            Some(_) if said.trim_end_matches('\n').lines().any(|part| line.contains(part) && !part.is_empty()) => {
                return true;
            }
            None | Some(_) => {}
        }
    }
    false
}

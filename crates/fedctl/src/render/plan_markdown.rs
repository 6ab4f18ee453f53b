//! A plan for a comment on a pull request: what it means for people first, losses before everything and never folded.

use std::collections::BTreeMap;

use fedctl_core::text::Untrusted;

use super::fates;
use super::frame::Frame;
use super::markdown::{code, fenced, one_line};
use super::rows::{ActionRow, ChangeRow, PersonRow, Rows};
use super::text::count;
use crate::source::Place;

/// About how long the text may be; comments have a limit. Only losses may take more.
const MOST: usize = 60_000;
/// What is kept free for ends of blocks and the last lines.
const RESERVE: usize = 4_000;
/// Entries of one list before the rest is counted.
const LISTED: usize = 100;

/// The whole text.
pub fn text(rows: &Rows, frame: &Frame) -> String {
    let mut page = Page(head(rows, frame));
    page.refusals(rows, frame);
    page.0.push_str(&effects(rows));
    page.losses(rows);
    page.people(rows);
    page.objects(rows);
    page.persons(rows);
    let notes = rows.notes.iter().map(|note| format!("- {}: {}\n", code(&note.about), code(&note.text)));
    page.list("Left as it is", notes.collect());
    page.0.push_str(&end(rows, frame));
    page.0
}

fn head(rows: &Rows, frame: &Frame) -> String {
    let [primary, secondary] = &frame.names;
    let mut text = format!(
        "### fedctl plan: {}\n\nPeople of {} ({}) sign in to {} ({}).\n",
        code(&rows.head.federation),
        code(primary),
        code(&rows.head.primary),
        code(secondary),
        code(&rows.head.secondary),
    );
    if let Some(sandbox) = &frame.sandbox {
        text.push_str(&format!("**SIMULATED**: both organisations are played by {}.\n", code(sandbox)));
    }
    text
}

/// People by what becomes of them. What is not known comes first, for it may matter most.
fn by_fate(rows: &Rows) -> Vec<(&str, Vec<&PersonRow>)> {
    let mut people: BTreeMap<&str, Vec<&PersonRow>> = BTreeMap::new();
    for person in &rows.people {
        people.entry(person.fate.raw()).or_default().push(person);
    }
    let known: Vec<_> = fates::ALL.iter().filter_map(|said| people.remove_entry(said.code)).collect();
    people.into_iter().chain(known).collect()
}

fn said(fate: &str) -> Option<&'static fates::Said> {
    fates::ALL.iter().find(|said| said.code == fate)
}

/// `10 people gain sign-in to …`: the words are ours.
fn who(fate: &str, people: usize) -> String {
    said(fate).map_or_else(|| format!("{people} x another fate, see below"), |said| said.of(people))
}

/// How many people it means what for. No text from outside stands in a table.
fn effects(rows: &Rows) -> String {
    let losses = rows.actions.iter().filter(|action| action.takes_away).count();
    let losses = count(losses, "action can take sign-in away", "actions can take sign-in away");
    let mut text = format!("\n| what it means for people |\n|---|\n| **{losses}** |\n");
    for (fate, people) in by_fate(rows) {
        text.push_str(&format!("| {} |\n", who(fate, people.len())));
    }
    text
}

fn end(rows: &Rows, frame: &Frame) -> String {
    let held = rows.people.iter().filter(|person| person.fate == "held").count();
    let what = match (rows.actions.len(), held) {
        (0, 0) => "Nothing to do.".to_owned(),
        (0, held) => format!("Nothing to do; {}.", count(held, "person is held", "people are held")),
        (actions, _) => {
            format!("{}, about {}.", count(actions, "action", "actions"), count(frame.requests, "request", "requests"))
        }
    };
    let rehearsed = frame.rehearsed.as_ref().map(|rehearsed| {
        let remarks: String = rehearsed.remarks().map(|remark| format!("- {}\n", code(&remark))).collect();
        format!("\n{}.\n{remarks}", rehearsed.line())
    });
    let rehearsed = rehearsed.unwrap_or_default();
    format!("{rehearsed}\n{what} Client secret: {}. Digest: {}\n", code(&frame.secret), code(&frame.digest))
}

/// The text so far.
struct Page(String);

impl Page {
    fn room(&self) -> usize {
        MOST.saturating_sub(RESERVE + self.0.len())
    }

    fn refusals(&mut self, rows: &Rows, frame: &Frame) {
        let row = |row: &super::rows::RefusalRow| {
            format!(
                "- {} {}: {}; way out: {}\n",
                code(&row.guard),
                code(&row.about),
                code(&row.why),
                code(&row.way_out)
            )
        };
        self.list("Refused: this plan must not be applied", rows.refusals.iter().map(row).collect());
        if !frame.allow.is_empty() {
            let lifts: Vec<String> = frame.allow.iter().map(|lift| format!("--allow {lift}")).collect();
            self.0.push_str(&format!(
                "\nIf all of this is meant, `fedctl apply` goes on with {}.\n",
                code(lifts.join(" "))
            ));
        }
        self.list("Lifted for this plan", rows.lifted.iter().map(row).collect());
    }

    /// Everything that can take sign-in from somebody, however long it gets.
    fn losses(&mut self, rows: &Rows) {
        let losses: Vec<&ActionRow> = rows.actions.iter().filter(|action| action.takes_away).collect();
        if losses.is_empty() {
            return;
        }
        self.0.push_str("\n#### Sign-in that can be taken away\n\n");
        for action in losses {
            let person = action.person.as_ref().map(|person| format!(" of {}", code(person))).unwrap_or_default();
            self.0.push_str(&format!("- {} {}{person}\n", code(&action.verb), code(&action.target)));
        }
    }

    /// Who they are, but those for whom nothing changes.
    fn people(&mut self, rows: &Rows) {
        let row = |person: &&PersonRow| {
            let fate = said(person.fate.raw()).map_or_else(|| format!("{} ", code(&person.fate)), |_| String::new());
            let what = person.why.as_ref().map_or_else(|| format!("→ {}", code(&person.account)), code);
            format!("- {} {fate}{what}{}\n", code(&person.person), place(person.place.as_ref()))
        };
        for (fate, people) in by_fate(rows).into_iter().filter(|(fate, _)| *fate != "unchanged") {
            let rows: Vec<String> = people.iter().map(row).collect();
            if matches!(fate, "loses" | "leaves") {
                self.0.push_str(&format!("\n#### {}\n\n{}", who(fate, people.len()), rows.concat()));
            } else {
                self.folded(&who(fate, people.len()), &rows);
            }
        }
    }

    /// A list that stands open.
    fn list(&mut self, title: &str, items: Vec<String>) {
        if !items.is_empty() {
            self.0.push_str(&format!("\n#### {title}\n\n"));
            self.items(&items);
        }
    }

    /// A list that the reader opens. The title is ours.
    fn folded(&mut self, title: &str, items: &[String]) {
        self.0.push_str(&format!("\n<details><summary>{title}</summary>\n\n"));
        self.items(items);
        self.0.push_str("\n</details>\n");
    }

    fn items(&mut self, items: &[String]) {
        let mut shown = 0;
        for item in items.iter().take(LISTED) {
            if item.len() > self.room() {
                break;
            }
            self.0.push_str(item);
            shown += 1;
        }
        if shown < items.len() {
            self.0.push_str(&format!("- and {} more\n", items.len() - shown));
        }
    }

    fn objects(&mut self, rows: &Rows) {
        let actions = rows.actions.iter().filter(|action| action.person.is_none());
        let blocks: Vec<Vec<String>> = actions.map(|action| block(action, None)).collect();
        self.blocks("Objects, in the order in which they are made", &blocks);
    }

    /// What is done for each person, alike actions folded with one of them as an example.
    fn persons(&mut self, rows: &Rows) {
        let mut alike: Vec<(String, Vec<&ActionRow>)> = Vec::new();
        let mut places: BTreeMap<String, usize> = BTreeMap::new();
        for action in rows.actions.iter().filter(|action| action.person.is_some()) {
            let key = key(action);
            let at = *places.entry(key.clone()).or_insert_with(|| {
                alike.push((key, Vec::new()));
                alike.len() - 1
            });
            alike[at].1.push(action);
        }
        let blocks: Vec<Vec<String>> =
            alike.iter().map(|(_, actions)| block(actions[0], (actions.len() > 1).then_some(actions.len()))).collect();
        self.blocks("For each person", &blocks);
    }

    fn blocks(&mut self, title: &str, blocks: &[Vec<String>]) {
        let (mut lines, mut length, mut shown) = (Vec::new(), 0, 0);
        for block in blocks {
            length += block.iter().map(|line| line.len() + 1).sum::<usize>();
            if length > self.room() {
                break;
            }
            lines.extend(block.iter().cloned());
            shown += 1;
        }
        if shown < blocks.len() {
            lines.push(format!("# and {} more", blocks.len() - shown));
        }
        if !blocks.is_empty() {
            self.0.push_str(&format!("\n#### {title}\n\n{}", fenced("diff", &lines)));
        }
    }
}

fn place(place: Option<&Place>) -> String {
    place.map(|place| format!(" ({})", code(format!("{}:{}", place.file, place.line)))).unwrap_or_default()
}

/// What actions must share to be folded: everything but the person.
fn key(action: &ActionRow) -> String {
    let mut parts = action.target.raw().splitn(3, '/');
    let (org, kind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    // A membership is alike another of the same group.
    let group = if kind == "group-member" { parts.next().and_then(|name| name.rsplit_once('/')) } else { None };
    let fields: Vec<&str> = action.changes.iter().map(|change| change.field.raw()).collect();
    let group = group.map(|(group, _)| group).unwrap_or_default();
    format!("{org}/{kind} {group}\n{} {} {}", action.verb.raw(), action.because.raw(), fields.join(","))
}

/// An action as lines of a difference: its object, why, and its fields before and after.
fn block(action: &ActionRow, times: Option<usize>) -> Vec<String> {
    let sign = match action.verb.raw() {
        "create" => '+',
        "delete" => '-',
        "check" => '#',
        _ => '!',
    };
    let example = times.map(|times| format!("{times} times, for example ")).unwrap_or_default();
    let mut lines = vec![format!(
        "{sign} {}: {example}{} ({})",
        one_line(&action.verb),
        one_line(&action.target),
        one_line(&action.why)
    )];
    lines.extend(action.changes.iter().flat_map(change));
    lines
}

fn change(change: &ChangeRow) -> Vec<String> {
    let line = |sign: char, value: &Untrusted| format!("{sign}     {}: {}", one_line(&change.field), one_line(value));
    let before = change.before.iter().map(|value| line('-', value));
    before.chain(change.after.iter().map(|value| line('+', value))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame {
            allow: Vec::new(),
            lifted: Vec::new(),
            rehearsed: None,
            signed_in: Vec::new(),
            names: ["acme".to_owned(), "beta".to_owned()],
            sandbox: None,
            as_of: None,
            digest: "0".repeat(64),
            requests: 1,
            secret: "unproved".to_owned(),
            places: BTreeMap::new(),
        }
    }

    /// A plan in which so many people gain sign-in, are held and are refused, and so many lose it.
    fn plan(people: usize, losses: usize) -> Rows {
        let mut lines =
            vec![r#"{"plan":{"federation":"f","primary":"1","secondary":"2","secret":"unproved"}}"#.to_owned()];
        let write = r#""write":{"send":{"call":"PUT /"}}"#;
        for at in 0..people {
            lines.push(format!(
                r#"{{"person":{{"person":"p{at}@acme.com","account":"p{at}@beta.com","fate":"gains","spec":"s"}}}}"#
            ));
            lines.push(format!(r#"{{"person":{{"person":"h{at}@acme.com","account":"h{at}@beta.com","fate":"held","why":"pilot","spec":"s"}}}}"#));
            lines.push(format!(
                r#"{{"action":{{"target":"primary/user-group/{at}","verb":"create","because":"b","why":"w",{write}}}}}"#
            ));
            lines.push(format!(r#"{{"action":{{"target":"secondary/user/{at}","verb":"create","because":"b{at}","why":"w","person":"p{at}@acme.com",{write}}}}}"#));
            lines.push(format!(r#"{{"note":{{"about":"secondary/user/{at}","text":"t"}}}}"#));
            lines.push(format!(r#"{{"refusal":{{"guard":"foreign","about":"{at}","why":"w","way_out":"o"}}}}"#));
        }
        for at in 0..losses {
            lines.push(format!(r#"{{"action":{{"target":"secondary/group-member/lost{at}.","verb":"delete","because":"b","why":"w","takes_away":true,"person":"l{at}@acme.com",{write}}}}}"#));
        }
        Rows::of(lines.iter()).unwrap()
    }

    #[test]
    fn a_large_plan_is_folded_and_says_how_much_is() {
        let text = text(&plan(5_000, 0), &frame());
        assert!(text.len() < MOST, "{}", text.len());
        assert!(text.contains("5000 people gain sign-in") && text.contains("- and 4900 more"), "{text}");
        assert!(text.ends_with(&format!("`{}`\n", "0".repeat(64))));
    }

    #[test]
    fn a_fate_that_is_not_known_is_shown() {
        let person = r#"{"person":{"person":"a@acme.com","account":"a@beta.com","fate":"<b>","spec":"s"}}"#;
        let text = text(&Rows::of([person].iter()).unwrap(), &frame());
        assert!(text.contains("1 x another fate, see below") && text.contains("- `a@acme.com` `<b>` →"), "{text}");
    }

    #[test]
    fn no_loss_is_ever_folded() {
        for losses in [1, 300, 3_000] {
            let text = text(&plan(5_000, losses), &frame());
            assert!((0..losses).all(|at| text.contains(&format!("lost{at}."))), "{losses}");
            assert!(text.contains(&format!("| **{losses} action")));
            assert!(losses > 300 || text.len() < MOST, "{}", text.len());
            assert_eq!(text.matches("```").count() % 2, 0);
            assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
        }
    }
}

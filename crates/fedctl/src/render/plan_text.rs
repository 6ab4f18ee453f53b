//! A plan for people: first what it means for whom, then the objects, then their fields.

use std::collections::BTreeMap;

use fedctl_core::plan::action::{Action, After, Because, Change, Subject, Verb, Write};
use fedctl_core::plan::{Fate, Held, Pair, Plan, PlannedPerson, Refusal};
use similar::{ChangeTag, TextDiff};

use super::others::NOTHING_LEFT;
use super::rehearsed::Rehearsed;
use super::text::{columns, count, visible};
use super::{fates, others};
use crate::source::Source;

/// People or actions of one sort that are listed before the rest is counted. A loss is never counted away.
const LISTED: usize = 8;

/// What a plan is shown with.
pub struct View<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// The spec, for its lines.
    pub source: &'a Source,
    /// The names of the credentials, primary first.
    pub names: [&'a str; 2],
    /// Where the simulator is, if it plays both organisations.
    pub sandbox: Option<&'a str>,
    /// What a rehearsal came to, if there was anything to rehearse.
    pub rehearsed: Option<&'a Rehearsed>,
    /// List everything.
    pub full: bool,
    /// What lists everything, where this does not.
    pub more: &'static str,
    /// The federations that the specs of the folder name, if any other is there.
    pub specs: &'a BTreeMap<String, String>,
    /// The command that carries it out.
    pub command: &'static str,
}

impl View<'_> {
    /// The whole text.
    pub fn text(&self) -> String {
        let mut text = self.head();
        text.push_str(&self.people());
        text.push_str(&self.objects());
        text.push_str(&self.persons());
        text.push_str(&self.notes());
        text.push_str(&self.lifted());
        text.push_str(&self.refusals());
        text.push_str(&self.adoptable());
        text.push_str(&others::text(&self.plan.others, self.specs));
        text.push_str(&self.summary());
        text
    }

    fn head(&self) -> String {
        let [primary, secondary] = &self.plan.organizations;
        let mut text = format!(
            "{}: people of {} ({primary}) sign in to {} ({secondary})\n",
            visible(&self.plan.federation),
            visible(self.names[0]),
            visible(self.names[1]),
        );
        if let Some(sandbox) = self.sandbox {
            text.push_str(&format!("SIMULATED: both organisations are played by {sandbox}\n"));
        }
        text
    }

    fn by_fate(&self, is: impl Fn(Fate) -> bool) -> Vec<&PlannedPerson> {
        self.plan.people.iter().filter(|person| is(person.fate)).collect()
    }

    fn people(&self) -> String {
        let mut text = "\nPeople\n".to_owned();
        for said in &fates::ALL {
            let people = self.by_fate(|fate| said.is(fate));
            if !people.is_empty() {
                text.push_str(&format!("  {} {}\n", said.sign, said.of(people.len())));
                text.push_str(&self.list(&people));
            }
        }
        if self.plan.people.is_empty() {
            text.push_str("  nobody is in the population\n");
        }
        text.push_str(&self.losses());
        text
    }

    /// Everything that can take sign-in from somebody. It is never folded.
    fn losses(&self) -> String {
        let losses: Vec<&Action> = self.plan.actions.iter().filter(|action| action.takes_away()).collect();
        if losses.is_empty() {
            return "  no action takes sign-in from anybody\n".to_owned();
        }
        let rows = losses
            .iter()
            .map(|action| format!("  - {} {}\n", action.verb.as_str(), visible(&action.target.to_string())));
        format!("  - {} can take sign-in away:\n{}", count(losses.len(), "action", "actions"), rows.collect::<String>())
    }

    /// Some people of one fate, and how many more there are. Of those who lose something, all; of those for whom nothing
    /// changes, none.
    fn list(&self, people: &[&PlannedPerson]) -> String {
        let shown = match people.first().map(|person| person.fate) {
            None | Some(Fate::Unchanged) => return String::new(),
            Some(Fate::Loses | Fate::Leaves(_)) => people.len(),
            Some(_) if self.full || people.len() <= LISTED + 1 => people.len(),
            Some(_) => LISTED,
        };
        let row = |person: &&PlannedPerson| {
            let account = || format!("-> {}", visible(&person.account));
            let what = fates::why(person.fate).map_or_else(account, str::to_owned);
            vec![visible(&person.email), what, visible(&self.source.place(&person.spec))]
        };
        let mut text = columns(&people[..shown].iter().map(row).collect::<Vec<_>>(), 6);
        if shown < people.len() {
            text.push_str(&format!("      and {} more ({} lists them)\n", people.len() - shown, self.more));
            text.push_str(&reasons(&people[shown..]));
        }
        text
    }

    fn objects(&self) -> String {
        let actions = self.plan.actions.iter().filter(|action| action.subject == Subject::Federation);
        let text: String = actions.map(|action| self.object(action)).collect();
        let what = if self.plan.backwards { "taken down" } else { "made" };
        if text.is_empty() { text } else { format!("\nObjects, in the order in which they are {what}\n{text}") }
    }

    fn object(&self, action: &Action) -> String {
        let place =
            action.spec.as_ref().map(|path| format!("  {}", visible(&self.source.place(path)))).unwrap_or_default();
        let target = visible(&action.target.to_string());
        let form = unconfirmed(action, self.plan.pair).map(|text| format!("      {text}\n")).unwrap_or_default();
        format!("  {} {target}\n      {}{place}\n{form}{}", sign(action.verb), does(action), fields(&action.changes))
    }

    /// What is done for each person, folded by what it is.
    fn persons(&self) -> String {
        let mut alike: BTreeMap<Alike, Vec<&Action>> = BTreeMap::new();
        let mut order: Vec<Alike> = Vec::new();
        for action in self.plan.actions.iter().filter(|action| action.subject != Subject::Federation) {
            let key = Alike::of(action);
            if !alike.contains_key(&key) {
                order.push(key.clone());
            }
            alike.entry(key).or_default().push(action);
        }
        let mut text = String::new();
        for key in order {
            let actions = &alike[&key];
            if self.full || actions.len() == 1 {
                actions.iter().for_each(|action| text.push_str(&self.object(action)));
            } else {
                text.push_str(&key.text(actions));
            }
        }
        if text.is_empty() { text } else { format!("\nFor each person\n{text}") }
    }

    fn notes(&self) -> String {
        if self.plan.notes.is_empty() {
            return String::new();
        }
        let rows = self
            .plan
            .notes
            .iter()
            .map(|note| format!("  ! {}\n      {}\n", visible(&note.about.to_string()), visible(&note.text)));
        format!("\nLeft as it is\n{}", rows.collect::<String>())
    }

    fn refusals(&self) -> String {
        if self.plan.refusals.is_empty() {
            return String::new();
        }
        let rows = self
            .plan
            .refusals
            .iter()
            .map(|refusal| format!("  x {}      way out: {}\n", refused(refusal), visible(&refusal.way_out)));
        let rows: String = rows.collect();
        format!("\nRefused: this plan must not be applied\n{rows}{}", self.lift())
    }

    /// The one command that goes on all the same, where there is one.
    fn lift(&self) -> String {
        let lifts = self.plan.lifts(&self.plan.digest());
        if lifts.is_empty() {
            return String::new();
        }
        let lifts: String = lifts.iter().map(|lift| format!(" --allow {lift}")).collect();
        let (command, name) = (self.command, self.source.name());
        format!("  If all of this is meant:\n      fedctl {command} {}{lifts}\n", visible(&name))
    }

    /// What somebody lifted for this plan.
    fn lifted(&self) -> String {
        if self.plan.lifted.is_empty() {
            return String::new();
        }
        let rows = self.plan.lifted.iter().map(|refusal| format!("  / {}", refused(refusal)));
        format!("\nLifted: somebody allows this for this plan\n{}", rows.collect::<String>())
    }

    /// Where the lines are that take over what was made by hand.
    fn adoptable(&self) -> String {
        let adoptable = &self.plan.adoptable;
        if adoptable.is_empty() {
            return String::new();
        }
        format!(
            "\nMade by hand: {} and the accounts of {} could be taken over; `fedctl adopt {}` prints the lines for it.\n",
            count(adoptable.objects.len(), "object", "objects"),
            count(adoptable.people.len(), "person", "people"),
            visible(&self.source.name()),
        )
    }

    fn summary(&self) -> String {
        let plan = self.plan;
        let secret = format!("Client secret: {}\n", plan.pair.as_str());
        let mut text = format!("\n{}", if plan.backwards { "" } else { &secret });
        let held = self.by_fate(|fate| matches!(fate, Fate::Held(_))).len();
        if plan.is_empty() && plan.refusals.is_empty() {
            text.push_str(&if plan.backwards { NOTHING_LEFT.to_owned() } else { nothing(plan.notes.len(), held) });
            return text;
        }
        let gains = self.by_fate(|fate| matches!(fate, Fate::Gains | Fate::GainsExisting)).len();
        let losses = plan.actions.iter().filter(|action| action.takes_away()).count();
        text.push_str(&format!(
            "Plan: {}, {held} held, {}. {}, about {}.\nDigest: {}\n",
            gain(gains),
            count(losses, "action takes sign-in away", "actions take sign-in away"),
            count(plan.actions.len(), "action", "actions"),
            count(plan.requests(), "request", "requests"),
            plan.digest(),
        ));
        text.extend(self.rehearsed.map(Rehearsed::text));
        text
    }
}

/// A guard, what it is about, and why.
fn refused(refusal: &Refusal) -> String {
    let (about, why) = (visible(&refusal.about), visible(&refusal.why));
    format!("{}: {about}\n      {why}\n", refusal.guard.as_str())
}

/// That there is nothing to do, and what is not as the spec says all the same.
fn nothing(notes: usize, held: usize) -> String {
    let held = (held > 0).then(|| count(held, "person is held", "people are held"));
    match (notes, held) {
        (0, None) => "Nothing to do: both organisations are as the spec says.\n".to_owned(),
        (0, Some(held)) => format!("Nothing to do; {held}, see above.\n"),
        (_, None) => "Nothing to do: what is not as the spec says is left as it is, see above.\n".to_owned(),
        (_, Some(held)) => format!("Nothing to do; {held}, and not everything is as the spec says, see above.\n"),
    }
}

/// What cannot be known of a request whose spelling nobody has published, until somebody was seen to sign in by what was made so.
fn unconfirmed(action: &Action, pair: Pair) -> Option<String> {
    let Write::First { forms, .. } = &action.write else { return None };
    let names: Vec<&str> = forms.iter().map(|form| form.name).collect();
    Some(match names[..] {
        [] => "a person does it: the operator wants it so".to_owned(),
        _ if pair == Pair::Proved => return None,
        [only] => format!("not confirmed in this organisation: how this is written is not published (form `{only}`)"),
        _ => format!(
            "not confirmed in this organisation: how this is written is not published (forms `{}`, in this order)",
            names.join("`, `")
        ),
    })
}

fn gain(people: usize) -> String {
    match people {
        0 => "nobody gains sign-in".to_owned(),
        people => format!("{} sign-in", count(people, "person gains", "people gain")),
    }
}

/// Why those are held who are not listed.
fn reasons(people: &[&PlannedPerson]) -> String {
    let mut reasons: BTreeMap<Held, usize> = BTreeMap::new();
    for held in people.iter().filter_map(|person| fates::held(person.fate)) {
        *reasons.entry(held).or_default() += 1;
    }
    reasons.iter().map(|(held, number)| format!("        {number} x {}\n", held.as_str())).collect()
}

/// The sign in front of an action.
pub fn sign(verb: Verb) -> char {
    match verb {
        Verb::Create => '+',
        Verb::Update => '~',
        Verb::Adopt => '*',
        Verb::Delete => '-',
        Verb::Check => '?',
    }
}

/// What is done and why, or what a check looks for.
fn does(action: &Action) -> String {
    match action.write.checks() {
        Some(what) => format!("{}: {what}", action.verb.as_str()),
        None => format!("{}, because {}", action.verb.as_str(), action.because.as_str()),
    }
}

/// The fields that change, before and after, lined up; values of several lines as the lines that differ.
fn fields(changes: &[Change]) -> String {
    let rows: Vec<Vec<String>> = changes
        .iter()
        .map(|change| {
            let text = match (&change.before, change.after.as_ref()) {
                (Some(before), Some(After::Text(after))) if before.contains('\n') || after.contains('\n') => {
                    by_line(before, after)
                }
                (Some(before), Some(now)) => format!("{} -> {}", quoted(before), after(now)),
                (Some(before), None) => format!("{} -> (gone)", quoted(before)),
                (None, now) => now.map_or("(gone)".to_owned(), after),
            };
            vec![visible(&change.field.to_string()), text]
        })
        .collect();
    columns(&rows, 8)
}

/// What of a text of several lines goes and what comes.
fn by_line(before: &str, after: &str) -> String {
    let (before, after): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let diff = TextDiff::from_slices(&before, &after);
    let changed = diff.iter_all_changes().filter_map(|change| {
        let verb = match change.tag() {
            ChangeTag::Delete => "without",
            ChangeTag::Insert => "with",
            ChangeTag::Equal => return None,
        };
        Some(format!("{verb} {}", quoted(change.value())))
    });
    changed.collect::<Vec<_>>().join(", ")
}

fn after(after: &After) -> String {
    match after {
        After::Text(text) => quoted(text),
        After::Of(address, give) => {
            format!("(the {} of {}, known after apply)", give.as_str(), visible(&address.to_string()))
        }
        After::Secret => "(secret)".to_owned(),
    }
}

/// A text in quotes, on one line; what is a number, a truth value or a list stands as it is.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with('[') || matches!(text, "true" | "false");
    let shown = visible(&text.replace('\n', "\\n"));
    if is_plain { shown } else { format!("\"{}\"", shown.replace('"', "\\\"")) }
}

/// What actions must share to be folded: everything but the person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Alike {
    object: String,
    verb: Verb,
    because: Because,
    fields: String,
}

impl Alike {
    fn of(action: &Action) -> Self {
        let fields: Vec<String> = action.changes.iter().map(|change| change.field.to_string()).collect();
        // A membership is alike another of the same group.
        let group = action.target.name.rsplit_once('/').map_or(String::new(), |(group, _)| format!(" of {group}"));
        let group = if action.target.kind == fedctl_core::address::Kind::GroupMember { group } else { String::new() };
        Self {
            object: format!("{}/{}{group}", action.target.org, action.target.kind),
            verb: action.verb,
            because: action.because,
            fields: fields.join(", "),
        }
    }

    /// How many there are, why, and one of them as an example.
    fn text(&self, actions: &[&Action]) -> String {
        let Some(first) = actions.first() else { return String::new() };
        format!(
            "  {} {} x {}\n      {}\n      for example {}\n{}",
            sign(self.verb),
            actions.len(),
            visible(&self.object),
            does(first),
            visible(&first.target.name),
            fields(&first.changes),
        )
    }
}

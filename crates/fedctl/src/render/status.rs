//! Where a federation stands, for people and for machines.

use std::collections::BTreeMap;

use fedctl_core::plan::{Held, Pair};
use fedctl_core::trace::status::{Day, Reach, Standing, State, Status};
use fedctl_core::trace::{Hop, Traced};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::findings::fix;
use super::plan_json::to_text;
use super::text::{columns, count, visible};

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.status.v1";

/// The most characters of a bar, and the most days that are drawn.
const LONGEST: usize = 40;
const DAYS: u64 = 30;

/// What no log tells, whatever can be read of it.
const NOT_LOGGED: &str = "changes of the identity provider are in no log; that a sign-in was a federated one is \
                          concluded from its times, and no proof";

/// What to do where every hop is whole, and somebody did not get in.
const TURNED_AWAY: &str = "they authenticated at the primary organisation and did not get in, though every hop is whole; the client secret \
     may not be the same on both sides";

/// What `status --format json` prints.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The federation's name.
    federation: &'a str,
    /// When the organisations were read, in seconds since 1970 by their clock.
    as_of: Option<u64>,
    /// What is known about the client secret that both organisations hold: `none`, `broken`, `foreign`, `unproved`, `proved`, `suspect`,
    /// and others that later versions may know.
    #[schemars(with = "String")]
    secret: Pair,
    /// What can be known of sign-ins.
    log: LogRow,
    /// How many people are in which state; a state that nobody is in is left out.
    counts: BTreeMap<Word, usize>,
    /// Everybody of the population.
    people: Vec<Row<'a>>,
    /// The sign-ins of each day that has some, by UTC.
    days: Vec<DayRow>,
}

/// How far the log goes.
#[derive(Serialize, JsonSchema)]
pub struct LogRow {
    /// It could be read.
    readable: bool,
    /// The last change of app or provider that is known, from which on sign-ins count.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<String>,
    /// Whether everything since then was read.
    whole: bool,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// They got in since the last change.
    SignedIn,
    /// Nothing is in their way, and they have not come.
    NotYet,
    /// They cannot get in, and should.
    Failing,
    /// They are not ready yet, which is no fault of the federation.
    Held,
    /// It cannot be known.
    Unknown,
}

/// One person.
#[derive(Serialize, JsonSchema)]
pub struct Row<'a> {
    /// The address in the primary organisation.
    person: &'a str,
    /// The address of the account in the secondary organisation.
    account: &'a str,
    /// How they stand.
    state: Word,
    /// The hop that is broken; `sign-in` where all are whole and they did not get in.
    #[serde(skip_serializing_if = "Option::is_none")]
    hop: Option<&'static str>,
    /// Why, where they are not signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    fix: Option<&'static str>,
    /// When they got in last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<String>,
    /// How often they got in since the last change.
    times: usize,
}

/// The sign-ins of a day.
#[derive(Serialize, JsonSchema)]
pub struct DayRow {
    /// The day, by UTC.
    day: String,
    /// Those that opened an account.
    arrived: usize,
    /// Those that did not.
    failed: usize,
    /// Those of which the log does not show what became.
    open: usize,
}

/// The status as one JSON document.
pub fn json(status: &Status) -> String {
    let rows: Vec<Row<'_>> = rows(status);
    let days = status.days.iter().map(|(day, of)| day_row(*day, *of)).collect();
    to_text(&Document {
        schema: SCHEMA,
        federation: &status.found.federation,
        as_of: status.found.as_of,
        secret: status.found.pair,
        log: match status.log {
            Reach::NoPair => LogRow { readable: true, since: None, whole: true },
            Reach::Unreadable => LogRow { readable: false, since: None, whole: false },
            Reach::Since { change, is_whole } => LogRow { readable: true, since: moment(change), whole: is_whole },
        },
        counts: counts(&rows),
        people: rows,
        days,
    })
}

/// The status as text.
pub fn text(status: &Status) -> String {
    let rows = rows(status);
    let counts = counts(&rows);
    let of = |word| counts.get(&word).copied().unwrap_or_default();
    let mut text = format!("{}\n", visible(&status.found.federation));
    text.push_str(&format!("Client secret: {}\n", status.found.pair.as_str()));
    text.push_str(&format!("Sign-ins: {}\n", reach(status.log)));
    text.push_str(&format!(
        "{} signed in, {} not yet, {} cannot, {} not ready, {} not known.\n",
        count(of(Word::SignedIn), "person has", "people have"),
        of(Word::NotYet),
        of(Word::Failing),
        of(Word::Held),
        of(Word::Unknown),
    ));
    for (word, title, sign) in [
        (Word::Failing, "Cannot sign in", 'x'),
        (Word::SignedIn, "Signed in", '+'),
        (Word::NotYet, "Not yet", '-'),
        (Word::Held, "Not ready", '.'),
        (Word::Unknown, "Not known", '?'),
    ] {
        let rows: Vec<Vec<String>> = rows.iter().filter(|row| row.state == word).map(|row| cells(row, sign)).collect();
        if !rows.is_empty() {
            text.push_str(&format!("\n{title}\n{}", columns(&rows, 2)));
        }
    }
    text.push_str(&bars(status));
    text
}

fn reach(log: Reach) -> String {
    match log {
        Reach::NoPair => "there is no pair of app and identity provider to sign in by".to_owned(),
        Reach::Unreadable => {
            "cannot be known: the log of sign-ins cannot be read with these keys (`fedctl doctor` says which)"
                .to_owned()
        }
        Reach::Since { change, is_whole } => {
            let rest =
                if is_whole { "" } else { "; the log is longer than what is read of it, and the oldest is missing" };
            let change = moment(change).unwrap_or_default();
            format!("since {change}, the last change of app or provider that is known{rest} ({NOT_LOGGED})")
        }
    }
}

fn cells(row: &Row<'_>, sign: char) -> Vec<String> {
    let who = format!("{sign} {}", visible(row.person));
    match (row.state, &row.last) {
        (Word::SignedIn, last) => {
            vec![who, count(row.times, "time", "times"), format!("last {}", last.as_deref().unwrap_or("unknown"))]
        }
        (Word::NotYet, _) => vec![who, visible(row.account)],
        (Word::Failing | Word::Held | Word::Unknown, _) => {
            let hop = row.hop.filter(|_| row.state == Word::Failing).map(|hop| format!("{hop}: ")).unwrap_or_default();
            let fix = row.fix.map(|fix| format!("; fix: {fix}")).unwrap_or_default();
            vec![who, format!("{hop}{}{fix}", row.why.unwrap_or_default())]
        }
    }
}

/// A bar for each of the last days, those without a sign-in between them too.
fn bars(status: &Status) -> String {
    let Some((last, first)) = status.days.keys().max().zip(status.days.keys().min()) else { return String::new() };
    let total = |day: &Day| day.arrived + day.failed + day.open;
    let most = status.days.values().map(total).max().unwrap_or(1).max(1);
    let first = (*first).max(last.saturating_sub(DAYS - 1));
    let bar = |sign: &str, number: usize| {
        let length = (number * LONGEST / most).max(usize::from(number > 0));
        sign.repeat(if most <= LONGEST { number } else { length })
    };
    let line = |day: u64| {
        let of = status.days.get(&day).copied().unwrap_or_default();
        let bars = format!("{}{}{}", bar("#", of.arrived), bar("x", of.failed), bar("?", of.open));
        vec![date(day), total(&of).to_string(), bars]
    };
    let rows: Vec<Vec<String>> = (first..=*last).map(line).collect();
    format!("\nSign-ins per day, UTC (# got in, x did not, ? not known)\n{}", columns(&rows, 2))
}

fn rows(status: &Status) -> Vec<Row<'_>> {
    status.found.people.iter().zip(&status.people).map(|(person, standing)| row(person, *standing)).collect()
}

fn row(person: &Traced, standing: Standing) -> Row<'_> {
    let broken = |hop: Hop| Some(fix(person, hop));
    let (state, hop, why, fix) = match standing.state {
        State::SignedIn => (Word::SignedIn, None, None, None),
        State::NotYet => (Word::NotYet, None, None, None),
        State::Broken(hop) => (Word::Failing, Some(hop.name()), Some(hop.broken()), broken(hop)),
        State::TurnedAway => (Word::Failing, Some("sign-in"), Some(TURNED_AWAY), Some("let them try once more")),
        State::Held(held) => {
            (Word::Held, person.broken().map(Hop::name), Some(Held::as_str(held)), person.broken().and_then(broken))
        }
        State::Unknown(doubt) => (Word::Unknown, None, Some(doubt.as_str()), None),
    };
    let (person, account) = (&*person.email, &*person.account);
    let last = standing.last.and_then(moment);
    Row { person, account, state, hop, why, fix, last, times: standing.times }
}

fn counts(rows: &[Row<'_>]) -> BTreeMap<Word, usize> {
    let mut counts = BTreeMap::new();
    for row in rows {
        *counts.entry(row.state).or_default() += 1;
    }
    counts
}

fn day_row(day: u64, of: Day) -> DayRow {
    DayRow { day: date(day), arrived: of.arrived, failed: of.failed, open: of.open }
}

/// A day since 1970 as people write it.
fn date(day: u64) -> String {
    moment(day.saturating_mul(86_400_000)).map(|moment| moment[..10].to_owned()).unwrap_or_default()
}

/// Milliseconds since 1970, to the second.
pub(crate) fn moment(at: u64) -> Option<String> {
    let seconds = i64::try_from(at / 1000).ok()?;
    Timestamp::from_second(seconds).ok().map(|moment| moment.to_string())
}

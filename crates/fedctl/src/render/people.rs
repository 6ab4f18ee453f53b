//! The sheet to tell people: who opens which account, and how to sign in.

use fedctl_core::plan::Held;
use fedctl_core::trace::{Hop, Traced, Verification};
use schemars::JsonSchema;
use serde::Serialize;

use super::plan_json::to_text;
use super::text::{columns, count, visible};
use super::{csv, markdown};

/// The name of this format and its version.
pub const SCHEMA: &str = "fedctl.people.v1";

/// What `people --format json` prints.
#[derive(Serialize, JsonSchema)]
pub struct Document<'a> {
    /// The name and version of this format.
    #[schemars(extend("const" = SCHEMA))]
    schema: &'static str,
    /// The federation's name.
    federation: &'a str,
    /// When the organisations were read, in seconds since 1970 by their clock.
    as_of: Option<u64>,
    /// Where people sign in.
    portal: &'a str,
    /// Everybody of the population.
    people: Vec<Row<'a>>,
}

/// How somebody stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// They can sign in, as far as can be known.
    Ready,
    /// They are not ready yet, which is no fault of the federation: tell them later.
    Held,
    /// They cannot sign in, and should: `fedctl trace` says more.
    Broken,
}

/// One person.
#[derive(Serialize, JsonSchema)]
pub struct Row<'a> {
    /// Their address in the primary organisation.
    person: &'a str,
    /// The address of their account in the secondary organisation.
    account: &'a str,
    /// How they stand.
    state: Word,
    /// Why they are not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// What to take off the end of the account's address, where that leaves their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    alias: Option<&'a str>,
    /// The steps of a sign-in, one a line, to be sent to them; nothing for whoever is not ready.
    #[serde(skip_serializing_if = "Option::is_none")]
    steps: Option<Vec<String>>,
}

/// The sheet as one JSON document.
pub fn json(found: &Verification, portal: &str) -> String {
    let (federation, as_of) = (&*found.federation, found.as_of);
    to_text(&Document { schema: SCHEMA, federation, as_of, portal, people: rows(found, portal) })
}

/// The sheet as CSV, for a spreadsheet or a mail merge.
pub fn csv(found: &Verification, portal: &str) -> String {
    let mut text = csv::row(["person", "account", "state", "why", "alias", "steps"]);
    for row in rows(found, portal) {
        let steps = row.steps.iter().flatten().enumerate().map(|(at, step)| format!("{}. {step}", at + 1));
        let steps = steps.collect::<Vec<_>>().join(" ");
        let cells =
            [row.person, row.account, row.state.as_str(), row.why.unwrap_or(""), row.alias.unwrap_or(""), &steps];
        text.push_str(&csv::row(cells));
    }
    text
}

/// The sheet as Markdown: a table, and a section for each who can be told.
pub fn markdown(found: &Verification, portal: &str) -> String {
    let rows = rows(found, portal);
    let mut text = format!("# Who signs in through {}\n\n", markdown::code(&*found.federation));
    text.push_str("| person | account | state |\n|---|---|---|\n");
    // A bar ends a cell even inside of a code span.
    let cell = |cell: &str| markdown::code(cell).replace('|', "\\|");
    for row in &rows {
        let why = row.why.map(|why| format!(": {why}")).unwrap_or_default();
        text.push_str(&format!("| {} | {} | {}{why} |\n", cell(row.person), cell(row.account), row.state.as_str()));
    }
    for row in rows.iter().filter(|row| row.steps.is_some()) {
        text.push_str(&format!("\n## {}\n\n", markdown::code(row.person)));
        let quoted = steps(row.person, row.account, row.alias, portal, |address| markdown::code(address));
        for (at, step) in quoted.iter().enumerate() {
            text.push_str(&format!("{}. {step}\n", at + 1));
        }
    }
    text
}

/// The sheet for a terminal.
pub fn text(found: &Verification, portal: &str) -> String {
    let rows = rows(found, portal);
    let line = |row: &Row<'_>| {
        let why = row.why.map(|why| format!(": {why}")).unwrap_or_default();
        vec![visible(row.person), visible(row.account), format!("{}{why}", row.state.as_str())]
    };
    let mut text = format!("{}\n", visible(&found.federation));
    text.push_str(&columns(&rows.iter().map(line).collect::<Vec<_>>(), 2));
    for row in &rows {
        let Some(steps) = &row.steps else { continue };
        text.push_str(&format!("\nFor {}:\n", visible(row.person)));
        for (at, step) in steps.iter().enumerate() {
            text.push_str(&format!("  {}. {}\n", at + 1, visible(step)));
        }
    }
    let ready = rows.iter().filter(|row| row.steps.is_some()).count();
    text.push_str(&format!("\n{} can be told, {} not yet.\n", count(ready, "person", "people"), rows.len() - ready));
    text
}

fn rows<'a>(found: &'a Verification, portal: &str) -> Vec<Row<'a>> {
    found.people.iter().map(|person| row(person, portal)).collect()
}

fn row<'a>(person: &'a Traced, portal: &str) -> Row<'a> {
    let (email, account) = (&*person.email, &*person.account);
    let alias = account.strip_prefix(email).filter(|alias| !alias.is_empty());
    let (state, why) = match (person.broken(), person.held) {
        (None, _) => (Word::Ready, None),
        (Some(_), Some(held)) => (Word::Held, Some(Held::as_str(held))),
        (Some(hop), None) => (Word::Broken, Some(Hop::broken(hop))),
    };
    let steps = (state == Word::Ready).then(|| steps(email, account, alias, portal, str::to_owned));
    Row { person: email, account, state, why, alias, steps }
}

/// What somebody does to sign in. The page of the primary organisation begins with the address of the account, which is
/// unknown there `[documented]`: what to take away is spelt out.
fn steps(email: &str, account: &str, alias: Option<&str>, portal: &str, quote: impl Fn(&str) -> String) -> Vec<String> {
    let (email, account, portal) = (quote(email), quote(account), quote(portal));
    let corrected = match alias {
        Some(alias) => format!("take {} off its end, so that it reads {email}", quote(alias)),
        None => format!("put {email} in its place"),
    };
    vec![
        "Sign out of every JumpCloud page, or open a private window.".to_owned(),
        format!("Open {portal}, sign in as a user, and give {account} as your e-mail."),
        format!("A second page asks for your account and shows {account}: {corrected}."),
        "Give the password that you always use with that address, and whatever it asks for besides.".to_owned(),
    ]
}

impl Word {
    fn as_str(self) -> &'static str {
        match self {
            Word::Ready => "ready",
            Word::Held => "held",
            Word::Broken => "broken",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn third(email: &str, account: &str) -> String {
        let alias = account.strip_prefix(email).filter(|alias| !alias.is_empty());
        steps(email, account, alias, "https://x", str::to_owned).swap_remove(2)
    }

    #[test]
    fn the_alias_is_spelt_out_where_there_is_one_and_the_address_where_not() {
        assert!(
            third("ann@acme.com", "ann@acme.com.beta")
                .contains("take .beta off its end, so that it reads ann@acme.com")
        );
        for other in ["robert@beta.com", "ann@acme.com"] {
            assert!(third("ann@acme.com", other).ends_with("put ann@acme.com in its place."));
        }
    }
}

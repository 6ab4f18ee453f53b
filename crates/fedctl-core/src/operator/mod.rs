//! The operator file: what reaches outside the two organisations, said by whoever runs fedctl and never by a spec.
//!
//! From text to a valid [`Operator`], or to everything that is wrong with it. Pure: it names files, programs and variables,
//! and opens, runs and reads none of them.

mod leases;
mod not_yet;
mod questions;
mod sources;
#[cfg(test)]
mod tests;
mod types;
mod vaults;
mod words;

use std::collections::BTreeMap;

use crate::spec::{Code, CredentialsName, Diagnostic, FieldPath, Located, MAX_FILE_BYTES, Severity, Word, sides};
use crate::text::node::{Order, What};
use crate::text::reader::{Fields, Reader};
use crate::text::{Format, document};

pub use questions::{Form, Question};
pub use types::{
    Argv, Ceilings, Credentials, Escrow, HostOverrides, Lease, Limit, Limits, Login, Operator, Protect, Source, Store,
    Vault,
};
pub use vaults::CLIENT_ID;
pub use words::{
    BucketUrl, ClientId, FilePath, HttpsUrl, ProxyUrl, StoreEndpoint, StoreRegion, Variable, VaultField, VaultName,
    VaultPath, VaultUrl,
};

/// The largest operator file.
pub const MAX_OPERATOR_BYTES: usize = MAX_FILE_BYTES;

/// The keys of an operator file. `version` must be there, so that no other file is taken for one.
const KEYS: &[&str] = &[
    "version",
    "credentials",
    "proxy",
    "ca",
    "protect",
    "ceilings",
    "forms",
    "settle",
    "limits",
    "lease",
    "journal",
    "vault",
    "escrow",
];

/// What messages say of an operator file.
static FORMAT: Format = Format {
    a: "an operator file",
    the: "the operator file",
    example: "`docs/operator.example.yaml` shows one",
    one: "write everything into one document",
    shorter: "leave out what is not needed here",
    placeholders: &[],
    elsewhere: belongs_to_spec,
};

/// What became of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// The operator's word, if no problem is an error.
    pub operator: Option<Operator>,
    /// Everything that is wrong, in the order of the text; at most a thousand.
    pub problems: Vec<Diagnostic>,
}

/// Reads an operator file, and reports every problem at once.
pub fn parse(text: &str) -> Parsed {
    let (node, problems) = match document::read(&FORMAT, text) {
        Ok(read) => read,
        Err(problems) => return Parsed { operator: None, problems },
    };
    let mut reader = Reader::new(&FORMAT, problems);
    let top = reader.fields(Some(&node), FieldPath::root(), KEYS);
    let operator = read(&mut reader, &top);
    let mut problems = reader.into_problems();
    Order::of(&node).sort(&mut problems);
    let is_valid = problems.iter().all(|problem| problem.severity < Severity::Error);
    Parsed { operator: is_valid.then_some(operator), problems }
}

fn read(reader: &mut Reader, top: &Fields<'_>) -> Operator {
    reader.must_have(top, "version", "version: 1");
    sides::version(reader, top);
    let operator = Operator {
        credentials: credentials(reader, top),
        proxy: reader.word(top, "proxy"),
        ca: reader.word(top, "ca"),
        protect: protect(reader, top),
        ceilings: ceilings(reader, top),
        forms: forms(reader, top),
        settle: settle(reader, top),
        limits: limits(reader, top),
        lease: leases::lease(reader, top),
        journal: leases::journal(reader, top),
        vault: vaults::vault(reader, top),
        escrow: vaults::escrow(reader, top),
    };
    vaults::is_missing(reader, top, operator.escrow.as_ref(), &sources_of(&operator));
    reader.extend(not_yet::check(top));
    operator
}

/// Where every secret of the file comes from.
fn sources_of(operator: &Operator) -> Vec<&Source> {
    let store = operator.lease.iter().filter_map(|lease| match lease {
        Lease::Store(store) => Some(store),
        Lease::Files(_) => None,
    });
    let of_store = store
        .flat_map(|store| [&store.access_key_id, &store.secret_access_key].into_iter().chain(&store.session_token));
    operator.credentials.values().map(|one| &one.source).chain(of_store).collect()
}

/// Each under its name: what is wrong with a name is one problem, and what is wrong behind it others.
fn credentials(reader: &mut Reader, top: &Fields<'_>) -> BTreeMap<CredentialsName, Credentials> {
    let mut all = BTreeMap::new();
    let Some(node) = top.get("credentials") else { return all };
    let at = top.at("credentials");
    let What::Map(entries) = &node.what else {
        reader.wrong_type(node, &at, "a mapping");
        return all;
    };
    for entry in entries.iter().filter(|entry| entry.key != "<<") {
        let at = at.key(&entry.key);
        match CredentialsName::parse(&entry.key) {
            Ok(name) => {
                if let Some(read) = sources::credentials(reader, &entry.value, at) {
                    // One that is there twice is reported as that, and the first is read.
                    all.entry(name).or_insert(read);
                }
            }
            Err(refused) => reader.refuse_key(refused, &at),
        }
    }
    all
}

fn protect(reader: &mut Reader, top: &Fields<'_>) -> Protect {
    let fields = reader.section(top, "protect", &["primary", "secondary"]);
    Protect { primary: reader.words(&fields, "primary"), secondary: reader.words(&fields, "secondary") }
}

fn ceilings(reader: &mut Reader, top: &Fields<'_>) -> Ceilings {
    let fields = reader.section(top, "ceilings", &["max_losses", "max_gains", "max_renames"]);
    Ceilings {
        max_losses: reader.number(&fields, "max_losses"),
        max_gains: reader.number(&fields, "max_gains"),
        max_renames: reader.number(&fields, "max_renames"),
    }
}

fn forms(reader: &mut Reader, top: &Fields<'_>) -> BTreeMap<Question, Located<Form>> {
    let names: Vec<&str> = Question::ALL.iter().map(|question| question.as_str()).collect();
    let fields = reader.section(top, "forms", &names);
    let pinned = Question::ALL.iter().filter_map(|question| {
        let at = fields.at(question.as_str());
        let form = reader.choice(fields.get(question.as_str())?, &at, question.forms())?;
        Some((*question, Located::new(form, at)))
    });
    pinned.collect()
}

/// At most an hour: whoever waits longer has stopped waiting.
fn settle(reader: &mut Reader, top: &Fields<'_>) -> Option<Located<u32>> {
    seconds(reader, top, "settle", 0)
}

/// A number of seconds with its unit, from a bound to an hour.
fn seconds(reader: &mut Reader, fields: &Fields<'_>, key: &str, least: u32) -> Option<Located<u32>> {
    let at = fields.at(key);
    let text = reader.text(fields.get(key)?, &at)?;
    let digits = text.strip_suffix('s').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    match digits.and_then(|digits| digits.parse().ok()) {
        Some(seconds) if (least..=3600).contains(&seconds) => Some(Located::new(seconds, at)),
        Some(_) | None => {
            let problem = Diagnostic::error(Code::InvalidDuration, format!("`{text}` is no number of seconds"));
            reader.push(problem.at_value(&at, "").help(format!("write `{least}s` to `3600s`")));
            None
        }
    }
}

fn limits(reader: &mut Reader, top: &Fields<'_>) -> Limits {
    let fields = reader.section(top, "limits", &["organization", "host"]);
    Limits { organization: limit(reader, &fields, "organization"), host: limit(reader, &fields, "host") }
}

fn limit(reader: &mut Reader, fields: &Fields<'_>, key: &str) -> Limit {
    let fields = reader.section(fields, key, &["rate", "in_flight"]);
    Limit { rate: within(reader, &fields, "rate", 1000), in_flight: within(reader, &fields, "in_flight", 64) }
}

/// A count from 1 to a bound.
fn within(reader: &mut Reader, fields: &Fields<'_>, key: &str, most: u32) -> Option<Located<u32>> {
    let number = reader.number(fields, key)?;
    if (1..=most).contains(&number.value) {
        return Some(number);
    }
    let problem = Diagnostic::error(Code::InvalidNumber, format!("`{}` cannot be {number}", number.at));
    reader.push(problem.at_value(&number.at, "").help(format!("write 1 to {most}")));
    None
}

/// The problem with a key that says what is wanted of a federation.
fn belongs_to_spec(key: &str, at: &FieldPath) -> Option<Diagnostic> {
    const SPEC: &[&str] = &["federation", "primary", "secondary", "people", "sandbox", "adopt", "app"];
    (at.segments().len() == 1 && SPEC.contains(&key)).then(|| {
        Diagnostic::error(Code::UnknownKey, format!("`{key}` belongs to a spec"))
            .at_key(at, "not in an operator file")
            .help("is this file a spec? an operator file is given with `--operator`, a spec as the argument")
    })
}

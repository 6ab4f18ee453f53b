//! `fedctl pause`: routing off at once, whatever else is wrong.
//!
//! It takes no lease, asks no guard and nobody, and needs the key of the secondary organisation alone: less routing is what
//! somebody wants who says so. Everything that is not the one write comes after it.

use std::path::Path;
use std::sync::Arc;

use fedctl_core::people::way_in::{self, WaysIn};
use fedctl_core::plan::Plan;
use fedctl_core::planner::{self, Step};
use fedctl_core::read::Reader;
use fedctl_engine::journal::Journal;

use super::apply;
use crate::access::{Access, OperatorFile};
use crate::args::{Format, Pause};
use crate::config;
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::render::report::Report;
use crate::render::text::{count, visible};
use crate::session::Session;
use crate::source::Source;
use crate::ui::Ui;
use crate::writing::{self, Writing};

/// The way by hand, where not even the name of the policy is known.
const BY_HAND: &str = "by hand, in the console of the secondary organisation: DIRECTORY INTEGRATIONS > Identity Providers > \
                       the routing policy of this federation > switch it off; no plan turns it on again";

/// Turns routing off, and says who has another way in.
///
/// # Errors
/// Whatever keeps it from being turned off, with the way by hand.
pub async fn run(args: &Pause, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = open(&args.spec, operator, ui).map_err(|failure| failure.or_else_hint(BY_HAND))?;
    let plan = Arc::new(plan(&session, ui).await.map_err(|failure| failure.or_else_hint(&by_hand(&session)))?);
    let mut writing = Writing::without_lease()?;
    let (mut journal, _) = match writing.journal(&session, &plan, ui) {
        Ok(begun) => begun,
        Err(why) => {
            ui.warn(&writing::without(None, why.message()));
            (Journal::none(), None)
        }
    };
    let report = apply::apply(&session, &plan, &mut writing, &mut journal, ui).await;
    journal.end(&plan, &report.ends, None);
    match args.format {
        Format::Text => ui.out(&text(&session, &report, ways_in(&session).await.as_ref())),
        Format::Json => ui.out(&report.json()),
    }
    .map_err(|failure| if report.wrote() { failure.after_writing() } else { failure.unwritten() })?;
    Ok(report.exit())
}

fn open(path: &Path, operator: Option<&Path>, ui: &mut Ui) -> Result<Session, Failure> {
    let source = Source::read(path)?;
    let spec = source.spec_or_rest("pausing", ui)?;
    let file = OperatorFile::find(operator, &source.path, ui)?;
    Session::of_secondary(source, spec, &Access::new(file, &config::key))
}

async fn plan(session: &Session, ui: &mut Ui) -> Result<Plan, Failure> {
    let by = config::user();
    let step = |live: &_| planner::pause(&session.spec, &session.terms, &by, live);
    let reader = Reader::that_goes_on(&session.spec);
    let (step, _) = fedctl_engine::read_by(reader, &session.organizations, step, |_| {})
        .await
        .map_err(|error| failure::read(&error, &session.spec, &session.keys))?;
    session.ready(step, ui)
}

/// What a person does when fedctl cannot.
fn by_hand(session: &Session) -> String {
    let name = visible(session.spec.routing_policy.name.as_str());
    format!(
        "by hand, in the console of the secondary organisation: DIRECTORY INTEGRATIONS > Identity Providers > the routing \
         policy `{name}` > switch it off; no plan turns it on again"
    )
}

/// Who has another way in now; nothing where that cannot be read.
async fn ways_in(session: &Session) -> Option<WaysIn> {
    let step = |live: &_| way_in::step(&session.spec, live);
    let reader = Reader::that_goes_on(&session.spec);
    let read = fedctl_engine::read_by(reader, &session.organizations, step, |_| {}).await;
    match read {
        Ok((Step::Ready(ways), _)) => Some(*ways),
        Ok(_) | Err(_) => None,
    }
}

fn text(session: &Session, report: &Report, ways: Option<&WaysIn>) -> String {
    let mut text = String::new();
    if report.plan.is_empty() && report.plan.notes.is_empty() {
        text.push_str("No routing policy of this federation was found: it routes nobody.\n");
    }
    for note in &report.plan.notes {
        text.push_str(&format!("{}: {}\n", visible(&note.about.to_string()), visible(&note.text)));
    }
    if !report.plan.is_empty() {
        text.push_str(&report.text());
    }
    if report.exit() == Exit::Done {
        text.push_str(&format!(
            "Routing is off, and no plan turns it on again. `fedctl resume {}` does.\n",
            visible(&session.source.name())
        ));
    } else {
        text.push_str(&format!("{}.\n", by_hand(session)));
    }
    text.push_str(&match ways {
        Some(ways) => listed(ways),
        None => "Who has another way in cannot be read now.\n".to_owned(),
    });
    text
}

/// Everybody without another way in by name, and the others by their number.
fn listed(ways: &WaysIn) -> String {
    let mut text =
        format!("{} with the password of the account.\n", count(ways.with.len(), "person gets in", "people get in"));
    if !ways.without.is_empty() {
        let who = count(ways.without.len(), "person has", "people have");
        text.push_str(&format!("{who} no other way in until then:\n"));
        text.extend(ways.without.iter().map(|email| format!("  {}\n", visible(email))));
    }
    text
}

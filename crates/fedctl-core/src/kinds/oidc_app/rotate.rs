//! A new secret: the service shows one only when an app is made, so it takes a new app beside the old one.
//!
//! The new app is made, given to the same groups, set up, and its secret tried; the identity provider moves; when that was
//! read back twice, the old app is made inactive, and it goes when somebody has signed in through the new one, or after the
//! drain time. Which app follows which stands in their marks, so that a rotation that was broken off is finished.

use std::sync::Arc;

use super::find::Old;
use super::repair::REPLACED;
use super::wire::App;
use super::{configure, create, old, probe, remove};
use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::app_access;
use crate::kinds::context::{Builder, Context};
use crate::kinds::identity_provider;
use crate::kinds::owned::changed;
use crate::live::{Live, Needs};
use crate::mark::{self, ObjectRole, Origin, Retired};
use crate::plan::action::{Arg, Because, Call, Change, Field, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::Whole;
use crate::plan::{Action, Pair};
use crate::planner::Step;
use crate::spec::Spec;

/// How many days an app that was in use is kept, inactive, if nobody is seen to sign in through the one after it.
const DRAIN_DAYS: i32 = 30;

static ITSELF: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_APP) };

/// Whether this plan moves the identity provider to a new app. An app that somebody made inactive stays the one it is: another
/// would let people in again.
pub(crate) fn rotates(context: &Context<'_>) -> bool {
    let (spec, found) = (context.spec, &context.found.app);
    let is_in_use = found.app.is_some_and(|(app, _)| app.active != Some(false)) && found.settings.is_some();
    let is_later = spec.app.generation.value > found.generation && !found.is_adopting();
    is_in_use
        && is_later
        && found.refusal.is_none()
        && identity_provider::state(context) == identity_provider::State::Ours
}

/// The app that there is when this plan is applied.
pub(crate) fn target(context: &Context<'_>) -> Address {
    let address = super::address(context.spec);
    if !rotates(context) {
        return address;
    }
    let name = format!("{} (generation {})", address.name, context.spec.app.generation);
    Address::new(Org::Primary, Kind::OidcApp, Arc::from(name))
}

/// Makes the new app, or goes on with it, and retires the old one.
pub(super) fn plan(context: &Context<'_>, plan: &mut Builder, app: &App, client_id: &str) {
    let (target, before) = (target(context), old(app));
    plan.know(before.clone(), app.id);
    plan.know_client(&before, client_id);
    match context.found.app.next {
        Some(next) => {
            plan.know(target.clone(), next.id);
            plan.act(configure(context, Because::HalfMade));
        }
        None => {
            plan.act(create(context, Because::Rotated));
            plan.act(configure(context, Because::NextStep));
        }
    }
    plan.act(probe(context));
    if context.found.app.app.is_some_and(|(_, owned)| owned.origin == Origin::Created) {
        plan.act(retire(context, app));
    } else {
        plan.note(before, "it was made by hand, so it is left as it is; nobody comes in by it any more");
    }
    plan.note(
        target,
        "a sign-in that is begun in the minute in which the identity provider moves may have to be tried again",
    );
}

/// What becomes of an app that we made and that is of no use any more.
pub(super) fn of_old(context: &Context<'_>, plan: &mut Builder, one: &Old<'_>) {
    let app = one.proposed.object;
    plan.know(old(app), app.id);
    if is_spared(context, one) {
        let text = "it stays until the identity provider leads to another: one that leads to it may be on its way";
        return plan.note(old(app), text);
    }
    let Some(Ok(confirmed)) = one.proposed.verdict else { return one.proposed.plan(plan, old(app), remove) };
    if goes(context, one) {
        app_access::take_back(plan, confirmed, &old(app), one.groups);
        one.proposed.plan(plan, old(app), remove);
    } else if is_retired_now(one) {
        plan.act(retire(context, app));
    } else {
        let after = last_day(one).map(|day| format!(", or until {day}")).unwrap_or_default();
        plan.note(
            old(app),
            format!(
                "another took its place: it is kept, inactive, until somebody has signed in through that one{after}"
            ),
        );
    }
}

/// Whether a provider that leads to it may be on its way.
fn is_spared(context: &Context<'_>, one: &Old<'_>) -> bool {
    context.found.app.spared(context.found.provider).is_some_and(|spared| spared.id == one.proposed.object.id)
}

/// Whether an app that stays for now is made inactive, or gets the name that the federation has now.
fn is_retired_now(one: &Old<'_>) -> bool {
    matches!(one.proposed.verdict, Some(Ok(_))) && (one.retired.is_none() || one.has_old_name)
}

/// Whether this plan does anything to an app that is of no use any more, so that the provider is read back once more before.
pub(crate) fn changes(context: &Context<'_>, one: &Old<'_>) -> bool {
    !is_spared(context, one) && (is_retired_now(one) || goes(context, one))
}

/// Whether this plan removes an app that is of no use any more, and does not only make it inactive.
pub(crate) fn removes(context: &Context<'_>, one: &Old<'_>) -> bool {
    !is_spared(context, one) && goes(context, one)
}

/// Whether an app is removed by this plan. One that the provider led to is kept until somebody has crossed.
fn goes(context: &Context<'_>, one: &Old<'_>) -> bool {
    let has_crossed = context.found.evidence.pair == Pair::Proved || !context.terms.rules.signed_in.is_empty();
    let is_drained = || mark::day(context.as_of()).zip(last_day(one)).is_some_and(|(today, last)| today >= last);
    let is_confirmed = matches!(one.proposed.verdict, Some(Ok(_)));
    is_confirmed && (!one.was_in_use || one.retired.is_some() && (has_crossed || is_drained()))
}

fn last_day(one: &Old<'_>) -> Option<jiff::civil::Date> {
    one.retired?.on?.checked_add(jiff::Span::new().days(DRAIN_DAYS)).ok()
}

/// Makes an app inactive, and says in its mark since when. Its way of being written keeps everything else.
fn retire(context: &Context<'_>, app: &App) -> Action {
    let names = context.spec.names();
    let found = mark::find(app.mark_text(), &names, ObjectRole::App);
    let retired = found.and_then(|mark| mark.retired).or(Some(Retired { on: mark::day(context.as_of()) }));
    let (generation, origin) = found.map_or((1, Origin::Created), |mark| (mark.generation, mark.origin));
    let line = mark::line(context.spec.federation.as_str(), ObjectRole::App, origin);
    let line = format!("{line}{}", mark::of_app(generation, retired));
    let (key, before, after) = if app.is_marked_in_label() {
        ("displayLabel", &app.label, app.label.replace(app.mark_text(), &line))
    } else {
        ("description", &app.description, mark::marked(&app.description, &names, ObjectRole::App, &line))
    };
    let mut changes = vec![changed(key, before, &after)];
    if app.active != Some(false) {
        changes.push(Change::of(Field::Key("active"), "true", "false"));
    }
    let without: &[&str] = if app.is_marked_in_label() && app.description.is_empty() { &["description"] } else { &[] };
    let body = Whole { only: REPLACED, without, ..Whole::default() }.with(key, &after).with("active", &false);
    let args: Box<[Arg]> = Box::new([Arg(old(app))]);
    Action {
        target: old(app),
        verb: Verb::Delete,
        because: Because::Retired,
        changes: changes.into(),
        write: Write::One(Call { endpoint: &endpoint::REPLACE_APP, args: args.clone(), body: Some(body.body()) }),
        look: Some(Look { at: &ITSELF, args }),
        subject: Subject::Federation,
        spec: Some(context.spec.app.generation.at.clone()),
    }
}

/// The app that people sign in by now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InUse {
    /// Which of those it is that followed each other.
    pub generation: u32,
    /// How many days ago it was made, by the clock of the service; its secret is as old.
    pub days: Option<u64>,
}

/// Finds the app in use, or says what to read first; nothing where there is none of this federation.
pub fn in_use(spec: &Spec, live: &Live) -> Step<Option<InUse>> {
    let mut needs = Needs::default();
    let found = super::find(spec, None, live, &mut needs);
    if !needs.unknown.is_empty() {
        return Step::Unknown(needs.unknown);
    }
    let Some(found) = found.filter(|_| needs.queries.is_empty()) else { return Step::Read(needs.queries) };
    let app = found.itself().filter(|_| found.settings.is_some());
    let age = |app: &App| Some(live.as_of?.saturating_sub(app.id.made()));
    let in_use = |app| InUse { generation: found.generation, days: age(app).map(|seconds| seconds / (24 * 60 * 60)) };
    Step::Ready(Box::new(app.map(in_use)))
}

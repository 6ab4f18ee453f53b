//! Provider, app, groups and policy: what we made goes, what somebody else made loses our mark.

use super::Takedown;
use super::found::{Found, OurApp, OurGroup, OurPolicy};
use crate::address::{Address, Kind, Org};
use crate::endpoint::{self, Removing};
use crate::kinds::owned::changed;
use crate::kinds::routing_policy::take_down::Going;
use crate::kinds::{app_access, identity_provider, oidc_app, user_group};
use crate::live::{Confirmed, Doubt, Needs, Point, TakenDown};
use crate::mark::{self, ObjectRole, Origin};
use crate::plan::action::{Arg, Because, Call, Change, Field, Look, LookAt, Subject, Verb, Write};
use crate::plan::hole::Whole;
use crate::plan::{Action, Known, Note, Plan};

static GROUP: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_GROUP) };

static APP: LookAt = LookAt { after: true, ..LookAt::object(&endpoint::GET_APP) };

pub(super) fn plan(this: &Takedown<'_>, needs: &mut Needs, found: &Found<'_>, plan: &mut Plan) {
    for group in &found.groups {
        plan.known.insert(group.address.clone(), Known { id: group.group.id, client_id: None });
    }
    for policy in &found.policies {
        of_policy(this, needs, (found, policy), plan);
    }
    of_provider(this, needs, found, plan);
    for app in &found.apps {
        of_app(this, needs, (found, app), plan);
    }
    for group in &found.groups {
        let point = Point::Group(group.org, group.group.id);
        if let Some(confirmed) = goes(needs.goes(this.spec, this.live, (point, group.role)), &group.address, plan) {
            plan.actions.push(of_group(this, group, confirmed));
        }
    }
}

/// What was confirmed; else it is said why the object is left.
fn goes(
    answer: Option<Result<Confirmed<TakenDown>, Doubt>>,
    address: &Address,
    plan: &mut Plan,
) -> Option<Confirmed<TakenDown>> {
    match answer? {
        Ok(confirmed) => Some(confirmed),
        Err(doubt) => {
            let text = format!("it is not removed now: {}", doubt.as_str());
            plan.notes.push(Note { about: address.clone(), text, waits: true });
            None
        }
    }
}

fn of_policy(this: &Takedown<'_>, needs: &mut Needs, (found, policy): (&Found<'_>, &OurPolicy<'_>), plan: &mut Plan) {
    plan.known.insert(policy.address.clone(), Known { id: policy.policy.id, client_id: None });
    let point = (Point::Policy(policy.policy.id), ObjectRole::Policy);
    let Some(confirmed) = goes(needs.goes(this.spec, this.live, point), &policy.address, plan) else { return };
    let provider = identity_provider::address(this.spec);
    let going = Going { policy: policy.policy, target: &policy.address, provider: &provider };
    let is_ours = policy.origin == Origin::Created;
    // It would lead nowhere.
    let leads_nowhere = found.provider.is_some_and(|provider| policy.policy.provider == Some(provider.id));
    let off = going.off(this.terms).filter(|_| is_ours || leads_nowhere);
    let is_off = off.is_some();
    plan.actions.extend(off);
    for group in &found.groups {
        let is_bound = group.org == Org::Secondary && policy.groups.contains(&group.group.id);
        if is_bound && (is_ours || group.origin == Origin::Created) {
            plan.actions.push(going.unbound(&group.address, confirmed));
        }
    }
    plan.actions.push(if is_ours { going.removed(confirmed) } else { going.released(this.spec, this.terms, is_off) });
}

fn of_provider(this: &Takedown<'_>, needs: &mut Needs, found: &Found<'_>, plan: &mut Plan) {
    let Some(provider) = found.provider else { return };
    let target = identity_provider::address(this.spec);
    plan.known.insert(target.clone(), Known { id: provider.id, client_id: None });
    let answer = needs.provider_goes(this.live, (provider.id, &provider.oidc.client_id));
    let Some(confirmed) = goes(answer, &target, plan) else { return };
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let before = Some(provider.oidc.client_id.clone());
    plan.actions.push(Action {
        changes: Box::new([Change { field: Field::Key("oidc.clientId"), before, after: None }]),
        write: Write::One(endpoint::DELETE_PROVIDER.call(confirmed, args)),
        look: Some(Look { at: &identity_provider::ITSELF, args: Box::new([]) }),
        ..removal(&target)
    });
}

fn of_app(this: &Takedown<'_>, needs: &mut Needs, (found, app): (&Found<'_>, &OurApp<'_>), plan: &mut Plan) {
    plan.known.insert(app.address.clone(), Known { id: app.app.id, client_id: None });
    let point = (Point::App(app.app.id), ObjectRole::App);
    let Some(confirmed) = goes(needs.goes(this.spec, this.live, point), &app.address, plan) else { return };
    for id in app.groups {
        let ours = found.groups.iter().find(|group| group.is(Org::Primary, *id));
        let group = ours
            .map_or_else(|| Address::new(Org::Primary, Kind::UserGroup, id.to_string()), |group| group.address.clone());
        // A group of somebody else goes on having an app of somebody else.
        if app.origin == Origin::Created || ours.is_some() {
            plan.known.insert(group.clone(), Known { id: *id, client_id: None });
            plan.actions.push(app_access::remove(confirmed, &app.address, &group, Because::TakenDown));
        }
    }
    let what = (&app.address, &*app.app.description);
    plan.actions.push(match app.origin {
        Origin::Created => removed(what, (&endpoint::DELETE_APP, &APP), confirmed),
        Origin::Adopted => {
            let body = |after: &str| Whole { only: oidc_app::REPLACED, ..Whole::default() }.with("description", &after);
            let after = mark::unmarked(&app.app.description, &this.spec.names(), ObjectRole::App);
            released(what, &after, (&endpoint::REPLACE_APP, &APP), body(&after))
        }
    });
}

fn of_group(this: &Takedown<'_>, group: &OurGroup<'_>, confirmed: Confirmed<TakenDown>) -> Action {
    let what = (&group.address, &*group.group.description);
    match group.origin {
        Origin::Created => removed(what, (&endpoint::DELETE_GROUP, &GROUP), confirmed),
        Origin::Adopted => {
            let after = mark::unmarked(&group.group.description, &this.spec.names(), group.role);
            let body = Whole { only: user_group::REPLACED, ..Whole::default() }.with("description", &after);
            released(what, &after, (&endpoint::REPLACE_GROUP, &GROUP), body)
        }
    }
}

fn removal(target: &Address) -> Action {
    Action {
        target: target.clone(),
        verb: Verb::Delete,
        because: Because::TakenDown,
        changes: Box::new([]),
        write: Write::Seen(crate::plan::action::Expect::Holds),
        look: None,
        subject: Subject::Federation,
        spec: None,
    }
}

fn removed(
    (target, description): (&Address, &str),
    (endpoint, look): (&'static Removing, &'static LookAt),
    confirmed: Confirmed<TakenDown>,
) -> Action {
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    let before = Some(description.into());
    Action {
        changes: Box::new([Change { field: Field::Key("description"), before, after: None }]),
        write: Write::One(endpoint.call(confirmed, args.clone())),
        look: Some(Look { at: look, args }),
        ..removal(target)
    }
}

fn released(
    (target, before): (&Address, &str),
    after: &str,
    (endpoint, look): (&'static endpoint::Writing, &'static LookAt),
    body: Whole,
) -> Action {
    let args: Box<[Arg]> = Box::new([Arg(target.clone())]);
    Action {
        because: Because::GivenBack,
        changes: Box::new([changed("description", before, after)]),
        write: Write::One(Call { endpoint, args: args.clone(), body: Some(body.body()) }),
        look: Some(Look { at: look, args }),
        ..removal(target)
    }
}

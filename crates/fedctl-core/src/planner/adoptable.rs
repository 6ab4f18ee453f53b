//! What was made by hand and stands where this federation would put its own.

use std::sync::Arc;

use crate::address::{Address, Kind, Org};
use crate::kinds::context::Context;
use crate::kinds::identity_provider::{self, State};
use crate::kinds::oidc_app;
use crate::kinds::user_group::rule;
use crate::object_id::ObjectId;
use crate::plan::Adoptable;
use crate::spec::AdoptObject;

pub(super) fn of(context: &Context<'_>) -> Adoptable {
    let mut adoptable = Adoptable::default();
    primary_side(context, &mut adoptable);
    secondary_side(context, &mut adoptable);
    if let Some(attribute) = oidc_app::other_attribute(context) {
        adoptable.names.push(("people.mapping.attribute", attribute));
    }
    let people = context.people.list.iter();
    adoptable.people = people
        .filter_map(|person| Some((Arc::from(&*person.user.email), Arc::from(&*person.existing?.email))))
        .collect();
    adoptable
}

impl Adoptable {
    /// An object, and its name where the spec has another.
    fn add(&mut self, object: AdoptObject, address: Address, id: ObjectId, desired: (&'static str, &str)) {
        let (key, desired) = desired;
        if *address.name != *desired {
            self.names.push((key, address.name.as_ref().into()));
        }
        self.objects.push((object, address, id));
    }
}

fn primary_side(context: &Context<'_>, adoptable: &mut Adoptable) {
    let (spec, found) = (context.spec, context.found);
    if let Some((app, settings)) = found.app.adoptable {
        let beyond = oidc_app::beyond(context, settings).into_iter();
        adoptable.beyond.extend(beyond.map(|text| (AdoptObject::App, text)));
        let address = Address::new(Org::Primary, Kind::OidcApp, &*app.label);
        adoptable.add(AdoptObject::App, address, app.id, ("app.label", spec.app.label.as_str()));
    }
    let Some(live) = found.provider else { return };
    let is_not_adopted = identity_provider::state(context) == State::NotAdopted;
    if found.app.adoptable.is_some() || is_not_adopted {
        let address = Address::new(Org::Secondary, Kind::IdentityProvider, &*live.name);
        let desired = ("identity_provider.name", spec.identity_provider.name.as_str());
        adoptable.add(AdoptObject::IdentityProvider, address, live.id, desired);
    }
}

fn secondary_side(context: &Context<'_>, adoptable: &mut Adoptable) {
    let (spec, found) = (context.spec, context.found);
    // Under another name it is meant only if it leads where this federation would lead.
    let leads_to_us =
        found.app.adoptable.is_some() || matches!(identity_provider::state(context), State::Ours | State::NotAdopted);
    let stands_in_our_place = found.policy.refusal.is_some() || found.routing_group.refusal.is_some();
    if !leads_to_us && !stands_in_our_place {
        return;
    }
    if let Some(policy) = found.policy.adoptable {
        let address = Address::new(Org::Secondary, Kind::RoutingPolicy, &*policy.name);
        let desired = ("routing_policy.name", spec.routing_policy.name.as_str());
        adoptable.add(AdoptObject::RoutingPolicy, address, policy.id, desired);
    }
    let by_name = found.routing_group.adoptable.zip(found.routing_group.rule);
    if let Some((group, membership)) = by_name.or(found.policy.adoptable_group) {
        let address = Address::new(Org::Secondary, Kind::UserGroup, &*group.name);
        let desired = ("routing_group.name", spec.routing_group.name.as_str());
        adoptable.add(AdoptObject::RoutingGroup, address, group.id, desired);
        adoptable.suffix = membership.query.as_deref().and_then(rule::suffix_of).map(Into::into);
    }
}

//! What carries our mark, all of it: also what stands there twice.

use super::{Reach, Takedown};
use crate::address::{Address, Kind, Org};
use crate::kinds::identity_provider::same_url;
use crate::kinds::identity_provider::wire::Provider;
use crate::kinds::oidc_app::wire::{App, AppSettings};
use crate::kinds::routing_policy::wire::Policy;
use crate::kinds::user_group::wire::Group;
use crate::kinds::{oidc_app, routing_policy, user_group};
use crate::live::Needs;
use crate::mark::{self, ObjectRole, Origin};
use crate::object_id::ObjectId;
use crate::spec::{AdoptObject, Spec};

/// A group with our mark.
pub(super) struct OurGroup<'a> {
    pub(super) org: Org,
    pub(super) role: ObjectRole,
    pub(super) group: &'a Group,
    pub(super) origin: Origin,
    pub(super) address: Address,
    /// Everybody who is in it in any way.
    pub(super) members: &'a [ObjectId],
}

/// An app with our mark.
pub(super) struct OurApp<'a> {
    pub(super) app: &'a App,
    pub(super) origin: Origin,
    pub(super) address: Address,
    pub(super) settings: Option<&'a AppSettings>,
    pub(super) groups: &'a [ObjectId],
}

/// A routing policy with our mark.
pub(super) struct OurPolicy<'a> {
    pub(super) policy: &'a Policy,
    pub(super) origin: Origin,
    pub(super) address: Address,
    pub(super) groups: &'a [ObjectId],
}

/// Everything of a federation but its accounts.
pub(super) struct Found<'a> {
    pub(super) groups: Vec<OurGroup<'a>>,
    pub(super) apps: Vec<OurApp<'a>>,
    pub(super) policies: Vec<OurPolicy<'a>>,
    /// The identity provider, if it goes with the federation.
    pub(super) provider: Option<&'a Provider>,
    /// Accounts in the group of those from whom nothing may be taken.
    pub(super) protected: Vec<ObjectId>,
}

/// Finds everything that carries our mark, whichever name the federation had.
pub(super) fn find<'a>(this: &Takedown<'a>, needs: &mut Needs) -> Option<Found<'a>> {
    let secondary = groups(this, needs, Org::Secondary, ObjectRole::RoutingGroup);
    let primary = match this.reach {
        Reach::Both => groups(this, needs, Org::Primary, ObjectRole::AccessGroup),
        Reach::SecondaryOnly => Some(Vec::new()),
    };
    let policies = policies(this, needs);
    let apps = match this.reach {
        Reach::Both => apps(this, needs),
        Reach::SecondaryOnly => Some(Vec::new()),
    };
    let protected = super::super::guards::protected_group(this.live, needs);
    let (apps, policies) = (apps?, policies?);
    let provider = provider(this, needs, &apps, &policies)?;
    let groups = secondary?.into_iter().chain(primary?).collect();
    Some(Found { groups, apps, policies, provider, protected: protected? })
}

/// The address that the spec gives an object; with its id behind it where there are several.
fn called(address: &Address, count: usize, id: ObjectId) -> Address {
    if count == 1 {
        return address.clone();
    }
    Address::new(address.org, address.kind, format!("{} [{id}]", address.name))
}

fn groups<'a>(this: &Takedown<'a>, needs: &mut Needs, org: Org, role: ObjectRole) -> Option<Vec<OurGroup<'a>>> {
    let names = this.spec.names();
    let all = needs.groups(this.live, org)?.iter();
    let ours: Vec<_> = all.filter_map(|group| Some((group, mark::find(&group.description, &names, role)?))).collect();
    let address = match role {
        ObjectRole::RoutingGroup => user_group::routing_group(this.spec),
        ObjectRole::AccessGroup | ObjectRole::App | ObjectRole::Policy => user_group::access_group(this.spec),
    };
    let count = ours.len();
    let ours = ours.into_iter().map(|(group, mark)| {
        let members = needs.membership(this.live, org, group.id)?;
        let address = called(&address, count, group.id);
        Some(OurGroup { org, role, group, origin: mark.origin, address, members })
    });
    ours.collect::<Vec<_>>().into_iter().collect()
}

fn policies<'a>(this: &Takedown<'a>, needs: &mut Needs) -> Option<Vec<OurPolicy<'a>>> {
    let names = this.spec.names();
    let all = needs.policies(this.live)?.iter();
    let ours: Vec<_> =
        all.filter_map(|policy| Some((policy, mark::find(&policy.description, &names, ObjectRole::Policy)?))).collect();
    let (address, count) = (routing_policy::address(this.spec), ours.len());
    let ours = ours.into_iter().map(|(policy, mark)| {
        let groups = needs.policy_groups(this.live, policy.id)?;
        Some(OurPolicy { policy, origin: mark.origin, address: called(&address, count, policy.id), groups })
    });
    ours.collect::<Vec<_>>().into_iter().collect()
}

fn apps<'a>(this: &Takedown<'a>, needs: &mut Needs) -> Option<Vec<OurApp<'a>>> {
    let names = this.spec.names();
    let all = needs.apps(this.live)?.iter();
    let ours: Vec<_> =
        all.filter_map(|app| Some((app, mark::find(app.mark_text(), &names, ObjectRole::App)?))).collect();
    let (address, count) = (oidc_app::address(this.spec), ours.len());
    let ours = ours.into_iter().map(|(app, mark)| {
        let (settings, groups) = (needs.app_settings(this.live, app.id), needs.app_groups(this.live, app.id));
        let (settings, groups) = (settings?.as_ref(), groups?);
        let address = called(&address, count, app.id);
        Some(OurApp { app, origin: mark.origin, address, settings, groups })
    });
    ours.collect::<Vec<_>>().into_iter().collect()
}

/// The identity provider, if it goes: it leads to an app that we made, or it is ours by all signs and its app is gone. One that
/// leads to an app that was taken over was taken over with it.
fn provider<'a>(
    this: &Takedown<'a>,
    needs: &mut Needs,
    apps: &[OurApp<'_>],
    policies: &[OurPolicy<'_>],
) -> Option<Option<&'a Provider>> {
    let Some(provider) = needs.provider(this.live)? else { return Some(None) };
    let leads_to = |app: &&OurApp<'_>| app.settings.is_some_and(|one| one.client_id == provider.oidc.client_id);
    if let Some(app) = apps.iter().find(leads_to) {
        return Some((app.origin == Origin::Created).then_some(provider));
    }
    let is_led_to =
        |policy: &OurPolicy<'_>| policy.origin == Origin::Created && policy.policy.provider == Some(provider.id);
    // A run that was broken off may have taken the policy away already.
    let is_named = *provider.name == *this.spec.identity_provider.name.as_str() && has_accounts(this);
    let leads_to_us = same_url(&provider.oidc.url, &this.terms.issuer) && !is_adopted(this.spec);
    if !leads_to_us || !(is_named || policies.iter().any(is_led_to)) {
        return Some(None);
    }
    match this.reach {
        Reach::SecondaryOnly => Some(Some(provider)),
        Reach::Both => Some((!leads_to_another(this, needs, provider)?).then_some(provider)),
    }
}

/// Whether some account says that this federation was there: a name alone proves nothing.
fn has_accounts(this: &Takedown<'_>) -> bool {
    let names = this.spec.names();
    let mut marks = this.live.users(Org::Secondary).marked().filter_map(|account| account.mark.as_ref());
    marks.any(|mark| names.contains(&&*mark.federation))
}

fn is_adopted(spec: &Spec) -> bool {
    spec.adopts(AdoptObject::IdentityProvider) || spec.adopts(AdoptObject::App)
}

/// Whether an app without our mark has its client id. Every app is looked at before it is said that none has.
fn leads_to_another(this: &Takedown<'_>, needs: &mut Needs, provider: &Provider) -> Option<bool> {
    let settings: Vec<_> = needs.apps(this.live)?.iter().map(|app| needs.app_settings(this.live, app.id)).collect();
    let settings: Vec<_> = settings.into_iter().collect::<Option<_>>()?;
    Some(settings.into_iter().flatten().any(|settings| settings.client_id == provider.oidc.client_id))
}

impl OurGroup<'_> {
    /// The same by kind, for what is bound to it.
    pub(super) fn is(&self, org: Org, id: ObjectId) -> bool {
        self.org == org && self.group.id == id && self.address.kind == Kind::UserGroup
    }
}

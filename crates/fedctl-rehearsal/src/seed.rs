//! The stage is set: what was read of both organisations, as a world of the simulator. Ids are those of the real objects,
//! so that the plan runs on it as it stands.

use std::collections::BTreeSet;

use fedctl_core::address::Org;
use fedctl_core::kinds::oidc_app::wire::{AppSettings, Source};
use fedctl_core::kinds::user_group::wire::{Group, Method};
use fedctl_core::live::users::State;
use fedctl_core::live::{Live, Needs, User};
use fedctl_core::mark::{ROUTE_ATTRIBUTE, USER_ATTRIBUTE};
use fedctl_core::object_id::ObjectId;
use fedctl_core::planner::Terms;
use fedctl_core::spec::Spec;
use jumpcloud_sim::{
    ClientAuth, DynamicClaim, Flag, GroupId, Membership, NewUser, ObjectId as SimId, OidcSettings, OrgId, Region,
    Restriction, RestrictionKind, Secret, State as SimState, TextField, UserId, World, console,
};
use serde_json::{Value, json};

use crate::stage::Stage;

/// Whatever both sides of a pair of app and provider hold: no answer shows it, and it is taken to be the same.
const SECRET: &str = "rehearsed secret";
/// Somebody of the secondary organisation whom no plan is about.
pub(crate) const BYSTANDER: &str = "bystander@rehearsal.invalid";

/// An id of the real service, in the simulator's type.
pub(crate) fn sim<T: From<SimId>>(id: ObjectId) -> T {
    T::from(id.to_string().parse().unwrap_or_else(|_| unreachable!("both are 24 hexadecimal digits")))
}

/// The organisations as they were read, still without users.
pub(crate) struct Set<'a> {
    live: &'a Live,
    attribute: &'a str,
    login: &'a str,
    bare: Stage,
    /// Groups whose members are known.
    groups: Vec<(Org, ObjectId, &'a [ObjectId])>,
    app_users: Vec<(ObjectId, &'a [ObjectId])>,
    policy_users: Vec<(ObjectId, &'a [ObjectId])>,
}

impl<'a> Set<'a> {
    /// Builds the objects.
    pub(crate) fn new(
        spec: &'a Spec,
        terms: &'a Terms,
        live: &'a Live,
        organizations: [ObjectId; 2],
        source: Source,
    ) -> Self {
        let mut world = World::new(1);
        // What the plan makes is younger than all that was read, and so are its ids.
        world.now_ms = live.as_of.map_or(world.now_ms, |seconds| seconds.saturating_add(60).saturating_mul(1000));
        world.freeze(true);
        world.set_issuer(&terms.issuer);
        world.set_login_callback(&terms.callback);
        // Both models compare addresses in one way; that the service may not is a question.
        settle(&mut world, "email-case-sensitive", "false");
        settle(&mut world, "attribute-source", source.as_str());
        let [primary, secondary] = organizations.map(|id| organization(&mut world, id));
        let keys = [primary, secondary].map(|org| world.add_key(&[org]));
        let bare = Stage { world, primary, secondary, keys };
        let attribute = spec.people.mapping.attribute.as_str();
        let mut set = Self {
            live,
            attribute,
            login: &terms.login,
            bare,
            groups: Vec::new(),
            app_users: Vec::new(),
            policy_users: Vec::new(),
        };
        set.add_groups();
        set.add_apps();
        set.add_provider();
        set.add_policies();
        set
    }

    fn add_groups(&mut self) {
        let mut needs = Needs::default();
        let used = used_groups(self.live, &mut needs);
        for org in Org::BOTH {
            for group in needs.groups(self.live, org).unwrap_or_default() {
                let members = needs.membership(self.live, org, group.id);
                if members.is_some() || used.contains(&group.id) {
                    self.add_group(org, group);
                }
                self.groups.extend(members.map(|members| (org, group.id, members)));
            }
        }
    }

    fn add_group(&mut self, org: Org, group: &Group) {
        let rule = Needs::default().group_rule(self.live, org, group.id).cloned();
        let owner = self.bare.org(org);
        let world = &mut self.bare.world;
        world.plant_id(sim::<SimId>(group.id));
        let id = world.add_group(owner, &group.name);
        console::describe_group(world, id, &group.description);
        for (name, value) in given(group) {
            console::set_group_attribute(world, id, &name, &value);
        }
        let Some(rule) = rule else { return };
        let query = rule.query.as_deref().and_then(|query| serde_json::from_str(query).ok());
        if let Some(query) = query {
            console::set_rule(world, id, &query);
        }
        let method = match rule.method {
            Method::Static => Membership::Static,
            Method::Rule => Membership::DynamicAutomated,
            Method::Review => Membership::DynamicReviewRequired,
        };
        console::set_membership(world, id, method);
    }

    fn add_apps(&mut self) {
        let mut needs = Needs::default();
        for app in needs.apps(self.live).unwrap_or_default() {
            self.bare.world.plant_id(sim::<SimId>(app.id));
            let hidden = app.sso.and_then(|sso| sso.hidden).unwrap_or(false);
            let body = json!({"active": app.active != Some(false), "name": &*app.name, "displayLabel": &*app.label,
                "description": &*app.description, "config": {}, "sso": {"type": "oidc", "hidden": hidden}});
            self.bare.call(Org::Primary, "POST", "/api/applications", &body);
            if let Some(Some(settings)) = needs.app_settings(self.live, app.id) {
                self.bare.world.set_client(sim(app.id), client(settings, self.login));
            }
            for group in needs.app_groups(self.live, app.id).unwrap_or_default() {
                console::set_app_group(&mut self.bare.world, sim(app.id), sim(*group), true);
            }
            self.app_users.extend(needs.app_users(self.live, app.id).map(|users| (app.id, users)));
        }
    }

    fn add_provider(&mut self) {
        let Some(Some(provider)) = Needs::default().provider(self.live) else { return };
        let (world, org) = (&mut self.bare.world, self.bare.secondary);
        world.plant_id(sim::<SimId>(provider.id));
        world.add_provider(org, &provider.name, &provider.oidc.client_id, SECRET, &provider.oidc.url);
    }

    fn add_policies(&mut self) {
        let mut needs = Needs::default();
        let (world, org) = (&mut self.bare.world, self.bare.secondary);
        let groups: Vec<ObjectId> =
            needs.groups(self.live, Org::Secondary).unwrap_or_default().iter().map(|group| group.id).collect();
        for policy in needs.policies(self.live).unwrap_or_default() {
            world.plant_id(sim::<SimId>(policy.id));
            let id = world.add_policy(org, &policy.name, policy.provider.map(sim), policy.enabled == Some(true));
            console::describe_policy(world, id, &policy.description);
            let from_here = needs.policy_groups(self.live, policy.id).unwrap_or_default().iter().copied();
            let names = |group: &&ObjectId| {
                let policies = Needs::default().group_policies(self.live, **group).map(<[ObjectId]>::to_vec);
                policies.is_some_and(|policies| policies.contains(&policy.id))
            };
            let bound: BTreeSet<ObjectId> = groups.iter().filter(names).copied().chain(from_here).collect();
            for group in bound {
                console::set_policy_group(world, id, sim(group), true);
            }
            self.policy_users.extend(needs.policy_users(self.live, policy.id).map(|users| (policy.id, users)));
        }
    }

    /// The stage with these users of the primary organisation and these accounts of the secondary one, and a bystander.
    pub(crate) fn with(&self, users: &[ObjectId], accounts: &[ObjectId]) -> Stage {
        let mut stage = self.bare.clone();
        for (org, ids) in [(Org::Primary, users), (Org::Secondary, accounts)] {
            let owner = stage.org(org);
            for user in ids.iter().filter_map(|id| self.live.users(org).get(*id)) {
                stage.world.plant_id(sim::<SimId>(user.id));
                stage.world.add_user(owner, self.user(user));
            }
            for (_, group, members) in self.groups.iter().filter(|(of, ..)| *of == org) {
                for id in ids {
                    place(&mut stage.world, sim(*group), sim(*id), members.binary_search(id).is_ok());
                }
            }
        }
        let bystander = NewUser { email: BYSTANDER.to_owned(), username: BYSTANDER.to_owned(), ..with_password() };
        stage.world.add_user(stage.secondary, bystander);
        self.bind(&mut stage, users, accounts);
        stage.world.clear_events();
        stage
    }

    /// Users who are bound to apps and policies by themselves.
    fn bind(&self, stage: &mut Stage, users: &[ObjectId], accounts: &[ObjectId]) {
        let edge = |id: &ObjectId| json!({"op": "add", "type": "user", "id": id.to_string()});
        for (app, bound) in &self.app_users {
            for user in users.iter().filter(|id| bound.contains(id)) {
                let path = format!("/api/v2/applications/{app}/associations");
                stage.call(Org::Primary, "POST", &path, &edge(user));
            }
        }
        for (policy, bound) in &self.policy_users {
            for account in accounts.iter().filter(|id| bound.contains(id)) {
                let path = format!("/api/v2/identity-provider/policies/{policy}/associations");
                stage.call(Org::Secondary, "POST", &path, &edge(account));
            }
        }
    }

    fn user(&self, user: &User) -> NewUser {
        let attribute = |name: &str, value: Option<String>| value.map(|value| (name.to_owned(), value));
        let attributes = [
            attribute(self.attribute, user.mapping.as_deref().map(str::to_owned)),
            attribute(USER_ATTRIBUTE, user.mark.as_ref().map(ToString::to_string)),
            attribute(ROUTE_ATTRIBUTE, user.route.as_deref().map(str::to_owned)),
        ];
        let flags = [(Flag::AccountLocked, user.is_locked), (Flag::PasswordExpired, user.password_expired)];
        let restrictions = user.authority.iter().map(|authority| Restriction {
            field: "password".into(),
            kind: match &*authority.kind {
                "active_directory" => RestrictionKind::ActiveDirectory,
                "federated_identity_provider" => RestrictionKind::FederatedIdentityProvider,
                _ => RestrictionKind::Scim,
            },
            id: authority.id.map(|id| id.to_string().into()),
        });
        NewUser {
            email: user.email.to_string(),
            username: user.username.to_string(),
            firstname: user.names[0].to_string(),
            lastname: user.names[1].to_string(),
            texts: vec![(TextField::Displayname, user.names[2].to_string())],
            password: user.has_password.then(|| SECRET.to_owned()),
            state: if user.state == State::Staged { SimState::Staged } else { SimState::Activated },
            suspended: matches!(user.state, State::Suspended | State::Other),
            attributes: attributes.into_iter().flatten().collect(),
            flags: flags.into_iter().filter_map(|(flag, is_set)| is_set.then_some(flag)).collect(),
            restrictions: restrictions.collect(),
            admin_role: user.is_admin.then(|| "Administrator".to_owned()),
        }
    }
}

/// Sets a switch, whose name and value the simulator knows.
pub(crate) fn settle(world: &mut World, name: &str, value: &str) {
    let known = world.set(name, value);
    debug_assert!(known.is_ok(), "{known:?}");
}

fn organization(world: &mut World, id: ObjectId) -> OrgId {
    world.plant_id(sim::<SimId>(id));
    let org = world.add_organization("", Region::Us);
    // The group that every organisation has was read, if it matters.
    let own: Vec<GroupId> = world.groups(org).map(|group| group.id).collect();
    for group in own {
        console::delete_group(world, group);
    }
    org
}

fn place(world: &mut World, group: GroupId, user: UserId, is_member: bool) {
    if is_member {
        world.add_member(group, user);
    } else {
        console::remove_member(world, group, user);
    }
}

fn with_password() -> NewUser {
    NewUser { password: Some(SECRET.to_owned()), ..NewUser::default() }
}

/// Groups to which an app or a policy is bound.
fn used_groups(live: &Live, needs: &mut Needs) -> BTreeSet<ObjectId> {
    let apps = needs.apps(live).unwrap_or_default();
    let policies = needs.policies(live).unwrap_or_default();
    let mut used: BTreeSet<ObjectId> = BTreeSet::new();
    used.extend(apps.iter().flat_map(|app| needs.app_groups(live, app.id).unwrap_or_default()));
    used.extend(policies.iter().flat_map(|policy| needs.policy_groups(live, policy.id).unwrap_or_default()));
    used
}

/// The custom attributes that a group gives its members, as far as their shape is known.
fn given(group: &Group) -> Vec<(String, String)> {
    let attributes = group.attributes.as_ref().and_then(|all| serde_json::from_str::<Value>(all.as_json()).ok());
    let all = attributes.as_ref().and_then(|all| all.get("customAttributes")?.as_array());
    let text = |entry: &Value, key: &str| entry.get(key).and_then(Value::as_str).map(str::to_owned);
    all.into_iter().flatten().filter_map(|entry| Some((text(entry, "name")?, text(entry, "value")?))).collect()
}

fn client(settings: &AppSettings, login: &str) -> OidcSettings {
    let claims = settings.dynamic_claims.iter();
    OidcSettings {
        client_id: settings.client_id.to_string(),
        client_secret: Some(Secret::new(SECRET)),
        redirect_uris: settings.redirect_uris.iter().map(ToString::to_string).collect(),
        grant_types: vec!["authorization_code".to_owned()],
        token_endpoint_auth_method: match &*settings.token_endpoint_auth_method {
            "client_secret_post" => ClientAuth::Post,
            "none" => ClientAuth::None,
            _ => ClientAuth::Basic,
        },
        relying_party_url: login.to_owned(),
        dynamic_claims: claims
            .map(|claim| DynamicClaim { name: claim.name.to_string(), value: claim.value.to_string() })
            .collect(),
        rest: serde_json::Map::new(),
    }
}

//! Federations that an administrator made by hand, wholly or in part, as worlds begin with.

use fedctl_core::address::Org;
use jumpcloud_sim::{Flag, GroupId, NewUser, OrgId, ProviderId, Restriction, RestrictionKind, State, World, console};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::carry::{self, Memory};
use crate::worlds::{Claim, Members, Scene, Standing, Taken};

/// The words under `adopt.objects`.
pub(crate) const OBJECTS: [&str; 4] = ["app", "identity-provider", "routing-policy", "routing-group"];

/// Somebody's account that was made by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hand {
    /// Their attribute names it.
    pub(crate) linked: bool,
    /// It has the address that the spec gives them.
    pub(crate) expected: bool,
    pub(crate) routed: bool,
    pub(crate) password: bool,
    pub(crate) federated: bool,
    pub(crate) admin: bool,
    pub(crate) protected: bool,
    pub(crate) locked: bool,
    pub(crate) state: State,
}

/// What of the objects was made by hand, and how.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) app: Option<MadeApp>,
    /// There is an identity provider; it leads to the app if that has settings, and elsewhere otherwise.
    pub(crate) provider: bool,
    pub(crate) group: Option<Members>,
    /// One that leads to that provider.
    pub(crate) policy: Option<MadePolicy>,
    /// Names and labels are those that the spec expects.
    pub(crate) named_as_expected: bool,
    /// The spec names what is there.
    pub(crate) spec_names_them: bool,
    pub(crate) described: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct MadeApp {
    /// It has settings, so a client and a secret.
    pub(crate) configured: bool,
    pub(crate) active: bool,
    pub(crate) callback: bool,
    pub(crate) more_callbacks: bool,
    pub(crate) more_claims: bool,
    pub(crate) right_client_auth: bool,
    /// Which groups may use it: those of a spec, and everyone.
    pub(crate) groups: [bool; 4],
}

#[derive(Debug, Clone)]
pub(crate) struct MadePolicy {
    pub(crate) enabled: bool,
    pub(crate) assigned: bool,
}

/// Everything by hand in a scene.
#[derive(Debug, Clone)]
pub(crate) struct Hands {
    made: Made,
    accounts: Vec<Option<Hand>>,
    adopted: Vec<bool>,
    adopt: Vec<&'static str>,
}

fn hand() -> impl Strategy<Value = Hand> {
    let often = || prop::bool::weighted(0.8);
    let rarely = || prop::bool::weighted(0.06);
    let state = select([vec![State::Activated; 8], vec![State::Staged, State::Suspended]].concat());
    (often(), often(), often(), any::<bool>(), any::<bool>(), (rarely(), rarely(), rarely()), state).prop_map(
        |(linked, expected, routed, password, federated, (admin, protected, locked), state)| Hand {
            linked,
            expected,
            routed,
            password,
            federated,
            admin,
            protected,
            locked,
            state,
        },
    )
}

fn app(works: bool) -> impl Strategy<Value = MadeApp> {
    let right = move || prop::bool::weighted(0.8).prop_map(move |right| right || works);
    let more = || prop::bool::weighted(0.3);
    let settings = (right(), right(), right(), right());
    (settings, more(), more(), prop::array::uniform4(prop::bool::weighted(0.6))).prop_map(
        |((configured, active, callback, right_client_auth), more_callbacks, more_claims, groups)| MadeApp {
            configured,
            active,
            callback,
            more_callbacks,
            more_claims,
            right_client_auth,
            groups,
        },
    )
}

fn policy(works: bool) -> impl Strategy<Value = MadePolicy> {
    let right = move || prop::bool::weighted(0.7).prop_map(move |right| right || works);
    (right(), right()).prop_map(|(enabled, assigned)| MadePolicy { enabled, assigned })
}

fn made(works: bool) -> impl Strategy<Value = Made> {
    let there = move |chance: f64| prop::bool::weighted(chance).prop_map(move |there| there || works);
    let by = select(vec![Members::Managed, Members::Suffix]);
    let parts = (there(0.7), app(works), there(0.6), there(0.7), by, there(0.6), policy(works));
    (parts, prop::bool::weighted(0.4), prop::bool::weighted(0.8), any::<bool>()).prop_map(
        |(
            (has_app, app, provider, has_group, by, has_policy, policy),
            named_as_expected,
            spec_names_them,
            described,
        )| {
            Made {
                app: has_app.then_some(app),
                provider,
                group: has_group.then_some(by),
                policy: (has_policy && provider).then_some(policy),
                named_as_expected,
                spec_names_them,
                described,
            }
        },
    )
}

/// What is made by hand in a scene of at most this many people.
pub(crate) fn hands(most: usize) -> impl Strategy<Value = Hands> {
    let made = prop_oneof![made(true), made(false)];
    let accounts = prop::collection::vec(prop::option::weighted(0.5, hand()), most);
    let adopted = prop::collection::vec(prop::bool::weighted(0.8), most);
    let adopt = prop_oneof![2 => Just(OBJECTS.to_vec()), 1 => subsequence(OBJECTS.to_vec(), 0..=4)];
    (made, accounts, adopted, adopt).prop_map(|(made, accounts, adopted, adopt)| Hands {
        made,
        accounts,
        adopted,
        adopt,
    })
}

impl Hands {
    /// Puts all this into a scene.
    pub(crate) fn into_scene(self, mut scene: Scene) -> Scene {
        let hands = self.accounts.into_iter().zip(self.adopted);
        for (someone, (hand, adopted)) in scene.people.iter_mut().zip(hands) {
            if let Some(hand) = hand {
                (someone.taken, someone.claim) = (Taken::Nothing, Claim::Nothing);
                (someone.hand, someone.adopted) = (Some(hand), adopted && !someone.excepted);
            }
        }
        scene.wish.members = self.made.group.unwrap_or(scene.wish.members);
        (scene.made, scene.wish.adopt) = (Some(self.made), self.adopt);
        scene
    }
}

/// Scenes in which everything works by hand already, for everybody, and the spec takes all of it over.
pub(crate) fn whole_scenes(most: usize) -> impl Strategy<Value = Scene> {
    let scene = crate::worlds::fresh_scenes(most);
    (scene, made(true), prop::collection::vec((any::<bool>(), any::<bool>()), most)).prop_map(
        |(mut scene, made, accounts)| {
            scene.wish = crate::worlds::Wish {
                pilot: false,
                access: if scene.wish.access == "managed" { "source_groups" } else { scene.wish.access },
                // The end of an address that others have, too, would be refused.
                email: if scene.suffix().starts_with('@') { "{email}.beta" } else { scene.wish.email },
                authority: if scene.wish.authority == "keep" { "keep" } else { "" },
                members: made.group.unwrap_or(Members::Managed),
                adopt: OBJECTS.to_vec(),
                ..scene.wish
            };
            for (someone, (password, federated)) in scene.people.iter_mut().zip(accounts) {
                (someone.standing, someone.taken, someone.claim) = (Standing::Fine, Taken::Nothing, Claim::Nothing);
                (someone.named, someone.excepted, someone.groups[0], someone.adopted) = (false, false, true, true);
                someone.hand = Some(Hand { password, federated, ..Hand::WORKING });
            }
            let app = made.app.map(|app| MadeApp { groups: [true; 4], ..app });
            Scene { made: Some(Made { app, spec_names_them: true, ..made }), ..scene }
        },
    )
}

impl Hand {
    /// One with which its owner signs in through the federation.
    pub(crate) const WORKING: Self = Self {
        linked: true,
        expected: true,
        routed: true,
        password: false,
        federated: true,
        admin: false,
        protected: false,
        locked: false,
        state: State::Activated,
    };
}

impl Made {
    /// No object; there may be accounts all the same.
    pub(crate) const NOTHING: Self = Self {
        app: None,
        provider: false,
        group: None,
        policy: None,
        named_as_expected: false,
        spec_names_them: false,
        described: false,
    };

    /// The name of an object: the one that a spec expects by itself, or another.
    pub(crate) fn name<'n>(&self, expected: &'n str, other: &'n str) -> &'n str {
        if self.named_as_expected { expected } else { other }
    }

    fn description(&self) -> &'static str {
        if self.described { "asked for by Eve" } else { "" }
    }
}

/// The names of objects by hand where they are not those that a spec expects: app, provider, policy, group.
pub(crate) const NAMES: [&str; 4] = ["Second org", "Head office", "To head office", "Federated Users"];
/// The names that a spec expects by itself.
pub(crate) const EXPECTED: [&str; 4] =
    ["OIDC for beta", "acme JumpCloud", "acme people sign in at acme", "Federated from acme"];

/// Makes it all, with the groups of the primary organisation that may be given the app.
pub(crate) fn make(scene: &Scene, memory: &mut Memory, groups: [GroupId; 4]) {
    let Some(made) = &scene.made else { return };
    let client = made.app.as_ref().and_then(|app| make_app(made, app, memory, groups));
    let provider = made.provider.then(|| make_provider(made, memory, client.as_ref()));
    accounts(scene, memory, provider);
    let group = made.group.map(|by| make_group(scene, made, by, memory));
    if let Some(policy) = &made.policy {
        let (world, org) = (&mut memory.world, memory.secondary);
        let id = world.add_policy(org, made.name(EXPECTED[2], NAMES[2]), provider, policy.enabled);
        console::describe_policy(world, id, made.description());
        if let Some(group) = group.filter(|_| policy.assigned) {
            console::set_policy_group(world, id, group, true);
        }
    }
    protect(scene, &mut memory.world, memory.secondary);
    memory.world.clear_requests();
}

fn make_app(made: &Made, app: &MadeApp, memory: &mut Memory, groups: [GroupId; 4]) -> Option<Value> {
    let world = &mut memory.world;
    let id = world.add_app(memory.primary, "oidc", made.name(EXPECTED[0], NAMES[0]));
    console::describe_app(world, id, made.description());
    console::set_app_active(world, id, app.active);
    for (group, _) in groups.into_iter().zip(app.groups).filter(|(_, bound)| *bound) {
        console::set_app_group(world, id, group, true);
    }
    let callbacks = app.callback.then(|| carry::terms().callback.to_string()).into_iter();
    let callbacks = callbacks.chain((app.more_callbacks || !app.callback).then(|| "https://old.example.com/cb".into()));
    let callbacks: Vec<String> = callbacks.collect();
    let mut claims = vec![json!({"name": "email", "value": crate::scene::ATTRIBUTE})];
    claims.extend(app.more_claims.then(|| json!({"name": "groups", "value": "groups"})));
    let auth = if app.right_client_auth { "client_secret_post" } else { "client_secret_basic" };
    let settings = json!({"type": "oidc", "hidden": true, "oidc": {"consent": "trusted", "redirectUris": callbacks,
        "grantTypes": ["authorization_code"], "tokenEndpointAuthMethod": auth,
        "relyingPartyUrl": "https://console.jumpcloud.com", "dynamicClaims": claims}});
    let path = format!("/api/v2/applications/{id}/sso");
    app.configured.then(|| memory.raw(Org::Primary, "POST", &path, &settings)["oidc"].clone())
}

fn make_provider(made: &Made, memory: &mut Memory, client: Option<&Value>) -> ProviderId {
    let name = made.name(EXPECTED[1], NAMES[1]);
    let text = |key: &str| client.and_then(|client| client[key].as_str()).unwrap_or("elsewhere").to_owned();
    let (id, secret) = (text("clientId"), text("clientSecret"));
    let url = if client.is_some() { "https://oauth.id.jumpcloud.com" } else { "https://login.other.example.com" };
    memory.world.add_provider(memory.secondary, name, &id, &secret, url)
}

fn make_group(scene: &Scene, made: &Made, by: Members, memory: &mut Memory) -> GroupId {
    let name = made.name(EXPECTED[3], NAMES[3]);
    let mut group = json!({"name": name, "description": made.description()});
    if by != Members::Managed {
        let search = json!({"filter": {"and": [format!("email:$ew:{}", scene.suffix())]}}).to_string();
        group["membershipMethod"] = "DYNAMIC_AUTOMATED".into();
        group["memberQuery"] = json!({"queryType": "Search", "searchFilters": search});
    }
    memory.raw(Org::Secondary, "POST", "/api/v2/usergroups", &group);
    let world = &mut memory.world;
    let id = world.groups(memory.secondary).find(|group| group.name == name).unwrap().id;
    let routed =
        scene.people.iter().enumerate().filter(|(_, someone)| someone.hand.as_ref().is_some_and(|hand| hand.routed));
    for (index, _) in routed.filter(|_| by == Members::Managed) {
        let account = world.user_by_email(memory.secondary, &scene.hand_address(index).unwrap()).map(|user| user.id);
        if let Some(account) = account {
            world.add_member(id, account);
        }
    }
    id
}

fn accounts(scene: &Scene, memory: &mut Memory, provider: Option<ProviderId>) {
    for (index, someone) in scene.people.iter().enumerate() {
        let (Some(hand), Some(email)) = (&someone.hand, scene.hand_address(index)) else { continue };
        if memory.world.user_by_email(memory.secondary, &email).is_none() {
            memory.world.add_user(memory.secondary, account(hand, email, index, provider));
        }
    }
}

fn account(hand: &Hand, email: String, index: usize, provider: Option<ProviderId>) -> NewUser {
    let owner = provider.filter(|_| hand.federated).map(|provider| Restriction {
        field: "password".into(),
        kind: RestrictionKind::FederatedIdentityProvider,
        id: Some(provider.to_string().into()),
    });
    NewUser {
        email,
        username: format!("byhand{index}"),
        firstname: "By".to_owned(),
        lastname: format!("Hand {index}"),
        password: hand.password.then(|| "Made-By-Hand-7".to_owned()),
        state: hand.state,
        attributes: vec![("badge".to_owned(), index.to_string())],
        flags: if hand.locked { vec![Flag::AccountLocked] } else { Vec::new() },
        restrictions: owner.into_iter().collect(),
        admin_role: hand.admin.then(|| "Administrator".to_owned()),
        ..NewUser::default()
    }
}

fn protect(scene: &Scene, world: &mut World, org: OrgId) {
    let protected =
        (0..scene.people.len()).filter(|index| scene.people[*index].hand.as_ref().is_some_and(|hand| hand.protected));
    let accounts = protected.filter_map(|index| Some(world.user_by_email(org, &scene.hand_address(index)?)?.id));
    let accounts: Vec<_> = accounts.collect();
    if accounts.is_empty() {
        return;
    }
    let group = world.add_group(org, "fedctl-protected");
    accounts.into_iter().for_each(|account| world.add_member(group, account));
}

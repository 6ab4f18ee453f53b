//! What of the organisations fedctl must leave as it is: everything without our mark that the spec does not take over, and
//! of what it takes over everything that is not a mark.

use std::collections::{BTreeMap, BTreeSet};

use jumpcloud_sim::{Group, Provider, User, UserId};
use serde_json::{Value, json};

use crate::carry::Memory;
use crate::handmade::{EXPECTED, NAMES};
use crate::scene::{ATTRIBUTE, foreign, is_marked, marked_for};
use crate::worlds::Scene;

/// Every object that is nobody's business, as it stands, by its id.
pub(crate) type Strangers = BTreeMap<String, Value>;

/// The first difference between two pictures.
pub(crate) fn difference(before: &Strangers, after: &Strangers) -> Option<String> {
    let ids: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = ids.into_iter().find(|id| before.get(*id) != after.get(*id))?;
    let show = |picture: &Strangers| picture.get(changed).map(Value::to_string).unwrap_or_default();
    Some(format!("{} became {}", show(before), show(after)))
}

/// Every object of both organisations that carries no mark of this federation and is not taken over, as it stands.
pub(crate) fn strangers(scene: &Scene, memory: &Memory) -> Strangers {
    let (world, orgs) = (&memory.world, [memory.primary, memory.secondary]);
    let adopts = |object: &str, at: usize, name: &str| {
        scene.wish.adopt.contains(&object) && (name == EXPECTED[at] || name == NAMES[at])
    };
    let adopted = accounts_taken_over(scene, memory);
    let mut all = BTreeMap::new();
    for org in orgs {
        let users = world.users(org).filter(|user| marked_for(user).is_none() && !adopted.contains(&user.id));
        all.extend(users.map(|user| (user.id.to_string(), without_mapping(user))));
        let groups = world.groups(org).filter(|group| !is_marked(&group.description));
        let groups = groups.filter(|group| !adopts("routing-group", 3, &group.name));
        all.extend(groups.map(|group| (group.id.to_string(), without_found(group))));
        let apps = world.apps(org).filter(|app| !crate::scene::is_marked_app(app));
        let apps = apps.filter(|app| !adopts("app", 0, &app.display_label));
        all.extend(apps.map(|app| (app.id.to_string(), json!(app))));
        let policies = world.policies(org).filter(|policy| !is_marked(&policy.description));
        let policies = policies.filter(|policy| !adopts("routing-policy", 2, &policy.name));
        all.extend(policies.map(|policy| (policy.id.to_string(), json!(policy))));
    }
    // Of the secondary organisation one that leads elsewhere than to the primary one.
    let leads_away = |provider: &&Provider| !provider.url.trim_end_matches('/').eq(&*crate::carry::terms().issuer);
    let away = world.provider(memory.secondary).filter(leads_away);
    let providers = world.provider(memory.primary).into_iter().chain(away);
    all.extend(providers.map(|provider| (provider.id.to_string(), json!(provider))));
    all
}

/// A group, without whom its rule finds: that is the rule's doing, and an account that is made may be one of them.
fn without_found(group: &Group) -> Value {
    let mut value = json!(group);
    if let Some(fields) = value.as_object_mut().filter(|_| group.rule.is_some()) {
        fields.remove("members");
    }
    value
}

/// Accounts without a mark that the spec may take over: by the address that it gives, or by somebody's attribute.
pub(crate) fn accounts_taken_over(scene: &Scene, memory: &Memory) -> BTreeSet<UserId> {
    let world = &memory.world;
    let people = (0..scene.people.len()).filter(|index| scene.people[*index].adopted);
    let addresses = people.flat_map(|index| {
        let user = world.user_by_email(memory.primary, &scene.email(index));
        let attribute = user.and_then(|user| user.attribute(ATTRIBUTE)).map(str::to_owned);
        attribute.into_iter().chain([scene.account(index)])
    });
    addresses.filter_map(|address| Some(world.user_by_email(memory.secondary, &address)?.id)).collect()
}

/// What is the same before and after an object by hand is taken over, by its id: accounts, groups, policies and apps that
/// carry no mark that says that we made them.
pub(crate) fn made_by_hand(memory: &Memory) -> Strangers {
    let world = &memory.world;
    let is_ours = |user: &User| user.attribute("fedctl").is_some_and(|mark| mark.contains("/created"));
    let by_hand = |description: &str| !is_marked(description) || description.contains(", adopted");
    let users = world.users(memory.secondary).filter(|user| !is_ours(user));
    let users = users.map(|user| {
        let mut value = without_mapping(user);
        // Of the fields that others own only the one of the password is fedctl's.
        value["rare"] = json!({"restrictions": restrictions(user), "admin": user.admin()});
        (user.id.to_string(), value)
    });
    let groups = world.groups(memory.secondary).filter(|group| by_hand(&group.description)).map(|group| {
        let mut value = json!(group);
        value["members"] = Value::Null;
        value["description"] = without_mark(&group.description).into();
        (group.id.to_string(), value)
    });
    let apps = world.apps(memory.primary).filter(|app| by_hand(&app.description)).map(|app| {
        let value = json!({"label": app.display_label, "active": app.active, "hidden": app.hidden, "config": app.config,
            "name": app.name, "description": without_mark(&app.description)});
        (app.id.to_string(), value)
    });
    let policies = world.policies(memory.secondary).filter(|policy| by_hand(&policy.description)).map(|policy| {
        let value = json!({"name": policy.name, "enabled": policy.enabled, "provider": policy.provider,
            "description": without_mark(&policy.description)});
        (policy.id.to_string(), value)
    });
    users.chain(groups).chain(apps).chain(policies).collect()
}

fn without_mark(description: &str) -> String {
    description.lines().filter(|line| !line.starts_with("managed by fedctl: ")).collect::<Vec<_>>().join("\n")
}

/// A user but for the attributes of the federation, and for the ids of attributes, which every write makes anew.
fn without_mapping(user: &User) -> Value {
    let mut value = json!(user);
    value["attributes"] = json!(foreign(&user.attributes));
    value
}

fn restrictions(user: &User) -> Vec<String> {
    let others = user.restrictions().iter().filter(|entry| &*entry.field != "password");
    others.map(|entry| format!("{} {:?} {:?}", entry.field, entry.kind, entry.id)).collect()
}

/// The attribute of everybody of the primary organisation.
pub(crate) fn mappings(memory: &Memory) -> BTreeMap<String, Option<String>> {
    let users = memory.world.users(memory.primary);
    users.map(|user| (user.email.to_string(), user.attribute(ATTRIBUTE).map(str::to_owned))).collect()
}

/// What others wrote on an account: attributes, and owners of fields other than the password.
type Foreign = (Vec<(String, String)>, Vec<String>);

/// What others wrote on our accounts.
pub(crate) fn foreign_on_ours(memory: &Memory) -> BTreeMap<UserId, Foreign> {
    let ours = memory.world.users(memory.secondary).filter(|user| marked_for(user).is_some());
    ours.map(|user| (user.id, (foreign(&user.attributes), restrictions(user)))).collect()
}

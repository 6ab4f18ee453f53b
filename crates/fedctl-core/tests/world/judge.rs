//! What a world lets people do, and what of it is nobody's business: judged from the world alone, never from a plan.

use std::collections::{BTreeMap, BTreeSet};

use jumpcloud_sim::{OrgId, User, UserId, World};
use serde_json::Value;

use crate::carry::Memory;
use crate::worlds::{ATTRIBUTE, Scene, email, foreign};

/// Who gets in where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Doors {
    /// Accounts of the secondary organisation that open with their local password.
    pub(crate) local: BTreeSet<UserId>,
    /// Who authenticates at the primary, and whose account opens.
    pub(crate) federated: BTreeSet<(UserId, UserId)>,
    /// Users of the primary organisation who get in there.
    pub(crate) primary: BTreeSet<UserId>,
}

impl Doors {
    pub(crate) fn of(world: &World, primary: OrgId, secondary: OrgId) -> Self {
        let addresses: Vec<&str> = world.users(secondary).map(|user| &*user.email).collect();
        let open = |org: OrgId| world.users(org).filter(move |user| world.local_sign_in(org, &user.email).is_ok());
        let mut federated = BTreeSet::new();
        for person in world.users(primary) {
            let opened = addresses.iter().filter_map(|address| world.sign_in(secondary, address, person.id).ok());
            federated.extend(opened.map(|account| (person.id, account)));
        }
        Self {
            local: open(secondary).map(|user| user.id).collect(),
            federated,
            primary: open(primary).map(|user| user.id).collect(),
        }
    }

    pub(crate) fn of_memory(memory: &Memory) -> Self {
        Self::of(&memory.world, memory.primary, memory.secondary)
    }
}

/// What applying may come to, for everybody.
#[derive(Debug, Clone)]
pub(crate) struct Judge {
    before: Doors,
    /// The address of each person's account, by the spec.
    wanted: BTreeMap<UserId, String>,
    primary: OrgId,
    secondary: OrgId,
}

impl Judge {
    /// Before anything is applied.
    pub(crate) fn new(scene: &Scene, memory: &Memory) -> Self {
        let meant = (0..scene.people.len()).filter(|index| scene.is_meant(memory, *index));
        let id = |index: usize| memory.world.user_by_email(memory.primary, &email(index)).map(|user| user.id);
        Self {
            before: Doors::of_memory(memory),
            wanted: meant.filter_map(|index| Some((id(index)?, scene.account(index).to_lowercase()))).collect(),
            primary: memory.primary,
            secondary: memory.secondary,
        }
    }

    /// What is wrong with a state, if anything is.
    pub(crate) fn wrong(&self, world: &World) -> Option<String> {
        let now = Doors::of(world, self.primary, self.secondary);
        self.lost(&now)
            .or_else(|| self.gained(world, &now))
            .or_else(|| (!world.outbox().is_empty()).then(|| format!("I12: {:?}", world.outbox())))
    }

    /// I9: whoever had a way into an account has one.
    fn lost(&self, now: &Doors) -> Option<String> {
        let opens =
            |account: &UserId| now.local.contains(account) || now.federated.iter().any(|(_, opened)| opened == account);
        let local = self.before.local.iter().find(|account| !opens(account));
        let federated = self.before.federated.difference(&now.federated).next();
        let primary = self.before.primary.difference(&now.primary).next();
        match (local, federated, primary) {
            (Some(account), _, _) => Some(format!("I9: the owner of {account} has no way in any more")),
            (_, Some(pair), _) => Some(format!("I9: {pair:?} worked before")),
            (_, _, Some(user)) => Some(format!("I9: {user} cannot sign in to the primary any more")),
            (None, None, None) => None,
        }
    }

    /// I10: nobody opens an account that is not theirs, and no account opens for two.
    fn gained(&self, world: &World, now: &Doors) -> Option<String> {
        let is_wanted = |person: &UserId, account: &UserId| {
            let Some(account) = world.user(*account) else { return false };
            let marked = account.attribute("fedctl") == Some(&*format!("acme-to-beta/{person}/created"));
            self.wanted.get(person).is_some_and(|wanted| marked || *wanted == account.email.to_lowercase())
        };
        let mut new = now.federated.difference(&self.before.federated);
        if let Some((person, account)) = new.find(|(person, account)| !is_wanted(person, account)) {
            let address = |id: &UserId| world.user(*id).map(|user| user.email.to_string());
            return Some(format!("I10: {:?} opens {:?}", address(person), address(account)));
        }
        let mut owners: BTreeMap<UserId, BTreeSet<UserId>> = BTreeMap::new();
        for (person, account) in &now.federated {
            owners.entry(*account).or_default().insert(*person);
        }
        let shared = owners.iter().find(|(account, people)| people.len() > 1.max(self.owners_before(account)));
        let shared = shared.map(|(account, people)| format!("I10: {account} opens for {people:?}"));
        // A password that somebody gave to one of our accounts is theirs to use once it is active.
        let mut opened = now.local.difference(&self.before.local).filter_map(|id| world.user(*id));
        shared.or_else(|| opened.find(|user| !is_marked(user)).map(|user| format!("I10: {} opens locally", user.email)))
    }

    fn owners_before(&self, account: &UserId) -> usize {
        self.before.federated.iter().filter(|(_, opened)| opened == account).count()
    }
}

/// Every object of both organisations that does not carry the mark of this federation, as it stands.
pub(crate) fn strangers(memory: &Memory) -> BTreeMap<String, Value> {
    let (world, orgs) = (&memory.world, [memory.primary, memory.secondary]);
    let is_ours = |description: &str| description.contains("managed by fedctl: acme-to-beta/");
    let mut all = BTreeMap::new();
    for org in orgs {
        let users = world.users(org).filter(|user| !is_marked(user));
        all.extend(users.map(|user| (user.id.to_string(), without_mapping(user))));
        let groups = world.groups(org).filter(|group| !is_ours(&group.description));
        all.extend(groups.map(|group| (group.id.to_string(), serde_json::to_value(group).unwrap())));
        let apps = world.apps(org).filter(|app| !is_ours(&app.description));
        all.extend(apps.map(|app| (app.id.to_string(), serde_json::to_value(app).unwrap())));
        let policies = world.policies(org).filter(|policy| !is_ours(&policy.description));
        all.extend(policies.map(|policy| (policy.id.to_string(), serde_json::to_value(policy).unwrap())));
    }
    let provider = world.provider(memory.primary);
    all.extend(provider.map(|provider| (provider.id.to_string(), serde_json::to_value(provider).unwrap())));
    all
}

fn is_marked(user: &User) -> bool {
    user.attribute("fedctl").is_some_and(|mark| mark.starts_with("acme-to-beta/"))
}

/// A user but for the attribute of the federation, and for the ids of attributes, which every write makes anew.
fn without_mapping(user: &User) -> Value {
    let mut value = serde_json::to_value(user).unwrap();
    value["attributes"] = serde_json::to_value(foreign(&user.attributes)).unwrap();
    value
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
    let ours = memory.world.users(memory.secondary).filter(|user| is_marked(user));
    let fields = |user: &User| {
        let others = user.restrictions().iter().filter(|entry| &*entry.field != "password");
        others.map(|entry| format!("{} {:?} {:?}", entry.field, entry.kind, entry.id)).collect()
    };
    ours.map(|user| (user.id, (foreign(&user.attributes), fields(user)))).collect()
}

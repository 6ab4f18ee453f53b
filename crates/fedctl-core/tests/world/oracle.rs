//! What must not break, whatever happens: judged from the world alone, after every request that changed it.
//!
//! Of the plan it believes nothing but whom it names as losing, and only of people whom the spec does not mean.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use fedctl_core::plan::Plan;
use fedctl_core::planner::Reach;
use jumpcloud_sim::{AppId, Group, GroupId, PolicyId, RestrictionKind, State, User, UserId, World};
use serde_json::{Value, json};

use crate::carry::{self, Command, Memory, Touched};
use crate::judge::{Doors, Judge, is_shut};
use crate::picture::{self, Strangers};
use crate::scene::{ATTRIBUTE, is_marked, marked_for};
use crate::watch::Log;
use crate::worlds::Scene;

/// What a world has to hold to, from one moment on. A human hand begins another.
pub(crate) struct Oracle {
    judge: Judge,
    /// What is nobody's business.
    strangers: Strangers,
    /// What of others stands on what is ours, in order, by the object.
    foreign: BTreeMap<String, Vec<String>>,
    /// Accounts that whoever runs fedctl protects.
    protected: Strangers,
    last: Moment,
    /// What a human did, as long as it may be that nobody can see it yet.
    hand: Option<Hand>,
    /// What the program is told to do.
    command: Command,
    /// Whom a hand brought into a group, and who was routed before anybody could see them.
    unseen: BTreeSet<UserId>,
}

/// What a human hand did, and how it was before: a run that could not see it may undo it.
struct Hand {
    touched: Arc<Touched>,
    strangers: Strangers,
    /// What is nobody's business, as the hand left it.
    made: Strangers,
    foreign: BTreeMap<String, Vec<String>>,
    /// Whom it brought into which group.
    brought: Vec<(GroupId, UserId)>,
}

/// What of a world one request may change only under conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment {
    /// Which groups are routed.
    routed: BTreeSet<(PolicyId, GroupId)>,
    /// Whose password the identity provider decides about.
    federated: BTreeSet<UserId>,
    /// What there is to lose, with the ids that a fresh read must have named before it goes.
    there: BTreeMap<String, Vec<String>>,
    /// What each attribute of the federation says.
    mapped: BTreeMap<UserId, String>,
    /// The app that the identity provider leads to.
    led_to: Option<AppId>,
}

impl Oracle {
    /// From now on, for a plan that is about to be applied.
    pub(crate) fn new(scene: &Scene, memory: &Memory, plan: &Plan) -> Self {
        Self {
            judge: Judge::new(scene, memory, plan),
            strangers: picture::strangers(scene, memory),
            foreign: foreign(scene, memory),
            protected: protected(memory),
            last: Moment::of(memory),
            hand: memory.touched.clone().map(|touched| Hand::new(scene, memory, touched)),
            command: memory.command,
            unseen: BTreeSet::new(),
        }
    }

    /// Takes what is not ours as it is now.
    pub(crate) fn look_again(&mut self, scene: &Scene, memory: &Memory) {
        (self.strangers, self.foreign) = (picture::strangers(scene, memory), foreign(scene, memory));
        self.last = Moment::of(memory);
    }

    /// Whoever was brought into a group that was not looked at since, and is routed now: the hand did that, not the run.
    fn excuse(&mut self, now: &Moment, log: &Log) {
        let Some(hand) = &self.hand else { return };
        let is_routed = |group: &GroupId| now.routed.iter().any(|(_, routed)| routed == group);
        let is_unseen = |group: &GroupId| hand.is_unseen(log, &format!("/usergroups/{group}/membership"));
        let unseen = hand.brought.iter().filter(|(group, _)| is_routed(group) && is_unseen(group));
        self.unseen.extend(unseen.map(|(_, user)| *user));
    }

    /// What is wrong with the world since the last time it was looked at, if anything is. `log` has the requests of the run.
    pub(crate) fn wrong(&mut self, scene: &Scene, memory: &Memory, log: &Log) -> Option<String> {
        let now = Moment::of(memory);
        self.excuse(&now, log);
        let wrong = (self.judge.wrong_but_for(&memory.world, &self.unseen))
            .or_else(|| self.touched(scene, memory, log))
            .or_else(|| self.routed_strangers(scene, memory, &now))
            .or_else(|| self.authority_unchecked(memory, &now, log))
            .or_else(|| self.removed_unread(&now, log))
            .or_else(|| self.led_nowhere(memory, &now))
            .or_else(|| self.mapped_to_nobody(memory, &now));
        self.last = now;
        wrong
    }

    /// I6: what is not ours is as it was, to the byte.
    fn touched(&mut self, scene: &Scene, memory: &Memory, log: &Log) -> Option<String> {
        self.kept(scene, memory, log)
            .or_else(|| self.untouched(scene, memory, log))
            .or_else(|| picture::difference(&self.protected, &protected(memory)).map(|why| format!("protected: {why}")))
    }

    /// What of others stands on what is ours.
    fn kept(&mut self, scene: &Scene, memory: &Memory, log: &Log) -> Option<String> {
        let now = foreign(scene, memory);
        for (object, before) in &mut self.foreign {
            let Some(after) = now.get(object).filter(|after| *after != before) else { continue };
            let is_as_before = |hand: &Hand| hand.foreign.get(object) == Some(after);
            let id = object.rsplit(' ').next().unwrap_or_default();
            if !self.hand.as_ref().is_some_and(|hand| is_as_before(hand) && hand.is_unseen(log, id)) {
                return Some(format!("I6: of {object}, {before:?} became {after:?}"));
            }
            before.clone_from(after);
        }
        None
    }

    /// What is nobody's business.
    fn untouched(&mut self, scene: &Scene, memory: &Memory, log: &Log) -> Option<String> {
        let now = picture::strangers(scene, memory);
        if let Command::Destroy(_) = self.command {
            // What was taken over is given back, and is nobody's business from then on.
            let kinds = ["group", "app", "policy", "account"];
            let was_ours = |id: &str| kinds.iter().any(|kind| self.last.there.contains_key(&format!("{kind} {id}")));
            let back: Vec<_> = now.iter().filter(|(id, _)| !self.strangers.contains_key(*id) && was_ours(id)).collect();
            let back: Vec<_> = back.into_iter().map(|(id, how)| (id.clone(), how.clone())).collect();
            self.strangers.extend(back);
        }
        if let Some(new) = now.keys().find(|id| !self.strangers.contains_key(*id)) {
            return Some(format!("I6: {} is new", now[new]));
        }
        if let Some(hand) = &self.hand {
            // A request of an earlier run that lands late may undo the hand; a list that shows the hand still has a run make
            // it good again.
            let is_made = |id: &&String| now.get(*id) == hand.made.get(*id);
            let undone =
                |id: &&String| is_made(id) || (now.get(*id) == hand.strangers.get(*id) && hand.is_unseen(log, id));
            let undone: Vec<String> = self.strangers.keys().filter(undone).cloned().collect();
            self.strangers.extend(undone.into_iter().filter_map(|id| Some((id.clone(), now.get(&id)?.clone()))));
        }
        picture::difference(&self.strangers, &now).map(|why| format!("I6: {why}"))
    }

    /// A group is routed only when nobody is in it whom the spec does not mean.
    fn routed_strangers(&self, scene: &Scene, memory: &Memory, now: &Moment) -> Option<String> {
        let world = &memory.world;
        let taken_over = picture::accounts_taken_over(scene, memory);
        let is_planned = |user: &User| marked_for(user).is_some() || taken_over.contains(&user.id);
        // Who has no way in loses none by being routed.
        let is_excused = |user: &User| is_shut(user) || self.unseen.contains(&user.id);
        let is_stranger = |user: &&User| !is_planned(user) && !is_excused(user);
        let groups = now.routed.difference(&self.last.routed).filter_map(|(_, group)| world.group(*group));
        let mut members = groups.flat_map(|group| group.members()).filter_map(|id| world.user(id));
        let stranger = members.find(is_stranger)?;
        Some(format!("I10: {} is routed, and nobody planned it", stranger.email))
    }

    /// Somebody's password is given to the identity provider only after they were seen in the routing group.
    fn authority_unchecked(&self, memory: &Memory, now: &Moment, log: &Log) -> Option<String> {
        let mut given = now.federated.difference(&self.last.federated).filter_map(|id| memory.world.user(*id));
        let before = |user: &User| self.hand.as_ref().and_then(|hand| hand.touched.before.user(user.id));
        let has_read = |group: GroupId| log.has_read(&format!("/usergroups/{group}/membership"));
        let was_seen =
            |user: &User| user.groups().any(has_read) || before(user).is_some_and(|user| user.groups().any(has_read));
        let unseen =
            given.find(|user| self.last.there.contains_key(&format!("account {}", user.id)) && !was_seen(user));
        unseen.map(|user| format!("{} gave its password up before it was seen in the routing group", user.email))
    }

    /// I7: nothing goes whose id no request of this run has read.
    fn removed_unread(&self, now: &Moment, log: &Log) -> Option<String> {
        let gone = self.last.there.iter().filter(|(what, _)| !now.there.contains_key(*what));
        let takes_down = matches!(self.command, Command::Destroy(_));
        let asks_primary = self.command != Command::Destroy(Reach::SecondaryOnly);
        // A federation takes its groups along with whoever is in them.
        let group_went = |what: &str| {
            let group = what.strip_prefix("member ").and_then(|what| what.split_once(" of "));
            group.is_some_and(|(_, group)| !now.there.contains_key(&format!("group {group}")) && log.has_read(group))
        };
        let gone = gone.filter(|(what, _)| !(takes_down && group_went(what)));
        let needed = |ids: &'_ [String]| if asks_primary { ids.len() } else { 1 };
        let mut unread =
            gone.filter_map(|(what, ids)| Some((what, ids[..needed(ids)].iter().find(|id| !log.has_read(id))?)));
        unread.next().map(|(what, id)| format!("I7: {what} went, and {id} was not read by itself before"))
    }

    /// The app that the provider leads to does not go.
    fn led_nowhere(&self, memory: &Memory, now: &Moment) -> Option<String> {
        let led_to = self.last.led_to.filter(|app| memory.world.app(*app).is_none())?;
        now.led_to.is_none().then(|| format!("I9: app {led_to} went, and the provider led to it"))
    }

    /// I10: an attribute comes to name only an address that somebody has, or somebody else could take it.
    fn mapped_to_nobody(&self, memory: &Memory, now: &Moment) -> Option<String> {
        let is_new = |(user, address): &(&UserId, &String)| self.last.mapped.get(*user) != Some(*address);
        let is_there = |world: &World, address: &str| world.user_by_email(memory.secondary, address).is_some();
        let was_there = |address: &str| self.hand.as_ref().is_some_and(|hand| is_there(&hand.touched.before, address));
        let is_nobodys = |address: &str| !is_there(&memory.world, address) && !was_there(address);
        let (user, address) = now.mapped.iter().filter(is_new).find(|(_, address)| is_nobodys(address))?;
        Some(format!("I10: the attribute of {user} names {address}, which is nobody's yet"))
    }
}

impl Hand {
    fn new(scene: &Scene, memory: &Memory, touched: Arc<Touched>) -> Self {
        let before = memory.with_world(touched.before.clone());
        let brought = |group: &Group| -> Vec<(GroupId, UserId)> {
            let was_in = |id: &UserId| before.world.group(group.id).is_some_and(|group| group.has_member(*id));
            let new = group.members().filter(|id| !was_in(id) && is_unmarked(&memory.world, *id));
            new.map(|id| (group.id, id)).collect()
        };
        Self {
            brought: memory.world.groups(memory.secondary).flat_map(brought).collect(),
            strangers: picture::strangers(scene, &before),
            made: picture::strangers(scene, &memory.with_world(touched.after.clone())),
            foreign: foreign(scene, &before),
            touched,
        }
    }

    /// Whether no request has read this since it shows.
    fn is_unseen(&self, log: &Log, id: &str) -> bool {
        !log.has_read_since(self.touched.shows_ms, id)
    }
}

impl Moment {
    fn of(memory: &Memory) -> Self {
        let (world, secondary) = (&memory.world, memory.secondary);
        // Those without our mark too: taking one over that routes already routes nobody anew.
        let policies = world.policies(secondary).filter(|policy| policy.enabled);
        let is_federated = |user: &&User| user.password_authority() == Some(RestrictionKind::FederatedIdentityProvider);
        Self {
            routed: policies.flat_map(|policy| policy.groups().map(move |group| (policy.id, group))).collect(),
            federated: world.users(secondary).filter(is_federated).map(|user| user.id).collect(),
            there: there(memory),
            mapped: mapped(memory),
            led_to: led_to(memory),
        }
    }
}

fn mapped(memory: &Memory) -> BTreeMap<UserId, String> {
    let users = memory.world.users(memory.primary);
    users.filter_map(|user| Some((user.id, user.attribute(ATTRIBUTE)?.to_owned()))).collect()
}

fn led_to(memory: &Memory) -> Option<AppId> {
    let provider = memory.world.provider(memory.secondary)?;
    memory.world.client(&provider.client_id).map(|(app, _)| app.id)
}

/// What there is to lose: objects, memberships, states and mappings, each with the ids that stand for it.
fn there(memory: &Memory) -> BTreeMap<String, Vec<String>> {
    let (world, orgs) = (&memory.world, [memory.primary, memory.secondary]);
    let mut there = BTreeMap::new();
    let mut add = |what: String, ids: Vec<String>| there.insert(what, ids);
    for org in orgs {
        for group in world.groups(org) {
            add(format!("group {}", group.id), vec![group.id.to_string()]);
            // Whom a rule brings, it may leave out again at any change.
            for member in group.members().filter(|_| group.rule.is_none()) {
                add(format!("member {member} of {}", group.id), reason(world, member));
            }
        }
        world.apps(org).for_each(|app| drop(add(format!("app {}", app.id), vec![app.id.to_string()])));
        // `[inferred]`: whether a policy can be asked for by its id is not known; a list shows that it is there.
        let list = || vec!["/identity-provider/policies".to_owned()];
        world.policies(org).for_each(|policy| drop(add(format!("policy {}", policy.id), list())));
    }
    for user in world.users(memory.secondary) {
        add(format!("account {}", user.id), reason(world, user.id));
        if user.state == State::Activated {
            add(format!("activity of {}", user.id), reason(world, user.id));
        }
    }
    for user in world.users(memory.primary).filter(|user| user.attribute(ATTRIBUTE).is_some()) {
        add(format!("mapping of {}", user.id), vec![user.id.to_string()]);
    }
    there
}

/// The ids whose reading shows that something of a user is to go: their own, and whose account it is.
fn reason(world: &World, user: UserId) -> Vec<String> {
    let owner = world.user(user).and_then(|user| marked_for(user)).map(str::to_owned);
    [Some(user.to_string()), owner].into_iter().flatten().collect()
}

/// What of others stands on objects of ours: entries of lists, in order, lines of descriptions, members.
fn foreign(scene: &Scene, memory: &Memory) -> BTreeMap<String, Vec<String>> {
    let world = &memory.world;
    let taken_over = picture::accounts_taken_over(scene, memory);
    let is_foreign = |id: &UserId| is_unmarked(world, *id) && !taken_over.contains(id);
    let mut all = BTreeMap::new();
    for (id, (attributes, restrictions)) in picture::foreign_on_ours(memory) {
        all.insert(
            format!("account {id}"),
            attributes.iter().map(|entry| format!("{entry:?}")).chain(restrictions).collect(),
        );
    }
    for app in world.apps(memory.primary).filter(|app| is_marked(&app.description)) {
        let callback = carry::terms().callback;
        let Some(oidc) = &app.oidc else { continue };
        let uris = oidc.redirect_uris.iter().filter(|uri| **uri != *callback).cloned();
        let claims = oidc.dynamic_claims.iter().filter(|claim| claim.name != "email");
        let claims = claims.map(|claim| format!("{}={}", claim.name, claim.value));
        all.insert(format!("app {}", app.id), uris.chain(claims).chain(lines(&app.description)).collect());
    }
    for org in [memory.primary, memory.secondary] {
        for group in world.groups(org).filter(|group| is_marked(&group.description) && group.rule.is_none()) {
            let strangers = group.members().filter(|id| org == memory.secondary && is_foreign(id));
            let strangers = strangers.map(|id| format!("member {id}"));
            all.insert(format!("group {}", group.id), strangers.chain(lines(&group.description)).collect());
        }
    }
    for policy in world.policies(memory.secondary).filter(|policy| is_marked(&policy.description)) {
        all.insert(format!("policy {}", policy.id), lines(&policy.description).collect());
    }
    all
}

fn is_unmarked(world: &World, id: UserId) -> bool {
    world.user(id).is_some_and(|user| marked_for(user).is_none())
}

fn lines(description: &str) -> impl Iterator<Item = String> {
    let is_ours = |line: &&str| {
        let is_pause = line.starts_with("paused with fedctl: ");
        is_pause || line.starts_with("managed by fedctl: ") || *line == "being set up: not turned on yet"
    };
    description.lines().filter(move |line| !is_ours(line)).map(str::to_owned)
}

/// Accounts that are an administrator's, or in the group that protects.
fn protected(memory: &Memory) -> Strangers {
    let world = &memory.world;
    let is_in =
        |user: &User| user.groups().filter_map(|id| world.group(id)).any(|group| group.name == "fedctl-protected");
    // One that was left half made is ours to finish.
    let is_whole = |user: &&User| user.state != State::Staged || marked_for(user).is_none();
    let users = world.users(memory.secondary).filter(|user| user.admin().is_some() || is_in(user)).filter(is_whole);
    // Who they are, what they may, how they get in; what a person is called may be marked and mapped.
    let how = |user: &User| -> Value {
        json!([user.email, user.username, user.state, user.password, user.password_authority(), user.admin()])
    };
    users.map(|user| (user.id.to_string(), how(user))).collect()
}

/// One thing of each that is ours, what it leads to, and who opens what: what two runs without faults end in, whatever
/// happened before. Ids are left out, for another run makes others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Census {
    /// How many objects carry each mark.
    pub(crate) marks: BTreeMap<String, usize>,
    /// What is said of people: whose account is whose, and what maps to what.
    pub(crate) people: BTreeSet<String>,
    /// Whether routing is on, the app works, and provider and app have one client.
    pub(crate) objects: Vec<String>,
    /// Who opens whose account, and who gets in with a local password.
    pub(crate) opens: BTreeSet<String>,
}

impl Census {
    pub(crate) fn of(memory: &Memory) -> Self {
        let world = &memory.world;
        let mut marks: BTreeMap<String, usize> = BTreeMap::new();
        let mut count = |org: &str, kind: &str, description: &str| {
            for line in description.lines().filter(|line| is_marked(line)) {
                *marks.entry(format!("{org} {kind}: {line}")).or_default() += 1;
            }
        };
        world.groups(memory.primary).for_each(|group| count("primary", "group", &group.description));
        world.groups(memory.secondary).for_each(|group| count("secondary", "group", &group.description));
        world.apps(memory.primary).for_each(|app| count("primary", "app", &app.description));
        world.policies(memory.secondary).for_each(|policy| count("secondary", "policy", &policy.description));
        for user in world.users(memory.secondary) {
            if let Some(owner) = marked_for(user) {
                *marks.entry(format!("account of {owner}")).or_default() += 1;
            }
        }
        Self { marks, people: people(memory), objects: objects(memory), opens: opens(memory) }
    }

    /// Two objects with one mark, if there are any.
    pub(crate) fn duplicate(&self) -> Option<String> {
        let twice = self.marks.iter().find(|(mark, count)| **count > 1 && !mark.ends_with(", adopted"));
        twice.map(|(mark, count)| format!("× {count} {mark}"))
    }

    /// What is in one and not in the other.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        let all = |census: &Self| -> BTreeSet<String> {
            let marks = census.marks.iter().map(|(mark, count)| format!("{count} {mark}"));
            let rest = census.people.iter().chain(&census.objects).chain(&census.opens);
            marks.chain(rest.cloned()).collect()
        };
        let (ours, theirs) = (all(self), all(other));
        let (more, less) = (ours.difference(&theirs).collect::<Vec<_>>(), theirs.difference(&ours).collect::<Vec<_>>());
        (ours != theirs).then(|| format!("{more:?} instead of {less:?}"))
    }
}

fn people(memory: &Memory) -> BTreeSet<String> {
    let world = &memory.world;
    let accounts = world.users(memory.secondary).filter(|user| marked_for(user).is_some()).map(|user| {
        let mark = user.attribute("fedctl").unwrap_or_default();
        let owns = user.password_authority();
        format!("{} {mark} {:?} {owns:?} {:?}", user.email, user.state, groups(world, user))
    });
    let mapped = world
        .users(memory.primary)
        .map(|user| format!("{} {:?} {:?}", user.email, user.attribute(ATTRIBUTE), groups(world, user)));
    accounts.chain(mapped).collect()
}

fn groups(world: &World, user: &User) -> BTreeSet<String> {
    user.groups().filter_map(|id| world.group(id)).map(|group| group.name.clone()).collect()
}

fn objects(memory: &Memory) -> Vec<String> {
    let world = &memory.world;
    let provider = world.provider(memory.secondary);
    let apps = world.apps(memory.primary).filter(|app| is_marked(&app.description)).map(|app| {
        let oidc = app.oidc.as_ref();
        let leads = provider.zip(oidc).is_some_and(|(provider, oidc)| provider.client_id == oidc.client_id);
        let shares = provider
            .zip(oidc)
            .is_some_and(|(provider, oidc)| Some(&provider.client_secret) == oidc.client_secret.as_ref());
        let uris = oidc.map(|oidc| (&oidc.redirect_uris, &oidc.dynamic_claims));
        format!("app {:?} active {} leads {leads} shares {shares} {uris:?}", app.display_label, app.active)
    });
    let policies = world.policies(memory.secondary).filter(|policy| is_marked(&policy.description)).map(|policy| {
        let groups: Vec<_> = policy.groups().filter_map(|id| world.group(id)).map(|group| &group.name).collect();
        let leads = policy.provider == provider.map(|provider| provider.id);
        format!("policy {:?} enabled {} leads {leads} {groups:?}", policy.name, policy.enabled)
    });
    apps.chain(policies).chain(provider.map(|provider| format!("provider {:?}", provider.name))).collect()
}

fn opens(memory: &Memory) -> BTreeSet<String> {
    let doors = Doors::of_memory(memory);
    let address = |id: &UserId| memory.world.user(*id).map(|user| user.email.to_string()).unwrap_or_default();
    let federated =
        doors.federated.iter().map(|(person, account)| format!("{} as {}", address(person), address(account)));
    federated.chain(doors.local.iter().map(|account| format!("{} by password", address(account)))).collect()
}

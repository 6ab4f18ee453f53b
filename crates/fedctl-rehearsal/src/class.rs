//! Classes: people in one situation with one fate do the same on every stage, so that two of them stand in for all.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use fedctl_core::address::Org;
use fedctl_core::live::{Live, User};
use fedctl_core::object_id::ObjectId;
use fedctl_core::plan::action::{Field, Verb};
use fedctl_core::plan::{Action, Plan, Subject};
use fedctl_core::spec::Email;
use fedctl_core::trace::Situation;
use fedctl_core::trace::cast::{Cast, Part};

/// How many of a class go on the stage.
const STAND_INS: usize = 2;

/// People who are rehearsed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Class {
    /// How many there are.
    pub(crate) size: usize,
    /// Those on the stage, as positions in [`Cast::parts`].
    pub(crate) parts: Vec<usize>,
    /// Each of them can do what every other can: they are one class, and not people whose addresses meet.
    pub(crate) are_alike: bool,
}

/// What people of one class share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    situation: Situation,
    groups: usize,
    standing: u64,
    fate: u64,
}

/// The classes of a plan, in the order in which their first people come. Unfolded, everybody is in one class.
pub(crate) fn classes(plan: &Plan, cast: &Cast, live: &Live, is_folded: bool) -> Vec<Class> {
    let all = 0..cast.parts.len();
    if !is_folded {
        let parts: Vec<usize> = all.collect();
        return vec![Class { size: parts.len(), parts, are_alike: false }];
    }
    let fates = fates(plan);
    let mut met = Met::of(plan, cast, live);
    let mut together: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut alike: BTreeMap<Key, Class> = BTreeMap::new();
    for at in all {
        if met.is_alone(at) {
            let class = alike.entry(key(plan, cast, live, &fates, at));
            let class = class.or_insert(Class { size: 0, parts: Vec::new(), are_alike: true });
            class.size += 1;
            if class.parts.len() < STAND_INS {
                class.parts.push(at);
            }
        } else {
            together.entry(met.root(at)).or_default().push(at);
        }
    }
    let together = together.into_values().map(|parts| Class { size: parts.len(), parts, are_alike: false });
    let mut classes: Vec<Class> = alike.into_values().chain(together).collect();
    classes.sort_by_key(|class| class.parts.first().copied());
    classes
}

/// What is done for each person of the plan: the sequence of kinds, verbs and changed fields.
fn fates(plan: &Plan) -> Vec<u64> {
    let mut fates: Vec<DefaultHasher> = vec![DefaultHasher::new(); plan.people.len()];
    for action in &plan.actions {
        if let Subject::Person(at) = action.subject
            && let Some(fate) = fates.get_mut(at as usize)
        {
            step(action, fate);
        }
    }
    fates.into_iter().map(|fate| fate.finish()).collect()
}

fn step(action: &Action, fate: &mut DefaultHasher) {
    let verb = match action.verb {
        Verb::Create => 0_u8,
        Verb::Update => 1,
        Verb::Adopt => 2,
        Verb::Delete => 3,
        Verb::Check => 4,
    };
    (action.target.org, action.target.kind, verb, action.changes.len()).hash(fate);
    for change in &action.changes {
        match &change.field {
            Field::Key(key) => key.hash(fate),
            Field::Spelt(spelling) => spelling.name.hash(fate),
            Field::Entry { list, key, value, .. } => (list, key, value).hash(fate),
        }
        (change.before.is_some(), change.after.is_some()).hash(fate);
    }
}

fn key(plan: &Plan, cast: &Cast, live: &Live, fates: &[u64], at: usize) -> Key {
    let part = &cast.parts[at];
    let mut standing = DefaultHasher::new();
    for (org, id) in [(Org::Primary, part.user), (Org::Secondary, part.account)] {
        let user = id.and_then(|id| live.users(org).get(id));
        user.map(stands).hash(&mut standing);
    }
    let person = part.person.and_then(|at| plan.people.get(at as usize));
    person.map(|person| (person.fate, person.has_local_way_in)).hash(&mut standing);
    part.account.is_some_and(|account| plan.left.contains(&account)).hash(&mut standing);
    Key {
        situation: part.situation,
        groups: part.groups,
        standing: standing.finish(),
        fate: part.person.and_then(|at| fates.get(at as usize)).copied().unwrap_or_default(),
    }
}

/// What of a user decides about local ways in, and about what the executor sees.
fn stands(user: &User) -> impl Hash + '_ {
    (
        user.state as u8,
        [user.has_password, user.is_locked, user.password_expired, user.is_admin],
        user.mapping.is_some(),
        user.mark.as_ref().map(|mark| mark.origin as u8),
        user.authority.as_ref().map(|authority| &authority.kind),
        &user.route,
    )
}

/// Whose addresses and names meet, before or after.
struct Met {
    parents: Vec<usize>,
    alone: Vec<bool>,
}

impl Met {
    fn of(plan: &Plan, cast: &Cast, live: &Live) -> Self {
        let mut names: Vec<(u64, usize)> = Vec::with_capacity(3 * cast.parts.len());
        let mut own = Vec::new();
        for (at, part) in cast.parts.iter().enumerate() {
            own.clear();
            named(plan, live, part, |name| own.push((hash(&name), at)));
            // Nearly everybody says one address three times.
            own.sort_unstable();
            own.dedup();
            names.append(&mut own);
        }
        names.extend(new_usernames(plan, cast));
        names.sort_unstable();
        names.dedup();
        let mut met = Self { parents: (0..cast.parts.len()).collect(), alone: vec![true; cast.parts.len()] };
        for pair in names.windows(2).filter(|pair| pair[0].0 == pair[1].0) {
            met.meet(pair[0].1, pair[1].1);
        }
        met
    }

    fn meet(&mut self, one: usize, other: usize) {
        (self.alone[one], self.alone[other]) = (false, false);
        let (one, other) = (self.root(one), self.root(other));
        self.parents[one.max(other)] = one.min(other);
    }

    fn root(&mut self, at: usize) -> usize {
        let mut root = at;
        while self.parents[root] != root {
            self.parents[root] = self.parents[self.parents[root]];
            root = self.parents[root];
        }
        root
    }

    fn is_alone(&self, at: usize) -> bool {
        self.alone[at]
    }
}

/// Says every address and username of the secondary organisation that somebody has or means, and whose mark they carry.
fn named(plan: &Plan, live: &Live, part: &Part, mut say: impl FnMut(Name<'_>)) {
    if let Some(user) = part.user.and_then(|id| live.users(Org::Primary).get(id)) {
        say(Name::Person(user.id));
        if let Some(claimed) = user.mapping.as_deref() {
            say(Name::Address(&folded(claimed)));
        }
    }
    if let Some(account) = part.account.and_then(|id| live.users(Org::Secondary).get(id)) {
        say(Name::Address(&account.email));
        say(Name::Username(&lower(&account.username)));
        if let Some(mark) = &account.mark {
            say(Name::Person(mark.person));
        }
    }
    if let Some(person) = part.person.and_then(|at| plan.people.get(at as usize)) {
        say(Name::Address(&person.account));
    }
}

/// Nearly every address and username is in lower case already, and there are hundreds of thousands of them.
fn is_lower(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
}

fn folded(address: &str) -> Cow<'_, str> {
    if is_lower(address) { Cow::Borrowed(address) } else { Cow::Owned(Email::fold(address)) }
}

fn lower(name: &str) -> Cow<'_, str> {
    if is_lower(name) { Cow::Borrowed(name) } else { Cow::Owned(name.to_lowercase()) }
}

#[derive(Hash)]
enum Name<'a> {
    Address(&'a str),
    Username(&'a str),
    Person(ObjectId),
}

/// Usernames and addresses that actions give.
fn new_usernames(plan: &Plan, cast: &Cast) -> Vec<(u64, usize)> {
    let mut places: Vec<usize> = vec![usize::MAX; plan.people.len()];
    for (at, part) in cast.parts.iter().enumerate() {
        if let Some(place) = part.person.and_then(|person| places.get_mut(person as usize)) {
            *place = at;
        }
    }
    let mut names = Vec::new();
    for action in &plan.actions {
        let Subject::Person(person) = action.subject else { continue };
        let Some(at) = places.get(person as usize).filter(|at| **at != usize::MAX) else { continue };
        for change in &action.changes {
            let Some(after) = change.text() else { continue };
            match change.field {
                Field::Key("username") => names.push((hash(&Name::Username(&after.to_lowercase())), *at)),
                Field::Key("email") => names.push((hash(&Name::Address(&Email::fold(after))), *at)),
                Field::Key(_) | Field::Spelt(_) | Field::Entry { .. } => {}
            }
        }
    }
    names
}

fn hash(name: &Name<'_>) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

//! The population: who is meant by the spec, which account of the secondary organisation is theirs, and who is held.

mod addresses;
pub mod follow;
pub mod leave;
mod link;
pub(crate) mod refuse;
pub mod way_in;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::address::Org;
use crate::kinds::user_group::wire::Group;
use crate::live::users::State;
use crate::live::{Confirmed, Doubt, GivenBack, Live, Needs, User};
use crate::mark::Origin;
use crate::object_id::ObjectId;
use crate::plan::Held;
use crate::plan::guard::Refusal;
use crate::spec::template::PersonFacts;
use crate::spec::{Access, Code, Diagnostic, Email, FieldPath, OnEmailChange, Spec};
use follow::Rename;
use leave::Leaver;

/// An organisation of at most this many users is listed whole, to find marked accounts wherever they are.
pub const LISTED_WHOLE: u64 = 3_000;

/// A person of the population.
#[derive(Debug, Clone)]
pub struct Person<'a> {
    /// Their user of the primary organisation.
    pub user: &'a User,
    /// The address their account has, or will have.
    pub account: Arc<str>,
    /// The username it has, or will have.
    pub username: Arc<str>,
    /// Their account, if there is one that is theirs.
    pub live: Option<&'a User>,
    /// How it came to be ours.
    pub origin: Option<Origin>,
    /// This plan takes their account over.
    pub takes_over: bool,
    /// The address that the spec gives them now, where their account has another.
    pub wanted: Option<Arc<str>>,
    /// The username that the spec gives them now, where their account has another.
    pub wanted_username: Option<Arc<str>>,
    /// What their account is called when this plan is applied, where it is renamed.
    pub renames: Option<Rename>,
    /// The account that has the address which theirs is to get.
    pub in_the_way: Option<&'a User>,
    /// An account that nobody marked and that would be theirs if the spec adopted it.
    pub existing: Option<&'a User>,
    /// Why nothing is done for them, if so.
    pub held: Option<Held>,
    /// The line of the spec that brings them in.
    pub spec: FieldPath,
    /// The source groups they are in; empty for people who are named by e-mail alone.
    pub groups: Vec<ObjectId>,
    /// Whether the account may be given its password back, once that was asked for by itself.
    pub gives_back: Option<Result<Confirmed<GivenBack>, Doubt>>,
}

impl Person<'_> {
    /// Whether their attribute is as it is to be. What was made by hand keeps its spelling.
    pub fn is_mapped(&self) -> bool {
        let is_adopted = self.origin == Some(Origin::Adopted);
        let names = |mapping: &str| {
            mapping == &**self.address_after() || (is_adopted && Email::fold(mapping) == **self.address_after())
        };
        self.user.mapping.as_deref().is_some_and(names)
    }

    /// The address that their account has when this plan is applied.
    pub fn address_after(&self) -> &Arc<str> {
        self.renames.as_ref().map_or(&self.account, |to| &to.email)
    }

    /// Whether their account gets its new address by the next plan, because attribute or app do not name the one it has.
    pub fn is_out_of_step(&self, spec: &Spec) -> bool {
        let follows = spec.people.mapping.on_email_change.value == OnEmailChange::Follow;
        let is_ours = self.origin == Some(Origin::Created) && self.held.is_none();
        follows && is_ours && self.renames.is_none()
    }

    /// Whether they left and are back, and what is to be given again is what fedctl took from them itself.
    pub fn returns(&self) -> bool {
        self.live.and_then(|account| account.mark.as_ref()).is_some_and(|mark| mark.departure().is_some())
    }
}

/// Everybody who is meant, and what stands in the way.
#[derive(Debug, Default)]
pub struct People<'a> {
    /// The population, by primary e-mail.
    pub list: Vec<Person<'a>>,
    /// What the spec says that the organisations do not bear out.
    pub problems: Vec<Diagnostic>,
    /// What must stop the plan.
    pub refusals: Vec<Refusal>,
    /// Whoever has an account with our mark and is not in the population.
    pub left: Vec<Leaver<'a>>,
}

/// A group of the primary organisation that the spec names.
#[derive(Debug, Clone)]
pub struct SourceGroup<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its id.
    pub id: ObjectId,
}

/// The members of the groups that fedctl keeps.
#[derive(Debug, Clone, Copy)]
pub struct Rosters<'a> {
    /// Of the routing group.
    pub routed: &'a [ObjectId],
    /// Of the managed access group.
    pub with_app: &'a [ObjectId],
    /// The routing policy was turned on once, and the routing group is there: who is not in it was taken out.
    pub is_settled: bool,
    /// The managed access group is there: who is not in it, and was routed long ago, was taken out.
    pub has_access_group: bool,
}

/// The source groups of the spec, or what is wrong with them.
pub fn source_groups<'a>(
    spec: &'a Spec,
    live: &Live,
    needs: &mut Needs,
    problems: &mut Vec<Diagnostic>,
) -> Option<Vec<SourceGroup<'a>>> {
    if spec.people.groups.is_empty() {
        return Some(Vec::new());
    }
    let groups = needs.groups(live, Org::Primary)?;
    let wanted = spec.people.groups.iter();
    Some(wanted.filter_map(|name| named_group(groups, name.as_str(), &name.at, problems)).collect())
}

fn named_group<'a>(
    groups: &[Group],
    name: &'a str,
    at: &FieldPath,
    problems: &mut Vec<Diagnostic>,
) -> Option<SourceGroup<'a>> {
    let mut hits = groups.iter().filter(|group| *group.name == *name);
    let problem = match (hits.next(), hits.next()) {
        (Some(group), None) => return Some(SourceGroup { name, id: group.id }),
        (None, _) => {
            let message = format!("no user group of the primary organisation is named `{name}`");
            Diagnostic::error(Code::UnknownGroup, message)
                .at_value(at, "not found in the primary organisation")
                .help(nearest(name, groups.iter().map(|group| &*group.name)))
        }
        (Some(one), Some(two)) => {
            let message = format!("two user groups of the primary organisation are named `{name}`");
            Diagnostic::error(Code::AmbiguousGroup, message)
                .at_value(at, format!("ids {} and {}", one.id, two.id))
                .help("rename one of them")
        }
    };
    problems.push(problem);
    None
}

fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> String {
    let folded = wanted.to_lowercase();
    let mut near: Vec<&str> = names
        .filter(|name| {
            let name = name.to_lowercase();
            name.contains(&folded) || folded.contains(&name) || name.chars().take(4).eq(folded.chars().take(4))
        })
        .take(3)
        .collect();
    near.sort_unstable();
    if near.is_empty() {
        "create the group, or correct the name; names are compared exactly".to_owned()
    } else {
        format!("there is `{}`; names are compared exactly", near.join("`, `"))
    }
}

/// The group of the primary organisation that gives people the app, where the spec names one.
pub fn app_group<'a>(
    spec: &'a Spec,
    live: &Live,
    needs: &mut Needs,
    problems: &mut Vec<Diagnostic>,
) -> Option<Option<SourceGroup<'a>>> {
    let Access::Group(name) = &spec.app.access.value else { return Some(None) };
    let groups = needs.groups(live, Org::Primary)?;
    Some(named_group(groups, name.as_str(), &spec.app.access.at, problems))
}

/// The population with everybody's account, as far as it was read; `None` when something is still to be asked.
pub fn resolve<'a>(
    spec: &'a Spec,
    live: &'a Live,
    needs: &mut Needs,
    rosters: Option<Rosters<'_>>,
) -> Option<People<'a>> {
    let mut people = People::default();
    let groups = source_groups(spec, live, needs, &mut people.problems);
    let app_group = app_group(spec, live, needs, &mut people.problems);
    let (groups, app_group, rosters) = (groups?, app_group?, rosters?);
    let Rosters { routed, with_app, .. } = rosters;
    let with_access = match app_group {
        Some(group) => Some(needs.membership(live, Org::Primary, group.id)?),
        None => None,
    };
    let members = members(spec, live, needs, &groups)?;
    let named = named_users_asked(spec, live, needs);
    if !needs.users_by_id(live, Org::Primary, members.keys().copied()) || !named {
        return None;
    }
    if !reaching_asked(live, needs, with_access, with_app) {
        return None;
    }
    population(spec, live, &members, with_access, &mut people);
    let roster = needs.users_by_id(live, Org::Secondary, routed.iter().copied());
    if !accounts_asked(live, needs, &people.list) || !roster || !leavers_asked(spec, live, needs) {
        return None;
    }
    link::link(spec, live, &rosters, &mut people);
    follow::resolve(spec, live, &mut people);
    refuse::recycled(spec, &mut people);
    addresses::check(spec, &mut people);
    refuse::shared_accounts(&mut people);
    Some(people)
}

/// Where in the spec a member is brought in first, and every source group they are in.
type Membership = (FieldPath, Vec<ObjectId>);

fn members(
    spec: &Spec,
    live: &Live,
    needs: &mut Needs,
    groups: &[SourceGroup<'_>],
) -> Option<BTreeMap<ObjectId, Membership>> {
    let mut all: BTreeMap<ObjectId, Membership> = BTreeMap::new();
    let mut complete = true;
    for group in groups {
        let Some(ids) = needs.membership(live, Org::Primary, group.id) else {
            complete = false;
            continue;
        };
        let at = spec.people.groups.iter().find(|wanted| wanted.as_str() == group.name).map(|wanted| &wanted.at);
        for id in ids {
            all.entry(*id).or_insert_with(|| (at.cloned().unwrap_or_default(), Vec::new())).1.push(group.id);
        }
    }
    complete.then_some(all)
}

fn named_users_asked(spec: &Spec, live: &Live, needs: &mut Needs) -> bool {
    let emails = spec.people.emails.iter().map(|email| Box::from(email.as_str()));
    needs.users_by_name(live, Org::Primary, emails, std::iter::empty())
}

/// Everybody whom the spec names, by themselves or by a group, each with the line that does.
type Named<'a> = BTreeMap<&'a str, (&'a User, FieldPath, Vec<ObjectId>)>;

fn named<'a>(
    spec: &'a Spec,
    live: &'a Live,
    members: &BTreeMap<ObjectId, Membership>,
    people: &mut People<'a>,
) -> Named<'a> {
    let users = live.users(Org::Primary);
    let mut everybody = Named::new();
    for (id, (at, groups)) in members {
        // A member that no longer exists is in no list of users: there is nobody to federate.
        if let Some(user) = users.get(*id) {
            everybody.insert(&user.email, (user, at.clone(), groups.clone()));
        }
    }
    for email in &spec.people.emails {
        match users.by_email(email.as_str()) {
            Some(user) => {
                everybody.entry(&user.email).or_insert_with(|| (user, email.at.clone(), Vec::new()));
            }
            None => people.problems.push(
                Diagnostic::error(
                    Code::UnknownPerson,
                    format!("nobody in the primary organisation has the address `{email}`"),
                )
                .at_value(&email.at, "not found in the primary organisation")
                .help("correct the address, or create the user in the primary organisation first"),
            ),
        }
    }
    everybody
}

fn population<'a>(
    spec: &'a Spec,
    live: &'a Live,
    members: &BTreeMap<ObjectId, Membership>,
    with_access: Option<&[ObjectId]>,
    people: &mut People<'a>,
) {
    let except: BTreeSet<&str> = spec.people.except.iter().map(|email| email.as_str()).collect();
    let pilot: Option<BTreeSet<&str>> =
        spec.people.pilot.as_ref().map(|list| list.iter().map(|email| email.as_str()).collect());
    let overrides: BTreeMap<&str, &crate::spec::Override> =
        spec.people.overrides.iter().map(|one| (one.person.as_str(), one)).collect();
    for (email, (user, at, groups)) in named(spec, live, members, people) {
        if except.contains(email) {
            continue;
        }
        let facts = PersonFacts { email, username: &user.username, federation: spec.federation.as_str() };
        let own = overrides.get(email);
        let account = own.and_then(|own| own.email.as_ref()).map(|email| email.as_str().to_owned());
        let username = own.and_then(|own| own.username.as_ref()).map(|name| name.as_str().to_owned());
        let no_access = with_access.is_some_and(|members| members.binary_search(&user.id).is_err());
        let waits = pilot.as_ref().is_some_and(|pilot| !pilot.contains(email));
        people.list.push(Person {
            user,
            account: account.unwrap_or_else(|| Email::fold(&spec.people.mapping.email.render(&facts))).into(),
            username: username.unwrap_or_else(|| spec.people.mapping.username.render(&facts)).into(),
            live: None,
            origin: None,
            takes_over: false,
            wanted: None,
            wanted_username: None,
            renames: None,
            in_the_way: None,
            existing: None,
            held: held(user).or(no_access.then_some(Held::NoAccess)).or(waits.then_some(Held::Pilot)),
            spec: at,
            groups,
            gives_back: None,
        });
    }
}

/// Why a primary user cannot sign in there, and so nowhere else.
pub fn held(user: &User) -> Option<Held> {
    match user.state {
        State::Staged => Some(Held::Staged),
        State::Suspended => Some(Held::Suspended),
        State::Other => Some(Held::UnknownState),
        State::Activated if user.is_locked => Some(Held::Locked),
        // Whoever authenticates elsewhere (Active Directory, an identity provider) has no password here.
        State::Activated if !user.has_password && user.authority.is_none() => Some(Held::NoPassword),
        State::Activated if user.password_expired => Some(Held::PasswordExpired),
        State::Activated => None,
    }
}

/// Whether everybody who reaches the app without being in a source group was asked for: their attributes open accounts too.
fn reaching_asked(live: &Live, needs: &mut Needs, with_access: Option<&[ObjectId]>, with_app: &[ObjectId]) -> bool {
    let ids = with_access.unwrap_or_default().iter().chain(with_app).copied();
    needs.users_by_id(live, Org::Primary, ids)
}

/// Whether the primary user of every account with our mark was asked for: most of them are in the population.
fn leavers_asked(spec: &Spec, live: &Live, needs: &mut Needs) -> bool {
    let names = spec.names();
    let marks = live.users(Org::Secondary).marked().filter_map(|account| account.mark.as_ref());
    let ours = marks.filter(|mark| names.contains(&&*mark.federation));
    needs.users_by_id(live, Org::Primary, ours.map(|mark| mark.person))
}

/// Whether every account was asked for that may be somebody's: by address, by username, and in a small organisation all.
fn accounts_asked(live: &Live, needs: &mut Needs, people: &[Person<'_>]) -> bool {
    let Some(total) = needs.user_count(live, Org::Secondary) else { return false };
    if total <= LISTED_WHOLE {
        return needs.everybody(live, Org::Secondary);
    }
    let claimed = live.users(Org::Primary).claims().map(|(_, address)| address);
    let emails = people.iter().map(|person| Box::from(&*person.account)).chain(claimed);
    let usernames = people.iter().map(|person| Box::from(&*person.username));
    needs.users_by_name(live, Org::Secondary, emails, usernames)
}

/// Whether somebody gets the app through the managed access group.
pub fn needs_access_group(spec: &Spec, person: &Person<'_>) -> bool {
    match &spec.app.access.value {
        Access::SourceGroups => person.groups.is_empty(),
        Access::Managed => true,
        Access::Group(_) => false,
    }
}

//! Who signs in through a federation that was made by hand, and who is left as they are.

use std::collections::{BTreeMap, BTreeSet};

use super::address::{self, Taken};
use super::{Found, Objects, Unclear, known, step};
use crate::address::Org;
use crate::kinds::context::Terms;
use crate::live::users::State;
use crate::live::{Live, Needs, User};
use crate::object_id::ObjectId;
use crate::planner::{Step, protected_group};
use crate::spec::domain::can_be_owned_by_others;
use crate::spec::{Domain, RoutingMembers, Spec, Word};

/// Everything that a spec is written from. Names and addresses come from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The objects.
    pub objects: Objects,
    /// Whose accounts are taken over, by their address.
    pub taken: Vec<Taken>,
    /// Who or what is left as it is, and why.
    pub left: Vec<(Box<str>, String)>,
    /// How many members of the groups of the app have no such account.
    pub waiting: usize,
    /// The template of addresses, and for how many of the people it is right; none where no two addresses are alike.
    pub template: Option<(String, usize)>,
    /// The domains under which the accounts are, where others could own them.
    pub domains: BTreeSet<Box<str>>,
}

/// Finds the people, or says what has to be read first. The spec names the attribute of the objects.
pub fn people(spec: &Spec, terms: &Terms, objects: &Objects, live: &Live) -> Step<Result<Draft, Unclear>> {
    step(spec, live, |needs| find(terms, objects, live, needs))
}

/// What was read of everybody who could be meant.
struct Seen<'a> {
    terms: &'a Terms,
    live: &'a Live,
    routed: &'a [ObjectId],
    protected: Vec<ObjectId>,
    /// Whose attributes name an address.
    claims: BTreeMap<Box<str>, Vec<&'a User>>,
}

fn find(terms: &Terms, objects: &Objects, live: &Live, needs: &mut Needs) -> Found<Draft> {
    let routed = needs.membership(live, Org::Secondary, objects.group.1);
    let protected = protected_group(live, needs);
    let members: Vec<_> = objects.sources.iter().map(|(_, id)| needs.membership(live, Org::Primary, *id)).collect();
    let (routed, protected) = (known(routed)?, known(protected)?);
    let members: Vec<&[ObjectId]> = members.into_iter().map(known).collect::<Found<_>>()?;
    let members: BTreeSet<ObjectId> = members.into_iter().flatten().copied().collect();
    let everybody = members.iter().chain(&objects.alone).copied();
    let people = needs.users_by_id(live, Org::Primary, everybody);
    let accounts = needs.users_by_id(live, Org::Secondary, routed.iter().copied());
    known((people && accounts).then_some(()))?;
    let mut claims: BTreeMap<Box<str>, Vec<&User>> = BTreeMap::new();
    live.users(Org::Primary).claims().for_each(|(user, address)| claims.entry(address).or_default().push(user));
    let named = needs.users_by_name(live, Org::Secondary, claims.keys().cloned(), std::iter::empty());
    known(named.then_some(()))?;
    let seen = Seen { terms, live, routed, protected, claims };
    draft(&seen, objects, &members).map_err(Into::into)
}

fn draft(seen: &Seen<'_>, objects: &Objects, members: &BTreeSet<ObjectId>) -> Result<Draft, Unclear> {
    let (people, accounts) = (seen.live.users(Org::Primary), seen.live.users(Org::Secondary));
    let (mut taken, mut left, mut waiting) = (Vec::new(), Vec::new(), 0);
    for user in members.iter().filter_map(|id| people.get(*id)) {
        match seen.account(user) {
            Ok(account) => taken.push(Taken {
                email: user.email.clone(),
                username: user.username.clone(),
                account: account.email.clone(),
            }),
            Err(why) => {
                waiting += 1;
                left.extend(why.map(|why| (user.email.clone(), why)));
            }
        }
    }
    if taken.is_empty() {
        let (attribute, group) = (objects.attribute.clone(), objects.group.0.clone());
        return Err(Unclear::Nobody { members: waiting, attribute, group });
    }
    let alone = objects.alone.iter().filter(|id| !members.contains(id)).filter_map(|id| people.get(*id));
    left.extend(alone.map(|user| (user.email.clone(), ALONE.to_owned())));
    let strangers = seen.routed.iter().filter_map(|id| accounts.get(*id));
    let strangers = strangers.filter(|account| !seen.claims.contains_key(&account.email));
    left.extend(strangers.map(|account| (account.email.clone(), STRANGER.to_owned())));
    taken.sort();
    left.sort();
    let end = match &objects.members {
        RoutingMembers::EmailEndsWith(end) => Some(end.as_str()),
        RoutingMembers::Managed | RoutingMembers::ByMark => None,
    };
    let template = address::template(&taken, end);
    let domains = domains(&taken);
    Ok(Draft { objects: objects.clone(), taken, left, waiting, template, domains })
}

const ALONE: &str = "may use the app without being in one of its groups: name them under `people.from.emails`, and a plan \
                     makes a group for them";

const STRANGER: &str = "is routed, and the attribute of nobody who may use the app names it";

impl<'a> Seen<'a> {
    /// The account that somebody signs in to and that can be taken over, or why it is left; nothing is said of people who
    /// have none.
    fn account(&self, user: &User) -> Result<&'a User, Option<String>> {
        let Some(mapping) = user.mapping.as_deref() else { return Err(None) };
        let address = crate::spec::Email::fold(mapping);
        let Some(account) = self.live.users(Org::Secondary).by_email(&address) else {
            return Err(Some("has an attribute that names no account of the secondary organisation".to_owned()));
        };
        match self.obstacle(user, account) {
            Some(why) => Err(Some(why)),
            None => Ok(account),
        }
    }

    fn obstacle(&self, user: &User, account: &User) -> Option<String> {
        let others = self.claims.get(&account.email).into_iter().flatten().find(|other| other.id != user.id);
        let mark = account.mark.as_ref().map(|mark| format!("has an account of federation `{}`", mark.federation));
        let twice =
            || others.map(|other| format!("has an attribute that names the same account as that of {}", other.email));
        let stopped = || {
            let is = match account.state {
                State::Staged => "staged",
                State::Suspended => "suspended",
                State::Activated | State::Other => return None,
            };
            Some(format!("has an account that is {is}"))
        };
        let routed = self.routed.binary_search(&account.id).is_ok();
        let unrouted = || (!routed).then(|| "has an account that is not in the routing group".to_owned());
        let protected = || self.protects(user, account).map(|why| format!("has an account that is protected: {why}"));
        mark.or_else(twice).or_else(stopped).or_else(unrouted).or_else(protected)
    }

    fn protects(&self, user: &User, account: &User) -> Option<&'static str> {
        let rules = &self.terms.rules;
        if rules.protects(Org::Secondary, &account.email) || rules.protects(Org::Primary, &user.email) {
            Some("the operator says so")
        } else if self.protected.contains(&account.id) {
            Some("it is in the group `fedctl-protected`")
        } else if account.is_admin {
            Some("it belongs to an administrator")
        } else {
            None
        }
    }
}

/// The domains of accounts that stand under one that others can own: a spec has to declare them.
fn domains(taken: &[Taken]) -> BTreeSet<Box<str>> {
    let domain = |address: &'_ str| address.rsplit('@').next().unwrap_or_default().to_owned();
    let foreign = taken.iter().filter(|one| can_be_owned_by_others::<&str>(&one.account, &domain(&one.email), &[]));
    let domains = foreign.map(|one| domain(&one.account));
    domains.filter(|domain| Domain::parse(domain).is_ok()).map(Into::into).collect()
}

//! People who left: their account carries our mark, and they are not in the population any more.

use crate::kinds::context::Found;
use crate::kinds::user_group;
use crate::live::users::State;
use crate::live::{Confirmed, Doubt, Left, User};
use crate::mark::{Departure, HowLeft, Origin, UserMark};
use crate::plan::Gone;
use crate::planted::planted;
use crate::spec::{Email, OnLeave, PasswordAuthority, RoutingMembers, Spec};

/// The kind of password authority that fedctl gives. `[spec]`
pub(crate) const FEDERATED: &str = "federated_identity_provider";

/// What becomes of an account whose person left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It is suspended; access and mapping go.
    Suspend,
    /// It is not routed any more; access and mapping go.
    Unroute,
    /// It was there before us: whatever was given is taken back, and nothing else.
    Release,
    /// It stays as it is.
    Keep,
}

/// What is known of a leaver.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    /// Nobody asked: there is nothing to take.
    Unasked,
    /// They are left as they are for now.
    Doubt(Doubt),
    /// They left, as they say themselves.
    Left(Gone, Confirmed<Left>),
}

/// Somebody whose account carries our mark and who is not in the population any more.
#[derive(Debug, Clone)]
pub struct Leaver<'a> {
    /// Their account; once they were asked for by themselves, as it was then.
    pub account: &'a User,
    /// Its mark.
    pub mark: &'a UserMark,
    /// Their user of the primary organisation, if there still is one.
    pub user: Option<&'a User>,
    /// Of two accounts with the mark of one person the one that is not in use: the one that they keep.
    pub kept: Option<&'a User>,
    /// What becomes of the account.
    pub way: Way,
    /// What is known of them.
    pub verdict: Verdict,
    /// The clock of the service when they were read, seconds since 1970.
    pub as_of: Option<u64>,
}

/// What there is to take from somebody who left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Take {
    /// The account is suspended, and its mark says so.
    Suspend,
    /// It goes out of the routing group.
    Unroute,
    /// Its password becomes its own again.
    Authority,
    /// Its mark says that it was released.
    Mark,
    /// The person goes out of the group that gives the app.
    Access,
    /// The attribute that opens the account goes.
    Mapping,
    /// The account goes, when it was suspended for as long as the spec says and nothing else is left to take.
    Delete,
}

impl<'a> Leaver<'a> {
    pub(super) fn of(spec: &Spec, account: &'a User, user: Option<&'a User>, as_of: Option<u64>) -> Option<Self> {
        let mark = account.mark.as_ref()?;
        let way = match (mark.origin, spec.people.on_leave.value) {
            (Origin::Adopted, _) => planted!(AdoptedSuspended => Way::Suspend, Way::Release),
            (Origin::Created, OnLeave::Suspend | OnLeave::Delete { .. }) => Way::Suspend,
            (Origin::Created, OnLeave::Unroute) => Way::Unroute,
            (Origin::Created, OnLeave::Keep) => Way::Keep,
        };
        Some(Self { account, mark, user, kept: None, way, verdict: Verdict::Unasked, as_of })
    }

    /// A second account of somebody who stays: nothing of theirs is taken. Where it has a way in of its own, somebody may use
    /// it, whoever marked it.
    pub(super) fn second(self, kept: &'a User) -> Self {
        let way = if self.account.has_local_way_in() { Way::Keep } else { self.way };
        Self { user: None, kept: Some(kept), way, ..self }
    }

    /// Everything that there is to take, in the order in which it is taken.
    pub fn takes(&self, spec: &Spec, found: &Found<'_>) -> Vec<Take> {
        let all =
            [Take::Suspend, Take::Unroute, Take::Authority, Take::Mark, Take::Access, Take::Mapping, Take::Delete];
        all.into_iter().filter(|take| self.has(*take, spec, found)).collect()
    }

    fn has(&self, take: Take, spec: &Spec, found: &Found<'_>) -> bool {
        let is_released = self.way == Way::Release || (self.way == Way::Unroute && !self.account.is_shut());
        match take {
            Take::Suspend => self.way == Way::Suspend && self.account.state == State::Activated,
            Take::Unroute => is_released && is_in_by_us(spec, found, self.account),
            Take::Authority => self.way == Way::Release && has_our_authority(spec, found, self.account),
            Take::Mark => is_released && self.mark.departure().is_none_or(|left| left.how != HowLeft::Released),
            Take::Access => {
                let members = &found.access_group.members;
                self.way != Way::Keep && self.user.is_some_and(|user| members.binary_search(&user.id).is_ok())
            }
            Take::Mapping => self.way != Way::Keep && self.opens(),
            Take::Delete => {
                let is_last = ![Take::Access, Take::Mapping].into_iter().any(|take| self.has(take, spec, found));
                self.way == Way::Suspend && is_last && self.is_due(spec, self.as_of)
            }
        }
    }

    /// Whether fedctl suspended the account so long ago, by the day in its mark, that it is deleted. A human's suspending, and
    /// one of a day that nobody knows, is never long enough ago; nor is that of a second account, which may not be ours.
    pub fn is_due(&self, spec: &Spec, as_of: Option<u64>) -> bool {
        let OnLeave::Delete { after_days } = spec.people.on_leave.value else { return false };
        let suspended = self.mark.departure().filter(|left| left.how == HowLeft::Suspended);
        let days = suspended.and_then(|left| left.days(as_of));
        let is_ours = self.mark.origin == Origin::Created && self.kept.is_none();
        // Whole days: the first and the last may have been minutes.
        is_ours && self.account.state == State::Suspended && days.is_some_and(|days| days > i32::from(after_days))
    }

    /// Whether their attribute is the address of the account.
    pub fn opens(&self) -> bool {
        let claim = self.user.and_then(|user| user.mapping.as_deref());
        claim.is_some_and(|claim| Email::fold(claim) == *self.account.email)
    }

    /// What their mark is to say when something was done to the account.
    pub fn marked(&self, spec: &Spec, how: HowLeft, as_of: Option<u64>) -> UserMark {
        let rest = Departure::now(how, as_of).to_string().into();
        UserMark { federation: spec.federation.as_str().into(), rest, ..self.mark.clone() }
    }
}

/// Whether an account is in the routing group by something that fedctl can take back.
fn is_in_by_us(spec: &Spec, found: &Found<'_>, account: &User) -> bool {
    let group = &found.routing_group;
    match &spec.routing_group.members.value {
        RoutingMembers::Managed => group.members.binary_search(&account.id).is_ok(),
        RoutingMembers::ByMark => account.route.as_deref() == Some(user_group::rule::asks_for(spec, group.rule)),
        RoutingMembers::EmailEndsWith(_) => false,
    }
}

/// Whether the password of an account that was taken over belongs to our identity provider, because the spec says so.
fn has_our_authority(spec: &Spec, found: &Found<'_>, account: &User) -> bool {
    let is_given = spec.people.password_authority.value.adopted == PasswordAuthority::Federated;
    let provider = found.provider.map(|provider| provider.id);
    let is_ours = account.authority.as_ref().is_some_and(|now| &*now.kind == FEDERATED && now.id == provider);
    is_given && provider.is_some() && is_ours
}

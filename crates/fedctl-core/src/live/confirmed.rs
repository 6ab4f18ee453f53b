//! What a removal rests on (invariant I7): two fresh answers, of the object and of the reason why it is no longer wanted.
//!
//! A list proposes, the object disposes. A list may be short, old or of a moment between two others; whatever it leaves out
//! is asked for by itself, when everything else is known, and only what these answers say is taken away.

use std::collections::BTreeSet;
use std::marker::PhantomData;

use super::point::{Point, Seen};
use super::{Known, Live, Needs, Query, User, Why};
use crate::address::Org;
use crate::live::users::State;
use crate::mark::{self, ObjectRole};
use crate::object_id::ObjectId;
use crate::plan::Gone;
use crate::spec::{Email, Spec};

/// That something is ours and no longer wanted, for the reason `R`. Only the reader makes one, of two fresh point reads.
///
/// ```compile_fail,E0451
/// use fedctl_core::live::{Confirmed, Left};
/// fn on_hearsay() -> Confirmed<Left> { Confirmed { reason: std::marker::PhantomData } }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed<R> {
    reason: PhantomData<R>,
}

impl<R> Confirmed<R> {
    const fn by_two_answers() -> Self {
        Self { reason: PhantomData }
    }
}

/// The account is its person's, whose own record and groups say that they are not in the population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left;

/// The app is ours, and the identity provider leads to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Superseded;

/// There is another object with the same mark, and nobody uses this one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Duplicate;

/// The account is the person's for whom the spec gives something back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GivenBack;

/// It is ours, and somebody takes the whole federation down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TakenDown;

/// Why something that a list proposes to remove is left as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// Read by itself, it is wanted.
    Wanted,
    /// The person is staged, or in a state that nobody knows.
    Waits,
    /// It is gone, or is not ours any more.
    Moved,
    /// The answers do not fit each other.
    Unclear,
    /// One of them cannot be read.
    Unread(Why),
}

impl Doubt {
    /// The reason as a person reads it.
    pub fn as_str(self) -> &'static str {
        match self {
            Doubt::Wanted => "a list left it out, and read by itself it is wanted",
            Doubt::Waits => "whoever it is of waits at the primary organisation",
            Doubt::Moved => "somebody changed it meanwhile",
            Doubt::Unclear => "two answers about it do not fit each other",
            Doubt::Unread(why) => why.as_str(),
        }
    }
}

/// Somebody who left, as they were read by themselves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LeftNow<'a> {
    pub(crate) account: &'a User,
    pub(crate) user: Option<&'a User>,
    pub(crate) gone: Gone,
    pub(crate) confirmed: Confirmed<Left>,
}

/// What was confirmed, or why it was not; `None` while it is being asked.
type Answer<T> = Option<Result<T, Doubt>>;

impl Needs {
    /// What was answered, or why nothing was. Nothing waits for it: without an answer nothing is removed.
    fn point<'a>(&mut self, live: &'a Live, point: Point) -> Option<Result<&'a Seen, Doubt>> {
        let known: Option<&Known<Seen>> = live.points.get(&point);
        if known.is_none() {
            self.queries.insert(Query::Point(point));
        }
        known.map(|known| known.as_ref().map_err(|why| Doubt::Unread(*why)))
    }

    /// The groups that a user is in, in any way, read by itself.
    pub(crate) fn groups_of<'a>(
        &mut self,
        live: &'a Live,
        org: Org,
        id: ObjectId,
    ) -> Option<Result<&'a [ObjectId], Doubt>> {
        let seen = self.point(live, Point::MemberOf(org, id))?;
        Some(seen.and_then(|seen| seen.ids().ok_or(Doubt::Unclear)))
    }

    /// Whether somebody left: their account, their own record and the groups that they are in.
    pub(crate) fn left<'a>(
        &mut self,
        spec: &Spec,
        live: &'a Live,
        sources: &[ObjectId],
        (account, person): (ObjectId, ObjectId),
    ) -> Answer<LeftNow<'a>> {
        let account = self.point(live, Point::User(Org::Secondary, account));
        let user = self.point(live, Point::User(Org::Primary, person));
        let groups = self.point(live, Point::MemberOf(Org::Primary, person));
        Some(left(spec, sources, person, [account?, user?, groups?]))
    }

    /// Whether an account has the mark of somebody whose attribute does not open it, and another one has it too.
    pub(crate) fn is_second_account<'a>(
        &mut self,
        spec: &Spec,
        live: &'a Live,
        [kept, account]: [ObjectId; 2],
        person: ObjectId,
    ) -> Answer<LeftNow<'a>> {
        let kept = self.point(live, Point::User(Org::Secondary, kept));
        let account = self.point(live, Point::User(Org::Secondary, account));
        let user = self.point(live, Point::User(Org::Primary, person));
        let (kept, account, user) = (kept?, account?, user?);
        Some(kept.and_then(|kept| of_account(spec, kept, person)).and_then(|_| {
            let account = of_account(spec, account?, person)?;
            let opens = user?.user().ok_or(Doubt::Moved)?.mapping.as_deref().map(Email::fold);
            if opens.as_deref() == Some(&*account.email) {
                return Err(Doubt::Wanted);
            }
            Ok(LeftNow { account, user: None, gone: Gone::Second, confirmed: Confirmed::by_two_answers() })
        }))
    }

    /// Whether an account is still that of a person: it and the person's own record. One that is taken over carries no mark
    /// yet, and is still the one that was found.
    pub(crate) fn is_still_of(
        &mut self,
        spec: &Spec,
        live: &Live,
        (found, person): (&User, ObjectId),
    ) -> Answer<Confirmed<GivenBack>> {
        let account = self.point(live, Point::User(Org::Secondary, found.id));
        let user = self.point(live, Point::User(Org::Primary, person));
        let (account, user) = (account?, user?);
        let is_same = |account: &&User| account.mark.is_none() && account.email == found.email;
        let account = account.and_then(|seen| match &found.mark {
            Some(_) => of_account(spec, seen, person),
            None => seen.user().filter(is_same).ok_or(Doubt::Moved),
        });
        Some(account.and_then(|_| user?.user().map(|_| Confirmed::by_two_answers()).ok_or(Doubt::Moved)))
    }

    /// Whether an app of ours is of no use: it, its settings, and where the identity provider leads. The provider is asked for
    /// by its id, also by the one that routing policies name: a list of one that comes empty is not a provider that is gone.
    pub(crate) fn is_superseded(&mut self, spec: &Spec, live: &Live, app: ObjectId) -> Answer<Confirmed<Superseded>> {
        let itself = self.point(live, Point::App(app));
        let settings = self.point(live, Point::AppSettings(app));
        let listed = live.provider.iter().flatten().flatten().map(|provider| provider.id);
        let named = live.policies.iter().flatten().flatten().filter_map(|policy| policy.provider);
        let ids: BTreeSet<ObjectId> = listed.chain(named).collect();
        let mut points: Vec<Point> = ids.into_iter().map(Point::Provider).collect();
        if points.is_empty() {
            points.push(Point::AnyProvider);
        }
        let providers: Vec<_> = points.into_iter().map(|point| self.point(live, point)).collect();
        let providers: Vec<One<'_>> = providers.into_iter().collect::<Option<_>>()?;
        Some(superseded(spec, [itself?, settings?], &providers))
    }

    /// Whether a group has our mark and no members and is bound to nothing, and the other one is there.
    pub(crate) fn is_second_group(
        &mut self,
        spec: &Spec,
        live: &Live,
        org: Org,
        role: ObjectRole,
        [kept, group]: [ObjectId; 2],
    ) -> Answer<Confirmed<Duplicate>> {
        // Whom one rule brings to both is not lost with one of them.
        let rule = |id| live.group_rules.get(&(org, id)).and_then(|known| known.as_ref().ok()?.query.as_deref());
        let is_by_same_rule = rule(group).is_some() && rule(group) == rule(kept);
        let kept = self.point(live, Point::Group(org, kept));
        let itself = self.point(live, Point::Group(org, group));
        let bindings = self.point(live, Point::Bindings(org, group));
        let members = if is_by_same_rule { bindings } else { self.point(live, Point::Members(org, group)) };
        let (kept, itself, edges) = (kept?, itself?, [members?, bindings?]);
        Some(is_marked(spec, role, kept).and_then(|()| is_marked(spec, role, itself)).and_then(|()| unused(edges)))
    }

    /// Whether a routing policy has our mark, is off and for nobody, and the other one is there.
    pub(crate) fn is_second_policy(
        &mut self,
        spec: &Spec,
        live: &Live,
        [kept, policy]: [ObjectId; 2],
    ) -> Answer<Confirmed<Duplicate>> {
        let kept = self.point(live, Point::Policy(kept));
        let itself = self.point(live, Point::Policy(policy));
        let groups = self.point(live, Point::PolicyGroups(policy));
        let (kept, itself, groups) = (kept?, itself?, groups?);
        let is_on = matches!(itself, Ok(Seen::Policy(policy)) if policy.enabled != Some(false));
        let marked =
            is_marked(spec, ObjectRole::Policy, kept).and_then(|()| is_marked(spec, ObjectRole::Policy, itself));
        Some(marked.and_then(|()| if is_on { Err(Doubt::Wanted) } else { unused([groups]) }))
    }
}

/// What is read of something that somebody takes down.
impl Needs {
    /// Whether an object still carries our mark.
    pub(crate) fn goes(
        &mut self,
        spec: &Spec,
        live: &Live,
        (point, role): (Point, ObjectRole),
    ) -> Answer<Confirmed<TakenDown>> {
        let itself = self.point(live, point)?;
        Some(is_marked(spec, role, itself).map(|()| Confirmed::by_two_answers()))
    }

    /// Whether the identity provider is still the one that leads there.
    pub(crate) fn provider_goes(
        &mut self,
        live: &Live,
        (id, client_id): (ObjectId, &str),
    ) -> Answer<Confirmed<TakenDown>> {
        let itself = self.point(live, Point::Provider(id))?;
        Some(match itself {
            Ok(Seen::Provider(now)) if *now.oidc.client_id == *client_id => Ok(Confirmed::by_two_answers()),
            Ok(_) => Err(Doubt::Moved),
            Err(doubt) => Err(doubt),
        })
    }

    /// The account as it is now, if it is still marked as that of this person.
    pub(crate) fn account_goes<'a>(
        &mut self,
        spec: &Spec,
        live: &'a Live,
        (account, person): (ObjectId, ObjectId),
    ) -> Answer<(&'a User, Confirmed<TakenDown>)> {
        let itself = self.point(live, Point::User(Org::Secondary, account))?;
        let account = itself.and_then(|itself| of_account(spec, itself, person));
        Some(account.map(|account| (account, Confirmed::by_two_answers())))
    }

    /// A user of the primary organisation as they are now; the inner `None` is one who is gone.
    pub(crate) fn person_now<'a>(&mut self, live: &'a Live, person: ObjectId) -> Answer<Option<&'a User>> {
        Some(self.point(live, Point::User(Org::Primary, person))?.map(Seen::user))
    }
}

type One<'a> = Result<&'a Seen, Doubt>;

/// The account, if it is still marked as that of this person.
fn of_account<'a>(spec: &Spec, account: &'a Seen, person: ObjectId) -> Result<&'a User, Doubt> {
    let is_ours = |mark: &mark::UserMark| mark.person == person && spec.names().contains(&&*mark.federation);
    account.user().filter(|account| account.mark.as_ref().is_some_and(is_ours)).ok_or(Doubt::Moved)
}

fn left<'a>(
    spec: &Spec,
    sources: &[ObjectId],
    person: ObjectId,
    [account, user, groups]: [One<'a>; 3],
) -> Result<LeftNow<'a>, Doubt> {
    let account = of_account(spec, account?, person)?;
    let groups = groups?.ids().ok_or(Doubt::Unclear)?;
    let user = user?.user();
    let gone = match user {
        Some(user) => why_gone(spec, user, groups, sources)?,
        None if groups.is_empty() => Gone::Deleted,
        None => return Err(Doubt::Unclear),
    };
    Ok(LeftNow { account, user, gone, confirmed: Confirmed::by_two_answers() })
}

/// Why somebody is not in the population, by their own record and the groups that they are in.
fn why_gone(spec: &Spec, user: &User, groups: &[ObjectId], sources: &[ObjectId]) -> Result<Gone, Doubt> {
    let is_named =
        |list: &[crate::spec::Located<crate::spec::Email>]| list.iter().any(|email| email.as_str() == &*user.email);
    match user.state {
        State::Staged | State::Other => Err(Doubt::Waits),
        State::Suspended => Ok(Gone::Suspended),
        State::Activated if is_named(&spec.people.except) => Ok(Gone::Excepted),
        State::Activated if is_named(&spec.people.emails) => Err(Doubt::Wanted),
        State::Activated if sources.iter().any(|source| groups.contains(source)) => Err(Doubt::Wanted),
        State::Activated => Ok(Gone::NotMeant),
    }
}

fn superseded(
    spec: &Spec,
    [app, settings]: [One<'_>; 2],
    providers: &[One<'_>],
) -> Result<Confirmed<Superseded>, Doubt> {
    is_marked(spec, ObjectRole::App, app)?;
    let client_id = if let Seen::Settings(settings) = settings? { Some(&settings.client_id) } else { None };
    for provider in providers {
        let Seen::Provider(provider) = (*provider)? else { continue };
        if provider.oidc.client_id.is_empty() || client_id == Some(&provider.oidc.client_id) {
            return Err(Doubt::Wanted);
        }
    }
    Ok(Confirmed::by_two_answers())
}

/// Whether an object is there and carries our mark for this role.
fn is_marked(spec: &Spec, role: ObjectRole, seen: One<'_>) -> Result<(), Doubt> {
    let description = seen?.description().ok_or(Doubt::Moved)?;
    mark::find(description, &spec.names(), role).map(|_| ()).ok_or(Doubt::Moved)
}

fn unused<const N: usize>(edges: [One<'_>; N]) -> Result<Confirmed<Duplicate>, Doubt> {
    for edge in edges {
        if !edge?.ids().ok_or(Doubt::Unclear)?.is_empty() {
            return Err(Doubt::Wanted);
        }
    }
    Ok(Confirmed::by_two_answers())
}

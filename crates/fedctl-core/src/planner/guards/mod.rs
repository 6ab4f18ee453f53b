//! The guards: what a plan must not do, whatever the kinds made of it.
//!
//! They judge what is planned and what was read, and know no way to plan something else: what is refused is shown, with what
//! lifts it where something does.

mod authority;
mod dependants;
mod impersonation;
mod last_way_in;
mod losses;
mod members;
mod numbers;
mod protected;
mod rows;
mod unproven;

use crate::address::{Kind, Org};
use crate::kinds::context::{Builder, Context};
use crate::live::{Live, Needs, User, Users};
use crate::object_id::ObjectId;
use crate::plan::{Action, Subject};
use crate::spec::Email;

pub(super) use dependants::{TARGETS, ask as dependants, ask_of_account as dependants_of};

/// The group of the secondary organisation whose members no plan may take anything from.
const PROTECTED: &str = "fedctl-protected";

/// How many objects or people one refusal names.
const NAMED: usize = 5;

/// Everybody in the group of protected accounts, if there is one.
pub(crate) fn protected_group(live: &Live, needs: &mut Needs) -> Option<Vec<ObjectId>> {
    let groups = needs.groups(live, Org::Secondary)?;
    let groups = groups.iter().filter(|group| &*group.name == PROTECTED);
    let members: Vec<_> = groups.map(|group| needs.membership(live, Org::Secondary, group.id)).collect();
    let members = members.into_iter().collect::<Option<Vec<_>>>()?;
    Some(members.into_iter().flatten().copied().collect())
}

/// Adds every refusal that no kind knows of alone.
pub(super) fn refuse(context: &Context<'_>, live: &Live, plan: &mut Builder) {
    impersonation::claims(context, live, plan);
    impersonation::group_attributes(context, live, plan);
    impersonation::leavers(context, live, plan);
    members::strangers(context, live, plan);
    members::capture(context, live, plan);
    protected::refuse(context, live, plan);
    last_way_in::refuse(context, live, plan);
    losses::refuse(context, live, plan);
    numbers::gains(context, plan);
    numbers::renames(context, plan);
    unproven::refuse(context, plan);
    rows::unproved_secret(plan);
    rows::shared_objects(plan);
    rows::orphaned_provider(context, plan);
    rows::re_grant(context, live, plan);
    authority::refuse(context, live, plan);
    dependants::refuse(context, live, plan);
}

/// Whom an action is about: the account of the secondary organisation and its person of the primary, as far as they were read.
#[derive(Debug, Clone, Copy, Default)]
struct Whom<'a> {
    account: Option<&'a User>,
    person: Option<&'a User>,
}

impl<'a> Whom<'a> {
    fn of(context: &'a Context<'_>, live: &'a Live, action: &Action) -> Self {
        let meant = match action.subject {
            Subject::Person(at) => context.people.list.get(at as usize),
            Subject::Federation => None,
        };
        match meant {
            Some(person) => Self { account: person.live, person: Some(person.user) },
            None => Self::by_name(live, action),
        }
    }

    /// By what the action is called, for people who are not in the population.
    fn by_name(live: &'a Live, action: &Action) -> Self {
        let (target, accounts, people) = (&action.target, live.users(Org::Secondary), live.users(Org::Primary));
        match (target.org, target.kind) {
            (Org::Secondary, Kind::User | Kind::GroupMember | Kind::PasswordAuthority) => {
                let account = named(accounts, &target.name);
                let mark = account.and_then(|account| account.mark.as_ref());
                Self { account, person: mark.and_then(|mark| people.get(mark.person)) }
            }
            (Org::Primary, Kind::UserMapping | Kind::GroupMember) => {
                let person = named(people, &target.name);
                let account = person.and_then(|person| accounts.marked_for(person.id).next());
                Self { account, person }
            }
            _ => Self::default(),
        }
    }

    /// One of the two addresses, best that of the account.
    fn email(self) -> Option<&'a str> {
        self.account.or(self.person).map(|user| &*user.email)
    }
}

/// Whoever an object is called after: by their address, or behind the name of a group.
fn named<'a>(users: &'a Users, name: &str) -> Option<&'a User> {
    let behind = name.match_indices('/').map(|(at, slash)| &name[at + slash.len()..]);
    std::iter::once(name).chain(behind).find_map(|name| users.by_email(&Email::fold(name)))
}

/// The first few, and how many more.
pub(super) fn some(names: impl Iterator<Item = String>, total: usize) -> String {
    let shown: Vec<String> = names.take(NAMED).collect();
    let more = total.saturating_sub(shown.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

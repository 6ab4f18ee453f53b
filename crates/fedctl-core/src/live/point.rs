//! Questions about one object, asked by itself when everything else is known: what a removal rests on (invariant I7).

use crate::address::Org;
use crate::decode::{self, Undecoded};
use crate::kinds::identity_provider::wire::Provider;
use crate::kinds::oidc_app::wire::{self, App, AppSettings};
use crate::kinds::routing_policy::wire::Policy;
use crate::kinds::user_group::wire::Group;
use crate::live::User;
use crate::object_id::ObjectId;

/// A question about one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Point {
    /// This user.
    User(Org, ObjectId),
    /// The groups that this user is in, in any way.
    MemberOf(Org, ObjectId),
    /// This group.
    Group(Org, ObjectId),
    /// Its direct members.
    Members(Org, ObjectId),
    /// What it is bound to: of the primary organisation apps, of the secondary routing policies.
    Bindings(Org, ObjectId),
    /// This app.
    App(ObjectId),
    /// Its OIDC settings.
    AppSettings(ObjectId),
    /// This identity provider of the secondary organisation.
    Provider(ObjectId),
    /// Whichever identity provider it has.
    AnyProvider,
    /// This routing policy.
    Policy(ObjectId),
    /// The groups it applies to.
    PolicyGroups(ObjectId),
}

impl Point {
    /// The organisation that is asked.
    pub fn org(self) -> Org {
        match self {
            Point::User(org, _)
            | Point::MemberOf(org, _)
            | Point::Group(org, _)
            | Point::Members(org, _)
            | Point::Bindings(org, _) => org,
            Point::App(_) | Point::AppSettings(_) => Org::Primary,
            Point::Provider(_) | Point::AnyProvider | Point::Policy(_) | Point::PolicyGroups(_) => Org::Secondary,
        }
    }

    /// What it is about, in a few words.
    pub fn name(self) -> String {
        match self {
            Point::User(_, id) => format!("user {id}"),
            Point::MemberOf(_, id) => format!("groups of user {id}"),
            Point::Group(_, id) => format!("user group {id}"),
            Point::Members(_, id) => format!("direct members of user group {id}"),
            Point::Bindings(_, id) => format!("bindings of user group {id}"),
            Point::App(id) => format!("application {id}"),
            Point::AppSettings(id) => format!("OIDC settings of application {id}"),
            Point::Provider(id) => format!("identity provider {id}"),
            Point::AnyProvider => "identity provider".to_owned(),
            Point::Policy(id) => format!("routing policy {id}"),
            Point::PolicyGroups(id) => format!("groups of routing policy {id}"),
        }
    }

    /// Whether the answer is a list, and comes in pages.
    pub fn is_list(self) -> bool {
        matches!(self, Point::MemberOf(..) | Point::Members(..) | Point::Bindings(..) | Point::PolicyGroups(_))
    }
}

/// What an object was when it was read by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// There is none.
    Nothing,
    User(Box<User>),
    Group(Box<Group>),
    App(Box<App>),
    Settings(Box<AppSettings>),
    Provider(Box<Provider>),
    Policy(Box<Policy>),
    /// The other ends of its edges, in any order.
    Ids(Vec<ObjectId>),
}

impl Seen {
    /// The user, if it is one.
    pub(crate) fn user(&self) -> Option<&User> {
        if let Seen::User(user) = self { Some(user) } else { None }
    }

    /// The other ends of edges, if it is a list of them.
    pub(crate) fn ids(&self) -> Option<&[ObjectId]> {
        if let Seen::Ids(ids) = self { Some(ids) } else { None }
    }

    /// Where the mark stands, if it is an object that carries one there.
    pub(crate) fn description(&self) -> Option<&str> {
        match self {
            Seen::Group(group) => Some(&group.description),
            Seen::App(app) => Some(app.mark_text()),
            Seen::Policy(policy) => Some(&policy.description),
            Seen::Nothing | Seen::User(_) | Seen::Settings(_) | Seen::Provider(_) | Seen::Ids(_) => None,
        }
    }

    /// Reads the answer to a question about one object, which must be that very object.
    pub(crate) fn read(point: Point, body: &[u8], attribute: &str, organization: &str) -> Result<Self, Undecoded> {
        let text = std::str::from_utf8(body).map_err(|_| Undecoded::Shape("it is not text".into()))?;
        let object = decode::bare(text).as_bytes();
        let (seen, is_it) = match point {
            Point::User(_, id) => {
                let user = super::users::one(object, attribute, organization)?;
                let is_it = user.id == id;
                (Seen::User(Box::new(user)), is_it)
            }
            Point::Group(_, id) => {
                let group: Group = decode::decode(object)?;
                let is_it = group.id == id;
                (Seen::Group(Box::new(group)), is_it)
            }
            Point::App(id) => {
                let app: App = decode::decode(object)?;
                let is_it = app.id == id;
                (Seen::App(Box::new(app)), is_it)
            }
            Point::Policy(id) => {
                let policy: Policy = decode::decode(object)?;
                let is_it = policy.id == id;
                (Seen::Policy(Box::new(policy)), is_it)
            }
            Point::AppSettings(_) => (Seen::Settings(Box::new(wire::settings(body)?)), true),
            Point::Provider(id) => {
                let provider: Provider = decode::decode(object)?;
                let is_it = provider.id == id;
                (Seen::Provider(Box::new(provider)), is_it)
            }
            Point::AnyProvider => {
                let (mut providers, _) = decode::list::<Provider>(body)?;
                let first = (!providers.is_empty()).then(|| Seen::Provider(Box::new(providers.swap_remove(0))));
                (first.unwrap_or(Seen::Nothing), true)
            }
            Point::MemberOf(..) | Point::Members(..) | Point::Bindings(..) | Point::PolicyGroups(_) => {
                return Err(Undecoded::Shape("it is a list".into()));
            }
        };
        if is_it { Ok(seen) } else { Err(Undecoded::Shape("it is another object than was asked for".into())) }
    }
}

//! Questions: what can be asked of an organisation.

use std::collections::BTreeSet;

use super::{PAGE, Point};
use crate::address::Org;
use crate::object_id::ObjectId;
use crate::probe::Question;

/// A question to one of the organisations.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Query {
    /// Does this key open the organisation that the spec names?
    Organization(Org),
    /// How many users are there?
    UserCount(Org),
    /// Which users are there, of those meant?
    Users(Org, Scope),
    /// Which groups are there?
    Groups(Org),
    /// How do people come into this group?
    Group(Org, ObjectId),
    /// Who is a member of this group in any way?
    Membership(Org, ObjectId),
    /// Which objects of this type is this group bound to?
    GroupBindings(Org, ObjectId, &'static str),
    /// Which objects of this type is this account of the secondary organisation bound to by itself?
    AccountBindings(ObjectId, &'static str),
    /// Which OIDC apps does the primary organisation have?
    Apps,
    /// Which OIDC settings does this app have?
    AppSettings(ObjectId),
    /// Which groups may use this app?
    AppGroups(ObjectId),
    /// Which users may use this app by themselves?
    AppUsers(ObjectId),
    /// Which identity provider does the secondary organisation have?
    Provider,
    /// Which routing policies does it have?
    Policies,
    /// Which routing policies apply to this group?
    GroupPolicies(ObjectId),
    /// To which groups does this routing policy apply?
    PolicyGroups(ObjectId),
    /// To which users does this routing policy apply by themselves?
    PolicyUsers(ObjectId),
    /// Who came through this app, and who changed it, since some second since 1970?
    AppLog(ObjectId, u64, Far),
    /// Which log-ins to these accounts of the secondary organisation were there, since some second since 1970?
    LogIns(BTreeSet<ObjectId>, u64, Far),
    /// Who changed these objects, or removed any, since some second since 1970?
    Changes(Org, BTreeSet<ObjectId>, u64),
    /// Is the secret of this client in the escrow, and does the token endpoint take it? With a redirect URI of the client.
    Escrowed(Box<str>, Box<str>),
    /// What does the issuer say of the client that people come through?
    Probe(Question),
    /// What does this object say by itself?
    Point(Point),
}

/// How much of a log is wanted. It is read from its newest event on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Far {
    /// One answer: what is newest decides.
    #[default]
    Newest,
    /// Everything, as far as the service lets anybody page.
    Whole,
}

impl Far {
    /// Events in one answer at most. `[spec]`: 1,000 unless asked otherwise.
    pub(crate) const fn page(self) -> usize {
        match self {
            Far::Newest => 200,
            Far::Whole => 1_000,
        }
    }

    /// Events at most. `[inferred]`: an offset ends where that of a search engine does.
    pub(crate) const fn most(self) -> usize {
        match self {
            Far::Newest => self.page(),
            Far::Whole => 10_000,
        }
    }
}

/// Which users a question means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everybody.
    Everybody,
    /// Those with these ids.
    Ids(BTreeSet<ObjectId>),
    /// Those with one of these addresses or usernames.
    Names {
        /// Company e-mails.
        emails: BTreeSet<Box<str>>,
        /// Usernames.
        usernames: BTreeSet<Box<str>>,
    },
}

impl Query {
    /// The organisation a question is for.
    pub fn org(&self) -> Org {
        match self {
            Query::Organization(org)
            | Query::UserCount(org)
            | Query::Users(org, _)
            | Query::Groups(org)
            | Query::Group(org, _)
            | Query::Membership(org, _)
            | Query::GroupBindings(org, ..)
            | Query::Changes(org, ..) => *org,
            Query::Apps | Query::AppSettings(_) | Query::AppGroups(_) | Query::AppUsers(_) | Query::AppLog(..) => {
                Org::Primary
            }
            Query::Escrowed(..) | Query::Probe(_) => Org::Primary,
            Query::Provider
            | Query::Policies
            | Query::GroupPolicies(_)
            | Query::PolicyGroups(_)
            | Query::PolicyUsers(_)
            | Query::AccountBindings(..)
            | Query::LogIns(..) => Org::Secondary,
            Query::Point(point) => point.org(),
        }
    }

    /// What a question is about, in a few words.
    pub fn name(&self) -> String {
        match self {
            Query::Organization(_) => "organisations".to_owned(),
            Query::UserCount(_) | Query::Users(..) => "users".to_owned(),
            Query::Groups(_) => "user groups".to_owned(),
            Query::Group(_, id) => format!("user group {id}"),
            Query::Membership(_, id) => format!("members of user group {id}"),
            Query::GroupBindings(_, id, target) => format!("bindings of user group {id} to {target}"),
            Query::AccountBindings(id, target) => format!("bindings of user {id} to {target}"),
            Query::Apps => "applications".to_owned(),
            Query::AppSettings(id) => format!("OIDC settings of application {id}"),
            Query::AppGroups(id) => format!("groups of application {id}"),
            Query::Provider => "identity providers".to_owned(),
            Query::Policies => "routing policies".to_owned(),
            Query::GroupPolicies(id) => format!("routing policies of user group {id}"),
            Query::AppUsers(id) => format!("users of application {id}"),
            Query::PolicyUsers(id) => format!("users of routing policy {id}"),
            Query::PolicyGroups(id) => format!("groups of routing policy {id}"),
            Query::AppLog(id, ..) => format!("events of application {id}"),
            Query::LogIns(..) => "log-ins".to_owned(),
            Query::Changes(..) => "changes".to_owned(),
            Query::Escrowed(client_id, _) => format!("escrowed secret of client {client_id}"),
            Query::Probe(question) => question.name().to_owned(),
            Query::Point(point) => point.name(),
        }
    }

    /// Whether its pages are asked for until one is empty, whatever totals and sizes say: something is removed by what they
    /// leave out.
    pub fn is_read_to_the_end(&self) -> bool {
        matches!(self, Query::Point(point) if point.is_list())
    }

    /// Objects in one answer at most.
    pub fn page(&self) -> usize {
        self.far().map_or(PAGE, Far::page)
    }

    /// Objects at most: what a longer list has besides is not read.
    pub fn most(&self) -> usize {
        self.far().map_or(usize::MAX, Far::most)
    }

    /// How much of the log it asks for, if it asks that.
    pub(crate) fn far(&self) -> Option<Far> {
        if let Query::AppLog(.., far) | Query::LogIns(.., far) = self {
            return Some(*far);
        }
        matches!(self, Query::Changes(..)).then_some(Far::Whole)
    }

    /// Whether it asks the log, which shows more to some keys than to others, and which nothing waits for.
    pub fn is_of_log(&self) -> bool {
        self.far().is_some()
    }
}

//! The reader: which requests answer a question, and what their answers say.

mod ask;
mod settle;

use crate::address::Org;
use crate::decode;
use crate::decode::{Fed, Undecoded};
use crate::escrow::Kept;
use crate::kinds::{identity_provider, oidc_app, routing_policy, user_group};
use crate::live::{Known, Live, Point, Query, Scope, Seen, Told, Why, changes, events};
use crate::probe::{self, Came, Question};
use crate::request::{Answer, Ask};
use crate::spec::Spec;
use settle::{edges, ends, extend, log, settle, settle_ids, settle_list, settle_log, settle_point};

pub use ask::ask;
pub(crate) use ask::{search_by_email, search_by_ids};

/// How a question is asked.
pub enum Fetch {
    /// In one request.
    One(Ask),
    /// Page by page: `ask(0)`, and so on until a page is short.
    Pages,
    /// In batches that do not depend on each other.
    Batches(Vec<Ask>),
}

/// What taking an answer came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Took {
    /// A page, and how many objects there are in all as far as the service says.
    Page(Fed),
    /// The question has no answer.
    Unknown(Why),
}

/// Why reading cannot go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The service refused the question.
    #[error("the {org} organisation answers {status} to `{what}`: {message}")]
    Refused {
        /// Which organisation.
        org: Org,
        /// The call.
        what: String,
        /// HTTP status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// The answer does not have the shape that is modelled.
    #[error("the answer of the {org} organisation to `{what}` cannot be read: {how}")]
    Unreadable {
        /// Which organisation.
        org: Org,
        /// The call.
        what: String,
        /// What is wrong with it.
        how: Box<str>,
    },
    /// An answer holds an object of an organisation that is not the pinned one.
    #[error("`{what}` returned an object of organisation {found}, and the spec says that {org} is {pinned}")]
    OtherOrganization {
        /// Which organisation was asked.
        org: Org,
        /// The call.
        what: String,
        /// The organisation of the object.
        found: Box<str>,
        /// The one in the spec.
        pinned: Box<str>,
    },
    /// Nobody answered.
    #[error("the {org} organisation cannot be reached: {why}")]
    Unreachable {
        /// Which organisation.
        org: Org,
        /// What happened.
        why: String,
    },
}

/// Reads both organisations of one spec.
pub struct Reader {
    live: Live,
    organizations: [Box<str>; 2],
    goes_on: bool,
}

impl Reader {
    /// A reader that knows nothing yet.
    pub fn new(spec: &Spec) -> Self {
        let id = |side: &crate::spec::Side| Box::from(side.organization.as_str());
        Self { live: Live::new(spec), organizations: [id(&spec.primary), id(&spec.secondary)], goes_on: false }
    }

    /// A reader that nothing stops: a question that goes wrong has no answer. For what is right with less knowledge, too.
    pub fn that_goes_on(spec: &Spec) -> Self {
        Self { goes_on: true, ..Self::new(spec) }
    }

    /// A reader that knows what another one read of the same organisations. Users are read anew where the spec names another
    /// attribute of theirs.
    pub fn going_on(spec: &Spec, live: Live) -> Self {
        let fresh = Self::new(spec);
        let same = live.users(Org::Primary).attribute() == fresh.live.users(Org::Primary).attribute();
        let (users, no_users) =
            if same { (live.users.clone(), live.no_users) } else { (fresh.live.users, [None, None]) };
        Self { live: Live { users, no_users, ..live }, ..fresh }
    }

    /// What was read so far.
    pub fn live(&self) -> &Live {
        &self.live
    }

    /// What was read, by value.
    pub fn into_live(self) -> Live {
        self.live
    }

    /// How to ask a question.
    pub fn fetch(&self, query: &Query) -> Fetch {
        match query {
            Query::UserCount(_) | Query::Provider => Fetch::One(ask(query, 0)),
            Query::Group(..) | Query::AppSettings(_) | Query::Escrowed(..) | Query::Probe(_) => {
                Fetch::One(ask(query, 0))
            }
            Query::Point(point) if !point.is_list() => Fetch::One(ask(query, 0)),
            Query::Users(org, Scope::Ids(ids)) => Fetch::Batches(ask::by_ids(*org, ids)),
            Query::Users(org, Scope::Names { emails, usernames }) => {
                Fetch::Batches(ask::by_names(*org, emails, usernames))
            }
            // A provider's key can see hundreds of organisations.
            Query::Organization(_)
            | Query::Users(_, Scope::Everybody)
            | Query::Groups(_)
            | Query::Membership(..)
            | Query::GroupBindings(..)
            | Query::AccountBindings(..)
            | Query::Apps
            | Query::AppGroups(_)
            | Query::AppUsers(_)
            | Query::Policies
            | Query::GroupPolicies(_)
            | Query::PolicyGroups(_)
            | Query::PolicyUsers(_)
            | Query::AppLog(..)
            | Query::LogIns(..)
            | Query::Changes(..)
            | Query::Point(_) => Fetch::Pages,
        }
    }

    /// Takes the answer to one request of a question.
    ///
    /// # Errors
    /// A refusal that says nothing about the question, an answer of another shape, or an object of an organisation that
    /// is not the pinned one. Of the log, none of these is an error: it has no answer then.
    pub fn take(&mut self, query: &Query, answer: &Answer) -> Result<Took, ReadError> {
        if let Query::Escrowed(client_id, _) = query {
            let kept = Kept::read(&answer.body).filter(|_| answer.status == 200);
            return Ok(self.escrowed(client_id, kept.ok_or_else(|| answer.message().into())));
        }
        if let Query::Probe(question) = query {
            return Ok(self.probed(question, probe::came(answer)));
        }
        self.live.as_of = self.live.as_of.max(answer.date);
        let took = self.taken(query, answer);
        if self.needs_no_answer(query) { Ok(took.unwrap_or(Took::Unknown(Why::Unreadable))) } else { took }
    }

    /// What it means that nobody answered.
    ///
    /// # Errors
    /// Without an answer reading cannot go on, but for the log, the escrow and the issuer.
    pub fn unanswered(&mut self, query: &Query, why: String) -> Result<Took, ReadError> {
        if let Query::Escrowed(client_id, _) = query {
            return Ok(self.escrowed(client_id, Err(why.into())));
        }
        if let Query::Probe(question) = query {
            return Ok(self.probed(question, Err(why.into())));
        }
        if self.needs_no_answer(query) {
            return Ok(Took::Unknown(Why::Unreadable));
        }
        Err(ReadError::Unreachable { org: query.org(), why })
    }

    /// An escrow that does not answer stops nothing: whoever needs what it has says so.
    fn escrowed(&mut self, client_id: &str, kept: Result<Kept, Box<str>>) -> Took {
        self.live.escrowed.insert(client_id.into(), kept);
        Took::Page(Fed { rows: 1, total: None })
    }

    /// Nothing waits for an issuer either: what it does not say cannot be known.
    fn probed(&mut self, question: &Question, came: Came) -> Took {
        self.live.probed.insert(question.clone(), came);
        Took::Page(Fed { rows: 1, total: None })
    }

    fn needs_no_answer(&self, query: &Query) -> bool {
        self.goes_on || query.is_of_log()
    }

    fn taken(&mut self, query: &Query, answer: &Answer) -> Result<Took, ReadError> {
        if let Some(took) = self.refused(query, answer)? {
            return Ok(took);
        }
        let fed = self.feed(query, &answer.body).map_err(|undecoded| self.undecoded(query, undecoded))?;
        // A batch asks for no more than fits on a page. Whoever is left out of the answer must not pass for absent.
        let is_batch = matches!(query, Query::Users(_, Scope::Ids(_) | Scope::Names { .. }));
        if is_batch && crate::drive::more(fed.total, fed.rows) {
            let how = format!("it holds {} of {} users that match", fed.rows, fed.total.unwrap_or(0));
            return Err(self.undecoded(query, Undecoded::Shape(how.into())));
        }
        Ok(Took::Page(Fed { rows: fed.rows, total: fed.total.or(answer.total) }))
    }

    /// Notes that a question is answered, or why it has no answer.
    pub fn end(&mut self, query: Query, end: Known<()>) {
        let live = &mut self.live;
        match query {
            Query::Organization(org) => settle(&mut live.organizations[org.index()], end),
            Query::UserCount(org) => settle(&mut live.totals[org.index()], end),
            Query::Users(org, scope) => match end {
                Ok(()) => live.users[org.index()].end(&scope),
                Err(why) => live.no_users[org.index()] = Some(why),
            },
            Query::Groups(org) => settle_list(&mut live.groups[org.index()], end, |group| group.id),
            Query::Apps => settle_list(&mut live.apps, end, |app| app.id),
            Query::Provider => settle_list(&mut live.provider, end, |provider| provider.id),
            Query::Policies => settle_list(&mut live.policies, end, |policy| policy.id),
            Query::Membership(org, id) => settle_ids(&mut live.membership, (org, id), end),
            Query::GroupBindings(org, id, target) => settle_ids(&mut live.group_bindings, (org, id, target), end),
            Query::AccountBindings(id, target) => settle_ids(&mut live.account_bindings, (id, target), end),
            Query::AppGroups(id) => settle_ids(&mut live.app_groups, id, end),
            Query::AppUsers(id) => settle_ids(&mut live.app_users, id, end),
            Query::GroupPolicies(id) => settle_ids(&mut live.group_policies, id, end),
            Query::PolicyGroups(id) => settle_ids(&mut live.policy_groups, id, end),
            Query::PolicyUsers(id) => settle_ids(&mut live.policy_users, id, end),
            Query::AppLog(id, ..) => settle_log(live.app_log.entry(id).or_insert_with(nothing_told), end),
            Query::Changes(org, ..) => settle_log(live.changes[org.index()].get_or_insert_with(nothing_told), end),
            Query::LogIns(..) => settle_log(live.log_ins.get_or_insert_with(nothing_told), end),
            Query::Point(point) => settle_point(&mut live.points, point, end),
            Query::Escrowed(..) | Query::Probe(_) => {}
            Query::Group(org, id) => {
                if let Err(why) = end {
                    live.group_rules.insert((org, id), Err(why));
                }
            }
            Query::AppSettings(id) => {
                if let Err(why) = end {
                    live.app_settings.insert(id, Err(why));
                }
            }
        }
    }

    /// What a refusal means for the question: an answer in itself, no answer, or the end of reading.
    fn refused(&mut self, query: &Query, answer: &Answer) -> Result<Option<Took>, ReadError> {
        let is_empty = answer.body.iter().all(u8::is_ascii_whitespace);
        match (answer.status, query) {
            (200, _) if !is_empty => Ok(None),
            // `[observed]`: an app without settings is 404 there.
            (404, Query::AppSettings(id)) => {
                self.live.app_settings.insert(*id, Ok(None));
                Ok(Some(Took::Page(Fed { rows: 0, total: None })))
            }
            // An edge that is down answers 404 with a page for people.
            (404, Query::Point(point)) if !point.is_list() && !starts_as_page(&answer.body) => {
                Ok(Some(self.nothing(*point)))
            }
            // `[observed]`: a user that is not there was once an empty answer.
            (200, Query::Point(point @ Point::User(..))) => Ok(Some(self.nothing(*point))),
            // `[observed]`: a service account may be refused the list of organisations.
            (403, _) => Ok(Some(Took::Unknown(Why::Forbidden))),
            (404, _) => Ok(Some(Took::Unknown(Why::NotFound))),
            (status, _) => Err(ReadError::Refused {
                org: query.org(),
                what: query.name(),
                status,
                message: if status == 200 { "an empty body".to_owned() } else { answer.message() },
            }),
        }
    }

    fn nothing(&mut self, point: Point) -> Took {
        self.live.points.insert(point, Ok(Seen::Nothing));
        Took::Page(Fed { rows: 0, total: None })
    }

    fn undecoded(&self, query: &Query, undecoded: Undecoded) -> ReadError {
        let (org, what) = (query.org(), query.name());
        match undecoded {
            Undecoded::Shape(how) => ReadError::Unreadable { org, what, how },
            Undecoded::OtherOrganization(found) => {
                ReadError::OtherOrganization { org, what, found, pinned: self.organizations[org.index()].clone() }
            }
        }
    }

    fn feed(&mut self, query: &Query, page: &[u8]) -> Result<Fed, Undecoded> {
        let pinned = &self.organizations[query.org().index()];
        let live = &mut self.live;
        match query {
            Query::Organization(org) => {
                let (rows, total) = decode::list::<OrganizationWire>(page)?;
                let before = live.organizations[org.index()] == Some(Ok(true));
                let opens = before || rows.iter().any(|row| *row.id == **pinned);
                live.organizations[org.index()] = Some(Ok(opens));
                Ok(Fed { rows: rows.len(), total })
            }
            Query::UserCount(org) => {
                let (rows, total) = decode::elements(page)?;
                live.totals[org.index()] = Some(Ok(total.unwrap_or(0)));
                Ok(Fed { rows: rows.len(), total })
            }
            Query::Users(org, _) => live.users[org.index()].feed(page, pinned),
            Query::Groups(org) => {
                let slot = &mut live.groups[org.index()];
                extend(slot, page, |group: &user_group::wire::Group| group.organization.as_deref(), pinned)
            }
            Query::Apps => {
                extend(&mut live.apps, page, |app: &oidc_app::wire::App| app.organization.as_deref(), pinned)
            }
            Query::Provider => extend(&mut live.provider, page, |_: &identity_provider::wire::Provider| None, pinned),
            Query::Policies => extend(&mut live.policies, page, |_: &routing_policy::wire::Policy| None, pinned),
            Query::Group(org, id) => {
                live.group_rules.insert((*org, *id), Ok(user_group::wire::membership(page)?));
                Ok(Fed { rows: 1, total: None })
            }
            Query::AppSettings(id) => {
                live.app_settings.insert(*id, Ok(Some(oidc_app::wire::settings(page)?)));
                Ok(Fed { rows: 1, total: None })
            }
            Query::Membership(org, id) => edges(live.membership.entry((*org, *id)), page),
            Query::GroupBindings(org, id, target) => edges(live.group_bindings.entry((*org, *id, target)), page),
            Query::AccountBindings(id, target) => edges(live.account_bindings.entry((*id, *target)), page),
            Query::AppGroups(id) => edges(live.app_groups.entry(*id), page),
            Query::AppUsers(id) => edges(live.app_users.entry(*id), page),
            Query::GroupPolicies(id) => edges(live.group_policies.entry(*id), page),
            Query::PolicyGroups(id) => edges(live.policy_groups.entry(*id), page),
            Query::PolicyUsers(id) => edges(live.policy_users.entry(*id), page),
            Query::AppLog(id, ..) => {
                log(live.app_log.entry(*id).or_insert_with(nothing_told), query.most(), events::feed, page)
            }
            Query::Changes(org, ..) => {
                let slot = live.changes[org.index()].get_or_insert_with(nothing_told);
                log(slot, query.most(), changes::feed, page)
            }
            Query::LogIns(..) => log(live.log_ins.get_or_insert_with(nothing_told), query.most(), events::feed, page),
            Query::Escrowed(..) | Query::Probe(_) => Ok(Fed { rows: 0, total: None }),
            Query::Point(point) if point.is_list() => ends(live.points.entry(*point), page),
            Query::Point(point) => {
                let seen = Seen::read(*point, page, live.users[point.org().index()].attribute(), pinned)?;
                live.points.insert(*point, Ok(seen));
                Ok(Fed { rows: 1, total: None })
            }
        }
    }
}

/// A log before its first page.
fn nothing_told<E>() -> Known<Told<E>> {
    Ok(Told::default())
}

fn starts_as_page(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

#[derive(serde::Deserialize)]
struct OrganizationWire {
    #[serde(rename = "_id")]
    id: Box<str>,
}

#[cfg(test)]
mod tests;

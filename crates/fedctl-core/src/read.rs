//! The reader: which requests answer a question, and what their answers say.

use serde::Serialize;

use crate::address::Org;
use crate::endpoint;
use crate::kinds::{identity_provider, oidc_app, routing_policy, user_group};
use crate::live::envelope;
use crate::live::users::{FIELDS, Fed, Undecoded};
use crate::live::{Known, Live, PAGE, Query, Scope, Why};
use crate::object_id::ObjectId;
use crate::request::{Answer, Ask};
use crate::spec::Spec;

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
}

impl Reader {
    /// A reader that knows nothing yet.
    pub fn new(spec: &Spec) -> Self {
        let id = |side: &crate::spec::Side| Box::from(side.organization.as_str());
        Self { live: Live::new(spec), organizations: [id(&spec.primary), id(&spec.secondary)] }
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
            Query::Organization(_) | Query::UserCount(_) | Query::Provider => Fetch::One(ask(query, 0)),
            Query::Group(..) | Query::AppSettings(_) => Fetch::One(ask(query, 0)),
            Query::Users(org, Scope::Ids(ids)) => Fetch::Batches(batches(*org, ids, |id| Filter::id(&[*id]))),
            Query::Users(org, Scope::Names { emails, usernames }) => {
                let mut asks = batches(*org, emails, |email| Filter::Or(vec![Name::Email(email)]));
                asks.extend(batches(*org, usernames, |username| Filter::Or(vec![Name::Username(username)])));
                Fetch::Batches(asks)
            }
            Query::Users(_, Scope::Everybody)
            | Query::Groups(_)
            | Query::Members(..)
            | Query::Membership(..)
            | Query::Apps
            | Query::AppGroups(_)
            | Query::Policies
            | Query::GroupPolicies(_)
            | Query::PolicyGroups(_) => Fetch::Pages,
        }
    }

    /// Takes the answer to one request of a question.
    ///
    /// # Errors
    /// A refusal that says nothing about the question, an answer of another shape, or an object of an organisation that
    /// is not the pinned one.
    pub fn take(&mut self, query: &Query, answer: &Answer) -> Result<Took, ReadError> {
        self.live.as_of = self.live.as_of.max(answer.date);
        if let Some(took) = self.refused(query, answer)? {
            return Ok(took);
        }
        let fed = self.feed(query, &answer.body).map_err(|undecoded| self.undecoded(query, undecoded))?;
        Ok(Took::Page(Fed { rows: fed.rows, total: fed.total.or(answer.total) }))
    }

    /// Notes that a question is answered, or why it has no answer.
    pub fn end(&mut self, query: Query, end: Known<()>) {
        let live = &mut self.live;
        match query {
            Query::Organization(org) => settle(&mut live.organizations[org.index()], end),
            Query::UserCount(org) => settle(&mut live.totals[org.index()], end),
            Query::Users(org, scope) => {
                if end.is_ok() {
                    live.users[org.index()].end(&scope);
                }
            }
            Query::Groups(org) => settle_list(&mut live.groups[org.index()], end, |group| group.id),
            Query::Apps => settle_list(&mut live.apps, end, |app| app.id),
            Query::Provider => settle_list(&mut live.provider, end, |provider| provider.id),
            Query::Policies => settle_list(&mut live.policies, end, |policy| policy.id),
            Query::Members(org, id) => settle_ids(&mut live.members, (org, id), end),
            Query::Membership(org, id) => settle_ids(&mut live.membership, (org, id), end),
            Query::AppGroups(id) => settle_ids(&mut live.app_groups, id, end),
            Query::GroupPolicies(id) => settle_ids(&mut live.group_policies, id, end),
            Query::PolicyGroups(id) => settle_ids(&mut live.policy_groups, id, end),
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
            // `[observed]`: a service account may be refused the list of organisations.
            (403, _) => Ok(Some(Took::Unknown(Why::Forbidden))),
            (404, _) => Ok(Some(Took::Unknown(Why::NotFound))),
            (status, _) => Err(ReadError::Refused {
                org: org_of(query),
                what: name(query),
                status,
                message: if status == 200 { "an empty body".to_owned() } else { answer.message() },
            }),
        }
    }

    fn undecoded(&self, query: &Query, undecoded: Undecoded) -> ReadError {
        let (org, what) = (org_of(query), name(query));
        match undecoded {
            Undecoded::Shape(how) => ReadError::Unreadable { org, what, how },
            Undecoded::OtherOrganization(found) => {
                ReadError::OtherOrganization { org, what, found, pinned: self.organizations[org.index()].clone() }
            }
        }
    }

    fn feed(&mut self, query: &Query, page: &[u8]) -> Result<Fed, Undecoded> {
        let pinned = &self.organizations[org_of(query).index()];
        let live = &mut self.live;
        match query {
            Query::Organization(org) => {
                let (rows, total) = envelope::list::<OrganizationWire>(page)?;
                let opens = rows.iter().any(|row| *row.id == **pinned);
                live.organizations[org.index()] = Some(Ok(opens));
                Ok(Fed { rows: rows.len(), total })
            }
            Query::UserCount(org) => {
                let (rows, total) = envelope::elements(page)?;
                live.totals[org.index()] = Some(Ok(total.unwrap_or(0)));
                Ok(Fed { rows: rows.len(), total })
            }
            Query::Users(org, _) => live.users[org.index()].feed(page, pinned),
            Query::Groups(org) => {
                let slot = &mut live.groups[org.index()];
                extend(slot, page, |group: &user_group::wire::Group| group.organization.as_deref(), pinned)
            }
            Query::Apps => extend(&mut live.apps, page, |app: &oidc_app::wire::App| app.organization.as_deref(), pinned),
            Query::Provider => {
                extend(&mut live.provider, page, |_: &identity_provider::wire::Provider| None, pinned)
            }
            Query::Policies => extend(&mut live.policies, page, |_: &routing_policy::wire::Policy| None, pinned),
            Query::Group(org, id) => {
                live.group_rules.insert((*org, *id), Ok(user_group::wire::membership(page)?));
                Ok(Fed { rows: 1, total: None })
            }
            Query::AppSettings(id) => {
                live.app_settings.insert(*id, Ok(Some(oidc_app::wire::settings(page)?)));
                Ok(Fed { rows: 1, total: None })
            }
            Query::Members(org, id) => edges(live.members.entry((*org, *id)), page),
            Query::Membership(org, id) => edges(live.membership.entry((*org, *id)), page),
            Query::AppGroups(id) => edges(live.app_groups.entry(*id), page),
            Query::GroupPolicies(id) => edges(live.group_policies.entry(*id), page),
            Query::PolicyGroups(id) => edges(live.policy_groups.entry(*id), page),
        }
    }
}

/// One request of a question: the page that begins with the object at this position.
pub fn ask(query: &Query, skip: usize) -> Ask {
    let org = org_of(query);
    let (skip, limit) = (skip.to_string(), PAGE.to_string());
    let page: &[(&str, &str)] = &[("limit", &limit), ("skip", &skip)];
    let id = |id: &ObjectId| [id.to_string()];
    let with = |more: &[(&'static str, &'static str)]| -> Vec<(&str, &str)> { [more, page].concat() };
    match query {
        Query::Organization(_) => Ask::new(org, &endpoint::ORGANIZATIONS, &[], page),
        Query::UserCount(_) => search(org, &Search { limit: 1, fields: "_id", ..Search::all() }),
        Query::Users(..) => search(org, &Search { skip: skip.parse().unwrap_or(0), ..Search::all() }),
        Query::Groups(_) => Ask::new(org, &endpoint::LIST_GROUPS, &[], &with(&[("sort", "id")])),
        Query::Group(_, group) => Ask::new(org, &endpoint::GET_GROUP, &id(group), &[]),
        Query::Members(_, group) => Ask::new(org, &endpoint::LIST_MEMBERS, &id(group), page),
        Query::Membership(_, group) => Ask::new(org, &endpoint::LIST_MEMBERSHIP, &id(group), page),
        Query::Apps => {
            let fields = ("fields", oidc_app::wire::FIELDS);
            Ask::new(org, &endpoint::LIST_APPS, &[], &with(&[("filter[0]", "name:$eq:oidc"), fields, ("sort", "_id")]))
        }
        Query::AppSettings(app) => Ask::new(org, &endpoint::GET_APP_SSO, &id(app), &[]),
        Query::AppGroups(app) => {
            Ask::new(org, &endpoint::APP_ASSOCIATIONS, &id(app), &with(&[("targets", "user_group")]))
        }
        Query::Provider => Ask::new(org, &endpoint::LIST_PROVIDERS, &[], page),
        Query::Policies => Ask::new(org, &endpoint::LIST_POLICIES, &[], page),
        Query::GroupPolicies(group) => {
            Ask::new(org, &endpoint::GROUP_ASSOCIATIONS, &id(group), &with(&[("targets", "idp_routing_policy")]))
        }
        Query::PolicyGroups(policy) => {
            Ask::new(org, &endpoint::POLICY_ASSOCIATIONS, &id(policy), &with(&[("targets", "user_group")]))
        }
    }
}

/// A search that finds at most a few users: by id or by company e-mail. Used for looks.
pub(crate) fn search_by_ids(org: Org, ids: &[ObjectId]) -> Ask {
    let fields = "_id email username firstname lastname displayname state attributes restrictedFields";
    search(org, &Search { filter: Some(Filter::id(ids)), fields, ..Search::all() })
}

/// A search for whoever has this company e-mail.
pub(crate) fn search_by_email(org: Org, email: &str) -> Ask {
    search(org, &Search { filter: Some(Filter::Or(vec![Name::Email(email)])), ..Search::all() })
}

fn search(org: Org, body: &Search<'_>) -> Ask {
    Ask::with_body(org, &endpoint::SEARCH_USERS, serde_json::to_vec(body).unwrap_or_default())
}

fn batches<'a, K: 'a>(org: Org, keys: impl IntoIterator<Item = &'a K>, one: impl Fn(&'a K) -> Filter<'a>) -> Vec<Ask> {
    let mut asks = Vec::new();
    let mut open: Option<(usize, Filter<'a>)> = None;
    for key in keys {
        let (count, filter) = match open.take() {
            Some((count, filter)) => (count + 1, filter.and_also(one(key))),
            None => (1, one(key)),
        };
        if count == PAGE {
            asks.push(search(org, &Search { filter: Some(filter), ..Search::all() }));
        } else {
            open = Some((count, filter));
        }
    }
    asks.extend(open.map(|(_, filter)| search(org, &Search { filter: Some(filter), ..Search::all() })));
    asks
}

/// The body of a user search. `[spec]`
#[derive(Serialize)]
struct Search<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Filter<'a>>,
    fields: &'a str,
    limit: usize,
    skip: usize,
    sort: &'static str,
}

impl Search<'_> {
    fn all() -> Self {
        Self { filter: None, fields: FIELDS, limit: PAGE, skip: 0, sort: "_id" }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Filter<'a> {
    Or(Vec<Name<'a>>),
    /// `_id:$in:a|b`. `[observed]`
    And([String; 1]),
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
enum Name<'a> {
    Email(&'a str),
    Username(&'a str),
}

impl Filter<'_> {
    fn id(ids: &[ObjectId]) -> Self {
        let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("|");
        Filter::And([format!("_id:$in:{list}")])
    }

    fn and_also(self, other: Self) -> Self {
        match (self, other) {
            (Filter::Or(mut names), Filter::Or(more)) => {
                names.extend(more);
                Filter::Or(names)
            }
            (Filter::And([mut ids]), Filter::And([more])) => {
                ids.push('|');
                ids.push_str(more.trim_start_matches("_id:$in:"));
                Filter::And([ids])
            }
            (one, Filter::Or(_) | Filter::And(_)) => one,
        }
    }
}

#[derive(serde::Deserialize)]
struct OrganizationWire {
    #[serde(rename = "_id")]
    id: Box<str>,
}

/// An edge: `{"to":{"id":…}}` of associations and direct members, or `{"id":…}` of effective members. `[spec]`
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum EdgeWire {
    To { to: IdWire },
    Bare(IdWire),
}

#[derive(serde::Deserialize)]
struct IdWire {
    id: ObjectId,
}

type Slot<'a, K> = std::collections::btree_map::Entry<'a, K, Known<Vec<ObjectId>>>;

fn edges<K: Ord>(slot: Slot<'_, K>, page: &[u8]) -> Result<Fed, Undecoded> {
    let (rows, total) = envelope::list::<EdgeWire>(page)?;
    let count = rows.len();
    let ids = rows.into_iter().map(|edge| match edge {
        EdgeWire::To { to } => to.id,
        EdgeWire::Bare(bare) => bare.id,
    });
    if let Ok(list) = slot.or_insert_with(|| Ok(Vec::new())) {
        list.extend(ids);
    }
    Ok(Fed { rows: count, total })
}

fn extend<T: serde::de::DeserializeOwned>(
    slot: &mut Option<Known<Vec<T>>>,
    page: &[u8],
    organization: impl Fn(&T) -> Option<&str>,
    pinned: &str,
) -> Result<Fed, Undecoded> {
    let (rows, total) = envelope::list::<T>(page)?;
    if let Some(other) = rows.iter().filter_map(organization).find(|other| *other != pinned && !other.is_empty()) {
        return Err(Undecoded::OtherOrganization(other.into()));
    }
    let count = rows.len();
    if let Ok(list) = slot.get_or_insert_with(|| Ok(Vec::new())) {
        list.extend(rows);
    }
    Ok(Fed { rows: count, total })
}

fn settle<T>(slot: &mut Option<Known<T>>, end: Known<()>) {
    if let Err(why) = end {
        *slot = Some(Err(why));
    }
}

fn settle_list<T>(slot: &mut Option<Known<Vec<T>>>, end: Known<()>, id: impl Fn(&T) -> ObjectId) {
    match end {
        Err(why) => *slot = Some(Err(why)),
        Ok(()) => {
            if let Ok(list) = slot.get_or_insert_with(|| Ok(Vec::new())) {
                list.sort_by_key(&id);
                list.dedup_by_key(|row| id(row));
            }
        }
    }
}

fn settle_ids<K: Ord>(map: &mut std::collections::BTreeMap<K, Known<Vec<ObjectId>>>, key: K, end: Known<()>) {
    let slot = map.entry(key).or_insert_with(|| Ok(Vec::new()));
    match end {
        Err(why) => *slot = Err(why),
        Ok(()) => {
            if let Ok(list) = slot {
                list.sort_unstable();
                list.dedup();
            }
        }
    }
}

/// The organisation a question is for.
pub fn org_of(query: &Query) -> Org {
    match query {
        Query::Organization(org)
        | Query::UserCount(org)
        | Query::Users(org, _)
        | Query::Groups(org)
        | Query::Group(org, _)
        | Query::Members(org, _)
        | Query::Membership(org, _) => *org,
        Query::Apps | Query::AppSettings(_) | Query::AppGroups(_) => Org::Primary,
        Query::Provider | Query::Policies | Query::GroupPolicies(_) | Query::PolicyGroups(_) => Org::Secondary,
    }
}

/// What a question is about, in a few words.
pub fn name(query: &Query) -> String {
    match query {
        Query::Organization(_) => "organisations".to_owned(),
        Query::UserCount(_) | Query::Users(..) => "users".to_owned(),
        Query::Groups(_) => "user groups".to_owned(),
        Query::Group(_, id) => format!("user group {id}"),
        Query::Members(_, id) | Query::Membership(_, id) => format!("members of user group {id}"),
        Query::Apps => "applications".to_owned(),
        Query::AppSettings(id) => format!("OIDC settings of application {id}"),
        Query::AppGroups(id) => format!("groups of application {id}"),
        Query::Provider => "identity providers".to_owned(),
        Query::Policies => "routing policies".to_owned(),
        Query::GroupPolicies(id) => format!("routing policies of user group {id}"),
        Query::PolicyGroups(id) => format!("groups of routing policy {id}"),
    }
}

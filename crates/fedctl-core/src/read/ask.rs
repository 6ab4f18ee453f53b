//! Questions as requests.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Value, json};

use crate::address::Org;
use crate::endpoint;
use crate::escrow;
use crate::kinds::oidc_app;
use crate::live::users::FIELDS;
use crate::live::{Far, PAGE, Point, Query, changes, events};
use crate::object_id::ObjectId;
use crate::request::Ask;

/// One request of a question: the page that begins with the object at this position.
pub fn ask(query: &Query, skip: usize) -> Ask {
    let (org, first) = (query.org(), skip);
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
        Query::Membership(_, group) => Ask::new(org, &endpoint::LIST_MEMBERSHIP, &id(group), page),
        Query::GroupBindings(_, group, target) => {
            Ask::new(org, &endpoint::GROUP_ASSOCIATIONS, &id(group), &with(&[("targets", target)]))
        }
        Query::AccountBindings(account, target) => {
            Ask::new(org, &endpoint::USER_ASSOCIATIONS, &id(account), &with(&[("targets", target)]))
        }
        Query::Apps => {
            let fields = ("fields", oidc_app::wire::FIELDS);
            Ask::new(org, &endpoint::LIST_APPS, &[], &with(&[("filter[0]", "name:$eq:oidc"), fields, ("sort", "_id")]))
        }
        Query::AppSettings(app) => Ask::new(org, &endpoint::GET_APP_SSO, &id(app), &[]),
        Query::AppGroups(app) => {
            Ask::new(org, &endpoint::APP_ASSOCIATIONS, &id(app), &with(&[("targets", "user_group")]))
        }
        Query::AppUsers(app) => Ask::new(org, &endpoint::APP_ASSOCIATIONS, &id(app), &with(&[("targets", "user")])),
        Query::PolicyUsers(policy) => {
            Ask::new(org, &endpoint::POLICY_ASSOCIATIONS, &id(policy), &with(&[("targets", "user")]))
        }
        Query::Provider => Ask::new(org, &endpoint::LIST_PROVIDERS, &[], page),
        Query::Policies => Ask::new(org, &endpoint::LIST_POLICIES, &[], page),
        Query::GroupPolicies(group) => {
            Ask::new(org, &endpoint::GROUP_ASSOCIATIONS, &id(group), &with(&[("targets", "idp_routing_policy")]))
        }
        Query::PolicyGroups(policy) => {
            Ask::new(org, &endpoint::POLICY_ASSOCIATIONS, &id(policy), &with(&[("targets", "user_group")]))
        }
        Query::Escrowed(client_id, callback) => escrow::ask(client_id, callback),
        Query::Probe(question) => question.ask(),
        Query::Point(point) => ask_by_itself(*point, page),
        Query::AppLog(app, since, far) => {
            // `[spec]`: dots lead into objects. Sign-ins name their app in one field, changes in another.
            let of_app = json!({"or": [{"application.id": app}, {"resource.id": app}]});
            events(org, &["directory", "sso"], *since, (*far, first), &events::FIELDS, &of_app)
        }
        Query::LogIns(accounts, since, far) => {
            // `[spec]`: several values of one field stand in a list.
            let of_accounts = json!({"and": [{"event_type": "user_login_attempt"}, {"resource.id": accounts}]});
            events(org, &["directory"], *since, (*far, first), &events::FIELDS, &of_accounts)
        }
        Query::Changes(_, objects, since) => {
            let of_objects = json!({"or": [{"resource.id": objects}, {"event_type": changes::REMOVALS}]});
            events(org, &["directory"], *since, (Far::Whole, first), &changes::FIELDS, &of_objects)
        }
    }
}

/// A question about one object, by its own id.
fn ask_by_itself(point: Point, page: &[(&str, &str)]) -> Ask {
    let org = point.org();
    let (endpoint, id) = match point {
        Point::User(_, id) => (&endpoint::GET_USER, id),
        Point::MemberOf(_, id) => (&endpoint::MEMBER_OF, id),
        Point::Group(_, id) => (&endpoint::GET_GROUP, id),
        Point::Members(_, id) => (&endpoint::LIST_MEMBERS, id),
        Point::Bindings(_, id) => (&endpoint::GROUP_ASSOCIATIONS, id),
        Point::App(id) => (&endpoint::GET_APP, id),
        Point::AppSettings(id) => (&endpoint::GET_APP_SSO, id),
        Point::Policy(id) => (&endpoint::GET_POLICY, id),
        Point::PolicyGroups(id) => (&endpoint::POLICY_ASSOCIATIONS, id),
        Point::Provider(id) => (&endpoint::GET_PROVIDER, id),
        Point::AnyProvider => return Ask::new(org, &endpoint::LIST_PROVIDERS, &[], page),
    };
    let targets = match (point, org) {
        (Point::Bindings(..), Org::Primary) => Some("application"),
        (Point::Bindings(..), Org::Secondary) => Some("idp_routing_policy"),
        (Point::PolicyGroups(_), _) => Some("user_group"),
        _ => None,
    };
    let mut query: Vec<(&str, &str)> = targets.map(|targets| ("targets", targets)).into_iter().collect();
    if point.is_list() {
        query.extend(page);
    }
    Ask::new(org, endpoint, &[id.to_string()], &query)
}

/// The newest events since a second, without the first so many. `[spec]`: a service and a start are always asked for; the
/// log forgets after 90 days. An event that comes in between two pages shifts the rest: one is read twice, none is missed.
fn events(org: Org, services: &[&str], since: u64, (far, skip): (Far, usize), fields: &[&str], term: &Value) -> Ask {
    let since =
        i64::try_from(since).ok().and_then(|since| jiff::Timestamp::from_second(since).ok()).unwrap_or_default();
    let mut body = json!({
        "service": services, "start_time": since.to_string(), "sort": "DESC", "limit": far.page(),
        "fields": fields, "search_term": term,
    });
    if skip > 0 {
        body["skip"] = json!(skip);
    }
    Ask::with_body(org, &endpoint::EVENTS, body.to_string().into_bytes())
}

/// Searches for everybody with one of these ids, a page of them at a time.
pub(super) fn by_ids(org: Org, ids: &BTreeSet<ObjectId>) -> Vec<Ask> {
    let ids: Vec<ObjectId> = ids.iter().copied().collect();
    ids.chunks(PAGE).map(|ids| search(org, &Search { filter: Some(Filter::id(ids)), ..Search::all() })).collect()
}

/// Searches for whoever has one of these company e-mails, then of these usernames, a page of them at a time.
pub(super) fn by_names(org: Org, emails: &BTreeSet<Box<str>>, usernames: &BTreeSet<Box<str>>) -> Vec<Ask> {
    let names = emails.iter().map(|email| Name::Email(email));
    let names: Vec<Name<'_>> = names.chain(usernames.iter().map(|username| Name::Username(username))).collect();
    let filter =
        |names: &[Name<'_>]| search(org, &Search { filter: Some(Filter::Or(names.to_vec())), ..Search::all() });
    names.chunks(PAGE).map(filter).collect()
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

#[derive(Serialize, Clone, Copy)]
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
}

//! Whatever is sent, a world answers, and answers the same again.

use jumpcloud_sim::clock::{EPOCH_MS, rfc3339};
use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Host, Request, World};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Segments that lead somewhere, and some that do not.
const SEGMENTS: [&str; 32] = [
    "api",
    "v2",
    "systemusers",
    "usergroups",
    "applications",
    "application-templates",
    "identity-providers",
    "identity-provider",
    "policies",
    "associations",
    "members",
    "membership",
    "memberof",
    "users",
    "sso",
    "state",
    "activate",
    "suspend",
    "password",
    "search",
    "organizations",
    "settings",
    "insights",
    "directory",
    "v1",
    "events",
    "oauth2",
    "token",
    "auth",
    "userinfo",
    "%ff%00",
    "..",
];

/// Paths that are there: `$` is an id.
const PATHS: &[&str] = &[
    "/api/systemusers",
    "/api/systemusers/$",
    "/api/systemusers/$/state/activate",
    "/api/systemusers/$/state/suspend",
    "/api/systemusers/$/password",
    "/api/systemusers/$/unlock",
    "/api/systemusers/$/expire",
    "/api/systemusers/$/resetmfa",
    "/api/systemusers/$/reactivate",
    "/api/systemusers/$/sshkeys",
    "/api/systemusers/$/sshkeys/$",
    "/api/search/systemusers",
    "/api/search/organizations",
    "/api/organizations",
    "/api/organizations/$",
    "/api/settings",
    "/api/users/getSelf",
    "/api/applications",
    "/api/applications/$",
    "/api/application-templates",
    "/api/application-templates/$",
    "/api/v2/groups",
    "/api/v2/usergroups",
    "/api/v2/usergroups/$",
    "/api/v2/usergroups/$/members",
    "/api/v2/usergroups/$/membership",
    "/api/v2/usergroups/$/associations",
    "/api/v2/usergroups/$/applications",
    "/api/v2/usergroups/$/suggestions",
    "/api/v2/search/query",
    "/api/v2/applications/$/sso",
    "/api/v2/applications/$/associations",
    "/api/v2/applications/$/users",
    "/api/v2/applications/$/usergroups",
    "/api/v2/users/$/memberof",
    "/api/v2/users/$/associations",
    "/api/v2/users/$/applications",
    "/api/v2/identity-providers",
    "/api/v2/identity-providers/$",
    "/api/v2/identity-provider/policies",
    "/api/v2/identity-provider/policies/$",
    "/api/v2/identity-provider/policies/$/associations",
    "/api/v2/identity-provider/policies/$/associations/usergroups",
    "/api/v2/identity-provider/policies/$/associations/users",
    "/api/v2/bulk/users",
    "/api/v2/bulk/users/$/results",
    "/api/v2/bulk/userstates",
    "/api/v2/bulk/userstates/$",
    "/api/v2/bulk/userstates/eventlist/next",
    "/api/v2/service-accounts",
    "/api/v2/service-accounts/$",
    "/api/v2/service-accounts/$/auth-config",
    "/api/v2/providers/$/organizations",
    "/insights/directory/v1/events",
    "/insights/directory/v1/events/count",
    "/insights/directory/v1/events/distinct",
    "/insights/directory/v1/events/interval",
    "/oauth2/auth",
    "/oauth2/token",
    "/userinfo",
    "/.well-known/openid-configuration",
    "/api/v2/roles",
    "/api/v2/usergroups/$/memberof",
    "/api/v2/users/$/systems",
];

/// Keys that say something in a body.
const KEYS: &[&str] = &[
    "email",
    "username",
    "name",
    "state",
    "attributes",
    "restrictedFields",
    "filter",
    "searchFilter",
    "and",
    "or",
    "limit",
    "memberQuery",
    "queryType",
    "searchFilters",
    "filters",
    "membershipMethod",
    "type",
    "op",
    "id",
    "oidc",
    "redirectUris",
    "dynamicClaims",
    "identityProviderId",
    "service",
    "start_time",
    "search_term",
    "search_after",
    "interval_unit",
    "interval_value",
    "timezone",
    "user_ids",
    "start_date",
    "activation_email_override",
    "authConfig",
    "value",
    "field",
];

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop_oneof!["[ -~é]{0,12}", Just("add".to_owned()), Just("oidc".to_owned()), Just("email:$ew:x".to_owned())]
            .prop_map(Value::from),
        prop_oneof![
            Just("a@b.cc"),
            Just("user"),
            Just("STAGED"),
            Just("DYNAMIC_AUTOMATED"),
            Just("Search"),
            Just("https://x/y")
        ]
        .prop_map(Value::from),
    ];
    let key = prop_oneof![prop::sample::select(KEYS).prop_map(str::to_owned), "[a-z]{1,6}",];
    leaf.prop_recursive(3, 24, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

/// A query of events that is good but for what else is in it.
fn event_query(more: Value) -> Value {
    let mut query =
        json!({"service": ["all"], "start_time": "2026-10-01T00:00:00Z", "interval_unit": "s", "field": "id"});
    if let (Some(query), Value::Object(more)) = (query.as_object_mut(), more) {
        query.extend(more);
    }
    query
}

fn target(ids: Vec<String>) -> impl Strategy<Value = String> {
    let id = prop::sample::select(ids);
    let known = (prop::sample::select(PATHS), id).prop_map(|(path, id)| path.replace('$', &id));
    let any = prop::collection::vec(prop::sample::select(&SEGMENTS[..]), 0..7)
        .prop_map(|parts| format!("/{}", parts.join("/")));
    let query = prop_oneof![
        Just(String::new()),
        prop::sample::select(
            &[
                "limit=3&skip=1&sort=-email",
                "filter=_id:$gt:0",
                "filter[or][0]=email:$in:a|b&fields=email",
                "targets=user_group",
                "targets=idp_routing_policy",
                "filter=name:eq:*a*&fields=name,id",
                "limit=99999999999999999999&skip=-1",
                "skip=18446744073709551615&limit=18446744073709551615",
                "filter[0]=email:$sw:a\\|b&filter[1]=name:$in:|",
                "filter[and][x]=&search=&search[fields]=&sort=-",
                "filter=created:between:1,2&sort=-name,id&fields=,",
                "search[fields]=email&search[searchTerm]=A",
                "filter=x",
                "sort=,,-",
                "%%%=&&&",
            ][..]
        )
        .prop_map(str::to_owned),
        "[ -~]{0,20}",
        "(filter|sort|fields|search|limit|skip|targets)=\\PC{0,20}",
    ];
    (prop_oneof![3 => known, 1 => any], query).prop_map(|(path, query)| format!("{path}?{query}"))
}

pub(crate) fn ids(world: &World) -> Vec<String> {
    let orgs: Vec<_> = world.organizations().map(|organization| organization.id).collect();
    let mut ids: Vec<String> = orgs.iter().map(ToString::to_string).collect();
    ids.extend(orgs.iter().flat_map(|org| world.users(*org).take(3)).map(|user| user.id.to_string()));
    ids.extend(orgs.iter().flat_map(|org| world.groups(*org)).map(|group| group.id.to_string()));
    ids.extend(orgs.iter().flat_map(|org| world.apps(*org)).map(|app| app.id.to_string()));
    ids.extend(orgs.iter().flat_map(|org| world.provider(*org)).map(|provider| provider.id.to_string()));
    ids.extend(orgs.iter().flat_map(|org| world.policies(*org)).map(|policy| policy.id.to_string()));
    ids.push("zzz".to_owned());
    ids
}

/// Headers that some call looks at.
const HEADERS: [&str; 6] =
    ["x-org-id", "x-query-dsl", "x-eventually-consistent", "authorization", "content-type", "creation-source"];

/// Mostly with a key, and with headers that some calls look at.
fn headers(key: String, ids: Vec<String>) -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![
        prop::sample::select(ids),
        prop::sample::select(&["v2", "true", "Bearer x", "Basic eDp5", "Basic \u{e9}", "application/json", ""][..])
            .prop_map(str::to_owned),
        "\\PC{0,12}",
    ];
    let more = prop::collection::vec((prop::sample::select(&HEADERS[..]).prop_map(str::to_owned), value), 0..3);
    (prop::bool::weighted(0.95), more).prop_map(move |(has_key, more)| {
        let key = has_key.then(|| ("x-api-key".to_owned(), key.clone()));
        key.into_iter().chain(more).collect()
    })
}

/// Users of a bulk job, or a change of state: good but for what else is in it.
fn bulk(id: &str, seconds: u64, more: Value) -> Value {
    let at = rfc3339(EPOCH_MS + seconds * 1000);
    let change = json!({"user_ids": [id], "state": "ACTIVATED", "start_date": at, "send_activation_emails": true});
    if !more.is_object() {
        return change;
    }
    let new = json!({"id": id, "restrictedFields": {}, "email": format!("{seconds}@b.cc"), "username": "bulk"});
    json!([new, {"id": id}, more])
}

/// JSON that means something, JSON that is deep, a form, or anything.
fn body(ids: Vec<String>) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        12 => value().prop_map(|body| body.to_string().into_bytes()),
        3 => value().prop_map(event_query).prop_map(|body| body.to_string().into_bytes()),
        3 => (prop::sample::select(ids), 0_u64..3, value())
            .prop_map(|(id, seconds, more)| bulk(&id, seconds, more).to_string().into_bytes()),
        1 => (0_usize..400).prop_map(|depth| [b"[".repeat(depth), b"]".repeat(depth)].concat()),
        1 => "(grant_type|client_id|code|scope)=[a-z_%&=]{0,20}".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

pub(crate) fn request(ids: Vec<String>, key: String) -> impl Strategy<Value = Request> {
    let method = prop::sample::select(&["GET", "GET", "POST", "POST", "PUT", "DELETE", "PATCH", "HEAD", ""][..]);
    let host = prop_oneof![
        12 => Just(Host::Api),
        1 => Just(Host::Issuer),
        1 => Just(Host::AdminOauth),
        1 => Just(Host::Login),
    ];
    (host, method, target(ids.clone()), headers(key, ids.clone()), body(ids)).prop_map(
        |(host, method, target, headers, body)| Request { headers, body, ..Request::to(host, method, &target) },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_request_is_answered_and_the_world_stays_whole(requests in {
        let Pair { world, primary_key, .. } = fixture::demo(1, 24);
        prop::collection::vec(request(ids(&world), primary_key), 1..40)
    }) {
        let Pair { mut world, .. } = fixture::demo(1, 24);
        let mut twin = world.clone();
        for request in &requests {
            let answer = world.answer(request);
            prop_assert!((200..600).contains(&answer.status));
            prop_assert!(answer.status < 500, "{request:?}");
            prop_assert_eq!(twin.answer(request), answer, "the same again");
        }
        let exported = world.export();
        let imported = World::import(exported.clone()).unwrap();
        prop_assert_eq!(imported.export(), exported);
        for organization in world.organizations() {
            for group in world.groups(organization.id) {
                for member in group.members() {
                    prop_assert!(world.user(member).unwrap().groups().any(|id| id == group.id));
                }
            }
        }
    }
}

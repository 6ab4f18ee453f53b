//! Whatever is sent, a world answers, and answers the same again.

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
const PATHS: [&str; 32] = [
    "/api/systemusers",
    "/api/systemusers/$",
    "/api/systemusers/$/state/activate",
    "/api/systemusers/$/password",
    "/api/search/systemusers",
    "/api/organizations",
    "/api/applications",
    "/api/applications/$",
    "/api/v2/usergroups",
    "/api/v2/usergroups/$",
    "/api/v2/usergroups/$/members",
    "/api/v2/usergroups/$/associations",
    "/api/v2/applications/$/sso",
    "/api/v2/applications/$/associations",
    "/api/v2/applications/$/users",
    "/api/v2/identity-providers",
    "/api/v2/identity-provider/policies",
    "/api/v2/users/$/memberof",
    "/insights/directory/v1/events",
    "/insights/directory/v1/events/count",
    "/insights/directory/v1/events/distinct",
    "/insights/directory/v1/events/interval",
    "/api/application-templates",
    "/api/v2/groups",
    "/api/v2/roles",
    "/api/v2/search/query",
    "/api/v2/service-accounts",
    "/api/v2/service-accounts/$/auth-config",
    "/api/v2/usergroups/$/suggestions",
    "/api/v2/usergroups/$/applications",
    "/api/v2/users/$/applications",
    "/api/v2/providers/$/organizations",
];

/// Keys that say something in a body.
const KEYS: [&str; 34] = [
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
    let key = prop_oneof![prop::sample::select(&KEYS[..]).prop_map(str::to_owned), "[a-z]{1,6}",];
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
    let known = (prop::sample::select(&PATHS[..]), id).prop_map(|(path, id)| path.replace('$', &id));
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
                "search[fields]=email&search[searchTerm]=A",
                "filter=x",
                "sort=,,-",
                "%%%=&&&",
            ][..]
        )
        .prop_map(str::to_owned),
        "[ -~]{0,20}",
    ];
    (prop_oneof![3 => known, 1 => any], query).prop_map(|(path, query)| format!("{path}?{query}"))
}

fn ids(world: &World) -> Vec<String> {
    let orgs: Vec<_> = world.organizations().map(|organization| organization.id).collect();
    let mut ids: Vec<String> =
        orgs.iter().flat_map(|org| world.users(*org).take(3)).map(|user| user.id.to_string()).collect();
    ids.extend(orgs.iter().flat_map(|org| world.groups(*org)).map(|group| group.id.to_string()));
    ids.extend(orgs.iter().flat_map(|org| world.apps(*org)).map(|app| app.id.to_string()));
    ids.push("zzz".to_owned());
    ids
}

fn request(ids: Vec<String>, key: String) -> impl Strategy<Value = Request> {
    let method = prop::sample::select(&["GET", "POST", "PUT", "DELETE", "PATCH"][..]);
    let host = prop_oneof![8 => Just(Host::Api), 1 => Just(Host::Issuer), 1 => Just(Host::Login)];
    let json =
        prop_oneof![4 => value(), 1 => value().prop_map(event_query)].prop_map(|body| body.to_string().into_bytes());
    let body = prop_oneof![4 => json, 1 => prop::collection::vec(any::<u8>(), 0..20)];
    (host, method, target(ids), body).prop_map(move |(host, method, target, body)| {
        let request = Request { body, ..Request::to(host, method, &target) };
        request
            .with_header("x-api-key", &key)
            .with_header("x-query-dsl", "v2")
            .with_header("x-eventually-consistent", "true")
    })
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

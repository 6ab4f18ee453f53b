//! What a human does in the console, as the API shows it afterwards.

use jumpcloud_sim::{AppId, ClientAuth, GroupId, Membership, NewUser, OrgId, PolicyId, UserId, console};
use serde_json::{Value, json};

use crate::common::{Client, text, with_client};

fn org(client: &Client<'_>) -> OrgId {
    client.world.organizations().next().unwrap().id
}

fn user(client: &mut Client<'_>, name: &str) -> UserId {
    let new = NewUser { email: format!("{name}@acme.com.beta"), username: name.to_owned(), ..NewUser::default() };
    client.world.add_user(org(client), new)
}

fn app(client: &mut Client<'_>) -> AppId {
    let body = json!({"active": true, "name": "oidc", "displayLabel": "Beta", "sso": {"type": "oidc", "hidden": true}});
    let id = text(&client.post("/api/applications", &body).json(), "_id");
    let sso = json!({"type": "oidc", "hidden": true, "oidc": {"redirectUris": ["https://x.example/cb"],
        "tokenEndpointAuthMethod": "client_secret_post", "relyingPartyUrl": "https://x.example",
        "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}]}});
    assert_eq!(client.post(&format!("/api/v2/applications/{id}/sso"), &sso).status, 200);
    id.parse().unwrap()
}

fn oidc(client: &mut Client<'_>, app: AppId) -> Value {
    client.get(&format!("/api/v2/applications/{app}/sso")).json()["oidc"].clone()
}

fn policy(client: &mut Client<'_>) -> PolicyId {
    let org = org(client);
    let provider = client.world.add_provider(org, "Acme", "c", "s", "https://x");
    client.world.add_policy(org, "To Acme", Some(provider), true)
}

#[test]
fn the_settings_of_an_app_are_edited() {
    with_client(|client| {
        let app = app(client);
        let before = oidc(client, app);
        assert!(console::set_redirect_uris(client.world, app, &["https://y.example/cb", "https://z.example/cb"]));
        assert!(console::set_claims(client.world, app, &[("email", "email"), ("email", "alias")]));
        assert!(console::set_client_auth(client.world, app, ClientAuth::Basic));
        let after = oidc(client, app);
        assert_eq!(after["redirectUris"], json!(["https://y.example/cb", "https://z.example/cb"]));
        assert_eq!(after["dynamicClaims"][1], json!({"name": "email", "value": "alias"}));
        assert_eq!(after["tokenEndpointAuthMethod"], json!("client_secret_basic"));
        assert_eq!(after["clientId"], before["clientId"]);
        let bookmark = {
            let org = org(client);
            client.world.add_app(org, "bookmark", "Wiki")
        };
        assert!(!console::set_redirect_uris(client.world, bookmark, &["https://y.example"]), "it has no client");
    });
}

#[test]
fn apps_and_policies_are_described_and_renamed() {
    with_client(|client| {
        let (app, policy) = (app(client), policy(client));
        assert!(console::describe_app(client.world, app, "by hand") && console::rename_app(client.world, app, "Other"));
        let read = client.get(&format!("/api/applications/{app}")).json();
        assert_eq!((&read["description"], &read["displayLabel"]), (&json!("by hand"), &json!("Other")));
        assert!(console::describe_policy(client.world, policy, "by hand"));
        assert!(console::rename_policy(client.world, policy, "Other"));
        let read = client.get(&format!("/api/v2/identity-provider/policies/{policy}")).json();
        assert_eq!((&read["description"], &read["name"]), (&json!("by hand"), &json!("Other")));
    });
}

#[test]
fn an_app_that_is_made_a_second_time_has_a_client_of_its_own() {
    with_client(|client| {
        let first = app(client);
        let (second, secret) = console::repeat_app(client.world, first).unwrap();
        let list = client.get("/api/applications?filter[0]=displayLabel:$eq:Beta").json();
        assert_eq!((&list["totalCount"], &list["results"][1]["sso"]["hidden"]), (&json!(2), &json!(true)));
        let (first, second) = (oidc(client, first), oidc(client, second));
        assert_ne!(first["clientId"], second["clientId"]);
        assert_eq!(first["dynamicClaims"], second["dynamicClaims"]);
        assert_eq!(secret.unwrap().expose().len(), 26);
        assert!(client.world.client(second["clientId"].as_str().unwrap()).is_some());
    });
}

#[test]
fn objects_are_deleted_once() {
    with_client(|client| {
        let (app, policy, group) = (app(client), policy(client), {
            let org = org(client);
            client.world.add_group(org, "A")
        });
        console::set_app_group(client.world, app, group, true);
        assert!(console::set_policy_group(client.world, policy, group, true));
        assert!(!console::set_policy_group(client.world, policy, group, true), "it is bound already");
        let provider = client.world.provider(org(client)).unwrap().id;
        assert!(console::delete_group(client.world, group) && !console::delete_group(client.world, group));
        assert_eq!(client.world.app(app).unwrap().groups().count(), 0);
        assert_eq!(client.world.policy(policy).unwrap().groups().count(), 0);
        assert!(console::delete_app(client.world, app) && !console::delete_app(client.world, app));
        assert!(console::delete_provider(client.world, provider) && !console::delete_provider(client.world, provider));
        assert_eq!(client.world.policy(policy).unwrap().provider, Some(provider), "it names what is gone");
        assert!(console::delete_policy(client.world, policy) && !console::delete_policy(client.world, policy));
    });
}

#[test]
fn somebody_becomes_an_administrator_and_lists_say_so() {
    with_client(|client| {
        let (ann, ben) = (user(client, "ann"), user(client, "ben"));
        assert!(console::set_admin(client.world, ann, Some("Help Desk")));
        let one = client.get(&format!("/api/systemusers/{ann}")).json();
        assert_eq!(one["admin"]["roleName"], json!("Help Desk"));
        let list = client.get("/api/systemusers?fields=email%20admin&sort=_id").json();
        assert_eq!((&list["results"][0]["admin"], &list["results"][1]["admin"]), (&one["admin"], &json!(null)));
        assert_eq!(list["results"][0].get("username"), None);
        let search = json!({"filter": [format!("email:$eq:ann@acme.com.beta")], "fields": "admin"});
        assert_eq!(client.post("/api/search/systemusers", &search).json()["results"][0]["admin"], one["admin"]);
        assert!(console::set_admin(client.world, ann, None));
        assert_eq!(client.get(&format!("/api/systemusers/{ann}")).json()["admin"], json!(null));
        assert!(client.world.user(ben).unwrap().admin().is_none());
    });
}

fn members(client: &Client<'_>, group: GroupId) -> Vec<UserId> {
    client.world.group(group).unwrap().members().collect()
}

#[test]
fn a_group_changes_how_it_comes_by_its_members() {
    with_client(|client| {
        let (ann, group) = (user(client, "ann"), {
            let org = org(client);
            client.world.add_group(org, "A")
        });
        let rule = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:.beta"]}}"#});
        assert!(!console::set_rule(client.world, group, &json!({"queryType": "Magic"})));
        assert!(console::set_rule(client.world, group, &rule));
        assert_eq!(members(client, group), [], "a static group does not ask its rule");
        assert!(console::set_membership(client.world, group, Membership::DynamicAutomated));
        assert_eq!(members(client, group), [ann]);
        assert!(console::set_membership(client.world, group, Membership::Static));
        assert!(console::remove_member(client.world, group, ann));
        let whole = client.get(&format!("/api/v2/usergroups/{group}")).json();
        assert_eq!((&whole["membershipMethod"], &whole["memberQuery"]), (&json!("STATIC"), &rule));
        assert!(console::set_membership(client.world, group, Membership::DynamicAutomated));
        assert_eq!(members(client, group), [ann]);
        assert!(console::set_membership(client.world, group, Membership::DynamicReviewRequired));
        let ben = user(client, "ben");
        assert!(!members(client, group).contains(&ben), "what is suggested does nothing until somebody accepts it");
    });
}

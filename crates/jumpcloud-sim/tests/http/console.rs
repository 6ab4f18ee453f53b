//! `/__sim/console/`: what a person does by hand, for those who are in another process.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::federation::{Federation, federate};

async fn by_hand(federation: &Federation, edit: &str, fields: Value) -> Answer {
    federation.browser().json("POST", &format!("/__sim/console/{edit}"), &fields).await
}

#[tokio::test]
async fn the_edits_that_tests_need_are_there_by_name() {
    let mut federation = federate().await;
    let (app, group, ann) = (federation.app.clone(), federation.access_group.clone(), federation.ann_at_beta.clone());
    let policies = federation.secondary.get("/api/v2/identity-provider/policies").await.expect(200).json();
    let policies = policies.as_object().unwrap().values().find_map(|value| value.as_array().cloned()).unwrap();
    let policy = policies[0]["id"].clone();
    let rotated = by_hand(&federation, "rotate-secret", json!({"app": app})).await.expect(200).json();
    assert_eq!(rotated["client_id"], federation.client_id.as_str());
    assert_ne!(rotated["client_secret"], federation.client_secret.as_str());
    for (edit, fields) in [
        ("enable-policy", json!({"policy": policy, "enabled": false})),
        ("suspend-user", json!({"user": ann, "suspended": true})),
        ("lock-user", json!({"user": ann, "locked": true})),
        ("rename-group", json!({"group": group, "name": "Other"})),
        ("set-attribute", json!({"user": federation.ann_at_acme, "name": "SecondaryEmail", "value": null})),
        ("hide-app", json!({"app": app, "hidden": false})),
        ("set-username", json!({"user": ann, "username": "renamed"})),
        ("set-name", json!({"user": ann, "first": "Other", "last": "Name"})),
        ("rename-provider", json!({"provider": federation.provider, "name": "Workforce"})),
        ("point-provider", json!({"provider": federation.provider, "url": "https://x.example.com", "client_id": "x"})),
    ] {
        by_hand(&federation, edit, fields).await.expect(204);
    }
    let target = format!("/api/v2/identity-provider/policies/{}", policy.as_str().unwrap());
    assert_eq!(federation.secondary.get(&target).await.json()["enabled"], false);
    let ann = federation.secondary.get(&format!("/api/systemusers/{ann}")).await.json();
    assert_eq!((&ann["state"], &ann["account_locked"]), (&json!("SUSPENDED"), &json!(true)));
    assert_eq!([&ann["username"], &ann["firstname"], &ann["lastname"]], ["renamed", "Other", "Name"]);
    let shown = federation.primary.get(&format!("/api/applications/{app}")).await.json();
    assert_eq!(shown["sso"]["hidden"], false);
    let target = format!("/api/v2/identity-providers/{}", federation.provider);
    let provider = federation.secondary.get(&target).await.json();
    assert_eq!(
        [&provider["name"], &provider["oidc"]["url"], &provider["oidc"]["clientId"]],
        ["Workforce", "https://x.example.com", "x"]
    );
    assert_eq!(federation.primary.get(&format!("/api/v2/usergroups/{group}")).await.json()["name"], "Other");
    let at_acme = federation.primary.get(&format!("/api/systemusers/{}", federation.ann_at_acme)).await.json();
    assert_eq!(at_acme["attributes"], json!([]));
    by_hand(&federation, "delete-provider", json!({"provider": federation.provider})).await.expect(204);
    federation.secondary.get(&target).await.expect(404);
}

#[tokio::test]
async fn an_edit_that_is_not_understood_or_finds_nothing_changes_nothing() {
    let federation = federate().await;
    let before = federation.browser().get("/__sim/world").await.json();
    let missing = by_hand(&federation, "delete-user", json!({"user": "5f0c0d3e9b1e8a0001a1b2c3"})).await.expect(404);
    assert!(missing.text().contains("nothing was changed"));
    let unknown = by_hand(&federation, "explode", json!({})).await.expect(400).text();
    assert!(unknown.contains("unknown variant `explode`") && unknown.contains("`delete-user`"), "{unknown}");
    let fields = by_hand(&federation, "delete-user", json!({"who": "x"})).await.expect(400).text();
    assert!(fields.contains("unknown field `who`, expected `user`"), "{fields}");
    assert_eq!(federation.browser().get("/__sim/world").await.json(), before);
}

#[tokio::test]
async fn an_index_names_every_route_and_every_edit() {
    let federation = federate().await;
    let mut client: Client = federation.browser();
    let index = client.get("/__sim/").await.expect(200).text();
    for line in ["PUT     /__sim/faults", "POST    /__sim/clock", "/__sim/console/rotate-secret {app: id}"] {
        assert!(index.contains(line), "{index}");
    }
    // One waits until a fault holds an answer back: `an_answer_is_held_until_it_is_let_go_and_what_was_asked_is_done`.
    let (waits, answers): (Vec<&str>, Vec<&str>) =
        index.lines().filter(|line| line.starts_with("GET ")).partition(|line| line.contains(" /__sim/held"));
    assert_eq!(waits.len(), 1, "{index}");
    for line in answers {
        client.get(line.split_whitespace().nth(1).unwrap()).await.expect(200);
    }
    let nothing = client.get("/__sim/nothing").await.expect(404).text();
    assert!(nothing.contains("GET /__sim/ lists what there is"), "{nothing}");
}

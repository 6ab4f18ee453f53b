//! Two organisations that are federated for one person, under the names of the service.

use jumpcloud_sim::{NewUser, Region, World};
use serde_json::json;

use crate::common::{Client, text};

pub(crate) const CALLBACK: &str = "https://login.jumpcloud.com/oauth/callback";

pub(crate) struct Federation {
    pub(crate) world: World,
    pub(crate) primary_key: String,
}

/// Ann of Acme, whose password is `correct horse`, opens `ann@acme.com.beta` through an identity provider of this URL. Acme
/// is in this region, and Beta in the US.
pub(crate) fn federate(region: Region, issuer: &str) -> Federation {
    let mut world = World::new(7);
    let (primary, secondary) = (world.add_organization("Acme", region), world.add_organization("Beta", Region::Us));
    let (primary_key, secondary_key) = (world.add_key(&[primary]), world.add_key(&[secondary]));
    let user = |email: &str, password: Option<&str>| NewUser {
        email: email.to_owned(),
        username: "ann".to_owned(),
        password: password.map(str::to_owned),
        ..NewUser::default()
    };
    let ann = world.add_user(primary, user("ann@acme.com", Some("correct horse")));
    let account = world.add_user(secondary, user("ann@acme.com.beta", None));

    let mut client = Client { world: &mut world, key: &primary_key };
    let attributes = json!({"attributes": [{"name": "SecondaryEmail", "value": "ann@acme.com.beta"}]});
    client.put(&format!("/api/systemusers/{ann}"), &attributes);
    let app = json!({"active": true, "name": "oidc", "displayLabel": "OIDC for Beta", "config": {},
        "sso": {"type": "oidc", "hidden": true}});
    let app = text(&client.post("/api/applications", &app).json(), "_id");
    let sso = json!({"type": "oidc", "hidden": true, "oidc": {
        "redirectUris": [CALLBACK], "grantTypes": ["authorization_code"],
        "tokenEndpointAuthMethod": "client_secret_post", "relyingPartyUrl": "https://console.jumpcloud.com",
        "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}]}});
    let oidc = client.post(&format!("/api/v2/applications/{app}/sso"), &sso).json()["oidc"].clone();
    let bind = json!({"op": "add", "type": "user", "id": ann});
    assert_eq!(client.post(&format!("/api/v2/applications/{app}/associations"), &bind).status, 204);

    let mut client = Client { world: &mut world, key: &secondary_key };
    let group = text(&client.post("/api/v2/usergroups", &json!({"name": "Federated"})).json(), "id");
    let member = json!({"op": "add", "type": "user", "id": account});
    assert_eq!(client.post(&format!("/api/v2/usergroups/{group}/members"), &member).status, 204);
    let provider = json!({"name": "Acme", "type": "OIDC", "oidc": {
        "clientId": oidc["clientId"], "clientSecret": oidc["clientSecret"], "url": issuer}});
    let provider = text(&client.post("/api/v2/identity-providers", &provider).json(), "id");
    let policy = json!({"name": "To Acme", "enabled": true, "identityProviderId": provider});
    let policy = text(&client.post("/api/v2/identity-provider/policies", &policy).json(), "id");
    let bind = json!({"op": "add", "type": "user_group", "id": group});
    let bound = client.post(&format!("/api/v2/identity-provider/policies/{policy}/associations"), &bind);
    assert_eq!(bound.status, 204);
    Federation { world, primary_key }
}

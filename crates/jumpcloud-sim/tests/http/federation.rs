//! Two organisations federated by the calls of the public procedure, nothing past the API.

use std::net::TcpListener;

use jumpcloud_sim::http::{Handle, Options, serve};
use jumpcloud_sim::{OrgId, Region, World};
use serde_json::{Value, json};

use crate::client::Client;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const PRIMARY_EMAIL: &str = "ann@acme.com";
pub(crate) const SECONDARY_EMAIL: &str = "ann@acme.com.beta";

/// A server on a port of its own.
pub(crate) fn start(world: World) -> Handle {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    serve(listener, world, Options::default()).expect("serves")
}

/// What the calls made.
pub(crate) struct Federation {
    pub(crate) handle: Handle,
    pub(crate) acme: OrgId,
    pub(crate) beta: OrgId,
    /// An API client of each organisation.
    pub(crate) primary: Client,
    pub(crate) secondary: Client,
    pub(crate) ann_at_acme: String,
    pub(crate) ann_at_beta: String,
    pub(crate) access_group: String,
    pub(crate) app: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) provider: String,
}

impl Federation {
    pub(crate) fn browser(&self) -> Client {
        Client::new(self.handle.address())
    }

    pub(crate) fn callback(&self) -> String {
        format!("{}/oauth/callback", self.handle.base_url())
    }
}

/// The whole procedure.
pub(crate) async fn federate() -> Federation {
    let mut world = World::new(7);
    let (acme, beta) = (world.add_organization("Acme", Region::Us), world.add_organization("Beta", Region::Us));
    let keys = (world.add_key(&[acme]), world.add_key(&[beta]));
    let handle = start(world);
    let mut primary = Client::new(handle.address()).with("x-api-key", &keys.0);
    let mut secondary = Client::new(handle.address()).with("x-api-key", &keys.1);

    let ann_at_acme = add_ann(&mut primary, PRIMARY_EMAIL, Some(PASSWORD)).await;
    let attributes = json!({"attributes": [{"name": "SecondaryEmail", "value": SECONDARY_EMAIL}]});
    primary.json("PUT", &format!("/api/systemusers/{ann_at_acme}"), &attributes).await.expect(200);
    let ann_at_beta = add_ann(&mut secondary, SECONDARY_EMAIL, None).await;
    let access_group = add_group(&mut primary, "May open Beta", &ann_at_acme).await;
    let routing_group = add_group(&mut secondary, "Federated from Acme", &ann_at_beta).await;

    let (app, oidc) = add_app(&mut primary, &format!("{}/oauth/callback", handle.base_url())).await;
    bind(&mut primary, &format!("/api/v2/applications/{app}/associations"), &access_group).await;
    let (client_id, client_secret) = (text(&oidc, "clientId"), text(&oidc, "clientSecret"));
    let provider = json!({"name": "Acme JumpCloud", "type": "OIDC", "oidc": {
        "clientId": client_id, "clientSecret": client_secret, "url": handle.base_url(),
    }});
    let provider = secondary.json("POST", "/api/v2/identity-providers", &provider).await.expect(201).json();
    let provider = text(&provider, "id");
    let policy = json!({"name": "Acme people", "enabled": true, "identityProviderId": provider});
    let policy = secondary.json("POST", "/api/v2/identity-provider/policies", &policy).await.json();
    let associations = format!("/api/v2/identity-provider/policies/{}/associations", text(&policy, "id"));
    bind(&mut secondary, &associations, &routing_group).await;
    Federation {
        handle,
        acme,
        beta,
        primary,
        secondary,
        ann_at_acme,
        ann_at_beta,
        access_group,
        app,
        client_id,
        client_secret,
        provider,
    }
}

async fn add_ann(organization: &mut Client, email: &str, password: Option<&str>) -> String {
    let mut ann =
        json!({"email": email, "username": "ann", "firstname": "Ann", "lastname": "Archer", "state": "ACTIVATED"});
    if let Some(password) = password {
        ann["password"] = json!(password);
    }
    text(&organization.json("POST", "/api/systemusers", &ann).await.expect(200).json(), "_id")
}

async fn add_group(organization: &mut Client, name: &str, member: &str) -> String {
    let group = organization.json("POST", "/api/v2/usergroups", &json!({"name": name})).await.expect(201).json();
    let group = text(&group, "id");
    let add = json!({"op": "add", "type": "user", "id": member});
    organization.json("POST", &format!("/api/v2/usergroups/{group}/members"), &add).await.expect(204);
    group
}

async fn add_app(primary: &mut Client, callback: &str) -> (String, Value) {
    let app = json!({
        "active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "OIDC for Beta", "config": {},
        "sso": {"type": "oidc", "hidden": true},
    });
    let app = text(&primary.json("POST", "/api/applications", &app).await.expect(200).json(), "_id");
    let sso = json!({"type": "oidc", "hidden": true, "oidc": {
        "consent": "trusted", "redirectUris": [callback], "grantTypes": ["authorization_code"],
        "tokenEndpointAuthMethod": "client_secret_post", "relyingPartyUrl": "https://console.jumpcloud.com",
        "dynamicClaims": [{"name": "email", "value": "SecondaryEmail"}],
    }});
    let sso = primary.json("POST", &format!("/api/v2/applications/{app}/sso"), &sso).await.expect(200).json();
    (app, sso["oidc"].clone())
}

async fn bind(organization: &mut Client, associations: &str, group: &str) {
    let add = json!({"op": "add", "type": "user_group", "id": group});
    organization.json("POST", associations, &add).await.expect(204);
}

/// A text of an object, which must be there.
pub(crate) fn text(object: &Value, name: &str) -> String {
    object[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {object}")).to_owned()
}

/// The query fields of an address.
pub(crate) fn query(address: &str) -> Vec<(String, String)> {
    let query = address.split_once('?').map(|(_, query)| query).unwrap_or_default();
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// One query field of an address, which must be there.
pub(crate) fn query_field(address: &str, name: &str) -> String {
    let found = query(address).into_iter().find(|(known, _)| known == name);
    found.unwrap_or_else(|| panic!("no `{name}` in {address}")).1
}

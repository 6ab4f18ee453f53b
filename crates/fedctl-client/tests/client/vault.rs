//! A vault that answers in every bad way. The real one is in `tests/e2e/vault.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use fedctl_client::{BuildError, SecretPath, Url, Vault, VaultError, VaultLogin, VaultOptions};
use secrecy::{ExposeSecret, SecretString};

use crate::server::{Received, Reply, Server};

const HUSH: &str = "s.hush-hush";

fn options(address: &Url, login: VaultLogin) -> VaultOptions {
    let namespace = Some("team/fedctl".to_owned());
    VaultOptions {
        address: address.clone(),
        namespace,
        login,
        extra_authorities: Vec::new(),
        timeout: Duration::from_secs(5),
    }
}

fn by_token(server: &Server) -> Vault {
    Vault::new(options(server.base(), VaultLogin::Token(HUSH.into()))).unwrap()
}

fn by_role(server: &Server) -> Vault {
    let login = VaultLogin::AppRole {
        mount: "approle".to_owned(),
        role_id: "role".to_owned(),
        secret_id: "hush-secret-id".into(),
    };
    Vault::new(options(server.base(), login)).unwrap()
}

fn at() -> SecretPath {
    SecretPath { mount: "secret".to_owned(), path: "fedctl/abc".to_owned() }
}

fn json(status: u16, body: &str) -> Reply {
    Reply::new(status, &[("content-type", "application/json")], body)
}

/// What reading, writing, listing, destroying and removing come to.
async fn everything(vault: &Vault) -> Vec<VaultError> {
    let secret: SecretString = "hush-data".into();
    let fields = BTreeMap::from([("client_secret", &secret)]);
    let errors = [
        vault.read(&at()).await.map(|_| ()).err(),
        vault.write(&at(), &fields, 0).await.map(|_| ()).err(),
        vault.versions(&at()).await.map(|_| ()).err(),
        vault.destroy(&at(), &[1]).await.err(),
        vault.remove(&at()).await.err(),
    ];
    errors.into_iter().flatten().collect()
}

fn told(error: &VaultError) -> String {
    let source = std::error::Error::source(error).map(|source| format!(": {source} {source:?}")).unwrap_or_default();
    format!("{error}{source} {error:?}")
}

#[tokio::test]
async fn a_secret_is_read_with_its_version_and_every_request_says_who_asks() {
    let body = r#"{"data":{"data":{"api_key":"jca_x","count":3},"metadata":{"version":7}}}"#;
    let server = Server::always(json(200, body)).await;
    let read = by_token(&server).read(&at()).await.unwrap().unwrap();
    let fields = read.fields.unwrap();
    assert_eq!((read.version, fields.len(), fields["api_key"].expose_secret()), (7, 1, "jca_x"));
    let log = server.log();
    assert_eq!(log[0].line, "GET /v1/secret/data/fedctl/abc HTTP/1.1");
    let header = |name| log[0].header(name);
    assert_eq!(
        (header("x-vault-token"), header("x-vault-namespace"), header("x-vault-request")),
        (Some(HUSH), Some("team/fedctl"), Some("true"))
    );
}

#[tokio::test]
async fn what_never_was_what_was_destroyed_and_what_is_no_engine_are_told_apart() {
    let never = Server::always(json(404, r#"{"errors":[]}"#)).await;
    assert!(by_token(&never).read(&at()).await.unwrap().is_none());
    assert!(by_token(&never).versions(&at()).await.unwrap().is_empty());
    by_token(&never).remove(&at()).await.unwrap();
    let destroyed = r#"{"data":{"data":null,"metadata":{"version":2,"destroyed":true}}}"#;
    let destroyed = by_token(&Server::always(json(404, destroyed)).await).read(&at()).await.unwrap().unwrap();
    assert!(destroyed.version == 2 && destroyed.fields.is_none());
    let no_engine =
        Server::always(json(404, r#"{"errors":["no handler for route \"secret/data/fedctl/abc\""]}"#)).await;
    for error in everything(&by_token(&no_engine)).await {
        assert!(
            matches!(&error, VaultError::Refused { status: 404, said, .. } if said.contains("no handler")),
            "{error}"
        );
    }
    let no_vault = Server::always(Reply::new(404, &[("content-type", "text/html")], "<html>hush-data</html>")).await;
    let errors = everything(&by_token(&no_vault)).await;
    assert_eq!(errors.len(), 5);
    assert!(errors.iter().all(|error| !told(error).contains("hush")), "{errors:?}");
    let words = Server::always(json(200, "[]")).await;
    assert!(matches!(by_token(&words).read(&at()).await, Err(VaultError::Unreadable { .. })));
}

#[tokio::test]
async fn a_write_names_the_version_it_replaces_and_a_conflict_is_no_other_mistake() {
    let written = Server::always(json(200, r#"{"data":{"version":4}}"#)).await;
    let secret: SecretString = "hush-data".into();
    let fields = BTreeMap::from([("client_secret", &secret)]);
    assert_eq!(by_token(&written).write(&at(), &fields, 3).await.unwrap(), 4);
    let sent: serde_json::Value = serde_json::from_slice(&written.log()[0].body).unwrap();
    assert_eq!(sent, serde_json::json!({"options": {"cas": 3}, "data": {"client_secret": "hush-data"}}));
    let said = r#"{"errors":["check-and-set parameter did not match the current version"]}"#;
    let conflict = by_token(&Server::always(json(400, said)).await).write(&at(), &fields, 0).await.unwrap_err();
    assert!(matches!(conflict, VaultError::Conflict { .. }) && !conflict.may_pass());
    let other = by_token(&Server::always(json(400, r#"{"errors":["no data provided"]}"#)).await);
    assert!(matches!(other.write(&at(), &fields, 0).await, Err(VaultError::Refused { status: 400, .. })));
}

#[tokio::test]
async fn sealed_and_busy_may_pass_denied_may_not_and_nobody_repeats_a_secret() {
    for status in [429, 473, 500, 503] {
        let server = Server::always(json(status, &format!(r#"{{"errors":["Vault is sealed {HUSH}"]}}"#))).await;
        let errors = everything(&by_token(&server)).await;
        assert_eq!((errors.len(), server.log().len()), (5, 5), "nothing is sent twice");
        assert!(errors.iter().all(VaultError::may_pass));
        assert!(
            errors.iter().all(|error| error.to_string().contains("Vault is sealed") && !told(error).contains("hush"))
        );
    }
    let denied = Server::always(json(403, r#"{"errors":["1 error occurred:\n\t* permission denied\n\n"]}"#)).await;
    let errors = everything(&by_token(&denied)).await;
    let first = errors[0].to_string();
    assert_eq!(
        first,
        "the vault does not let this role or token read `secret/data/fedctl/abc`: 1 error occurred: * permission denied"
    );
    assert!(errors.iter().all(|error| !error.may_pass() && !told(error).contains("hush")));
    let redirect = Server::always(Reply::new(307, &[("location", "http://127.0.0.1:1/v1/x")], "")).await;
    assert_eq!(everything(&by_token(&redirect)).await.len(), 5);
    assert_eq!(redirect.log().len(), 5, "a redirect is not followed");
    let cut = Server::always(Reply::nothing()).await;
    let errors = everything(&by_token(&cut)).await;
    assert!(errors.len() == 5 && errors.iter().all(|error| error.may_pass() && !told(error).contains("hush")));
    let endless = Server::always(json(200, &"x".repeat(2 << 20))).await;
    assert!(matches!(by_token(&endless).read(&at()).await, Err(VaultError::Unreadable { .. })));
}

/// Logs in, and lets the token of the first log-in be good for one request.
fn role(received: &Received) -> Reply {
    if received.line.starts_with("POST /v1/auth/approle/login ") {
        let token = if received.index == 0 { "first" } else { "second" };
        return json(200, &format!(r#"{{"auth":{{"client_token":"{token}","lease_duration":60}}}}"#));
    }
    match (received.header("x-vault-token"), received.index) {
        (Some("first"), 1) | (Some("second"), _) => json(404, r#"{"errors":[]}"#),
        _ => json(403, r#"{"errors":["permission denied"]}"#),
    }
}

#[tokio::test]
async fn a_role_gets_a_token_once_and_another_when_that_is_not_good_any_more() {
    let server = Server::start(role).await;
    let vault = by_role(&server);
    for _ in 0..3 {
        assert!(vault.read(&at()).await.unwrap().is_none());
    }
    let lines: Vec<_> = server.log().iter().map(|sent| sent.line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(lines, ["POST", "GET", "GET", "POST", "GET", "GET"]);
    assert!(server.log()[0].header("x-vault-token").is_none());
    let refused = Server::always(json(400, r#"{"errors":["invalid role or secret ID hush-secret-id"]}"#)).await;
    let error = by_role(&refused).read(&at()).await.unwrap_err();
    assert!(matches!(error, VaultError::Denied { .. }) && !told(&error).contains("hush"), "{error}");
    assert!(error.to_string().contains("log in at `auth/approle/login`: invalid role or secret ID"), "{error}");
    // A role that may not do it is not asked for another token again and again.
    let denied = Server::start(|received| match received.line.starts_with("POST /v1/auth") {
        true => json(200, r#"{"auth":{"client_token":"x"}}"#),
        false => json(403, r#"{"errors":["permission denied"]}"#),
    });
    let denied = denied.await;
    let vault = by_role(&denied);
    assert!(vault.read(&at()).await.is_err() && denied.log().len() == 2);
}

#[test]
fn without_tls_a_vault_is_on_this_machine() {
    let new = |address: &str| {
        Vault::new(options(&Url::parse(address).unwrap(), VaultLogin::Token(HUSH.into())))
            .map(|vault| format!("{vault:?}"))
    };
    for address in ["http://vault.example.com:8200", "http://localhost:8200", "http://127.0.0.1.example.com"] {
        assert!(matches!(new(address), Err(BuildError::PlainVault { .. })), "{address}");
    }
    for address in ["http://127.0.0.1:8200", "http://[::1]:8200", "https://vault.example.com"] {
        assert!(!new(address).unwrap().contains("hush"), "{address}");
    }
}

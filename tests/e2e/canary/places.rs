//! Where secrets come from, and runs that have to do with each.

use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::{Value, json};

use super::{Canary, vault};
use crate::env::Run;
use crate::sandbox::Side::{self, Primary, Secondary};
use crate::sandbox::{Sandbox, text};

/// What everything that prints is asked for, in every format it has.
const COMMANDS: [&str; 16] = [
    "validate demo.yaml",
    "plan demo.yaml --full",
    "plan demo.yaml --format json",
    "plan demo.yaml --format markdown",
    "plan demo.yaml --out x.plan",
    "show x.plan",
    "show x.plan --format json",
    "show x.plan --format markdown",
    "verify demo.yaml",
    "verify demo.yaml --format json",
    "trace demo.yaml ben.fischer@acme.com",
    "trace demo.yaml ben.fischer@acme.com --format json",
    "adopt demo.yaml",
    "apply x.plan --exact --auto-approve",
    "apply demo.yaml --auto-approve --format json",
    "demo --people 8",
];

/// Where the sandbox itself puts keys, and where it may.
pub(super) const ON_PURPOSE: [&str; 8] =
    ["keys.env", "operator.yaml", "acme.key", "open.key", "print-key", "print-and-fail", "mistake.yaml", "ca.pem"];

/// Everything; what takes minutes only when it is asked for.
pub(super) fn all(canary: &mut Canary, slow: bool) {
    environment(canary);
    files_and_programs(canary);
    service_account(canary);
    echoes(canary, slow);
    repeated(canary);
    refused(canary);
    mistakes(canary);
    held(canary);
    vault::vault(canary);
    #[cfg(unix)]
    vault::programs(canary);
}

/// A sandbox with keys of ours in place of its own.
pub(super) fn sandbox(canary: &mut Canary, name: &str) -> (Sandbox, String, String) {
    let sandbox = Sandbox::start();
    let keys = [Primary, Secondary].map(|side| {
        let place = if side == Primary { "primary" } else { "secondary" };
        let key = canary.plant(&format!("{name} {place}").replace(' ', "-"));
        open_with(&sandbox, side, &key);
        key
    });
    let [primary, secondary] = keys;
    (sandbox, primary, secondary)
}

/// Lets another key open an organisation.
fn open_with(sandbox: &Sandbox, side: Side, key: &str) {
    sandbox.change_world(|world| world["keys"][key] = world["keys"][sandbox.key(side)].clone());
}

pub(super) fn run(sandbox: &Sandbox, args: &str, keys: [(&str, &str); 2]) -> Run {
    Run::of(sandbox.home.command(&format!("{args} -vv")).envs(keys))
}

/// The client secrets that the service made meanwhile, and the tokens it gave.
pub(super) fn made_by_the_service(canary: &mut Canary, sandbox: &Sandbox, name: &str) -> Vec<String> {
    let world = sandbox.world();
    let rows = |table: &str| world[table].as_object().expect("a table").values().cloned().collect::<Vec<_>>();
    let apps = rows("apps").into_iter().map(|app| app["oidc"]["client_secret"].clone());
    let providers = rows("providers").into_iter().map(|provider| provider["client_secret"].clone());
    let tokens = world["service_accounts"]["tokens"].as_object().expect("there are tokens").keys();
    let made = apps.chain(providers).filter_map(|secret| secret.as_str().map(str::to_owned));
    let mut made: Vec<String> = made.chain(tokens.cloned()).filter(|secret| secret.len() >= 16).collect();
    made.sort();
    made.dedup();
    for secret in &made {
        canary.knows(&format!("{name}: made by the service"), secret);
    }
    made
}

/// Keys in the environment, and the secret of the app on its way.
fn environment(canary: &mut Canary) {
    let (sandbox, primary, secondary) = sandbox(canary, "environment");
    let keys = [("FEDCTL_ACME_API_KEY", primary.as_str()), ("FEDCTL_BETA_API_KEY", secondary.as_str())];
    for _round in 0..2 {
        for args in COMMANDS {
            let _run = canary.ran(run(&sandbox, args, keys));
        }
    }
    assert!(!made_by_the_service(canary, &sandbox, "environment").is_empty(), "a secret was made");
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}

fn operator(acme: &str, beta: &str) -> String {
    format!("version: 1\ncredentials:\n  acme: {acme}\n  beta: {beta}\n")
}

pub(super) fn write(sandbox: &Sandbox, name: &str, text: &str, mode: u32) {
    sandbox.home.write(name, text);
    #[cfg(unix)]
    fs::set_permissions(sandbox.home.path().join(name), fs::Permissions::from_mode(mode)).expect("it is ours");
    #[cfg(not(unix))]
    let _ = mode;
}

/// A key in a file, one that a program prints, and what the program is told of the other.
fn files_and_programs(canary: &mut Canary) {
    let (sandbox, primary, secondary) = sandbox(canary, "kept");
    let path = |name: &str| sandbox.home.path().join(name).display().to_string();
    let quoted = |key: &str| format!("'{}'", key.replace('\'', r"'\''"));
    write(&sandbox, "acme.key", &format!("{primary}\n"), 0o600);
    let told = format!("env > {0}; echo \"$0 $@\" >> {0}; cat /proc/$$/environ >> {0}", path("told.txt"));
    let script = format!("#!/bin/sh\n{told}\necho {0} >&2\nprintf '%s\\n' {0}\n", quoted(&secondary));
    write(&sandbox, "print-key", &script, 0o700);
    sandbox.home.write("operator.yaml", &operator("{file: acme.key}", &format!("{{exec: [{}]}}", path("print-key"))));
    // A variable that nobody asks for goes to no child.
    let bystander = canary.plant("bystander");
    for args in ["plan demo.yaml --full", "apply demo.yaml --auto-approve", "verify demo.yaml --format json"] {
        let keys = [("FEDCTL_OPERATOR", "operator.yaml"), ("BYSTANDER", bystander.as_str())];
        let run = canary.ran(run(&sandbox, args, keys));
        assert_eq!(run.status, 0, "{run}");
    }
    assert!(sandbox.home.path().join("told.txt").exists(), "the program ran");
    // Sources that fail say so, and not what they hold.
    let failing = canary.plant("failing-source");
    write(&sandbox, "open.key", &failing, 0o644);
    write(
        &sandbox,
        "print-and-fail",
        &format!("#!/bin/sh\nprintf '%s\\n' {0}; printf %s {0} >&2; exit 3\n", quoted(&failing)),
        0o700,
    );
    let program = format!("{{exec: [{}]}}", path("print-and-fail"));
    for source in ["{file: open.key}", program.as_str(), "{exec: [/bin/sh, -c, \"exit 4\"]}"] {
        sandbox.home.write("operator.yaml", &operator(source, "{file: acme.key}"));
        let keys = [("FEDCTL_OPERATOR", "operator.yaml"), ("OTHER", "")];
        let run = canary.ran(run(&sandbox, "plan demo.yaml", keys));
        assert_eq!(run.status, 1, "{run}");
    }
    made_by_the_service(canary, &sandbox, "kept");
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}

/// The secret of a service account, and the tokens that it brings.
fn service_account(canary: &mut Canary) {
    let (sandbox, _, secondary) = sandbox(canary, "account");
    let secret = canary.plant("service-account");
    let (id, client) = ("65aa0d3e9b1e8a0001a1b2c3", "0f8fad5b-d9cb-469f-a165-70867728950e");
    let proof = json!({"id": "65aa0d3e9b1e8a0001a1b2c4", "client_id": client, "secret": secret, "expires_ms": null});
    let account = json!({
        "id": id, "name": "fedctl", "email": "service@example.com", "organizations": [sandbox.id(Primary)],
        "credentials": [proof],
    });
    sandbox.change_world(|world| world["service_accounts"]["accounts"][id] = account);
    let acme = format!("{{service_account: {{client_id: {client}, secret: {{env: ACCOUNT_SECRET}}}}}}");
    sandbox.home.write("operator.yaml", &operator(&acme, "{env: BETA}"));
    let keys = [("ACCOUNT_SECRET", secret.as_str()), ("BETA", secondary.as_str())];
    for args in ["plan demo.yaml", "apply demo.yaml --auto-approve", "verify demo.yaml"] {
        let run = canary.ran(run(&sandbox, &format!("{args} --operator operator.yaml"), keys));
        assert_eq!(run.status, 0, "{run}");
    }
    // The token endpoint repeats what it was asked.
    for body in bodies() {
        faults(&sandbox, &[("/oauth2/token", "POST", body)]);
        let _run = canary.ran(run(&sandbox, "plan demo.yaml --operator operator.yaml", keys));
    }
    sandbox.control("DELETE", "faults", "");
    assert!(made_by_the_service(canary, &sandbox, "account").len() > 1, "there are tokens");
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}

/// Answers that repeat the request, its headers too: those that refuse it.
fn bodies() -> Vec<Value> {
    vec![
        says(400, "application/json", r#"{"message": "bad: {request}"}"#),
        says(401, "application/json", r#"{"error": "who are you: {request}"}"#),
        says(403, "application/json", r#"{"error": {"message": "{request}"}, "error_description": "{request}"}"#),
        says(422, "application/json", r#""{request}""#),
        says(405, "text/plain", "{request}"),
    ]
}

/// Those after which nobody knows what became of it: some are waited out for a minute and a half.
fn slow_bodies() -> Vec<Value> {
    vec![
        says(409, "text/plain", "{request}"),
        says(403, "text/html", "<!doctype html>{request}"),
        says(500, "text/html", "<html><body>{request}</body></html>"),
        says(503, "application/json", r#"{"message": "later: {request}"}"#),
        says(200, "text/plain", "{request}"),
        says(200, "application/json", r#"{"unexpected": "{request}"}"#),
        says(302, "text/plain", "{request}"),
    ]
}

fn says(status: u16, kind: &str, body: &str) -> Value {
    json!({"status": status, "content_type": kind, "body": body})
}

fn faults(sandbox: &Sandbox, list: &[(&str, &str, Value)]) {
    let rows = list.iter().enumerate().map(|(number, (path, method, body))| {
        json!({"name": format!("f{number}"), "when": {"path": path, "method": method}, "do": {"answer": body}})
    });
    sandbox.control("PUT", "faults", &Value::from_iter(rows).to_string());
}

/// Error bodies that repeat the request: the key in a header, the client secret in a body. Each body has a sandbox and a
/// thread, for some are waited out.
fn echoes(canary: &mut Canary, slow: bool) {
    let bodies = if slow { [bodies(), slow_bodies()].concat() } else { bodies() };
    let ran = std::thread::scope(|scope| {
        let began: Vec<_> = bodies.iter().map(|body| scope.spawn(move || echo(body))).collect();
        began.into_iter().map(|thread| thread.join().expect("it ends")).collect::<Vec<Canary>>()
    });
    ran.into_iter().for_each(|one| canary.take(one));
}

fn echo(body: &Value) -> Canary {
    let calls = [
        ("/api/search/systemusers", "POST", "plan demo.yaml"),
        ("/api/organizations", "GET", "verify demo.yaml"),
        ("/api/v2/applications/*/sso", "POST", "apply demo.yaml --auto-approve"),
        ("/oauth2/token", "POST", "apply demo.yaml --auto-approve --format json"),
        ("/api/v2/identity-providers", "POST", "apply demo.yaml --auto-approve"),
        ("/api/v2/identity-provider/policies", "POST", "apply demo.yaml --auto-approve --format json"),
    ];
    let mut canary = Canary::default();
    let (sandbox, primary, secondary) = sandbox(&mut canary, &format!("echo of {} {}", body["status"], body["body"]));
    let keys = [("FEDCTL_ACME_API_KEY", primary.as_str()), ("FEDCTL_BETA_API_KEY", secondary.as_str())];
    let fresh = sandbox.world();
    for (path, method, args) in calls {
        faults(&sandbox, &[(path, method, body.clone())]);
        let _run = canary.ran(run(&sandbox, args, keys));

        sandbox.control("DELETE", "faults", "");
        made_by_the_service(&mut canary, &sandbox, path);
        sandbox.control("PUT", "world", &fresh.to_string());
    }
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
    canary
}

/// The client secret in every later answer that may repeat it, under its own name and under others.
fn repeated(canary: &mut Canary) {
    let (sandbox, primary, secondary) = sandbox(canary, "repeated");
    let keys = [("FEDCTL_ACME_API_KEY", primary.as_str()), ("FEDCTL_BETA_API_KEY", secondary.as_str())];
    let run = |args: &str| run(&sandbox, args, keys);
    let first = canary.ran(run("apply demo.yaml --auto-approve"));
    assert_eq!(first.status, 0, "{first}");
    let made = made_by_the_service(canary, &sandbox, "repeated");
    let secret = made.first().expect("a secret was made");
    let mut app = sandbox.list(Primary, "/api/applications?limit=100").into_iter();
    let app = app.rfind(|app| app["displayLabel"] == "OIDC for Beta").expect("it is there");
    let settings = sandbox.get(Primary, &format!("/api/v2/applications/{}/sso", text(&app["_id"])));
    let mut shown = settings;
    for pointer in ["/oidc/clientSecret", "/clientSecret", "/oidc/extra"] {
        let (parent, name) = pointer.rsplit_once('/').expect("it has a slash");
        let parent = shown.pointer_mut(parent).expect("settings have such a part");
        parent[name] = json!(secret);
    }
    let mut providers = sandbox.get(Secondary, "/api/v2/identity-providers");
    providers["identityProviders"][0]["oidc"]["clientSecret"] = json!(secret);
    let says = |body: &Value| json!({"status": 200, "body": body.to_string()});
    faults(
        &sandbox,
        &[("/api/v2/applications/*/sso", "GET", says(&shown)), ("/api/v2/identity-providers", "GET", says(&providers))],
    );
    for args in COMMANDS {
        let _run = canary.ran(run(args));
    }
    sandbox.control("DELETE", "faults", "");
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}

/// Keys that nobody knows, that open another organisation, or that cannot be keys.
fn refused(canary: &mut Canary) {
    let (sandbox, primary, secondary) = sandbox(canary, "refused");
    let unknown = canary.plant("unknown-key");
    let blank = format!("{} and more", canary.plant("key-with-a-blank"));
    let real = canary.plant("real-key").replace("sim_", "");
    canary.knows("a real key", &real);
    for (acme, beta) in [
        (&unknown, &secondary),
        (&secondary, &primary),
        (&blank, &secondary),
        (&real, &secondary),
        (&primary, &primary),
    ] {
        let keys = [("FEDCTL_ACME_API_KEY", acme.as_str()), ("FEDCTL_BETA_API_KEY", beta.as_str())];
        for args in ["plan demo.yaml", "verify demo.yaml --format json", "apply demo.yaml --auto-approve"] {
            let run = canary.ran(run(&sandbox, args, keys));
            assert_ne!(run.status, 0, "{run}");
        }
    }
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}

/// Secrets where none belongs: in the spec, its defaults, the operator file, the authorities.
fn mistakes(canary: &mut Canary) {
    let (sandbox, primary, secondary) = sandbox(canary, "mistakes");
    let keys = [("FEDCTL_ACME_API_KEY", primary.as_str()), ("FEDCTL_BETA_API_KEY", secondary.as_str())];
    let spec = sandbox.home.read("demo.yaml");
    let planted = canary.plant("in-the-spec");
    let quoted = json!(planted).to_string();
    let mut lines = vec![
        format!("api_key: {quoted}\n"),
        format!("client_secret: {quoted}\n"),
        format!("secret: [{quoted}]\n"),
        format!("token:\n  {quoted}\n"),
        format!("token: |\n  {planted}\n"),
        format!("password: >-\n  {planted}\n\n"),
        format!("proxy: \"http://user:{}@proxy.example\"\n", planted.replace('"', "")),
        format!("x-api-key : {quoted}\n"),
        format!("apiKey: {quoted}\nsecond: {quoted}\n"),
    ];
    lines.push(format!("credentials: {{acme: {quoted}}}\n"));
    canary.knows("in a URL of the spec", &planted.replace('"', ""));
    let with_credentials = spec.replace("credentials: acme", &format!("credentials: {quoted}"));
    let with_key = spec.replace("credentials: acme", &format!("credentials: acme, api_key: {quoted}"));
    let texts = lines.iter().map(|line| format!("{spec}{line}")).chain([with_credentials, with_key]);
    for text in texts {
        sandbox.home.write("mistake.yaml", &text);
        for args in ["validate mistake.yaml", "plan mistake.yaml --format json"] {
            let run = canary.ran(run(&sandbox, args, keys));
            assert_eq!(run.status, 65, "{run}\n{text}");
        }
    }
    operator_mistakes(canary, &sandbox, keys);
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}

fn operator_mistakes(canary: &mut Canary, sandbox: &Sandbox, keys: [(&str, &str); 2]) {
    let planted = canary.plant("operator-file").replace(['"', '\\', '\'', '<', '>', '%', '/', '?'], "");
    canary.knows("the operator file", &planted);
    write(sandbox, "ca.pem", &format!("-----BEGIN PRIVATE KEY-----\n{planted}\n-----END PRIVATE KEY-----\n"), 0o600);
    let good = "version: 1\ncredentials: {acme: {env: FEDCTL_ACME_API_KEY}}\n";
    for text in [
        format!("{good}proxy: \"http://user:{planted}@proxy.example:3128\"\n"),
        format!("{good}proxy: \"ftp://user:{planted}@proxy.example:3128\"\n"),
        format!("{good}proxy: [\"http://user:{planted}@proxy.example:3128\"]\n"),
        format!("{good}ca: ca.pem\n"),
        format!("version: 1\ncredentials: {{acme: {{key: \"{planted}\"}}}}\n"),
        format!("version: 1\ncredentials: {{acme: \"{planted}\"}}\n"),
        format!("version: 1\ncredentials: {{acme: {{env: \"{planted}\"}}}}\n"),
        format!(
            "version: 1\ncredentials: {{acme: {{env: A, hosts: {{console: \"https://user:{planted}@console.example\"}}}}}}\n"
        ),
        format!("version: 1\ncredentials: {{acme: {{service_account: {{client_id: x, secret: \"{planted}\"}}}}}}\n"),
    ] {
        sandbox.home.write("operator.yaml", &text);
        // Without a sandbox in the spec the way to the service matters: nothing is at this port.
        let spec = sandbox.home.read("demo.yaml");
        let real: String =
            spec.lines().filter(|line| !line.starts_with("sandbox:")).map(|line| format!("{line}\n")).collect();
        sandbox.home.write("real.yaml", &real);
        for args in ["validate demo.yaml", "plan demo.yaml", "plan real.yaml"] {
            let _run = canary.ran(run(sandbox, &format!("{args} --operator operator.yaml"), keys));
        }
    }
}

/// While the secret is held: what others see of the process. Then it is told to stop.
fn held(canary: &mut Canary) {
    let (sandbox, primary, secondary) = sandbox(canary, "held");
    let when = json!({"path": "/api/v2/applications/*/sso", "method": "POST"});
    sandbox.control("PUT", "faults", &json!([{"name": "hold", "when": when, "do": "hold"}]).to_string());
    let mut command = sandbox.home.command("apply demo.yaml --auto-approve -vv");
    command.env("FEDCTL_ACME_API_KEY", &primary).env("FEDCTL_BETA_API_KEY", &secondary);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    sandbox.control("GET", "held", "");
    made_by_the_service(canary, &sandbox, "held");
    for file in ["cmdline", "comm", "status", "maps"] {
        // Only where there is such a view of a process.
        if let Ok(bytes) = fs::read(format!("/proc/{}/{file}", child.id())) {
            canary.keep(&format!("{file} of the process"), &bytes);
        }
    }
    sandbox.control("DELETE", "faults", "");
    sandbox.control("DELETE", "held", "");
    let output = child.wait_with_output().expect("it ends");
    let _run = canary.ran(Run::ended(&command, &output));
    canary.keep_files(&sandbox.home, &ON_PURPOSE);
}

//! Clients that are not ours, led to the sandbox by its proxy: `cargo xtask clients` installs and runs them.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::proxy::{Behind, behind_proxy};
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
const REDIRECT_URI: &str = "https://rp.example/callback";
const PERSON: &str = "ben.fischer@acme.com";
const PASSWORD: &str = "simulated password";

/// What a program said, and whether it ended well.
struct Said {
    well: bool,
    stdout: String,
    stderr: String,
}

#[track_caller]
fn run(command: &mut Command) -> Said {
    let output = command.stdin(Stdio::null()).output();
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}: run `cargo xtask clients`"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Said { well: output.status.success(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}

impl Said {
    #[track_caller]
    fn well(self) -> Self {
        assert!(self.well, "{}{}", self.stdout, self.stderr);
        self
    }
}

#[track_caller]
fn curl(behind: &Behind, args: &[&str]) -> Said {
    run(behind.lead(Command::new("curl").args(["--silent", "--show-error", "--include"]).args(args)))
}

fn python(behind: &Behind, script: &str) -> Command {
    let mut command = Command::new(format!("{ROOT}/target/clients/bin/python"));
    behind.lead(command.arg("-B").arg(format!("{ROOT}/tests/clients/{script}")));
    command
}

#[test]
#[ignore = "curl is not everywhere: cargo xtask clients"]
fn curl_reaches_the_service_by_its_names_and_nothing_else() {
    let (sandbox, behind) = behind_proxy("");
    let key = format!("x-api-key: {}", sandbox.key(Primary));
    let organizations = curl(&behind, &["https://console.jumpcloud.com/api/organizations", "--header", &key]).well();
    assert!(organizations.stdout.contains("x-fedctl-sim: 1") && organizations.stdout.contains("\"Acme\""));
    let reached = sandbox.requests();
    for (url, why) in [
        ("https://example.com/", "hosts of JumpCloud alone"),
        ("https://jumpcloud.com/", "hosts of JumpCloud alone"),
        ("https://console.jumpcloud.com:8443/", "port 443 alone"),
    ] {
        let refused = curl(&behind, &[url]);
        assert!(!refused.well && refused.stdout.contains(why) && refused.stderr.contains("403"), "{}", refused.stdout);
    }
    let plain = curl(&behind, &["http://console.jumpcloud.com/", "--proxy", &behind.https_proxy]).well();
    assert!(plain.stdout.starts_with("HTTP/1.1 403 ") && plain.stdout.contains("no plain http"), "{}", plain.stdout);
    // Without the authority, nothing is believed: verification is on, and this authority is all that is trusted.
    let url = ["https://console.jumpcloud.com/"];
    let stranger = run(behind.lead(Command::new("curl").args(url)).env_remove("SSL_CERT_FILE"));
    assert!(!stranger.well && stranger.stderr.contains("certificate"), "{}", stranger.stderr);
    assert_eq!(sandbox.requests(), reached);
}

#[test]
#[ignore = "an interpreter is not everywhere: cargo xtask clients"]
fn a_script_written_from_the_public_procedure_federates_a_person_who_signs_in() {
    let (sandbox, behind) = behind_proxy("");
    let mut script = python(&behind, "howto.py");
    script.env("PRIMARY_KEY", sandbox.key(Primary)).env("SECONDARY_KEY", sandbox.key(Secondary));
    let page = run(script.args([PERSON, PASSWORD])).well().stdout;
    assert!(page.contains("<h1>Signed in as Ben Fischer &lt;ben.fischer@acme.com.beta&gt; to Beta</h1>"), "{page}");
    assert!(!page.contains("127.0.0.1"), "{page}");
    let account = sandbox.user(Secondary, "ben.fischer@acme.com.beta");
    assert_eq!(account["restrictedFields"][0]["type"], "federated_identity_provider");
}

/// Makes an OIDC app that a person may use, with what a relying party is given of it.
#[track_caller]
fn relying_party(sandbox: &Sandbox, behind: &Behind) -> Command {
    let app = json!({"active": true, "name": "oidc", "displayLabel": "Relying party", "config": {},
        "sso": {"type": "oidc", "hidden": true}});
    let app = sandbox.api(Primary, "POST", "/api/applications", &app);
    let app = format!("/api/v2/applications/{}", text(&app["_id"]));
    let oidc = json!({"redirectUris": [REDIRECT_URI], "grantTypes": ["authorization_code"],
        "tokenEndpointAuthMethod": "client_secret_post", "relyingPartyUrl": "https://rp.example",
        "dynamicClaims": [{"name": "email", "value": "email"}]});
    let sso = json!({"type": "oidc", "hidden": true, "oidc": oidc});
    let oidc = sandbox.api(Primary, "POST", &format!("{app}/sso"), &sso)["oidc"].clone();
    let person = json!({"op": "add", "type": "user", "id": sandbox.user(Primary, PERSON)["_id"]});
    sandbox.api(Primary, "POST", &format!("{app}/associations"), &person);
    let mut command = python(behind, "relying_party.py");
    command.env("CLIENT_ID", text(&oidc["clientId"])).env("CLIENT_SECRET", text(&oidc["clientSecret"]));
    command
}

#[test]
#[ignore = "an interpreter is not everywhere: cargo xtask clients"]
fn an_openid_library_believes_the_issuer_of_each_region() {
    // Both organisations are in the US; the other issuers would not know their apps.
    let (sandbox, behind) = behind_proxy("--set region-bound=false");
    for region in ["", "eu.", "in."] {
        let issuer = format!("https://oauth.id.{region}jumpcloud.com/");
        let said = run(relying_party(&sandbox, &behind).args([&issuer, PERSON, PASSWORD])).well();
        let claims: Value = serde_json::from_str(&said.stdout).expect("it prints the claims");
        assert_eq!(claims["header"]["alg"], "RS256");
        assert_eq!((&claims["id_token"]["iss"], &claims["id_token"]["email"]), (&json!(issuer), &json!(PERSON)));
        assert_eq!(claims["userinfo"]["sub"], claims["id_token"]["sub"]);
    }
}

#[test]
#[ignore = "an interpreter is not everywhere: cargo xtask clients"]
fn an_openid_library_refuses_what_is_mixed_up() {
    let (sandbox, behind) = behind_proxy("");
    for (what, why) in [
        ("nonce", "Invalid nonce value"),
        ("audience", "NotForMe"),
        ("issuer", "IssuerMismatch"),
        ("expiry", "EXPError"),
        ("keys", "Unknown issuer"),
        ("verifier", "invalid_grant"),
    ] {
        let issuer = "https://oauth.id.jumpcloud.com/";
        let said = run(relying_party(&sandbox, &behind).args([issuer, PERSON, PASSWORD, what]));
        assert!(!said.well && said.stderr.contains(why), "{what}: {}{}", said.stdout, said.stderr);
    }
}

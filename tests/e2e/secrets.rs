//! No key and no client secret is ever printed, however much is logged and in whatever form.

use crate::env::Run;
use crate::http::percent;
use crate::sandbox::Side::{Primary, Secondary};
use crate::sandbox::{Sandbox, text};

#[test]
fn i8_nothing_that_is_printed_holds_a_secret() {
    let sandbox = Sandbox::start();
    let mut printed = Vec::new();
    let mut run = |args: &str| {
        let run = sandbox.fedctl(args);
        printed.push(run.stdout);
        printed.push(run.stderr);
    };
    for args in ["plan", "plan --format json -vv", "apply --auto-approve --format json -vv", "plan --full -vv"] {
        run(&format!("{args} demo.yaml"));
    }
    for args in ["apply --auto-approve -vv", "verify -vv", "verify --format json -v", "validate -vv"] {
        run(&format!("{args} demo.yaml"));
    }
    run("trace demo.yaml ben.fischer@acme.com -vv");
    // Failures print what an answer said.
    let other = |key: &str| Run::of(sandbox.command("plan demo.yaml -vv").env("FEDCTL_ACME_API_KEY", key)).stderr;
    printed.push(other(sandbox.key(Secondary)));
    printed.push(other("sim_canary4canary4canary4canary4canary4cana"));
    assert!(printed.iter().any(|text| text.contains("/sso")), "requests are logged");

    let found = sandbox.secrets().into_iter().chain(["sim_canary4canary4canary4canary4canary4cana".to_owned()]);
    for secret in found {
        assert!(secret.len() > 16, "a secret that is this short may be found by chance");
        for form in forms(&secret) {
            assert!(!printed.iter().any(|text| text.contains(&form)), "a secret was printed: {form}");
        }
    }
}

#[test]
fn i8_a_run_that_fails_in_part_prints_no_secret() {
    let sandbox = Sandbox::start_with("--set max-attributes=1");
    let run = sandbox.fedctl("apply demo.yaml --auto-approve -vv").exits_with(5);
    let printed = [run.stdout, run.stderr].concat();
    assert!(printed.contains("failed"), "{printed}");
    for form in sandbox.secrets().iter().flat_map(|secret| forms(secret)) {
        assert!(!printed.contains(&form), "a secret was printed: {form}");
    }
}

impl Sandbox {
    /// The keys that were used, and every client secret there is now.
    fn secrets(&self) -> Vec<String> {
        let world = self.world();
        let mut secrets = vec![self.key(Primary).to_owned(), self.key(Secondary).to_owned()];
        let providers = world["providers"].as_object().expect("there are providers").values();
        let apps = world["apps"].as_object().expect("there are apps").values().map(|app| &app["oidc"]);
        let owners = providers.chain(apps).filter(|owner| owner["client_secret"].is_string());
        secrets.extend(owners.map(|owner| text(&owner["client_secret"]).to_owned()));
        assert!(secrets.len() > 3, "both organisations have the secret of the federation");
        secrets
    }
}

/// A secret as it might be written: plain, in base64 at each of three offsets, for URLs, in hexadecimal.
pub(crate) fn forms(secret: &str) -> Vec<String> {
    let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), percent(secret), percent(secret).to_lowercase(), hexadecimal];
    for offset in 0..3 {
        // What stands before and after changes the first and the last digits.
        let digits = base64(&[&b"\0\0\0"[..offset], secret.as_bytes()].concat());
        let inner = digits[4..digits.len() - 4].to_owned();
        forms.push(inner.replace('+', "-").replace('/', "_"));
        forms.push(inner);
    }
    forms
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let mut word = [0; 4];
        word[1..=chunk.len()].copy_from_slice(chunk);
        let word = u32::from_be_bytes(word);
        out.extend([18, 12, 6, 0].map(|shift| char::from(DIGITS[(word >> shift & 63) as usize])));
    }
    out
}

#[test]
fn base64_is_what_others_write() {
    assert_eq!(base64(b"Man Man"), "TWFuIE1hbgAA");
    assert_eq!(base64(b"sim"), "c2lt");
}

//! Texts and what becomes of them.

use super::*;
use crate::address::Org;
use crate::spec::Severity;

const EXAMPLE: &str = include_str!("../../../../docs/operator.example.yaml");

#[track_caller]
fn valid(text: &str) -> Operator {
    let Parsed { operator, problems } = parse(text);
    assert_eq!(problems, []);
    operator.unwrap()
}

/// Everything that is wrong with a text, as a list for a snapshot.
fn shown(text: &str) -> String {
    let lines = parse(text).problems.into_iter().map(|problem| {
        assert_eq!(problem.severity, Severity::Error);
        let at = problem.labels.first().and_then(|label| label.at.locate(text));
        let at = at.map(|at| format!("{}:{}", at.line, at.column)).unwrap_or_default();
        let help = problem.help.map(|help| format!("\n    help: {help}")).unwrap_or_default();
        format!("{at} {}: {}{help}\n", problem.code, problem.message)
    });
    lines.collect()
}

fn codes(text: &str) -> Vec<Code> {
    parse(text).problems.into_iter().map(|problem| problem.code).collect()
}

#[test]
fn the_example_is_valid_and_says_every_key() {
    let operator = valid(EXAMPLE);
    let sources: Vec<_> = operator.credentials.iter().map(|(name, one)| (name.as_str(), &one.source)).collect();
    let [
        ("acme", Source::Env(_)),
        ("beta", Source::File(_)),
        ("delta", Source::Env(_)),
        ("epsilon", Source::Vault { .. }),
        ("gamma", Source::Exec(_)),
    ] = sources[..]
    else {
        panic!("{sources:?}")
    };
    assert_eq!(operator.limits.host.rate.unwrap().value, 20);
    let deeper =
        ["primary", "max_losses", "max_gains", "max_renames", "rate", "in_flight", "callback", "organizations"]
            .into_iter()
            .chain(["oauth", "client_id"]);
    for key in KEYS.iter().chain(sources::SOURCES).copied().chain(deeper) {
        assert!(EXAMPLE.contains(key), "{key}");
    }
}

#[test]
fn what_is_not_done_yet_is_refused_where_it_is_asked_for() {
    let text = "\
version: 1
credentials: {a: {keyring: y}, c: {env: C}}
";
    let help = "\n    help: remove it for now: what is asked for is done or refused, never passed over";
    insta::assert_snapshot!(shown(text).replace(help, ""), @r"
    2:19 not-yet: a key from `keyring` is not done by this version of fedctl
    ");
}

#[test]
fn a_service_account_has_an_id_and_a_secret_from_somewhere() {
    let account = |text: &str| format!("version: 1\ncredentials:\n  a: {{service_account: {text}}}\n");
    let operator = valid(&account("{client_id: 0f8f-d9cb, secret: {file: a.secret}}"));
    let read = operator.credentials.values().next().unwrap();
    assert!(matches!(&read.source, Source::File(path) if path.as_str() == "a.secret"));
    assert_eq!(read.account.as_ref().map(|id| id.as_str()), Some("0f8f-d9cb"));
    let wrong = ["{client_id: x}", "{secret: {env: A}}", "hush", "{client_id: x, secret: hush}"];
    let more = ["{client_id: hush hush, secret: {env: A}}", "{client_id: x, secret: {env: A, exec: [/b]}}"];
    let shown: String = wrong.iter().chain(&more).map(|text| shown(&account(text))).collect();
    assert!(!shown.contains("hush"), "{shown}");
    insta::assert_snapshot!(shown, @r"
    3:7 missing-key: `credentials.a.service_account.secret` is missing
        help: write it, for example `secret: {env: ACME_CLIENT_SECRET}`
    3:7 missing-key: `credentials.a.service_account.client_id` is missing
        help: write it, for example `client_id: 0f8fad5b-d9cb-469f-a165-70867728950e`
    3:24 wrong-type: `credentials.a.service_account` is text, not a mapping
    3:47 wrong-type: `credentials.a.service_account.secret` is text, not a mapping
    3:36 invalid-name: this is no client id
        help: copy it from the service account in the console; its secret does not belong here
    3:56 several-sources: `credentials.a.service_account.secret` says 2 times where it comes from
        help: keep one: which of them wins is nothing to guess at
    ");
    let nested = account("{client_id: x, secret: {keyring: y}}");
    assert_eq!(codes(&nested), [Code::MissingKey, Code::UnknownKey]);
}

#[test]
fn a_lease_is_in_files_or_in_a_store_and_a_journal_in_a_folder() {
    let files = valid("version: 1\nlease: {file: /var/lib/leases}\njournal: {dir: journals}\n");
    assert!(matches!(files.lease, Some(Lease::Files(path)) if path.as_str() == "/var/lib/leases"));
    assert_eq!(files.journal.map(|dir| dir.as_str().to_owned()).as_deref(), Some("journals"));
    let Some(Lease::Store(store)) = valid(EXAMPLE).lease else { panic!("the example has a store") };
    assert_eq!((store.url.bucket(), store.url.prefix()), ("acme-fedctl", "leases"));
    assert_eq!(store.expiry.map(|expiry| expiry.value), Some(60));
    assert!(matches!(store.secret_access_key, Source::Env(_)) && store.session_token.is_none());
    let key = "access_key_id: {env: A}, secret_access_key: {env: B}";
    let wrong = [
        "lease: x".to_owned(),
        "lease: {}".to_owned(),
        format!("lease: {{file: /a, store: {{url: s3://a, {key}}}}}"),
        "lease: {store: {url: s3://a}}".to_owned(),
        format!("lease: {{store: {{url: s3://A/../b, {key}}}}}"),
        format!("lease: {{store: {{url: s3://a, endpoint: http://s3.example.com, {key}}}}}"),
        format!("lease: {{store: {{url: s3://a, endpoint: http://127.0.0.1.example.com, {key}}}}}"),
        format!("lease: {{store: {{url: s3://a, expiry: 4s, {key}}}}}"),
        "journal: {}".to_owned(),
    ];
    let shown: String = wrong.iter().map(|text| shown(&format!("version: 1\n{text}\n"))).collect();
    insta::assert_snapshot!(shown, @r"
    2:8 wrong-type: `lease` is text, not a mapping
    2:1 missing-key: `lease.file` is missing
        help: write it, for example `file: /var/lib/fedctl/leases`
    2:19 several-sources: `lease` says twice where leases are
        help: keep one: runs that look in different places do not see each other
    2:9 missing-key: `lease.store.access_key_id` is missing
        help: write it, for example `access_key_id: {env: LEASE_ACCESS_KEY_ID}`
    2:9 missing-key: `lease.store.secret_access_key` is missing
        help: write it, for example `secret_access_key: {env: LEASE_SECRET_ACCESS_KEY}`
    2:22 invalid-url: this is no bucket of an object store
        help: write the bucket and, if there is one, a prefix, as in `s3://acme-fedctl/leases`
    2:40 invalid-url: this is no address of an object store
        help: write `https://` and the host, without a user name or password; `http://` is for `127.0.0.1` and `[::1]` alone
    2:40 invalid-url: this is no address of an object store
        help: write `https://` and the host, without a user name or password; `http://` is for `127.0.0.1` and `[::1]` alone
    2:38 invalid-duration: `4s` is no number of seconds
        help: write `5s` to `3600s`
    2:1 missing-key: `journal.dir` is missing
        help: write it, for example `dir: /var/lib/fedctl/journal`
    ");
    let plain = format!("version: 1\nlease: {{store: {{url: s3://a, endpoint: \"http://[::1]:9000\", {key}}}}}\n");
    assert!(matches!(valid(&plain).lease, Some(Lease::Store(store)) if store.endpoint.as_ref().unwrap().is_plain()));
}

const VAULT: &str = "vault: {address: \"http://127.0.0.1:8200\", login: {token: {env: T}}}\n";

#[test]
fn a_vault_is_opened_by_a_token_or_a_role_and_keeps_keys_and_client_secrets() {
    let operator = valid(EXAMPLE);
    let Some(Vault { address, login: Login::AppRole { role_id, secret_id: Source::File(_), .. }, .. }) = operator.vault
    else {
        panic!("the example has a role")
    };
    assert_eq!((address.as_str(), role_id.as_str().len()), ("https://vault.example.com:8200", 36));
    assert!(matches!(operator.escrow, Some(Escrow::Vault { path, .. }) if path.as_str() == "fedctl/escrow"));
    let by_token = valid(&format!("version: 1\n{VAULT}credentials: {{a: {{vault: {{path: a/b, field: key}}}}}}\n"));
    assert!(matches!(by_token.vault, Some(Vault { login: Login::Token(Source::Env(_)), .. })));
    let programs =
        valid("version: 1\nescrow: {exec: {put: [/a, \"{client_id}\"], get: [/b, \"x/{client_id}.age\"]}}\n");
    let Some(Escrow::Exec { put, get }) = programs.escrow else { panic!("it has programs") };
    assert_eq!((put.program.as_str(), get.arguments.as_slice()), ("/a", &["x/{client_id}.age".to_owned()][..]));
}

#[test]
fn what_is_wrong_with_a_vault_or_an_escrow_is_said_and_no_secret_is_repeated() {
    let wrong = [
        "vault: {address: \"http://vault.example.com\", login: {token: {env: T}}}",
        "vault: {address: \"https://hush@vault.example.com\", login: {token: hush}}",
        "vault: {address: \"https://v.example.com\", login: {token: {vault: {path: a, field: b}}}}",
        "vault: {address: \"https://v.example.com\", login: {token: {env: T}, app_role: {role_id: a, secret_id: {env: S}}}}",
        "vault: {address: \"https://v.example.com\", login: {app_role: {role_id: \"hush hush\"}}}",
        "vault: {login: {}}",
        "credentials: {a: {vault: {path: a, field: b}}}",
        "escrow: {vault: {path: ../a}}",
        "escrow: {vault: {path: a}}",
        "escrow: {vault: {path: a}, exec: {put: [/a], get: [/b]}}",
        "escrow: {exec: {put: [/a, hush], get: [b, \"{client_id}\"]}}",
        "escrow: {}",
        "escrow: hush",
    ];
    let shown: String = wrong.iter().map(|text| shown(&format!("version: 1\n{text}\n"))).collect();
    assert!(!shown.contains("hush"), "{shown}");
    insta::assert_snapshot!(shown, @r"
    2:18 invalid-url: this is no address of a vault
        help: write `https://` and the host, without a user name or password; `http://` is for `127.0.0.1` and `[::1]` alone
    2:18 invalid-url: this is no address of a vault
        help: write `https://` and the host, without a user name or password; `http://` is for `127.0.0.1` and `[::1]` alone
    2:67 wrong-type: `vault.login.token` is text, not a mapping
    2:51 missing-key: `vault.login.token` does not say where it comes from
        help: write one of `env: ACME_API_KEY`, `file: /run/secrets/acme`, `exec: [/usr/bin/pass, show, acme]`
    2:59 unknown-key: `vault.login.token` has no key `vault`
        help: its keys are `env`, `file`, `exec`
    2:68 several-sources: `vault.login` says twice what opens the vault
        help: keep one: which of them wins is nothing to guess at
    2:51 missing-key: `vault.login.app_role.secret_id` is missing
        help: write it, for example `secret_id: {file: secrets/secret-id}`
    2:71 invalid-name: this is no id of a role
        help: write what `vault read auth/approle/role/NAME/role-id` shows; its secret does not belong here
    2:1 missing-key: `vault.address` is missing
        help: write it, for example `address: https://vault.example.com:8200`
    2:9 missing-key: `vault.login.token` is missing
        help: write it, for example `token: {env: VAULT_TOKEN}`
    2:33 missing-key: this is in a vault, and the file does not say in which
        help: write `vault: {address: https://vault.example.com:8200, login: {token: {env: VAULT_TOKEN}}}` at the top of the file
    2:24 invalid-path: this is no place in a vault
        help: write names with slashes between them, as in `fedctl/acme`: the engine is `mount`, without `data/`
    2:24 missing-key: this is in a vault, and the file does not say in which
        help: write `vault: {address: https://vault.example.com:8200, login: {token: {env: VAULT_TOKEN}}}` at the top of the file
    2:28 several-sources: `escrow` says twice where client secrets are kept
        help: keep one: which of them wins is nothing to guess at
    2:22 missing-key: `escrow.exec.put` does not say which secret is meant
        help: write `{client_id}` into an argument: every client has a secret of its own
    2:39 invalid-path: a program begins with its absolute path
        help: write it as in `exec: [/usr/bin/pass, show, acme]`, with at most 64 entries: there is no shell and no search path
    2:1 missing-key: `escrow.vault` is missing
        help: write it, for example `vault: {path: fedctl/escrow}`
    2:9 wrong-type: `escrow` is text, not a mapping
    ");
}

#[test]
fn what_plans_have_to_obey_is_read() {
    let text = "\
version: 1
protect: {primary: [CEO@acme.com], secondary: [breakglass@beta.com]}
ceilings: {max_losses: 3, max_gains: 0, max_renames: 5}
forms: {routing-policy-body: manual}
";
    let rules = crate::plan::rules::Rules::of(&valid(text));
    assert!(rules.protects(Org::Primary, "ceo@acme.com") && rules.protects(Org::Secondary, "breakglass@beta.com"));
    assert!(!rules.protects(Org::Secondary, "ceo@acme.com"));
    assert_eq!((rules.max_losses, rules.max_gains, rules.max_renames), (Some(3), Some(0), Some(5)));
    assert_eq!(rules.forms[Question::RoutingPolicyBody.as_str()], Form::Manual);
    let as_seen = valid(&text.replace("manual", "b"));
    assert_eq!(as_seen.forms[&Question::RoutingPolicyBody].value, Form::Named("b"));
}

#[test]
fn a_file_without_a_word_but_the_version_changes_nothing() {
    assert_eq!(valid("version: 1\n"), Operator::default());
    assert_eq!(codes("credentials: {}\n"), [Code::MissingKey]);
    assert_eq!(codes("version: 2\n"), [Code::UnsupportedVersion]);
    assert_eq!(codes(""), [Code::EmptyFile]);
}

const WRONG: &str = "\
version: 1
credentials:
  acme: {env: jca_hush_hush}
  Beta Key hush: {env: BETA}
  two: {env: TWO, file: two.key}
  none: {organizations: []}
  shell: {exec: \"cat hush\"}
  relative: {exec: [pass, show]}
  home: {file: ~/hush}
  hosts: {env: H, hosts: {console: \"http://x\", issuer: \"https://hush:hush@x\", admin: y}}
  wrong: {env: W, organizations: [12, 12]}
  flat: hush
proxy: socks5://x
limits: {organization: {rate: 0, in_flight: 65}, host: {rate: fast}}
settle: soon
forms: {routing-policy: x, routing-policy-body: A}
federation: acme
colour: blue
";

#[test]
fn everything_that_is_wrong_is_reported_at_once_and_no_secret_is_repeated() {
    let output = shown(WRONG);
    assert!(!output.contains("hush"), "{output}");
    insta::assert_snapshot!(output, @r"
    3:15 invalid-variable: this cannot be the name of a variable
        help: name the variable that holds the key, as in `env: ACME_API_KEY`: upper-case letters, digits and underscores
    4:3 invalid-name: this cannot be the name of credentials
        help: use at most 32 lower-case letters, digits and hyphens; it names credentials and never holds the key itself
    5:19 several-sources: `credentials.two` says 2 times where it comes from
        help: keep one: which of them wins is nothing to guess at
    6:3 missing-key: `credentials.none` does not say where it comes from
        help: write one of `env: ACME_API_KEY`, `file: /run/secrets/acme`, `exec: [/usr/bin/pass, show, acme]`
    6:25 empty-value: `credentials.none.organizations` is empty
        help: name one, or remove the key: then any may be opened
    7:17 wrong-type: `credentials.shell.exec` is text, not a list
    8:20 invalid-path: a program begins with its absolute path
        help: write it as in `exec: [/usr/bin/pass, show, acme]`, with at most 64 entries: there is no shell and no search path
    9:16 invalid-path: nobody replaces the `~` at the start of this path
        help: write the whole path, or one that begins at the folder of the operator file
    10:36 invalid-url: this is no address of a host that gets a key
        help: write `https://` and the host, without a user name or password, as in `https://console.example.com`
    10:56 invalid-url: this is no address of a host that gets a key
        help: write `https://` and the host, without a user name or password, as in `https://console.example.com`
    10:79 unknown-key: `credentials.hosts.hosts` has no key `admin`
        help: its keys are `console`, `issuer`, `insights`, `oauth`, `callback`
    11:35 invalid-organization: `12` is no organisation id
        help: an organisation id is 24 lower-case hexadecimal digits; it is under Settings > Organization Profile
    11:39 invalid-organization: `12` is no organisation id
        help: an organisation id is 24 lower-case hexadecimal digits; it is under Settings > Organization Profile
    12:9 wrong-type: `credentials.flat` is text, not a mapping
    13:8 invalid-url: this is no address of a proxy
        help: write `http://` or `https://`, the host and the port, without a user name or password, as in `http://proxy.example.com:3128`
    14:31 invalid-number: `limits.organization.rate` cannot be 0
        help: write 1 to 1000
    14:45 invalid-number: `limits.organization.in_flight` cannot be 65
        help: write 1 to 64
    14:63 invalid-number: `fast` is no count
        help: write a number such as `3`
    15:9 invalid-duration: `soon` is no number of seconds
        help: write `0s` to `3600s`
    16:9 unknown-key: `forms` has no key `routing-policy`
        help: its keys are `routing-policy-body`, `routing-policy-update`, `identity-provider-update`, `membership-rule`, `app-mark`, `claim-source`, `password-authority-id`
    16:49 unknown-value: `A` is not possible here
        help: possible are `a`, `b`, `c`, `a-plain`, `b-plain`, `c-plain`, `manual`
    17:1 unknown-key: `federation` belongs to a spec
        help: is this file a spec? an operator file is given with `--operator`, a spec as the argument
    18:1 unknown-key: an operator file has no key `colour`
        help: its keys are `version`, `credentials`, `proxy`, `ca`, `protect`, `ceilings`, `forms`, `settle`, `limits`, `lease`, `journal`, `vault`, `escrow`
    ");
}

#[test]
fn hostile_files_have_an_end() {
    for text in [
        "&a [*a]",
        "credentials: {a: {env: !x Y}}",
        "a: 1\na: 2",
        "\0",
        "- ",
        &"{a: ".repeat(5_000),
        &"x".repeat(1 << 16),
    ] {
        assert!(parse(text).operator.is_none(), "{text:.40}");
    }
    let many: String = (0..20_000).map(|n| format!("  c{n}: {{}}\n")).collect();
    assert_eq!(codes(&format!("version: 1\ncredentials:\n{many}"))[0], Code::FileTooLarge);
    let many: String = (0..20_000).map(|n| format!("  c{n}:\n    env: A\n    x: 1\n")).collect();
    assert_eq!(codes(&format!("version: 1\ncredentials:\n{many}")).len(), 1000);
}

#[test]
fn every_code_of_an_operator_file_is_met() {
    for (code, text) in [
        (Code::SeveralSources, "credentials: {a: {env: A, exec: [/b]}}"),
        (Code::InvalidVariable, "credentials: {a: {env: a}}"),
        (Code::InvalidPath, "ca: ~/x"),
        (Code::InvalidUrl, "proxy: x"),
    ] {
        assert_eq!(codes(&format!("version: 1\n{text}\n")), [code]);
    }
    assert_eq!(Code::OF_OPERATOR.len(), 5);
}

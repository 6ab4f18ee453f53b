//! What an operator file allows, and what becomes of it.

use fedctl_core::spec;

use super::*;

fn spec(more: &str) -> Spec {
    let text = format!(
        "federation: acme-to-beta
primary: {{organization: \"5f0c0d3e9b1e8a0001a1b2c3\", credentials: acme, region: eu}}
secondary: {{organization: \"61aa0d3e9b1e8a0001a1b2c3\", credentials: beta}}
people: {{from: {{groups: [A]}}}}
{more}"
    );
    spec::parse(&text).spec.unwrap()
}

fn access<'a>(text: &str, folder: &Path, keys: Keys<'a>) -> Access<'a> {
    let parsed = operator::parse(&format!("version: 1\n{text}"));
    let operator = parsed.operator.unwrap_or_else(|| panic!("{:?}", parsed.problems));
    Access::new(Some(OperatorFile { folder: folder.to_owned(), operator }), keys)
}

fn none(_: &str) -> Option<SecretString> {
    None
}

fn some(name: &str) -> Option<SecretString> {
    Some(SecretString::from(format!("jca_{name}")))
}

#[test]
fn what_the_operator_does_not_name_comes_from_the_environment() {
    let spec = spec("");
    let access = access("credentials: {acme: {env: FEDCTL_NOBODY_SETS_THIS}}\n", Path::new("/"), &some);
    let failure = access.key(&spec.primary, &spec).unwrap_err().text();
    assert!(failure.contains("there is no key in $FEDCTL_NOBODY_SETS_THIS"), "{failure}");
    assert!(access.key(&spec.secondary, &spec).is_ok());
    assert_eq!(access.name(&spec.secondary), "the key in $FEDCTL_BETA_API_KEY");
    let failure = Access::new(None, &none).key(&spec.primary, &spec).unwrap_err().text();
    assert!(failure.contains("$FEDCTL_ACME_API_KEY"), "{failure}");
}

#[test]
fn a_key_opens_only_what_it_was_given_for_and_is_not_fetched_for_more() {
    let spec = spec("");
    let text = "credentials: {acme: {exec: [/nowhere/at/all], organizations: [\"61aa0d3e9b1e8a0001a1b2c3\"]}}\n";
    let failure = access(text, Path::new("/"), &none).key(&spec.primary, &spec).unwrap_err();
    insta::assert_snapshot!(failure.text(), @r"
    error: the operator file does not let the credentials `acme` open the organisation 5f0c0d3e9b1e8a0001a1b2c3; nothing was written
      hint: they may open 61aa0d3e9b1e8a0001a1b2c3; is the organisation in the spec right?
    ");
}

#[test]
fn a_service_account_is_called_by_its_id() {
    let spec = spec("");
    let text = "credentials: {acme: {service_account: {client_id: an-id, secret: {env: PATH}}}}\n";
    let access = access(text, Path::new("/"), &none);
    assert_eq!(access.name(&spec.primary), "the service account `an-id` with the secret in $PATH");
}

#[test]
fn hosts_are_overridden_one_by_one() {
    let spec = spec("");
    let text = "credentials: {acme: {env: PATH, hosts: {console: \"https://console.example.com\", callback: \"https://l.example.com/cb\"}}}\n";
    let hosts = access(text, Path::new("/"), &none).hosts(&spec.primary, &spec).unwrap();
    assert_eq!(hosts.base(Host::Console).as_str(), "https://console.example.com/");
    assert_eq!(hosts.base(Host::Issuer).as_str(), "https://oauth.id.eu.jumpcloud.com/");
    assert_eq!(hosts.base(Host::Oauth).as_str(), "https://admin-oauth.id.eu.jumpcloud.com/");
    assert_eq!(hosts.callback().as_str(), "https://l.example.com/cb");
    for bad in ["https://127.0.0.1", "https://console.example.com/path"] {
        let text = text.replace("https://console.example.com", bad);
        assert!(access(&text, Path::new("/"), &none).hosts(&spec.primary, &spec).is_err(), "{bad}");
    }
}

#[test]
fn a_sandbox_has_no_other_hosts_and_no_proxy() {
    let spec = spec("sandbox: http://127.0.0.1:8480\n");
    let text =
        "credentials: {acme: {env: PATH, hosts: {console: \"https://console.example.com\"}}}\nproxy: http://p:1\n";
    let access = access(text, Path::new("/"), &none);
    assert!(access.hosts(&spec.primary, &spec).unwrap_err().text().contains("the spec is for a sandbox"));
    assert_eq!(access.options(&spec).unwrap().proxy, None);
}

#[test]
fn limits_proxy_and_authorities_go_to_the_client() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ca.pem"), "-----BEGIN CERTIFICATE-----\n").unwrap();
    let text = "proxy: http://proxy.example.com:3128\nca: ca.pem\nlimits: {organization: {rate: 2, in_flight: 1}, host: {rate: 100}}\n";
    let options = access(text, folder.path(), &none).options(&spec("")).unwrap();
    assert_eq!(options.proxy.unwrap().as_str(), "http://proxy.example.com:3128/");
    assert!(options.extra_authorities.starts_with(b"-----BEGIN"));
    let Limits { organization, host } = options.limits;
    assert_eq!((organization.start, organization.ceiling, organization.in_flight), (2.0, 2.0, 1));
    assert_eq!((host.start, host.ceiling, host.in_flight), (10.0, 100.0, 8));
    std::fs::write(folder.path().join("ca.pem"), "no certificate").unwrap();
    assert!(access(text, folder.path(), &none).options(&spec("")).unwrap_err().text().contains("holds no certificate"));
}

#[test]
fn a_file_that_comes_with_the_spec_is_seen_through_links() {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for made in ["repo/.git", "repo/specs", "outside"] {
        std::fs::create_dir_all(at(made)).unwrap();
    }
    for file in ["repo/specs/a.yaml", "repo/operator.yaml", "outside/operator.yaml"] {
        std::fs::write(at(file), "version: 1\n").unwrap();
    }
    let spec = at("repo/specs/a.yaml");
    let comes = |path: &str| comes_with(&at(path), &spec).unwrap();
    assert!(comes("repo/operator.yaml") && comes("outside/../repo/operator.yaml"));
    assert!(!comes("outside/operator.yaml") && !comes("repo/../outside/operator.yaml"));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("repo/operator.yaml"), at("outside/link.yaml")).unwrap();
        std::os::unix::fs::symlink(at("outside/operator.yaml"), at("repo/link.yaml")).unwrap();
        assert!(comes("outside/link.yaml") && comes("repo/link.yaml"));
    }
}

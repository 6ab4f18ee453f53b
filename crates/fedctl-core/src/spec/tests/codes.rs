//! Every code at least once, and the words of those that need them most.

use std::collections::BTreeSet;

use super::super::{Code, MAX_FILE_BYTES, parse};
use super::{HEAD, PEOPLE, codes, shown};

/// For each code of a text one in which exactly this is wrong.
fn examples() -> Vec<(Code, String)> {
    let people = |inside: &str| format!("{HEAD}people: {{from: {{groups: [A]}}, {inside}}}\n");
    let emails = |inside: &str| format!("{HEAD}people: {{from: {{emails: [ann@acme.com, bob@acme.com]}}, {inside}}}\n");
    let more = |more: &str| format!("{HEAD}{PEOPLE}{more}\n");
    vec![
        (Code::FileTooLarge, "#".repeat(MAX_FILE_BYTES + 1)),
        (Code::EmptyFile, String::new()),
        (Code::YamlSyntax, "a: [".to_owned()),
        (Code::UnquotedTemplate, people("mapping: {email: {email}.beta}")),
        (Code::SeveralDocuments, more("---\na: b")),
        (Code::AliasBomb, format!("a: &a {}\nb: [{}]\n", "x".repeat(50_000), ["*a"; 100].join(","))),
        (Code::YamlTag, more("app: {label: !x y}")),
        (Code::MergeKey, more("app: {<<: {}}")),
        (Code::DuplicateKey, more("app: {hidden: true, hidden: false}")),
        (Code::UnknownKey, more("colour: blue")),
        (Code::BelongsToOperator, more("proxy: http://proxy")),
        (Code::MissingKey, HEAD.to_owned()),
        (Code::WrongType, more("app: [a]")),
        (Code::EmptyValue, more("app: {label: ''}")),
        (Code::HiddenCharacter, more("app: {label: \"a\\u202Eb\"}")),
        (Code::UnknownValue, people("on_leave: party")),
        (Code::UnsupportedVersion, more("version: 2")),
        (Code::InvalidName, more("").replace("acme-to-beta", "Acme")),
        (Code::InvalidOrganization, more("").replace("5f0c0d3e9b1e8a0001a1b2c3", "5F0c0d3e9b1e8a0001a1b2c3")),
        (Code::EqualOrganizations, more("").replace("61aa0d3e9b1e8a0001a1b2c3", "5f0c0d3e9b1e8a0001a1b2c3")),
        (Code::InvalidSandbox, more("sandbox: http://127.0.0.1.evil.com")),
        (Code::InvalidEmail, emails("except: [boss]")),
        (Code::InvalidDomain, people("mapping: {domains: [beta]}")),
        (Code::InvalidAttribute, people("mapping: {attribute: Acme_Beta}")),
        (Code::InvalidUsername, people("overrides: [{person: a@b.c, username: Ann}]")),
        (Code::InvalidTemplate, people("mapping: {email: '{local}'}")),
        (Code::UnknownPlaceholder, people("mapping: {email: '{mail}.beta'}")),
        (Code::SameForEverybody, people("mapping: {email: 'all@{domain}'}")),
        (Code::InvalidDuration, people("on_leave: {delete: {after: soon}}")),
        (Code::InvalidNumber, more("safety: {max_losses: many}")),
        (Code::InvalidSuffix, more("routing_group: {members: {email_ends_with: com, accept_capture: true}}")),
        (Code::CaptureNotAccepted, more("routing_group: {members: {email_ends_with: .x}}")),
        (Code::DuplicateEntry, people("copy: [lastname, lastname]")),
        (Code::NobodySelected, format!("{HEAD}people: {{from: {{groups: []}}}}\n")),
        (Code::ExceptedPerson, emails("except: [ANN@acme.com]")),
        (Code::NotInPeople, emails("pilot: [eve@acme.com]")),
        (Code::EmptyOverride, emails("overrides: [{person: ann@acme.com}]")),
        (Code::AliasCollision, emails("overrides: [{person: ann@acme.com, email: bob@acme.com.acme-to-beta}]")),
        (Code::ForeignDomain, people("mapping: {email: '{email}.dev'}")),
    ]
}

#[test]
fn every_code_has_a_text_that_is_wrong_in_that_way() {
    let examples = examples();
    let without = |code: &&Code| !examples.iter().any(|(of, _)| of == *code);
    assert_eq!(Code::OF_TEXT.iter().filter(without).collect::<Vec<_>>(), [] as [&Code; 0]);
    for (code, text) in examples {
        let found = codes(&text);
        let others = found.iter().filter(|(other, _)| *other != code).count();
        assert!(found.iter().any(|(found, _)| *found == code), "{code}: {found:?}");
        assert_eq!(others, 0, "{code}: {found:?}");
    }
}

#[test]
fn every_problem_but_those_of_the_whole_file_has_a_place() {
    let whole_file = [Code::FileTooLarge, Code::EmptyFile, Code::AliasBomb];
    for (code, text) in examples().into_iter().filter(|(code, _)| !whole_file.contains(code)) {
        let found = codes(&text);
        let missing_section = code == Code::MissingKey;
        assert!(missing_section || found.iter().all(|(_, place)| place.is_some()), "{code}: {found:?}");
    }
}

#[test]
fn codes_are_words_with_hyphens_and_all_different() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')));
}

#[test]
fn messages_are_lower_case_without_a_final_period() {
    for (_, text) in examples() {
        for problem in parse(&text).problems {
            let message = &problem.message;
            assert!(!message.ends_with('.') && !message.starts_with(char::is_uppercase), "{message}");
            assert!(problem.help.is_none_or(|help| !help.ends_with('.') && !help.is_empty()), "{message}");
        }
    }
}

#[test]
fn everything_is_reported_at_once_and_in_the_order_of_the_text() {
    let text = "\
federation: Acme
primary: {organisation: x, region: uk, credentials: Acme Key}
secondary: {organization: 12, credentials: {exec: [\"/bin/sh\"]}}
sandbox: https://127.0.0.1
people:
  from: {groups: [A, A], emails: [no-address]}
  except: [ann@acme.com]
  pilot: [ann@acme.com]
  mapping: {attribute: fedctl, email: \"{emial}{x}\"}
  on_leave: suspended
app: {access: group, hiden: true}
routing_policy: on
adopt: {objects: [app]}
api_key: abc
";
    insta::assert_snapshot!(shown(text), @r#"
    1:13 invalid-name: `Acme` cannot be the name of a federation
        help: use at most 48 lower-case letters, digits and hyphens, with a letter or digit at both ends
    2:11 unknown-key: `primary` has no key `organisation`
        help: did you mean `organization`?
    2:36 unknown-value: `uk` is not possible here
        help: possible are `us`, `eu`, `in`
    2:53 invalid-name: this cannot be the name of credentials
        help: use at most 32 lower-case letters, digits and hyphens; it names credentials and never holds the key itself
    3:27 invalid-organization: `12` is no organisation id
        help: an organisation id is 24 lower-case hexadecimal digits; it is under Settings > Organization Profile
    3:45 belongs-to-operator: `exec` belongs to the operator file
        help: a spec only names credentials, as in `credentials: acme`; where their key comes from is said in the operator file (`--operator`) or in the environment
    4:10 invalid-sandbox: `https://127.0.0.1` is not the simulator on this machine
        help: write `http://127.0.0.1:8480` or `http://[::1]:8480`: a name can be made to mean another machine, and with a sandbox nothing may leave this machine
    6:22 duplicate-entry: this entry is in the list twice
    6:35 invalid-email: `no-address` is no e-mail address
        help: it has no `@`
    8:11 excepted-person: `ann@acme.com` is in `people.pilot` and in `people.except`
        help: remove one of the two
    9:24 invalid-attribute: the attribute `fedctl` is fedctl's own
        help: give another name in `people.mapping.attribute`
    9:39 unknown-placeholder: there is no placeholder `{emial}`
        help: did you mean `{email}`?
    9:39 unknown-placeholder: there is no placeholder `{x}`
        help: there are `{email}`, `{local}`, `{domain}`, `{username}`, `{federation}`
    10:13 unknown-value: `suspended` is not possible here
        help: did you mean `suspend`?
    11:15 wrong-type: `app.access` is text, not `{group: NAME}`
    11:22 unknown-key: `app` has no key `hiden`
        help: did you mean `hidden`?
    12:17 wrong-type: `routing_policy` is text, not a mapping
    14:1 belongs-to-operator: `api_key` belongs to the operator file
        help: a spec only names credentials, as in `credentials: acme`; where their key comes from is said in the operator file (`--operator`) or in the environment
    "#);
}

#[test]
fn what_belongs_to_the_operator_is_said_to_and_its_value_is_not_repeated() {
    for key in [
        "exec",
        "env",
        "file",
        "vault",
        "keyring",
        "hosts",
        "host",
        "proxy",
        "ca",
        "lease",
        "journal",
        "escrow",
        "settle",
        "limits",
        "api_key",
        "apiKey",
        "api-key",
        "key",
        "secret",
        "client_secret",
        "JC_API_KEY",
    ] {
        for text in [
            format!("{HEAD}{PEOPLE}{key}: hush\n"),
            format!("{HEAD}{PEOPLE}").replace("credentials: beta", &format!("credentials: beta, {key}: hush")),
            format!("{HEAD}{PEOPLE}").replace("credentials: beta", &format!("credentials: {{{key}: hush}}")),
        ] {
            let found: Vec<Code> = codes(&text).into_iter().map(|(code, _)| code).collect();
            assert_eq!(found, [Code::BelongsToOperator], "{text}");
            assert!(!shown(&text).contains("hush"));
        }
    }
}

#[test]
fn hidden_characters_are_refused_wherever_there_is_text() {
    for escape in ["\\u200b", "\\u202e", "\\ufeff", "\\x07", "\\u2066", "\\U000E0041", "\\n"] {
        let text = format!("{HEAD}people: {{from: {{groups: [\"Con{escape}tractors\"]}}}}\n");
        assert_eq!(codes(&text), [(Code::HiddenCharacter, Some((4, 26)))], "{escape}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for email in [
        "a@b",
        "a b@c.d",
        "a@@b.c",
        "@b.c",
        "a@.c",
        "a@b..c",
        "a@-b.c",
        ".a@b.c",
        "a..b@c.d",
        "a,b@c.d",
        "{email}@b.c",
        "a@b_c.d",
    ] {
        let text = format!("{HEAD}people: {{from: {{emails: ['{email}']}}}}\n");
        assert_eq!(codes(&text), [(Code::InvalidEmail, Some((4, 26)))], "{email}");
    }
    let long = format!("{HEAD}people: {{from: {{emails: ['{}@b.c']}}}}\n", "a".repeat(65));
    assert_eq!(codes(&long), [(Code::InvalidEmail, Some((4, 26)))]);
}

#[test]
fn only_loopback_literals_are_a_sandbox() {
    for url in [
        "https://127.0.0.1",
        "http://127.0.0.1@evil.com",
        "http://127.0.0.1:80/x",
        "http://127.0.0.1:",
        "http://127.0.0.1:0",
        "http://127.0.0.1:65536",
        "http://localhost",
        "http://localhost.evil.com",
        "http://0.0.0.0",
        "http://127.0.0.2",
        "127.0.0.1",
        "http://127.0.0.1?x",
        "HTTP://127.0.0.1",
        "http://[::1",
        "http://127.0.0.1:+80",
    ] {
        let text = format!("{HEAD}{PEOPLE}sandbox: '{url}'\n");
        assert_eq!(codes(&text), [(Code::InvalidSandbox, Some((5, 10)))], "{url}");
    }
}

#[test]
fn problems_with_a_default_point_at_what_it_is_made_of() {
    let text = format!("{HEAD}{PEOPLE}").replace("acme-to-beta", "fedctl");
    assert_eq!(codes(&text), [(Code::InvalidAttribute, Some((1, 13)))]);
}

#[test]
fn what_an_entry_lacks_points_at_the_entry() {
    let text = format!(
        "{HEAD}people: {{from: {{groups: [A]}}, overrides: [{{person: a@b.c, username: x}}, {{email: a@b.c}}]}}\n"
    );
    assert_eq!(codes(&text), [(Code::MissingKey, Some((4, 73)))]);
}

#[test]
fn a_wrong_entry_does_not_make_others_wrong() {
    // Whether `ann` is in the population cannot be said while an entry of it cannot be read.
    let text = format!("{HEAD}people: {{from: {{emails: [ann.acme.com]}}, pilot: [ann@acme.com]}}\n");
    assert_eq!(codes(&text), [(Code::InvalidEmail, Some((4, 26)))]);
}

#[test]
fn one_person_has_one_override_and_one_address() {
    let text = |overrides: &str| format!("{HEAD}people: {{from: {{groups: [A]}}, overrides: [{overrides}]}}\n");
    let twice = text("{person: a@b.c, email: x@b.c}, {person: A@b.c, username: x}");
    assert_eq!(codes(&twice), [(Code::DuplicateEntry, Some((4, 83)))]);
    let email = text("{person: a@b.c, email: x@b.c}, {person: b@b.c, email: X@b.c}");
    assert_eq!(codes(&email), [(Code::AliasCollision, Some((4, 97)))]);
    let username = text("{person: a@b.c, username: x}, {person: b@b.c, username: x}");
    assert_eq!(codes(&username), [(Code::AliasCollision, Some((4, 99)))]);
    let folded = format!(
        "{HEAD}people: {{from: {{emails: [ann@a.com, ann@b.com]}}, mapping: {{email: \"{{local}}@{{federation}}.x\"}}}}\n"
    );
    assert_eq!(codes(&folded), [(Code::AliasCollision, Some((4, 37)))]);
}

#[test]
fn a_file_of_mistakes_is_answered_soon_and_with_a_bound() {
    for text in [
        format!("{HEAD}people: {{from: {{groups: [A]}}, overrides: [{}]}}\n", "{},".repeat(9_000)),
        (0..20_000).map(|number| format!("k{number}: 1\n")).collect(),
        "a: 1\n".repeat(20_000),
        format!("{HEAD}people: {{from: {{emails: [{}]}}}}\n", "a,".repeat(20_000)),
    ] {
        let problems = parse(&text).problems.len();
        assert!((1..=1000).contains(&problems), "{problems}");
    }
}

#[test]
fn an_address_under_a_domain_that_others_can_own_is_refused() {
    let text = |mapping: &str, overrides: &str| {
        format!(
            "{HEAD}people: {{from: {{emails: [ann@acme.com]}}, mapping: {{{mapping}}}, overrides: [{overrides}]}}\n"
        )
    };
    let found = |mapping: &str, overrides: &str| codes(&text(mapping, overrides)).into_iter().map(|(code, _)| code);
    let template = |template: &str| found(&format!("email: '{template}'"), "").collect::<Vec<_>>();
    for foreign in ["{email}.dev", "{local}@beta.com", "{local}@x{domain}", "{local}@{username}.co.uk", "{email}.COM"] {
        assert_eq!(template(foreign), [Code::ForeignDomain], "{foreign}");
    }
    for safe in
        ["{email}", "{email}.beta", "{local}@beta.{domain}", "{email}.{federation}", "{local}@{domain}.{username}"]
    {
        assert_eq!(template(safe), [], "{safe}");
    }
    let declared = |template: &str, domain: &str| {
        found(&format!("email: '{template}', domains: [{domain}]"), "").collect::<Vec<_>>()
    };
    assert_eq!(declared("{local}@beta.com", "Beta.com"), []);
    assert_eq!(declared("{local}@beta.com", "beta.org"), [Code::ForeignDomain]);
    // Whether everybody's address is under it is known per person.
    assert_eq!(declared("{email}.dev", "acme.com.dev"), []);
    assert_eq!(declared("{email}", "co.uk"), [Code::ForeignDomain]);
    let other = |email: &str| found("", &format!("{{person: ann@acme.com, email: {email}}}")).collect::<Vec<_>>();
    assert_eq!(other("ann@beta.com"), [Code::ForeignDomain]);
    assert_eq!(other("ann@x.acme.com"), []);
    assert_eq!(template("{local}@acme.com"), []);
    insta::assert_snapshot!(shown(&text("email: '{email}.dev'", "")), @r"
    4:59 foreign-domain: `ann@example.com.dev` is under a domain that others can own
        help: whoever owns `example.com.dev` receives the mail of this account: use an end that nobody can register, such as `.beta`, or say in `people.mapping.domains` which domain is yours
    ");
    // The default template ends with the name of the federation.
    let text = format!("{HEAD}{PEOPLE}").replace("acme-to-beta", "dev");
    assert_eq!(codes(&text), [(Code::ForeignDomain, Some((1, 13)))]);
}

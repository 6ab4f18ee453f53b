//! What a spec is when it says little, and when it says everything.

use super::super::template::PersonFacts;
use super::super::{
    Access, CopyField, Email, OnEmailChange, OnLeave, PasswordAuthority, PasswordAuthorityRule, Region, RoutingMembers,
    Word,
};
use super::{HEAD, PEOPLE, valid};

const ANN: PersonFacts<'_> = PersonFacts { email: "Ann@acme.com", username: "ann", federation: "acme-to-beta" };

#[test]
fn the_examples_are_valid() {
    let full = valid(include_str!("../../../../../specs/acme.yaml"));
    let minimal = valid(include_str!("../../../../../specs/minimal.yaml"));
    assert_eq!(full.federation.value, minimal.federation.value);
    assert_eq!(full.people.groups[1].at.to_string(), "people.from.groups[1]");
    let bob = full.override_for(&Email::parse("Bob@ACME.com").unwrap()).unwrap();
    assert_eq!(bob.at.to_string(), "people.overrides[0]");
    assert_eq!(bob.username.as_ref().unwrap().as_str(), "robert");
}

#[test]
fn everything_but_the_essentials_has_a_default() {
    let spec = valid(&format!("{HEAD}{PEOPLE}"));
    assert_eq!(spec.primary.region.value, Region::Us);
    assert_eq!(spec.sandbox, None);
    assert_eq!(spec.people.mapping.attribute.as_str(), "acmetobeta");
    assert_eq!(spec.people.mapping.email.render(&ANN), "ann@acme.com.acme-to-beta");
    assert_eq!(spec.people.mapping.username.render(&ANN), "ann");
    assert_eq!(spec.people.mapping.on_email_change.value, OnEmailChange::Keep);
    assert_eq!(spec.people.pilot, None);
    let copied: Vec<CopyField> = spec.people.copy.iter().map(|field| field.value).collect();
    assert_eq!(copied, [CopyField::FirstName, CopyField::LastName, CopyField::DisplayName]);
    let rule = PasswordAuthorityRule { created: PasswordAuthority::Federated, adopted: PasswordAuthority::Keep };
    assert_eq!(spec.people.password_authority.value, rule);
    assert_eq!(spec.people.on_leave.value, OnLeave::Suspend);
    assert_eq!(spec.app.label.as_str(), "OIDC for beta");
    assert_eq!(spec.app.access.value, Access::SourceGroups);
    assert!(spec.app.hidden.value);
    assert_eq!(spec.access_group_name(), "acme-to-beta access");
    assert_eq!(spec.routing_group.name.as_str(), "Federated from acme");
    assert_eq!(spec.routing_group.members.value, RoutingMembers::Managed);
    assert_eq!(spec.identity_provider.name.as_str(), "acme JumpCloud");
    assert_eq!(spec.routing_policy.name.as_str(), "acme people sign in at acme");
    assert!(spec.routing_policy.enabled.value);
}

#[test]
fn the_default_attribute_is_cut_to_what_jumpcloud_allows() {
    let name = "a-very-long-name-of-a-federation-between-two-orgs";
    let name = name.get(..48).unwrap();
    let text = format!("{HEAD}{PEOPLE}").replace("acme-to-beta", name);
    assert_eq!(valid(&text).people.mapping.attribute.as_str(), "averylongnameofafederationbetwe");
}

#[test]
fn addresses_are_folded() {
    let spec = valid(&format!("{HEAD}people: {{from: {{emails: [\"Ann@ACME.com\", ＢＯＢ@acme.com]}}}}\n"));
    let emails: Vec<&str> = spec.people.emails.iter().map(|email| email.as_str()).collect();
    assert_eq!(emails, ["ann@acme.com", "bob@acme.com"]);
    assert_eq!((spec.people.emails[0].local(), spec.people.emails[0].domain()), ("ann", "acme.com"));
}

#[test]
fn app_access_can_be_one_group_or_managed() {
    let access = |text: &str| valid(&format!("{HEAD}{PEOPLE}app: {{access: {text}}}\n")).app.access.value;
    assert_eq!(access("managed"), Access::Managed);
    assert!(
        matches!(access("{group: Everybody at Acme}"), Access::Group(name) if name.as_str() == "Everybody at Acme")
    );
}

#[test]
fn a_sandbox_is_on_this_machine() {
    let sandbox =
        |url: &str| valid(&format!("{HEAD}{PEOPLE}sandbox: \"{url}\"\n")).sandbox.unwrap().as_str().to_owned();
    assert_eq!(sandbox("http://127.0.0.1:8480/"), "http://127.0.0.1:8480");
    assert_eq!(sandbox("http://[::1]:1"), "http://[::1]:1");
}

#[test]
fn templates_take_every_placeholder() {
    let text = format!(
        "{HEAD}people: {{from: {{groups: [A]}}, mapping: {{email: '{{local}}+{{username}}.{{federation}}@{{domain}}'}}}}\n"
    );
    assert_eq!(valid(&text).people.mapping.email.render(&ANN), "ann+ann.acme-to-beta@acme.com");
}

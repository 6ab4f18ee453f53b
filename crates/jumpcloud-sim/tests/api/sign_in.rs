use jumpcloud_sim::fixture::{self, Pair};
use jumpcloud_sim::{Hop, NewUser, Obstacle, OrgId, Restriction, RestrictionKind, Route, UserId, World, console};
use serde_json::json;

use crate::common::{Client, text};

/// Ann and Ben of the primary, each with an account in the secondary, federated by hand.
struct Two {
    world: World,
    primary: OrgId,
    secondary: OrgId,
    ann: UserId,
    ben: UserId,
    ann_account: UserId,
    ben_account: UserId,
}

fn person(world: &mut World, org: OrgId, email: &str, alias: Option<&str>) -> UserId {
    let new = NewUser {
        email: email.to_owned(),
        username: email.to_owned(),
        password: Some("pw".to_owned()),
        attributes: alias.map(|alias| ("alias".to_owned(), alias.to_owned())).into_iter().collect(),
        ..NewUser::default()
    };
    world.add_user(org, new)
}

fn two() -> Two {
    let Pair { mut world, primary, secondary, primary_key, .. } = fixture::pair(9);
    let ann = person(&mut world, primary, "ann@acme.com", Some("ann@beta.com"));
    let ben = person(&mut world, primary, "ben@acme.com", Some("ben@beta.com"));
    let ann_account = person(&mut world, secondary, "ann@beta.com", None);
    let ben_account = person(&mut world, secondary, "ben@beta.com", None);
    let access = world.add_group(primary, "Access");
    let routing = world.add_group(secondary, "Routing");
    for (group, user) in [(access, ann), (access, ben), (routing, ann_account), (routing, ben_account)] {
        world.add_member(group, user);
    }
    let app = world.add_app(primary, "oidc", "Beta");
    let sso = json!({"type": "oidc", "oidc": {"redirectUris": ["https://x.example/other", world.login_callback()], "relyingPartyUrl": "https://x.example",
        "tokenEndpointAuthMethod": "client_secret_post", "dynamicClaims": [{"name": "email", "value": "alias"}]}});
    let mut client = Client { world: &mut world, key: &primary_key };
    let oidc = client.post(&format!("/api/v2/applications/{app}/sso"), &sso).json()["oidc"].clone();
    console::set_app_group(&mut world, app, access, true);
    let url = world.issuer().to_owned();
    let provider = world.add_provider(secondary, "Acme", &text(&oidc, "clientId"), &text(&oidc, "clientSecret"), &url);
    let policy = world.add_policy(secondary, "To Acme", Some(provider), true);
    console::set_policy_group(&mut world, policy, routing, true);
    Two { world, primary, secondary, ann, ben, ann_account, ben_account }
}

#[test]
fn the_claim_opens_the_account_whatever_was_typed() {
    let mut two = two();
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ben), Ok(two.ben_account));
    two.world.set("typed-email-must-match", "true").unwrap();
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ben), Err(Hop::ClaimDiffers));
}

/// Kind, who, and whether it succeeded, of every event, the oldest first.
fn told(world: &World) -> Vec<(String, String, bool)> {
    let events = world.events().iter().map(jumpcloud_sim::Event::to_json);
    let row = |event: serde_json::Value| {
        (text(&event, "event_type"), text(&event["initiated_by"], "id"), event["success"] == json!(true))
    };
    events.map(row).collect()
}

#[test]
fn a_sign_in_is_told_to_both_organisations_as_far_as_it_came() {
    let mut two = two();
    let row = |kind: &str, id: UserId, success| (kind.to_owned(), id.to_string(), success);
    two.world.clear_events();
    assert_eq!(two.world.sign_in_and_tell(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
    let whole = [row("sso_auth", two.ann, true), row("user_login_attempt", two.ann_account, true)];
    assert_eq!(told(&two.world), whole);
    let provider = two.world.provider(two.secondary).unwrap().id;
    console::set_provider_secret(&mut two.world, provider, "another");
    two.world.clear_events();
    assert_eq!(two.world.sign_in_and_tell(two.secondary, "ann@beta.com", two.ann), Err(Hop::ClientSecret));
    let half = [row("sso_auth", two.ann, true), row("user_login_attempt", two.ann_account, false)];
    assert_eq!(told(&two.world), half, "the primary organisation knows nothing of what came after");
    console::suspend_user(&mut two.world, two.ann, true);
    two.world.clear_events();
    assert!(two.world.sign_in_and_tell(two.secondary, "ann@beta.com", two.ann).is_err());
    assert_eq!(told(&two.world), [], "nobody was let through");
}

#[test]
fn the_claim_can_name_an_account_that_is_not_routed() {
    let mut two = two();
    person(&mut two.world, two.secondary, "boss@beta.com", None);
    console::set_attribute(&mut two.world, two.ann, "alias", Some("boss@beta.com"));
    let boss = two.world.user_by_email(two.secondary, "boss@beta.com").unwrap().id;
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(boss));
    two.world.set("account-must-be-routed", "true").unwrap();
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::ClaimNotRouted));
}

#[test]
fn the_case_of_the_claim_is_a_setting() {
    let mut two = two();
    console::set_attribute(&mut two.world, two.ann, "alias", Some("Ann@beta.com"));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::ClaimUnknown));
    two.world.set("email-case-sensitive", "false").unwrap();
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
}

#[test]
fn members_of_a_group_may_inherit_the_attribute_of_a_claim() {
    let mut two = two();
    let group = two.world.groups(two.primary).find(|group| group.name == "Access").unwrap().id;
    let boss = person(&mut two.world, two.secondary, "boss@beta.com", None);
    console::set_group_attribute(&mut two.world, group, "alias", "boss@beta.com");
    let opens = |two: &Two, who| two.world.sign_in(two.secondary, "ann@beta.com", who);
    assert_eq!(opens(&two, two.ann), Ok(two.ann_account));
    two.world.set("group-attributes", "own-first").unwrap();
    assert_eq!(opens(&two, two.ann), Ok(two.ann_account));
    two.world.set("group-attributes", "group-first").unwrap();
    assert_eq!(opens(&two, two.ann), Ok(boss));
    console::set_attribute(&mut two.world, two.ann, "alias", None);
    two.world.set("group-attributes", "own-first").unwrap();
    assert_eq!(opens(&two, two.ann), Ok(boss));
    two.world.set("group-attributes", "ignored").unwrap();
    assert_eq!(opens(&two, two.ann), Err(Hop::NoEmailClaim));
}

#[test]
fn an_attribute_goes_before_a_field_of_its_name_or_after_it() {
    let mut two = two();
    let app = two.world.apps(two.primary).next().unwrap().id;
    console::set_claims(&mut two.world, app, &[("email", "email")]);
    console::set_attribute(&mut two.world, two.ann, "email", Some("ann@beta.com"));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
    two.world.set("attribute-before-field", "false").unwrap();
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::ClaimUnknown));
}

#[test]
fn a_federated_sign_in_shows_with_a_password_or_without() {
    let mut two = two();
    for (value, shows) in [("false", false), ("true", true)] {
        two.world.set("federated-password-shown", value).unwrap();
        two.world.clear_events();
        two.world.sign_in_and_tell(two.secondary, "ann@beta.com", two.ann).unwrap();
        let event = two.world.events().iter().map(jumpcloud_sim::Event::to_json).next_back().unwrap();
        assert_eq!(event["auth_context"]["auth_methods"].get("password").is_some(), shows, "{event}");
    }
}

#[test]
fn an_address_that_nobody_verified_may_not_be_enough() {
    let mut two = two();
    two.world.set("verified-email-required", "true").unwrap();
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::NoEmailClaim));
    let app = two.world.apps(two.primary).next().unwrap().id;
    console::set_claims(&mut two.world, app, &[("email", "alias"), ("email_verified", "verified")]);
    console::set_attribute(&mut two.world, two.ann, "verified", Some("true"));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
}

#[test]
fn which_sign_ins_show_is_a_setting() {
    let mut two = two();
    for (name, left) in [("oidc-sign-ins-told", "user_login_attempt"), ("federated-sign-ins-told", "sso_auth")] {
        two.world.set(name, "false").unwrap();
        two.world.clear_events();
        two.world.sign_in_and_tell(two.secondary, "ann@beta.com", two.ann).unwrap();
        assert_eq!(told(&two.world).iter().map(|(kind, ..)| kind.as_str()).collect::<Vec<_>>(), [left]);
        two.world.set(name, "true").unwrap();
    }
}

#[test]
fn who_is_not_routed_uses_the_local_password() {
    let mut two = two();
    let guest = person(&mut two.world, two.secondary, "guest@beta.com", None);
    assert_eq!(two.world.route(two.secondary, "guest@beta.com"), Route::Local);
    assert_eq!(two.world.route(two.secondary, "stranger@beta.com"), Route::Nobody);
    assert_eq!(two.world.local_sign_in(two.secondary, "guest@beta.com"), Ok(guest));
    assert_eq!(two.world.sign_in(two.secondary, "guest@beta.com", two.ann), Err(Hop::NotRouted));
    assert_eq!(two.world.local_sign_in(two.secondary, "stranger@beta.com"), Err(Hop::AddressUnknown));
    console::lock_user(&mut two.world, guest, true);
    assert_eq!(two.world.local_sign_in(two.secondary, "guest@beta.com"), Err(Hop::Account(Obstacle::Locked)));
}

#[test]
fn an_organisation_without_enabled_policy_routes_nobody_unless_a_setting_says_so() {
    let mut two = two();
    let policy = two.world.policies(two.secondary).next().unwrap().id;
    console::delete_policy(&mut two.world, policy);
    assert_eq!(two.world.route(two.secondary, "ann@beta.com"), Route::Local);
    two.world.set("provider-without-policy", "everybody").unwrap();
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));

    let provider = two.world.provider(two.secondary).unwrap().id;
    two.world.add_policy(two.secondary, "Empty", Some(provider), true);
    assert_eq!(two.world.route(two.secondary, "ann@beta.com"), Route::Local);
    two.world.set("policy-without-groups", "everybody").unwrap();
    assert!(matches!(two.world.route(two.secondary, "ann@beta.com"), Route::Provider { .. }));
}

#[test]
fn a_provider_that_is_gone_or_elsewhere_ends_the_sign_in() {
    let mut two = two();
    let policy = two.world.policies(two.secondary).next().unwrap().id;
    let elsewhere = two.world.add_provider(two.secondary, "Okta", "c", "s", "https://acme.okta.com");
    console::set_policy_provider(&mut two.world, policy, Some(elsewhere));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::ProviderElsewhere));
    console::delete_provider(&mut two.world, elsewhere);
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::ProviderGone));
}

#[test]
fn the_url_of_a_provider_may_lack_its_last_slash() {
    let mut two = two();
    two.world.set_issuer("https://oauth.id.jumpcloud.com");
    assert_eq!(two.world.issuer(), "https://oauth.id.jumpcloud.com/");
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
}

#[test]
fn at_the_primary_a_password_may_be_kept_elsewhere() {
    let mut two = two();
    console::set_password(&mut two.world, two.ann, None);
    let no_password = Err(Hop::Primary(Obstacle::NoPassword));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), no_password);
    let directory = Restriction { field: "password".into(), kind: RestrictionKind::ActiveDirectory, id: None };
    console::set_restrictions(&mut two.world, two.ann, vec![directory]);
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
    let stranger = person(&mut two.world, two.primary, "eve@acme.com", Some("ann@beta.com"));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", stranger), Err(Hop::NoAccess));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann_account), Err(Hop::PrimaryUnknown));
}

#[test]
fn a_federated_password_is_of_no_use_where_nothing_routes() {
    let mut two = two();
    let federated =
        Restriction { field: "password".into(), kind: RestrictionKind::FederatedIdentityProvider, id: None };
    console::set_restrictions(&mut two.world, two.ann_account, vec![federated]);
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
    let policy = two.world.policies(two.secondary).next().unwrap().id;
    console::set_policy_enabled(&mut two.world, policy, false);
    let federated = Err(Hop::Account(Obstacle::PasswordFederated));
    assert_eq!(two.world.local_sign_in(two.secondary, "ann@beta.com"), federated);
    two.world.set("federated-password-usable", "true").unwrap();
    assert_eq!(two.world.local_sign_in(two.secondary, "ann@beta.com"), Ok(two.ann_account));
}

#[test]
fn a_rotated_secret_may_come_with_a_new_client_id() {
    let mut two = two();
    let app = two.world.apps(two.primary).next().unwrap().id;
    two.world.set("rotation-keeps-client-id", "false").unwrap();
    console::rotate_secret(&mut two.world, app);
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::ClientUnknown));
}

#[test]
fn hops_are_phrases() {
    assert_eq!(Hop::Primary(Obstacle::Suspended).to_string(), "the primary account is suspended");
    assert_eq!(Hop::Account(Obstacle::Staged).to_string(), "the account was never activated");
}

#[test]
fn a_model_of_what_is_there_has_its_ids() {
    let mut world = World::new(1);
    let id: UserId = "5fae9cc1e35a0a7a9b1a2c3d".parse().unwrap();
    let org = world.add_organization("Acme", jumpcloud_sim::Region::Eu);
    let late = person(&mut world, org, "late@acme.com", None);
    world.plant_id(id);
    assert_eq!(person(&mut world, org, "ann@acme.com", None), id);
    assert_eq!(world.users(org).map(|user| user.id).collect::<Vec<_>>(), [id, late]);
}

#[test]
fn leaving_a_group_ends_access_and_routing() {
    let mut two = two();
    let group = |world: &World, org, name: &str| world.groups(org).find(|group| group.name == name).unwrap().id;
    let access = group(&two.world, two.primary, "Access");
    assert!(console::remove_member(&mut two.world, access, two.ann));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::NoAccess));
    assert!(console::add_member(&mut two.world, access, two.ann));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Ok(two.ann_account));
    let routing = group(&two.world, two.secondary, "Routing");
    assert!(console::remove_member(&mut two.world, routing, two.ann_account));
    assert_eq!(two.world.sign_in(two.secondary, "ann@beta.com", two.ann), Err(Hop::NotRouted));
    assert!(!console::add_member(&mut two.world, access, two.ben_account), "of another organisation");
    console::rename_group(&mut two.world, routing, "Renamed");
    assert_eq!(two.world.sign_in(two.secondary, "ben@beta.com", two.ben), Ok(two.ben_account));
}

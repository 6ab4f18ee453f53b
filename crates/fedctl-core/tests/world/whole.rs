//! The rest of the format: rules of the routing group, names, protection, ceilings, renamed federations, duplicates.

use std::collections::BTreeSet;

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::End;
use fedctl_core::operator::Form;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::rules::Rules;
use fedctl_core::plan::{Because, Fate, Held, Plan, Verb};
use fedctl_core::planner::Step;
use fedctl_core::spec::{Code, Spec};
use jumpcloud_sim::{NewUser, UserId, console, fixture};
use serde_json::json;

use crate::carry::{self, Memory};
use crate::judge::Doors;

const PEOPLE: &str = "  from: {emails: [ann@acme.com, bob@acme.com]}\n  mapping: {email: \"{email}.beta\"}";

fn user(email: &str, password: bool) -> NewUser {
    NewUser {
        email: email.to_owned(),
        username: email.split('@').next().unwrap().to_owned(),
        password: password.then(|| "correct horse".to_owned()),
        ..NewUser::default()
    }
}

/// Ann and Bob, who can authenticate at the primary organisation.
fn two() -> (Memory, [UserId; 2]) {
    let mut memory = Memory::new(fixture::pair(7));
    let org = memory.primary;
    let users = ["ann@acme.com", "bob@acme.com"].map(|email| memory.world.add_user(org, user(email, true)));
    (memory, users)
}

fn guards(plan: &Plan) -> BTreeSet<Guard> {
    plan.refusals.iter().map(|refusal| refusal.guard).collect()
}

#[track_caller]
fn all_good(ends: &[End]) {
    assert!(ends.iter().all(End::is_good), "{ends:?}");
}

#[track_caller]
fn settled(spec: &Spec, memory: &mut Memory) {
    let plan = carry::plan(spec, memory);
    assert!(plan.is_empty() && plan.refusals.is_empty(), "{:?} {:?}", plan.actions, plan.refusals);
    assert!(carry::verify(spec, memory).is_whole());
}

fn texts(plan: &Plan) -> String {
    plan.notes.iter().map(|note| format!("{}: {}\n", note.about, note.text)).collect()
}

#[test]
fn a_rule_on_our_attribute_routes_whom_the_plan_names_and_nobody_else() {
    let (mut memory, _) = two();
    let spec = carry::spec(&memory, PEOPLE, "routing_group: {members: by_mark}\n");
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    let joins = plan.actions.iter().filter(|action| action.target.kind == Kind::GroupMember);
    let of_secondary = joins.filter(|action| action.target.org == Org::Secondary);
    assert!(
        of_secondary.flat_map(|action| action.calls()).all(|call| call
            .endpoint
            .endpoint()
            .path
            .contains("systemusers"))
    );
    assert_eq!(Doors::of_memory(&memory).federated.len(), 2);
    settled(&spec, &mut memory);
}

#[test]
fn a_rule_on_the_end_of_the_address_routes_everybody_who_is_made() {
    let (mut memory, _) = two();
    memory.world.set("dynamic-delay-ms", "5000").unwrap();
    let spec =
        carry::spec(&memory, PEOPLE, "routing_group: {members: {email_ends_with: .beta, accept_capture: true}}\n");
    let (_, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    assert_eq!(Doors::of_memory(&memory).federated.len(), 2);
    settled(&spec, &mut memory);
}

#[test]
fn an_address_that_the_rule_does_not_find_is_pointed_at() {
    let (mut memory, _) = two();
    let people = format!("{PEOPLE}\n  overrides: [{{person: bob@acme.com, email: bob@acme.com.gamma}}]");
    let spec =
        carry::spec(&memory, &people, "routing_group: {members: {email_ends_with: .beta, accept_capture: true}}\n");
    let Step::Problems(problems) = carry::step(&spec, &mut memory).unwrap() else { panic!("it is a problem") };
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::AliasOutsideSuffix]);
}

#[test]
fn a_new_account_under_a_domain_of_others_is_pointed_at() {
    let mut memory = Memory::new(fixture::pair(7));
    memory.world.add_user(memory.primary, user("ann@acme.com", true));
    memory.world.add_user(memory.primary, user("eve@other.org", true));
    let people = "  from: {emails: [ann@acme.com, eve@other.org]}\n  mapping: {email: \"{local}@acme.com\"}";
    let spec = carry::spec(&memory, people, "");
    let Step::Problems(problems) = carry::step(&spec, &mut memory).unwrap() else { panic!("it is a problem") };
    assert_eq!(problems.iter().map(|problem| problem.code).collect::<Vec<_>>(), [Code::ForeignDomain]);
    assert!(problems[0].labels[0].text.contains("eve@other.org"), "{problems:?}");
}

#[test]
fn names_that_change_in_the_spec_change_in_both_organisations() {
    let (mut memory, _) = two();
    let spec = carry::spec(&memory, PEOPLE, "");
    carry::apply(&spec, &mut memory);
    let doors = Doors::of_memory(&memory);
    let names =
        "app: {label: Another, hidden: false}\nrouting_group: {name: Routed}\nrouting_policy: {name: To Acme}\n";
    let spec = carry::spec(&memory, PEOPLE, names);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    assert_eq!(plan.actions.len(), 3, "{:?}", plan.actions);
    assert!(plan.actions.iter().all(|action| action.verb == Verb::Update));
    let world = &memory.world;
    assert!(world.apps(memory.primary).any(|app| app.display_label == "Another" && !app.hidden && app.active));
    assert!(world.groups(memory.secondary).any(|group| group.name == "Routed"));
    assert!(world.policies(memory.secondary).any(|policy| policy.name == "To Acme" && policy.enabled));
    assert_eq!(doors, Doors::of_memory(&memory));
    settled(&spec, &mut memory);
}

#[test]
fn an_address_that_changes_in_the_spec_is_said_and_kept() {
    let (mut memory, _) = two();
    carry::apply(&carry::spec(&memory, PEOPLE, ""), &mut memory);
    let people =
        format!("{PEOPLE}\n  overrides: [{{person: bob@acme.com, email: robert@acme.com.beta, username: rob}}]");
    let spec = carry::spec(&memory, &people.replace("{email}.beta", "{email}.gamma"), "");
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty());
    let said = texts(&plan);
    assert!(said.contains("the spec gives bob@acme.com the address robert@acme.com.beta"), "{said}");
    assert!(said.contains("the spec gives it the username rob; it keeps bob"), "{said}");
    assert!(said.contains("(1 accounts)"), "{said}");
}

#[test]
fn a_federation_that_is_renamed_keeps_everything_and_everybody() {
    let (mut memory, _) = two();
    let people = PEOPLE.replace("mapping: {", "mapping: {attribute: Alias, ");
    let old = carry::spec(&memory, &people, "");
    carry::apply(&old, &mut memory);
    let doors = Doors::of_memory(&memory);
    let text = "formerly: [acme-to-beta]\n";
    let renamed = |memory: &Memory, more: &str| {
        let text = format!(
            "version: 1\nfederation: acme-beta\nprimary: {{organization: \"{}\", credentials: acme}}\nsecondary: {{organization: \"{}\", credentials: beta}}\npeople:\n{people}\n{more}",
            memory.primary, memory.secondary
        );
        fedctl_core::spec::parse(&text).spec.unwrap()
    };
    let without = carry::plan(&renamed(&memory, ""), &mut memory);
    assert!(
        without.refusals.iter().any(|refusal| refusal.way_out.contains("formerly: [acme-to-beta]")),
        "{:?}",
        without.refusals
    );
    let spec = renamed(&memory, text);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    assert!(plan.actions.iter().all(|action| action.because == Because::Renamed), "{:?}", plan.actions);
    assert_eq!(doors, Doors::of_memory(&memory));
    settled(&spec, &mut memory);
    settled(&renamed(&memory, ""), &mut memory);
}

#[test]
fn a_spec_turns_routing_off_and_on_again_and_counts_whom_that_takes_sign_in_from() {
    let (mut memory, _) = two();
    let on = carry::spec(&memory, PEOPLE, "");
    carry::apply(&on, &mut memory);
    let off = carry::spec(&memory, PEOPLE, "routing_policy: {enabled: false}\n");
    let plan = carry::plan(&off, &mut memory);
    assert!(plan.people.iter().all(|person| person.fate == Fate::Loses) && plan.refusals.is_empty());
    assert!(plan.actions.iter().any(|action| action.takes_away()));
    let careful = carry::spec(&memory, PEOPLE, "routing_policy: {enabled: false}\nsafety: {max_losses: 1}\n");
    assert_eq!(guards(&carry::plan(&careful, &mut memory)), BTreeSet::from([Guard::MaxLosses]));
    let rules = Rules { max_losses: Some(0), ..Rules::default() };
    assert_eq!(guards(&carry::plan_under(rules, &off, &mut memory)), BTreeSet::from([Guard::MaxLosses]));
    all_good(&carry::apply(&off, &mut memory).1);
    assert!(Doors::of_memory(&memory).federated.is_empty());
    assert!(carry::verify(&off, &mut memory).is_whole(), "it is as the spec says");
    let again = carry::plan(&on, &mut memory);
    assert!(again.people.iter().all(|person| person.fate == Fate::Gains), "who gets it back gains it");
    all_good(&carry::apply(&on, &mut memory).1);
    assert_eq!(Doors::of_memory(&memory).federated.len(), 2);
    settled(&on, &mut memory);
}

#[test]
fn i11_a_policy_that_a_human_switched_off_is_not_turned_on_by_the_spec() {
    let (mut memory, _) = two();
    let spec = carry::spec(&memory, PEOPLE, "");
    carry::apply(&spec, &mut memory);
    let policy = memory.world.policies(memory.secondary).next().unwrap().id;
    console::set_policy_enabled(&mut memory.world, policy, false);
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty() && texts(&plan).contains("somebody switched it off"), "{:?}", plan.actions);
}

#[test]
fn nothing_is_taken_from_whoever_is_protected() {
    let (mut memory, _) = two();
    memory.world.add_user(memory.secondary, user("bob@acme.com.beta", true));
    let adopt = "adopt: {people: [bob@acme.com]}\n";
    let spec = carry::spec(&memory, PEOPLE, adopt);
    assert_eq!(guards(&carry::plan(&spec, &mut memory)), BTreeSet::new());
    let protect = |org: Org, email: &str| {
        let mut rules = Rules::default();
        rules.protect[org.index()].insert(email.into());
        rules
    };
    for rules in [protect(Org::Secondary, "bob@acme.com.beta"), protect(Org::Primary, "bob@acme.com")] {
        assert_eq!(guards(&carry::plan_under(rules, &spec, &mut memory)), BTreeSet::from([Guard::Protected]));
    }
    let by_spec = format!("{adopt}safety: {{protect: {{secondary: [bob@acme.com.beta]}}}}\n");
    let by_spec = carry::spec(&memory, PEOPLE, &by_spec);
    assert_eq!(guards(&carry::plan(&by_spec, &mut memory)), BTreeSet::from([Guard::Protected]));
    let bob = memory.world.user_by_email(memory.secondary, "bob@acme.com.beta").unwrap().id;
    console::set_admin(&mut memory.world, bob, Some("Administrator"));
    let refused = BTreeSet::from([Guard::Protected, Guard::LastWayIn]);
    assert_eq!(guards(&carry::plan(&spec, &mut memory)), refused);
}

#[test]
fn i9_who_decides_about_the_password_of_whoever_is_protected_stays_as_it_is() {
    let by_rules = |org: Org, email: &str| {
        let mut rules = Rules::default();
        rules.protect[org.index()].insert(email.into());
        rules
    };
    let spec_says = "safety: {protect: {secondary: [bob@acme.com.beta]}}\n";
    for (rest, rules, is_admin) in [
        ("", by_rules(Org::Secondary, "bob@acme.com.beta"), false),
        ("", by_rules(Org::Primary, "bob@acme.com"), false),
        (spec_says, Rules::default(), false),
        ("", Rules::default(), true),
    ] {
        let (mut memory, _) = two();
        carry::apply(&carry::spec(&memory, &format!("{PEOPLE}\n  password_authority: none"), ""), &mut memory);
        let bob = memory.world.user_by_email(memory.secondary, "bob@acme.com.beta").unwrap().id;
        let root = memory.world.add_user(memory.secondary, user("root@beta.com", true));
        console::set_admin(&mut memory.world, root, Some("Administrator"));
        console::set_admin(&mut memory.world, bob, is_admin.then_some("Administrator"));
        let spec = carry::spec(&memory, PEOPLE, rest);
        let plan = carry::plan_under(rules, &spec, &mut memory);
        assert_eq!((guards(&plan), texts(&plan).contains("for it is protected")), (BTreeSet::new(), true));
        all_good(&carry::run(&plan, &mut memory));
        let owns = |email| memory.world.user_by_email(memory.secondary, email).unwrap().password_authority();
        assert!(owns("bob@acme.com.beta").is_none() && owns("ann@acme.com.beta").is_some(), "{rest} {is_admin}");
    }
}

#[test]
fn an_operator_bounds_how_many_gain_and_a_pilot_is_the_way_out() {
    let (mut memory, _) = two();
    let rules = || Rules { max_gains: Some(1), ..Rules::default() };
    let spec = carry::spec(&memory, PEOPLE, "");
    assert_eq!(guards(&carry::plan_under(rules(), &spec, &mut memory)), BTreeSet::from([Guard::MaxGains]));
    let pilot = carry::spec(&memory, &format!("{PEOPLE}\n  pilot: [ann@acme.com]"), "");
    assert_eq!(guards(&carry::plan_under(rules(), &pilot, &mut memory)), BTreeSet::new());
}

#[test]
fn a_form_that_is_pinned_to_a_person_is_a_manual_step() {
    let (mut memory, _) = two();
    let forms = [("routing-policy-body".into(), Form::Manual)].into();
    let spec = carry::spec(&memory, PEOPLE, "");
    let plan = carry::plan_under(Rules { forms, ..Rules::default() }, &spec, &mut memory);
    let ends = carry::run(&plan, &mut memory);
    let manual = plan.actions.iter().zip(&ends).filter(|(_, end)| matches!(end, End::Manual(_)));
    assert_eq!(manual.map(|(action, _)| action.target.kind).collect::<Vec<_>>(), [Kind::RoutingPolicy]);
    assert_eq!(memory.world.policies(memory.secondary).count(), 0);
}

#[test]
fn a_second_object_with_our_mark_goes_if_nobody_uses_it_and_two_in_use_are_an_error() {
    let (mut memory, _) = two();
    let spec = carry::spec(&memory, PEOPLE, "");
    carry::apply(&spec, &mut memory);
    let doors = Doors::of_memory(&memory);
    let group = memory.world.add_group(memory.secondary, "Federated from acme");
    console::describe_group(&mut memory.world, group, "managed by fedctl: acme-to-beta/routing-group");
    let provider = memory.world.provider(memory.secondary).unwrap().id;
    let policy = memory.world.add_policy(memory.secondary, "another", Some(provider), false);
    console::describe_policy(&mut memory.world, policy, "managed by fedctl: acme-to-beta/policy");
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    assert_eq!(
        plan.actions.iter().filter(|action| action.because == Because::Duplicate).count(),
        2,
        "{:?}",
        plan.actions
    );
    assert_eq!(doors, Doors::of_memory(&memory));
    settled(&spec, &mut memory);
    let again = memory.world.add_policy(memory.secondary, "on", Some(provider), true);
    console::describe_policy(&mut memory.world, again, "managed by fedctl: acme-to-beta/policy");
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(guards(&plan), BTreeSet::from([Guard::Ambiguous]));
    assert!(plan.refusals[0].why.contains(&again.to_string()), "{:?}", plan.refusals);
}

#[test]
fn i9_a_mark_that_somebody_took_out_of_the_routing_group_comes_back_by_the_policy_that_applies_to_it() {
    let (mut memory, _) = two();
    let spec = carry::spec(&memory, PEOPLE, "");
    carry::apply(&spec, &mut memory);
    let doors = Doors::of_memory(&memory);
    let group = crate::scene::group_named(&memory.world, memory.secondary, "Federated from acme").unwrap();
    console::describe_group(&mut memory.world, group, "for the auditors");
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    let done: Vec<_> = plan.actions.iter().map(|action| (action.target.kind, action.because)).collect();
    assert_eq!(done, [(Kind::UserGroup, Because::MarkLost)]);
    let description = &memory.world.group(group).unwrap().description;
    assert_eq!(description, "for the auditors\nmanaged by fedctl: acme-to-beta/routing-group, adopted");
    assert_eq!(Doors::of_memory(&memory), doors);
    settled(&spec, &mut memory);
}

#[test]
fn i6_a_group_with_our_name_that_nothing_of_ours_refers_to_is_not_ours() {
    let (mut memory, _) = two();
    let spec = carry::spec(&memory, PEOPLE, "");
    carry::apply(&spec, &mut memory);
    let group = crate::scene::group_named(&memory.world, memory.secondary, "Federated from acme").unwrap();
    let policy = memory.world.policies(memory.secondary).next().unwrap().id;
    console::describe_group(&mut memory.world, group, "");
    console::set_policy_group(&mut memory.world, policy, group, false);
    assert_eq!(guards(&carry::plan(&spec, &mut memory)), BTreeSet::from([Guard::Foreign]));
}

#[test]
fn an_authority_that_the_spec_takes_back_is_given_back_and_others_stay() {
    let (mut memory, _) = two();
    carry::apply(&carry::spec(&memory, PEOPLE, ""), &mut memory);
    let keep = carry::spec(&memory, &format!("{PEOPLE}\n  password_authority: keep"), "");
    assert!(carry::plan(&keep, &mut memory).is_empty());
    let none = carry::spec(&memory, &format!("{PEOPLE}\n  password_authority: none"), "");
    let (plan, ends) = carry::apply(&none, &mut memory);
    all_good(&ends);
    assert!(plan.actions.len() == 2 && plan.actions.iter().all(|action| action.target.kind == Kind::PasswordAuthority));
    assert!(memory.world.users(memory.secondary).all(|user| user.password_authority().is_none()));
    settled(&none, &mut memory);
}

#[test]
fn i3_an_account_that_is_taken_over_gets_its_password_back_in_the_same_run() {
    let (mut memory, spec) = crate::order::taken_over_and_given_back();
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    let verbs: Vec<_> = plan.actions.iter().map(|action| (action.target.kind, action.verb)).collect();
    assert_eq!(verbs, [(Kind::User, Verb::Adopt), (Kind::PasswordAuthority, Verb::Update)]);
    assert!(memory.world.users(memory.secondary).all(|user| user.password_authority().is_none()));
    settled(&spec, &mut memory);
}

#[test]
fn somebody_who_is_to_be_taken_over_and_has_no_account_is_held() {
    let (mut memory, _) = two();
    let spec = carry::spec(&memory, PEOPLE, "adopt: {people: [bob@acme.com]}\n");
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    let bob = plan.people.iter().find(|person| &*person.email == "bob@acme.com").unwrap();
    assert_eq!(bob.fate, Fate::Held(Held::NothingToAdopt));
    assert_eq!(Doors::of_memory(&memory).federated.len(), 1);
}

#[test]
fn i6_an_account_that_is_taken_over_keeps_its_names_password_and_foreign_attributes() {
    let (mut memory, [_, bob]) = two();
    console::set_attribute(&mut memory.world, bob, "badge", Some("7"));
    let account = memory.world.add_user(
        memory.secondary,
        NewUser { attributes: vec![("badge".to_owned(), "9".to_owned())], ..user("bob@acme.com.beta", true) },
    );
    let before = memory.world.user(account).unwrap().clone();
    let spec = carry::spec(&memory, PEOPLE, "adopt: {people: [bob@acme.com]}\n");
    let (plan, ends) = carry::apply(&spec, &mut memory);
    all_good(&ends);
    let fate = |email: &str| plan.people.iter().find(|person| &*person.email == email).unwrap().fate;
    assert_eq!((fate("bob@acme.com"), fate("ann@acme.com")), (Fate::GainsExisting, Fate::Gains));
    let after = memory.world.user(account).unwrap();
    assert_eq!((&before.username, &before.email, &before.password), (&after.username, &after.email, &after.password));
    assert_eq!((after.attribute("badge"), after.password_authority()), (Some("9"), None));
    assert_eq!(after.attribute("fedctl"), Some(&*format!("acme-to-beta/{bob}/adopted")));
    assert_eq!(Doors::of_memory(&memory).federated.len(), 2);
    settled(&spec, &mut memory);
}

#[test]
fn rules_that_were_edited_or_spelt_otherwise_are_said() {
    let (mut memory, _) = two();
    let rest = "routing_group: {members: {email_ends_with: .beta, accept_capture: true}}\n";
    let spec = carry::spec(&memory, PEOPLE, rest);
    carry::apply(&spec, &mut memory);
    let group = memory.world.groups(memory.secondary).find(|group| group.name == "Federated from acme").unwrap().id;
    let rule = json!({"queryType": "Search", "searchFilters": r#"{"filter":{"and":["email:$ew:.com.beta"]}}"#});
    assert!(console::set_rule(&mut memory.world, group, &rule));
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.is_empty() && texts(&plan).contains("its rule is not spelt as fedctl would"), "{}", texts(&plan));
    let managed = carry::spec(&memory, PEOPLE, "");
    assert_eq!(guards(&carry::plan(&managed, &mut memory)), BTreeSet::from([Guard::Members]));
}

#[test]
fn an_override_onto_an_account_that_nobody_adopted_is_refused_by_name() {
    let (mut memory, _) = two();
    memory.world.add_user(memory.secondary, user("robert@acme.com.beta", true));
    let people = format!("{PEOPLE}\n  overrides: [{{person: bob@acme.com, email: robert@acme.com.beta}}]");
    let plan = carry::plan(&carry::spec(&memory, &people, ""), &mut memory);
    assert_eq!(guards(&plan), BTreeSet::from([Guard::Foreign]));
    assert!(plan.refusals[0].way_out.contains("adopt: {people: [bob@acme.com]}"), "{:?}", plan.refusals);
    let adopted = carry::spec(&memory, &people, "adopt: {people: [bob@acme.com]}\n");
    all_good(&carry::apply(&adopted, &mut memory).1);
    settled(&adopted, &mut memory);
}

#[test]
fn i10_a_group_of_the_app_that_gives_its_members_our_attribute_stops_the_plan() {
    let (mut memory, [ann, _]) = two();
    let id = memory.raw(Org::Primary, "POST", "/api/v2/usergroups", &json!({"name": "Staff"}))["id"].clone();
    let attributes = json!({"customAttributes": [{"name": "acmetobeta", "value": "boss@beta.com"}]});
    let group = memory.world.groups(memory.primary).find(|group| group.name == "Staff").unwrap().id;
    memory.world.add_member(group, ann);
    let path = format!("/api/v2/usergroups/{}", id.as_str().unwrap());
    memory.raw(Org::Primary, "PUT", &path, &json!({"name": "Staff", "attributes": attributes}));
    let spec = carry::spec(&memory, "  from: {groups: [Staff]}\n  mapping: {email: \"{email}.beta\"}", "");
    assert_eq!(guards(&carry::plan(&spec, &mut memory)), BTreeSet::from([Guard::Impersonation]));
}

#[test]
fn somebody_who_is_named_and_cannot_authenticate_is_pointed_at_and_held() {
    let (mut memory, _) = two();
    memory.world.add_user(memory.primary, user("eve@acme.com", false));
    let people = PEOPLE.replace("bob@acme.com]", "bob@acme.com, eve@acme.com]");
    let plan = carry::plan(&carry::spec(&memory, &people, ""), &mut memory);
    let warned: Vec<_> = plan.warnings.iter().map(|warning| (warning.code, warning.severity)).collect();
    assert_eq!(warned, [(Code::CannotAuthenticate, fedctl_core::spec::Severity::Warning)]);
    assert!(plan.warnings[0].message.contains("eve@acme.com") && plan.refusals.is_empty());
}

#[test]
fn a_pilot_that_nobody_is_in_is_said() {
    let (mut memory, _) = two();
    memory.world.add_group(memory.primary, "Staff");
    let people = "  from: {groups: [Staff]}\n  pilot: [zoe@acme.com]";
    let plan = carry::plan(&carry::spec(&memory, people, ""), &mut memory);
    assert_eq!(plan.warnings.iter().map(|warning| warning.code).collect::<Vec<_>>(), [Code::NotInPeople]);
}

#[test]
fn i10_who_left_does_not_come_in_again_by_a_repair() {
    let (mut memory, users) = two();
    let [group, everyone] = ["Staff", "Everyone"].map(|name| memory.world.add_group(memory.primary, name));
    for user in users {
        memory.world.add_member(group, user);
        memory.world.add_member(everyone, user);
    }
    let people = "  from: {groups: [Staff]}\n  mapping: {email: \"{email}.beta\"}\n  on_leave: keep";
    let spec = carry::spec(&memory, people, "");
    carry::apply(&spec, &mut memory);
    let app = memory.world.apps(memory.primary).find(|app| app.description.contains("managed by fedctl")).unwrap().id;
    console::set_app_group(&mut memory.world, app, everyone, true);
    console::set_claims(&mut memory.world, app, &[]);
    console::remove_member(&mut memory.world, group, users[1]);
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(guards(&plan), BTreeSet::from([Guard::Impersonation]), "{:?}", plan.actions);
    let account = memory.world.user_by_email(memory.secondary, "bob@acme.com.beta").unwrap().id;
    console::suspend_user(&mut memory.world, account, true);
    all_good(&carry::apply(&spec, &mut memory).1);
}

//! Requests whose spelling nobody has published: which is sent, what a refusal leads to, and what becomes of an answer that
//! was not what was asked for.

use std::time::Duration;

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::End;
use fedctl_core::drive::{self, Carry};
use fedctl_core::operator::Form;
use fedctl_core::plan::rules::Rules;
use fedctl_core::plan::{Fate, Plan, Verb};
use fedctl_core::planner::{self, Step, Terms};
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{Membership, Region, World, console, fixture};
use serde_json::json;

use crate::carry::{self, Memory};
use crate::judge::Doors;
use crate::properties::bad;
use crate::scene;

/// People of the demo world, under these answers of the service.
fn world(answers: &[(&str, &str)]) -> (Memory, Spec) {
    let mut memory = Memory::new(fixture::demo(3, 24));
    answers.iter().for_each(|(name, value)| memory.world.set(name, value).unwrap());
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
    (memory, spec)
}

/// The writes to a path that ends so, with the status each was answered with.
fn sent(memory: &Memory, method: &str, path: &str) -> Vec<u16> {
    let paths = memory.world.requests().iter().filter(|sent| sent.method == method);
    paths.filter(|sent| sent.target.split('?').next().unwrap().ends_with(path)).map(|sent| sent.status).collect()
}

fn arrives(memory: &Memory, plan: &Plan) {
    let meant = plan.people.iter().filter(|person| !matches!(person.fate, Fate::Held(_)));
    assert_eq!(Doors::of_memory(memory).federated.len(), meant.count());
}

/// A service that answers as ours, but for what it makes of a new policy.
struct Odd<'a, F> {
    memory: &'a mut Memory,
    makes: F,
}

impl<F: Fn(&mut World, jumpcloud_sim::OrgId)> Carry for Odd<'_, F> {
    fn carry(&mut self, request: Request) -> Outcome {
        let is_new_policy = request.method == "POST" && request.path == "/api/v2/identity-provider/policies";
        let outcome = self.memory.carry(request);
        if is_new_policy {
            (self.makes)(&mut self.memory.world, self.memory.secondary);
        }
        outcome
    }

    fn pause(&mut self, wanted: Duration) {
        self.memory.pause(wanted);
    }
}

#[test]
fn a_set_up_works_in_every_form_that_a_service_may_want() {
    for form in ["a", "b", "c"] {
        for more in [("wrapped-writes", "true"), ("policy-unknown-fields", "refuse"), ("policy-unknown-fields", "keep")]
        {
            let (mut memory, spec) = world(&[("policy-form", form), more]);
            let (plan, ends) = carry::apply(&spec, &mut memory);
            assert_eq!(bad(&plan, &ends), [], "{form} {more:?}");
            arrives(&memory, &plan);
            assert!(carry::plan(&spec, &mut memory).is_empty(), "{form} {more:?}");
        }
    }
}

#[test]
fn another_form_is_tried_after_a_refusal_and_two_looks_that_show_nothing() {
    let (mut memory, spec) = world(&[("policy-form", "c")]);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    assert_eq!(sent(&memory, "POST", "/policies"), [400, 400, 201]);
    let requests: Vec<(&str, u16)> = memory
        .world
        .requests()
        .iter()
        .filter(|sent| sent.target.split('?').next().unwrap().ends_with("/policies"))
        .map(|sent| (sent.method.as_str(), sent.status))
        .collect();
    let refused = requests.iter().position(|sent| *sent == ("POST", 400)).unwrap();
    assert_eq!(requests[refused + 1..refused + 3], [("GET", 200), ("GET", 200)]);
    assert_eq!(requests[refused + 3].0, "POST");
}

#[test]
fn the_form_of_a_policy_that_is_there_comes_first() {
    let (mut memory, spec) = world(&[("policy-form", "c"), ("provider-in-use", "dangle")]);
    let org = memory.secondary;
    memory.world.add_policy(org, "somebody else's", None, false);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    assert_eq!(sent(&memory, "POST", "/policies"), [201]);
}

#[test]
fn one_action_finds_the_form_for_all_who_ask_the_same() {
    let (mut memory, spec) = world(&[("authority-with-id", "false")]);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    let authorities = plan.actions.iter().filter(|action| action.target.kind == Kind::PasswordAuthority);
    assert!(authorities.filter(|action| action.verb == Verb::Update).count() > 5);
    let refused = memory.world.requests().iter().filter(|sent| sent.status == 400 && sent.method == "PUT").count();
    assert_eq!(refused, 1);
    arrives(&memory, &plan);
}

#[test]
fn a_policy_that_came_to_be_on_is_taken_back_and_left_to_a_person() {
    let (mut memory, spec) = world(&[]);
    let plan = carry::plan(&spec, &mut memory);
    let makes = |world: &mut World, org| {
        let policy = world.policies(org).next().unwrap().id;
        assert!(console::set_policy_enabled(world, policy, true));
    };
    let ends = carry::run(&plan, &mut Odd { memory: &mut memory, makes });
    let at = plan.actions.iter().position(|action| action.target.kind == Kind::RoutingPolicy).unwrap();
    let End::Manual(why) = &ends[at] else { panic!("{:?}", ends[at]) };
    assert!(why.contains("`enabled`") && why.ends_with("that was taken back"), "{why}");
    assert_eq!(memory.world.policies(memory.secondary).count(), 0);
    assert_eq!(sent(&memory, "POST", "/policies"), [201], "no other form is tried");
    assert!(Doors::of_memory(&memory).federated.is_empty());
}

#[test]
fn a_request_that_makes_two_objects_is_taken_back() {
    let (mut memory, spec) = world(&[]);
    let plan = carry::plan(&spec, &mut memory);
    let makes = |world: &mut World, org| {
        world.add_policy(org, "a second one", None, false);
    };
    let ends = carry::run(&plan, &mut Odd { memory: &mut memory, makes });
    let manual: Vec<&String> =
        ends.iter().filter_map(|end| if let End::Manual(why) = end { Some(why) } else { None }).collect();
    assert_eq!(manual, ["accepted, and it is not one object more than before; that was taken back"]);
    let left: Vec<&str> = memory.world.policies(memory.secondary).map(|policy| &*policy.name).collect();
    assert_eq!(left, ["a second one"]);
}

#[test]
fn when_no_form_is_taken_a_person_makes_the_policy_and_the_next_plan_goes_on_from_there() {
    let (mut memory, spec) = world(&[]);
    let rules = Rules { forms: [("routing-policy-body".into(), Form::Manual)].into(), ..Rules::default() };
    let plan = carry::plan_under(rules, &spec, &mut memory);
    let ends = carry::run(&plan, &mut memory);
    assert!(ends.iter().any(|end| matches!(end, End::Manual(_))));
    let provider = memory.world.provider(memory.secondary).unwrap().id;
    let create = plan.actions.iter().find(|action| action.target.kind == Kind::RoutingPolicy).unwrap();
    let description = create.changes.iter().find(|change| change.field.to_string() == "description").unwrap();
    let by_hand = json!({"name": &*create.target.name, "description": description.text().unwrap(), "enabled": false,
        "identityProviderId": provider});
    memory.raw(Org::Secondary, "POST", "/api/v2/identity-provider/policies", &by_hand);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    arrives(&memory, &plan);
    assert!(carry::plan(&spec, &mut memory).is_empty());
}

#[test]
fn an_app_whose_description_is_not_kept_carries_its_mark_in_the_label() {
    for answer in ["drop", "refuse"] {
        let (mut memory, spec) = world(&[("oidc-app-description", answer)]);
        let (plan, ends) = carry::apply(&spec, &mut memory);
        assert_eq!(bad(&plan, &ends), [], "{answer}");
        arrives(&memory, &plan);
        let ours = memory.world.apps(memory.primary).filter(|app| scene::is_marked_app(app));
        let labels: Vec<&str> = ours.map(|app| &*app.display_label).collect();
        assert_eq!(labels, ["OIDC for beta [managed by fedctl: acme-to-beta/app]"]);
        assert!(carry::plan(&spec, &mut memory).is_empty());
        let shown = carry::spec(&memory, "  from: {groups: [Contractors]}", "app: {label: Beta, hidden: false}\n");
        let (plan, ends) = carry::apply(&shown, &mut memory);
        assert_eq!(bad(&plan, &ends), [], "{answer}");
        let app = memory.world.apps(memory.primary).find(|app| scene::is_marked_app(app)).unwrap();
        assert_eq!((&*app.display_label, app.hidden), ("Beta [managed by fedctl: acme-to-beta/app]", false));
        assert!(carry::plan(&shown, &mut memory).is_empty());
    }
}

#[test]
fn a_key_that_may_not_make_a_provider_leaves_two_apps_at_most_however_often_it_is_tried() {
    for bound in ["cascade", "refuse"] {
        let (mut memory, spec) = world(&[("provider-access", "read-only"), ("app-in-use", bound)]);
        for _ in 0..4 {
            carry::apply(&spec, &mut memory);
            memory.world.advance(300_000);
            assert!(memory.world.apps(memory.primary).filter(|app| scene::is_marked_app(app)).count() <= 2);
        }
        memory.world.set("provider-access", "open").unwrap();
        for _ in 0..2 {
            let (plan, ends) = carry::apply(&spec, &mut memory);
            assert_eq!(bad(&plan, &ends), []);
            arrives(&memory, &plan);
        }
        assert_eq!(memory.world.apps(memory.primary).filter(|app| scene::is_marked_app(app)).count(), 1);
    }
}

#[test]
fn a_policy_is_led_to_the_provider_that_is_made_anew() {
    for form in ["a", "c"] {
        let (mut memory, spec) = world(&[("policy-form", form)]);
        let (first, _) = carry::apply(&spec, &mut memory);
        let provider = memory.world.provider(memory.secondary).unwrap().id;
        assert!(console::delete_provider(&mut memory.world, provider));
        memory.world.advance(300_000);
        assert!(Doors::of_memory(&memory).federated.is_empty());
        let (plan, ends) = carry::apply(&spec, &mut memory);
        assert_eq!(bad(&plan, &ends), [], "{form}");
        arrives(&memory, &first);
        assert!(carry::plan(&spec, &mut memory).is_empty());
    }
}

/// The value of the claim in the app that we made.
fn claim(memory: &Memory) -> String {
    let app = memory.world.apps(memory.primary).find(|app| scene::is_marked_app(app)).unwrap();
    app.oidc.as_ref().unwrap().dynamic_claims[0].value.clone()
}

/// An OIDC app of somebody else that takes the e-mail from this.
pub(crate) fn another_app(memory: &mut Memory, value: &str) {
    let app = json!({"active": true, "name": "oidc", "displayName": "OpenID Connect", "displayLabel": "Wiki", "config": {},
        "sso": {"type": "oidc", "hidden": true}});
    let made = memory.raw(Org::Primary, "POST", "/api/applications", &app);
    let settings = json!({"type": "oidc", "hidden": true, "oidc": {"redirectUris": ["https://wiki.example.com/cb"],
        "relyingPartyUrl": "https://wiki.example.com", "dynamicClaims": [{"name": "email", "value": value}]}});
    let path = format!("/api/v2/applications/{}/sso", made["_id"].as_str().unwrap());
    memory.raw(Org::Primary, "POST", &path, &settings);
}

fn pinned(question: &str, form: &'static str) -> Rules {
    Rules { forms: [(question.into(), Form::Named(form))].into(), ..Rules::default() }
}

#[test]
fn a_claim_is_spelt_as_the_operator_says_and_everybody_arrives() {
    let (mut memory, spec) = world(&[("attribute-source", "prefixed")]);
    let plan = carry::plan_under(pinned("claim-source", "prefixed"), &spec, &mut memory);
    let ends = carry::run(&plan, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    arrives(&memory, &plan);
    assert!(claim(&memory).starts_with("attributes."), "{}", claim(&memory));
    assert!(carry::plan(&spec, &mut memory).is_empty(), "what is there comes first");
    let verified = carry::verify(&spec, &mut memory).counts();
    assert!(verified.broken.is_empty(), "{:?}", verified.broken);
    memory.world.set("attribute-source", "bare").unwrap();
    let back = carry::plan_under(pinned("claim-source", "bare"), &spec, &mut memory);
    let ends = carry::run(&back, &mut memory);
    assert_eq!(bad(&back, &ends), []);
    arrives(&memory, &plan);
    assert!(!claim(&memory).starts_with("attributes."), "{}", claim(&memory));
}

#[test]
fn a_claim_is_spelt_as_in_an_app_that_is_there() {
    let (mut memory, spec) = world(&[("attribute-source", "prefixed")]);
    another_app(&mut memory, "attributes.workEmail");
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    arrives(&memory, &plan);
    assert!(carry::plan(&spec, &mut memory).is_empty());
}

#[test]
fn a_claim_that_is_refused_is_spelt_otherwise_when_two_looks_show_nothing() {
    let (mut memory, spec) = world(&[("attribute-source", "prefixed"), ("attribute-source-checked", "true")]);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    assert_eq!(sent(&memory, "POST", "/sso"), [400, 200]);
    let of_settings = memory.world.requests().iter().filter(|sent| sent.target.ends_with("/sso"));
    let of_settings: Vec<(&str, u16)> = of_settings.map(|sent| (sent.method.as_str(), sent.status)).collect();
    let refused = of_settings.iter().position(|sent| *sent == ("POST", 400)).unwrap();
    assert_eq!(of_settings[refused + 1..refused + 4], [("GET", 404), ("GET", 404), ("POST", 200)]);
    arrives(&memory, &plan);
    // Pinned to what is refused: it fails, for a secret that a person sees is of no use to a run.
    let (mut memory, spec) = world(&[("attribute-source", "prefixed"), ("attribute-source-checked", "true")]);
    let plan = carry::plan_under(pinned("claim-source", "bare"), &spec, &mut memory);
    let ends = carry::run(&plan, &mut memory);
    let at = plan.actions.iter().position(|action| action.target.kind == Kind::OidcApp && action.verb == Verb::Update);
    assert!(matches!(&ends[at.unwrap()], End::Failed(why) if why.contains("invalid dynamic claim")), "{ends:?}");
}

#[test]
fn people_come_back_to_whichever_host_a_region_has() {
    for regional in ["true", "false"] {
        let (mut memory, _) = world(&[("regional-callback", regional)]);
        memory.secondary = memory.world.add_organization("Beta in Europe", Region::Eu);
        memory.keys[1] = memory.world.add_key(&[memory.secondary]);
        let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
        let us = carry::terms();
        let terms = Terms {
            callback: "https://login.eu.jumpcloud.com/oauth/callback".into(),
            other_callback: Some(us.callback.clone()),
            ..us
        };
        let plan = |memory: &mut Memory| match drive::read(&spec, memory, |live| planner::step(&spec, &terms, live)) {
            Ok((Step::Ready(plan), _)) => *plan,
            other => panic!("{other:?}"),
        };
        let first = plan(&mut memory);
        let ends = carry::run(&first, &mut memory);
        assert_eq!(bad(&first, &ends), [], "{regional}");
        arrives(&memory, &first);
        assert!(plan(&mut memory).is_empty());
    }
}

const BY_SUFFIX: &str = "routing_group: {members: {email_ends_with: .beta, accept_capture: true}}\n";

#[test]
fn a_rule_that_finds_nobody_routes_nobody() {
    let (mut memory, _) = world(&[("search-ends-with", "nobody")]);
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}\n  mapping: {email: \"{email}.beta\"}", BY_SUFFIX);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    let is_password = |(at, end): &(usize, &End)| {
        plan.actions[*at].target.kind == Kind::PasswordAuthority && matches!(end, End::Skipped(_))
    };
    assert!(ends.iter().enumerate().any(|end| is_password(&end)), "only members give up their password");
    assert!(Doors::of_memory(&memory).federated.is_empty());
}

#[test]
fn a_group_whose_rule_is_refused_is_made_by_hand_in_another_spelling() {
    let (mut memory, _) = world(&[("search-ends-with", "refuse"), ("ends-with", "endsWith")]);
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}\n  mapping: {email: \"{email}.beta\"}", BY_SUFFIX);
    let (plan, ends) = carry::apply(&spec, &mut memory);
    let is_group = |action: &fedctl_core::plan::Action| {
        action.target.kind == Kind::UserGroup && action.target.org == Org::Secondary && action.verb == Verb::Create
    };
    let at = plan.actions.iter().position(is_group).unwrap();
    assert!(matches!(&ends[at], End::Manual(_)), "{:?}", ends[at]);
    let group = memory.world.add_group(memory.secondary, &plan.actions[at].target.name);
    let description = plan.actions[at].changes.iter().find(|change| change.field.to_string() == "description").unwrap();
    assert!(console::describe_group(&mut memory.world, group, description.text().unwrap()));
    let rule = json!({"filters": [{"field": "user.email", "operation": "endsWith", "value": ".beta"}]});
    assert!(console::set_membership(&mut memory.world, group, Membership::DynamicAutomated));
    assert!(console::set_rule(&mut memory.world, group, &rule));
    let (plan, ends) = carry::apply(&spec, &mut memory);
    assert_eq!(bad(&plan, &ends), []);
    arrives(&memory, &plan);
}

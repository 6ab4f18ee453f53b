//! Requests whose spelling nobody has published: which is sent, what a refusal leads to, and what becomes of an answer that
//! was not what was asked for.

use std::time::Duration;

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::End;
use fedctl_core::drive::Carry;
use fedctl_core::operator::Form;
use fedctl_core::plan::rules::Rules;
use fedctl_core::plan::{Fate, Plan, Verb};
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{World, console, fixture};
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

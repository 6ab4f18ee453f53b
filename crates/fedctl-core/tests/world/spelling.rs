//! What becomes of a request whose spelling nobody has published, one conversation at a time.

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::End;
use fedctl_core::plan::action::{After, Expect, Write};
use fedctl_core::plan::{Action, Plan, Verb};
use fedctl_core::request::{Answer, Outcome};
use serde_json::json;

use crate::conversation::{Conversation, answer, lost, not_sent, only, plan, why};

const POLICIES: &str = "GET /api/v2/identity-provider/policies";
const ADD: &str = "POST /api/v2/identity-provider/policies";
const ID: &str = "6500000000000000000000cc";

fn policies(verb: Verb) -> Plan {
    only(plan(), |action| action.target.kind == Kind::RoutingPolicy && action.verb == verb)
}

/// The policy of a plan as it is to be, but for some keys.
fn policy(plan: &Plan, but: serde_json::Value) -> serde_json::Value {
    let create = &plan.actions[0];
    let text = |field: &str| {
        let change = create.changes.iter().find(|change| change.field.to_string() == field).unwrap();
        change.text().unwrap().to_owned()
    };
    let provider = plan.known.iter().find(|(address, _)| address.kind == Kind::IdentityProvider).unwrap().1.id;
    let mut policy = json!({"id": ID, "name": &*create.target.name, "description": text("description"),
        "enabled": false, "identityProviderId": provider.to_string()});
    policy.as_object_mut().unwrap().extend(but.as_object().unwrap().clone());
    policy
}

/// Made, and seen to be on until nobody waits any more; what takes it back comes next.
fn born_on(plan: &Plan) -> Conversation {
    let on = policy(plan, json!({"enabled": true}));
    let mut talk = Conversation::new(plan.clone());
    talk.turn(POLICIES, 200, "[]").turn(ADD, 201, &on.to_string()).turn(POLICIES, 200, &json!([on]).to_string());
    for seconds in [2, 4, 8, 16, 16, 16] {
        talk.waits(seconds).turn(POLICIES, 200, &json!([on]).to_string());
    }
    talk
}

fn remove() -> String {
    format!("DELETE /api/v2/identity-provider/policies/{ID}")
}

#[test]
fn what_cannot_be_taken_back_is_said_with_the_reason() {
    let plan = policies(Verb::Create);
    let mut refused = born_on(&plan);
    let ends = refused.turn(&remove(), 403, r#"{"message":"not yours"}"#).ends();
    assert!(why(&ends[0]).contains("could not be taken back (403 not yours)"), "{ends:?}");
    for struck in [lost, not_sent, || Outcome::Answered(answer(503, "{}"))] {
        let mut talk = born_on(&plan);
        let ends = talk.go_on(|_| struck());
        assert!(matches!(&ends[..], [End::Failed(why)] if why.contains("could not be taken back")), "{ends:?}");
        assert_eq!(talk.count(&remove()), 5);
    }
    let mut shows = born_on(&plan);
    let on = json!([policy(&plan, json!({"enabled": true}))]).to_string();
    let ends = shows.go_on(|line| Outcome::Answered(answer(200, if line == POLICIES { &on } else { "" })));
    assert!(why(&ends[0]).contains("could not be taken back (it still shows)"), "{ends:?}");
    assert!(shows.count(&remove()) == 1 && shows.waited() >= 120, "{:?}", shows.said);
}

#[test]
fn what_was_taken_back_is_left_to_a_person() {
    let plan = policies(Verb::Create);
    for (status, body) in [(204, ""), (404, "{}")] {
        let mut talk = born_on(&plan);
        let ends = talk.turn(&remove(), status, body).turn(POLICIES, 200, "[]").ends();
        assert!(matches!(&ends[..], [End::Manual(why)] if why.ends_with("that was taken back")), "{ends:?}");
    }
    let mut late = born_on(&plan);
    late.says(&remove()).tell(lost()).waits(1).turn(&remove(), 404, "{}").turn(POLICIES, 200, "[]");
    assert!(matches!(&late.ends()[..], [End::Manual(_)]));
}

#[test]
fn no_other_spelling_is_tried_where_a_refusal_changed_something() {
    let plan = policies(Verb::Create);
    let mut made = Conversation::new(plan.clone());
    let half = json!([policy(&plan, json!({"name": "another"}))]).to_string();
    made.turn(POLICIES, 200, "[]").turn(ADD, 400, r#"{"message":"what is this"}"#).turn(POLICIES, 200, &half);
    assert!(why(&made.ends()[0]).contains("what is this; and something changed meanwhile"));
    // One field of a change is as it is to be, and another is not.
    let plan = policies(Verb::Update);
    let change = |field: &str| plan.actions[0].changes.iter().find(|change| change.field.to_string() == field).unwrap();
    let description = change("description").before.as_deref().unwrap();
    let seen =
        |on: bool| json!({"id": ID, "name": &*plan.actions[0].target.name, "description": description, "enabled": on});
    let mut half = Conversation::new(plan.clone());
    let look = half.next();
    half.tell(Outcome::Answered(answer(200, &seen(false).to_string())));
    let put = half.next();
    half.tell(Outcome::Answered(answer(400, r#"{"message":"what is this"}"#)));
    half.turn(&look, 200, &seen(true).to_string());
    let ends = half.ends();
    assert!(why(&ends[0]).contains("something changed meanwhile"), "{ends:?}");
    assert_eq!(half.count(&put), 1);
}

#[test]
fn what_one_action_found_out_to_be_no_spelling_nobody_else_tries() {
    let plan = only(plan(), |action: &Action| {
        action.target.kind == Kind::PasswordAuthority
            && action.verb == Verb::Update
            && action.target.org == Org::Secondary
    });
    assert!(plan.actions.len() > 2);
    let accounts: Vec<String> = plan
        .known
        .iter()
        .filter(|(address, _)| address.org == Org::Secondary && address.kind == Kind::User)
        .map(|(_, known)| format!(r#"{{"_id":"{}","restrictedFields":[]}}"#, known.id))
        .collect();
    let everybody = format!(r#"{{"results":[{}]}}"#, accounts.join(","));
    let mut talk = Conversation::new(plan.clone());
    let ends = talk.go_on(|line| {
        let is_look = line.contains("search");
        Outcome::Answered(if is_look { answer(200, &everybody) } else { answer(400, r#"{"message":"what is this"}"#) })
    });
    assert!(matches!(&ends[0], End::Manual(why) if why.contains("what is this")), "{ends:?}");
    for end in &ends[1..] {
        assert!(matches!(end, End::Manual(why) if why.contains("before in this run")), "{ends:?}");
    }
    assert_eq!(talk.said.iter().filter(|said| said.starts_with("PUT ")).count(), plan.actions[0].forms().len());
}

#[test]
fn the_id_of_what_was_taken_back_is_not_that_of_what_is_made_then() {
    let plan = only(plan(), |action: &Action| action.target.kind == Kind::OidcApp && action.verb == Verb::Create);
    let plan = only(plan, |action| action.forms().len() > 1);
    let label = plan.actions[0].changes.iter().find(|change| change.field.to_string() == "displayLabel").unwrap();
    let app = |id: &str| json!({"_id": id, "displayLabel": label.text(), "active": true, "sso": {"hidden": true}, "description": ""});
    let mut talk = Conversation::new(plan.clone());
    talk.turn("POST /api/applications", 201, &app(ID).to_string());
    talk.turn(&format!("DELETE /api/applications/{ID}"), 204, "");
    let apps = "GET /api/applications";
    talk.turn(apps, 200, r#"{"results":[],"totalCount":0}"#).turn("POST /api/applications", 201, "").says(apps);
}

#[test]
fn a_conflict_is_about_the_object_and_no_other_spelling_is_tried() {
    let mut talk = Conversation::new(policies(Verb::Create));
    let ends = talk.go_on(|line| Outcome::Answered(if line == ADD { answer(409, "{}") } else { answer(200, "[]") }));
    assert!(matches!(&ends[..], [End::Failed(why)] if why.starts_with("409")), "{ends:?}");
    assert_eq!(talk.count(ADD), 1);
}

#[test]
fn a_change_that_was_not_kept_is_taken_back() {
    let plan = policies(Verb::Update);
    let change = |field: &str| plan.actions[0].changes.iter().find(|change| change.field.to_string() == field).unwrap();
    let before = change("description").before.as_deref().unwrap();
    let seen = |on: bool, description: &str| {
        json!({"id": ID, "name": &*plan.actions[0].target.name, "description": description, "enabled": on}).to_string()
    };
    let mut talk = Conversation::new(plan.clone());
    let look = talk.next();
    talk.tell(Outcome::Answered(answer(200, &seen(false, before))));
    let put = talk.next();
    talk.tell(Outcome::Answered(answer(200, "{}"))).turn(&look, 200, &seen(true, "cut"));
    for seconds in [2, 4, 8, 16, 16, 16] {
        talk.waits(seconds).turn(&look, 200, &seen(true, "cut"));
    }
    talk.turn(&put, 200, "{}").turn(&look, 200, &seen(false, before));
    assert!(matches!(&talk.ends()[..], [End::Manual(why)] if why.ends_with("that was taken back")));
}

#[test]
fn where_one_is_made_the_list_is_read_to_its_end() {
    let plan = policies(Verb::Create);
    let made = policy(&plan, json!({}));
    let page = |rows: serde_json::Value| Outcome::Answered(Answer { total: Some(2), ..answer(200, &rows.to_string()) });
    let mut talk = Conversation::new(plan);
    talk.turn(POLICIES, 200, "[]").turn(ADD, 201, &made.to_string());
    talk.says(POLICIES).tell(page(json!([made]))).says(POLICIES);
    assert!(talk.query().contains("skip=1"), "{}", talk.query());
    talk.tell(page(json!([{"id": "6500000000000000000000cd", "name": "a second one"}]))).waits(2);
}

#[test]
fn a_password_that_another_provider_was_given_is_not_kept() {
    let plan =
        only(plan(), |action: &Action| action.target.kind == Kind::PasswordAuthority && action.verb == Verb::Update);
    let plan = Plan { actions: plan.actions[..1].to_vec(), ..plan };
    let account = plan.known.iter().find(|(address, _)| {
        address.org == Org::Secondary && address.kind == Kind::User && address.name == plan.actions[0].target.name
    });
    let id = account.unwrap().1.id;
    let provider =
        plan.known.iter().find(|(address, _)| address.kind == Kind::IdentityProvider).unwrap().1.id.to_string();
    for (answered, is_kept) in [(&*provider, true), (ID, false)] {
        let mut talk = Conversation::new(plan.clone());
        let seen = format!(r#"{{"results":[{{"_id":"{id}","restrictedFields":[]}}]}}"#);
        talk.turn("POST /api/search/systemusers", 200, &seen).next();
        let kept = talk.body().replace(&provider, answered);
        assert!(kept.contains(answered), "{kept}");
        talk.tell(Outcome::Answered(answer(200, &kept)));
        let next = talk.next();
        assert_eq!(
            next == "finished" && talk.run.report() == [End::Applied],
            is_kept,
            "{next} {:?}",
            talk.run.report()
        );
    }
}

#[test]
fn one_that_was_begun_by_somebody_else_meanwhile_is_not_gone_on_with() {
    let plan = policies(Verb::Create);
    let begun = json!([policy(&plan, json!({"enabled": null}))]).to_string();
    let mut talk = Conversation::new(plan);
    let ends = talk.turn(POLICIES, 200, &begun).ends();
    assert!(why(&ends[0]).contains("somebody made one meanwhile"), "{ends:?}");
}

#[test]
fn an_entry_that_is_made_where_others_are_is_made_though_the_object_is_there() {
    let mut plan = only(plan(), |action| action.target.kind == Kind::UserMapping);
    plan.actions.truncate(1);
    plan.actions[0].verb = Verb::Create;
    let mut talk = Conversation::new(plan);
    talk.next();
    let asked = talk.body().split("$in:").nth(1).unwrap()[..24].to_owned();
    let seen = json!({"results": [{"_id": asked, "attributes": [{"name": "own", "value": "1"}]}]});
    talk.tell(Outcome::Answered(answer(200, &seen.to_string())));
    let write = talk.next();
    assert!(write.starts_with("PUT ") && talk.body().contains("own"), "{write} {}", talk.body());
}

#[test]
fn what_is_looked_at_a_second_time_has_to_be_as_it_was_made() {
    let mut plan = only(plan(), |action| action.target.kind == Kind::IdentityProvider);
    plan.actions.truncate(1);
    let provider = &mut plan.actions[0];
    (provider.verb, provider.write) = (Verb::Check, Write::Seen(Expect::Holds));
    provider.changes = provider.changes.iter().filter(|change| change.field.to_string() == "name").cloned().collect();
    let name = provider.target.name.to_string();
    for (shown, holds) in [(&*name, true), ("another", false)] {
        let mut talk = Conversation::new(plan.clone());
        let ends = talk.go_on(|_| {
            let found = json!([{"id": ID, "name": shown, "type": "OIDC", "oidc": {}}]);
            Outcome::Answered(answer(200, &found.to_string()))
        });
        assert_eq!(matches!(&ends[..], [End::Applied]), holds, "{ends:?}");
    }
}

#[test]
fn an_app_is_done_without_a_secret_only_where_none_is_wanted() {
    let settings = only(plan(), |action| action.target.kind == Kind::OidcApp && action.verb == Verb::Update);
    let mut unasked = settings.clone();
    let is_secret = |change: &fedctl_core::plan::action::Change| change.after == Some(After::Secret);
    unasked.actions[0].changes =
        unasked.actions[0].changes.iter().filter(|change| !is_secret(change)).cloned().collect();
    unasked.actions[0].write = Write::One(unasked.actions[0].forms()[0].call.clone());
    for (plan, is_done) in [(settings, false), (unasked, true)] {
        let mut talk = Conversation::new(plan);
        let look = talk.next();
        assert!(look.starts_with("GET ") && look.ends_with("/sso"), "{look}");
        talk.tell(Outcome::Answered(answer(404, "{}")));
        let app = talk.next();
        assert!(app.starts_with("POST ") && app.ends_with("/sso"), "{app}");
        let shown: serde_json::Value = serde_json::from_str(talk.body()).unwrap();
        let mut shown = shown["oidc"].clone();
        shown["clientId"] = json!("c");
        talk.tell(Outcome::Answered(answer(200, &json!({"oidc": shown}).to_string())));
        let ends = talk.go_on(|_| Outcome::Answered(answer(200, &json!({"oidc": shown}).to_string())));
        assert_eq!(matches!(&ends[..], [End::Applied]), is_done, "{ends:?}");
    }
}

//! What the executor makes of each answer, one conversation at a time.

use std::sync::Arc;
use std::time::Duration;

use fedctl_core::address::{Address, Kind, Org};
use fedctl_core::apply::{End, Run, settle};
use fedctl_core::object_id::ObjectId;
use fedctl_core::plan::guard::{Guard, Refusal};
use fedctl_core::plan::{Action, Fate, Gone, Held, Known, Plan, Subject, Verb};
use fedctl_core::request::Outcome;

use crate::conversation::{Conversation, answer, busy, id_of, lost, not_sent, only, plan, why};

const SEARCH: &str = "POST /api/search/systemusers";
const GROUPS: &str = "GET /api/v2/usergroups";
const ADD_GROUP: &str = "POST /api/v2/usergroups";
const MARK: &str = "managed by fedctl: acme-to-beta/routing-group";

fn is(action: &Action, org: Org, kind: Kind, verb: Verb) -> bool {
    (action.target.org, action.target.kind, action.verb) == (org, kind, verb)
}

/// The mapping of ann alone, and the path of her user.
fn mapping() -> (Plan, String) {
    let plan = only(plan(), |action| action.target.kind == Kind::UserMapping && &*action.target.name == "ann@acme.com");
    let id = plan.known[&plan.actions[0].target].id;
    (plan, format!("PUT /api/systemusers/{id}"))
}

/// ann's user as a search shows it, with these attributes.
fn ann(plan: &Plan, attributes: &str) -> String {
    let id = plan.known[&plan.actions[0].target].id;
    format!(r#"{{"totalCount":1,"results":[{{"_id":"{id}","email":"ann@acme.com","attributes":[{attributes}]}}]}}"#)
}

fn attribute(name: &str, value: &str) -> String {
    format!(r#"{{"_id":"65000000000000000000000a","name":"{name}","value":"{value}"}}"#)
}

fn routing_group() -> Plan {
    only(plan(), |action| is(action, Org::Secondary, Kind::UserGroup, Verb::Create))
}

fn group(description: &str) -> String {
    format!(r#"{{"id":"6500000000000000000000aa","name":"Federated from acme","description":"{description}"}}"#)
}

#[test]
fn i7_an_update_whose_object_moved_meanwhile_fails_with_the_field_and_writes_nothing() {
    let (plan, _) = mapping();
    let mut talk = Conversation::new(plan.clone());
    talk.turn(SEARCH, 200, &ann(&plan, &attribute("acmetobeta", "someone@else.com")));
    let ends = talk.ends();
    assert!(why(&ends[0]).contains("`attributes.acmetobeta` changed since"), "{ends:?}");
    assert_eq!(talk.said, [SEARCH]);
}

#[test]
fn i7_an_object_that_went_meanwhile_is_not_written() {
    let (plan, _) = mapping();
    let mut talk = Conversation::new(plan);
    talk.turn(SEARCH, 200, r#"{"totalCount":0,"results":[]}"#);
    assert!(why(&talk.ends()[0]).contains("was not there when it was looked at"));
    assert_eq!(talk.said, [SEARCH]);
}

#[test]
fn i6_an_object_that_appeared_meanwhile_and_is_not_ours_is_left() {
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, &format!("[{}]", group("made by hand")));
    assert!(why(&talk.ends()[0]).contains("somebody made one meanwhile"));
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, &format!("[{}]", group("")));
    assert!(why(&talk.ends()[0]).contains("somebody made one meanwhile"), "{:?}", talk.run.report());
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, &format!("[{}]", group(MARK)));
    assert_eq!(talk.ends(), [End::Already]);
}

#[test]
fn i13_what_was_accepted_and_not_kept_is_said_with_its_field() {
    let (plan, put) = mapping();
    let mut talk = Conversation::new(plan.clone());
    talk.turn(SEARCH, 200, &ann(&plan, "")).turn(&put, 200, r#"{"attributes":[]}"#);
    assert_eq!(talk.ends(), [End::Failed("accepted, and `attributes.acmetobeta` was not kept".to_owned())]);
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, "[]").turn(ADD_GROUP, 201, &group(""));
    let ends = talk.go_on(|_| Outcome::Answered(answer(200, &format!("[{}]", group("cut")))));
    assert!(why(&ends[0]).contains("`description` was not kept"), "{ends:?}");
    assert_eq!(talk.count(ADD_GROUP), 1);
}

#[test]
fn i4_what_shows_late_is_waited_for() {
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, "[]").turn(ADD_GROUP, 201, &group(MARK));
    talk.turn(GROUPS, 200, "[]").waits(2).turn(GROUPS, 200, "[]").waits(4);
    talk.turn(GROUPS, 200, &format!("[{}]", group(MARK)));
    assert_eq!(talk.ends(), [End::Applied]);
}

#[test]
fn i4_an_edge_that_is_there_is_as_good_as_one_that_was_made() {
    let plan = only(plan(), |action| is(action, Org::Primary, Kind::GroupMember, Verb::Create));
    let mut talk = Conversation::new(plan);
    talk.next();
    talk.tell(Outcome::Answered(answer(409, r#"{"message":"Already Exists"}"#)));
    assert_eq!(talk.ends(), [End::Already]);
}

#[test]
fn a_busy_service_is_given_the_time_it_asks_for() {
    let plan = only(plan(), |action| is(action, Org::Primary, Kind::GroupMember, Verb::Create));
    let mut patient = Conversation::new(plan.clone());
    patient.next();
    assert_eq!(patient.tell(busy(121)).ends(), [End::Failed("429: the service asks to wait 121 s".to_owned())]);
    let mut talk = Conversation::new(plan);
    let line = talk.next();
    talk.tell(busy(17)).waits(17).says(&line).tell(busy(120)).waits(120).turn(&line, 204, "");
    assert_eq!(talk.ends(), [End::Applied]);
}

#[test]
fn i6_an_array_of_others_is_looked_at_again_after_every_wait() {
    let (plan, put) = mapping();
    for struck in [busy(30), not_sent()] {
        let wait = if matches!(struck, Outcome::NotSent(_)) { 1 } else { 30 };
        let mut talk = Conversation::new(plan.clone());
        talk.turn(SEARCH, 200, &ann(&plan, &attribute("old", "1"))).says(&put).tell(struck).waits(wait);
        talk.turn(SEARCH, 200, &ann(&plan, &attribute("new", "2"))).says(&put);
        assert!(talk.body().contains(r#""name":"new""#) && !talk.body().contains("old"), "{}", talk.body());
    }
}

#[test]
fn i6_an_array_of_others_is_seen_after_an_answer_was_lost_and_never_sent_from_memory() {
    let (plan, put) = mapping();
    let mut talk = Conversation::new(plan.clone());
    talk.turn(SEARCH, 200, &ann(&plan, "")).says(&put).tell(lost());
    talk.turn(SEARCH, 200, &ann(&plan, "")).waits(1);
    talk.turn(SEARCH, 200, &ann(&plan, &attribute("new", "2"))).says(&put);
    assert!(talk.body().contains(r#""name":"new""#), "{}", talk.body());
}

#[test]
fn i6_an_array_of_others_is_written_as_it_was_seen_at_most_two_seconds_ago() {
    let (plan, put) = mapping();
    let at = |talk: &mut Conversation, ms: u64| talk.run.at(Duration::from_millis(ms));
    let mut talk = Conversation::new(plan.clone());
    at(&mut talk, 1_000);
    talk.turn(SEARCH, 200, &ann(&plan, &attribute("old", "1")));
    at(&mut talk, 3_001);
    talk.turn(SEARCH, 200, &ann(&plan, &attribute("new", "2")));
    at(&mut talk, 5_001);
    talk.says(&put);
    assert!(talk.body().contains(r#""name":"new""#) && !talk.body().contains("old"), "{}", talk.body());
    let mut slow = Conversation::new(plan.clone());
    for look in 0..6 {
        at(&mut slow, look * 10_000);
        slow.turn(SEARCH, 200, &ann(&plan, ""));
    }
    at(&mut slow, 60_000);
    assert!(why(&slow.ends()[0]).contains("always more than 2 s old"), "{:?}", slow.run.report());
    assert_eq!(slow.count(&put), 0);
}

#[test]
fn i6_an_entry_of_others_that_was_not_kept_is_said() {
    let (plan, put) = mapping();
    let mut talk = Conversation::new(plan.clone());
    talk.turn(SEARCH, 200, &ann(&plan, &attribute("badge", "7"))).says(&put);
    let sent: serde_json::Value = serde_json::from_str(talk.body()).unwrap();
    let ours = sent["attributes"].as_array().unwrap().iter().filter(|entry| entry["name"] != "badge");
    let kept = serde_json::json!({"attributes": ours.collect::<Vec<_>>()}).to_string();
    talk.tell(Outcome::Answered(answer(200, &kept)));
    assert_eq!(talk.ends(), [End::Failed("accepted, and `attributes.badge` was not kept".to_owned())]);
}

#[test]
fn i4_a_user_that_the_service_says_exists_is_looked_for_until_it_shows() {
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, "[]").turn(ADD_GROUP, 409, r#"{"message":"Already Exists"}"#);
    talk.turn(GROUPS, 200, "[]").waits(2).turn(GROUPS, 200, &format!("[{}]", group(MARK)));
    assert_eq!(talk.ends(), [End::Applied]);
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, "[]").turn(ADD_GROUP, 400, r#"{"message":"no such field"}"#).turn(GROUPS, 200, "[]");
    assert_eq!(talk.ends(), [End::Failed("400 no such field".to_owned())]);
}

#[test]
fn a_request_that_never_leaves_is_sent_at_most_five_times() {
    let plan = only(plan(), |action| is(action, Org::Primary, Kind::GroupMember, Verb::Create));
    let mut talk = Conversation::new(plan);
    let ends = talk.go_on(|_| not_sent());
    assert_eq!(ends, [End::Failed("no route, 5 times".to_owned())]);
    assert_eq!(talk.said.iter().filter(|said| said.starts_with("POST")).count(), 5);
}

#[test]
fn what_may_have_arrived_and_was_never_answered_is_unknown_and_not_failed() {
    let plan = only(plan(), |action| is(action, Org::Primary, Kind::GroupMember, Verb::Create));
    let ends = Conversation::new(plan.clone()).go_on(|_| lost());
    assert_eq!(ends, [End::Unknown("nobody answered, 5 times".to_owned())]);
    // One of them may still land, though the others never left.
    let mut talk = Conversation::new(plan);
    let first = std::cell::Cell::new(true);
    let ends = talk.go_on(|_| if first.replace(false) { lost() } else { not_sent() });
    assert_eq!(ends, [End::Unknown("no route, 5 times".to_owned())]);
    // The same of an entry in an array of others, where the look shows that it is not there.
    let (plan, put) = mapping();
    let mut talk = Conversation::new(plan.clone());
    let ends = talk.go_on(|said| match said.starts_with("PUT") {
        true => lost(),
        false => Outcome::Answered(answer(200, &ann(&plan, ""))),
    });
    assert_eq!((ends, talk.count(&put)), (vec![End::Unknown("nobody answered, 5 times".to_owned())], 5));
}

#[test]
fn i4_a_group_whose_making_nobody_answered_is_looked_for_and_never_made_twice() {
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, "[]").says(ADD_GROUP).tell(lost());
    let ends = talk.go_on(|_| Outcome::Answered(answer(200, "[]")));
    assert!(matches!(&ends[..], [End::Unknown(_)]), "{ends:?}");
    assert_eq!(talk.count(ADD_GROUP), 1);
    assert!((90..=120).contains(&talk.waited()), "{}", talk.waited());
}

#[test]
fn i4_a_group_whose_making_nobody_answered_and_that_shows_is_taken() {
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, "[]").says(ADD_GROUP).tell(lost());
    talk.turn(GROUPS, 200, "[]").waits(2).turn(GROUPS, 200, &format!("[{}]", group(MARK)));
    assert_eq!(talk.ends(), [End::Applied]);
}

#[test]
fn i6_a_group_of_a_full_page_is_looked_for_on_the_next_and_a_short_page_is_not_the_last() {
    let others: Vec<String> =
        (0..40).map(|number| format!(r#"{{"id":"{number:024x}","name":"g{number}","description":""}}"#)).collect();
    let mut talk = Conversation::new(routing_group());
    talk.says(GROUPS);
    assert!(talk.query().contains("skip=0"), "{}", talk.query());
    let page = fedctl_core::request::Answer { total: Some(41), ..answer(200, &format!("[{}]", others.join(","))) };
    let last = fedctl_core::request::Answer { total: Some(41), ..answer(200, &format!("[{}]", group(MARK))) };
    let mut found = Conversation::new(routing_group());
    assert_eq!(
        found.says(GROUPS).tell(Outcome::Answered(last)).ends(),
        [End::Already],
        "what is found is looked for no more"
    );
    talk.tell(Outcome::Answered(page)).says(GROUPS);
    assert!(talk.query().contains("skip=40"), "{}", talk.query());
    talk.tell(Outcome::Answered(answer(200, &format!("[{}]", group(MARK)))));
    assert_eq!(talk.ends(), [End::Already]);
}

#[test]
fn i9_a_person_who_fails_blocks_nobody_else_and_what_rests_on_them_is_left_out() {
    let plan = only(plan(), |action| {
        is(action, Org::Secondary, Kind::User, Verb::Create) || action.target.kind == Kind::UserMapping
    });
    let mut talk = Conversation::new(plan.clone());
    let ends = talk.run_with(&plan, "ann@acme.com.acme-to-beta");
    for (action, end) in plan.actions.iter().zip(&ends) {
        let is_ann = action.target.name.starts_with("ann@");
        match (is_ann, action.target.kind) {
            (true, Kind::User) => assert!(why(end).contains("not today"), "{end:?}"),
            (true, _) => assert_eq!(*end, End::Skipped(0)),
            (false, _) => assert!(end.is_good(), "{} {end:?}", action.target),
        }
    }
}

#[test]
fn i10_a_stranger_in_the_routing_group_stops_assignment_and_enabling() {
    let plan = only(plan(), |action| {
        is(action, Org::Secondary, Kind::UserGroup, Verb::Check)
            || action.target.kind == Kind::RoutingAssignment
            || is(action, Org::Secondary, Kind::RoutingPolicy, Verb::Update)
    });
    let mut talk = Conversation::new(plan.clone());
    let stranger = r#"[{"to":{"id":"6500000000000000000000ff","type":"user"}}]"#;
    let members = format!("GET /api/v2/usergroups/{}/membership", plan.known[&plan.actions[0].target].id);
    talk.turn(&members, 200, stranger);
    let ends = talk.ends();
    assert!(why(&ends[0]).contains("6500000000000000000000ff"), "{ends:?}");
    assert_eq!(ends[1..], [End::Skipped(0), End::Skipped(0)]);
}

#[test]
fn i13_a_list_of_members_that_does_not_come_is_not_a_group_without_members() {
    let checks = plan();
    let checks = only(checks, |action| is(action, Org::Secondary, Kind::UserGroup, Verb::Check));
    for (status, body) in [(404, "{}"), (200, ""), (200, "<html>")] {
        let mut talk = Conversation::new(checks.clone());
        talk.next();
        talk.tell(Outcome::Answered(answer(status, body)));
        assert!(matches!(&talk.ends()[..], [End::Failed(_)]), "{status} {body}");
    }
}

#[test]
fn i9_only_who_was_just_seen_in_the_routing_group_gives_up_a_password() {
    let plan = only(plan(), |action| action.target.kind == Kind::PasswordAuthority);
    let account =
        |name: &str| plan.known.keys().find(|address| address.kind == Kind::User && address.name.starts_with(name));
    let ann = id_of(account("ann@").unwrap());
    let check = plan.actions.iter().position(|action| action.verb == Verb::Check).unwrap();
    let mut talk = Conversation::new(plan.clone());
    let members = format!(r#"[{{"id":"{ann}","type":"user","paths":[]}}]"#);
    let look = talk.next();
    talk.tell(Outcome::Answered(answer(200, &members)));
    // The others are waited for as long as a membership may take to show.
    for seconds in [1, 2, 4, 8, 16, 16, 16] {
        talk.waits(seconds).turn(&look, 200, &members);
    }
    talk.turn(SEARCH, 200, &format!(r#"{{"results":[{{"_id":"{ann}","restrictedFields":[]}}]}}"#));
    talk.says(&format!("PUT /api/systemusers/{ann}")).tell(lost());
    let ends = talk.run.report();
    for (action, end) in plan.actions.iter().zip(&ends).filter(|(action, _)| action.verb == Verb::Update) {
        let skipped = End::Skipped(u32::try_from(check).unwrap());
        let wanted = if action.target.name.starts_with("ann@") { End::NotStarted } else { skipped };
        assert_eq!(*end, wanted, "{}", action.target);
    }
}

/// The ids that the request which is out names.
fn ids(talk: &Conversation) -> usize {
    talk.body().split(|c: char| !c.is_ascii_hexdigit()).filter(|word| ObjectId::parse(word).is_some()).count()
}

#[test]
fn as_many_users_as_may_share_a_look_are_looked_at_before_anything_else_is_begun() {
    let is_edge = |action: &Action| is(action, Org::Primary, Kind::GroupMember, Verb::Create);
    let plan = only(plan(), |action| action.target.kind == Kind::UserMapping || is_edge(action));
    assert!(plan.actions.iter().any(is_edge));
    for (batch, looked_at) in [(2, 2), (3, 3), (0, 1)] {
        let mut talk = Conversation::in_batches(plan.clone(), batch);
        talk.says(SEARCH);
        assert_eq!(ids(&talk), looked_at, "{}", talk.body());
    }
}

#[test]
fn what_has_ended_is_counted() {
    let plan = only(plan(), |action| action.target.kind == Kind::UserMapping);
    let mut talk = Conversation::new(plan.clone());
    assert_eq!(talk.run.ended(), 0);
    let ends = talk.turn(SEARCH, 200, r#"{"results":[]}"#).ends();
    assert_eq!((talk.run.ended(), ends.len()), (3, 3));
}

#[test]
fn only_a_plan_that_may_be_applied_and_may_make_something_twice_waits_for_an_earlier_run() {
    let now = plan().as_of;
    let waits = |plan: &Plan| settle::wait(plan, now, 120).is_some();
    let may_be_twice = routing_group();
    assert!(waits(&may_be_twice));
    let (mapping, _) = mapping();
    assert!(!waits(&mapping));
    let about = &may_be_twice.actions[0].target;
    let refused =
        Plan { refusals: vec![Refusal::new(Guard::Members, about, "why", "way out")], ..may_be_twice.clone() };
    assert!(!waits(&refused));
}

/// A plan after ann left, for what of hers goes.
fn left(keep: impl Fn(&Action) -> bool) -> Plan {
    let (scene, history) = crate::leave::situations().swap_remove(0);
    let (mut memory, spec) = scene.after(&history).unwrap();
    only(crate::carry::plan(&spec, &mut memory), keep)
}

#[test]
fn i9_an_entry_that_still_shows_when_nobody_answered_is_taken_out_again() {
    let plan = left(|action| is(action, Org::Primary, Kind::UserMapping, Verb::Delete));
    let id = plan.known[&plan.actions[0].target].id;
    let user = |attributes: &str| format!(r#"{{"results":[{{"_id":"{id}","attributes":[{attributes}]}}]}}"#);
    let before = plan.actions[0].changes[0].before.clone().unwrap();
    let there = user(&attribute(crate::scene::ATTRIBUTE, &before));
    let put = format!("PUT /api/systemusers/{id}");
    let mut talk = Conversation::new(plan);
    talk.turn(SEARCH, 200, &there).says(&put).tell(lost());
    talk.turn(SEARCH, 200, &there).waits(1).turn(SEARCH, 200, &there).says(&put).tell(lost());
    talk.turn(SEARCH, 200, &user(""));
    assert_eq!(talk.ends(), [End::Applied]);
}

#[test]
fn i10_whoever_is_held_is_routed_only_where_that_takes_nothing_and_a_saved_plan_knew_of_them() {
    let mut check = only(plan(), |action| is(action, Org::Secondary, Kind::UserGroup, Verb::Check));
    let account = check.known.iter().find(|(address, _)| address.kind == Kind::User && address.org == Org::Secondary);
    let (name, id) = account.map(|(address, known)| (address.name.clone(), known.id)).unwrap();
    let at = check.people.iter().position(|person| *person.account == *name).unwrap();
    for (held, has_local_way_in, is_routed) in [
        (Held::Suspended, false, true),
        (Held::Suspended, true, false),
        (Held::NotInSavedPlan, false, false),
        (Held::NotInSavedPlan, true, false),
    ] {
        (check.people[at].fate, check.people[at].has_local_way_in) = (Fate::Held(held), has_local_way_in);
        let mut talk = Conversation::new(check.clone());
        talk.next();
        let members = format!(r#"[{{"to":{{"id":"{id}","type":"user"}}}}]"#);
        let ends = talk.tell(Outcome::Answered(answer(200, &members))).ends();
        assert_eq!(ends[0].is_good(), is_routed, "{held:?} {has_local_way_in} {ends:?}");
    }
}

#[test]
fn i10_whoever_leaves_may_be_routed_only_where_a_saved_plan_lets_them_go_next_time() {
    let check = only(plan(), |action| is(action, Org::Secondary, Kind::UserGroup, Verb::Check));
    let (address, known) =
        check.known.iter().find(|(address, _)| address.org == Org::Secondary && address.kind == Kind::User).unwrap();
    let ends = |left: &[ObjectId]| {
        let mut plan = check.clone();
        let person = plan.people.iter_mut().find(|person| *person.account == *address.name).unwrap();
        person.fate = Fate::Leaves(Gone::NotMeant);
        plan.left = left.to_vec();
        let mut talk = Conversation::new(plan);
        talk.next();
        let members = format!(r#"[{{"to":{{"id":"{}","type":"user"}}}}]"#, known.id);
        talk.tell(Outcome::Answered(answer(200, &members))).ends()
    };
    assert_eq!(ends(&[known.id]), [End::Applied]);
    assert!(why(&ends(&[])[0]).contains(&known.id.to_string()));
}

#[test]
fn when_one_person_fails_others_go_on_and_when_the_federation_fails_nobody_does() {
    let (mut memory, spec) = crate::crash::world();
    let plan = crate::carry::plan(&spec, &mut memory);
    let run = Run::new(Arc::new(plan.clone()), 100);
    for (at, action) in (0u32..).zip(&plan.actions) {
        let is_last_of_person = action.target.kind == Kind::PasswordAuthority;
        let others_go_on = matches!(action.subject, Subject::Person(_)) && !is_last_of_person;
        assert_eq!(run.failure_lets_go_on(at), others_go_on, "{} {}", action.verb.as_str(), action.target);
    }
}

#[test]
fn what_a_look_is_refused_is_said_and_an_empty_answer_is_no_object() {
    let (plan, _) = mapping();
    let mut talk = Conversation::new(plan);
    let ends = talk.turn(SEARCH, 403, r#"{"message":"not yours"}"#).ends();
    assert_eq!(ends, [End::Failed("it could not be looked at: 403 not yours".to_owned())]);
    let policy =
        only(crate::conversation::plan(), |action| is(action, Org::Secondary, Kind::RoutingPolicy, Verb::Update));
    for (status, body, wanted) in
        [(403, "", "could not be looked at: 403"), (200, " ", "is gone"), (404, "{}", "is gone")]
    {
        let mut talk = Conversation::new(policy.clone());
        talk.next();
        let ends = talk.tell(Outcome::Answered(answer(status, body))).ends();
        assert!(why(&ends[0]).contains(wanted), "{status} {ends:?}");
    }
}

#[test]
fn what_the_plan_knew_of_is_not_what_is_to_be_made() {
    let mut plan = routing_group();
    let old = Address::new(Org::Secondary, Kind::UserGroup, "an old one");
    plan.known.insert(old, Known { id: ObjectId::parse("6500000000000000000000aa").unwrap(), client_id: None });
    let mut talk = Conversation::new(plan);
    talk.turn(GROUPS, 200, &format!("[{}]", group(MARK))).says(ADD_GROUP);
}

#[test]
fn i6_an_entry_that_somebody_wrote_over_is_written_again() {
    let (plan, put) = mapping();
    let mut talk = Conversation::new(plan.clone());
    talk.turn(SEARCH, 200, &ann(&plan, "")).says(&put);
    let kept = talk.body().to_owned();
    talk.tell(Outcome::Answered(answer(200, &kept))).waits(4).turn(SEARCH, 200, &ann(&plan, "")).says(&put);
    talk.tell(Outcome::Answered(answer(200, &kept))).waits(4);
    let address = plan.actions[0].changes[0].text().unwrap();
    talk.turn(SEARCH, 200, &ann(&plan, &attribute("acmetobeta", address)));
    assert_eq!(talk.ends(), [End::Applied]);
}

#[test]
fn a_refusal_is_told_as_it_is_and_names_another_object_only_where_there_is_one() {
    let (plan, put) = mapping();
    let mut update = Conversation::new(plan.clone());
    update.turn(SEARCH, 200, &ann(&plan, "")).turn(&put, 400, r#"{"message":"no"}"#).turn(SEARCH, 200, &ann(&plan, ""));
    assert_eq!(update.ends(), [End::Failed("400 no".to_owned())]);
    let mut create = Conversation::new(routing_group());
    create.turn(GROUPS, 200, "[]").turn(ADD_GROUP, 400, r#"{"message":"no"}"#);
    create.turn(GROUPS, 200, &format!("[{}]", group("made by hand")));
    assert_eq!(create.ends(), [End::Failed("400 no; there is one already, and it is another".to_owned())]);
}

#[test]
fn a_run_that_is_to_stop_does_not_try_again_what_never_left() {
    let plan = only(plan(), |action| is(action, Org::Primary, Kind::GroupMember, Verb::Create));
    let plan = Plan { actions: plan.actions[..1].to_vec(), ..plan };
    let mut talk = Conversation::new(plan.clone());
    talk.next();
    talk.run.stop();
    assert_eq!(talk.tell(not_sent()).ends(), [End::Failed("no route".to_owned())]);
    let mut again = Conversation::new(plan);
    let line = again.next();
    again.tell(not_sent()).waits(1).says(&line);
    again.run.stop();
    again.tell(not_sent()).waits(2).turn(&line, 204, "");
    assert_eq!(again.ends(), [End::Applied]);
}

#[test]
fn what_is_no_id_leads_no_request_anywhere() {
    let plan = only(plan(), |action| {
        is(action, Org::Secondary, Kind::UserGroup, Verb::Create)
            || is(action, Org::Secondary, Kind::UserGroup, Verb::Check)
    });
    let odd = group(MARK).replace("6500000000000000000000aa", "..");
    let mut talk = Conversation::new(plan);
    talk.turn(GROUPS, 200, "[]").turn(ADD_GROUP, 201, &odd);
    let ends = talk.go_on(|_| Outcome::Answered(answer(200, &format!("[{odd}]"))));
    assert!(why(&ends[1]).contains("is not known"), "{ends:?}");
}

#[test]
fn i6_a_page_that_is_full_is_not_the_last_where_nobody_says_how_many_there_are() {
    let others: Vec<String> =
        (0..100).map(|number| format!(r#"{{"id":"{number:024x}","name":"g{number}","description":""}}"#)).collect();
    let mut talk = Conversation::new(routing_group());
    talk.turn(GROUPS, 200, &format!("[{}]", others.join(","))).says(GROUPS);
    assert!(talk.query().contains("skip=100"), "{}", talk.query());
}

#[test]
fn what_was_sent_and_cannot_be_looked_at_is_unknown() {
    let (plan, put) = mapping();
    let mut talk = Conversation::new(plan.clone());
    talk.turn(SEARCH, 200, &ann(&plan, "")).says(&put).tell(lost()).turn(SEARCH, 403, "{}");
    assert!(matches!(&talk.ends()[..], [End::Unknown(_)]));
}

#[test]
fn i4_what_a_service_says_to_exist_is_looked_for_however_it_says_so() {
    for (status, message) in [(400, "Already Exists"), (409, "conflict")] {
        let mut talk = Conversation::new(routing_group());
        talk.turn(GROUPS, 200, "[]").turn(ADD_GROUP, status, &format!(r#"{{"message":"{message}"}}"#));
        talk.turn(GROUPS, 200, "[]").waits(2).turn(GROUPS, 200, &format!("[{}]", group(MARK)));
        assert_eq!(talk.ends(), [End::Applied], "{status} {message}");
    }
}

#[test]
fn an_edge_that_is_refused_fails_and_a_service_that_stays_busy_is_left_alone() {
    let plan = only(plan(), |action| is(action, Org::Primary, Kind::GroupMember, Verb::Create));
    let plan = Plan { actions: plan.actions[..1].to_vec(), ..plan };
    let mut refused = Conversation::new(plan.clone());
    refused.next();
    let ends = refused.tell(Outcome::Answered(answer(400, r#"{"message":"no"}"#))).ends();
    assert_eq!(ends, [End::Failed("400 no".to_owned())]);
    let mut talk = Conversation::new(plan);
    let ends = talk.go_on(|_| busy(1));
    assert_eq!(ends, [End::Failed("429: the service stays busy".to_owned())]);
    assert_eq!(talk.said.iter().filter(|said| said.starts_with("POST")).count(), 16);
}

#[test]
fn i6_an_entry_that_is_always_written_over_is_written_five_times() {
    let (plan, put) = mapping();
    let mut talk = Conversation::new(plan.clone());
    talk.turn(SEARCH, 200, &ann(&plan, ""));
    for _ in 0..5 {
        talk.says(&put);
        let kept = talk.body().to_owned();
        talk.tell(Outcome::Answered(answer(200, &kept))).waits(4).turn(SEARCH, 200, &ann(&plan, ""));
    }
    assert!(talk.next().starts_with("wait "), "{:?}", talk.said);
}

#[test]
fn an_edge_that_is_gone_is_as_good_as_one_that_was_taken_away() {
    let plan = left(|action| action.target.kind == Kind::GroupMember && action.verb == Verb::Delete);
    let mut talk = Conversation::new(plan);
    let ends = talk.go_on(|_| Outcome::Answered(answer(404, "{}")));
    assert!(ends.iter().all(|end| *end == End::Applied), "{ends:?}");
}

//! What the logs of both organisations show of the pair of app and provider, and what rests on it.

use std::collections::BTreeSet;

use fedctl_core::address::{Kind, Org};
use fedctl_core::apply::End;
use fedctl_core::drive::{self, Carry};
use fedctl_core::endpoint::Host;
use fedctl_core::plan::rules::Rules;
use fedctl_core::plan::saved::Saved;
use fedctl_core::plan::{Action, Because, Pair, Plan, Verb};
use fedctl_core::planner::{self, Step, Terms};
use fedctl_core::request::{Answer, Outcome, Request};
use fedctl_core::spec::Spec;
use fedctl_core::trace::status::{self, Reach, Standing, State};
use jumpcloud_sim::{AppId, Hop, NewUser, UserId, console, fixture};
use serde_json::json;
use zeroize::Zeroizing;

use crate::carry::{self, Memory};

const ANN: &str = "ann@acme.com";
const BEN: &str = "ben@acme.com";
const MINUTE: u64 = 60_000;

fn user(email: &str) -> NewUser {
    let username = email.split('@').next().unwrap().to_owned();
    let password = Some("correct horse".to_owned());
    NewUser { email: email.to_owned(), username, password, ..NewUser::default() }
}

/// Ann and Ben, federated. Ann had an account with a local password before, and the spec takes it over.
fn federated() -> (Memory, Spec) {
    let mut memory = Memory::new(fixture::pair(3));
    let group = memory.world.add_group(memory.primary, "Contractors");
    for email in [ANN, BEN] {
        let person = memory.world.add_user(memory.primary, user(email));
        memory.world.add_member(group, person);
    }
    memory.world.add_user(memory.secondary, user("ann@acme.com.beta"));
    let people =
        "  from: {groups: [Contractors]}\n  mapping: {email: \"{email}.beta\"}\n  password_authority: federated";
    let spec = carry::spec(&memory, people, "adopt: {people: [ann@acme.com]}\n");
    let (_, ends) = carry::apply(&spec, &mut memory);
    assert!(ends.iter().all(End::is_good), "{ends:?}");
    (memory, spec)
}

/// Somebody signs in, some time after whatever happened before.
fn sign_in(memory: &mut Memory, email: &str) -> Result<UserId, Hop> {
    memory.world.advance(MINUTE);
    let person = memory.world.user_by_email(memory.primary, email).unwrap().id;
    memory.world.sign_in_and_tell(memory.secondary, &format!("{email}.beta"), person)
}

/// What a plan and a verification say, which is always the same.
fn pair(memory: &mut Memory, spec: &Spec) -> Pair {
    let pair = carry::plan(spec, memory).pair;
    assert_eq!(pair, carry::verify(spec, memory).pair);
    pair
}

fn app(memory: &mut Memory) -> AppId {
    memory.world.advance(MINUTE);
    memory.world.apps(memory.primary).next().unwrap().id
}

/// What is planned for the password of Ann's account, and whether it is said that it waits.
fn password(plan: &Plan) -> (Vec<&Action>, bool) {
    let of_ann = |kind, name: &str| kind == Kind::PasswordAuthority && name == "ann@acme.com.beta";
    let actions = plan.actions.iter().filter(|action| of_ann(action.target.kind, &action.target.name)).collect();
    let mut notes = plan.notes.iter().filter(|note| of_ann(note.about.kind, &note.about.name));
    (actions, notes.any(|note| note.text.contains("stays until one sign-in through the federation was seen")))
}

#[test]
fn a_sign_in_proves_the_pair_and_frees_the_password_of_who_signed_in() {
    let (mut memory, spec) = federated();
    assert_eq!(pair(&mut memory, &spec), Pair::Unproved);
    sign_in(&mut memory, BEN).unwrap();
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!((plan.pair, password(&plan)), (Pair::Proved, (vec![], true)), "Ben is not Ann");
    assert!(plan.is_empty(), "{:?}", plan.actions);
    sign_in(&mut memory, ANN).unwrap();
    let (plan, ends) = carry::apply(&spec, &mut memory);
    let (actions, waits) = password(&plan);
    assert_eq!((actions.len(), actions[0].because, waits), (1, Because::SignedIn, false));
    assert!(ends.iter().all(End::is_good), "{ends:?}");
    assert!(carry::plan(&spec, &mut memory).is_empty());
    assert_eq!(pair(&mut memory, &spec), Pair::Proved);
}

#[test]
fn i1_what_the_log_shows_stands_in_the_head_of_a_plan_and_nowhere_else() {
    let (mut memory, spec) = federated();
    let lines = |memory: &mut Memory| carry::plan(&spec, memory).lines().collect::<Vec<_>>();
    let before = lines(&mut memory);
    sign_in(&mut memory, BEN).unwrap();
    let after = lines(&mut memory);
    assert_eq!(before[1..], after[1..]);
    assert!(before[0].contains(r#""secret":"unproved""#) && after[0].contains(r#""secret":"proved""#), "{}", after[0]);
    assert_eq!(after, lines(&mut memory));
}

#[test]
fn a_human_can_say_who_signed_in_by_either_address() {
    let (mut memory, spec) = federated();
    for (said, counts) in [("Ann@acme.com", 1), ("ann@acme.com.beta", 1), (BEN, 0)] {
        let rules = Rules { signed_in: BTreeSet::from([said.into()]), ..Rules::default() };
        let terms = Terms { rules, ..carry::terms() };
        let step = drive::read(&spec, &mut memory, |live| planner::step(&spec, &terms, live)).unwrap().0;
        let Step::Ready(plan) = step else { panic!("no plan") };
        let (actions, waits) = password(&plan);
        assert_eq!((actions.len(), waits, plan.pair), (counts, counts == 0, Pair::Unproved), "{said}");
    }
}

#[test]
fn a_change_in_the_console_makes_it_suspect_until_somebody_signs_in() {
    let (mut memory, spec) = federated();
    let id = app(&mut memory);
    let description = memory.world.app(id).unwrap().description.clone();
    console::describe_app(&mut memory.world, id, &description);
    assert_eq!(pair(&mut memory, &spec), Pair::Changed, "also when nobody signed in before");
    sign_in(&mut memory, ANN).unwrap();
    assert_eq!(pair(&mut memory, &spec), Pair::Proved);
    let id = app(&mut memory);
    console::rotate_secret(&mut memory.world, id).unwrap();
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!(
        (plan.pair, password(&plan)),
        (Pair::Changed, (vec![], true)),
        "that Ann signed in before is no proof now"
    );
    assert_eq!(sign_in(&mut memory, BEN), Err(Hop::ClientSecret));
    assert_eq!(pair(&mut memory, &spec), Pair::Failing);
}

#[test]
fn a_change_with_a_key_makes_it_unproved() {
    let (mut memory, spec) = federated();
    sign_in(&mut memory, ANN).unwrap();
    let path = format!("/api/applications/{}", app(&mut memory));
    let body = memory.raw(Org::Primary, "GET", &path, &json!({}));
    memory.raw(Org::Primary, "PUT", &path, &body);
    assert_eq!(pair(&mut memory, &spec), Pair::Unproved);
    assert!(password(&carry::plan(&spec, &mut memory)).1);
    sign_in(&mut memory, ANN).unwrap();
    assert_eq!(pair(&mut memory, &spec), Pair::Proved);
}

#[test]
fn another_secret_in_the_provider_shows_only_when_somebody_fails() {
    let (mut memory, spec) = federated();
    sign_in(&mut memory, ANN).unwrap();
    let provider = memory.world.provider(memory.secondary).unwrap().id;
    console::set_provider_secret(&mut memory.world, provider, "another");
    assert_eq!(pair(&mut memory, &spec), Pair::Proved, "as far as the log shows");
    assert_eq!(sign_in(&mut memory, BEN), Err(Hop::ClientSecret));
    let plan = carry::plan(&spec, &mut memory);
    assert_eq!((plan.pair, password(&plan)), (Pair::Failing, (vec![], true)));
}

#[test]
fn who_fails_because_of_their_own_account_says_nothing_of_the_pair() {
    let (mut memory, spec) = federated();
    sign_in(&mut memory, ANN).unwrap();
    let account = memory.world.user_by_email(memory.secondary, "ben@acme.com.beta").unwrap().id;
    console::lock_user(&mut memory.world, account, true);
    assert!(sign_in(&mut memory, BEN).is_err());
    assert_eq!(pair(&mut memory, &spec), Pair::Proved);
    console::lock_user(&mut memory.world, account, false);
    let ben = memory.world.user_by_email(memory.primary, BEN).unwrap().id;
    console::set_attribute(&mut memory.world, ben, "acmetobeta", Some("nobody@acme.com.beta"));
    assert!(sign_in(&mut memory, BEN).is_err());
    assert_eq!(pair(&mut memory, &spec), Pair::Proved);
}

#[test]
fn what_the_log_does_not_show_yet_is_neither_proof_nor_suspicion() {
    let (mut memory, spec) = federated();
    memory.world.set("insights-delay-ms", "600000").unwrap();
    sign_in(&mut memory, ANN).unwrap();
    assert_eq!(pair(&mut memory, &spec), Pair::Unproved);
    memory.world.advance(10 * MINUTE);
    assert_eq!(pair(&mut memory, &spec), Pair::Proved);
}

#[test]
fn i13_a_log_that_this_key_may_not_read_is_said_and_stops_nothing() {
    let (mut memory, spec) = federated();
    sign_in(&mut memory, ANN).unwrap();
    memory.world.set("insights-forbidden", "true").unwrap();
    assert_eq!(pair(&mut memory, &spec), Pair::Unlogged);
    let plan = carry::plan(&spec, &mut memory);
    assert!(plan.refusals.is_empty() && password(&plan).1);
    assert!(plan.pair.as_str().contains("cannot be read with this key"));
}

/// Answers to questions about the log of an organisation in its own way.
struct Odd<'m> {
    memory: &'m mut Memory,
    of: Org,
    answer: fn() -> Outcome,
}

impl Carry for Odd<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        let is_odd = request.host == Host::Insights && request.org == self.of;
        if is_odd { (self.answer)() } else { self.memory.carry(request) }
    }
}

fn answered(status: u16, body: &[u8]) -> Outcome {
    let body = Zeroizing::new(body.to_vec());
    Outcome::Answered(Answer { status, body, total: None, date: None, retry_after: None, said: None })
}

#[test]
fn i13_whatever_a_log_answers_a_plan_is_made_and_nothing_is_called_proved() {
    let odd: [fn() -> Outcome; 7] = [
        || answered(403, b""),
        || answered(404, b"{}"),
        || answered(500, b"<html>"),
        || answered(200, b""),
        || answered(200, br#"[{"event_type": "sso_auth", "timestamp": "yesterday", "initiated_by": {"id": 7}}]"#),
        || Outcome::NotSent("no route".to_owned()),
        || Outcome::Unknown("cut".to_owned()),
    ];
    let (mut memory, spec) = federated();
    sign_in(&mut memory, ANN).unwrap();
    for answer in odd {
        for of in [Org::Primary, Org::Secondary] {
            let plan = carry::plan(&spec, &mut Odd { memory: &mut memory, of, answer });
            assert_eq!(plan.pair, Pair::Unlogged);
        }
    }
    let id = app(&mut memory);
    console::rotate_secret(&mut memory.world, id).unwrap();
    sign_in(&mut memory, ANN).unwrap_err();
    let plan = carry::plan(&spec, &mut Odd { memory: &mut memory, of: Org::Secondary, answer: odd[0] });
    assert_eq!(plan.pair, Pair::Changed, "half of the log is enough for suspicion");
}

#[test]
fn an_organisation_is_asked_once_and_only_where_there_is_something_to_ask() {
    let asked = |memory: &mut Memory, spec: &Spec| {
        memory.world.clear_requests();
        carry::plan(spec, memory);
        memory.world.requests().iter().filter(|request| request.target.starts_with("/insights")).count()
    };
    let (mut memory, spec) = federated();
    assert_eq!(asked(&mut memory, &spec), 1, "nobody came, so nobody's log-in is asked for");
    for email in [ANN, BEN, ANN] {
        sign_in(&mut memory, email).unwrap();
    }
    assert_eq!(asked(&mut memory, &spec), 2);
    let provider = memory.world.provider(memory.secondary).unwrap().id;
    console::delete_provider(&mut memory.world, provider);
    assert_eq!(asked(&mut memory, &spec), 0);
}

#[test]
fn that_somebody_signed_in_meanwhile_makes_no_saved_plan_stale_but_where_the_very_same_is_asked_for() {
    let (mut memory, spec) = federated();
    // Something else is to be done for Ann, so the saved plan does not leave her to the next one.
    sign_in(&mut memory, ANN).unwrap();
    let person = memory.world.user_by_email(memory.primary, ANN).unwrap().id;
    console::set_attribute(&mut memory.world, person, "acmetobeta", None);
    memory.world.set("insights-forbidden", "true").unwrap();
    let old = carry::plan(&spec, &mut memory);
    assert!(!old.is_empty() && password(&old).0.is_empty(), "{:?}", old.actions);
    let lines: Vec<String> = old.lines().collect();
    let saved = Saved::parse(lines.iter().map(String::as_str)).unwrap();
    memory.world.set("insights-forbidden", "false").unwrap();
    let mut fresh = carry::plan(&spec, &mut memory);
    assert_eq!((fresh.pair, password(&fresh).0.len()), (Pair::Proved, 1));
    assert_ne!(fresh.digest(), old.digest(), "--exact");
    assert_eq!((saved.restrict(&mut fresh), saved.allows(&fresh)), (vec![], vec![]));
    let writes =
        |plan: &Plan| plan.actions.iter().filter(|action| action.verb != Verb::Check).cloned().collect::<Vec<_>>();
    assert_eq!(writes(&fresh), writes(&old));
}

/// A log of the primary organisation of so many events that say nothing here, which gives as many at once as it is asked for.
struct Long<'m> {
    memory: &'m mut Memory,
    events: usize,
    asked: Vec<[usize; 2]>,
}

impl Carry for Long<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        if request.host != Host::Insights || request.org != Org::Primary {
            return self.memory.carry(request);
        }
        let body: serde_json::Value = serde_json::from_slice(&request.body.unwrap().1).unwrap();
        let number = |key: &str| usize::try_from(body[key].as_u64().unwrap_or(0)).unwrap();
        let [limit, skip] = [number("limit"), number("skip")];
        self.asked.push([limit, skip]);
        let event = r#"{"event_type":"group_update","timestamp":"2026-10-01T00:00:00Z"}"#;
        answered(200, format!("[{}]", vec![event; limit.min(self.events - skip)].join(",")).as_bytes())
    }
}

#[test]
fn i13_a_log_that_is_longer_than_what_is_read_calls_nobody_absent() {
    let (mut memory, spec) = federated();
    let pages = |pages: usize| (0..pages).map(|page| [1_000, 1_000 * page]).collect::<Vec<_>>();
    for (events, asked, whole) in [(2_500, 3, true), (2_000, 3, true), (9_999, 10, true), (50_000, 10, false)] {
        let mut long = Long { memory: &mut memory, events, asked: Vec::new() };
        let terms = carry::terms();
        let read = fedctl_core::drive::read(&spec, &mut long, |live| status::step(&spec, &terms, live)).unwrap().0;
        let Step::Ready(status) = read else { panic!("no status: {read:?}") };
        let is_absent = |standing: &Standing| standing.state == State::NotYet;
        assert_eq!(status.people.iter().any(is_absent), whole, "{events}");
        assert!(matches!(status.log, Reach::Since { is_whole, .. } if is_whole == whole), "{events}: {:?}", status.log);
        assert_eq!(long.asked, pages(asked), "{events}");
    }
    // For a plan the newest events will do.
    let mut long = Long { memory: &mut memory, events: 50_000, asked: Vec::new() };
    carry::plan(&spec, &mut long);
    assert_eq!(long.asked, [[200, 0]]);
}

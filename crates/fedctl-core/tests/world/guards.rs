//! Each guard: that it fires, and not just below its number; that a lift goes exactly as far as it says; that neither spec nor
//! operator lifts it. Those that refuse what no kind plans have their tests beside the code (`planner/guards`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use fedctl_core::address::Org;
use fedctl_core::drive::Carry;
use fedctl_core::plan::Plan;
use fedctl_core::plan::allow::{Allow, NotAllowed};
use fedctl_core::plan::guard::{Guard, Lift};
use fedctl_core::plan::rules::Rules;
use fedctl_core::request::{Outcome, Request};
use fedctl_core::spec::{self, Spec};
use fedctl_core::{operator, plan};
use jumpcloud_sim::{GroupId, NewUser, OrgId, UserId, World, console, fixture};
use serde_json::json;

use crate::carry::{self, Memory};
use crate::faultless;
use crate::judge::Doors;
use crate::scene::{plain, restriction};

const GROUP: &str = "Contractors";
const PEOPLE: &str = "  from: {groups: [Contractors]}\n  mapping: {email: \"{email}.beta\"}";
const OFF: &str = "routing_policy: {enabled: false}\n";

/// An organisation of people who are all in the group of the spec.
struct Office {
    memory: Memory,
    group: GroupId,
}

impl Office {
    fn new(people: usize) -> Self {
        let mut memory = Memory::new(fixture::pair(7));
        let group = memory.world.add_group(memory.primary, GROUP);
        let mut office = Self { memory, group };
        (0..people).for_each(|number| office.joins(number));
        office
    }

    /// The same, federated.
    fn set_up(people: usize) -> Self {
        let mut office = Self::new(people);
        let spec = office.spec("");
        let (_, ends) = carry::apply(&spec, &mut office.memory);
        assert!(ends.iter().all(fedctl_core::apply::End::is_good), "{ends:?}");
        office
    }

    fn joins(&mut self, number: usize) {
        let user = plain(&format!("p{number}@acme.com"), &format!("p{number}"));
        let user = self.memory.world.add_user(self.memory.primary, user);
        self.memory.world.add_member(self.group, user);
    }

    fn account(&self, number: usize) -> UserId {
        user_of(&self.memory.world, self.memory.secondary, &format!("p{number}@acme.com.beta"))
    }

    fn person(&self, number: usize) -> UserId {
        user_of(&self.memory.world, self.memory.primary, &format!("p{number}@acme.com"))
    }

    fn spec(&self, rest: &str) -> Spec {
        carry::spec(&self.memory, PEOPLE, rest)
    }

    fn plan(&mut self, rest: &str) -> Plan {
        let spec = self.spec(rest);
        carry::plan(&spec, &mut self.memory)
    }

    fn plan_under(&mut self, rules: Rules, rest: &str) -> Plan {
        let spec = self.spec(rest);
        carry::plan_under(rules, &spec, &mut self.memory)
    }
}

fn user_of(world: &World, org: OrgId, email: &str) -> UserId {
    world.user_by_email(org, email).unwrap().id
}

fn guards(plan: &Plan) -> BTreeSet<Guard> {
    plan.refusals.iter().map(|refusal| refusal.guard).collect()
}

fn only(guard: Guard) -> BTreeSet<Guard> {
    BTreeSet::from([guard])
}

fn none() -> BTreeSet<Guard> {
    BTreeSet::new()
}

fn allow(text: &str) -> Allow {
    text.parse().unwrap()
}

/// A lift of this guard goes as far as it says, for this plan alone, and the plan stays the plan that it was.
#[track_caller]
fn is_lifted_exactly(plan: &Plan, guard: Guard, needed: u32) {
    let digest = plan.digest();
    assert_eq!((guards(plan), plan.needs(guard)), (only(guard), needed));
    let lift = |text: String, attended: bool| {
        let mut plan = plan.clone();
        plan.allow(&[allow(&text)], None, attended).map(|()| plan)
    };
    let far_enough = lift(format!("{guard}={needed}@{digest}"), true).unwrap();
    assert_eq!((guards(&far_enough), far_enough.lifted.len()), (none(), plan.refusals.len()));
    assert_eq!(far_enough.digest(), digest, "what is lifted is no part of the plan");
    let too_few = lift(format!("{guard}={}@{digest}", needed - 1), true);
    assert!(matches!(too_few, Err(NotAllowed::TooFew { needed: all, .. }) if all == needed), "{too_few:?}");
    let other = lift(format!("{guard}={needed}@{}", "0".repeat(16)), true);
    assert!(matches!(other, Err(NotAllowed::OtherPlan { .. })), "{other:?}");
    let nobody_there = lift(format!("{guard}={needed}@{digest}"), false);
    assert_eq!(nobody_there.is_ok(), guard != Guard::ReGrant, "{nobody_there:?}");
    let by_digest = format!("{guard}@{digest}").parse::<Allow>();
    assert_eq!(by_digest.is_ok(), guard.lift() == Lift::Digest);
    let proposed = plan.lifts(&digest);
    assert_eq!(proposed.iter().map(|allow| allow.guard).collect::<Vec<_>>(), [guard]);
    let mut again = plan.clone();
    again.allow(&proposed, None, true).unwrap();
    again.forget_lifts();
    assert_eq!(&again, plan);
}

/// A mark that says of an account that its person lost something on the day of the plan, or some days before.
fn left(office: &mut Office, number: usize, word: &str, days_before: u64) {
    let (person, account) = (office.person(number), office.account(number));
    let now = office.plan("").as_of.unwrap() - days_before * 24 * 60 * 60;
    let day = jiff::tz::Offset::UTC.to_datetime(jiff::Timestamp::from_second(now.try_into().unwrap()).unwrap()).date();
    let mark = format!("acme-to-beta/{person}/created/{word} {day}");
    let world = &mut office.memory.world;
    console::set_attribute(world, account, "fedctl", Some(&mark));
    console::suspend_user(world, account, true);
    console::set_attribute(world, person, "acmetobeta", None);
    console::remove_member(world, office.group, person);
}

#[test]
fn i9_three_people_may_lose_sign_in_by_one_plan_and_a_fourth_has_to_be_allowed() {
    assert_eq!(guards(&Office::set_up(3).plan(OFF)), none());
    let mut office = Office::set_up(4);
    let plan = office.plan(OFF);
    is_lifted_exactly(&plan, Guard::MaxLosses, 4);
    // Applied as far as it was allowed, it does what the spec says.
    let mut lifted = plan;
    carry::lift(&mut lifted, &[Guard::MaxLosses]);
    carry::run(&lifted, &mut office.memory);
    assert!(Doors::of_memory(&office.memory).federated.is_empty());
    assert_eq!(guards(&office.plan(OFF)), none());
}

#[test]
fn i9_a_tenth_of_the_people_may_lose_sign_in_by_one_plan() {
    let mut office = Office::set_up(45);
    // Whoever is not routed any more loses nothing by the switch.
    let accounts: Vec<UserId> = (4..45).map(|number| office.account(number)).collect();
    let routing =
        crate::scene::group_named(&office.memory.world, office.memory.secondary, "Federated from acme").unwrap();
    for account in accounts {
        console::remove_member(&mut office.memory.world, routing, account);
    }
    office.memory.world.advance(25 * 60 * 60 * 1000);
    assert_eq!(guards(&office.plan(OFF)), none(), "four of forty-five");
    let strict = format!("{OFF}safety: {{max_losses: 3}}\n");
    assert_eq!(guards(&office.plan(&strict)), only(Guard::MaxLosses), "a spec makes it stricter");
    let loose = format!("{OFF}safety: {{max_losses: 100}}\n");
    let rules = Rules { max_losses: Some(3), ..Rules::default() };
    let plan = office.plan_under(rules, &loose);
    is_lifted_exactly(&plan, Guard::MaxLosses, 4);
    let roomy = Rules { max_losses: Some(4), ..Rules::default() };
    assert_eq!(guards(&office.plan_under(roomy, OFF)), none());
}

#[test]
fn i9_whoever_is_only_taken_out_of_routing_loses_sign_in_too() {
    let mut office = Office::set_up(4);
    let unroute = carry::spec(&office.memory, &format!("{PEOPLE}\n  on_leave: unroute"), "");
    let people: Vec<UserId> = (0..4).map(|number| office.person(number)).collect();
    for person in &people[..3] {
        console::remove_member(&mut office.memory.world, office.group, *person);
    }
    assert_eq!(guards(&carry::plan(&unroute, &mut office.memory)), none());
    console::remove_member(&mut office.memory.world, office.group, people[3]);
    is_lifted_exactly(&carry::plan(&unroute, &mut office.memory), Guard::MaxLosses, 4);
}

#[test]
fn i9_what_was_taken_today_counts_and_what_was_taken_yesterday_does_not() {
    for (word, days, refused) in
        [("left", 0, true), ("suspended", 0, true), ("left", 1, false), ("suspended", 1, false)]
    {
        let mut office = Office::set_up(4);
        left(&mut office, 2, word, days);
        left(&mut office, 3, word, days);
        let plan = office.plan(OFF);
        assert_eq!(plan.needs(Guard::MaxLosses), if refused { 4 } else { 0 }, "{word} {days}: {:?}", plan.refusals);
        if refused {
            let why = &plan.refusals[0].why;
            assert!(
                why.contains("4 of 4 people would lose sign-in, and 3 may in a day, 2 of them by what was done today"),
                "{why}"
            );
        }
    }
}

#[test]
fn i9_three_people_may_leave_in_a_day_however_many_runs_that_are() {
    let mut office = Office::set_up(50);
    let leaves = |office: &mut Office, number: usize| {
        let person = office.person(number);
        console::remove_member(&mut office.memory.world, office.group, person);
    };
    (0..2).for_each(|number| leaves(&mut office, number));
    let spec = office.spec("");
    carry::apply(&spec, &mut office.memory);
    (2..3).for_each(|number| leaves(&mut office, number));
    assert_eq!(guards(&office.plan("")), none(), "a third on this day");
    leaves(&mut office, 3);
    let plan = office.plan("");
    is_lifted_exactly(&plan, Guard::MaxLosses, 4);
    let why = &plan.refusals[0].why;
    assert!(
        why.contains("4 of 50 people would be suspended, and 3 may in a day, 2 of them by what was done today"),
        "{why}"
    );
    office.memory.world.advance(25 * 60 * 60 * 1000);
    assert_eq!(guards(&office.plan("")), none(), "another day");
    let unroute = carry::spec(&office.memory, &format!("{PEOPLE}\n  on_leave: unroute"), "");
    (4..6).for_each(|number| leaves(&mut office, number));
    assert_eq!(guards(&carry::plan(&unroute, &mut office.memory)), none(), "four of a tenth");
    assert_eq!(guards(&office.plan("")), only(Guard::MaxLosses), "four suspended");
}

#[test]
fn nobody_is_let_go_who_is_protected() {
    for of_primary in [true, false] {
        let mut office = Office::set_up(2);
        let user = if of_primary { office.person(0) } else { office.account(0) };
        console::set_admin(&mut office.memory.world, user, Some("Administrator"));
        let person = office.person(0);
        console::remove_member(&mut office.memory.world, office.group, person);
        assert_eq!(guards(&office.plan("")), only(Guard::Protected), "of the primary: {of_primary}");
        let rest = "safety: {protect: {secondary: [p1@acme.com.beta]}}\n";
        console::set_admin(&mut office.memory.world, user, None);
        assert_eq!(guards(&office.plan(rest)), none(), "another one is protected");
        let rest = rest.replace("p1", "p0");
        assert_eq!(guards(&office.plan(&rest)), only(Guard::Protected));
    }
}

#[test]
fn i11_whoever_comes_back_is_let_in_only_by_somebody_at_a_terminal() {
    let mut office = Office::set_up(3);
    for number in 0..2 {
        let person = office.person(number);
        console::remove_member(&mut office.memory.world, office.group, person);
    }
    let spec = office.spec("");
    carry::apply(&spec, &mut office.memory);
    assert_eq!(Doors::of_memory(&office.memory).federated.len(), 1);
    for number in 0..2 {
        let person = office.person(number);
        console::add_member(&mut office.memory.world, office.group, person);
    }
    is_lifted_exactly(&office.plan(""), Guard::ReGrant, 2);
    carry::apply(&spec, &mut office.memory);
    assert_eq!(Doors::of_memory(&office.memory).federated.len(), 3);
}

#[test]
fn i11_whoever_was_taken_out_of_the_routing_group_is_put_back_on_the_first_day_and_never_after() {
    let managed = "routing_group: {members: managed}\n";
    let mut office = Office::new(3);
    carry::apply(&office.spec(managed), &mut office.memory);
    let routing =
        crate::scene::group_named(&office.memory.world, office.memory.secondary, "Federated from acme").unwrap();
    for number in 0..2 {
        let account = office.account(number);
        console::remove_member(&mut office.memory.world, routing, account);
    }
    let plan = office.plan(managed);
    assert_eq!((guards(&plan), plan.is_empty()), (none(), false), "a run that was broken off may have left them so");
    office.memory.world.advance(23 * 60 * 60 * 1000);
    office.joins(3);
    assert_eq!(guards(&office.plan(managed)), none());
    office.memory.world.advance(2 * 60 * 60 * 1000);
    let plan = office.plan(managed);
    let joins = |number: usize| plan.actions.iter().any(|action| action.target.name.contains(&format!("p{number}@")));
    assert_eq!((guards(&plan), [0, 1, 2, 3].map(joins)), (none(), [false, false, false, true]));
}

#[test]
fn an_account_that_another_directory_keeps_is_suspended_only_by_somebodys_word() {
    let mut office = Office::set_up(2);
    let (person, account) = (office.person(0), office.account(0));
    console::remove_member(&mut office.memory.world, office.group, person);
    assert_eq!(guards(&office.plan("")), none());
    console::set_restrictions(&mut office.memory.world, account, vec![restriction("department")]);
    is_lifted_exactly(&office.plan(""), Guard::ForeignAuthority, 1);
}

#[test]
fn i10_twenty_people_may_gain_sign_in_by_one_plan_and_all_of_them_by_the_first() {
    assert_eq!(guards(&Office::new(30).plan("")), none(), "a first set-up");
    let mut office = Office::set_up(1);
    (1..21).for_each(|number| office.joins(number));
    assert_eq!(guards(&office.plan("")), none());
    office.joins(21);
    is_lifted_exactly(&office.plan(""), Guard::MaxGains, 21);
    let rules = |most| Rules { max_gains: Some(most), ..Rules::default() };
    assert_eq!(guards(&office.plan_under(rules(21), "")), none(), "the operator's word stands in its place");
    assert_eq!(guards(&office.plan_under(rules(20), "")), only(Guard::MaxGains));
    assert_eq!(guards(&Office::new(30).plan_under(rules(29), "")), only(Guard::MaxGains), "also at a first set-up");
}

#[test]
fn i10_whoever_left_and_is_kept_comes_in_again_by_no_repair() {
    let people = format!("{PEOPLE}\n  except: [p0@acme.com]\n  on_leave: keep");
    let refused = |prepare: &dyn Fn(&mut Office, UserId), rest: &str| {
        let mut office = Office::set_up(2);
        let (person, app) = (office.person(0), office.memory.world.apps(office.memory.primary).next().unwrap().id);
        let spec = carry::spec(&office.memory, &people, rest);
        carry::apply(&spec, &mut office.memory);
        console::set_redirect_uris(&mut office.memory.world, app, &["https://typo.example.com"]);
        prepare(&mut office, person);
        guards(&carry::plan(&spec, &mut office.memory))
    };
    assert_eq!(refused(&|_, _| {}, ""), only(Guard::Impersonation));
    assert_eq!(refused(&|_, _| {}, OFF), none(), "nobody is routed");
    let leaves = |office: &mut Office, person| {
        console::remove_member(&mut office.memory.world, office.group, person);
    };
    assert_eq!(refused(&leaves, ""), none(), "the app is not theirs");
    let unmapped = |office: &mut Office, person| {
        console::set_attribute(&mut office.memory.world, person, "acmetobeta", None);
    };
    assert_eq!(refused(&unmapped, ""), none(), "their attribute opens nothing");
}

#[test]
fn a_provider_whose_app_is_gone_is_pointed_at_another_only_by_somebodys_word() {
    let mut office = Office::set_up(2);
    let app =
        office.memory.world.apps(office.memory.primary).find(|app| app.display_label == "OIDC for beta").unwrap().id;
    console::delete_app(&mut office.memory.world, app);
    let plan = office.plan("");
    is_lifted_exactly(&plan, Guard::OrphanedProvider, 1);
    let spec = office.spec("");
    carry::apply(&spec, &mut office.memory);
    assert_eq!(Doors::of_memory(&office.memory).federated.len(), 2);
    assert!(office.plan("").is_empty());
}

#[test]
fn what_another_directory_keeps_of_an_account_is_changed_only_by_somebodys_word() {
    let copy = "  copy: [firstname]";
    let people = format!("{PEOPLE}\n{copy}");
    let mut office = Office::set_up(1);
    let (person, account) = (office.person(0), office.account(0));
    let body = json!({"firstname": "Renamed"});
    office.memory.raw(Org::Primary, "PUT", &format!("/api/systemusers/{person}"), &body);
    let spec = carry::spec(&office.memory, &people, "");
    for (field, refused) in [("department", none()), ("firstname", only(Guard::ForeignAuthority))] {
        console::set_restrictions(&mut office.memory.world, account, vec![restriction(field)]);
        assert_eq!(guards(&carry::plan(&spec, &mut office.memory)), refused, "{field}");
    }
    is_lifted_exactly(&carry::plan(&spec, &mut office.memory), Guard::ForeignAuthority, 1);
}

#[test]
fn what_others_hang_on_is_removed_only_by_somebodys_word() {
    let mut office = Office::set_up(1);
    let world = &mut office.memory.world;
    let copy = world.add_group(office.memory.secondary, "Federated from acme");
    console::describe_group(world, copy, "managed by fedctl: acme-to-beta/routing-group");
    assert_eq!(guards(&office.plan("")), none(), "a copy that nobody uses goes");
    let wiki = office.memory.world.add_app(office.memory.secondary, "bookmark", "Wiki");
    console::set_app_group(&mut office.memory.world, wiki, copy, true);
    let plan = office.plan("");
    is_lifted_exactly(&plan, Guard::ForeignDependants, 1);
    assert!(plan.refusals[0].why.contains("1 x application"), "{}", plan.refusals[0].why);
}

/// A key that may not read which LDAP servers hang on a group.
struct NoLdap<'a>(&'a mut Memory);

impl Carry for NoLdap<'_> {
    fn carry(&mut self, request: Request) -> Outcome {
        if request.path.contains("targets=ldap_server") {
            return Outcome::Answered(crate::conversation::answer(403, "{}"));
        }
        self.0.carry(request)
    }

    fn pause(&mut self, wanted: Duration) {
        self.0.pause(wanted);
    }
}

#[test]
fn i13_what_cannot_be_read_counts_as_something_that_hangs_on_what_goes() {
    let mut office = Office::set_up(1);
    let world = &mut office.memory.world;
    let copy = world.add_group(office.memory.secondary, "Federated from acme");
    console::describe_group(world, copy, "managed by fedctl: acme-to-beta/routing-group");
    let spec = office.spec("");
    let plan = carry::plan(&spec, &mut NoLdap(&mut office.memory));
    is_lifted_exactly(&plan, Guard::ForeignDependants, 1);
    assert!(plan.refusals[0].why.contains("ldap_server: "), "{}", plan.refusals[0].why);
}

#[test]
fn whom_a_rule_would_catch_is_caught_only_by_somebodys_word() {
    let mut office = Office::new(1);
    let rule = "routing_group: {members: {email_ends_with: \".beta\", accept_capture: true}}\n";
    assert_eq!(guards(&office.plan(rule)), none());
    for number in 0..2 {
        let stranger = plain(&format!("eve{number}@other.org.beta"), &format!("eve{number}"));
        office.memory.world.add_user(office.memory.secondary, stranger);
    }
    is_lifted_exactly(&office.plan(rule), Guard::Capture, 2);
}

#[test]
fn i9_one_administrator_keeps_a_way_in_that_does_not_lead_through_the_federation() {
    let mut office = Office::set_up(2);
    let policy = office.memory.world.policies(office.memory.secondary).next().unwrap().id;
    // Turned off by the spec and on again, so that the plan is one that routes.
    carry::apply(&office.spec(OFF), &mut office.memory);
    let admin = office.account(0);
    console::set_admin(&mut office.memory.world, admin, Some("Administrator"));
    assert_eq!(guards(&office.plan("")), only(Guard::LastWayIn));
    let other = office.memory.world.add_user(office.memory.secondary, plain("root@beta.com", "root"));
    console::set_admin(&mut office.memory.world, other, Some("Administrator"));
    assert_eq!(guards(&office.plan("")), none());
    console::suspend_user(&mut office.memory.world, other, true);
    assert_eq!(guards(&office.plan("")), only(Guard::LastWayIn), "one who is shut out lets nobody in");
    assert!(office.memory.world.policy(policy).is_some());
}

#[test]
fn i9_the_last_administrator_is_not_routed_by_a_policy_that_is_on_already() {
    let mut office = Office::set_up(1);
    let admin = office.memory.world.add_user(office.memory.secondary, plain("p1@acme.com.beta", "p1"));
    office.joins(1);
    let adopts = "adopt: {people: [p1@acme.com]}\n";
    assert!(!guards(&office.plan(adopts)).contains(&Guard::LastWayIn));
    console::set_admin(&mut office.memory.world, admin, Some("Administrator"));
    assert!(guards(&office.plan(adopts)).contains(&Guard::LastWayIn));
}

#[test]
fn nothing_is_taken_from_an_administrator_of_either_organisation() {
    for of_primary in [true, false] {
        let mut office = Office::set_up(2);
        let user = if of_primary { office.person(0) } else { office.account(0) };
        assert_eq!(guards(&office.plan(OFF)), none());
        console::set_admin(&mut office.memory.world, user, Some("Administrator"));
        assert_eq!(guards(&office.plan(OFF)), only(Guard::Protected), "of the primary: {of_primary}");
        assert_eq!(guards(&office.plan("")), none(), "nothing is taken");
    }
}

#[test]
fn i9_whoever_is_protected_keeps_the_password_of_an_account_that_is_routed_already() {
    let mut office = Office::new(1);
    let spec = |office: &Office, authority: &str, rest: &str| {
        carry::spec(&office.memory, &format!("{PEOPLE}\n  password_authority: {authority}"), rest)
    };
    let protect = "safety: {protect: {secondary: [p0@acme.com.beta]}}\n";
    carry::apply(&spec(&office, "none", ""), &mut office.memory);
    let account = office.account(0);
    console::set_password(&mut office.memory.world, account, Some("Correct-Horse-8"));
    let federated = |office: &mut Office, rest: &str| {
        // Who has a password of their own is asked for it only after they were seen to sign in.
        let rules = Rules { signed_in: ["p0@acme.com".into()].into(), ..Rules::default() };
        let spec = spec(office, "federated", rest);
        carry::plan_under(rules, &spec, &mut office.memory)
    };
    assert_eq!(guards(&federated(&mut office, "")), none());
    assert_eq!(guards(&federated(&mut office, protect)), only(Guard::Protected));
    let plan = federated(&mut office, "");
    carry::run(&plan, &mut office.memory);
    let gives_back = spec(&office, "none", protect);
    let plan = carry::plan(&gives_back, &mut office.memory);
    assert_eq!((guards(&plan), plan.is_empty()), (none(), false), "a password that comes back is no loss");
}

#[test]
fn the_digest_of_a_saved_plan_lifts_what_is_left_of_it() {
    let mut office = Office::set_up(4);
    let saved = office.plan(OFF).digest();
    office
        .memory
        .world
        .add_user(office.memory.primary, NewUser { firstname: "N".to_owned(), ..plain("n@acme.com", "n") });
    let mut fresh = office
        .plan_under(Rules { signed_in: [].into(), ..Rules::default() }, &format!("{OFF}app: {{hidden: false}}\n"));
    assert_ne!(fresh.digest(), saved);
    let allows = [allow(&format!("max-losses=4@{saved}"))];
    assert!(matches!(fresh.allow(&allows, None, true), Err(NotAllowed::OtherPlan { .. })));
    fresh.allow(&allows, Some(&saved), true).unwrap();
    assert_eq!(guards(&fresh), none());
}

#[test]
fn a_lift_that_lifts_nothing_is_said_and_one_of_two_that_fails_lifts_neither() {
    let mut plan = Office::set_up(4).plan(OFF);
    let digest = plan.digest();
    let unneeded = [allow(&format!("max-losses=4@{digest}")), allow(&format!("capture@{digest}"))];
    assert!(matches!(plan.allow(&unneeded, None, true), Err(NotAllowed::Nothing(_))));
    assert_eq!((guards(&plan), plan.lifted.len()), (only(Guard::MaxLosses), 0));
}

#[test]
fn neither_a_spec_nor_an_operator_file_lifts_a_guard() {
    let office = Office::new(1);
    let side = |org| format!("{{organization: \"{org}\", credentials: a}}");
    let of = |rest: &str| {
        format!(
            "version: 1\nfederation: f\nprimary: {}\nsecondary: {}\npeople: {{from: {{groups: [{GROUP}]}}}}\n{rest}",
            side(office.memory.primary),
            side(office.memory.secondary)
        )
    };
    for line in
        ["allow: [max-losses=9@0123456789abcdef]\n", "ceilings: {max_losses: 9}\n", "safety: {allow: [capture]}\n"]
    {
        let parsed = spec::parse(&of(line));
        assert!(parsed.spec.is_none(), "{line}");
    }
    for line in ["allow: [max-losses=9@0123456789abcdef]\n", "ceilings: {allow: 9}\n"] {
        assert!(operator::parse(&format!("version: 1\n{line}")).operator.is_none(), "{line}");
    }
}

/// What an administrator reads at three in the morning: every refusal that a story here comes to, in one place.
#[test]
fn each_refusal_says_what_is_the_matter_and_what_to_do() {
    let mut text = String::new();
    for plan in refused_plans() {
        for plan::Refusal { guard, about, why, way_out, count } in &plan.refusals {
            let count = count.map(|count| format!(" ({count})")).unwrap_or_default();
            writeln!(text, "{guard}{count}: {about}\n    {why}\n    way out: {way_out}").unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

/// A plan for each guard that a plan of today can meet.
fn refused_plans() -> Vec<Plan> {
    let mut plans = vec![Office::set_up(4).plan(OFF)];
    let mut crowd = Office::set_up(1);
    (1..25).for_each(|number| crowd.joins(number));
    plans.push(crowd.plan(""));
    let mut orphaned = Office::set_up(1);
    let app = orphaned.memory.world.apps(orphaned.memory.primary).next().unwrap().id;
    console::delete_app(&mut orphaned.memory.world, app);
    plans.push(orphaned.plan(""));
    let mut admin = Office::set_up(1);
    let user = admin.account(0);
    console::set_admin(&mut admin.memory.world, user, Some("Administrator"));
    plans.push(admin.plan(OFF));
    plans.extend(of_leavers());
    plans.extend(of_others());
    plans
}

fn of_leavers() -> [Plan; 2] {
    let mut office = Office::set_up(40);
    let everybody: Vec<UserId> = (0..5).map(|number| office.person(number)).collect();
    for person in &everybody {
        console::remove_member(&mut office.memory.world, office.group, *person);
    }
    let many = office.plan("");
    for person in &everybody[1..] {
        console::add_member(&mut office.memory.world, office.group, *person);
    }
    carry::apply(&office.spec(""), &mut office.memory);
    console::add_member(&mut office.memory.world, office.group, everybody[0]);
    [many, office.plan("")]
}

fn of_others() -> [Plan; 3] {
    let mut copied = Office::set_up(1);
    let world = &mut copied.memory.world;
    let copy = world.add_group(copied.memory.secondary, "Federated from acme");
    console::describe_group(world, copy, "managed by fedctl: acme-to-beta/routing-group");
    let wiki = world.add_app(copied.memory.secondary, "bookmark", "Wiki");
    console::set_app_group(world, wiki, copy, true);
    let mut kept = Office::set_up(2);
    let (person, account) = (kept.person(0), kept.account(0));
    console::remove_member(&mut kept.memory.world, kept.group, person);
    console::set_restrictions(&mut kept.memory.world, account, vec![restriction("department")]);
    let mut admin = Office::set_up(2);
    carry::apply(&admin.spec(OFF), &mut admin.memory);
    let account = admin.account(0);
    console::set_admin(&mut admin.memory.world, account, Some("Administrator"));
    [copied.plan(""), kept.plan(""), admin.plan("")]
}

const SHORT: u32 = 12;

#[test]
fn refusals_without_a_fault_are_none_in_a_few_worlds() {
    let found = faultless::refusals(SHORT, 1);
    assert_eq!(found.refused, Default::default(), "{found}");
}

#[test]
#[ignore = "long: cargo xtask refusals"]
fn refusals_without_a_fault() {
    let number = |name: &str, default| crate::asked::number(name).unwrap_or(default);
    let found = faultless::refusals(number("FEDCTL_CASES", 1000).try_into().unwrap(), number("FEDCTL_SEED", 1));
    println!("{found}");
    assert!(found.per_thousand() <= 1.0, "{found}");
}

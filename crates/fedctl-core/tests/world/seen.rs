//! What the oracle of [`crate::oracle`] and the witness of [`crate::witness`] object to: each promise is broken by hand once.

use fedctl_core::apply::End;
use jumpcloud_sim::{Restriction, RestrictionKind, UserId, console};

use crate::carry::{self, Memory};
use crate::history::account_of;
use crate::oracle::Oracle;
use crate::picture;
use crate::scene::{email, group_named, is_marked};
use crate::stories::{STORIES, Stage};
use crate::watch::{Log, Sent};
use crate::witness::{self, Became, Course, beyond_the_plan, untrue};

fn story(name: &str) -> Stage {
    let story = STORIES.iter().find(|story| story.name == name).unwrap();
    story.stage(3).unwrap()
}

/// A federation at rest, with a protected account.
fn rest() -> Stage {
    let mut stage = story("fresh");
    witness::invoke(&stage.scene, &stage.spec, &mut stage.memory, Course::default()).unwrap();
    let world = &mut stage.memory.world;
    let staff = world.user_by_email(stage.memory.secondary, "staff0@beta.com").unwrap().id;
    console::set_admin(world, staff, Some("Administrator"));
    stage
}

fn account(memory: &Memory, index: usize) -> UserId {
    let person = memory.world.user_by_email(memory.primary, &email(index)).unwrap().id;
    account_of(&memory.world, memory.secondary, person).unwrap()
}

/// What the oracle says when this is done where nothing is planned and nothing was read.
fn objection(harm: impl FnOnce(&mut Memory)) -> String {
    let mut stage = rest();
    let plan = carry::plan(&stage.spec, &mut stage.memory);
    let mut oracle = Oracle::new(&stage.scene, &stage.memory, &plan);
    let log = Log::default();
    assert_eq!(oracle.wrong(&stage.scene, &stage.memory, &log), None);
    harm(&mut stage.memory);
    oracle.wrong(&stage.scene, &stage.memory, &log).unwrap_or_default()
}

fn app(memory: &Memory) -> jumpcloud_sim::AppId {
    memory.world.apps(memory.primary).find(|app| is_marked(&app.description)).unwrap().id
}

#[test]
fn the_oracle_objects_to_who_loses_and_who_gains() {
    let off = |memory: &mut Memory| {
        let app = app(memory);
        console::set_app_active(&mut memory.world, app, false);
    };
    assert!(objection(off).starts_with("I9: "), "{}", objection(off));
    let other = objection(|memory| {
        let another = account(memory, 1);
        let address = memory.world.user(another).unwrap().email.to_string();
        let person = memory.world.user_by_email(memory.primary, &email(0)).unwrap().id;
        console::set_attribute(&mut memory.world, person, crate::scene::ATTRIBUTE, Some(&address));
    });
    assert!(other.starts_with("I9: ") || other.starts_with("I10: "), "{other}");
}

#[test]
fn the_oracle_objects_to_what_is_touched_and_nobodys_business() {
    let made = objection(|memory| {
        memory.world.add_group(memory.secondary, "Extra");
    });
    assert!(made.contains("is new"), "{made}");
    let renamed = objection(|memory| {
        let staff = group_named(&memory.world, memory.secondary, "Staff").unwrap();
        console::rename_group(&mut memory.world, staff, "Stuff");
    });
    assert!(renamed.starts_with("I6: "), "{renamed}");
    let attribute = objection(|memory| {
        let account = account(memory, 0);
        console::set_attribute(&mut memory.world, account, "badge", Some("7"));
    });
    assert!(attribute.starts_with("I6: of account"), "{attribute}");
    let uri = objection(|memory| {
        let (app, callback) = (app(memory), carry::terms().callback);
        console::set_redirect_uris(&mut memory.world, app, &["https://more.example.com", &callback]);
    });
    assert!(uri.starts_with("I6: of app"), "{uri}");
    let protected = objection(|memory| {
        let staff = memory.world.user_by_email(memory.secondary, "staff0@beta.com").unwrap().id;
        console::set_admin(&mut memory.world, staff, None);
    });
    assert!(protected.contains("became"), "{protected}");
}

#[test]
fn the_oracle_objects_to_a_removal_that_no_request_read_and_to_an_authority_that_was_not_checked() {
    let mut stage = rest();
    let duplicate = crate::edits::ObjectEdit::DuplicateGroups;
    duplicate.make(&mut stage.memory);
    let plan = carry::plan(&stage.spec, &mut stage.memory);
    let groups = |memory: &Memory| -> Vec<_> {
        memory
            .world
            .groups(memory.secondary)
            .filter(|group| is_marked(&group.description))
            .map(|group| group.id)
            .collect()
    };
    let spare = groups(&stage.memory).pop().unwrap();
    let read = |id: &str| Log(vec![Sent::read(&format!("GET /api/v2/usergroups/{id}"))]);
    for (log, wrong) in [(Log::default(), true), (read("another"), true), (read(&spare.to_string()), false)] {
        let (mut memory, mut oracle) = (stage.memory.clone(), Oracle::new(&stage.scene, &stage.memory, &plan));
        console::delete_group(&mut memory.world, spare);
        assert_eq!(oracle.wrong(&stage.scene, &memory, &log).is_some_and(|why| why.starts_with("I7: ")), wrong);
    }
    let account = account(&stage.memory, 0);
    console::set_restrictions(&mut stage.memory.world, account, Vec::new());
    let mut oracle = Oracle::new(&stage.scene, &stage.memory, &plan);
    let owner = RestrictionKind::FederatedIdentityProvider;
    let owner = Restriction { field: "password".into(), kind: owner, id: None };
    console::set_restrictions(&mut stage.memory.world, account, vec![owner]);
    let wrong = oracle.wrong(&stage.scene, &stage.memory, &Log::default()).unwrap();
    assert!(wrong.contains("before it was seen in the routing group"), "{wrong}");
}

#[test]
fn the_oracle_objects_to_a_stranger_who_is_routed() {
    let mut stage = rest();
    let world = &mut stage.memory.world;
    let policy = world.policies(stage.memory.secondary).find(|policy| is_marked(&policy.description)).unwrap().id;
    console::set_policy_enabled(world, policy, false);
    let group = world.policy(policy).unwrap().groups().next().unwrap();
    let stranger = world.user_by_email(stage.memory.secondary, "staff2@beta.com").unwrap().id;
    console::add_member(world, group, stranger);
    let plan = carry::plan(&stage.spec, &mut stage.memory);
    let mut oracle = Oracle::new(&stage.scene, &stage.memory, &plan);
    console::set_policy_enabled(&mut stage.memory.world, policy, true);
    let wrong = oracle.wrong(&stage.scene, &stage.memory, &Log::default()).unwrap();
    assert!(wrong.starts_with("I9: ") || wrong.contains("is routed, and nobody planned it"), "{wrong}");
}

#[test]
fn the_witness_objects_to_requests_beyond_the_plan_and_to_a_report_that_does_not_say_what_was_sent() {
    let mut stage = story("fresh");
    let became = witness::invoke_and_log(&stage.scene, &stage.spec, &mut stage.memory, Course::default());
    let (Became::Ended(plan, mut ends), mut log) = became.unwrap() else { panic!("it was not applied") };
    assert_eq!((beyond_the_plan(&plan, &log), untrue(&plan, &ends, &log)), (None, None));
    // A group that was made twice, because its answer was lost.
    let twice = log.writes().find(|sent| sent.line == "POST /api/v2/usergroups").unwrap().clone();
    log.0.push(Sent { came: None, ..twice });
    assert!(beyond_the_plan(&plan, &log).unwrap().contains("more often"));
    log.0.pop();
    log.0.push(Sent::read("DELETE /api/systemusers/6abe1300ac1f576100000020"));
    assert!(beyond_the_plan(&plan, &log).unwrap().contains("not in the plan"));
    log.0.pop();
    for said in [End::NotStarted, End::Already, End::Skipped(0)] {
        ends[0] = said;
        assert!(untrue(&plan, &ends, &log).is_some(), "{:?}", ends[0]);
    }
    ends[0] = End::Applied;
    let sent: Vec<Sent> =
        log.0.drain(..).map(|sent| if sent.reads() { sent } else { Sent { left: false, ..sent } }).collect();
    assert!(untrue(&plan, &ends, &Log(sent)).is_some());
    assert!(!picture::strangers(&stage.scene, &stage.memory).is_empty());
}

#[test]
fn a_federation_that_does_not_come_to_rest_is_noticed() {
    let mut stage = rest();
    assert!(witness::settled(&stage.scene, &stage.spec, &mut stage.memory).unwrap().stopped.is_empty());
    let mut other = stage.memory.clone();
    let spare = console::repeat_app(&mut other.world, app(&stage.memory));
    assert!(spare.is_some());
    let rest = witness::settled(&stage.scene, &stage.spec, &mut other).unwrap();
    assert_eq!(rest.census.duplicate(), None, "it is healed");
    let two = crate::oracle::Census::of(&{
        let app = app(&stage.memory);
        console::repeat_app(&mut stage.memory.world, app);
        stage.memory
    });
    assert!(two.duplicate().is_some());
}

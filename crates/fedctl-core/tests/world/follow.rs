//! `on_email_change: follow`: an account gets the address that the spec gives its person now, and the attribute follows.

use std::sync::Arc;

use fedctl_core::address::Org;
use fedctl_core::apply::Run;
use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::{Fate, Held, Plan, Verb};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{GroupId, NewUser, UserId, World, console, fixture};

use crate::carry::{self, Fault, Memory};
use crate::interleave;
use crate::judge::Judge;
use crate::moves::Moves;
use crate::properties::{bad, by_address};
use crate::scene::{ATTRIBUTE, Written, email, plain};
use crate::worlds::{Scene, Someone, Wish};

const NAMES: [&str; 3] = ["ann", "bob", "cay"];

/// Ann, Bob and Cay, federated.
struct Office {
    memory: Memory,
    follow: &'static str,
}

impl Office {
    fn new(follow: &'static str) -> Self {
        let mut memory = Memory::new(fixture::pair(7));
        let group = memory.world.add_group(memory.primary, "Contractors");
        for name in NAMES {
            let user = memory.world.add_user(memory.primary, plain(&format!("{name}@acme.com"), name));
            memory.world.add_member(group, user);
        }
        let mut office = Self { memory, follow };
        office.apply();
        office
    }

    fn spec(&self) -> Spec {
        self.spec_with("")
    }

    fn spec_with(&self, more: &str) -> Spec {
        let mapping = format!("{{email: \"{{email}}.beta\", on_email_change: {}}}", self.follow);
        carry::spec(&self.memory, &format!("  from: {{groups: [Contractors]}}\n  mapping: {mapping}{more}"), "")
    }

    fn plan(&mut self) -> Plan {
        let spec = self.spec();
        carry::plan(&spec, &mut self.memory)
    }

    /// Applies, and nothing is left to do.
    fn apply(&mut self) -> Plan {
        let spec = self.spec();
        let (plan, ends) = carry::apply(&spec, &mut self.memory);
        assert!(plan.refusals.is_empty() && bad(&plan, &ends).is_empty(), "{:?} {ends:?}", plan.refusals);
        let left = self.plan();
        assert!(left.is_empty() && left.refusals.is_empty(), "{:?} {:?}", left.actions, left.refusals);
        plan
    }

    /// Somebody joins, and a plan is applied; something may be left for the next.
    fn apply_for_who_joins(&mut self, email: &str, username: &str) -> Plan {
        let user = self.memory.world.add_user(self.memory.primary, plain(email, username));
        let group = self.group();
        self.memory.world.add_member(group, user);
        let spec = self.spec();
        let (plan, ends) = carry::apply(&spec, &mut self.memory);
        assert!(plan.refusals.is_empty() && bad(&plan, &ends).is_empty(), "{:?}", plan.refusals);
        plan
    }

    fn group(&self) -> GroupId {
        self.memory.world.groups(self.memory.primary).find(|group| group.name == "Contractors").unwrap().id
    }

    fn person(&self, username: &str) -> UserId {
        self.memory.world.users(self.memory.primary).find(|user| *user.username == *username).unwrap().id
    }

    /// The administrator of the primary organisation gives people other addresses, all at once.
    fn moves(&mut self, moves: &[(&str, &str)]) {
        let people: Vec<UserId> = moves.iter().map(|(name, _)| self.person(name)).collect();
        for person in &people {
            assert!(console::set_email(&mut self.memory.world, *person, &format!("{person}@elsewhere.com")));
        }
        for (person, (_, to)) in people.iter().zip(moves) {
            assert!(console::set_email(&mut self.memory.world, *person, &format!("{to}@acme.com")));
        }
    }

    /// Whose account somebody opens, by the username that it was given first.
    fn opens(&self, username: &str) -> Option<String> {
        let world = &self.memory.world;
        let address = world.user(self.person(username))?.attribute(ATTRIBUTE)?.to_owned();
        let account = world.sign_in(self.memory.secondary, &address, self.person(username)).ok()?;
        Some(format!("{} {}", world.user(account)?.username, world.user(account)?.email))
    }

    fn everybody(&self) -> Vec<Option<String>> {
        NAMES.iter().map(|name| self.opens(name)).collect()
    }
}

fn opened(name: &str, address: &str) -> Option<String> {
    Some(format!("{name} {address}@acme.com.beta"))
}

fn guards(plan: &Plan) -> Vec<Guard> {
    plan.refusals.iter().map(|refusal| refusal.guard).collect()
}

#[test]
fn an_account_gets_the_new_address_and_the_attribute_follows_at_once() {
    let mut office = Office::new("follow");
    office.moves(&[("ann", "anna")]);
    office.memory.world.clear_requests();
    let plan = office.apply();
    assert_eq!(office.everybody(), [opened("ann", "anna"), opened("bob", "bob"), opened("cay", "cay")]);
    let said = |text: &str| plan.notes.iter().any(|note| note.text.contains(text));
    assert!(said("nobody signs in to one of them between the two writes"), "{:?}", plan.notes);
    let written = |action: &&fedctl_core::plan::Action| action.verb != Verb::Check;
    let written: Vec<String> = plan.actions.iter().filter(written).map(|action| action.target.to_string()).collect();
    assert_eq!(written, ["secondary/user/ann@acme.com.beta", "primary/user-mapping/anna@acme.com"]);
    assert!(office.memory.world.outbox().is_empty());
}

#[test]
fn who_takes_the_address_of_another_waits_until_that_one_has_moved_on() {
    let mut office = Office::new("follow");
    // Ann becomes Bob's, Bob Cay's, and Cay is somebody new.
    office.moves(&[("ann", "bob"), ("bob", "cay"), ("cay", "dee")]);
    let plan = office.apply();
    assert_eq!(office.everybody(), [opened("ann", "bob"), opened("bob", "cay"), opened("cay", "dee")]);
    let renames: Vec<String> =
        plan.actions.iter().filter_map(|action| action.renames()?.before.as_deref().map(str::to_owned)).collect();
    assert_eq!(renames, ["cay@acme.com.beta", "bob@acme.com.beta", "ann@acme.com.beta"]);
}

#[test]
fn i4_i10_a_chain_that_is_broken_off_anywhere_opens_nobody_elses_account_and_is_finished_by_the_next_run() {
    const FAULTS: [Fault; 6] =
        [Fault::KilledBefore, Fault::KilledAfter, Fault::Cut, Fault::Refused, Fault::DoneAnd500, Fault::NotSent];
    for at in 0..4 {
        for fault in FAULTS {
            let mut office = Office::new("follow");
            office.moves(&[("ann", "bob"), ("bob", "dee")]);
            let plan = office.plan();
            office.memory.fault = Some((office.memory.writes + at, fault));
            carry::run(&plan, &mut office.memory);
            office.memory.revive();
            let world = &office.memory.world;
            for (person, account) in by_address(&office.memory).0 {
                let person = world.user_by_email(office.memory.primary, &person).unwrap();
                let account = world.user_by_email(office.memory.secondary, &account).unwrap();
                assert_eq!(person.username, account.username, "{at} {fault:?}");
            }
            office.apply();
            let all = [opened("ann", "bob"), opened("bob", "dee"), opened("cay", "cay")];
            assert_eq!(office.everybody(), all, "{at} {fault:?}");
        }
    }
}

#[test]
fn who_joins_with_the_address_that_somebody_gives_up_waits_for_the_next_plan() {
    let mut office = Office::new("follow");
    office.moves(&[("ann", "anna")]);
    let plan = office.apply_for_who_joins("ann@acme.com", "dee");
    let fate = |plan: &Plan| plan.people.iter().find(|person| *person.email == *"ann@acme.com").unwrap().fate;
    assert_eq!(fate(&plan), Fate::Held(Held::AddressTaken));
    assert_eq!((office.opens("ann"), office.opens("dee")), (opened("ann", "anna"), None));
    let plan = office.apply();
    assert_eq!(fate(&plan), Fate::Gains);
    assert_eq!((office.opens("ann"), office.opens("dee")), (opened("ann", "anna"), opened("dee", "ann")));
}

#[test]
fn i4_i10_who_joins_with_the_address_that_an_open_gap_leaves_waits_until_it_is_closed() {
    let mut office = Office::new("follow");
    office.moves(&[("ann", "anna")]);
    let plan = office.plan();
    office.memory.fault = Some((office.memory.writes, Fault::KilledAfter));
    carry::run(&plan, &mut office.memory);
    office.memory.revive();
    assert_eq!(office.opens("ann"), None);
    office.apply_for_who_joins("ann@acme.com", "dee");
    assert_eq!((office.opens("ann"), office.opens("dee")), (opened("ann", "anna"), None));
    office.apply();
    assert_eq!((office.opens("ann"), office.opens("dee")), (opened("ann", "anna"), opened("dee", "ann")));
}

#[test]
fn a_signal_in_the_gap_lets_it_close_and_begins_nothing_more() {
    for stopped in 1..24 {
        let mut office = Office::new("follow");
        office.moves(&[("ann", "anna"), ("bob", "bobby")]);
        let plan = office.plan();
        let mut run = Run::new(Arc::new(plan), 100);
        let mut turns = 0;
        interleave::apply(&mut run, &mut office.memory, (7, 4), |run, _, _| {
            turns += 1;
            if turns == stopped {
                run.stop();
            }
        });
        // Each of them opens their account, under the old address or under the new one.
        let either = |name: &str, new: &str| [opened(name, name), opened(name, new)].contains(&office.opens(name));
        assert!(either("ann", "anna") && either("bob", "bobby"), "{stopped}: {:?}", office.everybody());
        office.apply();
        assert_eq!(office.everybody(), [opened("ann", "anna"), opened("bob", "bobby"), opened("cay", "cay")]);
    }
}

#[test]
fn no_two_gaps_are_open_at_once() {
    let mut office = Office::new("follow");
    office.moves(&[("ann", "anna"), ("bob", "bobby"), ("cay", "caya")]);
    let plan = office.plan();
    for seed in 0..20 {
        let mut memory = office.memory.clone();
        let before = memory.world.requests().len();
        interleave::apply(&mut Run::new(Arc::new(plan.clone()), 100), &mut memory, (seed, 8), |_, _, _| {});
        let writes = memory.world.requests()[before..].iter().filter(|sent| sent.method == "PUT");
        let orgs: Vec<bool> = writes
            .map(|sent| {
                let id: UserId = sent.target.rsplit('/').next().unwrap().parse().unwrap();
                memory.world.users(memory.primary).any(|user| user.id == id)
            })
            .collect();
        assert_eq!(orgs, [false, true, false, true, false, true], "account, attribute, account, attribute");
    }
}

#[test]
fn i10_a_gain_in_the_gap_is_judged_and_so_is_a_loss_that_is_not_the_gap() {
    let mut scene =
        Scene { people: vec![Someone::plain(); 2], wish: Wish::plain("managed"), made: None, answers: vec![] };
    scene.wish.follow = true;
    let (mut memory, spec) = scene.build();
    carry::apply(&spec, &mut memory);
    let [ann, bob] = [0, 1].map(|index| memory.world.user_by_email(memory.primary, &email(index)).unwrap().id);
    let account = |memory: &Memory, index: usize| {
        memory.world.user_by_email(memory.secondary, &format!("{}.beta", email(index))).unwrap().id
    };
    let accounts = [account(&memory, 0), account(&memory, 1)];
    Moves { chain: vec![0], is_circle: false }.make(&mut scene, &mut memory);
    let spec = scene.spec(&memory, Written::NOW);
    let plan = carry::plan(&spec, &mut memory);
    let judge = Judge::new(&scene, &memory, &plan);
    let to = format!("{}.beta", scene.email(0));
    assert!(console::set_email(&mut memory.world, accounts[0], &to));
    assert_eq!(judge.wrong(&memory.world), None, "the gap that the plan declares");
    let judged = |change: &dyn Fn(&mut World)| {
        let mut world = memory.world.clone();
        change(&mut world);
        judge.wrong(&world).unwrap_or_default()
    };
    // Somebody else's account gets the address that the attribute still names.
    let taken = judged(&|world| assert!(console::set_email(world, accounts[1], &format!("{}.beta", email(0)))));
    assert!(taken.starts_with("I9") || taken.starts_with("I10"), "{taken}");
    let gained = judged(&|world| assert!(console::set_attribute(world, bob, ATTRIBUTE, Some(&to))));
    assert!(gained.starts_with("I9") || gained.starts_with("I10"), "{gained}");
    // It is the first thing that somebody new gets: nobody loses, and somebody else's account opens.
    let old = format!("{}.beta", email(0));
    let gained = judged(&|world| {
        world.add_user(memory.secondary, plain(&old, "stranger"));
    });
    assert!(gained.starts_with("I10"), "{gained}");
    // The attribute is gone, or names something else; the account is shut; the account is not where the plan said.
    for lost in [
        judged(&|world| assert!(console::set_attribute(world, ann, ATTRIBUTE, None))),
        judged(&|world| assert!(console::set_attribute(world, ann, ATTRIBUTE, Some("typo@nowhere.com")))),
        judged(&|world| assert!(console::suspend_user(world, accounts[0], true))),
        judged(&|world| assert!(console::set_email(world, accounts[0], "elsewhere@beta.com"))),
    ] {
        assert!(lost.starts_with("I9"), "{lost}");
    }
    // Another plan declares another gap, or none.
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
    let other = carry::plan(&spec, &mut memory.clone());
    let mut before = memory.clone();
    assert!(console::set_email(&mut before.world, accounts[0], &format!("{}.beta", email(0))));
    assert!(Judge::new(&scene, &before, &other).wrong(&memory.world).is_some());
}

#[test]
fn keys_groups_and_attributes_of_others_stay_with_an_account_that_is_renamed() {
    let mut office = Office::new("follow");
    let account = office.memory.world.user_by_email(office.memory.secondary, "ann@acme.com.beta").unwrap().id;
    console::set_attribute(&mut office.memory.world, account, "badge", Some("7"));
    let key = serde_json::json!({"name": "laptop", "public_key": "ssh-ed25519 AAAA ann"});
    office.memory.raw(Org::Secondary, "POST", &format!("/api/systemusers/{account}/sshkeys"), &key);
    let staff = office.memory.world.add_group(office.memory.secondary, "Staff");
    office.memory.world.add_member(staff, account);
    let picture = |office: &Office| {
        let mut user = serde_json::json!(office.memory.world.user(account).unwrap());
        user["email"] = serde_json::Value::Null;
        user
    };
    let before = picture(&office);
    office.moves(&[("ann", "anna")]);
    let plan = office.apply();
    assert!(before.to_string().contains("ssh-ed25519 AAAA ann"), "{before}");
    assert_eq!(before, picture(&office));
    // The body names the address and nothing else: no list that the service keeps on the user is sent with it.
    let body = plan.lines().find(|line| line.contains("anna@acme.com.beta") && line.contains("secondary")).unwrap();
    assert!(!body.contains("ssh_keys") && !body.contains("attributes\":["), "{body}");
}

#[test]
fn another_name_is_copied_into_the_account_that_fedctl_made() {
    let mut office = Office::new("keep");
    let ann = office.person("ann");
    let name = serde_json::json!({"lastname": "Kent"});
    office.memory.raw(Org::Primary, "PUT", &format!("/api/systemusers/{ann}"), &name);
    let plan = office.apply();
    let written: Vec<String> = plan.actions.iter().map(|action| action.target.to_string()).collect();
    assert_eq!(written, ["secondary/user/ann@acme.com.beta"]);
    let account = office.memory.world.user_by_email(office.memory.secondary, "ann@acme.com.beta").unwrap();
    assert_eq!(&*account.lastname, "Kent");
    assert_eq!(office.opens("ann"), opened("ann", "ann"));
}

#[test]
fn people_who_exchange_their_addresses_are_refused_by_name() {
    let mut office = Office::new("follow");
    office.moves(&[("ann", "bob"), ("bob", "cay"), ("cay", "ann")]);
    let plan = office.plan();
    assert_eq!(guards(&plan), [Guard::RecycledAddress]);
    let why = &plan.refusals[0].why;
    for name in ["ann@acme.com", "bob@acme.com", "cay@acme.com"] {
        assert!(why.contains(name), "{why}");
    }
    assert!(plan.actions.iter().all(|action| action.renames().is_none()));
}

#[test]
fn an_address_of_somebody_who_stays_or_left_is_an_error_and_one_that_nobody_marked_is_said() {
    // Bob left, and Ann is given his address.
    let mut office = Office::new("follow");
    let bob = office.person("bob");
    assert!(console::delete_user(&mut office.memory.world, bob));
    office.apply();
    let ann = office.person("ann");
    assert!(console::set_email(&mut office.memory.world, ann, "bob@acme.com"));
    assert_eq!(guards(&office.plan()), [Guard::RecycledAddress]);

    let mut office = Office::new("follow");
    let stranger =
        NewUser { email: "anna@acme.com.beta".to_owned(), username: "other".to_owned(), ..NewUser::default() };
    office.memory.world.add_user(office.memory.secondary, stranger);
    office.moves(&[("ann", "anna")]);
    let plan = office.plan();
    assert!(plan.is_empty() && plan.refusals.is_empty(), "{:?}", plan.actions);
    let line = "`overrides: [{person: anna@acme.com, email: ann@acme.com.beta}]`";
    assert!(plan.notes.iter().any(|note| note.text.contains(line)), "{:?}", plan.notes);
}

#[test]
fn i10_an_address_that_somebody_elses_attribute_names_is_given_to_nobody() {
    let mut office = Office::new("follow");
    let eve = office.memory.world.add_user(office.memory.primary, plain("eve@acme.com", "eve"));
    let group = office.group();
    office.memory.world.add_member(group, eve);
    console::set_attribute(&mut office.memory.world, eve, ATTRIBUTE, Some("anna@acme.com.beta"));
    office.moves(&[("ann", "anna")]);
    let spec = office.spec_with("\n  except: [eve@acme.com]");
    assert_eq!(guards(&carry::plan(&spec, &mut office.memory)), [Guard::Impersonation]);
}

#[test]
fn more_than_one_plan_may_rename_takes_somebodys_word() {
    let mut office = Office::new("follow");
    let group = office.group();
    for number in 0..6 {
        let user = plain(&format!("p{number}@acme.com"), &format!("p{number}"));
        let user = office.memory.world.add_user(office.memory.primary, user);
        office.memory.world.add_member(group, user);
    }
    office.apply();
    for number in 0..6 {
        let user = office.person(&format!("p{number}"));
        console::set_email(&mut office.memory.world, user, &format!("q{number}@acme.com"));
    }
    assert_eq!(guards(&office.plan()), [Guard::MaxRenames]);
}

#[test]
fn a_username_that_somebody_else_has_is_proposed_anew_and_an_account_that_looks_like_theirs_is_named() {
    for (first, looks_like_theirs) in [("Dee", true), ("Dora", false)] {
        let mut office = Office::new("keep");
        let named = |first: &str, email: &str| NewUser {
            firstname: first.to_owned(),
            lastname: "Dunn".to_owned(),
            ..plain(email, "dee")
        };
        let dee = office.memory.world.add_user(office.memory.primary, named("Dee", "dee@acme.com"));
        let group = office.group();
        office.memory.world.add_member(group, dee);
        office.memory.world.add_user(office.memory.secondary, named(first, "d.dunn@beta.com"));
        let plan = office.plan();
        let said = |text: &str| plan.notes.iter().any(|note| note.text.contains(text));
        assert!(said("`overrides: [{person: dee@acme.com, username: dee2}]`"), "{:?}", plan.notes);
        let theirs =
            "`overrides: [{person: dee@acme.com, email: d.dunn@beta.com}]` and `adopt: {people: [dee@acme.com]}`";
        assert_eq!(said(theirs), looks_like_theirs, "{:?}", plan.notes);
        assert!(plan.is_empty(), "{:?}", plan.actions);
    }
}

#[test]
fn with_keep_the_account_keeps_its_address_and_the_plan_says_so() {
    let mut office = Office::new("keep");
    office.moves(&[("ann", "anna")]);
    let plan = office.plan();
    assert!(plan.is_empty() && plan.refusals.is_empty(), "{:?}", plan.actions);
    assert!(plan.notes.iter().any(|note| note.text.contains("they keep the ones")), "{:?}", plan.notes);
    assert_eq!(office.opens("ann"), opened("ann", "ann"));
}

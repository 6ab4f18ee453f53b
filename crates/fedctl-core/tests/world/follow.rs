//! `on_email_change: follow`: an account gets the address that the spec gives its person now, and the attribute follows.

use fedctl_core::plan::guard::Guard;
use fedctl_core::plan::{Plan, Verb};
use fedctl_core::spec::Spec;
use jumpcloud_sim::{GroupId, NewUser, UserId, console, fixture};

use crate::carry::{self, Fault, Memory};
use crate::properties::{bad, by_address};
use crate::scene::{ATTRIBUTE, plain};

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

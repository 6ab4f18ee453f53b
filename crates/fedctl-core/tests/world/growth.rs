//! How many requests reading and applying take: counted, never timed.

use jumpcloud_sim::{NewUser, User, World, fixture};

use crate::carry::{self, Memory};

fn person(number: usize) -> NewUser {
    NewUser {
        email: format!("person{number}@acme.com"),
        username: format!("person{number}"),
        firstname: format!("First{number}"),
        password: Some("Correct-Horse-7".to_owned()),
        ..NewUser::default()
    }
}

/// A primary organisation of so many users, so many of them in a group.
fn world(users: usize, members: usize) -> Memory {
    let mut memory = Memory::new(fixture::pair(3));
    let group = memory.world.add_group(memory.primary, "Contractors");
    for number in 0..users {
        let user = memory.world.add_user(memory.primary, person(number));
        if number < members {
            memory.world.add_member(group, user);
        }
    }
    memory
}

/// The address that somebody's token says.
fn claim(user: &User) -> String {
    user.attributes.iter().find(|attribute| &*attribute.name == "acmetobeta").unwrap().value.to_string()
}

fn counted(memory: &mut Memory, what: impl FnOnce(&mut Memory)) -> usize {
    memory.world.clear_requests();
    what(memory);
    World::requests(&memory.world).len()
}

/// Requests of a first apply, and of the plan after it that has nothing to do.
fn requests(people: usize) -> (usize, usize) {
    let mut memory = world(people, people);
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", "");
    let plan = carry::plan(&spec, &mut memory);
    let apply = counted(&mut memory, |memory| assert!(carry::run(&plan, memory).iter().all(|end| end.is_good())));
    assert!(apply <= plan.requests(), "{apply} requests, {} said", plan.requests());
    let again = counted(&mut memory, |memory| assert!(carry::plan(&spec, memory).is_empty()));
    (apply, again)
}

#[test]
fn requests_grow_no_faster_than_people() {
    let (few, many) = (requests(100), requests(1_000));
    println!("apply and plan again: {few:?} requests for 100 people, {many:?} for 1,000");
    assert!(many.0 * 10 <= few.0 * 105, "apply: {} and {}", few.0, many.0);
    assert!(many.1 * 10 <= few.1 * 105, "plan: {} and {}", few.1, many.1);
}

#[test]
fn ten_people_by_name_take_few_requests_in_an_organisation_of_any_size() {
    let mut counts = Vec::new();
    for users in [500, 5_000] {
        let mut memory = world(users, 0);
        let emails: Vec<String> = (0..10).map(|number| person(number * 37).email).collect();
        let spec = carry::spec(&memory, &format!("  from: {{emails: [{}]}}", emails.join(", ")), "");
        let first = counted(&mut memory, |memory| drop(carry::plan(&spec, memory)));
        carry::apply(&spec, &mut memory);
        let again = counted(&mut memory, |memory| assert!(carry::plan(&spec, memory).is_empty()));
        for email in &emails {
            let user = memory.world.user_by_email(memory.primary, email).unwrap();
            let (user, account) = (user.id, claim(user));
            memory.world.sign_in_and_tell(memory.secondary, &account, user).unwrap();
        }
        let used = counted(&mut memory, |memory| assert!(carry::plan(&spec, memory).is_empty()));
        println!("{users} users: {first} requests for the first plan, {again} after it, {used} once people sign in");
        assert!(first <= 30 && again <= 30 && used <= 30, "{users} users: {first}, {again}, {used}");
        counts.push((first, again, used));
    }
    assert_eq!(counts[0], counts[1]);
}

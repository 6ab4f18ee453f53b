//! The trace: which hop is broken for whom, and everybody whose sign-in a plan may touch.

use fedctl_core::address::Org;
use fedctl_core::drive;
use fedctl_core::object_id::ObjectId;
use fedctl_core::planner::{self, Step};
use fedctl_core::trace::cast::{Cast, Part};
use fedctl_core::trace::{Counts, Hop, Situation};
use jumpcloud_sim::{AppId, GroupId, UserId, console, fixture};
use serde_json::json;

use crate::carry::{self, Memory};
use crate::scene::{ATTRIBUTE, group_named, plain};

const PEOPLE: &str = "  from: {groups: [Contractors]}\n  mapping: {email: \"{email}.beta\"}";
const OFF: &str = "routing_policy: {enabled: false}\n";

/// A federation of ann and bob.
struct Office {
    memory: Memory,
    group: GroupId,
}

impl Office {
    fn set_up(rest: &str) -> Self {
        let mut memory = Memory::new(fixture::pair(7));
        let group = memory.world.add_group(memory.primary, "Contractors");
        let mut office = Self { memory, group };
        office.joins("ann");
        office.joins("bob");
        let spec = carry::spec(&office.memory, PEOPLE, rest);
        carry::apply(&spec, &mut office.memory);
        office
    }

    fn joins(&mut self, name: &str) -> UserId {
        let user = self.user(name);
        console::add_member(&mut self.memory.world, self.group, user);
        user
    }

    /// Somebody of the primary organisation.
    fn user(&mut self, name: &str) -> UserId {
        self.memory.world.add_user(self.memory.primary, plain(&format!("{name}@acme.com"), name))
    }

    /// Somebody of the secondary organisation.
    fn account(&mut self, name: &str) -> UserId {
        self.memory.world.add_user(self.memory.secondary, plain(&format!("{name}@beta.com"), name))
    }

    fn app(&self) -> AppId {
        self.memory.world.apps(self.memory.primary).next().unwrap().id
    }

    fn routing(&self) -> GroupId {
        group_named(&self.memory.world, self.memory.secondary, "Federated from acme").unwrap()
    }

    /// Gives somebody the app alone.
    fn give(&mut self, user: UserId) {
        let path = format!("/api/v2/applications/{}/associations", self.app());
        self.memory.raw(Org::Primary, "POST", &path, &json!({"op": "add", "type": "user", "id": user.to_string()}));
    }

    fn claims(&mut self, user: UserId, address: &str) {
        console::set_attribute(&mut self.memory.world, user, ATTRIBUTE, Some(address));
    }

    fn cast(&mut self, rest: &str) -> Cast {
        let (spec, terms) = (carry::spec(&self.memory, PEOPLE, rest), carry::terms());
        let step = |live: &_| planner::step_with_cast(&spec, &terms, live);
        match drive::read(&spec, &mut self.memory, step).unwrap().0 {
            Step::Ready(ready) => ready.1.unwrap_or_else(|| panic!("no cast: {:?}", ready.0.refusals)),
            other @ (Step::Read(_) | Step::Problems(_) | Step::Unknown(_)) => panic!("no plan: {other:?}"),
        }
    }

    /// The first broken hop of everybody, by name.
    fn broken(&mut self) -> Vec<(String, Option<Hop>)> {
        let spec = carry::spec(&self.memory, PEOPLE, "");
        let found = carry::verify(&spec, &mut self.memory);
        let name = |email: &str| email.split('@').next().unwrap().to_owned();
        found.people.iter().map(|person| (name(&person.email), person.broken())).collect()
    }

    fn ann_is_broken_at(&mut self) -> Option<Hop> {
        self.broken().into_iter().find(|(name, _)| name == "ann").unwrap().1
    }
}

fn id(user: UserId) -> ObjectId {
    ObjectId::parse(&user.to_string()).unwrap()
}

fn of_user(cast: &Cast, user: UserId) -> Option<&Part> {
    cast.parts.iter().find(|part| part.user == Some(id(user)))
}

fn groups(cast: &Cast, part: &Part) -> Vec<String> {
    cast.groups[part.groups].iter().map(ToString::to_string).collect()
}

#[test]
fn whoever_reaches_the_app_is_in_the_cast_and_nobody_else() {
    let mut office = Office::set_up("");
    let app = office.app();
    let friends = office.memory.world.add_group(office.memory.primary, "Friends");
    console::set_app_group(&mut office.memory.world, app, friends, true);
    let [eve, fay, gil] = ["eve", "fay", "gil"].map(|name| office.user(name));
    console::add_member(&mut office.memory.world, friends, eve);
    office.give(fay);
    let of_eve = office.account("eve");
    office.claims(eve, "Eve@beta.com");
    let cid = office.joins("cid");
    let cast = office.cast("");
    let eve = of_user(&cast, eve).unwrap();
    assert_eq!((eve.person, eve.account, groups(&cast, eve)), (None, Some(id(of_eve)), vec![friends.to_string()]));
    assert!(eve.situation.is_whole(Hop::Reaches) && eve.situation.is_whole(Hop::Mapping), "{eve:?}");
    let fay = of_user(&cast, fay).unwrap();
    assert_eq!((fay.person, fay.account, groups(&cast, fay)), (None, None, Vec::<String>::new()));
    assert!(fay.situation.is_whole(Hop::Reaches));
    assert_eq!(of_user(&cast, gil), None, "gil has no way to the app");
    let cid = of_user(&cast, cid).unwrap();
    assert!(cid.person.is_some() && cid.account.is_none());
    assert_eq!(cast.parts.len(), 5, "ann, bob, cid, eve and fay: {cast:?}");
    // In the order of the plan, then the others.
    assert!(cast.parts[..3].iter().map(|part| part.person).eq([Some(0), Some(1), Some(2)]));
}

#[test]
fn an_account_that_is_routed_is_in_the_cast_and_no_other() {
    let mut office = Office::set_up(OFF);
    let accounts = ["rex", "sam"].map(|name| office.account(name));
    let routing = office.routing();
    console::add_member(&mut office.memory.world, routing, accounts[0]);
    office.joins("cid");
    let cast = office.cast(OFF);
    let parts = accounts.map(|account| cast.parts.iter().find(|part| part.account == Some(id(account))));
    let rex = parts[0].unwrap();
    assert_eq!((rex.person, rex.user, parts[1]), (None, None, None));
    assert!(rex.situation.is_whole(Hop::Routed) && rex.situation.is_whole(Hop::Alone), "{rex:?}");
    assert_eq!(cast.parts.len(), 4, "ann, bob, cid and the account of rex: {cast:?}");
}

#[test]
fn an_address_is_somebodys_alone_where_no_other_attribute_names_it() {
    let mut office = Office::set_up("");
    let [eve, fay] = ["eve", "fay"].map(|name| office.user(name));
    [eve, fay].into_iter().for_each(|user| office.give(user));
    let of_eve = office.account("eve");
    office.claims(eve, "eve@beta.com");
    let cid = office.joins("cid");
    let alone = |office: &mut Office| {
        let cast = office.cast("");
        let of_eve = cast.parts.iter().find(|part| part.account == Some(id(of_eve))).unwrap();
        [of_user(&cast, cid).unwrap(), of_eve].map(|part| part.situation.is_whole(Hop::Alone))
    };
    assert_eq!(alone(&mut office), [true, true], "nobody names that of cid, eve alone hers");
    office.claims(fay, "EVE@beta.com");
    assert_eq!(alone(&mut office), [true, false], "fay names that of eve");
}

#[test]
fn the_first_hop_that_is_broken_is_told_and_people_are_counted_by_it() {
    let mut office = Office::set_up("");
    assert!(office.broken().iter().all(|(_, hop)| hop.is_none()), "{:?}", office.broken());
    let ann = office.memory.world.user_by_email(office.memory.primary, "ann@acme.com").unwrap().id;
    office.claims(ann, "Ann@Acme.com.Beta");
    assert_eq!(office.ann_is_broken_at(), None, "letters of either size");
    office.claims(ann, "eve@beta.com");
    assert_eq!(office.ann_is_broken_at(), Some(Hop::Mapping));
    let [cid, dan] = ["cid", "dan"].map(|name| office.joins(name));
    console::set_password(&mut office.memory.world, dan, None);
    let spec = carry::spec(&office.memory, PEOPLE, "");
    let counts = carry::verify(&spec, &mut office.memory).counts();
    let broken = [("account", 1), ("user-mapping", 1)].into();
    assert_eq!(counts, Counts { whole: 1, held: 1, broken });
    assert!(!carry::verify(&spec, &mut office.memory).is_whole());
    for user in [cid, dan] {
        console::remove_member(&mut office.memory.world, office.group, user);
    }
    office.claims(ann, "ann@acme.com.beta");
    assert!(carry::verify(&spec, &mut office.memory).is_whole());
    let eve = office.user("eve");
    office.give(eve);
    office.claims(eve, "ANN@acme.com.beta");
    let found = carry::verify(&spec, &mut office.memory);
    let [ann, bob] = &found.people[..] else { panic!("{found:?}") };
    assert_eq!((ann.broken(), ann.rivals.to_vec()), (Some(Hop::Alone), vec!["eve@acme.com".into()]));
    assert_eq!((bob.broken(), bob.rivals.len()), (None, 0));
    office.claims(eve, "nobody@beta.com");
    let app = office.app();
    let twice = [("email", ATTRIBUTE), ("email", "username")];
    console::set_claims(&mut office.memory.world, app, &twice);
    assert_eq!(office.ann_is_broken_at(), Some(Hop::Claim), "a second claim of the name");
    console::set_claims(&mut office.memory.world, app, &twice[..1]);
    assert_eq!(office.ann_is_broken_at(), None);
}

#[test]
fn a_policy_leads_to_the_provider_that_is_there_or_nowhere() {
    let mut office = Office::set_up("");
    office.memory.world.set("provider-in-use", "dangle").unwrap();
    let provider = office.memory.world.provider(office.memory.secondary).unwrap().id;
    assert!(console::delete_provider(&mut office.memory.world, provider));
    assert_eq!(office.ann_is_broken_at(), Some(Hop::PolicyProvider));
}

#[test]
fn a_hop_that_is_said_twice_is_whole() {
    let twice = Situation::of([Hop::Account, Hop::Account]);
    assert!(twice.is_whole(Hop::Account) && !twice.is_whole(Hop::AccountActive));
}

//! What has to hold after every command of every page: nobody opens the account of another, no account opens for two people,
//! and no mail went out.

use std::collections::{BTreeMap, BTreeSet};

use jumpcloud_sim::World;

use crate::portal::sign_in;
use crate::sandbox::Sandbox;

/// Who opened what, and how many mails had gone out, when somebody last did something by hand.
pub(crate) struct Oracle {
    foreign: BTreeSet<(String, String)>,
    mails: usize,
}

/// Address of an account, and of the person of the primary organisation who opens it.
type Doors = BTreeSet<(String, String)>;

fn doors(sandbox: &Sandbox) -> Doors {
    let world = World::import(sandbox.world()).expect("the simulator knows its own world");
    let orgs: Vec<_> = world.organizations().map(|org| org.id).collect();
    let [primary, secondary] = orgs[..] else { panic!("there are two organisations") };
    let mut doors = Doors::new();
    for typed in world.users(secondary) {
        for person in world.users(primary) {
            if let Ok(opened) = world.sign_in(secondary, &typed.email, person.id)
                && let Some(opened) = world.user(opened)
            {
                doors.insert((opened.email.to_string(), person.email.to_string()));
            }
        }
    }
    doors
}

impl Oracle {
    pub(crate) fn of(sandbox: &Sandbox) -> Self {
        Self { foreign: foreign(&doors(sandbox)), mails: sandbox.outbox().len() }
    }

    /// What is wrong with the world now.
    pub(crate) fn objects(&mut self, sandbox: &Sandbox) -> Option<String> {
        let now = foreign(&doors(sandbox));
        let gained = now.difference(&self.foreign).next().map(|(account, person)| {
            format!("I10: {person} opens {account}, which somebody else opens, too, or which is not theirs")
        });
        let mails = sandbox.outbox().len();
        let mailed = (mails > self.mails).then(|| format!("I12: {} mails went out", mails - self.mails));
        gained.or(mailed)
    }
}

/// The doors that open for two people, and those whose account is not called after the person.
fn foreign(doors: &Doors) -> BTreeSet<(String, String)> {
    let mut people: BTreeMap<&str, usize> = BTreeMap::new();
    doors.iter().for_each(|(account, _)| *people.entry(account).or_default() += 1);
    let is_foreign =
        |(account, person): &&(String, String)| people[account.as_str()] > 1 || !account.starts_with(person.as_str());
    doors.iter().filter(is_foreign).cloned().collect()
}

/// Whether a person gets in over HTTP, as a page says.
pub(crate) fn signs_in(sandbox: &Sandbox, person: &str, does: bool) -> Result<(), String> {
    let end = sign_in(sandbox.address(), &format!("{person}.beta"), person);
    let did = end["signed_in"] == true;
    if did == does { Ok(()) } else { Err(format!("{person} {} in: {end}", if did { "gets" } else { "does not get" })) }
}

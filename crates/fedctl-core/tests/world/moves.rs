//! People of the primary organisation get other addresses: new ones, those of others, or each other's.

use jumpcloud_sim::{UserId, console};
use proptest::prelude::*;

use crate::carry::Memory;
use crate::scene::email;
use crate::worlds::Scene;

/// Addresses that nobody had at the beginning have numbers from here on.
const NEW: usize = 100;

/// Who gets whose address, all at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Moves {
    /// Each takes the address of the next.
    pub(crate) chain: Vec<usize>,
    /// The last takes that of the first; else a new one.
    pub(crate) is_circle: bool,
}

/// Moves of some of so many people.
pub(crate) fn moves(people: usize) -> impl Strategy<Value = Moves> {
    let chain = prop::collection::vec(0..people, 1..4);
    (chain, prop::bool::weighted(0.15)).prop_map(|(mut chain, is_circle)| {
        let mut seen = Vec::new();
        chain.retain(|number| {
            !seen.contains(number) && {
                seen.push(*number);
                true
            }
        });
        Moves { chain, is_circle }
    })
}

impl Moves {
    /// Those who are there get their addresses, in the world and in the spec that follows.
    pub(crate) fn make(&self, scene: &mut Scene, memory: &mut Memory) {
        let person = |index: &usize| -> Option<(usize, UserId)> {
            let is_known = *index < scene.people.len();
            let user = is_known.then(|| memory.world.user_by_email(memory.primary, &scene.email(*index)));
            Some((*index, user.flatten()?.id))
        };
        let people: Vec<(usize, UserId)> = self.chain.iter().filter_map(person).collect();
        let Some((first, _)) = people.first() else { return };
        let now = |index: usize| scene.people[index].moved.unwrap_or(index);
        let new = (NEW..).find(|number| memory.world.user_by_email(memory.primary, &email(*number)).is_none());
        let last = if self.is_circle { Some(now(*first)) } else { new };
        let numbers: Vec<usize> = people.iter().skip(1).map(|(index, _)| now(*index)).chain(last).collect();
        for (_, user) in &people {
            assert!(console::set_email(&mut memory.world, *user, &format!("{user}@elsewhere.com")));
        }
        for ((index, user), number) in people.into_iter().zip(numbers) {
            assert!(console::set_email(&mut memory.world, user, &email(number)));
            scene.people[index].moved = Some(number);
        }
    }
}

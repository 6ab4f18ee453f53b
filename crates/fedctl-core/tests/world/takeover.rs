//! Taking over what was made by hand: only marks on what works, and nothing of anybody else's.

use fedctl_core::plan::Verb;
use proptest::prelude::*;

use crate::carry;
use crate::handmade::whole_scenes;
use crate::history::histories;
use crate::judge::Doors;
use crate::picture;
use crate::properties::{allowed, bad, cases, nothing_left};
use crate::watch::Watch;
use crate::worlds::scenes;

proptest! {
    #![proptest_config(cases(48))]

    #[test]
    fn i3_i9_i10_what_works_by_hand_is_taken_over_by_marks_alone(scene in whole_scenes(10)) {
        let (mut memory, spec) = scene.build();
        let plan = carry::plan(&spec, &mut memory);
        prop_assert_eq!(&plan.refusals, &[]);
        let others = plan.actions.iter().filter(|action| action.verb != Verb::Adopt);
        let others: Vec<_> = others.map(|action| format!("{} {}", action.verb.as_str(), action.target)).collect();
        prop_assert!(others.is_empty(), "{:?}", others);
        let (before, doors) = (picture::made_by_hand(&memory), Doors::of_memory(&memory));
        let (primary, secondary) = (memory.primary, memory.secondary);
        let changed = |now: &Doors| (*now != doors).then(|| "somebody's doors changed".to_owned());
        let mut watch = Watch::new(&mut memory, |world| changed(&Doors::of(world, primary, secondary)));
        let ends = carry::run(&plan, &mut watch);
        prop_assert_eq!(watch.wrong, None);
        prop_assert!(bad(&plan, &ends).is_empty(), "{:?}", bad(&plan, &ends));
        prop_assert_eq!(picture::difference(&before, &picture::made_by_hand(&memory)), None);
        nothing_left(&spec, &mut memory)?;
    }

    #[test]
    fn i6_names_states_addresses_and_passwords_of_what_was_made_by_hand_never_change(
        scene in scenes(8), history in histories()
    ) {
        let Some((mut memory, spec)) = scene.after(&history) else { return Ok(()) };
        let Some(plan) = allowed(&spec, &mut memory) else { return Ok(()) };
        let before = picture::made_by_hand(&memory);
        carry::run(&plan, &mut memory);
        prop_assert_eq!(picture::difference(&before, &picture::made_by_hand(&memory)), None);
    }
}

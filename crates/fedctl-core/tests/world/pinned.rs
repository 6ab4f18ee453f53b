//! Whatever a plan leaves to the service to accept, an operator can pin, by the names that plans use.

use std::collections::BTreeSet;

use fedctl_core::operator::Question;
use fedctl_core::plan::Plan;
use jumpcloud_sim::{console, fixture};

use crate::carry::{self, Memory};
use crate::scene;

fn world(rest: &str) -> (Memory, fedctl_core::spec::Spec) {
    let memory = Memory::new(fixture::demo(5, 24));
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", rest);
    (memory, spec)
}

fn first(rest: &str) -> Plan {
    let (mut memory, spec) = world(rest);
    carry::plan(&spec, &mut memory)
}

/// The plan after somebody removed the app.
fn repair() -> Plan {
    let (mut memory, spec) = world("");
    carry::apply(&spec, &mut memory);
    let app = memory.world.apps(memory.primary).find(|app| scene::is_marked_app(app)).unwrap().id;
    assert!(console::delete_app(&mut memory.world, app));
    memory.world.advance(300_000);
    carry::plan(&spec, &mut memory)
}

#[test]
fn the_questions_and_forms_of_plans_are_those_of_the_operator_file() {
    let mut asked = BTreeSet::new();
    for plan in [first(""), first("routing_group: {members: by_mark}\n"), repair()] {
        for action in &plan.actions {
            let fedctl_core::plan::action::Write::First { choice, forms } = &action.write else { continue };
            let question = Question::ALL.iter().find(|question| question.as_str() == choice.0);
            let question = question.unwrap_or_else(|| panic!("`{}` cannot be pinned", choice.0));
            for form in forms {
                assert!(question.forms().iter().any(|(name, _)| *name == form.name), "{}: {}", choice.0, form.name);
            }
            asked.insert(*question);
        }
    }
    assert!(asked.iter().eq(Question::ALL), "nobody asks for the others: {asked:?}");
}

//! Whatever a plan leaves to the service to accept, an operator can pin, by the names that plans use.

use std::collections::BTreeSet;

use fedctl_core::operator::Question;
use fedctl_core::plan::Plan;
use fedctl_core::plan::action::Write;
use jumpcloud_sim::fixture;

use crate::carry::{self, Memory};

fn plan(rest: &str) -> Plan {
    let mut memory = Memory::new(fixture::demo(5, 24));
    let spec = carry::spec(&memory, "  from: {groups: [Contractors]}", rest);
    carry::plan(&spec, &mut memory)
}

#[test]
fn the_questions_and_forms_of_plans_are_those_of_the_operator_file() {
    let mut asked = BTreeSet::new();
    for plan in [plan(""), plan("routing_group: {members: by_mark}\n")] {
        for action in &plan.actions {
            let Write::First { choice, forms } = &action.write else { continue };
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

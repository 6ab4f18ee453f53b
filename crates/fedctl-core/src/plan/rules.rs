//! What whoever runs fedctl demands of every plan, whatever a spec says. A spec can make it stricter, never laxer.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::Org;
use crate::live::Far;
use crate::operator::{Form, Operator};
use crate::plan::action::{self, Choice, Write};
use crate::spec::Located;

/// What a plan is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Aim {
    /// The organisations are to be as the spec says, and what a human stopped stays so.
    #[default]
    Keep,
    /// The same, and routing goes on that was paused or switched off.
    Resume,
}

/// The operator's word, as far as plans are concerned. By default nothing beyond what the guards say themselves.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    /// People and accounts that no plan may take anything from, by company e-mail in lower case, primary first.
    pub protect: [BTreeSet<Box<str>>; 2],
    /// How many people a plan may take sign-in from.
    pub max_losses: Option<u32>,
    /// How many people a plan may give sign-in to.
    pub max_gains: Option<u32>,
    /// How many accounts a plan may rename.
    pub max_renames: Option<u32>,
    /// Pinned answers to questions about wire formats, by question.
    pub forms: BTreeMap<Box<str>, Form>,
    /// Where client secrets are kept in escrow, in a word: `vault` or `exec`; nothing where they are not.
    pub escrow: Option<Box<str>>,
    /// People of whom a human says that they signed in through the federation, by their address in either organisation, in
    /// lower case.
    pub signed_in: BTreeSet<Box<str>>,
    /// The time by which marks are dated, seconds since 1970; by default that of the reading. A saved plan that is applied a day
    /// later is the same plan.
    pub as_of: Option<u64>,
    /// What the plan is for.
    pub aim: Aim,
    /// How much of the logs is read: for a plan the newest events will do.
    pub far: Far,
}

impl Rules {
    /// What an operator file demands.
    pub fn of(operator: &Operator) -> Self {
        let emails = |list: &[Located<crate::spec::Email>]| list.iter().map(|email| email.as_str().into()).collect();
        let number = |ceiling: &Option<Located<u32>>| ceiling.as_ref().map(|ceiling| ceiling.value);
        let forms = operator.forms.iter();
        Self {
            protect: [emails(&operator.protect.primary), emails(&operator.protect.secondary)],
            max_losses: number(&operator.ceilings.max_losses),
            max_gains: number(&operator.ceilings.max_gains),
            max_renames: number(&operator.ceilings.max_renames),
            forms: forms.map(|(question, form)| (question.as_str().into(), form.value)).collect(),
            escrow: operator.escrow.as_ref().map(|escrow| escrow.as_str().into()),
            signed_in: BTreeSet::new(),
            as_of: None,
            aim: Aim::Keep,
            far: Far::Newest,
        }
    }

    /// The name of the answer that the operator pinned, if that is a spelling.
    pub fn pinned(&self, choice: Choice) -> Option<&str> {
        match self.forms.get(choice.0)? {
            Form::Named(name) => Some(name),
            Form::Manual => None,
        }
    }

    /// The spellings of a call in their order, as far as the operator did not pin one. None at all: a person does it.
    pub fn choose(&self, choice: Choice, forms: Box<[action::Form]>) -> Write {
        let forms = match self.forms.get(choice.0) {
            None => forms,
            Some(Form::Manual) => Box::new([]),
            Some(Form::Named(name)) => forms.into_iter().filter(|form| form.name == &**name).collect(),
        };
        Write::First { choice, forms }
    }

    /// Whether somebody with this address is protected in an organisation.
    pub fn protects(&self, org: Org, email: &str) -> bool {
        self.protect[org.index()].contains(email)
    }

    /// Whether a human says of the person with these addresses that they signed in.
    pub fn say_signed_in(&self, email: &str, account: &str) -> bool {
        self.signed_in.iter().any(|said| said.eq_ignore_ascii_case(email) || said.eq_ignore_ascii_case(account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_for_one_person_by_either_address_whatever_its_case() {
        let rules = Rules { signed_in: BTreeSet::from(["Ann@acme.com".into()]), ..Rules::default() };
        assert!(rules.say_signed_in("ann@ACME.com", "a@beta.com") && rules.say_signed_in("a@acme.com", "ann@acme.com"));
        assert!(!rules.say_signed_in("joann@acme.com", "ann@acme.com.beta"));
        assert!(!Rules::default().say_signed_in("ann@acme.com", "ann@acme.com"));
    }
}

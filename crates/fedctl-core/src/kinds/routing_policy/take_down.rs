//! The routing policy, when the federation is taken down: off, then for nobody, then gone; one that somebody else made is
//! given back as it was.

use super::forms::{self, Policies, Values};
use super::wire::{ENABLED, Policy};
use super::{ITSELF, pause};
use crate::address::{Address, Kind, Org};
use crate::endpoint;
use crate::kinds::context::Terms;
use crate::kinds::edge::Edit;
use crate::kinds::owned::changed;
use crate::live::{Confirmed, TakenDown};
use crate::mark::{self, ObjectRole, Origin};
use crate::plan::Action;
use crate::plan::action::{Arg, Because, Call, Change, Field, Look, Subject, Verb, Write};
use crate::spec::Spec;

/// A policy under its address, and where policies lead.
pub(crate) struct Going<'a> {
    /// What is read of it.
    pub(crate) policy: &'a Policy,
    /// What it is called in this plan.
    pub(crate) target: &'a Address,
    /// The identity provider.
    pub(crate) provider: &'a Address,
}

impl Going<'_> {
    /// Nobody is routed by it any more; nothing takes that back.
    pub(crate) fn off(&self, terms: &Terms) -> Option<Action> {
        let before = self.policy.enabled.filter(|enabled| *enabled)?;
        let changes = vec![Change::of(Field::Spelt(&ENABLED), before.to_string(), "false")];
        let after = Values {
            name: self.policy.name.to_string(),
            description: self.policy.description.to_string(),
            enabled: Some(false),
            leads: false,
        };
        Some(Action { verb: Verb::Update, ..self.changed(terms, changes, &after) })
    }

    /// It applies to a group no more.
    pub(crate) fn unbound(&self, group: &Address, confirmed: Confirmed<TakenDown>) -> Action {
        let name = format!("{}/{}", self.target.name, group.name);
        let call = Call {
            endpoint: &endpoint::CHANGE_POLICY_GROUPS,
            body: Some(Edit::remove(confirmed, "user_group", group)),
            args: Box::new([Arg(self.target.clone())]),
        };
        let target = Address::new(Org::Secondary, Kind::RoutingAssignment, name);
        Action { verb: Verb::Delete, because: Because::TakenDown, ..Action::edge(target, call) }
    }

    /// It goes.
    pub(crate) fn removed(&self, confirmed: Confirmed<TakenDown>) -> Action {
        let args: Box<[Arg]> = Box::new([Arg(self.target.clone())]);
        let before = Some(self.policy.description.clone());
        Action {
            verb: Verb::Delete,
            because: Because::TakenDown,
            changes: Box::new([Change { field: Field::Key("description"), before, after: None }]),
            write: Write::One(endpoint::DELETE_POLICY.call(confirmed, args.clone())),
            look: Some(Look { at: &ITSELF, args }),
            target: self.target.clone(),
            subject: Subject::Federation,
            spec: None,
        }
    }

    /// It loses our mark, and stays. `is_off` says whether this plan turns it off before.
    pub(crate) fn released(&self, spec: &Spec, terms: &Terms, is_off: bool) -> Action {
        let description = mark::unmarked(&self.policy.description, &spec.names(), ObjectRole::Policy);
        let description = pause::resumed(&super::set_up(&description));
        let changes = vec![changed("description", &self.policy.description, &description)];
        let enabled = if is_off { Some(false) } else { self.policy.enabled };
        let after = Values { name: self.policy.name.to_string(), description, enabled, leads: false };
        Action { because: Because::GivenBack, ..self.changed(terms, changes, &after) }
    }

    fn changed(&self, terms: &Terms, changes: Vec<Change>, after: &Values) -> Action {
        let args: Box<[Arg]> = Box::new([Arg(self.target.clone())]);
        let of = Policies {
            rules: &terms.rules,
            seen: self.policy.spelt,
            provider: self.policy.provider,
            led_to: self.provider,
        };
        Action {
            verb: Verb::Delete,
            because: Because::TakenDown,
            changes: changes.into(),
            write: forms::update_for_good(&of, &args, after, Origin::Adopted),
            look: Some(Look { at: &ITSELF, args }),
            target: self.target.clone(),
            subject: Subject::Federation,
            spec: None,
        }
    }
}

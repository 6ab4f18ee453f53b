//! How a routing policy is written, as long as nobody knows: the forms of a new one, and of a change.

use super::wire::{self, ENABLED, PROVIDER, Spelt};
use crate::address::Address;
use crate::endpoint::{self, Writing};
use crate::kinds::context::Context;
use crate::kinds::identity_provider;
use crate::mark::Origin;
use crate::object_id::ObjectId;
use crate::plan::action::{Arg, Call, Choice, Form, Then, Undo, Write};
use crate::plan::hole::{Body, Of, Whole, Wholly};
use crate::plan::rules::Rules;
use crate::planted::planted;

/// The question that the spelling of a new routing policy answers.
const BODY: Choice = Choice("routing-policy-body");
/// The question that the way of changing one answers.
const UPDATE: Choice = Choice("routing-policy-update");

/// Every key of a policy that is known or guessed.
const KNOWN: &[&str] =
    &["name", "description", "enabled", "disabled", "identityProviderId", "userGroups", "effect", "targets"];
/// What a partial update may name.
const CHANGED: &[&str] = &["name", "description", "enabled", "disabled", "identityProviderId", "effect"];

/// What fedctl writes of a policy.
#[derive(Clone)]
pub(super) struct Values {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) enabled: Option<bool>,
    /// It is led to the provider of the organisation, where it does not lead there.
    pub(super) leads: bool,
}

/// Off and for nobody, whatever the service makes of it: first off in every known spelling, then in the form's own alone,
/// for a service that refuses what it does not know.
pub(super) fn create(context: &Context<'_>, target: &Address, description: &str) -> Write {
    let of = || Of::new(&identity_provider::address(context.spec));
    #[cfg(planted)]
    let bound = [Of::new(&crate::kinds::user_group::routing_group(context.spec))];
    let form = |name, spelt: Spelt, is_plain: bool| {
        let is_flat = spelt != Spelt::C;
        let body = Body::json(&wire::Create {
            name: &target.name,
            description,
            enabled: (is_flat || !is_plain).then_some(planted!(PolicyBornOn => true, false)),
            disabled: (!is_flat || !is_plain).then_some(planted!(PolicyBornOn => false, true)),
            identity_provider_id: is_flat.then(of),
            user_groups: planted!(PolicyBornBound => Some(&bound[..]), (spelt == Spelt::B).then_some(&[][..])),
            effect: (!is_flat).then(|| wire::Effect { identity_provider_id: of() }),
            targets: (!is_flat).then(wire::Targets::default),
        });
        let call = Call { endpoint: &endpoint::CREATE_POLICY, args: Box::new([]), body: Some(body) };
        Form { undo: Some(endpoint::DELETE_POLICY.undo(target, Then::Manual)), ..Form::new(name, call) }
    };
    let mut forms = [
        (Spelt::A, form("a", Spelt::A, false)),
        (Spelt::B, form("b", Spelt::B, false)),
        (Spelt::C, form("c", Spelt::C, false)),
        (Spelt::A, form("a-plain", Spelt::A, true)),
        (Spelt::B, form("b-plain", Spelt::B, true)),
        (Spelt::C, form("c-plain", Spelt::C, true)),
    ];
    forms.sort_by_key(|(spelt, _)| Some(*spelt) != context.found.policy.seen);
    context.choose(BODY, forms.into_iter().map(|(_, form)| form).collect())
}

/// One way of changing a policy.
#[derive(Clone, Copy)]
struct Way {
    name: &'static str,
    endpoint: &'static Writing,
    /// The keys that are sent; empty for all that are there.
    only: &'static [&'static str],
    wraps: bool,
}

/// As it is seen, which keeps what stands there and no form has: its groups may be in it. One of ours also without what
/// nobody knows.
static WAYS: [Way; 6] = [
    Way { name: "put", endpoint: &endpoint::REPLACE_POLICY, only: &[], wraps: false },
    Way { name: "patch", endpoint: &endpoint::CHANGE_POLICY, only: CHANGED, wraps: false },
    Way { name: "put-wrapped", endpoint: &endpoint::REPLACE_POLICY, only: &[], wraps: true },
    Way { name: "patch-wrapped", endpoint: &endpoint::CHANGE_POLICY, only: CHANGED, wraps: true },
    Way { name: "put-plain", endpoint: &endpoint::REPLACE_POLICY, only: KNOWN, wraps: false },
    Way { name: "put-plain-wrapped", endpoint: &endpoint::REPLACE_POLICY, only: KNOWN, wraps: true },
];

/// What decides how a policy is changed, besides its values.
pub(super) struct Policies<'a> {
    /// What the operator pinned.
    pub(super) rules: &'a Rules,
    /// How it, or another one of the organisation, is spelt.
    pub(super) seen: Option<Spelt>,
    /// Where it sends people now.
    pub(super) provider: Option<ObjectId>,
    /// Where it is to send them, if it is led anew.
    pub(super) led_to: &'a Address,
}

/// A change of a policy from these values to those, and the way back from each form that is not kept.
pub(super) fn update(of: &Policies<'_>, args: &[Arg], before: &Values, after: &Values, origin: Origin) -> Write {
    let undo = |way| Some(Undo { call: of.call(way, args, before, after.leads), then: Then::Manual });
    of.rules.choose(UPDATE, of.forms(args, after, origin, undo))
}

/// The same without a way back: whatever became of it is better than what was before.
pub(super) fn update_for_good(of: &Policies<'_>, args: &[Arg], after: &Values, origin: Origin) -> Write {
    of.rules.choose(UPDATE, of.forms(args, after, origin, |_| None))
}

impl Policies<'_> {
    fn call(&self, way: Way, args: &[Arg], values: &Values, leads_back: bool) -> Call {
        let whole = self.whole(way.only, values, leads_back);
        let body = match way.wraps {
            true => Body::json(&wire::Wrapped { identity_provider_policy: Wholly(whole) }),
            false => whole.body(),
        };
        Call { endpoint: way.endpoint, args: args.into(), body: Some(body) }
    }

    fn forms(&self, args: &[Arg], after: &Values, origin: Origin, undo: impl Fn(Way) -> Option<Undo>) -> Box<[Form]> {
        let is_partial = |way: &Way| std::ptr::eq(way.endpoint, &endpoint::CHANGE_POLICY);
        let mut ways: Vec<&Way> = WAYS.iter().filter(|way| origin == Origin::Created || *way.only != *KNOWN).collect();
        ways.sort_by_key(|way| self.seen == Some(Spelt::C) && !is_partial(way));
        let form = |way: &Way| Form { undo: undo(*way), ..Form::new(way.name, self.call(*way, args, after, false)) };
        ways.into_iter().map(form).collect()
    }

    fn whole(&self, only: &'static [&'static str], values: &Values, leads_back: bool) -> Whole {
        let mut whole = Whole { only, without: &["id"], ..Whole::default() }
            .with("name", &values.name)
            .with("description", &values.description);
        if let Some(enabled) = values.enabled {
            whole = whole.with_spelt(&ENABLED, &enabled, &!enabled);
        }
        if values.leads {
            let provider = || Of::<crate::plan::hole::Id>::new(self.led_to);
            whole = whole.with_spelt(&PROVIDER, &provider(), &provider());
        } else if leads_back {
            let before = self.provider.map(|id| id.to_string());
            whole = whole.with_spelt(&PROVIDER, &before, &before);
        }
        whole
    }
}

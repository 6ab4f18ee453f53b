//! Guards: why a plan must not be applied. A refusal names the guard, the objects and the ways out.

use serde::Serialize;

use crate::address::Address;

/// What lifts a guard for one plan. Neither a spec nor an operator file ever does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lift {
    /// Nothing.
    Never,
    /// `--allow GUARD=COUNT@DIGEST`: so many people or objects.
    Count,
    /// `--allow GUARD@DIGEST`: whoever says so saw what the plan does.
    Digest,
}

impl Lift {
    /// What people write.
    pub fn as_str(self) -> &'static str {
        match self {
            Lift::Never => "never",
            Lift::Count => "`--allow GUARD=COUNT@DIGEST`",
            Lift::Digest => "`--allow GUARD@DIGEST`",
        }
    }
}

macro_rules! guards {
    ($($(#[$meta:meta])* $variant:ident = $name:literal, $lift:ident, $number:literal, $way_out:literal;)*) => {
        /// A guard, by the name that people write.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Guard { $($(#[$meta])* $variant,)* }

        impl Guard {
            /// All of them, those first that nothing lifts.
            pub const ALL: &'static [Guard] = &[$(Guard::$variant),*];

            /// The name as it is printed.
            pub fn as_str(self) -> &'static str {
                match self { $(Guard::$variant => $name,)* }
            }

            /// What lifts it.
            pub fn lift(self) -> Lift {
                match self { $(Guard::$variant => Lift::$lift,)* }
            }

            /// When it refuses a plan, in words.
            pub fn number(self) -> &'static str {
                match self { $(Guard::$variant => $number,)* }
            }

            /// What makes it unnecessary, in words.
            pub fn way_out(self) -> &'static str {
                match self { $(Guard::$variant => $way_out,)* }
            }
        }
    };
}

guards! {
    /// The key does not open the organisation that the spec names, or an object belongs to another one.
    Organization = "organization", Never,
        "an organisation is not the pinned one, or both are one; said as a problem of the spec or as a failed read",
        "correct the id in the spec, or give the key of that organisation";
    /// A second person would open somebody's account.
    Impersonation = "impersonation", Never,
        "a second person, an attribute of a group, a second claim or somebody who left would open an account",
        "remove the attribute, or give one of the two another address under `people.overrides`";
    /// The wanted address belongs to somebody else's account.
    RecycledAddress = "recycled-address", Never,
        "the wanted address is that of the account of another person of this federation",
        "another address under `people.overrides`, or remove the account of the one who had it before";
    /// Something would be taken from somebody who is protected.
    Protected = "protected", Never,
        "routing, a local password, a mapping, access to the app or an account would be taken from somebody whom the operator or \
         the spec names, who is in the secondary group `fedctl-protected`, or who is an administrator",
        "leave them out with `people.except`, keep them in the population, or protect them no longer";
    /// No administrator would be left who does not sign in through the federation.
    LastWayIn = "last-way-in", Never,
        "every account of the secondary organisation that is known to be an administrator's would be routed",
        "keep one administrator's account out of the routing group";
    /// Somebody would be routed who is not in the plan.
    Members = "members", Never,
        "the plan routes the routing group and a member of it is not of this federation, or the policy also applies to others",
        "take them out of the group, bring them into the population, or take their accounts over";
    /// The identity provider would be written with a secret that nobody proved.
    UnprovedSecret = "unproved-secret", Never,
        "a row that writes the provider does not wait for a row that tried the new secret at the token endpoint",
        "report it: no plan of fedctl does that";
    /// Something in our place does not carry our mark.
    Foreign = "foreign", Never,
        "an object or account in the place of ours carries no mark, or that of another federation",
        "take it over under `adopt`, or choose another name in the spec";
    /// Several objects carry the mark of one.
    Ambiguous = "ambiguous", Never,
        "several objects can be meant, and more than one of them is in use",
        "remove or rename one of them in the console, or take the mark out of its description";
    /// Somebody would lose sign-in, though the spec wants them to have it.
    Lockout = "lockout", Never,
        "a state that applying can reach locks somebody out, by what is documented of the service",
        "what the refusal says of the shortest way there";
    /// More people would lose sign-in than one plan may take it from.
    MaxLosses = "max-losses", Count,
        "more people lose sign-in than max(3, min(10 %, 100)) of the federation's people, more of them by suspending than \
         max(3, min(5 %, 50)), or more by deleting than max(1, min(1 %, 10)), in this plan and by today's marks together; \
         the operator's `ceilings.max_losses` stands in the place of the first two numbers and tightens the third, \
         `safety.max_losses` of the spec only tightens",
        "put the people back into the population, or let them go a few a day";
    /// A take-down would leave people without any way in.
    NoOtherWayIn = "no-other-way-in", Count,
        "`destroy` would take sign-in from one or more people who have no password in the secondary organisation",
        "let them set a password there first";
    /// More people would gain sign-in than one plan may give it to.
    MaxGains = "max-gains", Count,
        "more people gain sign-in than max(20, 25 %) of the federation's people, but for a first set-up; the operator's \
         `ceilings.max_gains` stands in the place of that number, also at a first set-up",
        "begin with some of them under `people.pilot`";
    /// More accounts would be renamed than one plan may rename.
    MaxRenames = "max-renames", Count,
        "more accounts get another address or username than max(5, 5 %) of the federation's people; the operator's \
         `ceilings.max_renames` stands in the place of that number",
        "look first whether a change at the primary organisation is meant, such as a new domain";
    /// Access would be given back that somebody took away.
    ReGrant = "re-grant", Digest,
        "one or more: a policy that was off is turned on again, an account that is suspended is let in again, or a person is put \
         back whose account is older than a day; never when nobody is at the terminal",
        "do it by hand in the console, or leave it as it is";
    /// Something that everybody's sign-in rests on would be removed.
    SharedObjects = "shared-objects", Digest,
        "one or more: app, provider, policy, group of the federation, or the policy's hold on the routing group; copies and \
         superseded ones do not count",
        "keep it";
    /// The app that the identity provider leads to is gone, and it would be pointed at a new one.
    OrphanedProvider = "orphaned-provider", Digest,
        "one: the provider is ours by all signs, and no app has its client id",
        "put the app back if it can be restored; nobody signs in before one of the two is done";
    /// An account would be changed about which another directory decides.
    ForeignAuthority = "foreign-authority", Digest,
        "one or more: an account that Active Directory, SCIM or another source keeps would be changed, suspended or removed",
        "leave it to that directory: change it there, or take the person out of `adopt.people`";
    /// Something else hangs on what would be removed.
    ForeignDependants = "foreign-dependants", Digest,
        "one or more: systems, groups, applications, keys or an administrator's role hang on what would be removed",
        "unbind them in the console first, or keep the object";
    /// A rule would route people who are not in the plan.
    Capture = "capture", Digest,
        "one or more: the rule for the end of the address finds accounts that nobody planned",
        "a longer end of the address, or `members: managed`";
    /// Something nobody has published would decide whether people can sign in.
    Unproven = "unproven", Digest,
        "more than five people with a local password would be routed, one or more of them by this plan, and nobody was seen to \
         sign in through the present app and provider; whoever has no other way in does not count",
        "begin with `people.pilot`, and let one of them sign in, or say with `--signed-in` that one did";
}

impl Guard {
    /// The guard of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Guard::ALL.iter().copied().find(|guard| guard.as_str() == name)
    }

    /// Whether somebody has to be at the terminal to lift it.
    pub fn is_attended(self) -> bool {
        self == Guard::ReGrant
    }
}

/// Every guard as a Markdown table.
pub fn table() -> String {
    let mut text =
        "| guard | refuses a plan when | lift | what makes that unnecessary |\n|---|---|---|---|\n".to_owned();
    for guard in Guard::ALL {
        let (name, lift) = (guard.as_str(), guard.lift().as_str().replace("GUARD", guard.as_str()));
        let attended = if guard.is_attended() { ", at a terminal" } else { "" };
        text.push_str(&format!("| `{name}` | {} | {lift}{attended} | {} |\n", guard.number(), guard.way_out()));
    }
    text
}

/// Why a plan must not be applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refusal {
    /// Which guard.
    pub guard: Guard,
    /// The object or person.
    pub about: Box<str>,
    /// What is the matter.
    pub why: String,
    /// What to do, so that it is not.
    pub way_out: String,
    /// How many people or objects it is about: what a lift has to allow. Left out where nothing lifts the guard.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
}

impl Refusal {
    /// A refusal about one object.
    pub fn new(guard: Guard, about: &Address, why: impl Into<String>, way_out: impl Into<String>) -> Self {
        let count = (guard.lift() != Lift::Never).then_some(1);
        Self { guard, about: about.to_string().into(), why: why.into(), way_out: way_out.into(), count }
    }

    /// The same about so many people or objects.
    #[must_use]
    pub fn about_so_many(mut self, count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.count = self.count.map(|_| count);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_to_its_guard_and_is_what_machines_read() {
        for guard in Guard::ALL {
            assert_eq!(Guard::from_name(guard.as_str()), Some(*guard));
            assert_eq!(serde_json::to_value(guard).unwrap(), guard.as_str());
        }
        assert_eq!(Guard::from_name("max_losses"), None);
    }
}

//! What JumpCloud does not document about its wire formats, as questions whose answers can be pinned. This is the list; who
//! writes requests takes the names from here.

/// A question about a wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// How the body of a routing policy is written.
    RoutingPolicyBody,
    /// How the rule of a group is written by which accounts become its members.
    MembershipRule,
}

/// The answer to a question about a wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The form with this name, and no other is tried.
    Named(&'static str),
    /// A person does it by hand.
    Manual,
}

impl Question {
    /// Every question.
    pub const ALL: &'static [Self] = &[Self::RoutingPolicyBody, Self::MembershipRule];

    /// Its name in an operator file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoutingPolicyBody => "routing-policy-body",
            Self::MembershipRule => "membership-rule",
        }
    }

    /// Its answers, by their names in an operator file.
    pub fn forms(self) -> &'static [(&'static str, Form)] {
        match self {
            Self::RoutingPolicyBody => {
                &[("a", Form::Named("a")), ("as-seen", Form::Named("as-seen")), ("manual", Form::Manual)]
            }
            Self::MembershipRule => &[("search", Form::Named("search")), ("manual", Form::Manual)],
        }
    }
}

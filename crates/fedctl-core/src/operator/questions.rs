//! What JumpCloud does not document about its wire formats, as questions whose answers can be pinned. This is the list; who
//! writes requests takes the names from here.

/// A question about a wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Question {
    /// How the body of a new routing policy is written.
    RoutingPolicyBody,
    /// How a routing policy is changed.
    RoutingPolicyUpdate,
    /// How an identity provider is replaced.
    IdentityProviderUpdate,
    /// How the rule of a group is written by which accounts become its members.
    MembershipRule,
    /// Where an app carries its mark.
    AppMark,
    /// How a claim of an app names a custom attribute.
    ClaimSource,
    /// How a password authority names the identity provider.
    PasswordAuthorityId,
}

/// The answer to a question about a wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// The form with this name, and no other is tried.
    Named(&'static str),
    /// A person does it by hand.
    Manual,
}

const MANUAL: (&str, Form) = ("manual", Form::Manual);

const fn named(name: &'static str) -> (&'static str, Form) {
    (name, Form::Named(name))
}

impl Question {
    /// Every question.
    pub const ALL: &'static [Self] = &[
        Self::RoutingPolicyBody,
        Self::RoutingPolicyUpdate,
        Self::IdentityProviderUpdate,
        Self::MembershipRule,
        Self::AppMark,
        Self::ClaimSource,
        Self::PasswordAuthorityId,
    ];

    /// Its name in an operator file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoutingPolicyBody => "routing-policy-body",
            Self::RoutingPolicyUpdate => "routing-policy-update",
            Self::IdentityProviderUpdate => "identity-provider-update",
            Self::MembershipRule => "membership-rule",
            Self::AppMark => "app-mark",
            Self::ClaimSource => "claim-source",
            Self::PasswordAuthorityId => "password-authority-id",
        }
    }

    /// Its answers, by their names in an operator file.
    pub fn forms(self) -> &'static [(&'static str, Form)] {
        match self {
            Self::RoutingPolicyBody => {
                &const { [named("a"), named("b"), named("c"), named("a-plain"), named("b-plain"), named("c-plain"), MANUAL] }
            }
            Self::RoutingPolicyUpdate => {
                &const {
                    [
                        named("put"),
                        named("patch"),
                        named("put-wrapped"),
                        named("patch-wrapped"),
                        named("put-plain"),
                        named("put-plain-wrapped"),
                        MANUAL,
                    ]
                }
            }
            Self::IdentityProviderUpdate => &const { [named("bare"), named("wrapped")] },
            Self::MembershipRule => &const { [named("search"), MANUAL] },
            Self::AppMark => &const { [named("description"), named("label")] },
            Self::ClaimSource => &const { [named("bare"), named("prefixed")] },
            Self::PasswordAuthorityId => &const { [named("with-id"), named("without-id"), MANUAL] },
        }
    }
}

//! Mistakes that somebody would really make, each in its place, to try the tests that have to find them.
//!
//! Nothing of this is in what is shipped: it is compiled with `--cfg planted` alone (`cargo xtask planted`), and even then no
//! mistake is made before a test asks for one.

/// The second expression, or the first where the mistake of this name is made.
macro_rules! planted {
    ($name:ident => $wrong:expr, $right:expr) => {{
        #[cfg(planted)]
        let chosen = if $crate::planted::is($crate::planted::Planted::$name) { $wrong } else { $right };
        #[cfg(not(planted))]
        let chosen = $right;
        chosen
    }};
}
pub(crate) use planted;

#[cfg(planted)]
pub use chosen::{Planted, drops, is, plant};

#[cfg(planted)]
mod chosen {
    use std::cell::Cell;

    use crate::address::{Kind, Org};
    use crate::plan::Verb;
    use crate::plan::order::{Edge, End};

    thread_local! {
        static PLANTED: Cell<Option<Planted>> = const { Cell::new(None) };
    }

    /// Makes a mistake in this thread from now on, or none.
    pub fn plant(mistake: Option<Planted>) {
        PLANTED.set(mistake);
    }

    /// Whether this mistake is made.
    pub fn is(mistake: Planted) -> bool {
        PLANTED.get() == Some(mistake)
    }

    /// The mistakes, and the list of all of them.
    macro_rules! mistakes {
        ($($(#[doc = $doc:literal])* $name:ident,)+) => {
            /// A mistake.
            #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
            pub enum Planted { $($(#[doc = $doc])* $name,)+ }

            impl Planted {
                /// All of them.
                pub const ALL: &[Self] = &[$(Self::$name,)+];
            }
        };
    }

    mistakes! {
        /// The attribute names an address that nobody has yet.
        MappingBeforeUser,
        /// The old app goes while the provider still leads to it.
        OldAppBeforeProvider,
        /// Routing is turned on before the members of the group were looked at.
        EnableBeforeMembers,
        /// Somebody is routed whose attribute opens nothing yet.
        MemberBeforeMapping,
        /// Somebody is routed who may not use the app yet.
        MemberBeforeAccess,
        /// A password is given up before its owner was seen in the routing group.
        AuthorityBeforeCheck,
        /// The provider is written with a secret that nobody tried.
        ProviderBeforeProof,
        /// A creation that nobody answered is sent again.
        PostAgain,
        /// The provider is written without the secret.
        EmptySecret,
        /// The policy is made on.
        PolicyBornOn,
        /// The policy is made for the routing group.
        PolicyBornBound,
        /// What an array held before a pause is written after it.
        StaleArray,
        /// An array is written with our entries alone.
        ArrayReplaced,
        /// Callbacks and claims of others are dropped.
        CallbacksReplaced,
        /// An account is somebody's because it has their address, whoever it is marked for.
        LinkByEmail,
        /// An account that a human suspended is made active.
        Unsuspends,
        /// An app is replaced without the field that keeps it active.
        ActiveLeftOut,
        /// Lists end with their first page.
        FirstPageOnly,
        /// The digest does not say which organisations the plan is for.
        DigestWithoutOrganization,
        /// Activation asks for a mail.
        MailsPeople,
        /// Accounts are made active.
        BornActive,
        /// Accounts are made without our mark.
        MarkForgotten,
        /// What depends on a failed action is done all the same.
        GoesOnAfterFailure,
        /// A policy that a human switched off is turned on again.
        SwitchesOnAgain,
        /// Whoever is in the routing group is routed.
        StrangersRouted,
        /// Of two objects with one mark the one in use goes.
        WrongDuplicate,
        /// An attribute that opens the account of another does not stop the plan.
        ClaimsUnchecked,
        /// A provider that leads elsewhere is pointed at our app.
        ForeignProviderTaken,
        /// An account that was taken over is suspended when its owner leaves.
        AdoptedSuspended,
    }

    /// Whether the mistake that is made leaves out this row of the order table.
    pub fn drops(row: &Edge) -> bool {
        use Kind::{
            AppAccess, GroupMember, IdentityProvider, OidcApp, PasswordAuthority, RoutingAssignment, RoutingPolicy,
            User, UserGroup, UserMapping,
        };
        use Org::Primary;
        let ends = ((row.first.1, row.first.2), (row.then.1, row.then.2));
        match PLANTED.get() {
            Some(Planted::MappingBeforeUser) => ends == ((User, Verb::Create), (UserMapping, Verb::Update)),
            Some(Planted::OldAppBeforeProvider) => {
                ends.0 == (IdentityProvider, Verb::Check) && matches!(ends.1.0, OidcApp | AppAccess)
            }
            Some(Planted::EnableBeforeMembers) => {
                ends.0 == (UserGroup, Verb::Check) && matches!(ends.1.0, RoutingPolicy | RoutingAssignment)
            }
            Some(Planted::MemberBeforeMapping) => {
                ends.0 == (UserMapping, Verb::Update) && matches!(ends.1.0, GroupMember | UserGroup | OidcApp)
            }
            Some(Planted::MemberBeforeAccess) => {
                let gives = ends.0 == (AppAccess, Verb::Create) || row.first == End(Primary, GroupMember, Verb::Create);
                gives && ends.1.1 != Verb::Delete
            }
            Some(Planted::AuthorityBeforeCheck) => ends.0 == (PasswordAuthority, Verb::Check),
            Some(Planted::ProviderBeforeProof) => ends.0 == (OidcApp, Verb::Check) && ends.1.0 == IdentityProvider,
            _ => false,
        }
    }
}

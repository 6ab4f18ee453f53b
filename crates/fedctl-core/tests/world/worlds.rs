//! Worlds and specs to try properties on: small, and full of what a real organisation has.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::handmade::{self, Hand, Made};

/// How somebody stands at the primary organisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Fine,
    Staged,
    Suspended,
    Locked,
    NoPassword,
    Expired,
}

/// What of somebody's is in use already in the secondary organisation, by an account that nobody marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Nothing,
    Address,
    Username,
}

/// What somebody's attribute says before fedctl ever ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    Nothing,
    Own,
    Elsewhere,
    OfAnother,
}

/// One user of the primary organisation, and what the spec says of them.
#[derive(Debug, Clone)]
pub(crate) struct Someone {
    pub(crate) standing: Standing,
    pub(crate) groups: [bool; 3],
    pub(crate) named: bool,
    pub(crate) excepted: bool,
    pub(crate) pilot: bool,
    pub(crate) other_email: bool,
    pub(crate) other_username: bool,
    pub(crate) taken: Taken,
    pub(crate) claim: Claim,
    pub(crate) foreign: Vec<u8>,
    pub(crate) restricted: bool,
    /// Their account, if somebody made one by hand.
    pub(crate) hand: Option<Hand>,
    /// The spec takes their account over.
    pub(crate) adopted: bool,
    /// The number of the address that they have at the primary organisation now, where it is not their own any more.
    pub(crate) moved: Option<usize>,
}

/// How people come into the routing group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Members {
    Managed,
    ByMark,
    Suffix,
}

/// What the spec says of everybody.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) groups: usize,
    pub(crate) pilot: bool,
    pub(crate) access: &'static str,
    pub(crate) email: &'static str,
    pub(crate) username: &'static str,
    pub(crate) copy: &'static str,
    /// Empty where the spec does not say.
    pub(crate) authority: &'static str,
    pub(crate) hidden: bool,
    pub(crate) enabled: bool,
    pub(crate) members: Members,
    /// What becomes of accounts that were made and whose person left.
    pub(crate) on_leave: &'static str,
    /// Accounts are renamed when the spec gives them another address.
    pub(crate) follow: bool,
    /// Objects that it takes over.
    pub(crate) adopt: Vec<&'static str>,
}

/// A world and a spec for it.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) people: Vec<Someone>,
    pub(crate) wish: Wish,
    /// What of the federation somebody made by hand.
    pub(crate) made: Option<Made>,
    pub(crate) answers: Vec<(&'static str, &'static str)>,
}

impl Someone {
    /// Somebody in the first group, of whom there is nothing to say.
    pub(crate) fn plain() -> Self {
        Self {
            standing: Standing::Fine,
            groups: [true, false, false],
            named: false,
            excepted: false,
            pilot: false,
            other_email: false,
            other_username: false,
            taken: Taken::Nothing,
            claim: Claim::Nothing,
            foreign: Vec::new(),
            restricted: false,
            hand: None,
            adopted: false,
            moved: None,
        }
    }
}

impl Wish {
    /// The people of the first group, and nothing special.
    pub(crate) fn plain(access: &'static str) -> Self {
        Self {
            groups: 1,
            pilot: false,
            access,
            email: "{email}.beta",
            username: "{username}",
            copy: "[]",
            authority: "federated",
            hidden: true,
            enabled: true,
            members: Members::Managed,
            on_leave: "suspend",
            follow: false,
            adopt: Vec::new(),
        }
    }
}

/// Other answers than the usual ones, where nobody knows which are right.
const ANSWERS: [(&str, &str); 23] = [
    ("missing-user", "empty"),
    ("duplicate-user", "conflict"),
    ("member-conflict", "false"),
    ("association-conflict", "false"),
    ("app-delete-empty", "true"),
    ("provider-created", "false"),
    ("provider-url-trimmed", "true"),
    ("policy-enabled-by-default", "false"),
    ("typed-email-must-match", "true"),
    ("account-must-be-routed", "true"),
    ("federated-password-usable", "true"),
    ("wrap-single", "true"),
    ("second-settings", "replace"),
    ("lowercase-email", "false"),
    ("organizations-forbidden", "true"),
    ("org-header-refused", "false"),
    ("display-name-null", "true"),
    ("policy-form", "b"),
    ("policy-list-key", "results"),
    ("policy-created", "false"),
    ("extra-fields", "true"),
    ("email-unique-everywhere", "true"),
    ("second-provider", "empty"),
];

fn standings() -> impl Strategy<Value = Standing> {
    prop_oneof![
        12 => Just(Standing::Fine),
        1 => Just(Standing::Staged),
        1 => Just(Standing::Suspended),
        1 => Just(Standing::Locked),
        1 => Just(Standing::NoPassword),
        1 => Just(Standing::Expired),
    ]
}

/// Somebody of the primary organisation; what they have by hand and whether it is taken over comes from elsewhere.
pub(crate) fn someone() -> impl Strategy<Value = Someone> {
    let taken = prop_oneof![12 => Just(Taken::Nothing), 1 => Just(Taken::Address), 1 => Just(Taken::Username)];
    let claim = prop_oneof![
        14 => Just(Claim::Nothing),
        2 => Just(Claim::Own),
        2 => Just(Claim::Elsewhere),
        1 => Just(Claim::OfAnother),
    ];
    let rarely = || prop::bool::weighted(0.12);
    let spec = (prop::bool::weighted(0.3), rarely(), any::<bool>(), rarely(), rarely());
    let groups = prop::array::uniform3(prop::bool::weighted(0.4));
    let foreign = prop::collection::vec(0_u8..5, 0..3);
    (standings(), groups, spec, taken, claim, foreign, rarely()).prop_map(
        |(standing, groups, spec, taken, claim, foreign, restricted)| {
            let (named, excepted, pilot, other_email, other_username) = spec;
            let (named, excepted) = (named, excepted && !named);
            Someone {
                standing,
                groups,
                named,
                excepted,
                pilot: pilot && !excepted,
                other_email: other_email && !excepted,
                other_username: other_username && !excepted,
                taken,
                claim,
                foreign,
                restricted,
                hand: None,
                adopted: false,
                moved: None,
            }
        },
    )
}

fn wish() -> impl Strategy<Value = Wish> {
    let access = select(vec!["source_groups", "source_groups", "managed", "{group: Everyone}", "{group: Contractors}"]);
    let email = select(vec!["{email}.beta", "{email}.{federation}", "{local}@beta.com", "{username}.x@beta.com"]);
    let username = select(vec!["{username}", "{local}", "{local}.{federation}"]);
    let copy = select(vec!["[firstname, lastname, displayname]", "[lastname]", "[]"]);
    let authority = select(vec!["federated", "federated", "", "", "none", "keep"]);
    let often = prop::bool::weighted(0.8);
    let members = select(vec![Members::Managed, Members::Managed, Members::ByMark, Members::Suffix]);
    let on_leave = select(vec!["suspend", "suspend", "unroute", "keep"]);
    let switches = (any::<bool>(), often, members, on_leave);
    (1_usize..4, prop::bool::weighted(0.15), access, email, username, copy, authority, switches).prop_map(
        |(groups, pilot, access, email, username, copy, authority, (hidden, enabled, members, on_leave))| Wish {
            groups,
            pilot,
            access,
            email,
            username,
            copy,
            authority,
            hidden,
            enabled,
            members,
            on_leave,
            follow: false,
            adopt: Vec::new(),
        },
    )
}

/// Scenes of at most this many people, in which nobody made anything by hand.
pub(crate) fn fresh_scenes(most: usize) -> impl Strategy<Value = Scene> {
    let answers = subsequence(ANSWERS.to_vec(), 0..4);
    let scene = (prop::collection::vec(someone(), 0..=most), wish(), answers);
    scene.prop_map(|(people, wish, answers)| Scene { people, wish, made: None, answers })
}

/// Scenes of at most this many people, in some of which somebody made a federation by hand, wholly or in part.
pub(crate) fn scenes(most: usize) -> impl Strategy<Value = Scene> {
    prop_oneof![
        2 => fresh_scenes(most),
        3 => (fresh_scenes(most), handmade::hands(most)).prop_map(|(scene, hands)| hands.into_scene(scene)),
    ]
}

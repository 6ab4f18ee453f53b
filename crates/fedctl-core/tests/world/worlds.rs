//! Worlds and specs to try properties on: small, and full of what a real organisation has.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use fedctl_core::spec::{self, Spec};
use jumpcloud_sim::{
    Attribute, Flag, GroupId, NewUser, Restriction, RestrictionKind, State, TextField, UserId, World, console, fixture,
};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use crate::carry::Memory;

/// The custom attribute of the federation, by its default.
pub(crate) const ATTRIBUTE: &str = "acmetobeta";
/// The groups of the primary organisation that a spec may name.
const GROUPS: [&str; 3] = ["Contractors", "Partners", "Night shift"];

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
    pub(crate) authority: &'static str,
    pub(crate) hidden: bool,
    pub(crate) enabled: bool,
}

/// A world and a spec for it.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) people: Vec<Someone>,
    pub(crate) wish: Wish,
    pub(crate) answers: Vec<(&'static str, &'static str)>,
}

/// Other answers than the usual ones, where nobody knows which are right.
const ANSWERS: [(&str, &str); 17] = [
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
];

fn someone() -> impl Strategy<Value = Someone> {
    let standing = prop_oneof![
        12 => Just(Standing::Fine),
        1 => Just(Standing::Staged),
        1 => Just(Standing::Suspended),
        1 => Just(Standing::Locked),
        1 => Just(Standing::NoPassword),
        1 => Just(Standing::Expired),
    ];
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
    (standing, groups, spec, taken, claim, foreign, rarely()).prop_map(
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
            }
        },
    )
}

fn wish() -> impl Strategy<Value = Wish> {
    let access = select(vec!["source_groups", "source_groups", "managed", "{group: Everyone}", "{group: Contractors}"]);
    let email = select(vec!["{email}.beta", "{email}.{federation}", "{local}@beta.com", "{username}.x@beta.com"]);
    let username = select(vec!["{username}", "{local}", "{local}.{federation}"]);
    let copy = select(vec!["[firstname, lastname, displayname]", "[lastname]", "[]"]);
    let authority = select(vec!["federated", "federated", "none"]);
    let often = prop::bool::weighted(0.8);
    (1_usize..4, prop::bool::weighted(0.15), access, email, username, copy, authority, any::<bool>(), often).prop_map(
        |(groups, pilot, access, email, username, copy, authority, hidden, enabled)| Wish {
            groups,
            pilot,
            access,
            email,
            username,
            copy,
            authority,
            hidden,
            enabled,
        },
    )
}

/// Scenes of at most this many people.
pub(crate) fn scenes(most: usize) -> impl Strategy<Value = Scene> {
    let answers = subsequence(ANSWERS.to_vec(), 0..4);
    let scene = (prop::collection::vec(someone(), 0..=most), wish(), answers);
    scene.prop_map(|(people, wish, answers)| Scene { people, wish, answers })
}

pub(crate) fn email(index: usize) -> String {
    format!("p{index}@acme.com")
}

fn username(index: usize) -> String {
    format!("User{index}")
}

impl Scene {
    /// Whether somebody is in the population when the scene begins.
    fn is_in(&self, index: usize) -> bool {
        let someone = &self.people[index];
        !someone.excepted && (someone.named || someone.groups[..self.wish.groups].contains(&true))
    }

    /// Whether somebody is in the population as groups are now.
    pub(crate) fn is_meant(&self, memory: &Memory, index: usize) -> bool {
        let someone = &self.people[index];
        let user = memory.world.user_by_email(memory.primary, &email(index)).unwrap();
        let names = user.groups().filter_map(|group| memory.world.group(group)).map(|group| group.name.as_str());
        let grouped = names.into_iter().any(|name| GROUPS[..self.wish.groups].contains(&name));
        !someone.excepted && (someone.named || grouped)
    }

    /// The address of somebody's account, by the spec.
    pub(crate) fn account(&self, index: usize) -> String {
        if self.people[index].other_email && self.is_in(index) {
            return format!("other{index}@beta.com");
        }
        fill(self.wish.email, index)
    }

    fn account_username(&self, index: usize) -> String {
        if self.people[index].other_username && self.is_in(index) {
            return format!("other{index}");
        }
        fill(self.wish.username, index)
    }

    fn indices(&self, is: impl Fn(usize, &Someone) -> bool) -> Vec<usize> {
        (0..self.people.len()).filter(|index| is(*index, &self.people[*index])).collect()
    }

    /// The whole scene, before fedctl ever ran.
    pub(crate) fn build(&self) -> (Memory, Spec) {
        let mut memory = Memory::new(fixture::pair(7));
        self.answers.iter().for_each(|(name, value)| memory.world.set(name, value).unwrap());
        self.populate_primary(&mut memory);
        self.populate_secondary(&mut memory);
        let spec = self.spec(&memory);
        (memory, spec)
    }

    /// The spec of the scene, for these organisations.
    pub(crate) fn spec(&self, memory: &Memory) -> Spec {
        let text = self.text(memory);
        let parsed = spec::parse(&text);
        assert!(parsed.problems.is_empty(), "{text}\n{:?}", parsed.problems);
        parsed.spec.unwrap()
    }

    fn populate_primary(&self, memory: &mut Memory) {
        let (world, org) = (&mut memory.world, memory.primary);
        let everyone = world.add_group(org, "Everyone");
        let groups = GROUPS.map(|name| world.add_group(org, name));
        for (index, someone) in self.people.iter().enumerate() {
            let user = world.add_user(org, self.user(index, someone));
            if !index.is_multiple_of(5) {
                world.add_member(everyone, user);
            }
            join(world, &groups, someone, user);
        }
        for index in self.people.len()..self.people.len() + 2 {
            let bystander = world.add_user(org, plain(&email(index), &username(index)));
            world.add_member(everyone, bystander);
        }
        let wiki = world.add_app(org, "bookmark", "Wiki");
        console::set_app_group(world, wiki, everyone, true);
        world.add_app(org, "oidc", "Grafana");
    }

    fn user(&self, index: usize, someone: &Someone) -> NewUser {
        let foreign: BTreeSet<u8> = someone.foreign.iter().copied().collect();
        let foreign = foreign.into_iter().rev().map(|number| (format!("foreign{number}"), format!("{index}-{number}")));
        let mut attributes: Vec<(String, String)> = foreign.collect();
        let claim = match someone.claim {
            Claim::Nothing => None,
            Claim::Own => Some(self.account(index)),
            Claim::Elsewhere => Some("nobody@nowhere.com".to_owned()),
            Claim::OfAnother => Some("staff0@beta.com".to_owned()),
        };
        attributes.splice(0..0, claim.map(|claim| (ATTRIBUTE.to_owned(), claim)));
        let has_password = !matches!(someone.standing, Standing::NoPassword | Standing::Staged);
        let mut flags = Vec::new();
        if someone.standing == Standing::Locked {
            flags.push(Flag::AccountLocked);
        }
        let mut user = plain(&email(index), &username(index));
        user.password = has_password.then(|| "Correct-Horse-7".to_owned());
        user.state = if someone.standing == Standing::Staged { State::Staged } else { State::Activated };
        user.suspended = someone.standing == Standing::Suspended;
        user.texts = vec![(TextField::Displayname, format!("Person {index}"))];
        user.attributes = attributes;
        user.flags = flags;
        if someone.standing == Standing::Expired {
            user.flags.push(Flag::PasswordExpired);
        }
        if someone.restricted {
            user.restrictions = vec![restriction("email")];
        }
        user
    }

    fn populate_secondary(&self, memory: &mut Memory) {
        let (world, org) = (&mut memory.world, memory.secondary);
        let staff = world.add_group(org, "Staff");
        for number in 0..3 {
            let mut user = plain(&format!("staff{number}@beta.com"), &format!("staff{number}"));
            user.attributes = vec![("badge".to_owned(), number.to_string())];
            user.restrictions = vec![restriction("department")];
            let user = world.add_user(org, user);
            world.add_member(staff, user);
        }
        for (index, someone) in self.people.iter().enumerate() {
            let taken = match someone.taken {
                Taken::Nothing => continue,
                Taken::Address => plain(&self.account(index), &format!("taken{index}")),
                Taken::Username => plain(&format!("taken{index}@beta.com"), &self.account_username(index)),
            };
            world.add_user(org, taken);
        }
        let other = world.add_group(org, "Federated from Gamma");
        console::describe_group(world, other, "managed by fedctl: gamma-to-beta/routing-group");
        world.add_member(other, staff_of(world, memory.secondary, "staff1@beta.com"));
    }

    fn text(&self, memory: &Memory) -> String {
        let list = |indices: Vec<usize>| indices.into_iter().map(email).collect::<Vec<_>>().join(", ");
        let wish = &self.wish;
        let mut people = format!("  from: {{groups: [{}]", GROUPS[..wish.groups].join(", "));
        let named = self.indices(|_, someone| someone.named);
        let more = if named.is_empty() { String::new() } else { format!(", emails: [{}]", list(named)) };
        writeln!(people, "{more}}}").unwrap();
        writeln!(people, "  except: [{}]", list(self.indices(|_, someone| someone.excepted))).unwrap();
        let pilot = self.indices(|index, someone| someone.pilot && self.is_in(index));
        if wish.pilot && !pilot.is_empty() {
            writeln!(people, "  pilot: [{}]", list(pilot)).unwrap();
        }
        let (address, username) = (&wish.email, &wish.username);
        writeln!(people, "  mapping: {{email: \"{address}\", username: \"{username}\", domains: [beta.com]}}").unwrap();
        writeln!(people, "  copy: {}\n  password_authority: {}", wish.copy, wish.authority).unwrap();
        let overrides = self.overrides();
        if !overrides.is_empty() {
            writeln!(people, "  overrides:\n{overrides}").unwrap();
        }
        format!(
            "version: 1\nfederation: acme-to-beta\nprimary: {{organization: \"{}\", credentials: acme}}\nsecondary: {{organization: \"{}\", credentials: beta}}\npeople:\n{people}\napp: {{access: {}, hidden: {}}}\nrouting_policy: {{enabled: {}}}\n",
            memory.primary, memory.secondary, wish.access, wish.hidden, wish.enabled
        )
    }

    fn overrides(&self) -> String {
        let mut text = String::new();
        for index in self.indices(|index, someone| (someone.other_email || someone.other_username) && self.is_in(index))
        {
            let someone = &self.people[index];
            write!(text, "    - {{person: {}", email(index)).unwrap();
            if someone.other_email {
                write!(text, ", email: other{index}@beta.com").unwrap();
            }
            if someone.other_username {
                write!(text, ", username: other{index}").unwrap();
            }
            text.push_str("}\n");
        }
        text
    }
}

fn fill(template: &str, index: usize) -> String {
    template
        .replace("{email}", &email(index))
        .replace("{local}", &format!("p{index}"))
        .replace("{username}", &username(index))
        .replace("{federation}", "acme-to-beta")
}

fn join(world: &mut World, groups: &[GroupId; 3], someone: &Someone, user: UserId) {
    for (group, is_in) in groups.iter().zip(someone.groups) {
        if is_in {
            world.add_member(*group, user);
        }
    }
}

fn plain(email: &str, username: &str) -> NewUser {
    NewUser {
        email: email.to_owned(),
        username: username.to_owned(),
        firstname: "First".to_owned(),
        lastname: "Last".to_owned(),
        password: Some("Correct-Horse-7".to_owned()),
        ..NewUser::default()
    }
}

/// A field of a user that something else owns.
pub(crate) fn restriction(field: &str) -> Restriction {
    Restriction { field: field.into(), kind: RestrictionKind::Scim, id: None }
}

fn staff_of(world: &World, org: jumpcloud_sim::OrgId, email: &str) -> UserId {
    world.user_by_email(org, email).unwrap().id
}

/// The names of a list of attributes that are not fedctl's.
pub(crate) fn foreign(attributes: &[Attribute]) -> Vec<(String, String)> {
    let ours = BTreeSet::from([ATTRIBUTE, "fedctl"]);
    let others = attributes.iter().filter(|attribute| !ours.contains(&*attribute.name));
    others.map(|attribute| (attribute.name.to_string(), attribute.value.to_string())).collect()
}

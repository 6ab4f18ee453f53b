//! A scene as a world: the organisations before fedctl ever ran, and the spec for them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use fedctl_core::spec::{self, Spec};
use jumpcloud_sim::{
    Attribute, Flag, GroupId, NewUser, OrgId, Restriction, RestrictionKind, State, TextField, User, UserId, World,
    console, fixture,
};

use crate::carry::Memory;
use crate::handmade::{self, EXPECTED, NAMES};
use crate::worlds::{Claim, Members, Scene, Someone, Standing, Taken};

/// The custom attribute of the federation, by its default.
pub(crate) const ATTRIBUTE: &str = "acmetobeta";
/// The groups of the primary organisation that a spec may name.
const GROUPS: [&str; 3] = ["Contractors", "Partners", "Night shift"];

/// What a spec says of the federation itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) federation: &'static str,
    /// The attribute, where the spec does not leave it to the default.
    pub(crate) attribute: Option<&'static str>,
    pub(crate) formerly: Option<&'static str>,
    /// Whether people are routed; else as the scene says.
    pub(crate) enabled: Option<bool>,
    /// Whether it takes over whom the scene says, or nobody yet.
    pub(crate) takes_over: bool,
}

impl Written {
    /// As it is today, when it was never otherwise.
    pub(crate) const NOW: Self =
        Self { federation: "acme-to-beta", attribute: None, formerly: None, enabled: None, takes_over: true };
}

pub(crate) fn email(index: usize) -> String {
    format!("p{index}@acme.com")
}

fn username(index: usize) -> String {
    format!("User{index}")
}

impl Scene {
    /// The address that somebody has at the primary organisation now.
    pub(crate) fn email(&self, index: usize) -> String {
        email(self.number(index))
    }

    fn number(&self, index: usize) -> usize {
        self.people.get(index).and_then(|someone| someone.moved).unwrap_or(index)
    }

    /// Whether somebody is in the population when the scene begins.
    fn is_in(&self, index: usize) -> bool {
        let someone = &self.people[index];
        !someone.excepted && (someone.named || someone.groups[..self.wish.groups].contains(&true))
    }

    /// Whether somebody is in the population as groups are now.
    pub(crate) fn is_meant(&self, memory: &Memory, index: usize) -> bool {
        let someone = &self.people[index];
        let Some(user) = memory.world.user_by_email(memory.primary, &self.email(index)) else { return false };
        let names = user.groups().filter_map(|group| memory.world.group(group)).map(|group| group.name.as_str());
        let grouped = names.into_iter().any(|name| GROUPS[..self.wish.groups].contains(&name));
        !someone.excepted && (someone.named || grouped)
    }

    /// The address of somebody's account, by the spec.
    pub(crate) fn account(&self, index: usize) -> String {
        if self.people[index].other_email && self.is_in(index) {
            return self.other_address(index);
        }
        self.fill(self.wish.email, index)
    }

    fn other_address(&self, index: usize) -> String {
        match self.wish.members {
            Members::Suffix if self.suffix().contains('@') => format!("other{index}{}", self.suffix()),
            Members::Suffix => format!("other{index}@acme.com{}", self.suffix()),
            Members::Managed | Members::ByMark => format!("other{index}@beta.com"),
        }
    }

    /// The end that all addresses of the spec have.
    pub(crate) fn suffix(&self) -> &'static str {
        match self.wish.email {
            "{email}.beta" => ".beta",
            "{email}.{federation}" => ".acme-to-beta",
            _ => "@beta.com",
        }
    }

    /// The address of the account that somebody has by hand.
    pub(crate) fn hand_address(&self, index: usize) -> Option<String> {
        let hand = self.people[index].hand.as_ref()?;
        let expected = hand.expected || self.wish.members == Members::Suffix;
        Some(if expected { self.account(index).to_lowercase() } else { format!("byhand{index}@beta.com") })
    }

    fn account_username(&self, index: usize) -> String {
        if self.people[index].other_username && self.is_in(index) {
            return format!("other{index}");
        }
        self.fill(self.wish.username, index)
    }

    fn indices(&self, is: impl Fn(usize, &Someone) -> bool) -> Vec<usize> {
        (0..self.people.len()).filter(|index| is(*index, &self.people[*index])).collect()
    }

    /// The whole scene, before fedctl ever ran.
    pub(crate) fn build(&self) -> (Memory, Spec) {
        let mut memory = Memory::new(fixture::pair(7));
        self.answers.iter().for_each(|(name, value)| memory.world.set(name, value).unwrap());
        let groups = self.populate_primary(&mut memory);
        self.populate_secondary(&mut memory);
        handmade::make(self, &mut memory, groups);
        let spec = self.spec(&memory, Written::NOW);
        (memory, spec)
    }

    /// The spec of the scene, for these organisations.
    pub(crate) fn spec(&self, memory: &Memory, written: Written) -> Spec {
        let text = self.text(memory, written);
        let parsed = spec::parse(&text);
        assert!(parsed.problems.is_empty(), "{text}\n{:?}", parsed.problems);
        parsed.spec.unwrap()
    }

    fn populate_primary(&self, memory: &mut Memory) -> [GroupId; 4] {
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
        [groups[0], groups[1], groups[2], everyone]
    }

    fn user(&self, index: usize, someone: &Someone) -> NewUser {
        let foreign: BTreeSet<u8> = someone.foreign.iter().copied().collect();
        let foreign = foreign.into_iter().rev().map(|number| (format!("foreign{number}"), format!("{index}-{number}")));
        let mut attributes: Vec<(String, String)> = foreign.collect();
        let is_linked = someone.hand.as_ref().is_some_and(|hand| hand.linked);
        let claim = match someone.claim {
            _ if is_linked => self.hand_address(index),
            Claim::Nothing => None,
            Claim::Own => Some(self.account(index)),
            Claim::Elsewhere => Some("nobody@nowhere.com".to_owned()),
            Claim::OfAnother => Some("staff0@beta.com".to_owned()),
        };
        attributes.splice(0..0, claim.map(|claim| (ATTRIBUTE.to_owned(), claim)));
        let has_password = !matches!(someone.standing, Standing::NoPassword | Standing::Staged);
        let flags = [(Standing::Locked, Flag::AccountLocked), (Standing::Expired, Flag::PasswordExpired)];
        let mut user = plain(&email(index), &username(index));
        user.password = has_password.then(|| "Correct-Horse-7".to_owned());
        user.state = if someone.standing == Standing::Staged { State::Staged } else { State::Activated };
        user.suspended = someone.standing == Standing::Suspended;
        user.texts = vec![(TextField::Displayname, format!("Person {index}"))];
        user.attributes = attributes;
        user.flags =
            flags.into_iter().filter(|(standing, _)| *standing == someone.standing).map(|(_, flag)| flag).collect();
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
        let staff = world.user_by_email(org, "staff1@beta.com").unwrap().id;
        world.add_member(other, staff);
    }

    fn text(&self, memory: &Memory, written: Written) -> String {
        let Written { federation, formerly, .. } = written;
        let (primary, secondary) = (memory.primary, memory.secondary);
        let formerly = formerly.map(|name| format!("formerly: [{name}]\n")).unwrap_or_default();
        format!(
            "version: 1\nfederation: {federation}\n{formerly}primary: {{organization: \"{primary}\", credentials: acme}}\nsecondary: {{organization: \"{secondary}\", credentials: beta}}\npeople:\n{}\n{}",
            self.people_text(written),
            self.objects_text(written)
        )
    }

    fn people_text(&self, written: Written) -> String {
        let wish = &self.wish;
        let mut people = format!("  from: {{groups: [{}]", GROUPS[..wish.groups].join(", "));
        let named = self.indices(|_, someone| someone.named);
        let more = if named.is_empty() { String::new() } else { format!(", emails: [{}]", self.list(named)) };
        writeln!(people, "{more}}}").unwrap();
        writeln!(people, "  except: [{}]", self.list(self.indices(|_, someone| someone.excepted))).unwrap();
        let pilot = self.indices(|index, someone| someone.pilot && self.is_in(index));
        if wish.pilot && !pilot.is_empty() {
            writeln!(people, "  pilot: [{}]", self.list(pilot)).unwrap();
        }
        let attribute = written.attribute.map(|name| format!("attribute: {name}, ")).unwrap_or_default();
        let (address, username) = (&wish.email, &wish.username);
        let mapping = format!(
            "{attribute}email: \"{address}\", username: \"{username}\", domains: [beta.com]{}",
            if wish.follow { ", on_email_change: follow" } else { "" }
        );
        writeln!(people, "  mapping: {{{mapping}}}\n  copy: {}", wish.copy).unwrap();
        writeln!(people, "  on_leave: {}", on_leave(wish.on_leave)).unwrap();
        if !wish.authority.is_empty() {
            writeln!(people, "  password_authority: {}", wish.authority).unwrap();
        }
        let overrides = self.overrides();
        if !overrides.is_empty() {
            writeln!(people, "  overrides:\n{overrides}").unwrap();
        }
        people
    }

    fn objects_text(&self, written: Written) -> String {
        let wish = &self.wish;
        let made = self.made.as_ref().filter(|made| made.spec_names_them);
        let name = |at: usize| made.map_or(EXPECTED[at], |made| made.name(EXPECTED[at], NAMES[at]));
        let members = match wish.members {
            Members::Managed => "managed".to_owned(),
            Members::ByMark => "by_mark".to_owned(),
            Members::Suffix => {
                let suffix = self.suffix().replace("acme-to-beta", written.federation);
                format!("{{email_ends_with: \"{suffix}\", accept_capture: true}}")
            }
        };
        let adopted =
            self.list(self.indices(|index, someone| written.takes_over && someone.adopted && self.is_in(index)));
        format!(
            "app: {{label: {}, access: {}, hidden: {}}}\nidentity_provider: {{name: {}}}\nrouting_policy: {{name: {}, enabled: {}}}\nrouting_group: {{name: {}, members: {members}}}\nadopt: {{objects: [{}], people: [{adopted}]}}\n",
            name(0),
            wish.access,
            wish.hidden,
            name(1),
            name(2),
            written.enabled.unwrap_or(wish.enabled),
            name(3),
            wish.adopt.join(", ")
        )
    }

    fn overrides(&self) -> String {
        let mut text = String::new();
        for index in self.indices(|index, someone| (someone.other_email || someone.other_username) && self.is_in(index))
        {
            let someone = &self.people[index];
            write!(text, "    - {{person: {}", self.email(index)).unwrap();
            if someone.other_email {
                write!(text, ", email: {}", self.other_address(index)).unwrap();
            }
            if someone.other_username {
                write!(text, ", username: other{index}").unwrap();
            }
            text.push_str("}\n");
        }
        text
    }

    fn list(&self, indices: Vec<usize>) -> String {
        indices.into_iter().map(|index| self.email(index)).collect::<Vec<_>>().join(", ")
    }

    fn fill(&self, template: &str, index: usize) -> String {
        template
            .replace("{email}", &self.email(index))
            .replace("{local}", &format!("p{}", self.number(index)))
            .replace("{username}", &username(index))
            .replace("{federation}", "acme-to-beta")
    }
}

fn join(world: &mut World, groups: &[GroupId; 3], someone: &Someone, user: UserId) {
    for (group, is_in) in groups.iter().zip(someone.groups) {
        if is_in {
            world.add_member(*group, user);
        }
    }
}

pub(crate) fn plain(email: &str, username: &str) -> NewUser {
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

/// The entries of a list of attributes that are not fedctl's.
pub(crate) fn foreign(attributes: &[Attribute]) -> Vec<(String, String)> {
    let ours = BTreeSet::from([ATTRIBUTE, OLD_ATTRIBUTE, "fedctl", "fedctlRoute"]);
    let others = attributes.iter().filter(|attribute| !ours.contains(&*attribute.name));
    others.map(|attribute| (attribute.name.to_string(), attribute.value.to_string())).collect()
}

/// The name that the federation had before, where it had one.
pub(crate) const OLD_NAME: &str = "old-name";
/// Its attribute, by default.
pub(crate) const OLD_ATTRIBUTE: &str = "oldname";

/// The person whose account a mark of this federation says it is.
pub(crate) fn marked_for(user: &User) -> Option<&str> {
    let mark = user.attribute("fedctl")?;
    let rest =
        [Written::NOW.federation, OLD_NAME].iter().find_map(|name| mark.strip_prefix(name)?.strip_prefix('/'))?;
    rest.split('/').next()
}

/// The group, app or policy mark of this federation, under either name, in a description.
pub(crate) fn is_marked(description: &str) -> bool {
    [Written::NOW.federation, OLD_NAME].iter().any(|name| description.contains(&format!("managed by fedctl: {name}/")))
}

/// Whether an app carries our mark, in its description or its label.
pub(crate) fn is_marked_app(app: &jumpcloud_sim::App) -> bool {
    is_marked(&app.description) || is_marked(&app.display_label)
}

pub(crate) fn group_named(world: &World, org: OrgId, name: &str) -> Option<GroupId> {
    world.groups(org).find(|group| group.name == name).map(|group| group.id)
}

/// Deleting is a mapping.
fn on_leave(wish: &str) -> String {
    if wish.contains(':') { format!("{{{wish}}}") } else { wish.to_owned() }
}

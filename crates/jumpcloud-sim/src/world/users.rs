//! Users: what one is, and the index that finds it by id, e-mail and username.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::sorted::SortedIds;
use super::user_fields::{Flag, Flags, TextField, Texts};
use crate::clock::rfc3339;
use crate::id::{GroupId, ObjectId, OrgId, UserId};
use crate::query::filter::Fielded;
use crate::secret::Secret;

/// Where a user's account is in its life \[spec\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum State {
    /// Made, and not to be used yet.
    Staged,
    /// To be used; says nothing about a password.
    #[default]
    Activated,
    /// Locked out by an administrator.
    Suspended,
}

impl State {
    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            State::Staged => "STAGED",
            State::Activated => "ACTIVATED",
            State::Suspended => "SUSPENDED",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<State> {
        [State::Staged, State::Activated, State::Suspended].into_iter().find(|state| state.name() == name)
    }
}

/// A custom attribute. Each has an id of its own \[observed\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its own id, sent as `_id`.
    pub id: ObjectId,
    /// Letters and digits, fewer than 32 \[doc\].
    pub name: Box<str>,
    /// Any text up to 1024 characters \[spec\].
    pub value: Box<str>,
}

/// Who owns a field of a user \[spec\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestrictionKind {
    /// Active Directory.
    ActiveDirectory,
    /// The organisation's identity provider.
    FederatedIdentityProvider,
    /// A SCIM source.
    Scim,
}

/// A field of a user that somebody else owns; the field `password` is the password authority \[inferred\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restriction {
    /// The field, such as `password`.
    pub field: Box<str>,
    /// Who owns it.
    #[serde(rename = "type")]
    pub kind: RestrictionKind,
    /// The id of the owner, at most 24 characters \[spec\].
    pub id: Option<Box<str>>,
}

/// The administrator that a user also is \[spec\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminRole {
    /// The administrator's id.
    pub id: ObjectId,
    /// Such as `Administrator`.
    #[serde(rename = "roleName")]
    pub role_name: Box<str>,
}

/// A record of texts: an address, a telephone number, an SSH key.
pub(crate) type TextRecord = BTreeMap<Box<str>, Box<str>>;

/// What few users have.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rare {
    pub(crate) addresses: Vec<TextRecord>,
    pub(crate) phone_numbers: Vec<TextRecord>,
    pub(crate) ssh_keys: Vec<TextRecord>,
    pub(crate) relationships: Vec<TextRecord>,
    pub(crate) delegated_authority: Option<TextRecord>,
    pub(crate) admin: Option<AdminRole>,
    pub(crate) restrictions: Vec<Restriction>,
    pub(crate) mfa_exclusion: bool,
    pub(crate) mfa_exclusion_until: Option<u64>,
    pub(crate) account_locked_date: Option<u64>,
}

/// One user of one organisation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The id.
    pub id: UserId,
    /// Whose user it is.
    pub organization: OrgId,
    /// The company e-mail, unique in the organisation \[doc\].
    pub email: Box<str>,
    /// The username, unique in the organisation \[doc\].
    pub username: Box<str>,
    /// The first name.
    pub firstname: Box<str>,
    /// The last name.
    pub lastname: Box<str>,
    /// The state; `suspended` is told from it.
    pub state: State,
    /// The password itself, if one was ever set.
    pub password: Option<Secret>,
    /// When it was set.
    pub password_date: Option<u64>,
    /// The custom attributes, in the order written.
    pub attributes: Vec<Attribute>,
    /// When the user was made.
    pub created: u64,
    pub(crate) unix_id: u32,
    pub(crate) flags: Flags,
    #[serde(default)]
    pub(crate) texts: Texts,
    #[serde(default)]
    pub(crate) rare: Option<Box<Rare>>,
    /// The groups it is a member of; kept by the groups, so not exported.
    #[serde(skip)]
    pub(crate) groups: SortedIds<GroupId>,
}

impl User {
    /// Whether the user has set a password: `activated` on the wire \[inferred from recordings\].
    pub fn is_activated(&self) -> bool {
        self.password.is_some()
    }

    /// Whether an administrator suspended the user.
    pub fn is_suspended(&self) -> bool {
        self.state == State::Suspended
    }

    /// A yes or no.
    pub fn flag(&self, flag: Flag) -> bool {
        self.flags.has(flag)
    }

    /// A text, empty when unset.
    pub fn text(&self, field: TextField) -> &str {
        self.texts.get(field)
    }

    /// The value of a custom attribute, by its exact name \[doc\].
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|attribute| &*attribute.name == name).map(|attribute| &*attribute.value)
    }

    /// The fields that somebody else owns.
    pub fn restrictions(&self) -> &[Restriction] {
        self.rare.as_ref().map_or(&[], |rare| &rare.restrictions)
    }

    /// Who owns the password, if not the user.
    pub fn password_authority(&self) -> Option<RestrictionKind> {
        self.restrictions().iter().find(|entry| &*entry.field == "password").map(|entry| entry.kind)
    }

    /// The administrator that this user also is.
    pub fn admin(&self) -> Option<&AdminRole> {
        self.rare.as_ref()?.admin.as_ref()
    }

    /// The groups that this user is a member of, in the order of their ids.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> + '_ {
        self.groups.iter()
    }

    pub(crate) fn rare_mut(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    pub(crate) fn set_password(&mut self, password: &str, now_ms: u64) {
        self.password = Some(Secret::new(password));
        self.password_date = Some(now_ms);
        self.flags.set(Flag::PasswordExpired, false);
    }

    /// First and last name, as the claim `fullname` has them.
    pub(crate) fn full_name(&self) -> String {
        format!("{} {}", self.firstname, self.lastname).trim().to_owned()
    }
}

impl Fielded for User {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        let text = match name {
            "_id" | "id" => Cow::Owned(self.id.to_string()),
            "email" => Cow::Borrowed(&*self.email),
            "username" => Cow::Borrowed(&*self.username),
            "firstname" => Cow::Borrowed(&*self.firstname),
            "lastname" => Cow::Borrowed(&*self.lastname),
            "state" => Cow::Borrowed(self.state.name()),
            "suspended" => Cow::Borrowed(truth(self.is_suspended())),
            "activated" => Cow::Borrowed(truth(self.is_activated())),
            "organization" => Cow::Owned(self.organization.to_string()),
            "created" => Cow::Owned(rfc3339(self.created)),
            "password_date" => Cow::Owned(self.password_date.map(rfc3339)?),
            "unix_uid" | "unix_guid" => Cow::Owned(self.unix_id.to_string()),
            _ => return self.rare_field(name),
        };
        Some(text)
    }
}

impl User {
    fn rare_field(&self, name: &str) -> Option<Cow<'_, str>> {
        if let Some(field) = TextField::from_name(name) {
            return Some(Cow::Borrowed(self.text(field)));
        }
        if let Some(flag) = Flag::from_name(name) {
            return Some(Cow::Borrowed(truth(self.flag(flag))));
        }
        // `attributes[name=area].value` is how rules of dynamic groups name a custom attribute [observed].
        let custom = name.strip_prefix("attributes[name=")?.strip_suffix("].value")?;
        self.attribute(custom).map(Cow::Borrowed)
    }
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// A user to be made, with everything a test may want to decide.
#[derive(Debug, Clone, Default)]
pub struct NewUser {
    /// The company e-mail.
    pub email: String,
    /// The username.
    pub username: String,
    /// The first name.
    pub firstname: String,
    /// The last name.
    pub lastname: String,
    /// The password, if one was set.
    pub password: Option<String>,
    /// The state.
    pub state: State,
    /// Suspended, whatever the state says.
    pub suspended: bool,
    /// Custom attributes: names and values.
    pub attributes: Vec<(String, String)>,
    /// Other texts.
    pub texts: Vec<(TextField, String)>,
    /// Flags that are set.
    pub flags: Vec<Flag>,
    /// Fields that somebody else owns.
    pub restrictions: Vec<Restriction>,
    /// The role of the administrator that the user also is.
    pub admin_role: Option<String>,
}

/// The users of one organisation, found by what is unique among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Directory {
    /// In the order of ids: a page of the list is a slice of it.
    pub(crate) ids: SortedIds<UserId>,
    emails: NameIndex,
    usernames: NameIndex,
}

impl Directory {
    pub(crate) fn insert(&mut self, user: &User) {
        self.ids.insert(user.id);
        self.emails.insert(&user.email, user.id);
        self.usernames.insert(&user.username, user.id);
    }

    pub(crate) fn remove(&mut self, user: &User) {
        self.ids.remove(user.id);
        self.emails.remove(&user.email, user.id);
        self.usernames.remove(&user.username, user.id);
    }

    /// By e-mail, whatever the case of its letters.
    pub(crate) fn by_email(&self, email: &str) -> impl Iterator<Item = UserId> + '_ {
        self.emails.find(email)
    }

    /// By username, whatever the case of its letters.
    pub(crate) fn by_username(&self, username: &str) -> impl Iterator<Item = UserId> + '_ {
        self.usernames.find(username)
    }
}

/// Names in lower case, with those who have them: mostly one, but settings and people in the console allow more.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct NameIndex(BTreeSet<(Box<str>, UserId)>);

impl NameIndex {
    fn insert(&mut self, name: &str, id: UserId) {
        self.0.insert((name.to_lowercase().into(), id));
    }

    fn remove(&mut self, name: &str, id: UserId) {
        self.0.remove(&(name.to_lowercase().into(), id));
    }

    fn find(&self, name: &str) -> impl Iterator<Item = UserId> + '_ {
        let name: Box<str> = name.to_lowercase().into();
        let from = (name.clone(), UserId::from(ObjectId::FIRST));
        self.0.range(from..).take_while(move |(key, _)| *key == name).map(|(_, id)| *id)
    }
}

//! Users, 100,000 and more of them, in a few hundred bytes each.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Scope;
use super::index::Index;
use super::source::Source;
use crate::decode::{self, Fed, Undecoded};
use crate::mark::{ROUTE_ATTRIBUTE, USER_ATTRIBUTE, UserMark};
use crate::object_id::ObjectId;
use crate::spec::Email;

/// The fields that are asked for, in the syntax of lists and searches of API v1: separated by spaces.
pub const FIELDS: &str = "_id email username firstname lastname displayname state suspended activated account_locked \
                          password_expired attributes restrictedFields externally_managed external_source_type \
                          organization created admin";

/// The lifecycle state of a user. `[spec]`
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Made, and not let in yet.
    Staged,
    /// In use.
    Activated,
    /// Shut out.
    Suspended,
    /// A word we do not know.
    Other,
}

/// Who decides about a password, as far as it is not the organisation itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Authority {
    /// `federated_identity_provider`, `active_directory` or `scim`. `[spec]`
    pub kind: Box<str>,
    /// The integration it belongs to.
    pub id: Option<ObjectId>,
}

/// One user, as far as fedctl cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// The id in the organisation.
    pub id: ObjectId,
    /// The company e-mail, in lower case.
    pub email: Box<str>,
    /// The username.
    pub username: Box<str>,
    /// First, last and display name.
    pub names: [Box<str>; 3],
    /// Lifecycle state; a suspended user is in state `Suspended` whatever else is said of them.
    pub state: State,
    /// A password was set. `[observed]`: false with state ACTIVATED is normal.
    pub has_password: bool,
    /// Locked out after wrong passwords.
    pub is_locked: bool,
    /// The password has to be changed first.
    pub password_expired: bool,
    /// The value of the federation's own attribute.
    pub mapping: Option<Box<str>>,
    /// The mark, whichever federation's.
    pub mark: Option<UserMark>,
    /// Who decides about the password.
    pub authority: Option<Authority>,
    /// Whether the answer says who decides about the password. `[unknown]`: a service may leave out what is empty.
    pub says_authority: bool,
    /// When it was made, seconds since 1970.
    pub created: Option<u64>,
    /// The value of the attribute by which the rule of a routing group finds accounts.
    pub route: Option<Box<str>>,
    /// They are an administrator, too. `[spec]`
    pub is_admin: bool,
    /// The directory that keeps some of it, if one does.
    pub source: Option<Box<Source>>,
    /// How many SSH keys it has; lists do not show them, and say 0.
    pub ssh_keys: usize,
}

impl User {
    /// Whether its owner gets in with a local password.
    pub fn has_local_way_in(&self) -> bool {
        self.has_password && !self.is_shut()
    }

    /// Whether nobody gets in, so that routing neither takes a way in away nor opens one.
    pub fn is_shut(&self) -> bool {
        matches!(self.state, State::Suspended | State::Staged)
    }
}

/// The users of one organisation that were read, and which were asked for.
#[derive(Debug, Clone)]
pub struct Users {
    attribute: Box<str>,
    rows: Vec<User>,
    by_id: Index,
    by_email: Index,
    by_username: Index,
    by_person: Vec<u32>,
    everybody: bool,
    asked_ids: BTreeSet<ObjectId>,
    asked_emails: BTreeSet<Box<str>>,
    asked_usernames: BTreeSet<Box<str>>,
}

impl Users {
    /// The federation's own attribute.
    pub(crate) fn attribute(&self) -> &str {
        &self.attribute
    }

    pub(crate) fn new(attribute: &str) -> Self {
        Self {
            attribute: attribute.into(),
            rows: Vec::new(),
            by_id: Index::default(),
            by_email: Index::default(),
            by_username: Index::default(),
            by_person: Vec::new(),
            everybody: false,
            asked_ids: BTreeSet::new(),
            asked_emails: BTreeSet::new(),
            asked_usernames: BTreeSet::new(),
        }
    }

    /// All rows, by id.
    pub fn rows(&self) -> &[User] {
        &self.rows
    }

    /// Whether everybody was asked for.
    pub fn is_everybody(&self) -> bool {
        self.everybody
    }

    /// The user with this id.
    pub fn get(&self, id: ObjectId) -> Option<&User> {
        self.by_id.find(&self.rows, &id, |user| user.id)
    }

    /// The user with this company e-mail, in lower case. `[documented]`: unique in an organisation.
    pub fn by_email(&self, email: &str) -> Option<&User> {
        self.by_email.find(&self.rows, &email, |user| &user.email)
    }

    /// The user with this username, whatever the case of its letters.
    pub fn by_username(&self, username: &str) -> Option<&User> {
        self.by_username.find(&self.rows, &Caseless(username), |user| Caseless(&user.username))
    }

    /// The accounts whose mark names this primary user, of whichever federation.
    pub fn marked_for(&self, person: ObjectId) -> impl Iterator<Item = &User> {
        let key = |at: &u32| self.rows[*at as usize].mark.as_ref().map(|mark| mark.person);
        let start = self.by_person.partition_point(|at| key(at) < Some(person));
        self.by_person[start..]
            .iter()
            .map(|at| &self.rows[*at as usize])
            .take_while(move |user| user.mark.as_ref().is_some_and(|mark| mark.person == person))
    }

    /// Every account with a mark, of whichever federation.
    pub fn marked(&self) -> impl Iterator<Item = &User> {
        self.by_person.iter().map(|at| &self.rows[*at as usize])
    }

    /// Whoever has the federation's own attribute, and the address in it, in lower case.
    pub fn claims(&self) -> impl Iterator<Item = (&User, Box<str>)> {
        self.rows.iter().filter_map(|user| Some((user, Email::fold(user.mapping.as_deref()?).into())))
    }

    pub(crate) fn not_asked(&self, ids: impl Iterator<Item = ObjectId>) -> BTreeSet<ObjectId> {
        if self.everybody {
            return BTreeSet::new();
        }
        ids.filter(|id| !self.asked_ids.contains(id) && self.get(*id).is_none()).collect()
    }

    pub(crate) fn names_not_asked(
        &self,
        emails: impl Iterator<Item = Box<str>>,
        usernames: impl Iterator<Item = Box<str>>,
    ) -> (BTreeSet<Box<str>>, BTreeSet<Box<str>>) {
        if self.everybody {
            return (BTreeSet::new(), BTreeSet::new());
        }
        let emails = emails.filter(|email| !self.asked_emails.contains(email)).collect();
        let usernames = usernames.filter(|username| !self.asked_usernames.contains(username)).collect();
        (emails, usernames)
    }

    /// Takes a page of users. What is read twice counts once.
    ///
    /// # Errors
    /// A record that does not decode, or that belongs to another organisation.
    pub(crate) fn feed(&mut self, page: &[u8], organization: &str) -> Result<Fed, Undecoded> {
        let page: Page<'_> = serde_json::from_slice(page).map_err(|error| Undecoded::of(&error))?;
        let rows = page.results.len();
        for wire in page.results {
            self.rows.push(wire.of(organization)?.decode(&self.attribute)?);
        }
        Ok(Fed { rows, total: page.total_count })
    }

    /// All pages of a question were fed: sorts, and notes that it was asked.
    pub(crate) fn end(&mut self, scope: &Scope) {
        match scope {
            Scope::Everybody => self.everybody = true,
            Scope::Ids(ids) => self.asked_ids.extend(ids),
            Scope::Names { emails, usernames } => {
                self.asked_emails.extend(emails.iter().cloned());
                self.asked_usernames.extend(usernames.iter().cloned());
            }
        }
        self.rows.sort_by_key(|user| user.id);
        self.rows.dedup_by_key(|user| user.id);
        self.by_id = Index::of(&self.rows, |user| user.id);
        self.by_email = Index::of(&self.rows, |user| &*user.email);
        self.by_username = Index::of(&self.rows, |user| Caseless(&user.username));
        let rows = &self.rows;
        let marked = (0u32..).zip(rows).filter(|(_, user)| user.mark.is_some());
        self.by_person = marked.map(|(at, _)| at).collect();
        self.by_person.sort_by_key(|at| rows[*at as usize].mark.as_ref().map(|mark| mark.person));
    }
}

/// One user, read by itself.
///
/// # Errors
/// As for a page.
pub(crate) fn one(object: &[u8], attribute: &str, organization: &str) -> Result<User, Undecoded> {
    let wire: Wire<'_> = serde_json::from_slice(object).map_err(|error| Undecoded::of(&error))?;
    wire.of(organization)?.decode(attribute)
}

/// A text that is the same whatever the case of its letters, without a copy of it.
#[derive(Clone, Copy)]
struct Caseless<'a>(&'a str);

impl Caseless<'_> {
    fn letters(&self) -> impl Iterator<Item = char> + '_ {
        self.0.chars().flat_map(char::to_lowercase)
    }
}

impl PartialEq for Caseless<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.letters().eq(other.letters())
    }
}

impl Eq for Caseless<'_> {}

impl std::hash::Hash for Caseless<'_> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.letters().for_each(|letter| letter.hash(state));
    }
}

type Text<'a> = std::borrow::Cow<'a, str>;

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(rename = "totalCount")]
    total_count: Option<u64>,
    #[serde(borrow)]
    results: Vec<Wire<'a>>,
}

/// A user on the wire. `[observed]`: unset strings are empty or missing; newer fields are missing in old recordings.
#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(rename = "_id")]
    id: ObjectId,
    #[serde(borrow, default)]
    email: Option<Text<'a>>,
    #[serde(borrow, default)]
    username: Option<Text<'a>>,
    #[serde(borrow, default)]
    firstname: Option<Text<'a>>,
    #[serde(borrow, default)]
    lastname: Option<Text<'a>>,
    #[serde(borrow, default)]
    displayname: Option<Text<'a>>,
    #[serde(borrow, default)]
    state: Option<Text<'a>>,
    #[serde(default)]
    suspended: Option<bool>,
    #[serde(default)]
    activated: Option<bool>,
    #[serde(default)]
    account_locked: Option<bool>,
    #[serde(default)]
    password_expired: Option<bool>,
    #[serde(borrow, default)]
    attributes: Option<Vec<AttributeWire<'a>>>,
    #[serde(rename = "restrictedFields", borrow, default, deserialize_with = "null_is_empty")]
    restricted_fields: Option<Vec<RestrictedWire<'a>>>,
    #[serde(default)]
    externally_managed: Option<bool>,
    #[serde(borrow, default)]
    external_source_type: Option<Text<'a>>,
    #[serde(borrow, default)]
    organization: Option<Text<'a>>,
    #[serde(borrow, default)]
    created: Option<Text<'a>>,
    #[serde(default)]
    ssh_keys: Option<Vec<serde::de::IgnoredAny>>,
    #[serde(borrow, default)]
    admin: Option<&'a serde_json::value::RawValue>,
}

#[derive(Deserialize)]
struct AttributeWire<'a> {
    #[serde(borrow, default)]
    name: Option<Text<'a>>,
    #[serde(borrow, default)]
    value: Option<&'a serde_json::value::RawValue>,
}

#[derive(Deserialize)]
struct RestrictedWire<'a> {
    #[serde(borrow, default)]
    field: Option<Text<'a>>,
    #[serde(rename = "type", borrow, default)]
    kind: Option<Text<'a>>,
    #[serde(default, deserialize_with = "crate::decode::id_or_none")]
    id: Option<ObjectId>,
}

impl Wire<'_> {
    /// The user, if it is of this organisation or does not say of which.
    fn of(self, organization: &str) -> Result<Self, Undecoded> {
        match self.organization.as_deref().filter(|other| !other.is_empty() && *other != organization) {
            Some(other) => Err(Undecoded::OtherOrganization(other.into())),
            None => Ok(self),
        }
    }

    fn decode(self, attribute: &str) -> Result<User, Undecoded> {
        let text = |field: Option<Text<'_>>| -> Box<str> { field.unwrap_or_default().into() };
        let find = |name: &str| {
            let entries = self.attributes.as_deref().unwrap_or_default();
            let entry = entries.iter().find(|entry| entry.name.as_deref() == Some(name));
            entry.and_then(|entry| serde_json::from_str::<Box<str>>(entry.value?.get()).ok())
        };
        let state = match (self.suspended, self.state.as_deref()) {
            (Some(true), _) | (_, Some("SUSPENDED")) => State::Suspended,
            (_, Some("STAGED")) => State::Staged,
            (_, Some("ACTIVATED") | None) => State::Activated,
            (_, Some(_)) => State::Other,
        };
        let restricted = self.restricted_fields.as_deref().unwrap_or_default();
        let is_whole = |entry: &RestrictedWire<'_>| entry.field.is_some() && entry.kind.is_some();
        let says_authority = self.restricted_fields.is_some() && restricted.iter().all(is_whole);
        let authority = restricted.iter().find(|entry| entry.field.as_deref() == Some("password"));
        let kept = restricted.iter().filter_map(|entry| Some((entry.kind.as_deref()?, entry.field.as_deref())));
        let external = (self.externally_managed == Some(true))
            .then(|| self.external_source_type.as_deref().filter(|name| !name.is_empty()));
        let email = Email::fold(&text(self.email)).into();
        let username = text(self.username);
        Ok(User {
            id: self.id,
            email,
            username,
            names: [text(self.firstname), text(self.lastname), text(self.displayname)],
            state,
            has_password: self.activated.unwrap_or(false),
            is_locked: self.account_locked.unwrap_or(false),
            password_expired: self.password_expired.unwrap_or(false),
            mapping: find(attribute),
            mark: find(USER_ATTRIBUTE).and_then(|value| UserMark::parse(&value)),
            authority: authority
                .and_then(|entry| Some(Authority { kind: entry.kind.as_deref()?.into(), id: entry.id })),
            says_authority,
            created: self.created.as_deref().and_then(decode::seconds),
            route: find(ROUTE_ATTRIBUTE),
            // `[spec]`: an object that names the administrator; what is not one is no administrator.
            is_admin: self.admin.is_some_and(|admin| admin.get().starts_with('{') && admin.get() != "{}"),
            source: Source::of(kept, external).map(Box::new),
            ssh_keys: self.ssh_keys.map_or(0, |keys| keys.len()),
        })
    }
}

/// A list that is `null` is empty, and one that is not there is none.
fn null_is_empty<'de, T, D>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: serde::Deserializer<'de>,
{
    crate::decode::or_default(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORGANIZATION: &str = "5f0c0d3e9b1e8a0001a1b2c3";

    #[test]
    fn a_sparse_record_decodes_and_a_strange_one_is_an_error() {
        let mut users = Users::new("Alias");
        let page = br#"{"results":[{"_id":"61aa0d3e9b1e8a0001a1b2c3","email":"Ann@Acme.com","activated":false,
            "attributes":[{"name":"x","value":1},{"name":"Alias","value":"a@b"}],"new":{}}],"totalCount":7}"#;
        assert_eq!(users.feed(page, ORGANIZATION), Ok(Fed { rows: 1, total: Some(7) }));
        users.end(&Scope::Everybody);
        let ann = users.by_email("ann@acme.com").unwrap();
        assert_eq!((ann.state, ann.has_password, ann.mapping.as_deref()), (State::Activated, false, Some("a@b")));
        assert!(matches!(users.feed(br#"{"results":[{"email":"x"}]}"#, ORGANIZATION), Err(Undecoded::Shape(_))));
    }

    #[test]
    fn a_user_of_another_organisation_is_refused() {
        let page = br#"{"results":[{"_id":"61aa0d3e9b1e8a0001a1b2c3","organization":"61aa0d3e9b1e8a0001a1b2c9"}]}"#;
        let result = Users::new("x").feed(page, ORGANIZATION);
        assert!(matches!(result, Err(Undecoded::OtherOrganization(_))));
    }

    #[test]
    fn the_account_of_a_person_is_found_by_its_mark() {
        let mut users = Users::new("x");
        let mark = |federation: &str, person: &str| format!("{federation}/{person}/created");
        let (ann, bob) = ("6026bec61aa0d3e9b1e8a001", "6026bec61aa0d3e9b1e8a002");
        let row = |id: u32, mark: &str| {
            format!(r#"{{"_id":"{id:024x}","attributes":[{{"name":"fedctl","value":"{mark}"}}]}}"#)
        };
        let rows = [row(3, &mark("f", bob)), row(1, &mark("f", ann)), row(2, &mark("g", ann))].join(",");
        users.feed(format!(r#"{{"results":[{rows}]}}"#).as_bytes(), ORGANIZATION).unwrap();
        users.end(&Scope::Everybody);
        let of_ann: Vec<_> = users.marked_for(ObjectId::parse(ann).unwrap()).map(|user| user.id.to_string()).collect();
        assert_eq!(of_ann, [format!("{:024x}", 1), format!("{:024x}", 2)]);
        assert_eq!(users.marked().count(), 3);
    }
}

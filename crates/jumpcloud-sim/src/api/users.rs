//! `/api/systemusers`: users, as the first generation of the API has them.

use serde_json::{Map, Value};

use super::Call;
use super::reply::{Answer, Reply};
use super::user_body::UserWrite;
use super::user_json::{bytes, is_field};
use crate::id::UserId;
use crate::query::v1::Fields;
use crate::settings::{Duplicate, MissingUser};
use crate::world::World;
use crate::world::events::{Change, Resource};
use crate::world::user_fields::TextField;
use crate::world::users::{RestrictionKind, State, User};

impl World {
    pub(crate) fn systemusers(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => self.list_users(call),
            ("POST", []) => self.create_user(call),
            ("GET", [id]) => self.get_user(call, id),
            ("PUT", [id]) => self.update_user(call, id),
            ("DELETE", [id]) => self.delete_user(call, id),
            ("POST", [id, rest @ ..]) => self.user_action(call, id, rest),
            _ => Err(Reply::not_found()),
        }
    }

    /// The user of that id in the caller's organisation.
    pub(crate) fn find_user(&self, call: &Call<'_>, id: &str) -> Result<&User, Reply> {
        let user = id.parse().ok().and_then(|id| self.user(id));
        user.filter(|user| user.organization == call.org).ok_or_else(Reply::not_found)
    }

    fn get_user(&self, call: &Call<'_>, id: &str) -> Answer {
        let fields = call.params.last("fields").map_or(Fields::All, |text| Fields::parse(text, is_field));
        match self.find_user(call, id) {
            Ok(user) => Ok(Reply::bytes(200, bytes(user, &fields))),
            Err(refusal) => match self.settings.missing_user {
                MissingUser::NotFound => Err(refusal),
                MissingUser::Empty => Ok(Reply::empty(200)),
            },
        }
    }

    fn create_user(&mut self, call: &Call<'_>) -> Answer {
        let mut write = self.read_user(&call.object()?)?;
        let required = |text: &Option<String>, name: &str| {
            let text = text.clone().filter(|text| !text.is_empty());
            text.ok_or_else(|| Reply::v1_refusal(&format!("{name} is required")))
        };
        let email = required(&write.email, "email")?;
        let username = required(&write.username, "username")?;
        self.check_unique(call, None, &write)?;
        let by_hand = self.organization(call.org).map(|organization| organization.new_user_state);
        write.state = Some(write.state.or(by_hand).unwrap_or_default());
        let id = self.blank_user(call.org, &email, &username);
        self.write_user(id, write);
        // Somebody who is active and has no password gets a mail to set one [spec].
        if self.user(id).is_some_and(|user| user.state == State::Activated && !user.is_activated()) {
            self.mail_user(id, None);
        }
        self.tell_user(call, Change::UserCreate, id);
        self.user_reply(id)
    }

    fn update_user(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let user = self.find_user(call, id)?;
        let (id, state) = (user.id, user.state);
        let write = self.read_user(&call.object()?)?;
        let user = self.find_user(call, &id.to_string())?;
        if write.state == Some(State::Staged) {
            return Err(Reply::v1_refusal("state must be one of [ACTIVATED, SUSPENDED]"));
        }
        // Somebody staged is activated through an endpoint of its own [spec].
        if write.state == Some(State::Activated) && state == State::Staged {
            return Err(Reply::v1_refusal("a STAGED user is activated with state/activate"));
        }
        if self.settings.username_fixed && write.username.as_ref().is_some_and(|name| **name != *user.username) {
            return Err(Reply::v1_refusal("username may not be changed"));
        }
        if write.email.as_deref() == Some("") {
            return Err(Reply::v1_refusal("email is required"));
        }
        if write.password.is_some() {
            check_password_is_own(user)?;
        }
        if write.takes_over_password(user) && !self.settings.authority_takeover {
            return Err(Reply::v1_refusal("restrictedFields: password has another owner"));
        }
        self.check_unique(call, Some(id), &write)?;
        let before = self.user_reply(id)?.value();
        self.write_user(id, write);
        let reply = self.user_reply(id)?;
        if let Some(user) = self.user(id).map(Resource::from) {
            self.tell_update(call, Change::UserUpdate, user, [&before, &reply.value()]);
        }
        Ok(reply)
    }

    fn delete_user(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let id = self.find_user(call, id)?.id;
        let user = self.remove_user(id).ok_or_else(Reply::not_found)?;
        self.tell(call, Change::UserDelete, (&user).into());
        Ok(Reply::bytes(200, bytes(&user, &Fields::All)))
    }

    fn read_user(&self, body: &Map<String, Value>) -> Result<UserWrite, Reply> {
        let mut write = UserWrite::parse(body).map_err(|text| Reply::v1_refusal(&text))?;
        if let Some(email) = &mut write.email {
            if !email.is_empty() && !is_address(email) {
                return Err(Reply::v1_refusal("email must be a valid email address"));
            }
            if !self.settings.plus_address && email.contains('+') {
                return Err(Reply::v1_refusal("email must not contain a plus sign"));
            }
            if self.settings.lowercase_email {
                *email = email.to_lowercase();
            }
        }
        let max = self.settings.max_attributes;
        let many = write.attributes.as_ref().map_or(0, Vec::len) as u64;
        if max > 0 && many > max {
            return Err(Reply::v1_refusal("attributes: too many"));
        }
        if write.has_federated_authority(false) && !self.settings.authority_without_id {
            return Err(Reply::v1_refusal("restrictedFields: id is required"));
        }
        if write.has_federated_authority(true) && !self.settings.authority_with_id {
            return Err(Reply::v1_refusal("restrictedFields: id is not allowed"));
        }
        Ok(write)
    }

    fn check_unique(&self, call: &Call<'_>, own: Option<UserId>, write: &UserWrite) -> Result<(), Reply> {
        let Some(directory) = self.directory(call.org) else { return Ok(()) };
        let others = |id: UserId| Some(id) != own;
        let everywhere = self.settings.email_unique_everywhere;
        let directories = self.directories.iter().filter(|(org, _)| everywhere || **org == call.org);
        let taken = |email: &String| directories.map(|(_, all)| all).any(|all| all.by_email(email).any(others));
        let email = write.email.as_ref().is_some_and(taken);
        let username = write.username.as_ref().is_some_and(|username| directory.by_username(username).any(others));
        let employee = write.employee_identifier().is_some_and(|identifier| {
            self.users(call.org)
                .any(|user| Some(user.id) != own && user.text(TextField::EmployeeIdentifier) == identifier)
        });
        if !(email || username || employee) {
            return Ok(());
        }
        match self.settings.duplicate_user {
            Duplicate::Allow => Ok(()),
            Duplicate::Conflict => Err(Reply::exists()),
            Duplicate::BadRequest => {
                let name = if email {
                    "email"
                } else if username {
                    "username"
                } else {
                    "employeeIdentifier"
                };
                Err(Reply::v1_refusal(&format!("{name} already exists")))
            }
        }
    }

    fn write_user(&mut self, id: UserId, mut write: UserWrite) {
        let named = write.attributes.take();
        let attributes = named.map(|named| named.iter().map(|(name, value)| self.new_attribute(name, value)).collect());
        let now_ms = self.now_ms;
        self.edit_user(id, |user| {
            if let Some(email) = write.email.take() {
                user.email = email.into();
            }
            if let Some(username) = write.username.take().filter(|username| !username.is_empty()) {
                user.username = username.into();
            }
            write.write(user, attributes, now_ms);
        });
    }

    pub(crate) fn tell_user(&mut self, call: &Call<'_>, what: Change, id: UserId) {
        if let Some(user) = self.user(id).map(Resource::from) {
            self.tell(call, what, user);
        }
    }

    pub(crate) fn user_reply(&self, id: UserId) -> Answer {
        let user = self.user(id).ok_or_else(Reply::not_found)?;
        Ok(Reply::bytes(200, bytes(user, &Fields::All)))
    }
}

/// A password that the identity provider owns cannot be changed here \[doc\].
pub(crate) fn check_password_is_own(user: &User) -> Result<(), Reply> {
    match user.password_authority() {
        Some(RestrictionKind::FederatedIdentityProvider) => {
            Err(Reply::v1_refusal("password is managed by an external identity provider"))
        }
        Some(RestrictionKind::ActiveDirectory | RestrictionKind::Scim) | None => Ok(()),
    }
}

fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let plain =
        |text: &str| !text.is_empty() && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control());
    plain(local) && plain(domain) && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
}

//! Events: what Directory Insights tells of sign-ins and of changes, and who made them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::World;
use super::apps::App;
use super::groups::Group;
use super::policies::Policy;
use super::users::User;
use crate::clock::rfc3339;
use crate::id::{AppId, ObjectId, OrgId, UserId};

/// How many events are remembered; then the oldest quarter is forgotten.
const EVENTS: usize = 100_000;

/// What happened \[spec\]. Nothing is published about events of identity providers and routing policies, so there are none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Somebody signed in to an app. That an OIDC app counts is \[inferred\].
    SsoAuth {
        /// The app.
        app: AppId,
        /// Its label at that time.
        label: String,
        /// Its template.
        name: String,
    },
    /// Somebody signed in to the portal, or tried.
    UserLoginAttempt {
        /// Whether they got in.
        success: bool,
        /// Whether with a local password; how a federated sign-in shows is \[unknown\].
        password: bool,
        /// What went wrong.
        error: Option<String>,
    },
    /// An administrator changed an object.
    Change {
        /// What was done.
        what: Change,
        /// To what.
        resource: Resource,
        /// Which fields it changed, if the object was there before and after.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        changes: Vec<FieldChange>,
    },
    /// An administrator bound two objects, or unbound them; a group and its member too.
    AssociationChange {
        /// Bound, not unbound.
        added: bool,
        /// What has members or bindings.
        from: Resource,
        /// What became one, or was.
        to: Resource,
    },
}

impl EventKind {
    /// Somebody signed in to this app.
    pub(crate) fn sso_auth(app: &App) -> EventKind {
        EventKind::SsoAuth { app: app.id, label: app.display_label.clone(), name: app.name.clone() }
    }
}

macro_rules! changes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal;)+) => {
        /// What an administrator does to an object \[spec\].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Change { $($(#[$doc])+ $variant),+ }

        impl Change {
            /// The name of the event.
            pub fn event_type(self) -> &'static str {
                match self { $(Change::$variant => $name),+ }
            }
        }
    };
}

changes! {
    /// An app was made.
    ApplicationCreate = "application_create";
    /// An app or its OIDC client was changed.
    ApplicationUpdate = "application_update";
    /// An app was deleted.
    ApplicationDelete = "application_delete";
    /// A group was made.
    GroupCreate = "group_create";
    /// A group was changed, its rule too.
    GroupUpdate = "group_update";
    /// A group was deleted.
    GroupDelete = "group_delete";
    /// A user was made.
    UserCreate = "user_create";
    /// Fields of a user were written.
    UserUpdate = "user_update";
    /// A user was deleted.
    UserDelete = "user_delete";
    /// A user was activated.
    UserActivated = "user_activated";
    /// A user was suspended.
    UserSuspended = "user_suspended";
    /// A user was suspended no longer.
    UserUnsuspended = "user_unsuspended";
    /// A user was locked out.
    UserLockout = "user_lockout";
    /// A user was locked out no longer.
    UserUnlocked = "user_unlocked";
    /// A user got another password.
    UserPasswordChange = "user_password_change";
    /// A user became an administrator.
    AdminCreate = "admin_create";
    /// A user is no administrator any more.
    AdminDelete = "admin_delete";
}

/// An object as an event remembers it: it may be gone when somebody reads the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// Its kind on the wire: `application`, `user_group`, `idp_routing_policy`, `user`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id.
    pub id: ObjectId,
    /// What it was called: a label, a name, an address.
    pub name: String,
}

/// What became of a field of an object \[spec\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Its name on the wire.
    pub field: String,
    /// What it was.
    pub from: Value,
    /// What it is.
    pub to: Value,
}

impl FieldChange {
    /// What differs between two states of an object, field by field. That only whole fields are told is \[inferred\].
    pub(crate) fn between(before: &Value, after: &Value) -> Vec<FieldChange> {
        let fields = after.as_object().into_iter().flatten().map(|(field, to)| (field, &before[field], to));
        let changed = fields.filter(|(_, from, to)| from != to);
        let change = |(field, from, to): (&String, &Value, &Value)| FieldChange {
            field: field.clone(),
            from: from.clone(),
            to: to.clone(),
        };
        changed.map(change).collect()
    }

    fn to_json(&self) -> Value {
        json!({"field": self.field, "from": lower_case(self.from.clone()), "to": lower_case(self.to.clone())})
    }
}

/// Who brought an event about \[spec\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Initiator {
    /// A user, who signs in.
    User {
        /// Who.
        id: UserId,
        /// The username at that time.
        username: String,
        /// The address at that time.
        email: String,
    },
    /// An administrator.
    Admin {
        /// Who.
        id: ObjectId,
        /// The address.
        email: String,
        /// With an API key rather than in the console.
        by_key: bool,
    },
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Its own id.
    pub id: ObjectId,
    /// Whose event it is.
    pub organization: OrgId,
    /// When.
    pub at_ms: u64,
    /// Who.
    pub by: Initiator,
    /// What.
    pub kind: EventKind,
}

impl Event {
    /// The name of its kind.
    pub fn event_type(&self) -> &'static str {
        match &self.kind {
            EventKind::SsoAuth { .. } => "sso_auth",
            EventKind::UserLoginAttempt { .. } => "user_login_attempt",
            EventKind::Change { what, .. } => what.event_type(),
            EventKind::AssociationChange { .. } => "association_change",
        }
    }

    /// The service that reports it.
    pub fn service(&self) -> &'static str {
        match self.kind {
            EventKind::SsoAuth { .. } => "sso",
            EventKind::UserLoginAttempt { .. } | EventKind::Change { .. } | EventKind::AssociationChange { .. } => {
                "directory"
            }
        }
    }

    /// As Directory Insights writes it; its values are in lower case \[spec\].
    pub fn to_json(&self) -> Value {
        let by = self.by.to_json();
        let mut event = json!({
            "id": self.id, "event_type": self.event_type(), "service": self.service(), "organization": self.organization,
            "timestamp": rfc3339(self.at_ms), "@version": "1", "client_ip": "127.0.0.1", "initiated_by": by,
        });
        event["success"] = json!(true);
        if self.service() == "directory" {
            event["auth_method"] = json!(self.by.auth_method());
        }
        match &self.kind {
            EventKind::SsoAuth { app, label, name } => {
                event["application"] =
                    json!({"id": app, "display_label": label.to_lowercase(), "name": name, "sso_url": ""});
                event["idp_initiated"] = json!(false);
            }
            EventKind::UserLoginAttempt { success, password, error } => {
                event["resource"] = by;
                event["success"] = json!(success);
                event["mfa"] = json!(false);
                let methods = if *password { json!({"password": {"success": success}}) } else { json!({}) };
                event["auth_context"] = json!({"auth_methods": methods});
                if let Some(error) = error {
                    event["error_message"] = json!(error.to_lowercase());
                }
            }
            EventKind::Change { resource, changes, .. } => {
                event["resource"] = resource.to_json("id");
                if !changes.is_empty() {
                    event["changes"] = changes.iter().map(FieldChange::to_json).collect();
                }
            }
            // That there is an object is [spec]; what is in it is [inferred].
            EventKind::AssociationChange { added, from, to } => {
                event["resource"] = from.to_json("id");
                let connection = json!({"from": from.to_json("object_id"), "to": to.to_json("object_id")});
                event["association"] = json!({"op": if *added { "add" } else { "remove" }, "connection": connection});
            }
        }
        event
    }
}

impl Initiator {
    fn to_json(&self) -> Value {
        match self {
            Initiator::User { id, username, email } => {
                json!({"type": "systemuser", "id": id, "username": username.to_lowercase(), "email": email.to_lowercase()})
            }
            Initiator::Admin { id, email, .. } => json!({"type": "admin", "id": id, "email": email.to_lowercase()}),
        }
    }

    fn auth_method(&self) -> &'static str {
        match self {
            Initiator::Admin { by_key: true, .. } => "api-key",
            Initiator::Admin { by_key: false, .. } | Initiator::User { .. } => "session",
        }
    }
}

impl Resource {
    fn to_json(&self, id: &str) -> Value {
        let name = if self.kind == "user" { "email" } else { "name" };
        json!({"type": self.kind, id: self.id, name: self.name.to_lowercase()})
    }
}

/// Texts are in lower case, wherever they are; names of fields are not \[spec\].
fn lower_case(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(text.to_lowercase()),
        Value::Array(all) => all.into_iter().map(lower_case).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, lower_case(value))).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

impl From<&App> for Resource {
    fn from(app: &App) -> Resource {
        Resource { kind: "application".to_owned(), id: app.id.into(), name: app.display_label.clone() }
    }
}

impl From<&Group> for Resource {
    fn from(group: &Group) -> Resource {
        Resource { kind: "user_group".to_owned(), id: group.id.into(), name: group.name.clone() }
    }
}

impl From<&Policy> for Resource {
    fn from(policy: &Policy) -> Resource {
        Resource { kind: "idp_routing_policy".to_owned(), id: policy.id.into(), name: policy.name.clone() }
    }
}

impl From<&User> for Resource {
    fn from(user: &User) -> Resource {
        Resource { kind: "user".to_owned(), id: user.id.into(), name: user.email.to_string() }
    }
}

impl World {
    /// What happened, the oldest first; the oldest are forgotten.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Forgets what happened.
    pub fn clear_events(&mut self) {
        self.events.clear();
    }

    /// Remembers what a user did.
    pub(crate) fn record(&mut self, user: UserId, kind: EventKind) {
        let Some(account) = self.users.get(&user) else { return };
        let organization = account.organization;
        let (email, username) = (account.email.to_string(), account.username.to_string());
        self.remember(organization, Initiator::User { id: user, username, email }, kind);
    }

    /// Remembers what an administrator did to an object.
    pub(crate) fn record_change(&mut self, org: OrgId, by: &Initiator, what: Change, resource: Resource) {
        self.remember(org, by.clone(), EventKind::Change { what, resource, changes: Vec::new() });
    }

    pub(crate) fn remember(&mut self, organization: OrgId, by: Initiator, kind: EventKind) {
        if self.events.len() >= EVENTS {
            self.events.drain(..EVENTS / 4);
        }
        // Ids of their own: what is told of a world must not change the ids of what is made in it.
        self.events_made = self.events_made.wrapping_add(1);
        let seconds = u32::try_from(self.now_ms / 1000).unwrap_or(u32::MAX);
        let id = ObjectId::assemble(seconds, u32::from_be_bytes(*b"evnt"), self.events_made);
        self.events.push(Event { id, organization, at_ms: self.now_ms, by, kind });
    }
}

//! Events: what Directory Insights tells of sign-ins.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::World;
use crate::clock::rfc3339;
use crate::id::{AppId, ObjectId, OrgId, UserId};

/// How many events are remembered.
const EVENTS: usize = 100_000;

/// What happened \[spec\].
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
    pub user: UserId,
    /// The user's name at that time.
    pub username: String,
    /// The user's address at that time.
    pub email: String,
    /// What.
    pub kind: EventKind,
}

impl Event {
    /// The name of its kind.
    pub fn event_type(&self) -> &'static str {
        match self.kind {
            EventKind::SsoAuth { .. } => "sso_auth",
            EventKind::UserLoginAttempt { .. } => "user_login_attempt",
        }
    }

    /// The service that reports it.
    pub fn service(&self) -> &'static str {
        match self.kind {
            EventKind::SsoAuth { .. } => "sso",
            EventKind::UserLoginAttempt { .. } => "directory",
        }
    }

    /// As Directory Insights writes it; its values are in lower case \[spec\].
    pub fn to_json(&self) -> Value {
        let user = json!({"type": "systemuser", "id": self.user, "username": self.username.to_lowercase(), "email": self.email.to_lowercase()});
        let mut event = json!({
            "id": self.id, "event_type": self.event_type(), "service": self.service(), "organization": self.organization,
            "timestamp": rfc3339(self.at_ms), "@version": "1", "client_ip": "127.0.0.1", "initiated_by": user,
        });
        match &self.kind {
            EventKind::SsoAuth { app, label, name } => {
                event["application"] =
                    json!({"id": app, "display_label": label.to_lowercase(), "name": name, "sso_url": ""});
                event["idp_initiated"] = json!(false);
                event["success"] = json!(true);
            }
            EventKind::UserLoginAttempt { success, password, error } => {
                event["resource"] = user;
                event["success"] = json!(success);
                event["mfa"] = json!(false);
                event["auth_method"] = json!("session");
                let methods = if *password { json!({"password": {"success": success}}) } else { json!({}) };
                event["auth_context"] = json!({"auth_methods": methods});
                if let Some(error) = error {
                    event["error_message"] = json!(error.to_lowercase());
                }
            }
        }
        event
    }
}

impl World {
    /// What happened, the oldest first.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    pub(crate) fn record(&mut self, user: UserId, kind: EventKind) {
        let id = self.new_id();
        let Some(account) = self.users.get(&user) else { return };
        let organization = account.organization;
        let (email, username) = (account.email.to_string(), account.username.to_string());
        if self.events.len() >= EVENTS {
            self.events.drain(..EVENTS / 4);
        }
        self.events.push(Event { id, organization, at_ms: self.now_ms, user, username, email, kind });
    }
}

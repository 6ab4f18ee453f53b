//! What the world remembers of what happened to it: requests, without bodies and keys, and mails.

use serde::{Deserialize, Serialize};

use super::World;
use crate::id::{OrgId, UserId};
use crate::message::Request;

/// How many requests are remembered.
const REQUESTS: usize = 20_000;

/// One request, as far as it may be remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRequest {
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The organisation it was for, if it came so far.
    pub organization: Option<OrgId>,
    /// The status of the answer.
    pub status: u16,
}

impl LoggedRequest {
    pub(crate) fn of(request: &Request, organization: Option<OrgId>, status: u16) -> LoggedRequest {
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let target = format!("{}{query}", request.path);
        LoggedRequest { method: request.method.clone(), target, organization, status }
    }
}

/// Why a mail was written \[spec\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailKind {
    /// To somebody without a password: set one.
    Activation,
    /// To somebody with a password.
    Welcome,
}

/// A mail that would have gone out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The user it is about.
    pub user: UserId,
    /// The user's organisation.
    pub organization: OrgId,
    /// The address.
    pub to: String,
    /// Why.
    pub kind: MailKind,
    /// When.
    pub at_ms: u64,
}

impl World {
    /// The requests answered, the oldest first; the oldest are forgotten.
    pub fn requests(&self) -> &[LoggedRequest] {
        &self.requests
    }

    /// Forgets the requests answered.
    pub fn clear_requests(&mut self) {
        self.requests.clear();
    }

    /// The mails that would have gone out, the oldest first.
    pub fn outbox(&self) -> &[Mail] {
        &self.mails
    }

    /// Empties the outbox.
    pub fn clear_outbox(&mut self) {
        self.mails.clear();
    }

    pub(crate) fn log(&mut self, request: LoggedRequest) {
        if self.requests.len() >= REQUESTS {
            self.requests.drain(..REQUESTS / 4);
        }
        self.requests.push(request);
    }

    /// Writes the mail that a user gets on activation: to the alternate address, when there is no password \[spec\].
    pub(crate) fn mail_user(&mut self, id: UserId, redirected: Option<&str>) {
        let Some(user) = self.users.get(&id) else { return };
        let kind = if user.is_activated() { MailKind::Welcome } else { MailKind::Activation };
        let alternate = user.text(super::user_fields::TextField::AlternateEmail);
        let own = if kind == MailKind::Activation && !alternate.is_empty() { alternate } else { &*user.email };
        let to = redirected.unwrap_or(own).to_owned();
        let organization = user.organization;
        self.mails.push(Mail { user: id, organization, to, kind, at_ms: self.now_ms });
    }
}

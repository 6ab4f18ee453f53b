//! What the world remembers of what happened to it: requests, without bodies and keys, and mails.

use serde::{Deserialize, Serialize};

use super::World;
use super::events::Initiator;
use crate::id::{OrgId, UserId};
use crate::message::Request;

/// How many requests are remembered, and how many mails; then the oldest quarter is forgotten.
const REMEMBERED: usize = 10_000;

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
    /// To an administrator: what became of a bulk job.
    Job,
}

/// A mail that would have gone out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The user it is about, if it is about one.
    pub user: Option<UserId>,
    /// The organisation it is about.
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

    /// The mails that would have gone out, the oldest first; the oldest are forgotten.
    pub fn outbox(&self) -> &[Mail] {
        &self.mails
    }

    /// Empties the outbox.
    pub fn clear_outbox(&mut self) {
        self.mails.clear();
    }

    pub(crate) fn log(&mut self, request: LoggedRequest) {
        remember(&mut self.requests, request);
    }

    /// Writes the mail that a user gets on activation: to the alternate address, when there is no password \[spec\].
    pub(crate) fn mail_user(&mut self, id: UserId, redirected: Option<&str>) {
        let Some(user) = self.users.get(&id) else { return };
        let kind = if user.is_activated() { MailKind::Welcome } else { MailKind::Activation };
        let alternate = user.text(super::user_fields::TextField::AlternateEmail);
        let own = if kind == MailKind::Activation && !alternate.is_empty() { alternate } else { &*user.email };
        let to = redirected.unwrap_or(own).to_owned();
        let organization = user.organization;
        remember(&mut self.mails, Mail { user: Some(id), organization, to, kind, at_ms: self.now_ms });
    }

    /// Writes to whoever started a bulk job that it is done \[spec\].
    pub(crate) fn mail_about_job(&mut self, organization: OrgId, by: &Initiator) {
        let Initiator::Admin { email, .. } = by else { return };
        let to = email.clone();
        remember(&mut self.mails, Mail { user: None, organization, to, kind: MailKind::Job, at_ms: self.now_ms });
    }
}

fn remember<T>(all: &mut Vec<T>, one: T) {
    if all.len() >= REMEMBERED {
        all.drain(..REMEMBERED / 4);
    }
    all.push(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_are_forgotten_and_the_newest_never() {
        let mut all = Vec::new();
        (0..5 * REMEMBERED).for_each(|number| remember(&mut all, number));
        assert!(all.len() <= REMEMBERED && all.capacity() < 2 * REMEMBERED, "{}", all.len());
        assert_eq!(all.last(), Some(&(5 * REMEMBERED - 1)));
    }
}

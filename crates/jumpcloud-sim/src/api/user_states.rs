//! What is done to a user beside writing fields: activate, suspend, passwords, locks.

use serde_json::Value;

use super::Call;
use super::reply::{Answer, Reply};
use super::users::check_password_is_own;
use crate::id::UserId;
use crate::settings::ActivateSilently;
use crate::world::World;
use crate::world::events::Change;
use crate::world::user_fields::Flag;
use crate::world::users::State;

impl World {
    pub(crate) fn user_action(&mut self, call: &Call<'_>, id: &str, action: &[&str]) -> Answer {
        let id = self.find_user(call, id)?.id;
        match action {
            ["state", "activate"] => self.activate(call, id),
            ["state", "suspend"] => {
                self.edit_user(id, |user| user.state = State::Suspended);
                self.tell_user(call, Change::UserSuspended, id);
                Ok(Reply::empty(200))
            }
            ["password"] => self.set_password(call, id),
            ["unlock"] => {
                self.edit_user(id, |user| {
                    user.flags.set(Flag::AccountLocked, false);
                    if let Some(rare) = &mut user.rare {
                        rare.account_locked_date = None;
                    }
                });
                self.tell_user(call, Change::UserUnlocked, id);
                Ok(Reply::empty(200))
            }
            ["expire"] => {
                self.edit_user(id, |user| user.flags.set(Flag::PasswordExpired, true));
                Ok(Reply::empty(200))
            }
            ["resetmfa"] => {
                self.edit_user(id, |user| user.flags.set(Flag::TotpEnabled, false));
                Ok(Reply::empty(200))
            }
            // Sends the activation mail again [observed].
            ["reactivate"] => {
                self.mail_user(id, None);
                Ok(Reply::empty(200))
            }
            ["mfasync"] => Ok(Reply::empty(204)),
            _ => Err(Reply::not_found()),
        }
    }

    /// `{"email": false}` writes no mail, a text redirects it, anything else writes to the user \[spec\]. What it does to
    /// somebody who is not staged is \[unknown\]: here they become or stay active.
    fn activate(&mut self, call: &Call<'_>, id: UserId) -> Answer {
        let body = call.object()?;
        let email = body.get("email");
        let said = email.and_then(Value::as_bool) == Some(false);
        if said && self.settings.activate_silently == ActivateSilently::Refuse {
            return Err(Reply::v1_refusal("email must be a string"));
        }
        let is_false = said && self.settings.activate_silently == ActivateSilently::Silent;
        let redirected = email.and_then(Value::as_str).filter(|address| !address.is_empty());
        let again = self.user(id).is_some_and(|user| user.state == State::Activated);
        self.edit_user(id, |user| user.state = State::Activated);
        self.tell_user(call, Change::UserActivated, id);
        if !is_false && (!again || self.settings.activate_again_mails) {
            self.mail_user(id, redirected);
        }
        Ok(Reply::empty(200))
    }

    fn set_password(&mut self, call: &Call<'_>, id: UserId) -> Answer {
        let body = call.object()?;
        let password = body.get("password").and_then(Value::as_str).filter(|password| !password.is_empty());
        let password = password.ok_or_else(|| Reply::v1_refusal("password is required"))?;
        check_password_is_own(self.user(id).ok_or_else(Reply::not_found)?)?;
        let now_ms = self.now_ms;
        self.edit_user(id, |user| user.set_password(password, now_ms));
        self.tell_user(call, Change::UserPasswordChange, id);
        self.user_reply(id)
    }
}

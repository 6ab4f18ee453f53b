//! The authorization request and the login page behind it.

use super::{Authorize, Code, LIFETIME_MS, Login, OauthError, Redirect};
use crate::query::Params;
use crate::sign_in::{Hop, Obstacle, Route};
use crate::world::World;
use crate::world::apps::ClientAuth;

impl World {
    /// Judges an authorization request. Nothing that comes of a bad one may be sent to an address in it.
    pub fn authorize(&mut self, query: &str) -> Result<Authorize, OauthError> {
        self.expire();
        let params = Params::parse(query);
        let text = |name: &str| params.last(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let client_id = text("client_id").unwrap_or_default();
        let redirect_uri = text("redirect_uri").unwrap_or_default();
        let app = self.may_authorize(&client_id, &redirect_uri).map_err(|hop| refusal(&hop))?;
        let authorize = Authorize {
            challenge: String::new(),
            login_hint: text("login_hint"),
            organization: app.organization,
            app: app.id,
            label: app.display_label.clone(),
            client_id: client_id.clone(),
        };
        let public = app.oidc.as_ref().is_some_and(|oidc| oidc.token_endpoint_auth_method == ClientAuth::None);
        let code_challenge = text("code_challenge");
        check_request(&params, public && code_challenge.is_none())?;
        let login = Login {
            app: app.id,
            client_id,
            redirect_uri,
            state: text("state"),
            nonce: text("nonce"),
            code_challenge,
            expires_ms: self.now_ms.saturating_add(LIFETIME_MS),
        };
        let challenge = self.dice().hex(32);
        self.issuer.logins.insert(challenge.clone(), login);
        Ok(Authorize { challenge, ..authorize })
    }

    /// What the login page decides: who this is, and whether they may use the app. Only success closes the page.
    pub fn log_in(&mut self, challenge: &str, email: &str, password: &str) -> Result<Redirect, Hop> {
        let login = self.issuer.logins.get(challenge).filter(|login| login.expires_ms > self.now_ms);
        let login = login.cloned().ok_or(Hop::LoginExpired)?;
        let app = self.app(login.app).ok_or(Hop::ClientUnknown)?;
        let user = self.user_by_email(app.organization, email).ok_or(Hop::PrimaryUnknown)?.id;
        // Routing policies apply to apps too [doc]: no password is asked for here.
        if matches!(self.route(app.organization, email), Route::Provider { .. }) {
            return Err(Hop::Routed);
        }
        self.check_password(user, password).map_err(Hop::Primary)?;
        self.may_use(login.app, user)?;
        Ok(self.grant_code(challenge, login, user))
    }

    /// Ends a login page: a code for the client, and an event for the organisation.
    fn grant_code(&mut self, challenge: &str, login: Login, user: crate::UserId) -> Redirect {
        self.issuer.logins.remove(challenge);
        let code = format!("ory_ac_{}", self.dice().hex(43));
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("code", &code).append_pair("scope", "openid");
        if let Some(state) = &login.state {
            query.append_pair("state", state);
        }
        let separator = if login.redirect_uri.contains('?') { '&' } else { '?' };
        let location = format!("{}{separator}{}", login.redirect_uri, query.finish());
        self.record_sso(user, login.app);
        self.issuer.codes.insert(code, Code { user, login });
        Redirect { location, user }
    }

    /// Whether a password opens a user's account at the issuer.
    pub(crate) fn check_password(&self, user: crate::UserId, password: &str) -> Result<(), Obstacle> {
        let user = self.user(user).ok_or(Obstacle::Gone)?;
        self.usable_password(user)?;
        let right = user.password.as_ref().is_some_and(|secret| secret.expose() == password);
        if right { Ok(()) } else { Err(Obstacle::WrongPassword) }
    }
}

fn refusal(hop: &Hop) -> OauthError {
    let description = hop.to_string();
    if *hop == Hop::ClientUnknown {
        return OauthError::new(401, "invalid_client", "The requested OAuth 2.0 Client does not exist.");
    }
    if *hop == Hop::AppInactive {
        return OauthError::new(403, "access_denied", "JumpCloud could not connect to your application");
    }
    OauthError::new(400, "invalid_request", &description)
}

fn check_request(params: &Params, needs_challenge: bool) -> Result<(), OauthError> {
    if params.last("response_type") != Some("code") {
        let text = "The authorization server does not support obtaining a token using this method.";
        return Err(OauthError::new(400, "unsupported_response_type", text));
    }
    let mut scopes = params.last("scope").unwrap_or("").split_whitespace();
    if !scopes.all(|scope| matches!(scope, "openid" | "profile" | "email" | "offline_access")) {
        return Err(OauthError::new(400, "invalid_scope", "The requested scope is invalid, unknown, or malformed."));
    }
    if needs_challenge {
        return Err(OauthError::new(400, "invalid_request", "Clients must include a code_challenge."));
    }
    if params.last("code_challenge").is_some() && params.last("code_challenge_method") != Some("S256") {
        return Err(OauthError::new(400, "invalid_request", "Clients must use code_challenge_method=S256."));
    }
    Ok(())
}

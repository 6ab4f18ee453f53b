//! `/api/v2/applications/{id}/sso`: the OIDC client of an app, and the one moment its secret is shown.

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply, settle_unknown};
use crate::settings::{AttributeSource, SecondSettings};
use crate::world::World;
use crate::world::apps::{App, ClientAuth, DynamicClaim, OidcSettings};
use crate::world::events::Change;

/// What the service keeps itself, or has its own field here.
const OWN_KEYS: [&str; 7] = [
    "clientId",
    "clientSecret",
    "redirectUris",
    "grantTypes",
    "tokenEndpointAuthMethod",
    "relyingPartyUrl",
    "dynamicClaims",
];

/// What the service knows beside these, and answers as it was sent \[observed\].
const KNOWN_KEYS: [&str; 3] = ["consent", "accessTokenLifespan", "metadata"];

impl World {
    pub(crate) fn sso(&mut self, call: &Call<'_>, method: &str, id: &str) -> Answer {
        match method {
            "GET" => Ok(Reply::json(200, &sso_json(self.find_app(call, id)?)?)),
            "POST" => self.configure_sso(call, id),
            "PUT" => self.replace_sso(call, id),
            _ => Err(Reply::not_found()),
        }
    }

    fn configure_sso(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let app = self.find_app(call, id)?;
        if app.name != "oidc" {
            return Err(Reply::message(400, "the application is not an OIDC application"));
        }
        if app.oidc.is_some() && self.settings.second_settings == SecondSettings::Conflict {
            return Err(Reply::exists());
        }
        let id = app.id;
        let (hidden, settings) = self.read_sso(call)?;
        let secret = self.configure_app(id, settings);
        let app = self.apps.get_mut(&id).ok_or_else(Reply::not_found)?;
        app.hidden = hidden.unwrap_or(app.hidden);
        let (mut body, resource) = (sso_json(app)?, (&*app).into());
        if let Some(secret) = secret {
            body["oidc"]["clientSecret"] = json!(secret.expose());
        }
        self.tell(call, Change::ApplicationUpdate, resource);
        Ok(Reply::json(200, &body))
    }

    /// Replaces everything but client id and secret \[observed\].
    fn replace_sso(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let app = self.find_app(call, id)?;
        let (id, before) = (app.id, sso_json(app)?);
        let (hidden, settings) = self.read_sso(call)?;
        let app = self.apps.get_mut(&id).ok_or_else(Reply::not_found)?;
        app.hidden = hidden.unwrap_or(app.hidden);
        if let Some(OidcSettings { client_id, client_secret, .. }) = app.oidc.take() {
            app.oidc = Some(OidcSettings { client_id, client_secret, ..settings });
        }
        let (body, resource) = (sso_json(app)?, (&*app).into());
        self.tell_update(call, Change::ApplicationUpdate, resource, [&before, &body]);
        Ok(Reply::json(200, &body))
    }

    fn read_sso(&self, call: &Call<'_>) -> Result<(Option<bool>, OidcSettings), Reply> {
        let (hidden, mut settings) = read(&call.object()?)?;
        settle_unknown(&mut settings.rest, &KNOWN_KEYS, self.settings.oidc_unknown_fields)?;
        if self.settings.attribute_source_checked {
            let is_misspelt = |claim: &DynamicClaim| self.is_misspelt(call, &claim.value);
            if settings.dynamic_claims.iter().any(is_misspelt) {
                return Err(Reply::message(400, "invalid dynamic claim"));
            }
        }
        Ok((hidden, settings))
    }

    /// Whether a claim names a custom attribute otherwise than it must.
    fn is_misspelt(&self, call: &Call<'_>, value: &str) -> bool {
        match self.settings.attribute_source {
            AttributeSource::Bare => value.starts_with("attributes."),
            AttributeSource::Prefixed => self.users(call.org).any(|user| user.attribute(value).is_some()),
        }
    }
}

/// Never with the secret: it is shown once, by the POST \[observed\].
fn sso_json(app: &App) -> Result<Value, Reply> {
    let oidc = app.oidc.as_ref().ok_or_else(|| Reply::message(404, "Not Found: oidc config not found"))?;
    let mut settings = oidc.rest.clone();
    settings.insert("clientId".to_owned(), json!(oidc.client_id));
    settings.insert("redirectUris".to_owned(), json!(oidc.redirect_uris));
    settings.insert("grantTypes".to_owned(), json!(oidc.grant_types));
    settings.insert("tokenEndpointAuthMethod".to_owned(), json!(oidc.token_endpoint_auth_method));
    settings.insert("relyingPartyUrl".to_owned(), json!(oidc.relying_party_url));
    settings.insert("dynamicClaims".to_owned(), json!(oidc.dynamic_claims));
    settings.entry("accessTokenLifespan").or_insert_with(|| json!("1h"));
    settings.entry("metadata").or_insert_with(|| json!({}));
    Ok(json!({"type": "oidc", "hidden": app.hidden, "oidc": settings}))
}

/// Reads `{"type": "oidc", "hidden": …, "oidc": {…}}`.
fn read(body: &Map<String, Value>) -> Result<(Option<bool>, OidcSettings), Reply> {
    let refuse = |text: &str| Reply::message(400, text);
    if body.get("type").and_then(Value::as_str) != Some("oidc") {
        return Err(refuse("type must be oidc"));
    }
    let oidc = body.get("oidc").and_then(Value::as_object).ok_or_else(|| refuse("oidc is required"))?;
    let redirect_uris = texts(oidc.get("redirectUris"));
    if redirect_uris.is_empty() || !redirect_uris.iter().all(|uri| is_url(uri)) {
        return Err(refuse("invalid redirect URI"));
    }
    let relying_party_url = oidc.get("relyingPartyUrl").and_then(Value::as_str).unwrap_or("");
    if !is_url(relying_party_url) {
        return Err(refuse("relyingPartyUrl is required"));
    }
    let grant_types =
        oidc.get("grantTypes").map_or_else(|| vec!["authorization_code".to_owned()], |all| texts(Some(all)));
    let known = |grant: &String| matches!(grant.as_str(), "authorization_code" | "refresh_token");
    if grant_types.is_empty() || !grant_types.iter().all(known) {
        return Err(refuse("invalid grant type"));
    }
    let settings = OidcSettings {
        client_id: String::new(),
        client_secret: None,
        redirect_uris,
        grant_types,
        token_endpoint_auth_method: auth_method(oidc)?,
        relying_party_url: relying_party_url.to_owned(),
        dynamic_claims: claims(oidc.get("dynamicClaims"))?,
        rest: oidc
            .iter()
            .filter(|(key, _)| !OWN_KEYS.contains(&key.as_str()))
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect(),
    };
    Ok((body.get("hidden").and_then(Value::as_bool), settings))
}

/// Left out, it is what Hydra takes \[inferred\]; the console's default is another \[doc\].
fn auth_method(oidc: &Map<String, Value>) -> Result<ClientAuth, Reply> {
    let Some(method) = oidc.get("tokenEndpointAuthMethod") else { return Ok(ClientAuth::Basic) };
    match method.as_str() {
        Some("client_secret_basic") => Ok(ClientAuth::Basic),
        Some("client_secret_post") => Ok(ClientAuth::Post),
        Some("none") => Ok(ClientAuth::None),
        _ => Err(Reply::message(400, "invalid token endpoint auth method")),
    }
}

fn claims(list: Option<&Value>) -> Result<Vec<DynamicClaim>, Reply> {
    let list = list.and_then(Value::as_array).map_or(&[] as &[Value], Vec::as_slice);
    let claim = |entry: &Value| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let claim = text("name").zip(text("value"));
        claim.map(|(name, value)| DynamicClaim { name: name.to_owned(), value: value.to_owned() })
    };
    let refusal = || Reply::message(400, "invalid dynamic claim");
    list.iter().map(|entry| claim(entry).ok_or_else(refusal)).collect()
}

fn texts(list: Option<&Value>) -> Vec<String> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn is_url(text: &str) -> bool {
    let rest = text.split_once("://").filter(|(scheme, _)| !scheme.is_empty()).map_or("", |(_, rest)| rest);
    !rest.is_empty() && !text.chars().any(|letter| letter.is_whitespace() || letter.is_control()) && !text.contains('#')
}

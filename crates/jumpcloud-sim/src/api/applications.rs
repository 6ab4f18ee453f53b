//! `/api/applications`: apps, as the first generation of the API has them.

use serde_json::{Map, Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::clock::rfc3339;
use crate::id::AppId;
use crate::query::page::Order;
use crate::query::v1;
use crate::settings::{InUse, Unasked};
use crate::world::World;
use crate::world::apps::{App, template_names};
use crate::world::events::{Change, Resource};

/// The fields of an app.
const FIELDS: [&str; 18] = [
    "_id",
    "id",
    "active",
    "name",
    "displayName",
    "displayLabel",
    "beta",
    "color",
    "organization",
    "logo",
    "ssoUrl",
    "learnMore",
    "description",
    "config",
    "databaseAttributes",
    "created",
    "sso",
    "parentApp",
];

/// How long the certificate of a SAML app holds: five years.
const CERTIFICATE_MS: u64 = 5 * 365 * 24 * 60 * 60 * 1000;

impl World {
    pub(crate) fn applications(&mut self, call: &Call<'_>, method: &str, rest: &[&str]) -> Answer {
        match (method, rest) {
            ("GET", []) => self.list_apps(call),
            ("POST", []) => self.create_app(call),
            ("GET", [id]) => Ok(Reply::json(200, &app_json(self.find_app(call, id)?))),
            ("PUT", [id]) => self.replace_app(call, id),
            ("DELETE", [id]) => self.delete_app(call, id),
            _ => Err(Reply::not_found()),
        }
    }

    /// The app of that id in the caller's organisation.
    pub(crate) fn find_app(&self, call: &Call<'_>, id: &str) -> Result<&App, Reply> {
        let app = id.parse().ok().and_then(|id| self.app(id));
        app.filter(|app| app.organization == call.org).ok_or_else(Reply::not_found)
    }

    fn list_apps(&self, call: &Call<'_>) -> Answer {
        let eventually = call.request.header("x-eventually-consistent") == Some("true");
        let page = call.page(self.settings.page_max);
        let exists = |name: &str| FIELDS.contains(&name);
        let mut query = v1::parse(&call.params, page, eventually, exists).map_err(|text| Reply::v1_refusal(&text))?;
        if query.selection.order.is_empty() {
            // Apps are sorted by name unless asked otherwise [spec].
            query.selection.order = Order::of("name", ' ');
        }
        let (apps, total) = query.selection.select(self.apps(call.org));
        let rows: Vec<Value> = apps.into_iter().map(|app| query.project(app_json(app))).collect();
        Ok(Reply::json(200, &json!({"totalCount": total, "results": rows})))
    }

    fn create_app(&mut self, call: &Call<'_>) -> Answer {
        let body = call.object()?;
        let template = self.check_app(&body)?;
        let id = self.add_app(call.org, &template, "");
        self.write_app(id, &body)?;
        let (app, resource) = self.app_now(id)?;
        self.tell(call, Change::ApplicationCreate, resource);
        Ok(Reply::json(200, &app))
    }

    /// Everything that is left out goes back to its default \[spec\]; the OIDC client stays \[observed\].
    fn replace_app(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let app = self.find_app(call, id)?;
        let (id, template) = (app.id, app.name.clone());
        let mut body = call.object()?;
        body.entry("name").or_insert_with(|| json!(template));
        if body.get("name") != Some(&json!(template)) {
            return Err(Reply::v1_refusal("name may not be changed"));
        }
        self.check_app(&body)?;
        let (before, _) = self.app_now(id)?;
        self.write_app(id, &body)?;
        let (after, resource) = self.app_now(id)?;
        self.tell_update(call, Change::ApplicationUpdate, resource, [&before, &after]);
        Ok(Reply::json(200, &after))
    }

    /// An app as answers have it, and as events remember it.
    fn app_now(&self, id: AppId) -> Result<(Value, Resource), Reply> {
        let app = self.app(id).ok_or_else(Reply::not_found)?;
        Ok((app_json(app), app.into()))
    }

    fn delete_app(&mut self, call: &Call<'_>, id: &str) -> Answer {
        let app = self.find_app(call, id)?;
        let id = app.id;
        if self.settings.app_in_use == InUse::Refuse && app.groups().next().is_some() {
            return Err(Reply::message(409, "Conflict: groups are bound to the application"));
        }
        let app = self.remove_app(id).ok_or_else(Reply::not_found)?;
        self.tell(call, Change::ApplicationDelete, (&app).into());
        if self.settings.app_delete_empty {
            return Ok(Reply::empty(204));
        }
        Ok(Reply::json(200, &app_json(&app)))
    }

    /// The template, if the body is one that the service takes.
    fn check_app(&self, body: &Map<String, Value>) -> Result<String, Reply> {
        let template = body.get("name").and_then(Value::as_str).unwrap_or("");
        if template.is_empty() {
            return Err(Reply::v1_refusal("name is required"));
        }
        let sso_url = body.get("ssoUrl").filter(|url| !url.is_null());
        if template == "oidc" && sso_url.is_some() {
            return Err(Reply::v1_refusal("ssoUrl is not allowed for OIDC apps"));
        }
        if template != "oidc" && sso_url.and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(Reply::v1_refusal("The IdP URL is required"));
        }
        let description = body.get("description").and_then(Value::as_str).unwrap_or("");
        if description.chars().count() > 256 {
            return Err(Reply::v1_refusal("description is too long"));
        }
        let refused = self.settings.oidc_app_description == Unasked::Refuse;
        if template == "oidc" && refused && body.contains_key("description") {
            return Err(Reply::v1_refusal("description is not allowed for OIDC apps"));
        }
        Ok(template.to_owned())
    }

    fn write_app(&mut self, id: AppId, body: &Map<String, Value>) -> Result<(), Reply> {
        let keeps_description = self.settings.oidc_app_description == Unasked::Keep;
        let app = self.apps.get_mut(&id).ok_or_else(Reply::not_found)?;
        let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
        let sso = body.get("sso");
        let (display_name, sso_type) = template_names(&app.name);
        app.sso_type = sso.and_then(|sso| sso.get("type")).and_then(Value::as_str).unwrap_or(sso_type).to_owned();
        app.display_name = body.get("displayName").and_then(Value::as_str).unwrap_or(display_name).to_owned();
        app.display_label = text("displayLabel");
        if app.display_label.is_empty() {
            app.display_label.clone_from(&app.display_name);
        }
        app.description = if app.name == "oidc" && !keeps_description { String::new() } else { text("description") };
        app.color = body.get("color").and_then(Value::as_str).map(str::to_owned);
        // Without it sign-ins fail: it belongs into every write [observed].
        app.active = body.get("active").and_then(Value::as_bool).unwrap_or(false);
        app.hidden = sso.and_then(|sso| sso.get("hidden")).and_then(Value::as_bool).unwrap_or(false);
        app.sso_url = text("ssoUrl");
        let config = body.get("config").filter(|config| app.name != "oidc" && config.is_object());
        app.config = config.cloned().unwrap_or_else(|| json!({}));
        Ok(())
    }
}

fn app_json(app: &App) -> Value {
    let mut row = json!({
        "_id": app.id, "id": app.id, "active": app.active, "name": app.name, "displayName": app.display_name,
        "displayLabel": app.display_label, "beta": false, "color": app.color, "organization": app.organization,
        "logo": {"url": ""}, "learnMore": "", "description": app.description, "config": app.config,
        "databaseAttributes": [], "created": rfc3339(app.created),
        "sso": {"jit": false, "beta": false, "hidden": app.hidden, "type": app.sso_type},
    });
    if app.name != "oidc" {
        row["ssoUrl"] = json!(app.sso_url);
    }
    if app.sso_type == "saml" {
        // A certificate is made with the app \[observed\]; how long it holds is made up.
        row["sso"]["idpCertExpirationAt"] = json!(rfc3339(app.created.saturating_add(CERTIFICATE_MS)));
    }
    row
}

//! Applications: SSO apps of any template, and the OIDC client that one of template `oidc` may have.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::World;
use super::sorted::SortedIds;
use crate::id::{AppId, GroupId, OrgId, UserId};
use crate::query::filter::Fielded;
use crate::secret::Secret;

/// How a client proves itself at the token endpoint \[spec\] \[observed\].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientAuth {
    /// In the `Authorization` header.
    #[serde(rename = "client_secret_basic")]
    Basic,
    /// In the form.
    #[serde(rename = "client_secret_post")]
    Post,
    /// Not at all: a public client, with a code verifier.
    #[serde(rename = "none")]
    None,
}

/// A claim of a token: its name, and the user's attribute it is taken from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DynamicClaim {
    /// The claim.
    pub name: String,
    /// The attribute; a custom one by its bare, exact name \[inferred\].
    pub value: String,
}

/// The OIDC client of an app \[observed\].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OidcSettings {
    /// A UUID.
    pub client_id: String,
    /// Shown once; a public client has none.
    pub client_secret: Option<Secret>,
    /// Compared exactly at sign-in \[doc\].
    pub redirect_uris: Vec<String>,
    /// `authorization_code` and perhaps `refresh_token` \[spec\].
    pub grant_types: Vec<String>,
    /// How the client proves itself.
    pub token_endpoint_auth_method: ClientAuth,
    /// The "Login URL" of the console.
    pub relying_party_url: String,
    /// The claims.
    pub dynamic_claims: Vec<DynamicClaim>,
    /// What else was sent, such as `consent`; answered as it was sent.
    pub rest: Map<String, Value>,
}

/// One application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct App {
    /// The id; not the client id.
    pub id: AppId,
    /// Whose app it is.
    pub organization: OrgId,
    /// The template: `oidc`, `bookmark`, … \[observed\].
    pub name: String,
    /// The template's display name.
    pub display_name: String,
    /// The label that people see; not unique \[observed\].
    pub display_label: String,
    /// Up to 256 characters \[spec\].
    pub description: String,
    /// One of twelve colours, or none.
    pub color: Option<String>,
    /// Whether sign-ins work.
    pub active: bool,
    /// Whether the portal leaves it out; sign-ins work all the same \[observed\].
    pub hidden: bool,
    /// `oidc`, `saml`, `bookmark`.
    pub sso_type: String,
    /// Where a SAML app or a bookmark leads.
    pub sso_url: String,
    /// `{}` for OIDC \[observed\].
    pub config: Value,
    /// When it was made.
    pub created: u64,
    /// The OIDC client, once it was configured.
    pub oidc: Option<OidcSettings>,
    pub(crate) groups: SortedIds<GroupId>,
    pub(crate) users: SortedIds<UserId>,
}

impl App {
    /// The groups bound to it.
    pub fn groups(&self) -> impl Iterator<Item = GroupId> + '_ {
        self.groups.iter()
    }

    /// The users bound to it one by one.
    pub fn users(&self) -> impl Iterator<Item = UserId> + '_ {
        self.users.iter()
    }
}

impl Fielded for App {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        Some(match name {
            "_id" | "id" => Cow::Owned(self.id.to_string()),
            "name" => Cow::Borrowed(self.name.as_str()),
            "displayName" => Cow::Borrowed(self.display_name.as_str()),
            "displayLabel" => Cow::Borrowed(self.display_label.as_str()),
            "description" => Cow::Borrowed(self.description.as_str()),
            "active" => Cow::Borrowed(if self.active { "true" } else { "false" }),
            "organization" => Cow::Owned(self.organization.to_string()),
            "sso.type" => Cow::Borrowed(self.sso_type.as_str()),
            _ => return None,
        })
    }
}

impl World {
    /// Makes an app of a template, active, without client and without groups.
    pub fn add_app(&mut self, org: OrgId, template: &str, label: &str) -> AppId {
        let id = self.new_id();
        let (display_name, sso_type) = template_names(template);
        let app = App {
            id,
            organization: org,
            name: template.to_owned(),
            display_name: display_name.to_owned(),
            display_label: label.to_owned(),
            description: String::new(),
            color: None,
            active: true,
            hidden: false,
            sso_type: sso_type.to_owned(),
            sso_url: String::new(),
            config: Value::Object(Map::new()),
            created: self.now_ms,
            oidc: None,
            groups: SortedIds::default(),
            users: SortedIds::default(),
        };
        self.apps.insert(id, app);
        id
    }

    /// Gives an app an OIDC client, and answers with the client's secret.
    pub(crate) fn configure_app(&mut self, id: AppId, mut settings: OidcSettings) -> Option<Secret> {
        settings.client_id = self.dice().uuid();
        let secret = (settings.token_endpoint_auth_method != ClientAuth::None).then(|| self.dice().client_secret());
        settings.client_secret.clone_from(&secret);
        self.set_client(id, settings);
        secret
    }

    /// Gives an app an OIDC client with the id and the secret that it has already.
    pub fn set_client(&mut self, id: AppId, settings: OidcSettings) {
        let Some(app) = self.apps.get_mut(&id) else { return };
        if let Some(before) = &app.oidc {
            self.clients.remove(&before.client_id);
        }
        self.clients.insert(settings.client_id.clone(), id);
        app.oidc = Some(settings);
    }

    /// One app.
    pub fn app(&self, id: AppId) -> Option<&App> {
        self.apps.get(&id)
    }

    /// The apps of an organisation, in the order of their ids.
    pub fn apps(&self, org: OrgId) -> impl Iterator<Item = &App> {
        self.apps.values().filter(move |app| app.organization == org)
    }

    /// The app and settings of a client id, in whichever organisation.
    pub fn client(&self, client_id: &str) -> Option<(&App, &OidcSettings)> {
        let app = self.apps.get(self.clients.get(client_id)?).filter(|app| self.is_known_here(app.organization))?;
        Some((app, app.oidc.as_ref()?))
    }

    pub(crate) fn remove_app(&mut self, id: AppId) -> Option<App> {
        let app = self.apps.remove(&id)?;
        if let Some(oidc) = &app.oidc {
            self.clients.remove(&oidc.client_id);
        }
        Some(app)
    }
}

/// The display name of a template, and how its apps sign people in.
pub(crate) fn template_names(template: &str) -> (&str, &'static str) {
    match template {
        "oidc" => ("OpenID Connect", "oidc"),
        "bookmark" => ("Bookmark", "bookmark"),
        _ => (template, "saml"),
    }
}

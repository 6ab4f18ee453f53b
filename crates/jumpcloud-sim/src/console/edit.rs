//! The edits of the console by name: for those who are not in the same process.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::*;

/// The name and the fields of an edit, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// Its fields and what they take.
    pub fields: String,
    /// What it does.
    pub about: &'static str,
}

macro_rules! edits {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal { $($field:ident: $type:ty),+ } => |$world:ident| $body:expr;)+) => {
        /// One edit, as `{"delete-app": {"app": "…"}}` in JSON.
        #[derive(Debug, Clone, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub enum Edit {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant {
                $(#[doc = concat!("`", stringify!($field), "`.")] $field: $type),+
            }),+
        }

        impl Edit {
            /// Does it; what the person sees, or nothing when nothing was there to be changed.
            pub fn apply(self, world: &mut World) -> Option<Value> {
                match self { $(Edit::$variant { $($field),+ } => { let $world = world; $body })+ }
            }

            /// Every edit, in one order.
            pub fn describe() -> Vec<Described> {
                vec![$(Described {
                    name: $name,
                    fields: [$(format!("{}: {}", stringify!($field), as_json(stringify!($type)))),+].join(", "),
                    about: concat!($($doc),+).trim(),
                }),+]
            }
        }
    };
}

/// A person sees that it is done, and nothing else.
/// What stands in JSON for a type, as whoever writes it has to know.
fn as_json(of: &str) -> String {
    if let Some(of) = of.strip_prefix("Option<").and_then(|of| of.strip_suffix('>')) {
        return format!("{} or null", as_json(of));
    }
    match of {
        "bool" => "true or false",
        "String" | "Secret" => "text",
        "Vec<String>" => "[text]",
        "Vec<(String, String)>" => "[[name, attribute]]",
        "Vec<Restriction>" => "[{field, type, id}]",
        "Value" => "rule",
        "Membership" | "ClientAuth" => "word",
        _ => "id",
    }
    .to_owned()
}

fn done(done: bool) -> Option<Value> {
    done.then_some(Value::Null)
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

edits! {
    /// Gives an app's client a new secret, which the answer shows.
    RotateSecret = "rotate-secret" { app: AppId } => |world| {
        let secret = rotate_secret(world, app)?;
        let client = world.app(app)?.oidc.as_ref()?.client_id.clone();
        Some(json!({"client_id": client, "client_secret": secret.expose()}))
    };
    /// Makes an app a second time; the answer shows its id and its secret.
    RepeatApp = "repeat-app" { app: AppId } => |world| {
        let (app, secret) = repeat_app(world, app)?;
        Some(json!({"app": app, "client_secret": secret.as_ref().map(Secret::expose)}))
    };
    /// Deletes an app, with its client.
    DeleteApp = "delete-app" { app: AppId } => |world| done(delete_app(world, app));
    /// Deletes an identity provider; policies that name it stay.
    DeleteProvider = "delete-provider" { provider: ProviderId } => |world| done(delete_provider(world, provider));
    /// Deletes a routing policy.
    DeletePolicy = "delete-policy" { policy: PolicyId } => |world| done(delete_policy(world, policy));
    /// Deletes a group, with all that is bound to it.
    DeleteGroup = "delete-group" { group: GroupId } => |world| done(delete_group(world, group));
    /// Deletes a user.
    DeleteUser = "delete-user" { user: UserId } => |world| done(delete_user(world, user));
    /// Switches a routing policy on or off.
    EnablePolicy = "enable-policy" { policy: PolicyId, enabled: bool } => |world| {
        done(set_policy_enabled(world, policy, enabled))
    };
    /// Points a routing policy at a provider, or at none.
    PointPolicy = "point-policy" { policy: PolicyId, provider: Option<ProviderId> } => |world| {
        done(set_policy_provider(world, policy, provider))
    };
    /// Changes the name of a routing policy.
    RenamePolicy = "rename-policy" { policy: PolicyId, name: String } => |world| done(rename_policy(world, policy, &name));
    /// Changes the description of a routing policy.
    DescribePolicy = "describe-policy" { policy: PolicyId, description: String } => |world| {
        done(describe_policy(world, policy, &description))
    };
    /// Binds a group to a routing policy, or unbinds it.
    BindPolicy = "bind-policy" { policy: PolicyId, group: GroupId, bound: bool } => |world| {
        done(set_policy_group(world, policy, group, bound))
    };
    /// Activates an app, or deactivates it.
    ActivateApp = "activate-app" { app: AppId, active: bool } => |world| done(set_app_active(world, app, active));
    /// Changes the label of an app.
    RenameApp = "rename-app" { app: AppId, name: String } => |world| done(rename_app(world, app, &name));
    /// Shows an app in the portals of its people, or hides it.
    HideApp = "hide-app" { app: AppId, hidden: bool } => |world| done(set_app_hidden(world, app, hidden));
    /// Changes the description of an app.
    DescribeApp = "describe-app" { app: AppId, description: String } => |world| {
        done(describe_app(world, app, &description))
    };
    /// Changes where an app's client may send people back to.
    SetRedirectUris = "set-redirect-uris" { app: AppId, uris: Vec<String> } => |world| {
        done(set_redirect_uris(world, app, &texts(&uris)))
    };
    /// Changes the claims of an app's tokens: pairs of a name and an attribute.
    SetClaims = "set-claims" { app: AppId, claims: Vec<(String, String)> } => |world| {
        let claims: Vec<(&str, &str)> = claims.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        done(set_claims(world, app, &claims))
    };
    /// Changes how an app's client has to prove itself.
    SetClientAuth = "set-client-auth" { app: AppId, method: ClientAuth } => |world| {
        done(set_client_auth(world, app, method))
    };
    /// Binds a group to an app, or unbinds it.
    BindApp = "bind-app" { app: AppId, group: GroupId, bound: bool } => |world| {
        done(set_app_group(world, app, group, bound))
    };
    /// Writes a secret into the identity provider.
    SetProviderSecret = "set-provider-secret" { provider: ProviderId, secret: String } => |world| {
        done(set_provider_secret(world, provider, &secret))
    };
    /// Changes the name of an identity provider.
    RenameProvider = "rename-provider" { provider: ProviderId, name: String } => |world| {
        done(rename_provider(world, provider, &name))
    };
    /// Has an identity provider lead to another issuer, or to another client of it.
    PointProvider = "point-provider" { provider: ProviderId, url: String, client_id: String } => |world| {
        done(point_provider(world, provider, &url, &client_id))
    };
    /// Suspends a user, or takes that back.
    SuspendUser = "suspend-user" { user: UserId, suspended: bool } => |world| done(suspend_user(world, user, suspended));
    /// Locks an account, or unlocks it.
    LockUser = "lock-user" { user: UserId, locked: bool } => |world| done(lock_user(world, user, locked));
    /// Changes somebody's company e-mail.
    SetEmail = "set-email" { user: UserId, email: String } => |world| done(set_email(world, user, &email));
    /// Changes somebody's username.
    SetUsername = "set-username" { user: UserId, username: String } => |world| {
        done(set_username(world, user, &username))
    };
    /// Changes somebody's first and last name.
    SetName = "set-name" { user: UserId, first: String, last: String } => |world| {
        done(set_name(world, user, &first, &last))
    };
    /// Sets a custom attribute, or without a value removes it.
    SetAttribute = "set-attribute" { user: UserId, name: String, value: Option<String> } => |world| {
        done(set_attribute(world, user, &name, value.as_deref()))
    };
    /// Sets a password, or without one takes it away.
    SetPassword = "set-password" { user: UserId, password: Option<Secret> } => |world| {
        done(set_password(world, user, password.as_ref().map(Secret::expose)))
    };
    /// Says who owns which fields of a user.
    SetRestrictions = "set-restrictions" { user: UserId, restrictions: Vec<Restriction> } => |world| {
        done(set_restrictions(world, user, restrictions))
    };
    /// Makes a user an administrator with a role, or without one takes that back.
    SetAdmin = "set-admin" { user: UserId, role: Option<String> } => |world| {
        done(set_admin(world, user, role.as_deref()))
    };
    /// Renames a group.
    RenameGroup = "rename-group" { group: GroupId, name: String } => |world| done(rename_group(world, group, &name));
    /// Changes the description of a group.
    DescribeGroup = "describe-group" { group: GroupId, description: String } => |world| {
        done(describe_group(world, group, &description))
    };
    /// Changes how a group comes by its members.
    SetMembership = "set-membership" { group: GroupId, membership: Membership } => |world| {
        done(set_membership(world, group, membership))
    };
    /// Writes the rule of a group, or with null takes it away.
    SetRule = "set-rule" { group: GroupId, rule: Value } => |world| done(set_rule(world, group, &rule));
    /// Adds somebody to a group.
    AddMember = "add-member" { group: GroupId, user: UserId } => |world| done(add_member(world, group, user));
    /// Removes somebody from a group.
    RemoveMember = "remove-member" { group: GroupId, user: UserId } => |world| done(remove_member(world, group, user));
}

impl Edit {
    /// Reads an edit by its name and its fields.
    ///
    /// # Errors
    /// A name that no edit has, or fields that it does not take: the text says which there are.
    pub fn named(name: &str, fields: Value) -> Result<Edit, String> {
        serde_json::from_value(json!({ name: fields })).map_err(|error| error.to_string())
    }
}

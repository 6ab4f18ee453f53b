//! What a token says of a person: nothing but what the app maps \[observed\].

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::id::UserId;
use crate::query::filter::Fielded;
use crate::settings::{AttributeSource, DoubleClaim};
use crate::world::World;
use crate::world::apps::App;
use crate::world::users::User;

impl World {
    /// The claims of a user for an app: `sub`, and those that the app maps and the user has.
    pub(crate) fn claims(&self, app: &App, user: UserId) -> BTreeMap<String, Value> {
        // What `sub` is: [unknown]; the user's id is stable.
        let mut claims = BTreeMap::from([("sub".to_owned(), json!(user))]);
        let (Some(oidc), Some(user)) = (&app.oidc, self.user(user)) else {
            return claims;
        };
        for mapped in &oidc.dynamic_claims {
            let Some(value) = self.source(app, user, &mapped.value) else { continue };
            match self.settings.double_claim {
                DoubleClaim::Last => {
                    claims.insert(mapped.name.clone(), value);
                }
                DoubleClaim::First => {
                    claims.entry(mapped.name.clone()).or_insert(value);
                }
            }
        }
        claims
    }

    fn source(&self, app: &App, user: &User, name: &str) -> Option<Value> {
        match name {
            "fullname" => return Some(json!(user.full_name())),
            "groups" => return self.groups_claim(app, user),
            _ => {}
        }
        let custom = match self.settings.attribute_source {
            AttributeSource::Bare => Some(name),
            AttributeSource::Prefixed => name.strip_prefix("attributes."),
        };
        // A custom attribute by its exact name [doc]; that it goes before a field of the same name is [unknown].
        if let Some(value) = custom.and_then(|custom| user.attribute(custom)) {
            return Some(json!(value));
        }
        user.field(name).filter(|text| !text.is_empty()).map(|text| json!(text))
    }

    /// A text, not a list, when the user is in exactly one bound group \[observed\].
    fn groups_claim(&self, app: &App, user: &User) -> Option<Value> {
        let groups = app.groups.iter().filter_map(|group| self.group(group));
        let mut names: Vec<&str> =
            groups.filter(|group| group.has_member(user.id)).map(|group| group.name.as_str()).collect();
        match names.len() {
            0 => None,
            1 => names.pop().map(|name| json!(name)),
            _ => Some(json!(names)),
        }
    }
}

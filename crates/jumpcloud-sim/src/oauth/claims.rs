//! What a token says of a person: nothing but what the app maps \[observed\].

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::id::UserId;
use crate::query::filter::Fielded;
use crate::settings::{AttributeSource, DoubleClaim, GroupAttributes};
use crate::world::World;
use crate::world::apps::App;
use crate::world::groups::Group;
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
        // A custom attribute by its exact name [doc].
        let custom = custom.and_then(|custom| self.attribute(user, custom)).map(|value| json!(value));
        let field = user.field(name).filter(|text| !text.is_empty()).map(|text| json!(text));
        if self.settings.attribute_before_field { custom.or(field) } else { field.or(custom) }
    }

    /// A custom attribute: the user's own, or one that a group of theirs gives its members.
    fn attribute<'a>(&'a self, user: &'a User, name: &str) -> Option<&'a str> {
        let own = || user.attribute(name);
        let inherited = || user.groups().filter_map(|group| self.group(group)).find_map(|group| given(group, name));
        match self.settings.group_attributes {
            GroupAttributes::Ignored => own(),
            GroupAttributes::OwnFirst => own().or_else(inherited),
            GroupAttributes::GroupFirst => inherited().or_else(own),
        }
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

/// What a group gives its members; the key that it stands under is \[inferred\].
fn given<'a>(group: &'a Group, name: &str) -> Option<&'a str> {
    let all = group.attributes.as_ref()?.get("customAttributes")?.as_array()?;
    all.iter().find(|entry| entry["name"] == name)?.get("value")?.as_str()
}

//! `/api/application-templates`: what apps are made of.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::Call;
use super::reply::{Answer, Reply};
use crate::query::filter::Fielded;
use crate::query::v1;

struct Template {
    id: &'static str,
    name: &'static str,
    display_name: &'static str,
    sso_type: &'static str,
}

/// A few of them; their ids are made up.
const TEMPLATES: [Template; 4] = [
    Template { id: "5f15a1b0c2d3e4f506172831", name: "oidc", display_name: "OpenID Connect", sso_type: "oidc" },
    Template { id: "5f15a1b0c2d3e4f506172832", name: "bookmark", display_name: "Bookmark", sso_type: "bookmark" },
    Template { id: "5f15a1b0c2d3e4f506172833", name: "saml2", display_name: "SAML 2.0", sso_type: "saml" },
    Template { id: "5f15a1b0c2d3e4f506172834", name: "aws-sso", display_name: "AWS SSO", sso_type: "saml" },
];

impl Fielded for Template {
    fn field(&self, name: &str) -> Option<Cow<'_, str>> {
        match name {
            "_id" | "id" => Some(Cow::Borrowed(self.id)),
            "name" => Some(Cow::Borrowed(self.name)),
            "displayName" => Some(Cow::Borrowed(self.display_name)),
            _ => None,
        }
    }
}

pub(crate) fn answer(call: &Call<'_>, rest: &[&str]) -> Answer {
    match rest {
        [] => list(call),
        [id] => {
            let template = TEMPLATES.iter().find(|template| template.id == *id).ok_or_else(Reply::not_found)?;
            Ok(Reply::json(200, &to_json(template)))
        }
        _ => Err(Reply::not_found()),
    }
}

fn list(call: &Call<'_>) -> Answer {
    let query = v1::parse(&call.params, call.page(100), true, |_| true).map_err(|text| Reply::v1_refusal(&text))?;
    let found: Vec<&Template> = TEMPLATES.iter().filter(|template| query.filter.passes(*template)).collect();
    let rows: Vec<Value> = query.page.slice(&found).iter().map(|template| to_json(template)).collect();
    Ok(Reply::json(200, &json!({"totalCount": found.len(), "results": rows})))
}

fn to_json(template: &Template) -> Value {
    json!({
        "_id": template.id, "id": template.id, "name": template.name, "displayName": template.display_name,
        "active": true, "beta": false, "sso": {"type": template.sso_type},
    })
}

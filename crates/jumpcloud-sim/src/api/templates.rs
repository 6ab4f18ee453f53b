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

/// The fields of a template \[spec\], as far as they say something here.
const FIELDS: [&str; 10] =
    ["_id", "id", "active", "beta", "config", "displayLabel", "displayName", "name", "oidc", "sso"];

pub(crate) fn answer(call: &Call<'_>, rest: &[&str], page_max: u64) -> Answer {
    let eventually = call.request.header("x-eventually-consistent") == Some("true");
    let exists = |name: &str| FIELDS.contains(&name);
    let query = v1::parse(&call.params, call.page(page_max), eventually, exists);
    let query = query.map_err(|text| Reply::v1_refusal(&text))?;
    match rest {
        [] => {
            let (page, total) = query.selection.select(TEMPLATES.iter());
            let rows: Vec<Value> = page.into_iter().map(|template| query.project(to_json(template))).collect();
            Ok(Reply::json(200, &json!({"totalCount": total, "results": rows})))
        }
        [id] => {
            let template = TEMPLATES.iter().find(|template| template.id == *id).ok_or_else(Reply::not_found)?;
            Ok(Reply::json(200, &query.project(to_json(template))))
        }
        _ => Err(Reply::not_found()),
    }
}

fn to_json(template: &Template) -> Value {
    let mut row = json!({
        "_id": template.id, "id": template.id, "name": template.name, "displayName": template.display_name,
        "displayLabel": template.display_name, "active": true, "beta": false, "config": {},
        "sso": {"type": template.sso_type},
    });
    if template.sso_type == "oidc" {
        row["oidc"] = json!({
            "grantTypes": ["authorization_code"], "redirectUris": [], "ssoUrl": "",
            "tokenEndpointAuthMethod": "client_secret_post",
        });
    }
    row
}

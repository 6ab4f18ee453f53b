//! Requests in, answers out: one file per resource, and here the way to them.

mod access;
mod applications;
mod associations;
mod bulk;
mod bulk_states;
mod graph;
mod groups;
mod insights;
mod insights_query;
mod members;
mod msp;
mod organizations;
mod policies;
mod policy_forms;
mod providers;
mod reply;
mod service_accounts;
mod sso;
mod suggestions;
mod templates;
mod user_body;
mod user_json;
mod user_keys;
mod user_list;
mod user_self;
mod user_states;
mod users;

use serde_json::{Map, Value, json};

use crate::clock::http_date;
use crate::id::OrgId;
use crate::message::{Host, Request, Response};
use crate::query::{Params, page::Page, segments};
use crate::world::World;
use crate::world::events::{Change, EventKind, FieldChange, Initiator, Resource};
use crate::world::journal::LoggedRequest;
use crate::world::service_accounts::TOKEN_SECONDS;
use reply::{Answer, Reply};

/// A request that may be answered: whose it is, and its parts.
pub(crate) struct Call<'a> {
    request: &'a Request,
    params: Params,
    org: OrgId,
    by: Initiator,
}

impl Call<'_> {
    /// The body as a JSON object; nothing is an empty one.
    fn object(&self) -> Result<Map<String, Value>, Reply> {
        if self.request.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        let body: Value =
            serde_json::from_slice(&self.request.body).map_err(|_| Reply::message(400, "Bad Request: invalid JSON"))?;
        body.as_object().cloned().ok_or_else(|| Reply::message(400, "Bad Request: the body must be an object"))
    }

    /// What is to stand in the place of an object: the body, or what is in its envelope where one is wanted.
    fn replacement(&self, wrapped: bool, key: &str) -> Result<Map<String, Value>, Reply> {
        let mut body = self.object()?;
        if !wrapped {
            return Ok(body);
        }
        match body.remove(key) {
            Some(Value::Object(object)) => Ok(object),
            _ => Err(Reply::invalid_argument(&format!("{key} is required"))),
        }
    }

    fn page(&self, max: u64) -> Page {
        Page::of(&self.params, max)
    }
}

impl World {
    /// Answers one request to the API or, as far as no signature is needed, to the issuer.
    pub fn answer(&mut self, request: &Request) -> Response {
        self.tick();
        self.answer_at_once(request)
    }

    /// The same, while the clock stands still.
    pub(crate) fn answer_at_once(&mut self, request: &Request) -> Response {
        let (organization, reply) = self.reply(request);
        self.log(LoggedRequest::of(request, organization, reply.status));
        self.finish(reply)
    }

    /// What is answered, and nobody remembers that it was asked.
    pub(crate) fn reply(&mut self, request: &Request) -> (Option<OrgId>, Reply) {
        let (organization, answer) = match request.host {
            Host::Api => self.answer_api(request),
            Host::Issuer => (None, self.answer_issuer(request)),
            Host::AdminOauth => (None, self.answer_admin_oauth(request)),
            Host::Login => (None, Err(Reply::not_found())),
        };
        (organization, answer.unwrap_or_else(|error| error))
    }

    /// The headers of every answer \[observed\].
    fn finish(&self, reply: Reply) -> Response {
        let Reply { status, headers, body } = reply;
        let mut all: Vec<(String, String)> = [("date", http_date(self.now_ms).as_str()), ("x-fedctl-sim", "1")]
            .into_iter()
            .chain([("server", "cloudflare"), ("vary", "Accept-Encoding"), ("x-response-time", "25ms")])
            .chain([("x-envoy-upstream-service-time", "25")])
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        if !body.is_empty() {
            all.push(("content-type".to_owned(), "application/json; charset=utf-8".to_owned()));
            all.push(("etag".to_owned(), weak_etag(&body)));
        }
        all.extend(headers);
        Response { status, headers: all, body }
    }

    fn answer_api(&mut self, request: &Request) -> (Option<OrgId>, Answer) {
        let path = segments(&request.path);
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        if !matches!(path.first(), Some(&("api" | "insights"))) {
            return (None, Err(Reply::not_found()));
        }
        let access = match self.access(request) {
            Ok(access) => access,
            Err(refusal) => return (None, Err(refusal)),
        };
        if let Err(refusal) = access.allows(request, &path) {
            return (None, Err(refusal));
        }
        if access::is_without_organization(&path) {
            return (None, self.answer_without_organization(request, &access, &path));
        }
        match self.organization_of(request, &access) {
            Ok(org) => {
                let call = Call { request, params: Params::parse(&request.query), org, by: access.by };
                let answer = self.dispatch(&call, &path);
                (Some(org), answer.map(|reply| self.adorned(&call, reply)))
            }
            Err(refusal) => (None, Err(refusal)),
        }
    }

    /// An answer with what settings add to all of them.
    fn adorned(&self, call: &Call<'_>, mut reply: Reply) -> Reply {
        if self.settings.extra_fields {
            reply.add_unknown_fields();
        }
        match next_page(call, &reply, self.settings.page_max).filter(|_| self.settings.link_header) {
            Some(target) => reply.with_header("link", &format!("<{target}>; rel=\"next\"")),
            None => reply,
        }
    }

    /// Tells Insights what this call did to an object.
    fn tell(&mut self, call: &Call<'_>, what: Change, resource: Resource) {
        self.record_change(call.org, &call.by, what, resource);
    }

    /// Tells Insights what this call changed in an object that was there before.
    fn tell_update(&mut self, call: &Call<'_>, what: Change, resource: Resource, states: [&Value; 2]) {
        let [before, after] = states;
        let changes = FieldChange::between(before, after);
        self.remember(call.org, call.by.clone(), EventKind::Change { what, resource, changes });
    }

    /// Tells Insights that this call bound two objects, or unbound them.
    fn tell_association(&mut self, call: &Call<'_>, added: bool, from: Resource, to: Resource) {
        self.remember(call.org, call.by.clone(), EventKind::AssociationChange { added, from, to });
    }

    fn dispatch(&mut self, call: &Call<'_>, path: &[&str]) -> Answer {
        let method = call.request.method.as_str();
        match path {
            ["api", "v2", "usergroups", rest @ ..] => self.usergroups(call, method, rest),
            ["api", "v2", "groups"] if method == "GET" => self.list_all_groups(call),
            ["api", "v2", "search", "query"] if method == "POST" => self.preview_rule(call),
            ["api", "v2", "service-accounts", rest @ ..] => self.service_accounts(call, method, rest),
            ["api", "v2", "roles"] if method == "GET" => self.list_roles(call),
            ["api", "v2", "users", id, rest @ ..] => self.graph_of_user(call, method, id, rest),
            ["api", "v2", "applications", id, "sso"] => self.sso(call, method, id),
            ["api", "v2", "applications", id, rest @ ..] => self.graph_of_app(call, method, id, rest),
            ["api", "v2", "identity-providers", rest @ ..] => self.identity_providers(call, method, rest),
            ["api", "v2", "identity-provider", "policies", rest @ ..] => self.routing_policies(call, method, rest),
            ["api", "settings"] if method == "GET" => self.get_settings(call),
            ["api", "v2", "bulk", rest @ ..] => self.bulk(call, method, rest),
            ["api", "systemusers", rest @ ..] => self.systemusers(call, method, rest),
            ["api", "search", "systemusers"] if method == "POST" => self.search_users(call),
            ["api", "applications", rest @ ..] => self.applications(call, method, rest),
            ["api", "application-templates", rest @ ..] if method == "GET" => {
                templates::answer(call, rest, self.settings.page_max)
            }
            ["insights", "directory", "v1", "events", rest @ ..] if method == "POST" => self.insights(call, rest),
            _ => Err(Reply::not_found()),
        }
    }

    fn answer_admin_oauth(&mut self, request: &Request) -> Answer {
        if (request.method.as_str(), request.path.as_str()) != ("POST", "/oauth2/token") {
            return Err(Reply::not_found());
        }
        let token = self.client_credentials(request).map_err(|error| Reply::json(error.status, &error.to_json()))?;
        let body = json!({"access_token": token, "expires_in": TOKEN_SECONDS, "scope": "api", "token_type": "bearer"});
        Ok(Reply::json(200, &body))
    }

    fn answer_issuer(&mut self, request: &Request) -> Answer {
        match (request.method.as_str(), request.path.as_str()) {
            ("GET", "/.well-known/openid-configuration" | "/.well-known/oauth-authorization-server") => {
                Ok(Reply::json(200, &self.discovery()))
            }
            ("GET", "/.well-known/jwks.json") => Ok(Reply::json(200, &json!({"keys": []}))),
            ("GET", "/oauth2/auth") => Ok(self.answer_authorize(&request.query)),
            ("POST", "/oauth2/token") => {
                let grant = self.exchange(request).map_err(|error| Reply::json(error.status, &error.to_json()))?;
                let body = json!({
                    "access_token": grant.access_token, "expires_in": 3600, "scope": "openid",
                    "token_type": "bearer", "claims": grant.claims,
                });
                Ok(Reply::json(200, &body))
            }
            ("GET" | "POST", "/userinfo") => {
                let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
                let claims = token.and_then(|token| self.userinfo(token));
                let refusal = || Reply::json(401, &json!({"error": "request_unauthorized"}));
                claims.map(|claims| Reply::json(200, &claims)).ok_or_else(refusal)
            }
            _ => Err(Reply::not_found()),
        }
    }

    /// A good request goes to the login page, a bad one to the error page: both are redirects \[inferred from Hydra\].
    fn answer_authorize(&mut self, query: &str) -> Reply {
        let issuer = self.issuer().to_owned();
        let (path, pairs) = match self.authorize(query) {
            Ok(good) => {
                let hint = good.login_hint.unwrap_or_default();
                ("login/oauth", [("login_challenge", good.challenge), ("login_hint", hint)])
            }
            Err(bad) => ("oauth2/fallbacks/error", [("error", bad.error), ("error_description", bad.description)]),
        };
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        Reply::empty(302).with_header("location", &format!("{issuer}{path}?{query}"))
    }
}

/// Where the rest of a list is, if a header says how long it is and there is more.
fn next_page(call: &Call<'_>, reply: &Reply, page_max: u64) -> Option<String> {
    let total: usize = reply.header("x-total-count")?.parse().ok()?;
    let Page { skip, limit } = call.page(page_max);
    let next = skip.saturating_add(limit);
    let kept = call.params.iter().filter(|(name, _)| !matches!(*name, "skip" | "limit"));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .extend_pairs([("limit", limit), ("skip", next)].map(|(name, number)| (name, number.to_string())))
        .finish();
    (next < total).then(|| format!("{}?{query}", call.request.path))
}

/// `W/"<length>-<hash>"`, as the web framework behind the service makes it \[observed\]; no request honours it.
fn weak_etag(body: &[u8]) -> String {
    let step = |hash: u64, chunk: &[u8]| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        (hash ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23)
    };
    let hash = body.chunks(8).fold(0xcbf2_9ce4_8422_2325, step);
    format!("W/\"{:x}-{hash:016x}\"", body.len())
}

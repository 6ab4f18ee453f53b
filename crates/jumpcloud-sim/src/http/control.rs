//! `/__sim/`: what a test or a person may do to the simulator itself.

use serde_json::{Value, json};

use super::{Shared, face, html, issuer};
use crate::{Request, Response, World};

/// Answers a path below `/__sim/`.
pub(super) fn answer(shared: &Shared, request: &Request) -> Response {
    if shared.options.bearer.is_some() && shared.options.bearer.as_deref() != issuer::bearer(request) {
        return face::plain(401, "this simulator was started with a bearer token for /__sim/");
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", "/__sim/world") => html::json(200, &shared.world().export()),
        ("PUT", "/__sim/world") => replace(shared, request),
        ("GET", "/__sim/requests") => html::json(200, &json!(shared.world().requests())),
        ("DELETE", "/__sim/requests") => {
            shared.world().clear_requests();
            done()
        }
        ("GET", "/__sim/outbox") => html::json(200, &json!(shared.world().outbox())),
        ("GET", "/__sim/settings") => html::json(200, &settings(&shared.world())),
        ("PUT", "/__sim/settings") => set(shared, request),
        _ => face::nothing_here(request),
    }
}

/// Puts another world in the place of this one; whoever was signed in is not any more.
fn replace(shared: &Shared, request: &Request) -> Response {
    let imported = parsed(request).and_then(|value| World::import(value).map_err(|error| error.to_string()));
    match imported {
        Ok(world) => {
            *shared.world() = world;
            shared.portal.forget();
            done()
        }
        Err(problem) => refused(&problem),
    }
}

/// Every setting with its value and what it takes.
fn settings(world: &World) -> Value {
    let entry =
        |(name, value, takes): (&str, String, String)| (name.to_owned(), json!({"value": value, "takes": takes}));
    Value::Object(world.settings().list().into_iter().map(entry).collect())
}

/// Sets every named setting, or none of them.
fn set(shared: &Shared, request: &Request) -> Response {
    let settings = match parsed(request) {
        Ok(settings) => settings,
        Err(problem) => return refused(&problem),
    };
    let Some(settings) = settings.as_object() else {
        return refused("an object of settings by name is expected");
    };
    let mut world = shared.world();
    let mut changed = world.settings().clone();
    for (name, value) in settings {
        // Numbers and truths may come as such or as texts.
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        if let Err(error) = changed.set(name, &text) {
            return refused(&error.to_string());
        }
    }
    for (name, value, _) in changed.list() {
        if let Err(error) = world.set(name, &value) {
            return refused(&error.to_string());
        }
    }
    done()
}

fn parsed(request: &Request) -> Result<Value, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

fn done() -> Response {
    Response { status: 204, headers: Vec::new(), body: Vec::new() }
}

fn refused(problem: &str) -> Response {
    html::json(400, &json!({"message": problem}))
}

//! `/__sim/`: what a test or a person may do to the simulator itself.

use serde_json::{Value, json};

use super::{Shared, clock, face, html, issuer};
use crate::console::Edit;
use crate::fault;
use crate::{Request, Response, World};

/// What is answered, or why not: a refusal is one sentence.
type Answer = Result<Response, String>;

struct Route {
    method: &'static str,
    path: &'static str,
    about: &'static str,
    answer: fn(&Shared, &Request) -> Answer,
}

/// Where it is asked for answers that a fault holds back.
const HELD: &str = "/__sim/held";

/// Where edits of the console are, each by its name.
const CONSOLE: &str = "/__sim/console/";

/// Everything but the console. The index is printed from it.
const ROUTES: [Route; 16] = [
    Route { method: "GET", path: "/__sim/", about: "this list", answer: |_, _| Ok(index()) },
    Route { method: "GET", path: "/__sim/world", about: "everything, secrets and all", answer: export },
    Route { method: "PUT", path: "/__sim/world", about: "another world in place of this one", answer: replace },
    Route {
        method: "GET",
        path: "/__sim/requests",
        about: "the requests answered, the oldest first",
        answer: requests,
    },
    Route { method: "DELETE", path: "/__sim/requests", about: "forgets them", answer: forget_requests },
    Route { method: "GET", path: "/__sim/outbox", about: "the mails that would have gone out", answer: outbox },
    Route { method: "GET", path: "/__sim/settings", about: "the switches, and what they take", answer: settings },
    Route { method: "PUT", path: "/__sim/settings", about: "sets those that are named, or none", answer: set },
    Route { method: "GET", path: "/__sim/faults", about: "the faults, and how often each fired", answer: faults },
    Route { method: "PUT", path: "/__sim/faults", about: "other faults in place of these: a list", answer: set_faults },
    Route { method: "DELETE", path: "/__sim/faults", about: "no faults any more", answer: no_faults },
    Route { method: "GET", path: HELD, about: "waits until an answer is held, and says how many are", answer: held },
    Route { method: "DELETE", path: HELD, about: "lets the answers go that are held", answer: let_go },
    Route {
        method: "GET",
        path: "/__sim/clock",
        about: "the time, and what moves it",
        answer: |s, _| Ok(clock::show(s)),
    },
    Route {
        method: "POST",
        path: "/__sim/clock",
        about: "{\"advance_ms\": 1000} or {\"mode\": \"tick\", \"freeze\" or \"run\"}",
        answer: |shared, request| clock::set(shared, parsed(request)?),
    },
    Route { method: "GET", path: "/__sim/console/", about: "the edits of the console", answer: |_, _| Ok(edits()) },
];

/// Whether a request is answered only once an answer is held.
pub(super) fn waits(shared: &Shared, request: &Request) -> bool {
    request.method == "GET" && request.path == HELD && is_allowed(shared, request)
}

fn is_allowed(shared: &Shared, request: &Request) -> bool {
    shared.options.bearer.is_none() || shared.options.bearer.as_deref() == issuer::bearer(request)
}

/// Answers a path below `/__sim/`.
pub(super) fn answer(shared: &Shared, request: &Request) -> Response {
    if !is_allowed(shared, request) {
        return face::plain(401, "this simulator was started with a bearer token for /__sim/");
    }
    // The server leaves the body out on its way.
    let method = if request.method == "HEAD" { "GET" } else { &request.method };
    let is_asked = |route: &&Route| route.method == method && route.path == request.path;
    let answer = match (ROUTES.iter().find(is_asked), request.path.strip_prefix(CONSOLE)) {
        (Some(route), _) => (route.answer)(shared, request),
        (None, Some(name)) if request.method == "POST" => edit(shared, name, request),
        (None, _) => return refused(404, "there is nothing at this address: GET /__sim/ lists what there is"),
    };
    answer.unwrap_or_else(|problem| refused(400, &problem))
}

fn index() -> Response {
    let mut text = String::from("SIMULATED. What can be asked of this simulator:\n\n");
    for Route { method, path, about, .. } in &ROUTES {
        text.push_str(&format!("{method:<7} {path:<18} {about}\n"));
    }
    text.push_str(&edits_as_text());
    face::plain(200, text.trim_end())
}

fn edits() -> Response {
    face::plain(200, edits_as_text().trim())
}

fn edits_as_text() -> String {
    let mut text = String::from("\nWhat a person does by hand, as POST with the fields as JSON:\n\n");
    for edit in Edit::describe() {
        text.push_str(&format!("{CONSOLE}{} {{{}}}\n    {}\n", edit.name, edit.fields, edit.about));
    }
    text
}

fn export(shared: &Shared, _: &Request) -> Answer {
    Ok(html::json(200, &shared.world().export()))
}

/// Puts another world in the place of this one; whoever was signed in is not any more.
fn replace(shared: &Shared, request: &Request) -> Answer {
    let world = World::import(parsed(request)?).map_err(|error| error.to_string())?;
    *shared.world() = world;
    shared.portal.forget();
    Ok(done())
}

fn requests(shared: &Shared, _: &Request) -> Answer {
    Ok(html::json(200, &json!(shared.world().requests())))
}

fn forget_requests(shared: &Shared, _: &Request) -> Answer {
    shared.world().clear_requests();
    Ok(done())
}

fn outbox(shared: &Shared, _: &Request) -> Answer {
    Ok(html::json(200, &json!(shared.world().outbox())))
}

/// Every setting with its value and what it takes.
fn settings(shared: &Shared, _: &Request) -> Answer {
    let entry =
        |(name, value, takes): (&str, String, String)| (name.to_owned(), json!({"value": value, "takes": takes}));
    Ok(html::json(200, &Value::Object(shared.world().settings().list().into_iter().map(entry).collect())))
}

/// Sets every named setting, or none of them.
fn set(shared: &Shared, request: &Request) -> Answer {
    let settings = parsed(request)?;
    let settings = settings.as_object().ok_or("an object of settings by name is expected")?;
    let mut world = shared.world();
    let mut changed = world.settings().clone();
    for (name, value) in settings {
        // Numbers and truths may come as such or as texts.
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        changed.set(name, &text).map_err(|error| error.to_string())?;
    }
    for (name, value, _) in changed.list() {
        world.set(name, &value).map_err(|error| error.to_string())?;
    }
    Ok(done())
}

/// The faults, each with how many requests of its kind came and to how many it did something.
fn faults(shared: &Shared, _: &Request) -> Answer {
    let world = shared.world();
    let row = |(fault, count): (&fault::Fault, fault::Count)| {
        let mut row = json!(fault);
        (row["matched"], row["fired"]) = (json!(count.matched), json!(count.fired));
        row
    };
    Ok(html::json(200, &world.faults().map(row).collect()))
}

fn set_faults(shared: &Shared, request: &Request) -> Answer {
    let faults = fault::parse(&parsed(request)?).map_err(|error| error.to_string())?;
    shared.world().set_faults(faults);
    Ok(done())
}

fn no_faults(shared: &Shared, _: &Request) -> Answer {
    shared.world().set_faults(Vec::new());
    Ok(done())
}

/// Does what a person does in the console; what they see is the answer.
fn held(shared: &Shared, _: &Request) -> Answer {
    Ok(html::json(200, &json!(shared.gate.waiting())))
}

fn let_go(shared: &Shared, _: &Request) -> Answer {
    shared.gate.open();
    Ok(done())
}

fn edit(shared: &Shared, name: &str, request: &Request) -> Answer {
    let edit = Edit::named(name, parsed(request)?)?;
    let mut world = shared.world();
    world.keep_view_now();
    Ok(match edit.apply(&mut world) {
        None => refused(404, "nothing was changed: it is not there, or it is so already"),
        Some(Value::Null) => done(),
        Some(seen) => html::json(200, &seen),
    })
}

fn parsed(request: &Request) -> Result<Value, String> {
    serde_json::from_slice(&request.body).map_err(|error| error.to_string())
}

fn done() -> Response {
    Response { status: 204, headers: Vec::new(), body: Vec::new() }
}

fn refused(status: u16, problem: &str) -> Response {
    html::json(status, &json!({"message": problem}))
}

//! How the clock of the world runs while it is served.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Shared, html};
use crate::clock::rfc3339;
use crate::{Response, World};

/// The moment up to which the world's clock has followed the machine's, while it runs.
#[derive(Default)]
pub(super) struct Clock(Mutex<Option<Instant>>);

/// What moves the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Each request, by 25 milliseconds.
    Tick,
    /// Nothing but an advance.
    Freeze,
    /// The machine's clock.
    Run,
}

/// What can be asked of the clock.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    advance_ms: u64,
    mode: Option<Mode>,
}

impl Clock {
    /// Moves the world's clock on, if it runs.
    pub(super) fn follow(&self, world: &mut World) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(since) = since.as_mut() {
            let passed = since.elapsed();
            *since += passed;
            world.advance(u64::try_from(passed.as_millis()).unwrap_or(0));
        }
    }

    fn set(&self, mode: Mode, world: &mut World) {
        // A clock that runs is not moved by requests.
        world.freeze(mode != Mode::Tick);
        let since = (mode == Mode::Run).then(Instant::now);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn mode(&self, world: &World) -> &'static str {
        let runs = self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        match (runs, world.is_frozen()) {
            (true, _) => "run",
            (false, true) => "freeze",
            (false, false) => "tick",
        }
    }
}

/// What the clock shows, and what moves it.
pub(super) fn show(shared: &Shared) -> Response {
    let world = shared.world();
    let mode = shared.clock.mode(&world);
    html::json(200, &json!({"now_ms": world.now_ms, "now": rfc3339(world.now_ms), "mode": mode}))
}

/// Advances the clock, or changes what moves it; then what it shows.
pub(super) fn set(shared: &Shared, wanted: Value) -> Result<Response, String> {
    let wanted: Wanted = serde_json::from_value(wanted).map_err(|error| error.to_string())?;
    let mut world = shared.world();
    world.advance(wanted.advance_ms);
    if let Some(mode) = wanted.mode {
        shared.clock.set(mode, &mut world);
    }
    drop(world);
    Ok(show(shared))
}

//! `fedctl doctor`: what these keys may read, and how the service answers. It reads what a plan reads, and writes nothing but
//! the file that it is asked for.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use fedctl_core::address::Org;
use fedctl_core::doctor::{self, Examination, Seen};
use fedctl_core::planner::{self, Step};
use fedctl_core::request::{Ask, Outcome};
use fedctl_engine::Reads;

use crate::args::Doctor;
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::render::doctor as render;
use crate::session::Session;
use crate::ui::Ui;

/// Whatever is read through it is heard.
struct Listening<'a, R> {
    reads: &'a R,
    heard: Mutex<Examination>,
}

impl<R: Reads> Reads for Listening<'_, R> {
    async fn ask(&self, ask: Ask) -> Outcome {
        let call = Examination::call(&ask);
        let outcome = self.reads.ask(ask).await;
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        if let (Some(call), Ok(mut heard)) = (call, self.heard.lock()) {
            heard.hear(call, &outcome, now);
        }
        outcome
    }

    async fn pause(&self, wanted: Duration) {
        self.reads.pause(wanted).await;
    }
}

/// Reads what a plan would read, and says what came of it.
///
/// # Errors
/// An invalid spec, keys that are missing, or a file that cannot be written.
pub async fn run(args: &Doctor, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    let session = Session::open(&args.spec, operator, ui)?;
    let listening = Listening { reads: &session.organizations, heard: Mutex::default() };
    let seen: Mutex<Vec<Seen>> = Mutex::default();
    let step = |live: &_| {
        if let Ok(mut seen) = seen.lock() {
            *seen = doctor::seen(live);
        }
        planner::step(&session.spec, &session.terms, live)
    };
    let read = fedctl_engine::read(&session.spec, &listening, step, |progress| {
        ui.progress(&format!("reading: {} of {} requests", progress.answered, progress.known));
    })
    .await;
    let ended = match read {
        Ok((Step::Ready(_) | Step::Unknown(_), _)) => None,
        Ok((Step::Problems(_) | Step::Read(_), _)) => {
            Some("the organisations do not bear out what the spec says: `fedctl plan` says what".to_owned())
        }
        Err(error) => Some(failure::read(&error, &session.spec, &session.keys).message().to_owned()),
    };
    let (heard, seen) = (listening.heard.into_inner().unwrap_or_default(), seen.into_inner().unwrap_or_default());
    let limits = [Org::Primary, Org::Secondary].map(|org| (org, session.organizations.rate_limit_headers(org)));
    let text = render::text(&heard, &seen, &limits, ended.as_deref());
    ui.out(&text)?;
    if let Some(path) = &args.record {
        record(path, &heard)?;
        ui.say(&format!(
            "wrote the shapes of {} answers to `{}`: no value is in it\n",
            render::answers(&heard),
            path.display()
        ));
    }
    Ok(if ended.is_some() || heard.has_trouble() { Exit::Found } else { Exit::Done })
}

/// A new file: nothing is written over.
fn record(path: &Path, heard: &Examination) -> Result<(), Failure> {
    let write = || std::io::Write::write_all(&mut std::fs::File::create_new(path)?, render::record(heard).as_bytes());
    write().map_err(|error| {
        Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", path.display()))
            .unwritten()
            .hint("give `--record` a file that does not exist yet, in a folder that you may write to")
    })
}

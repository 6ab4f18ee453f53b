//! `fedctl init --from-live`: a spec that takes over a federation that was made by hand. It writes nothing but the file that
//! it is asked for.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use fedctl_core::plan::Plan;
use fedctl_core::read::Reader;
use fedctl_core::takeover::{self, Head, Place, Told, Unclear};

use crate::access::{Access, OperatorFile};
use crate::args::{Init, Organization};
use crate::config;
use crate::exit::Exit;
use crate::failure::{self, Failure};
use crate::render::text::count;
use crate::session::Session;
use crate::source::Source;
use crate::ui::Ui;

/// What a spec is called in messages that has no file.
const UNNAMED: &str = "(spec)";

/// Reads both organisations and prints the spec.
///
/// # Errors
/// Keys that are missing, organisations that cannot be read, or a federation of which only a person can say what is meant.
pub async fn run(args: &Init, operator: Option<&Path>, ui: &mut Ui) -> Result<Exit, Failure> {
    args.out.as_deref().map_or(Ok(()), is_free)?;
    let path = args.out.clone().unwrap_or_else(|| PathBuf::from(UNNAMED));
    let head = head(args);
    let source = Source::of(path.clone(), head.text());
    let spec = source.spec(ui)?;
    let file = OperatorFile::find(operator, &path, ui)?;
    let session = Session::of(source, spec, &Access::new(file, &config::key))?;
    let told = Told {
        routing_policy: args.routing_policy.as_deref().map(Into::into),
        routing_group: args.routing_group.as_deref().map(Into::into),
    };
    let (session, text) = taking_over(session, &head, &told, ui).await?;
    let plan = session.plan(ui).await?.plan;
    let text = text + &takeover::said(&plan);
    match &args.out {
        None => ui.out(&text)?,
        Some(out) => write(out, &text)?,
    }
    say(&plan, args.out.as_deref(), ui);
    Ok(Exit::Done)
}

/// Finds out what was made by hand, and goes on with the spec that takes it over, and its text.
async fn taking_over(
    mut session: Session,
    head: &Head,
    told: &Told,
    ui: &mut Ui,
) -> Result<(Session, String), Failure> {
    let step = |live: &_| takeover::objects(&session.spec, &session.terms, told, live);
    let (objects, live) = session.read_with_live(step, ui).await?;
    let objects = objects.map_err(|unclear| self::unclear(&unclear))?;
    say_of(&mut session, objects.text(head), ui)?;
    let step = |live: &_| takeover::people(&session.spec, &session.terms, &objects, live);
    let reader = Reader::going_on(&session.spec, live);
    let read = fedctl_engine::read_by(reader, &session.organizations, step, |progress| {
        ui.progress(&format!("reading: {} of {} requests", progress.answered, progress.known));
    });
    let (step, _) = read.await.map_err(|error| failure::read(&error, &session.spec, &session.keys))?;
    let draft = session.ready(step, ui)?.map_err(|unclear| self::unclear(&unclear))?;
    let text = draft.text(head);
    say_of(&mut session, text.clone(), ui)?;
    Ok((session, text))
}

/// From now on the spec says this, of the same organisations.
fn say_of(session: &mut Session, text: String, ui: &mut Ui) -> Result<(), Failure> {
    session.source = Source::of(session.source.path.clone(), text);
    session.spec = session.source.spec(ui)?;
    Ok(())
}

fn head(args: &Init) -> Head {
    let place = |organization: &Organization| Place {
        credentials: organization.credentials.as_str().into(),
        organization: organization.id.as_str().into(),
        region: organization.region.as_deref().map(Into::into),
    };
    let by_default = || format!("{}-to-{}", args.primary.credentials, args.secondary.credentials);
    Head {
        federation: args.federation.clone().unwrap_or_else(by_default).into(),
        primary: place(&args.primary),
        secondary: place(&args.secondary),
        sandbox: args.sandbox.as_deref().map(Into::into),
    }
}

/// What a plan of it comes to.
fn say(plan: &Plan, out: Option<&Path>, ui: &mut Ui) {
    let marks = plan.actions.iter().filter(|action| action.verb == fedctl_core::plan::Verb::Adopt).count();
    let others = plan.actions.len() - marks;
    let more = match (plan.refusals.len(), others) {
        (0, 0) => "nothing else".to_owned(),
        (0, others) => format!("{} besides, which the file names", count(others, "action", "actions")),
        (refused, _) => format!("is refused for {}, see the end of the file", count(refused, "reason", "reasons")),
    };
    let takes = format!("a plan of it takes over by {} and {more}\n", count(marks, "mark", "marks"));
    ui.say(&takes);
    match out {
        Some(out) => ui.say(&format!("look at it, and then at: fedctl plan {}\n", out.display())),
        None => ui.say("put it into a file, look at it, and then at its plan\n"),
    }
}

fn is_free(path: &Path) -> Result<(), Failure> {
    match std::fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Ok(_) | Err(_) => Err(Failure::new(Exit::Usage, format!("`{}` is there already", path.display()))
            .unwritten()
            .hint("name a file that is not there, or remove that one")),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    File::create_new(path)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Failure::new(Exit::Failed, format!("`{}` cannot be written", path.display())).because(&error))
}

/// Why no spec can be written.
fn unclear(unclear: &Unclear) -> Failure {
    let is_to_be_said = matches!(unclear, Unclear::Several { .. } | Unclear::NotAmong { .. });
    let exit = if is_to_be_said { Exit::Usage } else { Exit::Failed };
    Failure::new(exit, unclear.to_string()).unwritten().hint(unclear.hint())
}

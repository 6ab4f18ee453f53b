//! `fedctl sandbox`: two simulated organisations on this machine, until it is stopped.

use std::net::SocketAddr;
use std::path::Path;

use jumpcloud_sim::http;
use serde::Serialize;

use crate::args::Sandbox;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::simulated::world::{self, Opened};
use crate::ui::Ui;

/// What the sandbox says of itself, on one line.
#[derive(Serialize)]
struct Hello<'a> {
    simulated: bool,
    base_url: &'a str,
    organizations: &'a [Opened],
    /// Where it listens, when others reach it by a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    listening: Option<SocketAddr>,
    /// What `/__sim/` asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    bearer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    spec: Option<String>,
}

/// Serves until it is interrupted.
///
/// # Errors
/// An address that is taken or not on this machine, a world that cannot be read, a folder that cannot be written.
pub async fn run(args: &Sandbox, ui: &mut Ui) -> Result<Exit, Failure> {
    let options = options(args)?;
    let bearer = options.bearer.clone();
    let served = world::build(args)?;
    let listener = std::net::TcpListener::bind(args.listen).map_err(|error| {
        Failure::new(Exit::Failed, format!("the sandbox cannot listen on {}", args.listen))
            .because(&error)
            .hint("choose another port with --listen, or port 0 for any that is free")
    })?;
    let handle = http::serve(listener, served.world, options)
        .map_err(|error| Failure::new(Exit::Failed, "the sandbox cannot start").because(&error))?;
    let spec = match &args.write_spec {
        Some(folder) => Some(write_spec(folder, handle.base_url(), &served.organizations)?),
        None => None,
    };
    let hello = Hello {
        simulated: true,
        base_url: handle.base_url(),
        organizations: &served.organizations,
        listening: bearer.as_ref().map(|_| handle.address()),
        bearer,
        spec: spec.as_ref().map(|(spec, _)| spec.clone()),
    };
    let stop = stop()?;
    ui.out(&format!("{}\n", serde_json::to_string(&hello).unwrap_or_default()))?;
    ui.say(&format!("SIMULATED: serving {} until it is stopped with Ctrl-C\n", handle.base_url()));
    if let Some((spec, keys)) = spec {
        ui.say(&format!("in another terminal:\n    . {keys}\n    fedctl plan {spec}\n"));
    }
    stop.await;
    handle.stop().await?;
    Ok(Exit::Done)
}

/// Who can reach the sandbox.
fn options(args: &Sandbox) -> Result<http::Options, Failure> {
    match &args.expose {
        Some(host) => Ok(http::Options::exposed(host)),
        None if args.listen.ip().is_loopback() => Ok(http::Options::default()),
        None => Err(Failure::new(Exit::Usage, format!("the sandbox does not listen on {}", args.listen.ip())).hint(
            "it holds keys and passwords in clear and is for this machine alone: use 127.0.0.1 or [::1], or say with \
             --expose by which name other machines reach it",
        )),
    }
}

/// Ctrl-C, or the signal that service managers send: listened for before anybody is told that the sandbox is there.
#[cfg(unix)]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ctrl-C.
#[cfg(not(unix))]
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _: std::io::Result<()> = tokio::signal::ctrl_c().await;
    })
}

/// Writes the spec and the keys; gives their paths.
fn write_spec(folder: &Path, base_url: &str, organizations: &[Opened]) -> Result<(String, String), Failure> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).map(|()| path.display().to_string())
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| {
            Ok((
                write("demo.yaml", &world::spec(base_url, organizations))?,
                write("keys.env", &world::exports(organizations))?,
            ))
        })
        .map_err(|error| {
            Failure::new(Exit::Failed, format!("nothing can be written into `{}`", folder.display())).because(&error)
        })
}

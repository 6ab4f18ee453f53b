//! `fedctl sandbox`: two simulated organisations on this machine, until it is stopped.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use jumpcloud_sim::http;
use jumpcloud_sim::proxy::{self, Proxy};
use serde::Serialize;
use tempfile::TempDir;

use crate::args::Sandbox;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::private;
use crate::signals::Signals;
use crate::simulated::settings;
use crate::simulated::world::{self, Opened};
use crate::ui::Ui;

/// The public half of the proxy's authority; the other is nowhere.
const CERTIFICATE: &str = "jumpcloud-simulated-ca.pem";

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
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<Environment>,
}

/// What leads a program through the proxy, by the variables that programs look at.
#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Environment {
    https_proxy: String,
    ssl_cert_file: String,
}

/// Serves until it is interrupted, or prints the settings there are.
///
/// # Errors
/// An address that is taken or not on this machine, a world that cannot be read, a folder that cannot be written.
pub async fn run(args: &Sandbox, ui: &mut Ui) -> Result<Exit, Failure> {
    if args.list_settings {
        ui.out(&settings::listing())?;
        return Ok(Exit::Done);
    }
    let options = options(args)?;
    let bearer = options.bearer.clone();
    let listener = listener(args.listen, "--listen")?;
    let proxy_listener = args.proxy.map(|address| own_listener(address, "--proxy=")).transpose()?;
    let base_url = options.base_url.clone().map_or_else(|| Ok(format!("http://{}", listener.local_addr()?)), Ok);
    let served = world::build(args, &base_url.map_err(|error: std::io::Error| no_start(&error))?)?;
    let handle = http::serve(listener, served.world, options).map_err(|error| no_start(&error))?;
    let proxied = proxy_listener.map(|listener| Proxied::serve(listener, &handle)).transpose()?;
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
        proxy: proxied.as_ref().map(Proxied::environment),
    };
    // Listened for before anybody is told that the sandbox is there.
    let mut signals = Signals::listen()?;
    ui.out(&format!("{}\n", serde_json::to_string(&hello).unwrap_or_default()))?;
    ui.say(&format!("SIMULATED: serving {} until it is stopped with Ctrl-C\n", handle.base_url()));
    if let Some((spec, keys)) = spec {
        ui.say(&format!("in another terminal:\n    . {keys}\n    fedctl plan {spec}\n"));
    }
    if let Some(Environment { https_proxy, ssl_cert_file }) = &hello.proxy {
        ui.say(&format!(
            "for programs that know JumpCloud by its own names, which then reach nothing else over HTTPS:\n    \
             export HTTPS_PROXY={https_proxy}\n    export SSL_CERT_FILE={ssl_cert_file}\n"
        ));
    }
    signals.asked().await;
    if let Some(proxied) = proxied {
        proxied.proxy.stop().await?;
    }
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

/// A listener that only this machine reaches.
fn own_listener(address: SocketAddr, option: &str) -> Result<TcpListener, Failure> {
    if address.ip().is_loopback() {
        return listener(address, option);
    }
    Err(Failure::new(Exit::Usage, format!("the sandbox does not listen on {}", address.ip()))
        .hint("it holds keys and passwords in clear and is for this machine alone: use 127.0.0.1 or [::1]"))
}

fn listener(address: SocketAddr, option: &str) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).map_err(|error| {
        Failure::new(Exit::Failed, format!("the sandbox cannot listen on {address}"))
            .because(&error)
            .hint(format!("choose another port with {option}, or port 0 for any that is free"))
    })
}

/// A folder that nobody else can enter: whoever could replace the file in it would be the authority.
fn private_folder() -> std::io::Result<TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("fedctl-sandbox-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

fn no_start(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Failed, "the sandbox cannot start").because(error)
}

/// The proxy, and the folder with the certificate of its authority, which goes when the sandbox ends.
struct Proxied {
    proxy: Proxy,
    folder: TempDir,
}

impl Proxied {
    fn serve(listener: TcpListener, simulator: &http::Handle) -> Result<Self, Failure> {
        let proxy = proxy::serve(listener, simulator).map_err(|error| no_start(&error))?;
        let folder = private_folder()?;
        std::fs::write(folder.path().join(CERTIFICATE), proxy.authority())?;
        Ok(Self { proxy, folder })
    }

    fn environment(&self) -> Environment {
        Environment {
            https_proxy: self.proxy.url(),
            ssl_cert_file: self.folder.path().join(CERTIFICATE).display().to_string(),
        }
    }
}

/// Writes the spec and the keys; gives their paths.
fn write_spec(folder: &Path, base_url: &str, organizations: &[Opened]) -> Result<(String, String), Failure> {
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        private::write(&path, text.as_bytes()).map(|()| path.display().to_string())
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

//! The HTTP face: a [`World`] on a loopback port, with the OAuth issuer, the sign-in pages and `/__sim/`.
//!
//! Everything that JumpCloud spreads over several hosts answers on one port and is told apart by path. The server is a
//! thin shell: a request is read, answered by one synchronous function and written, and the world is locked only
//! inside it. What the API means is left to the world; what is decided here is what needs a key or a browser. Under the
//! names of the service itself, the feature `proxy` leads here too.

mod clock;
mod control;
mod directory;
pub(crate) mod face;
mod fields;
mod gate;
mod html;
mod issuer;
mod keys;
mod memory;
mod pages;
mod portal;
mod relying;
mod wire;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::keys::KeyError;
use crate::{Host, Region, World};

/// What may be different from a plain server on loopback.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where people and clients reach the server, without a trailing slash; `http://` and the listener's address if absent.
    pub base_url: Option<String>,
    /// `Host` headers, in lower case, that are accepted beside the loopback literals, such as `sim.example:8480`.
    pub hosts: Vec<String>,
    /// What `/__sim/` asks for as a bearer token; a listener that is not on loopback needs one.
    pub bearer: Option<String>,
}

impl Options {
    /// For a server that others reach by a name, such as `sim.example:8480`: the `Host` they send. `/__sim/` gets a bearer
    /// token that nobody can guess.
    pub fn exposed(host: &str) -> Self {
        let host = host.to_ascii_lowercase();
        Self { base_url: Some(format!("http://{host}")), hosts: vec![host], bearer: Some(keys::unguessable()) }
    }
}

/// Why there is no server.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener cannot be used.
    #[error("the listener cannot be used")]
    Listener(#[from] io::Error),
    /// The listener is reachable from other machines, and nothing guards `/__sim/`.
    #[error("{0} is not a loopback address: that needs a bearer token for `/__sim/`")]
    Exposed(SocketAddr),
    /// The issuer has no key.
    #[error("the issuer has no key to sign with")]
    Key(#[from] KeyError),
}

/// A running server. Dropping it stops it without waiting.
pub struct Handle {
    address: SocketAddr,
    pub(crate) shared: Arc<Shared>,
    /// Nothing is ever sent: the server stops when this is gone.
    stop: watch::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl fmt::Debug for Handle {
    /// Leaves the world out: it may be large, and somebody may hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("base_url", &self.shared.base_url).finish_non_exhaustive()
    }
}

impl Handle {
    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server is reached, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    /// The world that the server answers from, for tests in the same process. It goes by the names under which it was asked
    /// last, which matters only where there is a proxy.
    pub fn world(&self) -> Arc<Mutex<World>> {
        Arc::clone(&self.shared.world)
    }

    /// Takes no more requests, finishes those that came, and returns.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.server.await.map_err(io::Error::other)?
    }
}

/// What a request is answered from, under the names by which it came in. A clone is the same simulator.
#[derive(Clone)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    issuer: issuer::Issuer,
    portal: Arc<portal::Portal>,
    options: Options,
    names: Names,
    clock: Arc<clock::Clock>,
    gate: Arc<gate::Gate>,
    stop: watch::Receiver<()>,
    /// Where the server is reached, without a trailing slash.
    base_url: String,
}

/// What a simulator is called by those who ask it.
#[derive(Clone)]
pub(crate) struct Names {
    /// The `Host` headers that are right, in lower case.
    pub(crate) hosts: Vec<String>,
    /// Which of the service's hosts they are; where one port plays all of them, the path tells.
    pub(crate) host: Option<Host>,
    /// The region that they belong to; one port plays all of them.
    pub(crate) region: Option<Region>,
    /// The identifier of the region's issuer, with its last slash \[observed\].
    pub(crate) issuer: String,
    /// All issuers that are played here, by their regions.
    pub(crate) issuers: Vec<(Option<Region>, String)>,
    /// Where the portal is, without a trailing slash.
    pub(crate) portal: String,
}

impl Shared {
    /// The world, for the time of one synchronous call. A panic while somebody held it is theirs; every call of the
    /// world leaves it whole, so the others go on.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        // It answers by the names that it was asked by.
        world.asked = self.names.region;
        if world.issuer() != self.names.issuer {
            world.set_issuer(&self.names.issuer);
        }
        let callback = self.callback();
        if world.login_callback() != callback {
            world.set_login_callback(&callback);
        }
        world
    }

    /// Returns when the server is told to stop.
    async fn stopped(&self) {
        // Nothing is ever sent, so what comes is the end of the sender.
        let _ = self.stop.clone().changed().await;
    }

    /// The same simulator under other names.
    pub(crate) fn under(&self, names: Names) -> Self {
        Self { names, ..self.clone() }
    }

    /// The same with another of its issuers, if this URL is one; a last slash makes no difference.
    fn at_issuer(&self, url: &str) -> Option<Self> {
        let is_it = |(_, issuer): &&(_, String)| issuer.trim_end_matches('/') == url.trim_end_matches('/');
        let (region, issuer) = self.names.issuers.iter().find(is_it)?.clone();
        Some(self.under(Names { region, issuer, ..self.names.clone() }))
    }

    /// Where a provider sends a person back to. `[doc: how-to]` has `https://login.jumpcloud.com/oauth/callback`.
    fn callback(&self) -> String {
        format!("{}/oauth/callback", self.names.portal)
    }
}

/// Serves a world on a bound listener until the handle stops it. Must be called inside a tokio runtime.
///
/// The world's issuer and callback are set to this server's.
pub fn serve(listener: TcpListener, world: World, options: Options) -> Result<Handle, ServeError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() && options.bearer.is_none() {
        return Err(ServeError::Exposed(address));
    }
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let base_url = options.base_url.clone().unwrap_or_else(|| base_url_of(address));
    let (stop, stopped) = watch::channel(());
    let shared = Arc::new(Shared {
        world: Arc::new(Mutex::new(world)),
        issuer: issuer::Issuer::new()?,
        portal: Arc::default(),
        names: names(&base_url, address.port(), &options),
        options,
        clock: Arc::default(),
        gate: Arc::default(),
        stop: stopped,
        base_url,
    });
    drop(shared.world());

    let ended = Arc::clone(&shared);
    let service = face::router(Arc::clone(&shared)).into_make_service_with_connect_info::<wire::Fuse>();
    let server = axum::serve(wire::Wires(listener), service);
    let server = server.with_graceful_shutdown(async move { ended.stopped().await });
    let server = tokio::spawn(async move { server.await });
    Ok(Handle { address, shared, stop, server })
}

/// The names of a port that plays all hosts. Beside those that are allowed, the `Host` header must be a loopback literal:
/// anything else may be a page of some other site whose name was made to point at 127.0.0.1.
fn names(base_url: &str, port: u16, options: &Options) -> Names {
    let literals = ["127.0.0.1", "[::1]", "localhost"];
    let without_port = literals.iter().filter(|_| port == 80).map(|&name| name.to_owned());
    let with_port = literals.iter().map(|name| format!("{name}:{port}"));
    let issuer = format!("{base_url}/");
    Names {
        hosts: with_port.chain(without_port).chain(options.hosts.iter().cloned()).collect(),
        host: None,
        region: None,
        issuers: vec![(None, issuer.clone())],
        issuer,
        portal: base_url.to_owned(),
    }
}

/// The listener's address as a URL; for one that listens everywhere, the address by which it knows itself.
fn base_url_of(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

//! The HTTP face: a [`World`] on a loopback port, with the OAuth issuer, the sign-in pages and `/__sim/`.
//!
//! Everything that JumpCloud spreads over several hosts answers on one port and is told apart by path. The server is a
//! thin shell: a request is read, answered by one synchronous function and written, and the world is locked only
//! inside it. What the API means is left to the world; what is decided here is what needs a key or a browser.

mod clock;
mod control;
mod directory;
mod face;
mod fields;
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
use crate::World;

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
    base_url: String,
    world: Arc<Mutex<World>>,
    /// Nothing is ever sent: the server stops when this is gone.
    stop: watch::Sender<()>,
    server: JoinHandle<io::Result<()>>,
}

impl fmt::Debug for Handle {
    /// Leaves the world out: it may be large, and somebody may hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Handle {
    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the server is reached, without a trailing slash.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The world that the server answers from, for tests in the same process.
    pub fn world(&self) -> Arc<Mutex<World>> {
        Arc::clone(&self.world)
    }

    /// Takes no more requests, finishes those that came, and returns.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        self.server.await.map_err(io::Error::other)?
    }
}

/// What a request is answered from.
pub(crate) struct Shared {
    pub(crate) world: Arc<Mutex<World>>,
    pub(crate) issuer: issuer::Issuer,
    pub(crate) portal: portal::Portal,
    pub(crate) options: Options,
    clock: clock::Clock,
    stop: watch::Receiver<()>,
    /// Where the server is reached, without a trailing slash.
    pub(crate) base_url: String,
    pub(crate) port: u16,
}

impl Shared {
    /// The world, for the time of one synchronous call. A panic while somebody held it is theirs; every call of the
    /// world leaves it whole, so the others go on.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns when the server is told to stop.
    async fn stopped(&self) {
        // Nothing is ever sent, so what comes is the end of the sender.
        let _ = self.stop.clone().changed().await;
    }

    /// Tells a world where it is reached: its issuer and the callback of its portal.
    pub(crate) fn settle(&self, world: &mut World) {
        world.set_issuer(&self.issuer.url);
        world.set_login_callback(&self.callback());
    }

    /// Where a provider sends a person back to. `[doc: how-to]` has `https://login.jumpcloud.com/oauth/callback`.
    pub(crate) fn callback(&self) -> String {
        format!("{}/oauth/callback", self.base_url)
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
    let world = Arc::new(Mutex::new(world));
    let (stop, stopped) = watch::channel(());
    let shared = Arc::new(Shared {
        world: Arc::clone(&world),
        issuer: issuer::Issuer::new(&base_url)?,
        portal: portal::Portal::default(),
        options,
        clock: clock::Clock::default(),
        stop: stopped,
        base_url: base_url.clone(),
        port: address.port(),
    });
    shared.settle(&mut shared.world());

    let ended = Arc::clone(&shared);
    let service = face::router(shared).into_make_service_with_connect_info::<wire::Fuse>();
    let server = axum::serve(wire::Wires(listener), service);
    let server = server.with_graceful_shutdown(async move { ended.stopped().await });
    let server = tokio::spawn(async move { server.await });
    Ok(Handle { address, base_url, world, stop, server })
}

/// The listener's address as a URL; for one that listens everywhere, the address by which it knows itself.
fn base_url_of(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    format!("http://{address}")
}

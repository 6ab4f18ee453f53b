//! An HTTPS proxy that plays the hosts of the service, for programs that have their names built in.
//!
//! It takes `CONNECT` to a host and port of the service, ends TLS with a certificate of an authority that was made for
//! this run, and hands what is inside to the simulator. There is no code here that opens a connection, so a program
//! behind it reaches nothing else.

mod authority;
mod sites;
mod tunnel;

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use self::authority::AuthorityError;
use crate::http;

/// Why there is no proxy.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// The listener cannot be used.
    #[error("the listener cannot be used")]
    Listener(#[from] io::Error),
    /// The listener is reachable from other machines.
    #[error("{0} is not a loopback address: the proxy is for this machine alone")]
    Exposed(SocketAddr),
    /// There are no certificates.
    #[error("no certificate could be made")]
    Authority(#[from] AuthorityError),
}

/// A running proxy. Dropping it stops it without waiting.
pub struct Proxy {
    address: SocketAddr,
    authority: String,
    stop: watch::Sender<()>,
    servers: [JoinHandle<io::Result<()>>; 2],
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Proxy {
    /// Where the proxy listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What `HTTPS_PROXY` is to be.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The certificate of the authority, in PEM form: what the file that `SSL_CERT_FILE` names is to hold. It is good for
    /// names of `jumpcloud.com` only and for a week, and its key is gone already.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Takes no more requests, finishes those that came, and returns.
    pub async fn stop(self) -> io::Result<()> {
        drop(self.stop);
        for server in self.servers {
            server.await.map_err(io::Error::other)??;
        }
        Ok(())
    }
}

/// Serves the proxy of a simulator on a bound listener until it is stopped. Must be called inside a tokio runtime.
///
/// # Errors
/// A listener that cannot be used or is not on loopback, a machine that makes no certificates.
pub fn serve(listener: TcpListener, simulator: &http::Handle) -> Result<Proxy, ProxyError> {
    let address = listener.local_addr()?;
    if !address.ip().is_loopback() {
        return Err(ProxyError::Exposed(address));
    }
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let (authority, certified) = authority::certified(sites::names())?;
    let (stop, stopped) = watch::channel(());
    let (entrance, exit) = tunnel::tunnels(Arc::clone(&simulator.shared), certified);
    let servers = [
        tokio::spawn(axum::serve(listener, entrance).with_graceful_shutdown(until(stopped.clone())).into_future()),
        tokio::spawn(axum::serve(exit, tunnel::inside()).with_graceful_shutdown(until(stopped)).into_future()),
    ];
    Ok(Proxy { address, authority, stop, servers })
}

/// Until the proxy is stopped or dropped: nothing is ever sent.
async fn until(mut stopped: watch::Receiver<()>) {
    let _ = stopped.changed().await;
}

//! From `CONNECT` to a request that the simulator answers.

use std::fmt;
use std::future::pending;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::connect_info::{Connected, IntoMakeServiceWithConnectInfo};
use axum::extract::{ConnectInfo, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use hyper::ext::ReasonPhrase;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;

use super::sites;
use crate::http::{Names, Shared, face};

/// How many connections may wait to be served.
const WAITING: usize = 64;

/// What a tunnel carries, decrypted.
type Plain = TlsStream<TokioIo<Upgraded>>;

/// The simulator as the host that a tunnel leads to.
#[derive(Clone)]
pub(super) struct Site(Arc<Shared>);

/// Where tunnels begin.
#[derive(Clone)]
struct Entrance {
    simulator: Arc<Shared>,
    tls: TlsAcceptor,
    out: mpsc::Sender<(Plain, Site)>,
}

/// Where they end: what comes out is served like connections from a network.
pub(super) struct Exit(mpsc::Receiver<(Plain, Site)>);

/// Both ends of the tunnels to a simulator.
pub(super) fn tunnels(simulator: Arc<Shared>, tls: Arc<ServerConfig>) -> (Router, Exit) {
    let (out, exit) = mpsc::channel(WAITING);
    let entrance = Entrance { simulator, tls: tls.into(), out };
    (Router::new().fallback(enter).with_state(entrance), Exit(exit))
}

/// What answers the requests that come out of a tunnel.
pub(super) fn inside() -> IntoMakeServiceWithConnectInfo<Router, Site> {
    let answer = |ConnectInfo(Site(shared)): ConnectInfo<Site>, request: Request| async move {
        face::respond(&shared, request).await
    };
    Router::new().fallback(answer).into_make_service_with_connect_info()
}

async fn enter(State(entrance): State<Entrance>, request: Request) -> Response {
    let names = match destination(request.method(), request.uri().authority()) {
        Ok(names) => names,
        Err(sentence) => return refused(sentence),
    };
    let site = Site(Arc::new(entrance.simulator.under(names)));
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        // Whoever goes away, or does not believe the certificate, has said so; there is nobody else to tell.
        if let Ok(plain) = decrypted(upgrade, &entrance.tls).await {
            let _ = entrance.out.send((plain, site)).await;
        }
    });
    marked(Response::new(Body::empty()))
}

/// Where a request wants to go, or why it does not get there.
fn destination(method: &Method, authority: Option<&Authority>) -> Result<Names, &'static str> {
    let authority = authority.filter(|_| method == Method::CONNECT);
    let authority = authority.ok_or("this is a proxy for https alone: it takes CONNECT, and no plain http")?;
    if authority.port_u16() != Some(443) {
        return Err("this proxy of a simulator leads to port 443 alone");
    }
    sites::find(authority.host())
        .ok_or("this proxy of a simulator leads to hosts of JumpCloud alone, and to nothing else")
}

async fn decrypted(upgrade: OnUpgrade, tls: &TlsAcceptor) -> io::Result<Plain> {
    let upgraded = upgrade.await.map_err(io::Error::other)?;
    tls.accept(TokioIo::new(upgraded)).await
}

/// A refusal whose sentence is in the status line too: most clients show nothing else of a proxy's answer.
fn refused(sentence: &'static str) -> Response {
    let mut response = Response::new(Body::from(format!("{sentence}\n")));
    *response.status_mut() = StatusCode::FORBIDDEN;
    response.headers_mut().insert("content-type", HeaderValue::from_static("text/plain; charset=utf-8"));
    if let Ok(reason) = ReasonPhrase::try_from(sentence.as_bytes()) {
        response.extensions_mut().insert(reason);
    }
    marked(response)
}

/// Never to be mistaken for a proxy that leads out.
fn marked(mut response: Response) -> Response {
    response.headers_mut().insert(HeaderName::from_static("x-fedctl-sim"), HeaderValue::from_static("1"));
    response
}

impl fmt::Debug for Site {
    /// Leaves the simulator out: it may be large.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site").finish_non_exhaustive()
    }
}

impl Connected<IncomingStream<'_, Exit>> for Site {
    fn connect_info(stream: IncomingStream<'_, Exit>) -> Self {
        stream.remote_addr().clone()
    }
}

impl Listener for Exit {
    type Io = Plain;
    type Addr = Site;

    async fn accept(&mut self) -> (Plain, Site) {
        match self.0.recv().await {
            Some(tunnel) => tunnel,
            // The entrance is closed for good.
            None => pending().await,
        }
    }

    /// A tunnel's end has no address; nothing asks for it.
    fn local_addr(&self) -> io::Result<Site> {
        Err(io::ErrorKind::AddrNotAvailable.into())
    }
}

//! Connections that can be told to end in the middle of an answer.

use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// No end is planned.
const ENDLESS: u64 = u64::MAX;

/// How many bytes a connection still writes before it ends.
#[derive(Debug, Clone)]
pub(super) struct Fuse(Arc<AtomicU64>);

impl Fuse {
    fn new() -> Self {
        Self(Arc::new(AtomicU64::new(ENDLESS)))
    }

    /// Has the connection end after so many bytes.
    pub(super) fn light(&self, bytes: u64) {
        self.0.store(bytes, Ordering::Relaxed);
    }

    /// What may still be written of `wanted` bytes.
    fn left(&self, wanted: usize) -> io::Result<usize> {
        match self.0.load(Ordering::Relaxed) {
            0 => Err(io::ErrorKind::ConnectionReset.into()),
            left => Ok(wanted.min(usize::try_from(left).unwrap_or(usize::MAX))),
        }
    }

    fn is_lit(&self) -> bool {
        self.0.load(Ordering::Relaxed) != ENDLESS
    }

    fn burn(&self, bytes: usize) {
        if self.is_lit() {
            self.0.fetch_sub(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
        }
    }
}

/// Accepts connections with a fuse.
pub(super) struct Wires(pub(super) TcpListener);

impl Listener for Wires {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // A page is written in several pieces, and the last of them must not wait for somebody's acknowledgement.
        let _: io::Result<()> = stream.set_nodelay(true);
        (Wire { stream, fuse: Fuse::new() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, Wires>> for Fuse {
    fn connect_info(stream: IncomingStream<'_, Wires>) -> Self {
        stream.io().fuse.clone()
    }
}

/// A connection with a fuse.
pub(super) struct Wire {
    stream: TcpStream,
    fuse: Fuse,
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let left = self.fuse.left(bytes.len())?;
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..left]);
        if let Poll::Ready(Ok(written)) = written {
            self.fuse.burn(written);
        }
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.fuse.is_lit() {
            let first = pieces.iter().find(|piece| !piece.is_empty()).map_or(&[][..], |piece| &**piece);
            return self.poll_write(cx, first);
        }
        Pin::new(&mut self.stream).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

//! The connections of the server, which a fault can cut.
//!
//! In: a bound listener. Out: connections, each with a [`ConnectionControl`] that its requests carry. A
//! connection that was cut refuses the next byte that is to be sent, and its client sees a reset.
//! It must never let a reset hit another connection, or a connection that was not cut.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// Accepts connections that can be cut.
pub(super) struct ControlledListener(pub(super) TcpListener);

/// One connection.
pub(super) struct Connection {
    stream: TcpStream,
    link: ConnectionControl,
}

/// A way to cut one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct ConnectionControl(Arc<AtomicBool>);

impl ConnectionControl {
    /// Ends the connection with the next byte that is to be sent.
    pub(super) fn cut(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn is_cut(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Listener for ControlledListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        // Of axum's trait: it goes on after errors.
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Small replies must not wait for an acknowledgement; a failure costs speed only.
        let _ = stream.set_nodelay(true);
        (Connection { stream, link: ConnectionControl::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, ControlledListener>> for ConnectionControl {
    fn connect_info(stream: IncomingStream<'_, ControlledListener>) -> Self {
        stream.io().link.clone()
    }
}

impl Connection {
    /// The stream, as long as it may be written to.
    fn writable(&mut self) -> io::Result<Pin<&mut TcpStream>> {
        if self.link.is_cut() {
            // So that closing it sends a reset, and not an orderly end.
            self.stream.set_zero_linger()?;
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(Pin::new(&mut self.stream))
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writable()?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writable()?.poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

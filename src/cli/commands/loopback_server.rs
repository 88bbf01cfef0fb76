//! A server on loopback that can be stopped: responses in progress are completed, but slow clients do
//! not delay it. [`BoundedListener`] limits the number and the age of connections.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Sleep;

/// The time limit for responses in progress when the server stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) struct LoopbackServer {
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl LoopbackServer {
    pub(crate) fn start<L: Listener<Addr: std::fmt::Debug>>(socket: L, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(socket, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        // It never fails: an error of a connection ends that connection only.
        let server = tokio::spawn(async { server.await.unwrap_or_default() });
        Self { stop, server }
    }

    /// Accepts no more connections, and waits for the responses in progress.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        let _ = tokio::time::timeout(STOP_TIMEOUT, self.server).await;
    }
}

/// A listener for short requests. Clients that hold connections open delay others for a limited time.
pub(crate) struct BoundedListener {
    socket: TcpListener,
    permits: Arc<Semaphore>,
    max_age: Duration,
}

impl BoundedListener {
    pub(crate) fn new(socket: TcpListener, max_connections: usize, max_age: Duration) -> Self {
        Self { socket, permits: Arc::new(Semaphore::new(max_connections)), max_age }
    }
}

impl Listener for BoundedListener {
    type Io = BoundedConnection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (BoundedConnection, SocketAddr) {
        // The semaphore is never closed.
        let permit = Arc::clone(&self.permits).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.socket).await;
        let end = Box::pin(tokio::time::sleep(self.max_age));
        (BoundedConnection { stream, end, _permit: permit }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// A connection that times out when it is too old.
pub(crate) struct BoundedConnection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl BoundedConnection {
    fn stream(&mut self, context: &mut Context<'_>) -> io::Result<Pin<&mut TcpStream>> {
        match self.end.as_mut().poll(context) {
            Poll::Ready(()) => Err(io::ErrorKind::TimedOut.into()),
            Poll::Pending => Ok(Pin::new(&mut self.stream)),
        }
    }
}

impl AsyncRead for BoundedConnection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream(context)?.poll_read(context, buffer)
    }
}

impl AsyncWrite for BoundedConnection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream(context)?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream(context)?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream(context)?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::body::Bytes;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_slow_client_does_not_delay_the_stop() {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let server = LoopbackServer::start(socket, Router::new().fallback(async |_: Bytes| ()));
        let mut slow_client = TcpStream::connect(address).await.unwrap();
        let head =
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
        slow_client.write_all(head).await.unwrap();
        let mut response = [0; 12];
        slow_client.read_exact(&mut response).await.unwrap();
        assert_eq!(&response, b"HTTP/1.1 100");
        server.stop().await;
    }

    /// With slow clients on all connections, the next client waits until these are too old.
    #[tokio::test]
    async fn clients_that_hold_connections_open_lose_them() {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let listener = BoundedListener::new(socket, 2, Duration::from_millis(200));
        let server = LoopbackServer::start(listener, Router::new().fallback(async || "served"));
        let mut slow = Vec::new();
        for _ in 0..5 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"GET / HT").await.unwrap();
            slow.push(client);
        }
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut response = String::new();
        client.read_to_string(&mut response).await.unwrap();
        assert!(response.ends_with("served"), "{response}");
        for mut client in slow {
            // It is closed, with or without a response of the HTTP library.
            let _ = client.read_to_end(&mut Vec::new()).await;
        }
        server.stop().await;
    }
}

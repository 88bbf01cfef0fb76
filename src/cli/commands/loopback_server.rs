//! A server on loopback that ends when it is told to: answers under way get there, and whoever
//! dawdles is not waited for. [`BoundedListener`] bounds the number and the age of connections.

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

/// How long an answer may be on its way.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server at work.
pub(crate) struct Serving {
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Serving {
    /// Begins to serve.
    pub(crate) fn begin<L: Listener<Addr: std::fmt::Debug>>(socket: L, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(socket, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        // It fails at no time: what goes wrong with a connection ends that one.
        let server = tokio::spawn(async { server.await.unwrap_or_default() });
        Self { stop, server }
    }

    /// Takes no more connections, and waits for the answers to those that there are.
    pub(crate) async fn end(self) {
        drop(self.stop);
        let _ = tokio::time::timeout(PATIENCE, self.server).await;
    }
}

/// A listener for requests that take a moment. A client that holds a connection open loses it, and
/// many such clients delay others only that long.
pub(crate) struct BoundedListener {
    socket: TcpListener,
    free: Arc<Semaphore>,
    max_age: Duration,
}

impl BoundedListener {
    /// Takes this number of connections at once, each for `max_age` at most.
    pub(crate) fn new(socket: TcpListener, max_connections: usize, max_age: Duration) -> Self {
        Self { socket, free: Arc::new(Semaphore::new(max_connections)), max_age }
    }
}

impl Listener for BoundedListener {
    type Io = BoundedConnection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (BoundedConnection, SocketAddr) {
        // Nobody closes the semaphore. Without a permit the connection is bounded in age only.
        let permit = Arc::clone(&self.free).acquire_owned().await.ok();
        let (stream, address) = Listener::accept(&mut self.socket).await;
        let end = Box::pin(tokio::time::sleep(self.max_age));
        (BoundedConnection { stream, end, _permit: permit }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }
}

/// A connection that fails when it is too old.
pub(crate) struct BoundedConnection {
    stream: TcpStream,
    end: Pin<Box<Sleep>>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl BoundedConnection {
    /// The stream, until the connection is too old.
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
    async fn who_dawdles_is_not_waited_for() {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let serving = Serving::begin(socket, Router::new().fallback(async |_: Bytes| ()));
        let mut dawdler = TcpStream::connect(address).await.unwrap();
        let head =
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n";
        dawdler.write_all(head).await.unwrap();
        let mut said = [0; 12];
        dawdler.read_exact(&mut said).await.unwrap();
        assert_eq!(&said, b"HTTP/1.1 100");
        serving.end().await;
    }

    /// Slow clients on all connections: the next client waits until they are too old.
    #[tokio::test]
    async fn clients_that_hold_connections_open_lose_them() {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = socket.local_addr().unwrap();
        let listener = BoundedListener::new(socket, 2, Duration::from_millis(200));
        let serving = Serving::begin(listener, Router::new().fallback(async || "served"));
        let mut slow = Vec::new();
        for _ in 0..5 {
            let mut client = TcpStream::connect(address).await.unwrap();
            client.write_all(b"GET / HT").await.unwrap();
            slow.push(client);
        }
        let mut client = TcpStream::connect(address).await.unwrap();
        let request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        client.write_all(request).await.unwrap();
        let mut said = String::new();
        client.read_to_string(&mut said).await.unwrap();
        assert!(said.ends_with("served"), "{said}");
        for mut client in slow {
            // It is closed, with or without an answer of the HTTP library.
            let _ = client.read_to_end(&mut Vec::new()).await;
        }
        serving.end().await;
    }
}

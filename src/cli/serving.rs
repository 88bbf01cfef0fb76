//! A server on loopback that ends when it is told to: answers under way get there, and whoever
//! dawdles is not waited for.

use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// How long an answer may be on its way.
const PATIENCE: Duration = Duration::from_secs(2);

/// A server at work.
pub(super) struct Serving {
    stop: oneshot::Sender<()>,
    server: JoinHandle<()>,
}

impl Serving {
    /// Begins to serve.
    pub(super) fn begin(socket: TcpListener, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let server = axum::serve(socket, router).with_graceful_shutdown(async {
            let _ = stopped.await;
        });
        // It fails at no time: what goes wrong with a connection ends that one.
        let server = tokio::spawn(async { server.await.unwrap_or_default() });
        Self { stop, server }
    }

    /// Takes no more connections, and waits for the answers to those that there are.
    pub(super) async fn end(self) {
        drop(self.stop);
        let _ = tokio::time::timeout(PATIENCE, self.server).await;
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
}

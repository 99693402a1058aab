//! The socket and the task that serves it. A driver: it decides nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{interval, timeout};

use super::probe::ServerProbe;

/// The address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ListenError {
    /// Another program has it.
    #[error(
        "{addr} is in use by another program, perhaps another Callwright. Stop that one, or choose another port with \
         --listen or CALLWRIGHT_LISTEN, for example --listen {}:{}",
        addr.ip(), addr.port().wrapping_add(1).max(1024)
    )]
    InUse {
        /// The address.
        addr: SocketAddr,
    },
    /// The system says no.
    #[error(
        "{addr} cannot be listened on: {cause}. Choose another address with --listen or CALLWRIGHT_LISTEN."
    )]
    Refused {
        /// The address.
        addr: SocketAddr,
        /// What the system says.
        cause: io::Error,
    },
}

impl ListenError {
    pub(crate) fn new(addr: SocketAddr, cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::AddrInUse => Self::InUse { addr },
            _ => Self::Refused { addr, cause },
        }
    }
}

/// Takes hold of the address; connections wait until the doors open.
pub(crate) async fn listen(addr: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(addr).await.map_err(|cause| ListenError::new(addr, cause))
}

/// What is measured grows until somebody looks; this looks where nobody scrapes.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);
/// How long connections may take to end in good order.
const CLOSE_MAX: Duration = Duration::from_secs(2);

/// The open doors.
#[derive(Debug)]
pub(super) struct Doors {
    close: Option<oneshot::Sender<()>>,
    serving: JoinHandle<io::Result<()>>,
    upkeep: JoinHandle<()>,
}

impl Doors {
    pub(super) fn open(listener: TcpListener, routes: Router, probe: Arc<ServerProbe>) -> Self {
        let (close, closed) = oneshot::channel::<()>();
        // A packet of sound that waits for an acknowledgement comes 40 ms late.
        let listener = listener.tap_io(|stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "a connection ended before it was served");
            }
        });
        let serving = axum::serve(listener, routes).with_graceful_shutdown(async {
            // Closed in so many words or dropped: both mean close.
            drop(closed.await);
        });
        let serving = tokio::spawn(serving.into_future());
        let upkeep = tokio::spawn(async move {
            let mut turns = interval(UPKEEP_EVERY);
            loop {
                turns.tick().await;
                probe.upkeep();
            }
        });
        Self { close: Some(close), serving, upkeep }
    }

    /// Takes no more connections, and lets those that are open end in good order.
    pub(super) async fn close(mut self) {
        drop(self.close.take());
        match timeout(CLOSE_MAX, &mut self.serving).await {
            Ok(Ok(Ok(()))) => {}
            Ok(Ok(Err(error))) => tracing::error!(%error, "the doors had broken"),
            Ok(Err(_)) => tracing::error!("the doors' task had panicked"),
            Err(_) => tracing::debug!("connections were cut at the end"),
        }
    }
}

impl Drop for Doors {
    fn drop(&mut self) {
        self.serving.abort();
        self.upkeep.abort();
    }
}

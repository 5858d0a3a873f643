//! Serving until the process is asked to stop, and then being gone soon.

use std::{future::pending, io, time::Duration};

use axum::Router;
use sse_runtime::Drain;
use tokio::{net::TcpListener, select, signal, sync::oneshot, time::sleep};

use crate::connections::Connections;

/// How long clients may take to close their connections. Whoever stops a process mostly
/// kills it soon after.
const GRACE: Duration = Duration::from_millis(1_500);

/// Every open stream hears `sse.bye` with the reason `drain` and ends, every other request
/// gets its answer; what is still open after the grace is cut.
pub(crate) async fn serve_until_asked(
    listener: TcpListener,
    app: Router,
    drain: Drain,
) -> io::Result<()> {
    let connections = Connections::default();
    let (stop, stopping) = oneshot::channel();
    let served =
        axum::serve(listener, connections.services(app)).with_graceful_shutdown(async move {
            tracing::info!("asked to stop by {}, streams end", asked_to_stop().await);
            drain.start();
            let _nobody_waits = stop.send(());
        });
    let too_late = async {
        match stopping.await {
            Ok(()) => sleep(GRACE).await,
            // Not asked to stop, but served to the end.
            Err(_) => pending().await,
        }
    };
    select! {
        ended = served => ended,
        () = too_late => {
            tracing::warn!(connections = connections.count(), "still open after {GRACE:?}, cut");
            Ok(())
        }
    }
}

/// Waits until somebody wants the process to end, and says who.
async fn asked_to_stop() -> &'static str {
    select! {
        () = interrupted() => "Ctrl-C",
        () = terminated() => "SIGTERM",
    }
}

async fn interrupted() {
    if let Err(error) = signal::ctrl_c().await {
        tracing::warn!(%error, "Ctrl-C is not heard");
        pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    match signal::unix::signal(signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            terminate.recv().await;
        }
        Err(error) => {
            tracing::warn!(%error, "SIGTERM is not heard");
            pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn terminated() {
    pending::<()>().await;
}

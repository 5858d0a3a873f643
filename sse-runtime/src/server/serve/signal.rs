//! What mostly ends a server.

use std::future::pending;

use tokio::{select, signal};

/// Waits until the process is asked to end: by Ctrl-C, or by SIGTERM where there is such a thing,
/// which is what service managers and containers send.
///
/// For [`Serve::shutdown_on`](super::Serve::shutdown_on). While it is awaited the process is not ended by these
/// signals, nor is it later: tokio keeps them for the rest of the process. So a second one during
/// the drain does nothing, which ends by itself; what runs after the server should end soon.
pub async fn stop_signal() {
    let by = select! {
        () = interrupted() => "Ctrl-C",
        () = terminated() => "SIGTERM",
    };
    tracing::info!("asked to stop by {by}");
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

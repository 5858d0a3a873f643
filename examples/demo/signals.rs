//! Who asks the process to end.

use std::future::pending;

use tokio::{select, signal};

/// Waits until somebody wants the process to end, and logs who.
pub(crate) async fn asked_to_stop() {
    let who = select! {
        () = interrupted() => "Ctrl-C",
        () = terminated() => "SIGTERM",
    };
    tracing::info!("asked to stop by {who}, streams end");
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

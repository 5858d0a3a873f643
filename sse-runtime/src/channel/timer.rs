//! The timer of a channel's linger: one for all its listeners, and only while something comes.

use std::sync::Arc;

use tokio::time::sleep;

use super::core::Core;

/// Runs until a linger passes in which nothing came.
pub(super) fn start(core: &Arc<Core>) {
    let running = Running { core: Some(Arc::clone(core)) };
    // Dropped where there is no runtime: what would linger is then shown at once.
    let Some(runtime) = core.rules.runtime() else { return };
    let _detached = runtime.spawn(run(running));
}

async fn run(mut running: Running) {
    while let Some(core) = &running.core {
        sleep(core.rules.linger).await;
        match core.seam.ring() {
            Some(wake) => wake.wake(),
            None => running.core = None,
        }
    }
}

/// A timer that is not over. A runtime that shuts down drops it, and what it was to show would
/// stay hidden for ever.
struct Running {
    core: Option<Arc<Core>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(core) = &self.core {
            core.seam.lose_timer().wake();
        }
    }
}

//! What the proxy counts, and how a test waits for it.

use std::time::Duration;

use tokio::{net::TcpStream, sync::watch, time::timeout};

/// Longer than anything takes that works.
const PATIENCE: Duration = Duration::from_secs(20);

/// What there has been and is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    pub(super) connections: usize,
    pub(super) open: usize,
    pub(super) struck: usize,
}

/// Where it is kept. Clones are of the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(watch::Sender<Counts>);

impl Ledger {
    pub(super) fn counts(&self) -> Counts {
        *self.0.borrow()
    }

    /// Counts a connection, and its client for as long as it is kept.
    pub(super) fn accept(&self, socket: TcpStream) -> Client {
        self.0.send_modify(|counts| {
            counts.connections += 1;
            counts.open += 1;
        });
        Client { socket, entry: Entry(self.clone()) }
    }

    /// Waits until the counts are as they are `wanted`, and fails the test if they do not
    /// become so.
    #[allow(clippy::panic, reason = "a test may fail")]
    pub(super) async fn wait(&self, wanted: &str, until: impl FnMut(&Counts) -> bool) {
        let mut counts = self.0.subscribe();
        let is_late = timeout(PATIENCE, counts.wait_for(until)).await.is_err();
        if is_late {
            panic!("still not {wanted} after {PATIENCE:?}: {:?}", self.counts());
        }
    }
}

/// The socket of a client. Closed first and counted off then, so that whoever reads the counts
/// never sees fewer than there are.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) socket: TcpStream,
    pub(super) entry: Entry,
}

/// That a client counts as open.
#[derive(Debug)]
pub(super) struct Entry(Ledger);

impl Entry {
    /// Counts a fault that has happened.
    pub(super) fn strike(&self) {
        self.0.0.send_modify(|counts| counts.struck += 1);
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.0.send_modify(|counts| counts.open -= 1);
    }
}

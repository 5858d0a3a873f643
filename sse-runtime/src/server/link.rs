//! What a stream and the connection that carries it tell each other.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use super::line::Line;
use crate::names::Reason;

/// What a connection is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// To end after what is under way.
    Finish,
    /// To end.
    Cut,
}

/// One connection of [`serve`](crate::serve()), as its parts know it: its socket, its clocks,
/// its streams. Under HTTP/2 each stream has one of its own.
#[derive(Debug, Default)]
pub(super) struct Link {
    /// What its server says to the connection.
    pub(super) line: Line<Word>,
    /// Why it was cut from here, if it was: a stream that is dropped without an end of its own
    /// would otherwise say that the client left.
    fault: OnceLock<Reason>,
    /// Whether it is to be closed after the response that is under way.
    closing: AtomicBool,
    /// Whether a stream of it has longer than a drain gives.
    graced: AtomicBool,
    /// How often something was read.
    reads: AtomicU64,
    /// That of the connection, where this is the one of a stream.
    whole: Option<Arc<Self>>,
}

impl Link {
    /// That of one stream of a connection.
    pub(super) fn of(whole: &Arc<Self>) -> Self {
        Self { whole: Some(Arc::clone(whole)), ..Self::default() }
    }

    pub(super) fn cut(&self, reason: Reason) {
        let _first = self.fault.set(reason);
    }

    pub(super) fn fault(&self) -> Option<Reason> {
        let whole = || self.whole.as_ref().and_then(|whole| whole.fault());
        self.fault.get().copied().or_else(whole)
    }

    pub(super) fn close(&self) {
        self.closing.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Remembers a stream that has longer than a drain gives.
    pub(super) fn grant(&self) {
        self.graced.store(true, Ordering::Relaxed);
        if let Some(whole) = &self.whole {
            whole.grant();
        }
    }

    pub(super) fn has_grace(&self) -> bool {
        self.graced.load(Ordering::Relaxed)
    }

    pub(super) fn has_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

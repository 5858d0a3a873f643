//! What a stream and the connection that carries it tell each other.

use std::sync::{
    Arc, Mutex, MutexGuard, OnceLock, PoisonError,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

use metrics::Histogram;
use tokio::time::Instant;

use super::{line::Line, streams::Slot, write_clock::WriteClock};
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
#[repr(C)] // what every delivery asks for comes first, and so lies together in memory
pub(super) struct Link {
    /// How long writes take; none where nobody keeps it. In place: a line of memory of its own
    /// would be fetched for each delivery.
    writes: OnceLock<WriteClock>,
    /// Whether a stream of it has said its last, so that a flush need not look.
    has_ending: AtomicBool,
    /// Whether it is to be closed after the response that is under way.
    closing: AtomicBool,
    is_over: AtomicBool,
    /// What its server says to the connection.
    pub(super) line: Line<Word>,
    /// Why it was cut from here, if it was: a stream that is dropped without an end of its own
    /// would otherwise say that the client left.
    fault: OnceLock<Reason>,
    /// How many streams of it have longer than a drain gives.
    graced: AtomicU32,
    /// The place of that stream.
    ending: Mutex<Option<Box<Slot>>>,
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
        if let Some(whole) = &self.whole {
            whole.close();
        }
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Relaxed)
    }

    /// Remembers a stream that has longer than a drain gives, for as long as it is there.
    pub(super) fn grant(self: &Arc<Self>) -> Grant {
        let whole = Arc::clone(self.whole.as_ref().unwrap_or(self));
        whole.graced.fetch_add(1, Ordering::Relaxed);
        Grant(whole)
    }

    /// Whether the connection has one.
    pub(super) fn has_grace(&self) -> bool {
        self.whole.as_deref().unwrap_or(self).graced.load(Ordering::Relaxed) > 0
    }

    /// Keeps the place of a stream that has said its last, until that has left. Until then it
    /// is open: a reader that does not read is not gone because the end was written for it.
    ///
    /// A stream of HTTP/2 keeps its place itself: that the connection was flushed says nothing
    /// about it.
    pub(super) fn keep(&self, slot: &mut Option<Slot>) {
        let mut ending = self.ending();
        // Nor where the connection is gone, because nothing would free it.
        if self.whole.is_some() || self.is_over.load(Ordering::Relaxed) {
            return;
        }
        let slot = slot.take();
        let before = std::mem::replace(&mut *ending, slot.map(Box::new));
        self.has_ending.store(true, Ordering::Relaxed);
        drop(ending);
        drop(before);
    }

    /// Everything that was written has left.
    pub(super) fn has_flushed(&self) {
        if self.has_ending.load(Ordering::Relaxed) {
            self.has_ending.store(false, Ordering::Relaxed);
            self.free();
        }
    }

    /// The connection is gone.
    pub(super) fn has_gone(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.free();
    }

    fn free(&self) {
        let slot = self.ending().take();
        drop(slot);
    }

    /// Nothing is left half-done under this lock.
    fn ending(&self) -> MutexGuard<'_, Option<Box<Slot>>> {
        self.ending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connection, which from now on tells how long what it is given takes to the socket.
    pub(super) fn timed(self: &Arc<Self>, histogram: impl FnOnce() -> Histogram) -> Arc<Self> {
        let whole = self.whole.as_ref().unwrap_or(self);
        whole.writes.get_or_init(|| WriteClock::new(histogram()));
        Arc::clone(whole)
    }

    /// Bytes are given to the connection.
    pub(super) fn hands_over(&self, now: Instant) {
        if let Some(clock) = self.writes.get() {
            clock.start(now);
        }
    }

    /// The socket has taken all that was offered.
    pub(super) fn has_written(&self) {
        if let Some(clock) = self.writes.get() {
            clock.stop();
        }
    }

    pub(super) fn has_read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn reads(&self) -> u64 {
        self.reads.load(Ordering::Relaxed)
    }
}

/// That a stream has longer than a drain gives.
#[derive(Debug)]
pub(super) struct Grant(Arc<Link>);

impl Drop for Grant {
    fn drop(&mut self) {
        self.0.graced.fetch_sub(1, Ordering::Relaxed);
    }
}

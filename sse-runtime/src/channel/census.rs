//! The channels of the process, for whoever wants to see all of them.
//!
//! Kept as weak handles, one for each hub and for each channel that is in none: a channel of a hub
//! costs nothing here, and nothing is kept alive. Whoever looks goes through them some at a time,
//! so that no lock is held for long.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, Weak,
    atomic::{AtomicU64, Ordering::Relaxed},
};

use super::{core::Core, hub, name::ChannelName};
use crate::log::{Appended, Refused};

static CENSUS: Mutex<Census> = Mutex::new(Census { hubs: Sparse::new(), channels: Sparse::new() });
static NUMBERS: AtomicU64 = AtomicU64::new(1);
/// How many events were published on channels that are gone.
static GONE: AtomicU64 = AtomicU64::new(0);

/// How many channels are looked at under one lock.
const LOOKS: usize = 512;
/// As many handles as are never worth a search for dead ones.
const FEW: usize = 64;

struct Census {
    hubs: Sparse<hub::Shared>,
    channels: Sparse<Core>,
}

/// Weak handles, some of which are dead.
struct Sparse<T> {
    handles: Vec<Weak<T>>,
    /// How many there may be before the dead ones are let go: twice as many as lived the last
    /// time, so that each new one pays for two looks.
    most: usize,
}

/// What a channel knows of itself beside its log.
#[derive(Debug)]
pub(super) struct Count {
    /// Tells it from every other one of the process.
    number: u64,
    /// How many events were published, ephemeral ones included: what the metrics count as stored.
    published: AtomicU64,
    /// Whether it is not shown.
    is_hidden: bool,
}

/// A channel at a moment.
#[derive(Debug, Clone)]
pub(crate) struct ChannelReading {
    /// Tells it from every other one of the process.
    pub(crate) number: u64,
    /// None outside of a hub.
    pub(crate) name: Option<ChannelName>,
    /// The event type, as the program calls it.
    pub(crate) event: &'static str,
    pub(crate) sources: &'static [&'static str],
    pub(crate) published: u64,
    /// The number of the newest event.
    pub(crate) head: u64,
    /// The number of the newest event that was shown to readers.
    pub(crate) shown: u64,
    /// The number of the oldest event that a reader may resume at; one above the head where none
    /// is kept.
    pub(crate) first: u64,
    /// How many bytes are kept.
    pub(crate) bytes: u64,
    pub(crate) listeners: usize,
    pub(crate) has_ended: bool,
}

/// A walk through all channels.
#[derive(Debug)]
pub(crate) struct Walk {
    /// Where in the hub, or in the list of channels that are in none, it stands.
    at: usize,
    hub: Option<Weak<hub::Shared>>,
    hubs: Vec<Weak<hub::Shared>>,
}

pub(super) fn add(core: &Arc<Core>) {
    lock().channels.add(core);
}

pub(super) fn add_hub(hub: &Arc<hub::Shared>) {
    lock().hubs.add(hub);
}

/// How many events were published on channels that are gone.
pub(crate) fn published_before() -> u64 {
    GONE.load(Relaxed)
}

/// Nothing is left half-done under this lock.
fn lock() -> MutexGuard<'static, Census> {
    CENSUS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Walk {
    pub(crate) fn begin() -> Self {
        Self { at: 0, hub: None, hubs: lock().hubs.handles.clone() }
    }

    fn some(&mut self) -> Option<Vec<Arc<Core>>> {
        loop {
            let found = match &self.hub {
                None => lock().channels.some(self.at, LOOKS),
                Some(hub) => hub.upgrade().map(|hub| hub.some(self.at, LOOKS)).unwrap_or_default(),
            };
            self.at += LOOKS;
            if !found.is_empty() {
                return Some(found);
            }
            (self.at, self.hub) = (0, Some(self.hubs.pop()?));
        }
    }
}

/// Some channels at a time. One that comes or moves meanwhile may be met twice or not at all.
impl Iterator for Walk {
    type Item = Vec<ChannelReading>;

    fn next(&mut self) -> Option<Self::Item> {
        let cores = self.some()?;
        Some(cores.iter().filter(|core| !core.count.is_hidden).map(|core| core.reading()).collect())
    }
}

impl<T> Sparse<T> {
    const fn new() -> Self {
        Self { handles: Vec::new(), most: FEW }
    }

    fn add(&mut self, handle: &Arc<T>) {
        if self.handles.len() >= self.most {
            self.handles.retain(|handle| handle.strong_count() > 0);
            self.most = FEW.max(2 * self.handles.len());
        }
        self.handles.push(Arc::downgrade(handle));
    }

    /// Those that live among so many from there on; none only where there are no more.
    fn some(&self, from: usize, most: usize) -> Vec<Arc<T>> {
        let mut found = Vec::new();
        for handle in self.handles.iter().skip(from) {
            found.extend(handle.upgrade());
            if found.len() == most {
                break;
            }
        }
        found
    }
}

impl Count {
    /// That of a new channel.
    pub(super) fn new(is_hidden: bool) -> Self {
        let number = NUMBERS.fetch_add(1, Relaxed);
        Self { number, published: AtomicU64::new(0), is_hidden }
    }

    /// Something was appended, or not. To be called under the lock of the channel: one counts at a
    /// time, and so a load and a store do, which cost a tenth of an addition that is atomic.
    pub(super) fn appended(&self, appended: &Result<Appended, Refused>) {
        if appended.as_ref().is_ok_and(|appended| !appended.duplicate) {
            self.came(1);
        }
    }

    /// The same of so many that came from a store, whoever published them.
    pub(super) fn came(&self, events: usize) {
        self.published.store(self.published.load(Relaxed) + events as u64, Relaxed);
    }

    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    pub(super) const fn is_hidden(&self) -> bool {
        self.is_hidden
    }
}

impl Drop for Count {
    /// What was published does not become less because a channel goes.
    fn drop(&mut self) {
        if !self.is_hidden {
            GONE.fetch_add(*self.published.get_mut(), Relaxed);
        }
    }
}

impl Core {
    /// The channel as it is now. Nothing is let go by looking.
    fn reading(&self) -> ChannelReading {
        let published = self.count.published.load(Relaxed);
        let (glance, listeners) = self.seam.with(|ring, listeners| (ring.glance(), listeners));
        ChannelReading {
            number: self.count.number,
            name: self.name().cloned(),
            event: self.rules.figures.stream(),
            sources: self.sources(),
            published,
            head: glance.head,
            shown: glance.shown,
            first: glance.first,
            bytes: glance.bytes,
            listeners,
            has_ended: glance.has_ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dead_handles_are_let_go() {
        let mut sparse = Sparse::new();
        let living: Vec<_> = (0..10).map(Arc::new).collect();
        living.iter().for_each(|handle| sparse.add(handle));
        for number in 0..10_000 {
            sparse.add(&Arc::new(number));
        }
        assert!(sparse.handles.len() <= FEW, "{}", sparse.handles.len());
        assert_eq!(sparse.some(0, 100), living);
    }

    #[test]
    fn many_that_live_are_all_kept_and_found_some_at_a_time() {
        let mut sparse = Sparse::new();
        let living: Vec<_> = (0..1_000).map(Arc::new).collect();
        living.iter().for_each(|handle| sparse.add(handle));
        let (first, rest) = (sparse.some(0, 512), sparse.some(512, 512));
        assert_eq!((first.len(), rest.len(), sparse.some(1_024, 512).len()), (512, 488, 0));
    }
}

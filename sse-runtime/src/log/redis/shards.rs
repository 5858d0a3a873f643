//! Which logs are open, and how far the tails of their shards were read.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use tokio::sync::watch;

use super::log::Log;

/// The open logs by name. Two hubs may have the same one open.
#[derive(Debug)]
pub(super) struct Shards {
    state: Mutex<State>,
    /// Changes when there is one more tail to follow.
    grown: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    logs: HashMap<Arc<str>, Vec<Weak<Log>>>,
    shards: BTreeMap<u16, Shard>,
}

#[derive(Debug, Default)]
struct Shard {
    open: usize,
    read: Option<Read>,
}

/// How far a tail was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    /// The last entry.
    pub(super) id: String,
    /// Which one that was, of all that the tail ever had.
    pub(super) count: u64,
}

impl Shards {
    pub(super) fn new() -> Self {
        Self { state: Mutex::default(), grown: watch::Sender::new(0) }
    }

    /// A log is there from now on. Says whether its tail is being followed already.
    pub(super) fn enter(&self, log: &Arc<Log>) -> bool {
        let mut state = self.lock();
        state.logs.entry(Arc::clone(&log.name)).or_default().push(Arc::downgrade(log));
        let shard = state.shards.entry(log.keys.shard).or_default();
        shard.open += 1;
        shard.read.is_some()
    }

    /// A log is dropped.
    pub(super) fn leave(&self, name: &str, shard: u16) {
        let mut state = self.lock();
        if let Some(logs) = state.logs.get_mut(name) {
            logs.retain(|log| log.strong_count() > 0);
            if logs.is_empty() {
                state.logs.remove(name);
            }
        }
        if let Some(of_shard) = state.shards.get_mut(&shard) {
            of_shard.open -= 1;
            if of_shard.open == 0 {
                state.shards.remove(&shard);
            }
        }
    }

    /// The tail of a shard is to be followed from here on, if it is not yet. Says whether it was
    /// not.
    pub(super) fn follow(&self, shard: u16, from: Read) -> bool {
        let mut state = self.lock();
        let Some(of_shard) = state.shards.get_mut(&shard) else { return false };
        let is_first = of_shard.read.is_none();
        of_shard.read.get_or_insert(from);
        drop(state);
        if is_first {
            self.grown.send_modify(|times| *times += 1);
        }
        is_first
    }

    /// A tail was read so far. Says whether nothing was left out.
    pub(super) fn read(&self, shard: u16, to: Read) -> bool {
        let mut state = self.lock();
        let Some(read) = state.shards.get_mut(&shard).and_then(|shard| shard.read.as_mut()) else {
            return true;
        };
        let is_next = to.count == read.count + 1;
        *read = to;
        is_next
    }

    /// The tails that are followed, and how far they were read.
    pub(super) fn followed(&self) -> Vec<(u16, String)> {
        let state = self.lock();
        let read =
            |(&number, shard): (&u16, &Shard)| Some((number, shard.read.as_ref()?.id.clone()));
        state.shards.iter().filter_map(read).collect()
    }

    /// Changes when there is one more tail to follow.
    pub(super) fn grown(&self) -> watch::Receiver<u64> {
        self.grown.subscribe()
    }

    /// The open logs of this name.
    pub(super) fn named(&self, name: &str) -> Vec<Arc<Log>> {
        self.lock().logs.get(name).map_or_else(Vec::new, |logs| upgrade(logs))
    }

    /// The open logs, of one shard or of all.
    pub(super) fn open(&self, shard: Option<u16>) -> Vec<Arc<Log>> {
        let logs: Vec<Arc<Log>> =
            self.lock().logs.values().flat_map(|logs| upgrade(logs)).collect();
        // Sorted out where the lock is free: the last one who holds a log enters here to leave.
        logs.into_iter().filter(|log| shard.is_none_or(|shard| log.keys.shard == shard)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn upgrade(logs: &[Weak<Log>]) -> Vec<Arc<Log>> {
    logs.iter().filter_map(Weak::upgrade).collect()
}

//! A store that counts the batches of the one behind it.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use sse_runtime::{
    names::Backend,
    store::{
        Appended, LogFeed, NewEvent, Page, Retention, SqliteStore, Store, StoreFuture, StoredLog,
    },
};

/// Events of one batch have one sync, and no two batches take the same number of nanoseconds.
type Syncs = Arc<Mutex<HashSet<Duration>>>;

#[derive(Debug)]
pub(crate) struct Counting {
    store: Arc<SqliteStore>,
    syncs: Syncs,
}

#[derive(Debug)]
struct CountingLog {
    log: Arc<dyn StoredLog>,
    syncs: Syncs,
}

impl Counting {
    pub(crate) fn new(store: Arc<SqliteStore>) -> Self {
        Self { store, syncs: Syncs::default() }
    }

    pub(crate) fn batches(&self) -> usize {
        self.syncs.lock().expect("no panic").len().max(1)
    }
}

impl Store for Counting {
    fn backend(&self) -> Backend {
        self.store.backend()
    }

    fn open<'a>(
        &'a self,
        name: &'a str,
        keep: Retention,
        feed: LogFeed,
    ) -> StoreFuture<'a, Arc<dyn StoredLog>> {
        Box::pin(async move {
            let log = self.store.open(name, keep, feed).await?;
            Ok(Arc::new(CountingLog { log, syncs: Arc::clone(&self.syncs) }) as Arc<dyn StoredLog>)
        })
    }

    fn contains<'a>(&'a self, name: &'a str) -> StoreFuture<'a, bool> {
        self.store.contains(name)
    }

    fn is_up(&self) -> bool {
        self.store.is_up()
    }
}

impl StoredLog for CountingLog {
    fn append(&self, event: NewEvent) -> StoreFuture<'_, Appended> {
        Box::pin(async move {
            let appended = self.log.append(event).await?;
            self.syncs.lock().expect("no panic").insert(appended.sync);
            Ok(appended)
        })
    }

    fn read(&self, from: u64, most: usize) -> StoreFuture<'_, Page> {
        self.log.read(from, most)
    }
}

//! A store in one file: SQLite, written by one thread that syncs many events at once.

mod fault;
mod file;
mod log;
mod rows;
mod schema;
mod writer;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use self::{
    fault::fault,
    file::File,
    writer::{Append, Ask, Open, Writer},
};
use super::store::{
    Appended, LogFeed, NewEvent, Page, Retention, Store, StoreError, StoreFuture, StoredLog,
};
use crate::names::Backend;

/// How many publishers wait in the queue at most; those beyond wait for room in it.
const QUEUE: usize = 4_096;

/// A store in a file of SQLite (feature `sqlite`): what it acknowledged survives the process and
/// the machine's loss of power, as far as the disk keeps its word.
///
/// One process writes to a file at a time. Publishers wait for the sync of the batch that their
/// event is in (`synchronous=FULL`, write-ahead log), and everything that waits meanwhile is in
/// the next one: the more publish at once, the more events a sync carries.
///
/// Each event has a checksum, and so what the disk returns is what was written, or an error. The
/// structure of the file is checked when it is opened; of a large one in the background.
///
/// ```
/// use sse_runtime::{ChannelConfig, ChannelName, Hub, SseEvent, store::SqliteStore};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     Left(u32),
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = std::env::temp_dir().join(format!("sse-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder)?;
/// # let path = folder.join("inventory.db");
/// let hub = Hub::with_store(ChannelConfig::new(), SqliteStore::open(path)?)?;
/// let channel = hub.get_or_create(&ChannelName::new("shop", "inventory")?)?;
/// let published = channel.publish(&InventoryEvent::Left(7)).await?;
/// assert_eq!(published.position.seq(), 1);
/// # std::fs::remove_dir_all(folder)?;
/// # Ok(())
/// # }
/// ```
pub struct SqliteStore {
    shared: Arc<Shared>,
}

/// What the store and its logs have in common.
struct Shared {
    path: PathBuf,
    asks: Option<mpsc::Sender<Ask>>,
    is_up: Arc<AtomicBool>,
    /// A connection to read by: the writer has its own.
    reader: Mutex<Option<Connection>>,
    thread: Option<JoinHandle<()>>,
}

impl SqliteStore {
    /// Opens the file, or makes it. Blocks while it is checked: for start, and not for a handler.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] if another process has it, [`StoreError::Corrupt`] if it is damaged
    /// (move it away, with what SQLite keeps beside it, to begin anew: every reader is then told
    /// `reset`), [`StoreError::Unusable`] if it cannot be a file of this store.
    pub fn open(path: impl AsRef<Path>) -> Result<Arc<Self>, StoreError> {
        let file = File::lock(path.as_ref())?;
        let (asks, asked) = mpsc::channel(QUEUE);
        let is_up = Arc::new(AtomicBool::new(true));
        let writer = Writer::open(file, Arc::clone(&is_up))?;
        let path = writer.path().to_owned();
        let thread = std::thread::Builder::new()
            .name("sse-sqlite".into())
            .spawn(move || writer.run(asked))
            .map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let shared = Shared {
            path,
            asks: Some(asks),
            is_up,
            reader: Mutex::new(None),
            thread: Some(thread),
        };
        Ok(Arc::new(Self { shared: Arc::new(shared) }))
    }
}

impl Shared {
    /// Asks the writer. It answers also where it goes away: then there is nothing to be had.
    async fn ask<T>(
        &self,
        ask: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Ask,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("its thread has ended".into());
        let (answer, answered) = oneshot::channel();
        let asks = self.asks.as_ref().ok_or_else(gone)?;
        asks.send(ask(answer)).await.map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Reads, on a thread that may wait for the disk.
    async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(self);
        let reading = tokio::task::spawn_blocking(move || {
            let mut reader = shared.reader.lock().unwrap_or_else(PoisonError::into_inner);
            let connection = match reader.take() {
                Some(connection) => connection,
                None => schema::open_to_read(&shared.path)?,
            };
            let read = read(&connection);
            if !matches!(read, Err(StoreError::Unavailable(_) | StoreError::Corrupt(_))) {
                *reader = Some(connection);
            }
            read
        });
        reading.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }
}

impl Drop for Shared {
    /// Waits until what was asked for is done, and the file is free for whoever opens it next.
    fn drop(&mut self) {
        self.asks = None;
        let Some(thread) = self.thread.take() else { return };
        // The last handle of a channel may go on the writer's own thread.
        if thread.thread().id() != std::thread::current().id() {
            let _ended = thread.join();
        }
    }
}

impl Store for SqliteStore {
    fn backend(&self) -> Backend {
        Backend::Sqlite
    }

    fn open<'a>(
        &'a self,
        name: &'a str,
        keep: Retention,
        feed: LogFeed,
    ) -> StoreFuture<'a, Arc<dyn StoredLog>> {
        Box::pin(async move {
            let log: Arc<str> = name.into();
            let name = name.to_owned();
            let ask = |answer| Ask::Open(Open { name, keep, feed, answer });
            self.shared.ask(ask).await?;
            Ok(Arc::new(SqliteLog { name: log, shared: Arc::clone(&self.shared) })
                as Arc<dyn StoredLog>)
        })
    }

    fn contains<'a>(&'a self, name: &'a str) -> StoreFuture<'a, bool> {
        let name = name.to_owned();
        Box::pin(async move {
            self.shared
                .read(move |connection| {
                    rows::find_log(connection, &name).map(|found| found.is_some()).map_err(fault)
                })
                .await
        })
    }

    fn is_up(&self) -> bool {
        self.shared.is_up.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("path", &self.shared.path)
            .field("is_up", &self.is_up())
            .finish_non_exhaustive()
    }
}

/// One log of the file.
struct SqliteLog {
    name: Arc<str>,
    shared: Arc<Shared>,
}

impl StoredLog for SqliteLog {
    fn append(&self, event: NewEvent) -> StoreFuture<'_, Appended> {
        let log = Arc::clone(&self.name);
        Box::pin(self.shared.ask(move |answer| Ask::Append(Append { log, event, answer })))
    }

    fn read(&self, from: u64, most: usize) -> StoreFuture<'_, Page> {
        let name = Arc::clone(&self.name);
        Box::pin(self.shared.read(move |connection| rows::page(connection, &name, from, most)))
    }
}

impl fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteLog").field("name", &self.name).finish_non_exhaustive()
    }
}

//! What a store promises.

use std::{fmt, pin::Pin, sync::Arc};

use super::{Appended, LogFeed, NewEvent, Page, Retention, StoreError};
use crate::names::Backend;

/// What a store answers in the end.
pub type StoreFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Something that keeps the logs of channels: a file, a server.
///
/// The application makes one and gives it to a [`Hub`](crate::Hub); from there on nothing calls
/// it but the hub. A channel keeps the newest events in memory as well, and so a store is asked
/// for what is older, for the next number, and for what others publish.
///
/// # What must be true of every store
///
/// 1. **One order.** The events of a log have the numbers 1, 2, 3 and so on, none left out and
///    none given twice for as long as the log keeps its epoch.
/// 2. **Acknowledged is kept.** [`append`](StoredLog::append) answers once the event is as safe as
///    the store says it can be. What that survives (the process, the machine, the loss of a
///    replica) is part of the store's own documentation.
/// 3. **Shown after that.** An event is given to the [`LogFeed`] after it is acknowledged, or in
///    the moment that it is, in the order of the numbers, each once; and before `append` answers
///    its publisher.
/// 4. **Once.** An event whose id is known is not stored again: the answer is where it stands. An
///    id is known for as long as its event is kept, and for two minutes at least.
/// 5. **Told after a loss.** A log that was lost begins anew with another epoch. One that lost its
///    end keeps the epoch only if every event has a random tag, which is kept with it: readers are
///    told by the tag. What happens under open channels is told by [`LogFeed::restart`].
/// 6. **Refused is refused.** After an error nobody sees the event. The one exception is
///    [`StoreError::Unknown`]: there nobody knows, and publishing it again with an id is safe.
/// 7. **Nothing wrong is served.** What cannot be read as it was written is an error.
///
/// The suite `testing::check_store` (feature `testing`) holds a store against these.
pub trait Store: fmt::Debug + Send + Sync + 'static {
    /// What metrics call it.
    fn backend(&self) -> Backend;

    /// Opens a log, or begins it. Before this resolves, and before it gives anything else, the
    /// store tells the feed where the log stands ([`LogFeed::begin`]).
    ///
    /// It may be dropped before it resolves, and the same channel asks again: a feed takes the
    /// place of one that [is the same](LogFeed::is_same).
    ///
    /// # Errors
    ///
    /// [`StoreError`]: nothing was opened, and it is tried again when somebody asks.
    fn open<'a>(
        &'a self,
        name: &'a str,
        keep: Retention,
        feed: LogFeed,
    ) -> StoreFuture<'a, Arc<dyn StoredLog>>;

    /// Whether there is a log of this name.
    ///
    /// # Errors
    ///
    /// [`StoreError`] if nobody can say.
    fn contains<'a>(&'a self, name: &'a str) -> StoreFuture<'a, bool>;

    /// Whether it works, as far as is known now: what `/readyz` answers. Asked often, so it looks
    /// at what was seen last and does not try.
    fn is_up(&self) -> bool;
}

/// One log of a [`Store`].
pub trait StoredLog: fmt::Debug + Send + Sync + 'static {
    /// Gives an event the next number and keeps it.
    ///
    /// # Errors
    ///
    /// [`StoreError`], and rule 6 of [`Store`].
    fn append(&self, event: NewEvent) -> StoreFuture<'_, Appended>;

    /// Reads events from this number on: `most` of them at most, fewer where they are large or
    /// where there are no more. Where the number is no longer kept it begins at the oldest.
    ///
    /// # Errors
    ///
    /// [`StoreError`]
    fn read(&self, from: u64, most: usize) -> StoreFuture<'_, Page>;
}

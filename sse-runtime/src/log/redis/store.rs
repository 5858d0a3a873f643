//! The store itself.

use std::{fmt, sync::Arc};

use redis::cmd;
use tokio::{sync::Semaphore, task::JoinHandle};

use super::{
    answer::View,
    config::RedisConfig,
    error::Fault,
    follow,
    keys::Keys,
    link::{self, Ask, Link},
    log::{Handle, Log},
    script::Scripts,
    shards::{Read, Shards},
};
use crate::{
    log::store::{LogFeed, Retention, Store, StoreError, StoreFuture, StoredLog},
    names::Backend,
};

/// How many logs are looked at in one moment.
const LOOKS: usize = 32;

/// Keeps the logs of channels on a Redis (6.2 or later) or Valkey server: what they remember
/// outlives the process, and all processes with one server are one. A reader may come back to
/// any of them.
///
/// The address is `redis://host:port/database`, or `rediss://` for TLS with the root certificates
/// of the system; `user:password@` in front of the host is a user of the server's ACL. The
/// address appears in no log line.
///
/// # What is safe when
///
/// Publishing answers once the server has the event, and what that means is the server's own
/// setting:
///
/// | `appendonly`, `appendfsync` | the server dies (`kill -9`) | the machine dies |
/// |---|---|---|
/// | `yes`, `always` | nothing is lost | nothing is lost |
/// | `yes`, `everysec` | nothing is lost | up to a second |
/// | `no` | all since the last snapshot | all since the last snapshot |
///
/// A replica that takes over lacks what had not reached it. Whatever is lost, every reader that
/// had seen some of it is told `reset`, when it comes back or while it listens. Memory must not be
/// freed behind the store's back: `maxmemory-policy` must be `noeviction`, or the store is refused.
///
/// # While the server is away
///
/// Readers stay. An event is sent again for [`RedisConfig::patience`], and stored once however
/// often it was sent; then its publisher is told [`Unavailable`](StoreError::Unavailable), or
/// [`Unknown`](StoreError::Unknown) where the server may have it. Everything comes back by itself.
///
/// ```no_run
/// use sse_runtime::{ChannelConfig, Hub, SseEvent, store::RedisStore};
///
/// #[derive(SseEvent)]
/// #[sse(source = "orders")]
/// enum OrderEvent {
///     Paid,
/// }
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let store = RedisStore::connect("redis://127.0.0.1:6379").await?;
/// let orders = Hub::<OrderEvent>::with_store(ChannelConfig::new(), store)?;
/// # Ok(())
/// # }
/// ```
pub struct RedisStore {
    shared: Arc<Shared>,
    follower: JoinHandle<()>,
}

/// What the store and its logs share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) link: Arc<Link>,
    pub(super) config: RedisConfig,
    pub(super) scripts: Scripts,
    pub(super) shards: Shards,
    /// How many logs may be looked at in this moment.
    pub(super) looks: Semaphore,
}

impl RedisStore {
    /// Connects, with every default of [`RedisConfig`].
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] if the server does not answer, [`StoreError::Unusable`] if it
    /// cannot be used: the address, who may enter, the version, `maxmemory-policy`.
    pub async fn connect(address: &str) -> Result<Arc<Self>, StoreError> {
        Self::connect_with(address, RedisConfig::new()).await
    }

    /// Connects.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); [`StoreError::Unusable`] lists what is wrong with the
    /// configuration.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use sse_runtime::store::{RedisConfig, RedisStore};
    ///
    /// let config = RedisConfig::new().namespace("shop");
    /// let store = RedisStore::connect_with("rediss://sse:secret@redis.example", config).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect_with(address: &str, config: RedisConfig) -> Result<Arc<Self>, StoreError> {
        config.check()?;
        let link = Arc::new(Link::new(link::client(address)?, config.clone()));
        link.ask_again::<()>(Ask::Command(&cmd("PING"))).await.map_err(Fault::into_error)?;
        let shared = Arc::new(Shared {
            link,
            config,
            scripts: Scripts::new(),
            shards: Shards::new(),
            looks: Semaphore::new(LOOKS),
        });
        let follower = tokio::spawn(follow::follow(Arc::clone(&shared)));
        Ok(Arc::new(Self { shared, follower }))
    }
}

impl Shared {
    /// Follows the tail of a shard from where it was when a log was opened. Says whether nothing
    /// of that log can have been missed.
    pub(super) fn follow(&self, shard: u16, view: &mut View) -> bool {
        let (id, count) = std::mem::take(&mut view.tail);
        self.shards.follow(shard, Read { id, count })
    }
}

impl Store for RedisStore {
    fn backend(&self) -> Backend {
        Backend::Redis
    }

    fn open<'a>(
        &'a self,
        name: &'a str,
        keep: Retention,
        feed: LogFeed,
    ) -> StoreFuture<'a, Arc<dyn StoredLog>> {
        Box::pin(async move {
            let log = Arc::new(Log::new(Arc::clone(&self.shared), name, keep, feed));
            log.open().await?;
            Ok(Arc::new(Handle(log)) as Arc<dyn StoredLog>)
        })
    }

    fn contains<'a>(&'a self, name: &'a str) -> StoreFuture<'a, bool> {
        Box::pin(async move {
            let config = &self.shared.config;
            let key = Keys::of(&config.namespace, config.shards, name, 0).meta;
            let exists = redis::Cmd::exists(key);
            self.shared.link.ask_again(Ask::Command(&exists)).await.map_err(Fault::into_error)
        })
    }

    fn is_up(&self) -> bool {
        self.shared.link.down_for().is_none()
    }
}

impl Drop for RedisStore {
    fn drop(&mut self) {
        self.follower.abort();
    }
}

impl fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisStore").field("link", &self.shared.link).finish_non_exhaustive()
    }
}

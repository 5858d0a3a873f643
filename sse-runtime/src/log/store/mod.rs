//! The contract of what keeps a channel's log beyond the process.

mod contract;
mod error;
mod event;
mod feed;
mod once;

#[cfg(feature = "redis")]
pub use super::redis::{RedisConfig, RedisStore};
#[cfg(feature = "sqlite")]
pub use super::sqlite::SqliteStore;
pub use contract::{Store, StoreFuture, StoredLog};
pub use error::StoreError;
pub use event::{Appended, LogState, NewEvent, Page, Retention, StoredEvent};
pub(crate) use feed::Follower;
pub use feed::LogFeed;
pub(crate) use once::{Nobody, Once};

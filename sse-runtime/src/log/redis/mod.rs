//! Logs that a Redis or Valkey server keeps.
//!
//! One script appends a batch of events to the stream of their channel and to the short tail of
//! its shard. Each process follows the tails of the shards that it has channels of, over one
//! connection, and shows what it finds there; what it published itself it shows when the server
//! has answered. [`chain`](chain::Chain) puts the two together: it takes what follows on what was
//! shown, by number and by tag, and nothing else. What does not follow makes the process
//! [look](look) at the log itself.

mod answer;
mod append;
mod chain;
mod check;
mod config;
mod error;
mod follow;
mod keys;
mod link;
mod log;
mod look;
mod packed;
mod script;
mod shards;
mod store;
mod tail;

pub use config::RedisConfig;
pub use store::RedisStore;

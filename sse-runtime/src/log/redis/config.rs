//! How a store on Redis is set up.

use std::time::Duration;

use crate::log::store::StoreError;

/// How a [`RedisStore`](super::RedisStore) uses its server. All processes that share one must
/// say the same namespace and the same number of shards.
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::store::RedisConfig;
///
/// let config = RedisConfig::new().namespace("shop").patience(Duration::from_secs(2));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedisConfig {
    pub(super) namespace: String,
    pub(super) shards: u16,
    pub(super) connect_timeout: Duration,
    pub(super) response_timeout: Duration,
    pub(super) patience: Duration,
    pub(super) tail: u32,
}

impl RedisConfig {
    /// Every default.
    #[must_use]
    pub fn new() -> Self {
        Self {
            namespace: "sse".into(),
            shards: 8,
            connect_timeout: Duration::from_secs(2),
            response_timeout: Duration::from_secs(2),
            patience: Duration::from_secs(4),
            tail: 1_024,
        }
    }

    /// What every key begins with, `sse` by default: 1 to 64 letters, digits and any of `.:_-`.
    #[must_use]
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        self.namespace = name.into();
        self
    }

    /// Over how many shards the channels are spread, 8 by default, 1,024 at most. Each has a tail
    /// of its own, which whoever has a channel of that shard reads whole. It is kept on the
    /// server, and another number is refused there.
    #[must_use]
    pub const fn shards(mut self, count: u16) -> Self {
        self.shards = count;
        self
    }

    /// How long it takes at most to connect, 2 seconds by default.
    #[must_use]
    pub const fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long an answer takes at most, 2 seconds by default: then the connection counts as
    /// broken.
    #[must_use]
    pub const fn response_timeout(mut self, time: Duration) -> Self {
        self.response_timeout = time;
        self
    }

    /// For how long an event is sent again where connections break, 4 seconds by default. Less than
    /// [`ChannelConfig::store_patience`](crate::ChannelConfig::store_patience), so that the error says
    /// more. Once the server has been away for that long, each event is tried once.
    #[must_use]
    pub const fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// How many entries the tail of a shard has, about 1,024 by default: so far may a process
    /// fall behind before it reads the streams of its channels instead. An entry is what one publish or
    /// several at once have added, and has 16 KiB at most.
    #[must_use]
    pub const fn tail(mut self, entries: u32) -> Self {
        self.tail = entries;
        self
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        let name = self.namespace.as_bytes();
        let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".:_-".contains(byte);
        let mut wrong = Vec::new();
        if name.is_empty() || name.len() > 64 || !name.iter().all(is_plain) {
            wrong.push("`namespace` takes 1 to 64 letters, digits and any of `.:_-`");
        }
        if self.shards == 0 || self.shards > 1_024 {
            wrong.push("`shards` is 1 to 1,024");
        }
        if self.connect_timeout.is_zero() || self.response_timeout.is_zero() {
            wrong.push("`connect_timeout` and `response_timeout` are longer than nothing");
        }
        if self.tail < 16 {
            wrong.push("`tail` is 16 or more");
        }
        if wrong.is_empty() { Ok(()) } else { Err(StoreError::Unusable(wrong.join("; "))) }
    }
}

impl Default for RedisConfig {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        assert_eq!(RedisConfig::new().check(), Ok(()));
        let wrong = RedisConfig::new().namespace("a{b}").shards(0).tail(1).check();
        let said = wrong.unwrap_err().to_string();
        for word in ["namespace", "shards", "tail"] {
            assert!(said.contains(word), "{said}");
        }
    }
}

//! Where what lies on the server.

use std::hash::Hasher as _;

/// The keys of one log. What stands in braces decides where a cluster keeps them: all that one
/// script touches lies together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keys {
    pub(super) shard: u16,
    pub(super) meta: String,
    pub(super) events: String,
    pub(super) ids: String,
    pub(super) gone: String,
    pub(super) tail: String,
    pub(super) count: String,
    /// What the publisher was told last: each publisher has its own.
    pub(super) told: String,
}

impl Keys {
    pub(super) fn of(namespace: &str, shards: u16, name: &str, publisher: u64) -> Self {
        let shard = shard_of(name, shards);
        let key = |kind: &str, rest: &str| format!("{{{namespace}:{shard}}}:{kind}:{rest}");
        Self {
            shard,
            meta: key("m", name),
            events: key("s", name),
            ids: key("i", name),
            gone: key("g", name),
            tail: tail(namespace, shard),
            count: format!("{{{namespace}:{shard}}}:n"),
            told: key("w", &format!("{publisher:016x}")),
        }
    }
}

/// The tail of a shard.
pub(super) fn tail(namespace: &str, shard: u16) -> String {
    format!("{{{namespace}:{shard}}}:t")
}

/// Where the number of shards stands.
pub(super) fn shards(namespace: &str) -> String {
    format!("{namespace}:shards")
}

/// The same in every process and version (FNV-1a), because the keys are kept.
fn shard_of(name: &str, shards: u16) -> u16 {
    let mut hasher = fnv::FnvHasher::default();
    hasher.write(name.as_bytes());
    u16::try_from(hasher.finish() % u64::from(shards.max(1))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_log_lie_together() {
        let keys = Keys::of("sse", 8, "tenant/orders", 7);
        assert_eq!(keys.meta, format!("{{sse:{}}}:m:tenant/orders", keys.shard));
        assert_eq!(keys.told, format!("{{sse:{}}}:w:0000000000000007", keys.shard));
        assert_eq!(keys.tail, tail("sse", keys.shard));
    }

    #[test]
    fn a_name_stays_in_its_shard() {
        assert_eq!(shard_of("tenant/orders", 8), 7);
        let used: std::collections::BTreeSet<u16> =
            (0..100).map(|n| shard_of(&format!("tenant/{n}"), 8)).collect();
        assert_eq!(used.len(), 8);
    }
}

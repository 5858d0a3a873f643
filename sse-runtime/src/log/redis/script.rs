//! What runs on the server, each as one step.

use redis::{Script, ScriptInvocation};

use super::keys::Keys;
use crate::log::store::Retention;

/// How long a log is kept whose events are all too old: readers that are still there are told
/// `reset` when it begins anew, and so it is longer than the time in which every process
/// [looks](super::look) at what it has open.
const AFTER_AGE: u64 = 24 * 60 * 60 * 1_000;
/// Longer is for ever: the server counts in 64 bits with a sign.
const LONGEST: u64 = 100 * 365 * 24 * 60 * 60 * 1_000;

/// The scripts, with the part that they have in common.
#[derive(Debug)]
pub(super) struct Scripts {
    pub(super) append: Script,
    pub(super) open: Script,
    pub(super) read: Script,
}

macro_rules! script {
    ($file:literal) => {
        Script::new(concat!(include_str!("scripts/prelude.lua"), include_str!($file)))
    };
}

impl Scripts {
    pub(super) fn new() -> Self {
        Self {
            append: script!("scripts/append.lua"),
            open: script!("scripts/open.lua"),
            read: script!("scripts/read.lua"),
        }
    }
}

/// What a log says of itself in every call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    events: u64,
    bytes: u64,
    age: u64,
    ids: u64,
    log: u64,
}

impl Kept {
    pub(super) fn of(keep: Retention) -> Self {
        let age = u64::try_from(keep.age.as_millis()).unwrap_or(u64::MAX);
        let log = if age < LONGEST { age + AFTER_AGE } else { 0 };
        let ids = u64::try_from(keep.ids).unwrap_or(u64::MAX);
        Self { events: keep.events, bytes: keep.bytes, age, ids, log }
    }
}

/// A call with what every script is told: its own arguments come after.
pub(super) fn call<'a>(script: &'a Script, keys: &Keys, kept: &Kept) -> ScriptInvocation<'a> {
    let mut call = script.prepare_invoke();
    let Keys { meta, events, ids, gone, tail, count, .. } = keys;
    for key in [meta, events, ids, gone, tail, count] {
        call.key(key);
    }
    // Below two to the power of 53, as the wire has it: a number of Lua is exact so far.
    call.arg(crate::position::Position::new(fastrand::u64(..), 0, 0).epoch());
    for bound in [kept.events, kept.bytes, kept.age, kept.ids, kept.log] {
        call.arg(bound);
    }
    call
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_log_outlives_its_events_by_a_day() {
        let keep = Retention { age: Duration::from_secs(60), ..Retention::everything() };
        assert_eq!(Kept::of(keep).log, 60_000 + AFTER_AGE);
        assert_eq!(Kept::of(Retention::everything()).log, 0);
    }
}

//! How a channel is kept.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    log::{Bounds, microseconds, store::Retention},
    settings::duration,
};

/// How much a channel keeps, for how long, and how it paces itself: plain values, checked as a
/// whole when a [`Channel`](crate::Channel) or a [`Hub`](crate::Hub) is made of them.
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::ChannelConfig;
///
/// let config = ChannelConfig::new()
///     .history(10_000)
///     .history_bytes(8 * 1024 * 1024)
///     .retention(Duration::from_secs(60 * 60))
///     .linger(Duration::ZERO);
/// assert!(config.check().is_ok());
/// ```
///
/// It is read and written by serde as well, each setting by the name of its method. What is left out has
/// its default, and what nobody knows is refused. A duration is text, a number and its unit:
///
/// ```
/// # use std::time::Duration;
/// # use sse_runtime::ChannelConfig;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config: ChannelConfig = toml::from_str(
///     r#"
///     history = 10_000
///     history_bytes = 8_388_608
///     retention = "1h"
///     linger = "0ms"
///     "#,
/// )?;
/// config.check()?; // as `Channel::with_config` and `Hub::with_config` do
/// assert_eq!(
///     config,
///     ChannelConfig::new()
///         .history(10_000)
///         .history_bytes(8 * 1024 * 1024)
///         .retention(Duration::from_secs(60 * 60))
///         .linger(Duration::ZERO)
/// );
/// # Ok(())
/// # }
/// ```
///
/// The defaults: 1,024 events, 4 MiB, 15 minutes, whichever is reached first; a largest event of
/// 1 MiB; a linger of 2 ms; 100,000 channels in a hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChannelConfig {
    pub(super) history: u64,
    pub(super) history_bytes: u64,
    #[serde(with = "duration")]
    pub(super) retention: Duration,
    pub(super) largest_event: usize,
    #[serde(with = "duration")]
    pub(super) linger: Duration,
    pub(super) remembered_ids: usize,
    pub(super) channels: usize,
    #[serde(with = "duration")]
    pub(super) store_patience: Duration,
}

/// A longer linger is a delay that somebody notices, and surely meant otherwise.
const LONGEST_LINGER: Duration = Duration::from_secs(1);
/// A largest event that no event could be.
const SMALLEST_EVENT: usize = 64;

impl ChannelConfig {
    /// Every default.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            history: 1_024,
            history_bytes: 4 * 1024 * 1024,
            retention: Duration::from_secs(15 * 60),
            largest_event: 1024 * 1024,
            linger: Duration::from_millis(2),
            remembered_ids: 1_000_000,
            channels: 100_000,
            store_patience: Duration::from_secs(5),
        }
    }

    /// How many events are kept for readers that come back: the last so many, exactly, unless
    /// their bytes or their age take some of them before. With 0 a reader that was away has a
    /// gap; one that listens is not hurt, as long as it is less than some 250 events behind.
    /// Default 1,024.
    #[must_use]
    pub const fn history(mut self, events: u64) -> Self {
        self.history = events;
        self
    }

    /// How many bytes of encoded events are kept for readers that come back. Default 4 MiB. For
    /// readers that listen up to 256 KiB more stay, or 8 events of any size.
    #[must_use]
    pub const fn history_bytes(mut self, bytes: u64) -> Self {
        self.history_bytes = bytes;
        self
    }

    /// For how long an event is kept at most, and a channel of a hub that nobody uses after it.
    /// Nobody is given an older one; its memory is given back by the next event, the next
    /// reader, or the hub. Default 15 minutes: longer than the outage that a client bears by
    /// default.
    #[must_use]
    pub const fn retention(mut self, time: Duration) -> Self {
        self.retention = time;
        self
    }

    /// The largest event that may be published, in bytes as encoded, its name and id included.
    /// Default 1 MiB; at least 64.
    #[must_use]
    pub const fn largest_event(mut self, bytes: usize) -> Self {
        self.largest_event = bytes;
        self
    }

    /// What is published within this time after an event has left waits for the end of it, and
    /// leaves together: a burst becomes few large writes. The first event after a pause leaves
    /// at once. An event has left when those who read have it, which takes a while where they
    /// are thousands: up to three times this, what follows waits for that as well. Zero
    /// switches it off. Default 2 ms, at most 1 s.
    #[must_use]
    pub const fn linger(mut self, time: Duration) -> Self {
        self.linger = time;
        self
    }

    /// How many ids of publishers (`#[sse(id)]`) are remembered at most, to know an event that is
    /// published again; beyond that a publish with an id is refused rather than the promise
    /// broken. An id is remembered while its event is kept and for at least two minutes, in some
    /// 150 bytes. Default 1,000,000, which is 8,333 a second.
    #[must_use]
    pub const fn remembered_ids(mut self, ids: usize) -> Self {
        self.remembered_ids = ids;
        self
    }

    /// How many channels a [`Hub`](crate::Hub) has at most; a channel by itself does not care.
    /// Default 100,000.
    #[must_use]
    pub const fn channels(mut self, most: usize) -> Self {
        self.channels = most;
        self
    }

    /// How long a publisher waits for a store at most, 5 seconds by default: then the answer is
    /// [`StoreError::Unknown`](crate::store::StoreError::Unknown). Without a store nobody waits.
    #[must_use]
    pub const fn store_patience(mut self, time: Duration) -> Self {
        self.store_patience = time;
        self
    }

    /// Checks the whole.
    ///
    /// # Errors
    ///
    /// [`InvalidChannelConfig`], which lists everything that is wrong.
    pub fn check(&self) -> Result<(), InvalidChannelConfig> {
        let mut faults = Vec::new();
        if self.linger > LONGEST_LINGER {
            faults.push(format!(
                "`linger` is {:?}, and events would wait for more than {LONGEST_LINGER:?}",
                self.linger
            ));
        }
        if self.largest_event < SMALLEST_EVENT {
            faults.push(format!(
                "`largest_event` is {}, and no event has fewer than {SMALLEST_EVENT} bytes",
                self.largest_event
            ));
        }
        if faults.is_empty() { Ok(()) } else { Err(InvalidChannelConfig { faults }) }
    }

    pub(super) const fn keep(&self) -> Retention {
        let mut keep = Retention::everything();
        (keep.events, keep.bytes, keep.age) = (self.history, self.history_bytes, self.retention);
        keep.ids = self.remembered_ids;
        keep
    }

    pub(super) fn bounds(&self) -> Bounds {
        Bounds {
            events: self.history,
            bytes: self.history_bytes,
            retention: microseconds(self.retention),
            ids: self.remembered_ids,
        }
    }
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self::new()
    }
}

/// What is wrong with a [`ChannelConfig`], all of it. Mend each value that it names.
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::ChannelConfig;
///
/// let wrong = ChannelConfig::new().linger(Duration::from_secs(2)).largest_event(0);
/// assert_eq!(
///     wrong.check().unwrap_err().to_string(),
///     "`linger` is 2s, and events would wait for more than 1s; \
///      `largest_event` is 0, and no event has fewer than 64 bytes"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidChannelConfig {
    faults: Vec<String>,
}

impl fmt::Display for InvalidChannelConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.faults.join("; "))
    }
}

impl std::error::Error for InvalidChannelConfig {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_good() {
        assert_eq!(ChannelConfig::new().check(), Ok(()));
        assert_eq!(ChannelConfig::default(), ChannelConfig::new());
    }

    fn read(text: &str) -> Result<ChannelConfig, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_come_back_as_they_were_written() {
        let defaults = ChannelConfig::new();
        let text = toml::to_string(&defaults).unwrap();
        assert!(
            text.contains("retention = \"15m\"\n") && text.contains("linger = \"2ms\"\n"),
            "{text}"
        );
        assert_eq!(read(&text), Ok(defaults.clone()));
        let text = serde_json::to_string(&defaults).unwrap();
        assert_eq!(serde_json::from_str::<ChannelConfig>(&text).unwrap(), defaults);
    }

    #[test]
    fn what_is_left_out_has_its_default() {
        assert_eq!(read(""), Ok(ChannelConfig::new()));
        let history = ChannelConfig::new().history(7);
        assert_eq!(read("history = 7"), Ok(history));
    }

    #[test]
    fn each_setting_goes_by_the_name_of_its_method() {
        let all = "history = 1\nhistory_bytes = 2\nretention = \"3 s\"\nlargest_event = 4\n\
                   linger = \"5 ms\"\nremembered_ids = 6\nchannels = 7\nstore_patience = \"8s\"";
        let by_methods = ChannelConfig::new()
            .history(1)
            .history_bytes(2)
            .retention(Duration::from_secs(3))
            .largest_event(4)
            .linger(Duration::from_millis(5))
            .remembered_ids(6)
            .channels(7)
            .store_patience(Duration::from_secs(8));
        assert_eq!(read(all), Ok(by_methods));
    }

    #[test]
    fn a_setting_that_nobody_knows_is_refused_by_its_name() {
        let told = read("histroy = 7").unwrap_err();
        assert!(told.contains("unknown field `histroy`, expected one of `history`, "), "{told}");
    }

    #[test]
    fn a_duration_that_is_none_says_what_to_write() {
        for (text, part) in [
            ("linger = \"5\"", "\"5\" lacks its unit: write a number and its unit"),
            ("retention = \"an hour\"", "\"an hour\" is no duration: write a number and its unit"),
            ("linger = 5", "invalid type: integer `5`, expected a number and its unit, such as"),
        ] {
            let told = read(text).unwrap_err();
            // The line is shown, and with it the setting.
            assert!(told.contains(part) && told.contains(text), "{told}");
        }
    }

    #[test]
    fn the_largest_values_come_back_or_are_told() {
        let largest = ChannelConfig::new()
            .history(u64::MAX)
            .history_bytes(u64::MAX)
            .retention(Duration::MAX)
            .largest_event(usize::MAX)
            .remembered_ids(usize::MAX)
            .channels(usize::MAX);
        let text = serde_json::to_string(&largest).unwrap();
        assert_eq!(serde_json::from_str::<ChannelConfig>(&text).unwrap(), largest);
        // TOML promises no number above `i64::MAX`; where one is written it is read.
        let text = toml::to_string(&largest).unwrap();
        assert_eq!(read(&text), Ok(largest));
        let bound = ChannelConfig::new().history(i64::MAX.unsigned_abs());
        assert_eq!(read(&format!("history = {}", i64::MAX)), Ok(bound));
        for text in ["history = 18446744073709551616", "history = -1", "history = 1.5"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_read_is_checked_as_a_whole() {
        let read = read("linger = \"1500ms\"\nlargest_event = 0").unwrap();
        let told = read.check().unwrap_err().to_string();
        assert!(
            told.contains("`linger` is 1.5s") && told.contains("`largest_event` is 0"),
            "{told}"
        );
    }
}

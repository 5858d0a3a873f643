//! How a client connects, waits and gives up.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{IdPolicy, RetryTable, Row, Rule, budget::Limit, inflate::RATIO, silence::Silence};
use crate::settings::duration;

/// How a client connects, waits and gives up: plain values, checked as a whole when a client is
/// made of them.
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::client::{ClientConfig, Row, Rule};
///
/// let config = ClientConfig::new()
///     .unlimited_attempts()
///     .outage(Duration::from_secs(60 * 60))
///     .event_timeout(Duration::from_secs(90))
///     .on(Row::ServerError, Rule::Again);
/// assert!(config.check().is_ok());
/// ```
///
/// It is read and written by serde as well, each setting by the name of its method. What is left
/// out has its default, what nobody knows is refused, and a duration is text. That there is no
/// limit has to be written:
///
/// ```
/// # use std::time::Duration;
/// # use sse_runtime::client::{ClientConfig, Row, Rule};
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let config: ClientConfig = toml::from_str(
///     r#"
///     attempts = "unlimited"
///     outage = "1h"
///     event_timeout = "90s"
///
///     [retry]
///     server_error = "again"
///     "#,
/// )?;
/// config.check()?;
/// # assert_eq!(
/// #     config,
/// #     ClientConfig::new()
/// #         .unlimited_attempts()
/// #         .outage(Duration::from_secs(60 * 60))
/// #         .event_timeout(Duration::from_secs(90))
/// #         .on(Row::ServerError, Rule::Again)
/// # );
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClientConfig {
    #[serde(with = "duration")]
    pub(super) first_delay: Duration,
    #[serde(with = "duration")]
    pub(super) max_delay: Duration,
    pub(super) attempts: Limit<u32>,
    pub(super) outage: Limit<Duration>,
    #[serde(with = "duration")]
    pub(super) connect_timeout: Duration,
    #[serde(with = "duration")]
    pub(super) head_timeout: Duration,
    #[serde(with = "duration::option", skip_serializing_if = "Option::is_none")]
    pub(super) first_event_timeout: Option<Duration>,
    pub(super) silence: Silence,
    #[serde(with = "duration::option", skip_serializing_if = "Option::is_none")]
    pub(super) event_timeout: Option<Duration>,
    #[serde(with = "duration")]
    pub(super) idle_timeout: Duration,
    #[serde(with = "duration")]
    pub(super) keepalive: Duration,
    #[serde(with = "duration")]
    pub(super) user_timeout: Duration,
    pub(super) max_redirects: u32,
    pub(super) max_event: usize,
    pub(super) max_line: usize,
    pub(super) max_name: usize,
    pub(super) max_expansion: u32,
    pub(super) strict_utf8: bool,
    pub(super) ids: IdPolicy,
    pub(super) standard: bool,
    pub(super) retry: RetryTable,
}

impl ClientConfig {
    /// Every default.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            first_delay: Duration::from_secs(1),
            max_delay: Duration::from_secs(60),
            attempts: Limit::AtMost(10),
            outage: Limit::AtMost(Duration::from_secs(5 * 60)),
            connect_timeout: Duration::from_secs(10),
            head_timeout: Duration::from_secs(30),
            first_event_timeout: None,
            silence: Silence::Heartbeats,
            event_timeout: None,
            idle_timeout: Duration::from_secs(30),
            keepalive: Duration::from_secs(30),
            user_timeout: Duration::from_secs(30),
            max_redirects: 10,
            max_event: 16 * 1024 * 1024,
            max_line: 16 * 1024 * 1024,
            max_name: 1024,
            max_expansion: RATIO,
            strict_utf8: false,
            ids: IdPolicy::Strict,
            standard: false,
            retry: RetryTable::new(),
        }
    }

    /// How long the first wait before connecting again is, before its jitter of 0.5 to 1.5. Each
    /// further one is 1.8 to 2.2 times as long (pitfall P4). The server's `retry:` replaces it,
    /// from 10 ms to 5 min. Default 1 s; from 10 ms to `max_delay`.
    #[must_use]
    pub const fn first_delay(mut self, time: Duration) -> Self {
        self.first_delay = time;
        self
    }

    /// How long a wait is at most, before its jitter: so up to 1.5 times as long after it.
    /// Default 60 s, at most an hour.
    #[must_use]
    pub const fn max_delay(mut self, time: Duration) -> Self {
        self.max_delay = time;
        self
    }

    /// How many attempts one outage has at most. It is over once a connection is healthy: by an
    /// event of the application, an id that moved, or bytes that still come two heartbeats
    /// (30 s at most, or if none is announced) after the head. Default 10, at least 1.
    #[must_use]
    pub const fn attempts(mut self, most: u32) -> Self {
        self.attempts = Limit::AtMost(most);
        self
    }

    /// Any number of attempts in one outage.
    #[must_use]
    pub const fn unlimited_attempts(mut self) -> Self {
        self.attempts = Limit::Unlimited;
        self
    }

    /// For how long one outage is borne. A connection that stands, `Retry-After`, an `sse.bye`
    /// that is no failure, a `retry:` above `max_delay` and a laptop's sleep are not charged.
    /// Where the next attempt would come later the client gives up at once. Default 5 minutes,
    /// at least `first_delay`.
    #[must_use]
    pub const fn outage(mut self, longest: Duration) -> Self {
        self.outage = Limit::AtMost(longest);
        self
    }

    /// An outage of any length.
    #[must_use]
    pub const fn unlimited_outage(mut self) -> Self {
        self.outage = Limit::Unlimited;
        self
    }

    /// How long connecting may take, TLS included. Default 10 s.
    #[must_use]
    pub const fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long the head of the response may take once the connection is there, redirects
    /// included. Default 30 s.
    #[must_use]
    pub const fn head_timeout(mut self, time: Duration) -> Self {
        self.head_timeout = time;
        self
    }

    /// How long the first event may take after the head. Off by default: nothing may happen
    /// for hours.
    #[must_use]
    pub const fn first_event_timeout(mut self, time: Duration) -> Self {
        self.first_event_timeout = Some(time);
        self
    }

    /// How long no byte may come, heartbeats included, before the connection counts as dead
    /// (pitfall P10). By default three heartbeats as the server announces them, or 2 minutes
    /// if it announces none. At least 1 s.
    #[must_use]
    pub const fn silence(mut self, longest: Duration) -> Self {
        self.silence = Silence::After(longest);
        self
    }

    /// A silence of any length. A connection that is gone without a word then looks open for
    /// as long as TCP believes in it.
    #[must_use]
    pub const fn unlimited_silence(mut self) -> Self {
        self.silence = Silence::Unlimited;
        self
    }

    /// How long no event of the application may come, heartbeats and control events aside. Off by
    /// default: use it where events are known to come, to notice a server that only beats.
    #[must_use]
    pub const fn event_timeout(mut self, longest: Duration) -> Self {
        self.event_timeout = Some(longest);
        self
    }

    /// For how long an idle connection stays in the pool: less than servers keep it, so that no
    /// request meets one that is being closed (pitfall P1). Default 30 s.
    #[must_use]
    pub const fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = time;
        self
    }

    /// After how much silence TCP asks whether the other end is there. Default 30 s.
    #[must_use]
    pub const fn keepalive(mut self, time: Duration) -> Self {
        self.keepalive = time;
        self
    }

    /// For how long TCP waits for what it sent to be acknowledged. Default 30 s.
    #[must_use]
    pub const fn user_timeout(mut self, time: Duration) -> Self {
        self.user_timeout = time;
        self
    }

    /// How many redirects one attempt follows. Default 10, at most 20.
    #[must_use]
    pub const fn max_redirects(mut self, most: u32) -> Self {
        self.max_redirects = most;
        self
    }

    /// How many bytes of data an event may have. A larger one is dropped and told
    /// ([`Item::Oversized`](super::Item::Oversized)), and the stream goes on after it. Default
    /// 16 MiB.
    #[must_use]
    pub const fn max_event(mut self, bytes: usize) -> Self {
        self.max_event = bytes;
        self
    }

    /// How many bytes a line may have, its name aside. Default 16 MiB.
    #[must_use]
    pub const fn max_line(mut self, bytes: usize) -> Self {
        self.max_line = bytes;
        self
    }

    /// How many bytes the name, the id and the source of an event may have. Default 1 KiB.
    #[must_use]
    pub const fn max_name(mut self, bytes: usize) -> Self {
        self.max_name = bytes;
        self
    }

    /// How many bytes a byte of a body packed by `gzip` may become. More is taken for an attack
    /// once 1 MiB has come out. Whatever the bound, no more than a few KiB are unpacked at a
    /// time. Default 400: text does not get there.
    #[must_use]
    pub const fn max_expansion(mut self, ratio: u32) -> Self {
        self.max_expansion = ratio;
        self
    }

    /// Drops events that are not UTF-8 ([`Item::Malformed`](super::Item::Malformed)). By
    /// default what is malformed becomes U+FFFD, as the standard says (rule 24).
    #[must_use]
    pub const fn strict_utf8(mut self, strict: bool) -> Self {
        self.strict_utf8 = strict;
        self
    }

    /// What becomes of an id that cannot be the position (pitfall P6). Default
    /// [`IdPolicy::Strict`].
    #[must_use]
    pub const fn ids(mut self, policy: IdPolicy) -> Self {
        self.ids = policy;
        self
    }

    /// Does exactly what the WHATWG standard says, as an `EventSource` does: every fault of the
    /// network and every end of the body is followed by one more attempt after the reconnection
    /// time, for ever; everything else but a 200 with the right content type is final. No
    /// backoff, no budget, no watchdog, no retry table, and no meaning in `sse.*` events.
    /// What the standard leaves open: the first reconnection time is 3 s, and `retry:` is kept
    /// between 10 ms and 5 min. A POST, which it does not know, is still not sent twice unasked.
    /// Default off.
    #[must_use]
    pub const fn standard(mut self, strict: bool) -> Self {
        self.standard = strict;
        self
    }

    /// Changes a row of the retry table (pitfall P9).
    #[must_use]
    pub fn on(mut self, row: Row, rule: Rule) -> Self {
        self.retry.set(row, rule);
        self
    }

    /// Replaces the retry table.
    #[must_use]
    pub fn retry(mut self, table: RetryTable) -> Self {
        self.retry = table;
        self
    }
}

impl Default for ClientConfig {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ClientConfig, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn the_defaults_are_good_and_come_back_as_they_were_written() {
        let defaults = ClientConfig::new();
        assert_eq!(defaults.check(), Ok(()));
        let text = toml::to_string(&defaults).unwrap();
        assert!(text.contains("attempts = 10\noutage = \"5m\"\n"), "{text}");
        assert_eq!(read(&text), Ok(defaults));
        assert_eq!(read(""), Ok(ClientConfig::new()));
    }

    #[test]
    fn each_setting_goes_by_the_name_of_its_method() {
        let all = "first_delay = \"1ms\"\nmax_delay = \"2ms\"\nattempts = 3\noutage = \"4ms\"\n\
                   connect_timeout = \"5ms\"\nhead_timeout = \"6ms\"\n\
                   first_event_timeout = \"7ms\"\nsilence = \"8ms\"\nevent_timeout = \"9ms\"\n\
                   idle_timeout = \"10ms\"\nkeepalive = \"11ms\"\nuser_timeout = \"12ms\"\n\
                   max_redirects = 13\nmax_event = 14\nmax_line = 15\nmax_name = 16\n\
                   max_expansion = 17\nstrict_utf8 = true\nids = \"strict\"\nstandard = true\nretry = { dns = \"fatal\" }";
        let ms = Duration::from_millis;
        let by_methods = ClientConfig::new()
            .first_delay(ms(1))
            .max_delay(ms(2))
            .attempts(3)
            .outage(ms(4))
            .connect_timeout(ms(5))
            .head_timeout(ms(6))
            .first_event_timeout(ms(7))
            .silence(ms(8))
            .event_timeout(ms(9))
            .idle_timeout(ms(10))
            .keepalive(ms(11))
            .user_timeout(ms(12))
            .max_redirects(13)
            .max_event(14)
            .max_line(15)
            .max_name(16)
            .max_expansion(17)
            .strict_utf8(true)
            .ids(IdPolicy::Strict)
            .standard(true)
            .on(Row::Dns, Rule::Fatal);
        assert_eq!(read(all), Ok(by_methods.clone()));
        assert_eq!(read(&toml::to_string(&by_methods).unwrap()), Ok(by_methods));
    }

    #[test]
    fn unlimited_is_written_by_name() {
        let unlimited =
            ClientConfig::new().unlimited_attempts().unlimited_outage().unlimited_silence();
        assert_eq!(unlimited.check(), Ok(()));
        let text = "attempts = \"unlimited\"\noutage = \"unlimited\"\nsilence = \"unlimited\"";
        assert_eq!(read(text), Ok(unlimited.clone()));
        assert_eq!(read(&toml::to_string(&unlimited).unwrap()), Ok(unlimited));
        assert_eq!(read("silence = \"heartbeats\""), Ok(ClientConfig::new()));
        for text in ["attempts = \"none\"", "attempts = -1", "attempts = 4294967296"] {
            assert!(read(text).unwrap_err().contains("a number, or \"unlimited\""), "{text}");
        }
        assert!(read("atempts = 7").unwrap_err().contains("unknown field `atempts`"));
        assert!(read("outage = \"never\"").unwrap_err().contains("\"never\" is no duration"));
    }
}

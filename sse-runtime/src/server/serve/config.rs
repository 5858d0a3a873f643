//! How a server serves.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::gate::ForwardedHeader;
use crate::settings::duration;

/// What a server allows, waits for and tells: plain values, checked as a whole when it starts.
///
/// Made by [`new`](Self::new) and the methods, or read from a configuration file by serde, where
/// every field may be left out, one that does not exist is an error, and a duration is text:
///
/// ```
/// use std::time::Duration;
/// use sse_runtime::serve::ServeConfig;
///
/// let config: ServeConfig = serde_json::from_str(
///     r#"{ "max_streams": 20000, "max_age": "1h", "trusted_proxies": ["10.0.0.0/8"] }"#,
/// )?;
/// assert_eq!(
///     config,
///     ServeConfig::new()
///         .max_streams(20_000)
///         .max_age(Duration::from_secs(3600))
///         .trusted_proxies(["10.0.0.0/8"])
/// );
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// What an attribute says about its stream goes before what stands here, and that before the
/// default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeConfig {
    pub(super) max_streams: usize,
    pub(super) max_streams_per_address: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_streams_per_principal: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_connections: Option<usize>,
    pub(super) trusted_proxies: Vec<String>,
    pub(super) forwarded_header: ForwardedHeader,
    pub(super) allowed_hosts: Vec<String>,
    pub(super) allowed_origins: Vec<String>,
    pub(super) credentials: bool,
    #[serde(with = "duration")]
    pub(super) heartbeat: Duration,
    #[serde(with = "duration")]
    pub(super) retry: Duration,
    #[serde(with = "duration")]
    pub(super) head_timeout: Duration,
    pub(super) largest_head: usize,
    #[serde(with = "duration")]
    pub(super) idle_timeout: Duration,
    #[serde(with = "duration")]
    pub(super) write_timeout: Duration,
    #[serde(with = "duration")]
    pub(super) body_timeout: Duration,
    pub(super) send_buffer: usize,
    #[serde(with = "duration")]
    pub(super) keepalive: Duration,
    #[serde(with = "duration")]
    pub(super) user_timeout: Duration,
    #[serde(with = "duration")]
    pub(super) drain: Duration,
    #[serde(with = "duration")]
    pub(super) drain_delay: Duration,
    #[serde(with = "duration")]
    pub(super) spread: Duration,
    #[serde(with = "duration::option", skip_serializing_if = "Option::is_none")]
    pub(super) max_age: Option<Duration>,
    #[serde(with = "duration")]
    pub(super) reauthorize: Duration,
}

impl ServeConfig {
    /// Every default.
    #[must_use]
    pub fn new() -> Self {
        Self {
            max_streams: 10_000,
            max_streams_per_address: 100,
            max_streams_per_principal: None,
            max_connections: None,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            credentials: false,
            heartbeat: Duration::from_secs(15),
            retry: Duration::from_secs(3),
            head_timeout: Duration::from_secs(10),
            largest_head: 32 * 1024,
            idle_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(10),
            send_buffer: 32 * 1024,
            keepalive: Duration::from_secs(30),
            user_timeout: Duration::from_secs(30),
            drain: Duration::from_secs(10),
            drain_delay: Duration::ZERO,
            spread: Duration::from_secs(5),
            max_age: None,
            reauthorize: Duration::from_secs(60),
        }
    }

    /// How many streams may be open at once. One more is refused: a browser with a 200 that says
    /// `sse.bye` and `limit`, everything else with a 503 and `Retry-After`. Default 10,000.
    #[must_use]
    pub const fn max_streams(mut self, most: usize) -> Self {
        self.max_streams = most;
        self
    }

    /// How many streams may be open at once from one public address, IPv6 by its /64; loopback
    /// and private addresses are not counted. One more is refused as above, with a 429. Default
    /// 100: many people sit behind one address.
    #[must_use]
    pub const fn max_streams_per_address(mut self, most: usize) -> Self {
        self.max_streams_per_address = most;
        self
    }

    /// How many streams may be open at once of one principal, whom
    /// [`Serve::principal`](super::Serve::principal) or an [`Access`](crate::Access) names. One
    /// more is refused with a 429. Default: any number.
    #[must_use]
    pub const fn max_streams_per_principal(mut self, most: usize) -> Self {
        self.max_streams_per_principal = Some(most);
        self
    }

    /// How many connections may be open at once, those without a stream included. One more is
    /// closed as soon as it comes. Default: 100 less than the files that may be open, so that the
    /// rest of the process has some left.
    #[must_use]
    pub const fn max_connections(mut self, most: usize) -> Self {
        self.max_connections = Some(most);
        self
    }

    /// The networks (`10.0.0.0/8`) and addresses of the proxies in front. A request from one of
    /// them comes from whom it says in its [`forwarded_header`](Self::forwarded_header); one
    /// from anywhere else comes from its peer, whatever it says. Default: none.
    #[must_use]
    pub fn trusted_proxies<T: Into<String>>(
        mut self,
        proxies: impl IntoIterator<Item = T>,
    ) -> Self {
        self.trusted_proxies = proxies.into_iter().map(Into::into).collect();
        self
    }

    /// Which header the trusted proxies set. The other one is not read: a proxy passes on what a
    /// client wrote in it. Default `X-Forwarded-For`.
    #[must_use]
    pub const fn forwarded_header(mut self, header: ForwardedHeader) -> Self {
        self.forwarded_header = header;
        self
    }

    /// The names that the server answers to (`shop.example`, `*.shop.example`, an address,
    /// each with a port or any); a request for another one is answered 421. Default: any, but
    /// the loopback names alone on a loopback address, so that no page can reach it by a name
    /// of its own (DNS rebinding).
    #[must_use]
    pub fn allowed_hosts<T: Into<String>>(mut self, hosts: impl IntoIterator<Item = T>) -> Self {
        self.allowed_hosts = hosts.into_iter().map(Into::into).collect();
        self
    }

    /// The origins (`https://shop.example`) whose pages may use this server though it is another
    /// site. They get the headers of CORS, as [`Cors`](crate::Cors) gives them; requests of any
    /// other site are answered 403. Default: none.
    #[must_use]
    pub fn allowed_origins<T: Into<String>>(
        mut self,
        origins: impl IntoIterator<Item = T>,
    ) -> Self {
        self.allowed_origins = origins.into_iter().map(Into::into).collect();
        self
    }

    /// Whether pages of the allowed origins may send cookies. Default: they may not.
    #[must_use]
    pub const fn credentials(mut self, allowed: bool) -> Self {
        self.credentials = allowed;
        self
    }

    /// The heartbeat of handlers that say none: 1 s to 50 s. Default 15 s (pitfalls P1, P10).
    #[must_use]
    pub const fn heartbeat(mut self, interval: Duration) -> Self {
        self.heartbeat = interval;
        self
    }

    /// The reconnection time of handlers that say none: 10 ms to 5 min. Default 3 s.
    #[must_use]
    pub const fn retry(mut self, time: Duration) -> Self {
        self.retry = time;
        self
    }

    /// How long a connection may take for the head of a request, a handshake and the first
    /// bytes included. Default 10 s.
    #[must_use]
    pub const fn head_timeout(mut self, time: Duration) -> Self {
        self.head_timeout = time;
        self
    }

    /// The largest head of a request, in bytes, and about what waits in the process for a reader
    /// that is slow: so much, and one batch (32 KiB) or one event on top; 8 KiB to 1 MiB.
    /// Default 32 KiB.
    #[must_use]
    pub const fn largest_head(mut self, bytes: usize) -> Self {
        self.largest_head = bytes;
        self
    }

    /// How long a connection may be idle between two requests. Default 75 s: longer than clients
    /// keep theirs, so that no request meets a connection that is being closed (pitfall P1).
    #[must_use]
    pub const fn idle_timeout(mut self, time: Duration) -> Self {
        self.idle_timeout = time;
        self
    }

    /// How long a write may wait for a reader that takes nothing, or less than a kilobyte (on a
    /// stream of HTTP/2: one to sixteen, the fewer the slower it was before). Then its stream
    /// ends as `stalled`. Default 10 s.
    #[must_use]
    pub const fn write_timeout(mut self, time: Duration) -> Self {
        self.write_timeout = time;
        self
    }

    /// How long a handler waits for the body of a request that brings nothing, or less than a
    /// kilobyte. Then reading it fails, and the connection is closed. Over HTTP/2 a body without a
    /// length is waited for without an end once the answer has begun: it may be half of a
    /// conversation. Default 10 s.
    #[must_use]
    pub const fn body_timeout(mut self, time: Duration) -> Self {
        self.body_timeout = time;
        self
    }

    /// How many bytes the kernel may hold for a reader that does not take them: those that are not
    /// on their way yet (`TCP_NOTSENT_LOWAT` on Linux, elsewhere `SO_SNDBUF`, which bounds both);
    /// 4 KiB to 64 MiB. Linux needs about half as much again for its own accounts. Default 32 KiB.
    #[must_use]
    pub const fn send_buffer(mut self, bytes: usize) -> Self {
        self.send_buffer = bytes;
        self
    }

    /// After how long without a word the kernel asks a peer whether it is there, and a
    /// connection of HTTP/2 pings it. Default 30 s.
    #[must_use]
    pub const fn keepalive(mut self, time: Duration) -> Self {
        self.keepalive = time;
        self
    }

    /// After how long without an answer to what was sent a peer is gone (Linux). Default 30 s.
    #[must_use]
    pub const fn user_timeout(mut self, time: Duration) -> Self {
        self.user_timeout = time;
        self
    }

    /// How long a shutdown waits for streams to end. What is open then is cut. Default 10 s.
    #[must_use]
    pub const fn drain(mut self, time: Duration) -> Self {
        self.drain = time;
        self
    }

    /// How long the server goes on as before after it said that it is not ready, so that those
    /// in front of it send nobody any more. Default 0 s: at once.
    #[must_use]
    pub const fn drain_delay(mut self, time: Duration) -> Self {
        self.drain_delay = time;
        self
    }

    /// Over how long those who are sent away come back: each is told the reconnection time, and
    /// a random part of this on top. Default 5 s.
    #[must_use]
    pub const fn spread(mut self, window: Duration) -> Self {
        self.spread = window;
        self
    }

    /// The greatest age of an endless stream. It then ends as `rotated`, and so does its
    /// connection, so that readers spread over new machines; some time before, up to a fifth,
    /// because streams that began together are not to end together. At least 1 s. Default: none.
    #[must_use]
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// How often the hook of an [`Access`](crate::Access) is asked; at least 1 s. Default 60 s.
    #[must_use]
    pub const fn reauthorize(mut self, interval: Duration) -> Self {
        self.reauthorize = interval;
        self
    }
}

impl Default for ServeConfig {
    fn default() -> Self {
        Self::new()
    }
}

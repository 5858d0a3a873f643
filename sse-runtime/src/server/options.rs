//! What an attribute says about its stream.

use std::time::Duration;

use crate::event::FrameOptions;

/// The options of a handler, put together when compiling.
///
/// What the attribute leaves to the server has its default here, so that there is no value which
/// cannot be used as it is; `over` puts that of the server in its place.
///
/// Not public API: used by generated code, which has checked every value.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The interval of the heartbeat; none only where the handler says `no_heartbeat`.
    pub(super) heartbeat: Option<Duration>,
    /// Whether the attribute says what `heartbeat` holds.
    says_heartbeat: bool,
    /// Whether the heartbeat is an event that pages can see, instead of a comment.
    pub(super) heartbeat_event: bool,
    /// The reconnection time that the reader is told.
    pub(super) retry: Duration,
    /// Whether the attribute says what `retry` holds.
    says_retry: bool,
    /// How long the head waits for the first event.
    pub(super) first: Duration,
    /// Whether the stream has an end of its own.
    pub(super) finite: bool,
    /// How long a finite stream may go on once the server is asked to stop; at once is none.
    pub(super) drain: Option<Duration>,
    /// Whether `sse.open` and `sse.bye` are sent.
    pub(super) control_events: bool,
    /// Whether events carry the field `source:`.
    pub(super) source_field: bool,
}

#[allow(missing_docs, reason = "not public API; the keys of the attribute are documented there")]
impl Options {
    /// An endless stream with every default.
    pub const ENDLESS: Self = Self {
        heartbeat: Some(Defaults::BUILT_IN.heartbeat),
        says_heartbeat: false,
        heartbeat_event: false,
        retry: Defaults::BUILT_IN.retry,
        says_retry: false,
        first: Duration::ZERO,
        finite: false,
        drain: None,
        control_events: true,
        source_field: true,
    };

    /// A finite stream with every default: the head waits for the first event, so that an
    /// error before it has a real status.
    pub const FINITE: Self = Self { first: Duration::from_secs(10), finite: true, ..Self::ENDLESS };

    /// What holds on a server that has defaults of its own: the attribute goes before them.
    pub(super) fn over(mut self, defaults: Defaults) -> Self {
        if !self.says_heartbeat {
            self.heartbeat = Some(defaults.heartbeat);
        }
        if !self.says_retry {
            self.retry = defaults.retry;
        }
        self
    }

    /// What the encoder has to know.
    pub(super) const fn frame(&self) -> FrameOptions {
        FrameOptions { source_field: self.source_field }
    }

    #[must_use]
    pub const fn heartbeat(mut self, milliseconds: u64) -> Self {
        self.heartbeat = Some(Duration::from_millis(milliseconds));
        self.says_heartbeat = true;
        self
    }

    #[must_use]
    pub const fn no_heartbeat(mut self) -> Self {
        self.heartbeat = None;
        self.says_heartbeat = true;
        self
    }

    #[must_use]
    pub const fn heartbeat_event(mut self) -> Self {
        self.heartbeat_event = true;
        self
    }

    #[must_use]
    pub const fn retry(mut self, milliseconds: u64) -> Self {
        self.retry = Duration::from_millis(milliseconds);
        self.says_retry = true;
        self
    }

    #[must_use]
    pub const fn first(mut self, milliseconds: u64) -> Self {
        self.first = Duration::from_millis(milliseconds);
        self
    }

    #[must_use]
    pub const fn drain(mut self, milliseconds: u64) -> Self {
        self.drain = Some(Duration::from_millis(milliseconds));
        self
    }

    #[must_use]
    pub const fn no_control_events(mut self) -> Self {
        self.control_events = false;
        self
    }

    #[must_use]
    pub const fn no_source_field(mut self) -> Self {
        self.source_field = false;
        self
    }
}

/// What a server says for every handler whose attribute does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Defaults {
    /// The interval of the heartbeat.
    pub(super) heartbeat: Duration,
    /// The reconnection time that a reader is told.
    pub(super) retry: Duration,
}

impl Defaults {
    /// Those of a server that says nothing.
    const BUILT_IN: Self =
        Self { heartbeat: Duration::from_secs(15), retry: Duration::from_secs(3) };
}

impl Default for Defaults {
    fn default() -> Self {
        Self::BUILT_IN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_THE_SERVER: Defaults =
        Defaults { heartbeat: Duration::from_secs(40), retry: Duration::from_secs(9) };

    #[test]
    fn the_server_says_what_the_attribute_leaves_out() {
        for options in [Options::ENDLESS, Options::FINITE, Options::ENDLESS.heartbeat_event()] {
            let options = options.over(OF_THE_SERVER);
            assert_eq!(options.heartbeat, Some(OF_THE_SERVER.heartbeat));
            assert_eq!(options.retry, OF_THE_SERVER.retry);
        }
    }

    #[test]
    fn the_attribute_goes_before_the_server() {
        let options = Options::ENDLESS.heartbeat(20_000).over(OF_THE_SERVER);
        assert_eq!(options.heartbeat, Some(Duration::from_secs(20)));
        assert_eq!(options.retry, OF_THE_SERVER.retry, "each key speaks for itself");

        let options = Options::FINITE.retry(500).over(OF_THE_SERVER);
        assert_eq!(options.retry, Duration::from_millis(500));
        assert_eq!(options.heartbeat, Some(OF_THE_SERVER.heartbeat));
    }

    #[test]
    fn no_heartbeat_is_a_word_of_the_attribute() {
        assert_eq!(Options::ENDLESS.no_heartbeat().over(OF_THE_SERVER).heartbeat, None);
    }

    #[test]
    fn what_the_attribute_says_holds_where_it_says_the_default() {
        let options = Options::ENDLESS.heartbeat(15_000).retry(3_000).over(OF_THE_SERVER);
        assert_eq!(options.heartbeat, Some(Duration::from_secs(15)));
        assert_eq!(options.retry, Duration::from_secs(3));
    }

    #[test]
    fn a_server_that_says_nothing_changes_nothing() {
        for options in [Options::ENDLESS, Options::FINITE.heartbeat(1_000).retry(10)] {
            let over = options.over(Defaults::default());
            assert_eq!((over.heartbeat, over.retry), (options.heartbeat, options.retry));
        }
    }

    #[test]
    fn a_drain_ends_a_stream_at_once_unless_the_attribute_gives_it_time() {
        assert_eq!(Options::FINITE.drain, None);
        let options = Options::FINITE.drain(30_000).over(OF_THE_SERVER);
        assert_eq!(options.drain, Some(Duration::from_secs(30)));
    }
}

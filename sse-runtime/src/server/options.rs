//! What an attribute says about its stream.

use std::time::Duration;

use crate::event::FrameOptions;

/// What a server says where the attribute does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Defaults {
    pub(super) heartbeat: Duration,
    pub(super) retry: Duration,
}

/// The options of a handler, put together when compiling.
///
/// Not public API: used by generated code, which has checked every value.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// The interval of the heartbeat; none only where the handler says `no_heartbeat`.
    pub(super) heartbeat: Option<Duration>,
    /// Whether the heartbeat is an event that pages can see, instead of a comment.
    pub(super) heartbeat_event: bool,
    /// The reconnection time that the reader is told.
    pub(super) retry: Duration,
    /// How long the head waits for the first event.
    pub(super) first: Duration,
    /// Whether the stream has an end of its own.
    pub(super) finite: bool,
    /// How long a drain lets it go on, if it has an end of its own.
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
        heartbeat: Some(Duration::from_secs(15)),
        heartbeat_event: false,
        retry: Duration::from_secs(3),
        first: Duration::ZERO,
        finite: false,
        drain: None,
        control_events: true,
        source_field: true,
    };

    /// A finite stream with every default: the head waits for the first event, so that an
    /// error before it has a real status.
    pub const FINITE: Self = Self { first: Duration::from_secs(10), finite: true, ..Self::ENDLESS };

    /// What the encoder has to know.
    pub(super) const fn frame(&self) -> FrameOptions {
        FrameOptions { source_field: self.source_field }
    }

    #[must_use]
    pub const fn heartbeat(mut self, milliseconds: u64) -> Self {
        self.heartbeat = Some(Duration::from_millis(milliseconds));
        self
    }

    #[must_use]
    pub const fn no_heartbeat(mut self) -> Self {
        self.heartbeat = None;
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
        self
    }

    #[must_use]
    pub const fn first(mut self, milliseconds: u64) -> Self {
        self.first = Duration::from_millis(milliseconds);
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

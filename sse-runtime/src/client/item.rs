//! What comes out of a stream.

use std::{fmt, time::SystemTime};

use super::{ClientError, LastEventId, RefusedId, StateChange, WrongSource};
use crate::{
    event::{DecodeError, Opened},
    names::ResetReason,
    position::Position,
    wire::{Limit, TraceParent},
};

/// What a stream says next. Not everything comes unless it is asked for, and yet each has to be
/// matched, or passed over by name: what a program does about a gap is not to be forgotten.
///
/// ```
/// # use sse_runtime::{SseEvent, client::{EventSource, Item, StreamError}};
/// # #[derive(SseEvent)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { Left(u32) }
/// # async fn read(mut events: EventSource<InventoryEvent>) -> Result<(), StreamError> {
/// while let Some(item) = events.next().await {
///     match item? {
///         Item::Event(received) => match received.event {
///             InventoryEvent::Left(left) => println!("{left} left"),
///         },
///         Item::Unknown(event) => println!("not known here: {}", event.event),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "what is missed must not be overlooked")]
pub enum Item<E> {
    /// A connection is made. The stream goes on where it was, and nothing is missing (`Exact`);
    /// or it came without a position and begins at what happens now (`Fresh`). A stream without
    /// ids says that after each break, and nobody knows what happened meanwhile: read the state
    /// anew where it matters.
    Opened(Opened),
    /// Events are missing. Only with [`missed_as_items`](super::StreamRequest::missed_as_items),
    /// else it is an error.
    Gap(Gap),
    /// The position meant nothing any more, and the stream begins anew. Only with
    /// [`missed_as_items`](super::StreamRequest::missed_as_items), else it is an error.
    Reset(Reset),
    /// An event.
    Event(Received<E>),
    /// An event whose name the type does not have: the other end is newer, or tells more than
    /// this one wants to know.
    Unknown(Unknown),
    /// An event whose data is not what its name promises. The stream goes on.
    Malformed(Malformed),
    /// An event that was larger than allowed, and was dropped. The stream goes on after it.
    Oversized(Oversized),
    /// A heartbeat. Only with [`heartbeats`](super::StreamRequest::heartbeats).
    Heartbeat,
    /// The state has changed. Only with [`states`](super::StreamRequest::states).
    State(StateChange),
}

/// An event that came.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Received<E> {
    /// The event.
    pub event: E,
    /// Its own id; none where it has none, as an ephemeral one has.
    pub id: Option<LastEventId>,
    /// The id as the position in a channel, where it is one. Its
    /// [`seq`](Position::seq) is the number of the event.
    pub position: Option<Position>,
    /// Why its id was not adopted, if it came with one that cannot be (pitfall P6).
    pub refused_id: Option<RefusedId>,
    /// The span that caused it, if it was published with one (W3C Trace Context).
    pub traceparent: Option<TraceParent>,
    /// When it came, by the clock of this machine.
    pub at: SystemTime,
}

impl<E> Received<E> {
    /// The sequence number in its channel, where it has one.
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        self.position.map(|position| position.seq())
    }

    /// The same of another event.
    #[must_use]
    pub fn map<T>(self, to: impl FnOnce(E) -> T) -> Received<T> {
        let Self { event, id, position, refused_id, traceparent, at } = self;
        Received { event: to(event), id, position, refused_id, traceparent, at }
    }
}

/// Events are missing: so many are gone for good, between those that came before this and those
/// that come after. Read the state anew that the events change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gap {
    /// How many; under a filter an upper bound.
    pub missed: u64,
    /// What the stream said of itself.
    pub opened: Opened,
}

/// The position means nothing at the other end, which forgot it or never knew it: nobody can say
/// what is missing. Read the state anew that the events change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reset {
    /// Why. [`Invalid`](ResetReason::Invalid) as well where the stream was asked for with a
    /// position and says that it begins without one ([`Resumed::Fresh`](crate::Resumed::Fresh)
    /// in `opened`): something between here and the handler drops the header `Last-Event-ID`.
    pub reason: ResetReason,
    /// What the stream said of itself.
    pub opened: Opened,
}

/// An event whose name is not known here.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown {
    /// Its name.
    pub event: String,
    /// Its data, as it came.
    pub data: String,
    /// Its own id.
    pub id: Option<LastEventId>,
}

/// An event that could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub struct Malformed {
    /// Its name; `None` where that is what was malformed.
    pub event: Option<String>,
    /// Its own id. It is the position now: asking again would bring the same.
    pub id: Option<LastEventId>,
    /// What is wrong.
    pub fault: MalformedFault,
}

/// What is wrong with an event that could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum MalformedFault {
    /// The data does not fit the event.
    #[non_exhaustive]
    Data {
        /// The data, as it came.
        data: String,
        /// Where it does not fit.
        error: DecodeError,
    },
    /// This field of the event is not UTF-8. Only with
    /// [`strict_utf8`](super::ClientConfig::strict_utf8).
    Utf8(&'static str),
}

/// An event that was dropped because it was too large.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oversized {
    /// The limit that it passed.
    pub limit: Limit,
    /// How many bytes there were.
    pub bytes: usize,
    /// Its own id. It is the position now: asking again would bring the same.
    pub id: Option<LastEventId>,
}

/// Something that a program that reads a stream should not pass over.
///
/// After all but [`Failed`](Self::Failed) the stream goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StreamError {
    /// Events are missing.
    Gap(Box<Gap>),
    /// The position means nothing any more.
    Reset(Box<Reset>),
    /// An event of another source than the type names, or of none. It is passed over.
    Source(WrongSource),
    /// The stream is over, and not as it should be.
    Failed(ClientError),
}

impl StreamError {
    /// Whether nothing comes after it.
    #[must_use]
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Failed(_))
    }
}

impl fmt::Display for StreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gap(gap) => write!(
                f,
                "{} events are missing: read the state anew that they change, and go on",
                gap.missed
            ),
            Self::Reset(reset) => write!(
                f,
                "the position is not known any more ({}), and what is missing neither: read the \
                 state anew, and go on",
                reset.reason
            ),
            Self::Source(wrong) => wrong.fmt(f),
            Self::Failed(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StreamError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Gap(_) | Self::Reset(_) => None,
            Self::Source(wrong) => Some(wrong),
            Self::Failed(error) => Some(error),
        }
    }
}

impl From<ClientError> for StreamError {
    fn from(error: ClientError) -> Self {
        Self::Failed(error)
    }
}

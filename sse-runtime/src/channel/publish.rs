//! What becomes of an event that is published.

use std::fmt;

use crate::{event::EncodeError, log::store::StoreError, position::Position};

/// Where an event stands that was published.
///
/// ```
/// use sse_runtime::{Channel, EventId, SseEvent, event_id};
///
/// #[derive(SseEvent)]
/// #[sse(source = "orders")]
/// enum OrderEvent {
///     Placed {
///         #[sse(id)]
///         id: EventId,
///     },
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sse_runtime::PublishError> {
/// let orders = Channel::new();
/// let placed = OrderEvent::Placed { id: event_id!("evt_order4711") };
/// let first = orders.publish(&placed).await?;
/// let again = orders.publish(&placed).await?; // a retry: stored once
/// assert!(again.duplicate && again.position == first.position);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Published {
    /// Its position; of an ephemeral event, that of the event before it.
    pub position: Position,
    /// Whether it had been published before, with the same id and the same content, and was not
    /// stored again.
    pub duplicate: bool,
}

/// Why an event was not published. Nobody has seen any of it.
///
/// ```
/// use sse_runtime::{Channel, ChannelConfig, PublishError, SseEvent};
///
/// #[derive(SseEvent)]
/// #[sse(source = "chat")]
/// enum ChatEvent {
///     Said(String),
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), sse_runtime::InvalidChannelConfig> {
/// let chat = Channel::with_config(ChannelConfig::new().largest_event(1024))?;
/// let refused = chat.publish(&ChatEvent::Said("x".repeat(2_000))).await.unwrap_err();
/// assert!(matches!(refused, PublishError::TooLarge { largest: 1024, .. }));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum PublishError {
    /// The event cannot be encoded. Publishing it again changes nothing. See [`EncodeError`].
    Encode(EncodeError),
    /// The encoded event is larger than the channel allows
    /// ([`ChannelConfig::largest_event`](crate::ChannelConfig::largest_event)): send a reference
    /// to what it carries.
    #[non_exhaustive]
    TooLarge {
        /// How many bytes it has.
        bytes: usize,
        /// How many are allowed.
        largest: usize,
    },
    /// An event with this id and another content was published before: give this one an id of
    /// its own. A retry must carry the very same content.
    #[non_exhaustive]
    IdReused {
        /// Where the other one stands.
        position: Position,
    },
    /// So many ids came in so short a time that one more could not be remembered
    /// ([`ChannelConfig::remembered_ids`](crate::ChannelConfig::remembered_ids)). Try again
    /// later, or allow more.
    TooManyIds,
    /// A terminal event has ended the channel. Nothing comes after it.
    Ended,
    /// The store of the channel did not take it, or may not have
    /// ([`StoreError::Unknown`]). Whether to try again is
    /// [`StoreError::is_for_now`].
    Store(StoreError),
}

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encode(error) => error.fmt(f),
            Self::TooLarge { bytes, largest } => write!(
                f,
                "the event has {bytes} bytes, and the channel allows {largest}: send less, or \
                 raise `largest_event`"
            ),
            Self::IdReused { position } => write!(
                f,
                "the id belongs to an event with another content, at {position}: give each event \
                 an id of its own"
            ),
            Self::TooManyIds => f.write_str(
                "more ids came than can be remembered for two minutes: publish slower, or raise \
                 `remembered_ids`",
            ),
            Self::Ended => f.write_str("the channel has ended with a terminal event"),
            Self::Store(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for PublishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Encode(error) => error.source(),
            Self::Store(error) => error.source(),
            Self::TooLarge { .. } | Self::IdReused { .. } | Self::TooManyIds | Self::Ended => None,
        }
    }
}

impl From<StoreError> for PublishError {
    /// What is the publisher's own is the same with a store and without.
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Ended => Self::Ended,
            StoreError::IdReused(position) => Self::IdReused { position },
            StoreError::TooManyIds => Self::TooManyIds,
            error => Self::Store(error),
        }
    }
}

impl From<EncodeError> for PublishError {
    fn from(error: EncodeError) -> Self {
        Self::Encode(error)
    }
}

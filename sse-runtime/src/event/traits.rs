//! What the derive implements.

use super::{Catalogue, Content, DecodeError, End, EventInfo, Name};
use crate::wire::EventId;

/// A type whose values are events of a stream. Implemented by
/// [`#[derive(SseEvent)]`](macro@crate::SseEvent), never by hand.
///
/// ```
/// use sse_runtime::SseEvent;
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// assert!(InventoryEvent::CATALOGUE.contains("stock_changed"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event type",
    label = "not an event type",
    note = "write `#[derive(SseEvent)]` and `#[sse(source = \"...\")]` on an enum of the events"
)]
pub trait SseEvent {
    /// Whether a stream of these events may end by a terminal one.
    type End: End;
    /// The names, sources and flags of the events.
    const CATALOGUE: Catalogue;
}

/// An event type whose values can be sent.
///
/// Implemented by the derive, never by hand, and left out under `decode_only`. It has nothing
/// to call: it is the bound of what sends, such as [`encode`](crate::encode).
///
/// ```
/// use sse_runtime::{EncodeError, EncodeEvent, FrameBuffer, SseEvent, encode_into};
///
/// /// All of them, or the error of the first that cannot be written.
/// fn encode_all<E: EncodeEvent>(events: &[E]) -> Result<FrameBuffer, EncodeError> {
///     let mut buffer = FrameBuffer::new();
///     for event in events {
///         encode_into(event, &mut buffer)?;
///     }
///     Ok(buffer)
/// }
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     Viewers(u32),
/// }
///
/// let buffer = encode_all(&[InventoryEvent::Viewers(7), InventoryEvent::Viewers(8)])?;
/// assert!(buffer.as_bytes().ends_with(b"data: 8\n\n"));
/// # Ok::<(), EncodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event that can be sent",
    label = "not an event that can be sent",
    note = "write `#[derive(SseEvent)]` and `#[sse(source = \"...\")]` on an enum of the events (without `decode_only`)"
)]
pub trait EncodeEvent: SseEvent {
    // Not public API: implemented by generated code.
    #[doc(hidden)]
    fn __head(&self) -> Head;
    #[doc(hidden)]
    fn __content(&self, content: &mut Content<'_>);
    #[doc(hidden)]
    fn __id(&self) -> Option<&EventId> {
        None
    }
    #[doc(hidden)]
    fn __topic(&self) -> Option<&str> {
        None
    }
}

/// An event type whose values can be read.
///
/// Implemented by the derive, never by hand, and left out under `encode_only`. It has nothing
/// to call: it is the bound of what reads, such as [`decode`](crate::decode).
///
/// ```
/// use sse_runtime::{DecodeError, DecodeEvent, SseEvent, decode};
///
/// /// The event, or nothing for one that this reader is too old to know.
/// fn known<E: DecodeEvent>(name: &str, data: &str) -> Result<Option<E>, DecodeError> {
///     match decode(name, data) {
///         Ok(event) => Ok(Some(event)),
///         Err(DecodeError::Unknown { .. }) => Ok(None),
///         Err(other) => Err(other),
///     }
/// }
///
/// #[derive(SseEvent, Debug, PartialEq)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     Viewers(u32),
/// }
///
/// assert_eq!(known("viewers", "7")?, Some(InventoryEvent::Viewers(7)));
/// assert_eq!(known::<InventoryEvent>("restocked", "null")?, None);
/// # Ok::<(), DecodeError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an event that can be read",
    label = "not an event that can be read",
    note = "write `#[derive(SseEvent)]` on an enum of the events (without `encode_only`)"
)]
pub trait DecodeEvent: SseEvent + Sized {
    // Not public API: implemented by generated code.
    #[doc(hidden)]
    fn __decode(name: Name<'_>, data: &str) -> Result<Self, DecodeError>;
}

// Not public API: what goes in front of a payload.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Head {
    info: &'static EventInfo,
    qualified: bool,
}

impl Head {
    #[must_use]
    pub const fn __new(info: &'static EventInfo) -> Self {
        Self { info, qualified: false }
    }

    /// What a wrong enum answers, whose program does not compile.
    #[must_use]
    pub const fn __nothing() -> Self {
        const NOTHING: &EventInfo = &EventInfo::__new("", None, "", None, 0);
        Self::__new(NOTHING)
    }

    /// With the source in front of the name: the enum around it says `qualify`.
    #[must_use]
    pub const fn __qualify(mut self) -> Self {
        self.qualified = true;
        self
    }

    /// That of an event in a catalogue.
    #[cfg(feature = "server")]
    pub(crate) const fn of(info: &'static EventInfo) -> Self {
        Self { info, qualified: info.is_qualified() }
    }

    pub(crate) const fn info(self) -> &'static EventInfo {
        self.info
    }

    pub(crate) const fn qualified(self) -> bool {
        self.qualified
    }
}

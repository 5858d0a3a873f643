//! What a stream of events may be a stream of.

use axum::response::Response;

use super::refusal::Refusal;
use crate::{
    event::{EncodeError, EncodeEvent, End, EventInfo, FrameOptions, Identity, encode_frame},
    names::TERMINAL_ID,
    wire::{EventId, FrameBuffer},
};

/// An item of a stream of events: an event, `(EventId, event)`, or the `Result` of one
/// with an error that is a response.
///
/// ```
/// use axum::http::StatusCode;
/// use futures_util::stream::{self, Stream};
/// use sse_runtime::{EventId, SseEvent, event_id, sse_handler};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     SoldOut { sku: String },
/// }
///
/// #[sse_handler]
/// async fn inventory() -> impl Stream<Item = Result<(EventId, InventoryEvent), StatusCode>> {
///     let event = InventoryEvent::SoldOut { sku: "A-1".into() };
///     stream::iter([Ok((event_id!("evt_00000001"), event)), Err(StatusCode::BAD_GATEWAY)])
/// }
/// ```
///
/// An ephemeral event goes out without an id, whatever id came with it, and a terminal one
/// with that of the end. Sealed by its hidden method; the three forms are all there are.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an item of a stream of events",
    label = "not an item of a stream of events",
    note = "an item is an event, `(EventId, event)`, or `Result` of one of them with an error that implements `IntoResponse`"
)]
pub trait EventItem {
    // Not public API.
    #[doc(hidden)]
    type End: End;
    #[doc(hidden)]
    const SOURCES: &'static [&'static str];
    #[doc(hidden)]
    fn encode(self, buffer: &mut FrameBuffer, options: FrameOptions) -> Encoded;
}

/// What became of an item.
#[doc(hidden)]
#[derive(Debug)]
pub enum Encoded {
    /// A frame in the buffer.
    Frame(&'static EventInfo),
    /// The error that the item was.
    Failed(Response),
    /// Nothing: it cannot be encoded.
    Error(EncodeError),
}

impl<E: EncodeEvent> EventItem for E {
    type End = E::End;
    const SOURCES: &'static [&'static str] = E::CATALOGUE.sources();

    fn encode(self, buffer: &mut FrameBuffer, options: FrameOptions) -> Encoded {
        encode_event(&self, Identity::Own, buffer, options)
    }
}

impl<E: EncodeEvent> EventItem for (EventId, E) {
    type End = E::End;
    const SOURCES: &'static [&'static str] = E::CATALOGUE.sources();

    fn encode(self, buffer: &mut FrameBuffer, options: FrameOptions) -> Encoded {
        encode_event(&self.1, Identity::Given(&self.0), buffer, options)
    }
}

impl<I: EventItem, R: Refusal> EventItem for Result<I, R> {
    type End = I::End;
    const SOURCES: &'static [&'static str] = I::SOURCES;

    fn encode(self, buffer: &mut FrameBuffer, options: FrameOptions) -> Encoded {
        match self {
            Ok(item) => item.encode(buffer, options),
            Err(error) => Encoded::Failed(error.into_response()),
        }
    }
}

/// Encodes an event of a stream without a log.
pub(super) fn encode_event<E: EncodeEvent>(
    event: &E,
    identity: Identity<'_>,
    buffer: &mut FrameBuffer,
    options: FrameOptions,
) -> Encoded {
    const TERMINAL: EventId = EventId::known(TERMINAL_ID);
    let info = event.__head().info();
    // A reader that comes back with this id is answered 204, which ends an `EventSource`.
    let identity = if info.is_terminal() { Identity::Given(&TERMINAL) } else { identity };
    match encode_frame(event, buffer, identity, options) {
        Ok(()) => Encoded::Frame(info),
        Err(error) => Encoded::Error(error),
    }
}

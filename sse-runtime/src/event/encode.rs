//! From an event to a frame.

use std::{cell::Cell, fmt};

use bytes::Bytes;

use super::{Content, EncodeEvent, Head};
use crate::wire::{EventId, Frame, FrameBuffer, Mark};

/// Encodes an event as one whole frame.
///
/// The `id:` is the event's own (`#[sse(id)]`), if it has one; everything else is what its
/// declaration says.
///
/// ```
/// use sse_runtime::{SseEvent, encode};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// let frame = encode(&InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 })?;
/// assert_eq!(
///     frame.as_bytes(),
///     b"event: stock_changed\nsource: inventory\ndata: {\"sku\":\"A-1\",\"left\":7}\n\n"
/// );
/// # Ok::<(), sse_runtime::EncodeError>(())
/// ```
///
/// # Errors
///
/// [`EncodeError`] when the payload cannot be written as JSON.
pub fn encode<E: EncodeEvent + ?Sized>(event: &E) -> Result<Frame, EncodeError> {
    // The size is known only at the end. Written into memory that is kept, and copied once,
    // a frame costs one allocation of exactly its size.
    with_scratch(|buffer| {
        encode_into(event, buffer)?;
        if buffer.len() > SCRATCH_KEPT {
            return Ok(Frame::from_encoder(std::mem::take(buffer).into_bytes()));
        }
        Ok(Frame::from_encoder(Bytes::copy_from_slice(buffer.as_bytes())))
    })
}

/// Lends an empty buffer whose memory is kept from one event of a thread to the next.
pub(crate) fn with_scratch<R>(write: impl FnOnce(&mut FrameBuffer) -> R) -> R {
    let mut buffer = SCRATCH.try_with(Cell::take).unwrap_or_default();
    let result = write(&mut buffer);
    if buffer.len() <= SCRATCH_KEPT {
        buffer.clear();
        // It fails while the thread ends; then the memory is given back at once.
        let _ = SCRATCH.try_with(|scratch| scratch.set(buffer));
    }
    result
}

thread_local! {
    /// Where an event is written first. Taken while in use, since a `Serialize` may encode as well.
    static SCRATCH: Cell<FrameBuffer> = const { Cell::new(FrameBuffer::new()) };
}

/// A longer frame keeps the memory that it was written into.
const SCRATCH_KEPT: usize = 16 * 1024;

/// Encodes an event at the end of a buffer, which is reused for many.
///
/// See [`FrameBuffer`] for an example.
///
/// # Errors
///
/// [`EncodeError`] when the payload cannot be written as JSON. The buffer is then as it
/// was before.
pub fn encode_into<E: EncodeEvent + ?Sized>(
    event: &E,
    buffer: &mut FrameBuffer,
) -> Result<(), EncodeError> {
    encode_frame(event, buffer, Identity::Own, FrameOptions::default())
}

/// Why an event could not be encoded. Nothing of it was written.
///
/// ```
/// use sse_runtime::{SseEvent, encode};
///
/// #[derive(SseEvent)]
/// #[sse(source = "probe")]
/// enum ProbeEvent {
///     Temperature(f64),
/// }
///
/// let error = encode(&ProbeEvent::Temperature(f64::NAN)).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the payload of `temperature` cannot be written as JSON: \
///      a number is NaN or infinite, which JSON cannot hold"
/// );
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum EncodeError {
    /// The `Serialize` of a payload failed, or it holds what JSON cannot: a map whose keys
    /// are no text, NaN, an infinity. Mend the payload; sending it again changes nothing.
    #[non_exhaustive]
    Payload {
        /// The name of the event.
        event: &'static str,
        /// What serde says.
        source: serde_json::Error,
    },
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Payload { event, source } => {
                write!(f, "the payload of `{event}` cannot be written as JSON: {source}")
            }
        }
    }
}

impl std::error::Error for EncodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Payload { source, .. } => Some(source),
        }
    }
}

/// Which `id:` line a frame gets.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Identity<'a> {
    /// The event's own, if it has one.
    Own,
    /// One that came with it.
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "handlers give ids"))]
    Given(&'a EventId),
    /// None, whatever it has.
    #[cfg(feature = "server")]
    None,
    /// The position that a log gives it later.
    #[cfg(feature = "server")]
    ToCome,
}

/// What a stream may leave out.
#[derive(Debug, Clone, Copy)]
// Not public API: seen in hidden methods of sealed traits.
#[doc(hidden)]
pub struct FrameOptions {
    /// Whether the `source:` line is written.
    pub(crate) source_field: bool,
}

impl Default for FrameOptions {
    fn default() -> Self {
        Self { source_field: true }
    }
}

/// The one way from an event into a buffer.
pub(crate) fn encode_frame<E: EncodeEvent + ?Sized>(
    event: &E,
    buffer: &mut FrameBuffer,
    identity: Identity<'_>,
    options: FrameOptions,
) -> Result<(), EncodeError> {
    let head = event.__head();
    let identity = match identity {
        Identity::Own => event.__id().map_or(Line::Nothing, Line::Id),
        Identity::Given(id) => Line::Id(id),
        #[cfg(feature = "server")]
        Identity::None => Line::Nothing,
        #[cfg(feature = "server")]
        Identity::ToCome => Line::ToCome,
    };
    let frame = Unfinished::begin(buffer, head, identity, options);
    let mut content = Content::new(frame.buffer.payload());
    event.__content(&mut content);
    match content.finish() {
        Ok(()) => {
            frame.finish();
            Ok(())
        }
        Err(source) => Err(EncodeError::Payload { event: head.info().name(), source }),
    }
}

/// The `id:` line of a frame.
#[derive(Clone, Copy)]
enum Line<'a> {
    Nothing,
    Id(&'a EventId),
    #[cfg(feature = "server")]
    ToCome,
}

/// A frame that is being written. Unless it is finished, nothing of it stays: not when a
/// `Serialize` fails half-way, and not when it panics and somebody catches that.
struct Unfinished<'a> {
    buffer: &'a mut FrameBuffer,
    begin: Mark,
    payload: Mark,
    finished: bool,
}

impl<'a> Unfinished<'a> {
    /// Writes what stands before the payload.
    fn begin(buffer: &'a mut FrameBuffer, head: Head, id: Line<'_>, options: FrameOptions) -> Self {
        let begin = buffer.mark();
        match id {
            // An ephemeral event has no place to come back to, whatever came with it.
            _ if head.info().is_ephemeral() => {}
            Line::Nothing => {}
            Line::Id(id) => buffer.id(id),
            #[cfg(feature = "server")]
            Line::ToCome => buffer.id_to_come(),
        }
        write_head(head, options, buffer);
        let payload = buffer.mark();
        Self { buffer, begin, payload, finished: false }
    }

    fn finish(mut self) {
        self.buffer.end_payload(self.payload);
        self.finished = true;
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        if !self.finished {
            self.buffer.rewind(self.begin);
        }
    }
}

fn write_head(head: Head, options: FrameOptions, buffer: &mut FrameBuffer) {
    let info = head.info();
    if !head.qualified() && options.source_field {
        // Nearly always: one literal of the expansion.
        return buffer.raw(info.head().as_bytes());
    }
    buffer.raw(b"event: ");
    if let (true, Some(source)) = (head.qualified(), info.source()) {
        buffer.raw(source.as_bytes());
        buffer.raw(b".");
    }
    buffer.raw(info.name().as_bytes());
    buffer.raw(b"\n");
    if let (true, Some(source)) = (options.source_field, info.source()) {
        buffer.line(b"source: ", source.as_bytes());
    }
    if let Some(milliseconds) = info.retry_ms() {
        buffer.retry(u64::from(milliseconds));
    }
    buffer.raw(b"data: ");
}

#[cfg(test)]
mod tests {
    use serde::{Serialize, Serializer};

    use super::*;
    use crate::SseEvent;

    #[derive(SseEvent)]
    #[sse(source = "probe", encode_only)]
    enum ProbeEvent {
        Text(String),
        Number(f64),
        Nested(Nested),
    }

    /// Encodes an event while it is encoded itself.
    struct Nested;

    impl Serialize for Nested {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let inner =
                encode(&ProbeEvent::Text("inner".into())).map_err(serde::ser::Error::custom)?;
            serializer.serialize_str(&inner.data())
        }
    }

    #[test]
    fn frames_share_nothing_with_the_memory_that_is_kept() {
        let first = encode(&ProbeEvent::Text("first".into())).unwrap();
        let second = encode(&ProbeEvent::Text("2".into())).unwrap();
        assert!(encode(&ProbeEvent::Number(f64::NAN)).is_err());
        let long = "l".repeat(2 * SCRATCH_KEPT);
        let long = encode(&ProbeEvent::Text(long)).unwrap();
        let after = encode(&ProbeEvent::Number(1.5)).unwrap();
        assert_eq!(first.data(), "\"first\"");
        assert_eq!(second.data(), "\"2\"");
        assert_eq!(long.data().len(), 2 * SCRATCH_KEPT + 2);
        assert_eq!(after.data(), "1.5");
    }

    #[test]
    fn a_payload_may_encode_an_event_itself() {
        let frame = encode(&ProbeEvent::Nested(Nested)).unwrap();
        assert_eq!(frame.data(), r#""\"inner\"""#);
        assert_eq!(frame.event(), Some("nested"));
    }
}

//! Floor 0: the `text/event-stream` format.
//!
//! Values that cannot hold what the wire cannot carry ([`EventId`], [`EventName`],
//! [`Source`], [`TraceParent`]), whole frames ([`Frame`]), written by one private encoder, and the
//! incremental [`Decoder`]. Knows nothing of serde, tokio, HTTP or clocks. The rules are those of the
//! [WHATWG standard](https://html.spec.whatwg.org/multipage/server-sent-events.html).

#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "logs write positions"))]
pub(crate) mod base62;
mod buffer;
mod decoder;
mod frame;
mod id;
mod name;
#[cfg(any(feature = "client", feature = "server"))]
pub(crate) mod request_id;
mod source;
mod text;
mod traceparent;

pub use buffer::FrameBuffer;
#[cfg(feature = "server")]
pub(crate) use buffer::ID_TO_COME;
pub(crate) use buffer::Mark;
pub use decoder::{Decoded, Decoder, DecoderLimits, Limit, Malformed, Oversized, RawEvent};
pub use frame::Frame;
#[cfg(feature = "server")]
pub(crate) use frame::traceparent;
pub use id::{EventId, InvalidEventId};
pub use name::{EventName, InvalidEventName};
pub use source::{InvalidSource, Source};
use text::text_value;
pub use traceparent::{InvalidTraceParent, TraceParent};

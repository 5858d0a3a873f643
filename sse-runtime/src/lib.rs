//! Server-sent events, declared instead of hand-written.

#![cfg_attr(docsrs, feature(doc_cfg))]

// Expansions say `::sse_runtime`, inside this crate too.
#[allow(unused_extern_crates, reason = "used by expansions alone")]
extern crate self as sse_runtime;

mod event;
mod literal;
pub mod names;
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
mod wire;

pub use event::{
    Catalogue, DecodeError, DecodeEvent, EncodeError, EncodeEvent, End, Endless, EventInfo, Finite,
    SseEvent, decode, encode, encode_into, opaque_id,
};
pub use names::{Reason, ResetReason, ResumeOutcome};
pub use sse_macros::SseEvent;
pub use wire::{
    EventId, EventName, Frame, FrameBuffer, InvalidEventId, InvalidEventName, InvalidSource, Source,
};

//! Server-sent events, declared instead of hand-written.

#![cfg_attr(docsrs, feature(doc_cfg))]

// Expansions say `::sse_runtime`, inside this crate too.
#[allow(unused_extern_crates, reason = "used by expansions alone")]
extern crate self as sse_runtime;

#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "server")]
mod call;
mod event;
mod literal;
pub mod names;
#[cfg(feature = "server")]
mod server;
mod wire;

pub use event::{
    Catalogue, DecodeError, DecodeEvent, EncodeError, EncodeEvent, End, Endless, EventInfo, Finite,
    SseEvent, decode, encode, encode_into, opaque_id,
};
pub use names::{Reason, ResetReason, ResumeOutcome};
#[cfg(feature = "server")]
pub use server::{
    Cx, Drain, Ended, EventItem, EventStream, Events, IntoEvents, ReadError, SendError, TypedEvents,
};
pub use sse_macros::SseEvent;
#[cfg(feature = "server")]
pub use sse_macros::sse_handler;
pub use wire::{
    EventId, EventName, Frame, FrameBuffer, InvalidEventId, InvalidEventName, InvalidSource, Source,
};

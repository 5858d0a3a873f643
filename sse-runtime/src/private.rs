//! Not public API: what the expansions of the macros call. Anything here may change in
//! any release; `sse-macros` is tied to the same version.

#![doc(hidden)]
#![allow(missing_docs, reason = "not public API")]

pub use core::{
    clone::Clone,
    convert::From,
    default::Default,
    option::Option,
    primitive::{bool, str, u8, u32, usize},
    result::Result,
};

#[cfg(feature = "server")]
pub use crate::server::{
    Call, Handler, Options, Started, call, context, endless, fallback, finite, produces,
    produces_result, refusal, respond, returns, returns_items, returns_result,
    returns_result_items,
};
pub use crate::{
    event::{
        Catalogue, Content, DecodeError, DecodeEvent, EncodeEvent, Ending, EndingOf, Endless,
        EventInfo, Finite, FrameOptions, Head, Holds, IdField, Items, Name, NoPart, Object,
        OwnedPayload, Part, PartOf, Payload, SseEvent, TopicField,
        decode::{value, value_with},
        merge::{Merged, sizes},
    },
    wire::{EventId, EventName, Source},
};
pub use sse_macros::{event_id, event_name, source};

// The macros have checked the literal.
pub const fn known_event_id(id: &'static str) -> EventId {
    EventId::known(id)
}

pub const fn known_event_name(name: &'static str) -> EventName {
    EventName::known(name)
}

pub const fn known_source(source: &'static str) -> Source {
    Source::known(source)
}

/// Marks a payload in a place of its own, so that rustc points at the type of the field.
pub fn id_of<T: IdField>(field: &T) -> Option<&EventId> {
    Some(field.id())
}

pub fn topic_of<T: TopicField + ?Sized>(field: &T) -> Option<&str> {
    Some(field.topic())
}

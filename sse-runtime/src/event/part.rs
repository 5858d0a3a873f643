//! What the variants of a `merge` enum hold.

#![allow(missing_docs, reason = "not public API")]

use std::marker::PhantomData;

use super::{
    Catalogue, Content, DecodeError, DecodeEvent, EncodeEvent, End, Endless, Finite, Head, Name,
    SseEvent,
};
use crate::wire::EventId;

// Not public API: asked for by generated code, once for each variant.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a variant of a `merge` enum holds an event enum, and `{Self}` is none",
    label = "not an event enum",
    note = "write `#[derive(SseEvent)]` on `{Self}`; or give this enum a source of its own instead of `merge`, `#[sse(source = \"...\")]`, to send `{Self}` as the data of an event"
)]
pub trait Part {}

#[diagnostic::do_not_recommend]
impl<E: SseEvent> Part for E {}

/// What a `merge` enum asks of a type that it holds.
///
/// Not public API: used by generated code. A type that is no event enum is reported once,
/// by [`Part`]. Everything else about it must compile nevertheless: where these functions
/// do not apply, those of [`NoPart`] take their place.
#[derive(Debug)]
pub struct PartOf<E>(PhantomData<E>);

/// Stands in for what [`PartOf`] lacks. Never called.
pub trait NoPart<E> {
    const CATALOGUE: Catalogue = Catalogue::__new(&[], &[]);
    const FINITE: bool = false;
    const SENT: bool = false;
    const READ: bool = false;

    fn head(_: &E) -> Head {
        Head::__nothing()
    }

    fn content(_: &E, content: &mut Content<'_>) {
        content.null();
    }

    fn id(_: &E) -> Option<&EventId> {
        None
    }

    fn topic(_: &E) -> Option<&str> {
        None
    }

    /// # Errors
    ///
    /// Always.
    fn decode(name: Name<'_>, _: &str) -> Result<E, DecodeError> {
        Err(DecodeError::__unknown(name))
    }
}

impl<E> NoPart<E> for PartOf<E> {}

impl<E: SseEvent> PartOf<E> {
    pub const CATALOGUE: Catalogue = E::CATALOGUE;
    pub const FINITE: bool = <E::End as End>::FINITE;
}

impl<E: EncodeEvent> PartOf<E> {
    pub const SENT: bool = true;

    pub fn head(event: &E) -> Head {
        event.__head()
    }

    pub fn content(event: &E, content: &mut Content<'_>) {
        event.__content(content);
    }

    pub fn id(event: &E) -> Option<&EventId> {
        event.__id()
    }

    pub fn topic(event: &E) -> Option<&str> {
        event.__topic()
    }
}

impl<E: DecodeEvent> PartOf<E> {
    pub const READ: bool = true;

    /// # Errors
    ///
    /// Those of the event.
    pub fn decode(name: Name<'_>, data: &str) -> Result<E, DecodeError> {
        E::__decode(name, data)
    }
}

/// Whether the whole is finite: a value, so that a part that is no event enum can have it
/// too.
#[derive(Debug)]
pub enum Ending<const FINITE: bool> {}

/// From the value to the type.
pub trait EndingOf {
    type End: End;
}

impl EndingOf for Ending<true> {
    type End = Finite;
}

impl EndingOf for Ending<false> {
    type End = Endless;
}

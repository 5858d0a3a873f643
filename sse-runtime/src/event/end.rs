//! Whether a stream of these events can end by one of them.

/// Whether a stream of an event type may end by a terminal event: [`Endless`] or
/// [`Finite`]. Part of the type, so that a terminal event on an endless stream, and a
/// finite stream that could never end well, do not compile.
///
/// Sealed: there is no third kind. Generic code asks for the kind that it needs:
///
/// ```
/// use sse_runtime::{Endless, SseEvent};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// fn watch_for_ever<E: SseEvent<End = Endless>>() {}
/// watch_for_ever::<InventoryEvent>();
/// ```
pub trait End: sealed::Sealed {
    // Not public API: used by generated code.
    #[doc(hidden)]
    const FINITE: bool;
}

/// No event of the type is terminal, and so a stream of them goes on until somebody leaves.
/// A name for [`SseEvent::End`](crate::SseEvent::End) alone: it has no values.
///
/// ```
/// # use sse_runtime::{Endless, SseEvent};
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     Viewers(u32),
/// }
///
/// fn endless<E: SseEvent<End = Endless>>() {}
/// endless::<InventoryEvent>();
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Endless {}

/// The type has an event that is `#[sse(terminal)]`, which ends the stream. A name for
/// [`SseEvent::End`](crate::SseEvent::End) alone: it has no values.
///
/// ```
/// # use sse_runtime::{Finite, SseEvent};
/// #[derive(SseEvent)]
/// #[sse(source = "assistant")]
/// enum AnswerEvent {
///     Delta(String),
///     #[sse(terminal)]
///     Done,
/// }
///
/// fn finite<E: SseEvent<End = Finite>>() {}
/// finite::<AnswerEvent>();
/// ```
#[derive(Debug, Clone, Copy)]
pub enum Finite {}

impl End for Endless {
    const FINITE: bool = false;
}

impl End for Finite {
    const FINITE: bool = true;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Endless {}
    impl Sealed for super::Finite {}
}

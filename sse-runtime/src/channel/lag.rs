//! What becomes of a reader that is too slow.

/// What becomes of a reader that falls below the oldest event that is kept: [`TellGap`], unless
/// [`EndSlow`] is asked for ([`Subscription::end_when_slow`](crate::Subscription::end_when_slow)).
/// Part of the type of a subscription, so that the signature of a handler says it.
///
/// Sealed: there is no third way, and above all none that says nothing.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what becomes of a slow reader",
    label = "neither `TellGap` nor `EndSlow`",
    note = "write `Subscription<YourEvent>`, or `Subscription<YourEvent, EndSlow>` with `.end_when_slow()`"
)]
pub trait Lag: sealed::Sealed + Send + 'static {
    // Not public API.
    #[doc(hidden)]
    const ENDS: bool;
}

/// The reader is told a `gap`, with the number of events that it missed, and goes on at the
/// oldest that is kept. A name in a type: it has no values.
#[derive(Debug, Clone, Copy)]
pub enum TellGap {}

/// The stream ends with the reason `slow`. The reader comes back, and is told the gap then; in
/// the meantime it holds nothing. A name in a type: it has no values.
///
/// ```
/// use axum::extract::State;
/// use sse_runtime::{Channel, EndSlow, Resume, SseEvent, Subscription, sse_handler};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// #[sse_handler]
/// async fn inventory(
///     State(channel): State<Channel<InventoryEvent>>,
///     resume: Resume,
/// ) -> Subscription<InventoryEvent, EndSlow> {
///     channel.subscribe(resume).end_when_slow()
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub enum EndSlow {}

impl Lag for TellGap {
    const ENDS: bool = false;
}

impl Lag for EndSlow {
    const ENDS: bool = true;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::TellGap {}
    impl Sealed for super::EndSlow {}
}

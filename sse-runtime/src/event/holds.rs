//! Which enum of enums holds which.

use super::SseEvent;

/// An enum of enums that holds another one: what `Subscription::lift` asks for.
///
/// Implemented by the derive for each enum in a `#[sse(merge)]` enum, and by every event type
/// for itself; never by hand.
///
/// ```
/// use sse_runtime::{Holds, SseEvent};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     SoldOut { sku: String },
/// }
///
/// #[derive(SseEvent)]
/// #[sse(merge)]
/// enum AllEvent {
///     Inventory(InventoryEvent),
/// }
///
/// fn on_one_stream<A: Holds<E>, E>() {}
/// on_one_stream::<AllEvent, InventoryEvent>();
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not hold the events of `{E}`",
    label = "`{E}` is none of its parts",
    note = "write `#[sse(merge)]` on `{Self}`, and a variant that holds `{E}`",
    note = "where it holds it by way of another enum, lift to that one first: `.lift::<Between>().lift()`"
)]
pub trait Holds<E>: SseEvent {
    // Not public API: used by generated code.
    #[doc(hidden)]
    const QUALIFY: bool;
}

impl<E: SseEvent> Holds<E> for E {
    const QUALIFY: bool = false;
}

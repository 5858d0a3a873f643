//! Both sources on one stream. A browser opens few connections to one server, and a page
//! that shows everything needs one only.

use axum::extract::State;
use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use sse_runtime::{EventId, SseEvent, sse_handler};

use crate::{app::App, fanout::TooSlow, host::HostEvent, inventory::InventoryEvent};

/// An enum of enums: two sources that put the same name on one stream would not compile.
#[derive(Debug, Clone, SseEvent)]
#[sse(merge)]
pub(crate) enum AllEvent {
    Inventory(InventoryEvent),
    Host(HostEvent),
}

#[sse_handler]
pub(crate) async fn all(
    State(app): State<App>,
) -> impl Stream<Item = Result<(EventId, AllEvent), TooSlow>> {
    let inventory = app.inventory.listen().map_ok(|(id, event)| (id, AllEvent::Inventory(event)));
    let host = app.host.listen().map_ok(|(id, event)| (id, AllEvent::Host(event)));
    stream::select(inventory.boxed(), host.boxed())
}

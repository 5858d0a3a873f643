//! Both sources on one stream. A browser opens few connections to one server, and a page
//! that shows everything needs one only.

use axum::extract::State;
use sse_runtime::{MergeError, Resume, SseEvent, Subscription, sse_handler};

use crate::{app::App, host::HostEvent, inventory::InventoryEvent};

/// An enum of enums: two sources that put the same name on one stream would not compile.
#[derive(Debug, SseEvent)]
#[sse(merge)]
pub(crate) enum AllEvent {
    Inventory(InventoryEvent),
    Host(HostEvent),
}

/// An id of this stream is a position in each channel, so that a reader that comes back goes
/// on in both.
#[sse_handler]
pub(crate) async fn all(
    State(app): State<App>,
    resume: Resume,
) -> Result<Subscription<AllEvent>, MergeError> {
    let inventory = app.inventory.subscribe(&resume).lift();
    let host = app.host.subscribe(&resume).lift();
    Subscription::merge([inventory, host])
}

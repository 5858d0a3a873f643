//! The runtime under another name.

mod inner {
    pub extern crate sse_runtime as events;
}

use futures_util::stream::{self, Stream};
use inner::events::{Events, SendError, SseEvent, call, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory", crate = "crate::inner::events")]
enum InventoryEvent {
    SoldOut,
}

#[sse_handler(crate = "crate::inner::events")]
async fn inventory() -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut])
}

#[sse_handler(crate = "crate::inner::events", heartbeat = "5s")]
async fn sends(out: Events<InventoryEvent>) -> Result<(), SendError> {
    out.send(InventoryEvent::SoldOut).await
}

fn main() {
    let _: axum::Router =
        axum::Router::new().route("/", axum::routing::get(inventory).post(sends));
    drop(call!(inventory()));
}

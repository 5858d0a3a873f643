//! Every key of the attribute.

use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
    #[sse(terminal)]
    Closed,
}

#[derive(SseEvent)]
#[sse(source = "probe")]
enum Probe {
    Beat,
}

#[sse_handler(
    finite,
    drain = "30s",
    heartbeat = "1s",
    heartbeat_event,
    retry = "250ms",
    first = "0s",
    control_events = false,
    source_field = false,
    crate = "::sse_runtime",
)]
async fn everything() -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut, InventoryEvent::Closed])
}

#[sse_handler(no_heartbeat, retry = "5m", control_events = true, source_field = true)]
async fn quiet() -> impl Stream<Item = Probe> {
    stream::iter([Probe::Beat])
}

#[sse_handler(heartbeat = "50s", first = "50s")]
async fn bounds() -> impl Stream<Item = Probe> {
    stream::empty()
}

#[sse_handler(finite, drain = "1s")]
async fn soon() -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::Closed])
}

#[sse_handler(drain = "10m", finite)]
async fn later() -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::Closed])
}

#[sse_handler()]
async fn nothing() -> impl Stream<Item = Probe> {
    stream::empty()
}

fn main() {
    let _: axum::Router = axum::Router::new()
        .route("/everything", axum::routing::get(everything))
        .route("/quiet", axum::routing::get(quiet))
        .route("/bounds", axum::routing::get(bounds))
        .route("/soon", axum::routing::get(soon))
        .route("/later", axum::routing::get(later))
        .route("/nothing", axum::routing::get(nothing));
}

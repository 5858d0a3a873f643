//! A crate that forbids what an expansion might be tempted to allow.
#![forbid(warnings)]
#![forbid(nonstandard_style, deprecated, unused)]
use futures_util::stream::{self, Stream};
use sse_runtime::{Events, SendError, SseEvent, sse_handler};
#[derive(SseEvent)]
#[sse(source = "inventory")]
pub enum InventoryEvent {
    SoldOut,
}
#[sse_handler]
pub async fn inventory() -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut])
}
#[sse_handler]
pub async fn sends(out: Events<InventoryEvent>) -> Result<(), SendError> {
    out.send(InventoryEvent::SoldOut).await
}
fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory).post(sends));
}

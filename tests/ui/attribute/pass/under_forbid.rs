//! A crate that forbids what an expansion might be tempted to allow.
#![forbid(warnings)]
#![forbid(nonstandard_style, deprecated, unused)]
use futures_util::stream::{self, Stream};
use sse_runtime::{
    Channel, Events, MergeError, Resume, SendError, SseEvent, Subscription, sse_handler,
};
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
#[derive(SseEvent)]
#[sse(merge)]
pub enum AllEvent {
    Inventory(InventoryEvent),
}
type App = axum::extract::State<Channel<InventoryEvent>>;
#[sse_handler]
pub async fn subscribes(channel: App, resume: Resume) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}
#[sse_handler]
pub async fn merges(channel: App, resume: Resume) -> Result<Subscription<AllEvent>, MergeError> {
    Subscription::merge([channel.subscribe(resume).lift()])
}
fn main() {
    let _: axum::Router = axum::Router::new()
        .route("/", axum::routing::get(inventory).post(sends))
        .route("/channel", axum::routing::get(subscribes).post(merges))
        .with_state(Channel::new());
}

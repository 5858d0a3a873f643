//! A type of one's own that is called like a subscription is a stream like any other.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::stream::Stream;
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut,
}

struct Table;

struct Subscription<T>(Option<T>);

impl<T: Unpin> Stream for Subscription<T> {
    type Item = InventoryEvent;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<InventoryEvent>> {
        Poll::Ready(self.0.take().map(|_| InventoryEvent::SoldOut))
    }
}

#[sse_handler]
async fn inventory() -> Subscription<Table> {
    Subscription(Some(Table))
}

fn main() {
    let _: axum::Router = axum::Router::new().route("/", axum::routing::get(inventory));
}

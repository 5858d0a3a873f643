//! Names that an expansion might be tempted to use mean something else here.
#![allow(dead_code, non_camel_case_types)]

mod core {}
mod std {}
mod axum_shadow {}

struct Result;
struct Option;
struct Vec;
struct Box;
struct String;
struct Future;
struct Send;
struct Cx;
struct EventStream;
struct Subscription;
struct Channel;
trait Holds {}

#[allow(unused_macros)]
macro_rules! Ok {
    () => {};
}

use ::futures_util::stream::{self, Stream};

#[derive(::sse_runtime::SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { left: u32 },
}

#[::sse_runtime::sse_handler(heartbeat = "5s")]
async fn inventory() -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut { left: 0 }])
}

#[::sse_runtime::sse_handler]
async fn sends(out: ::sse_runtime::Events<InventoryEvent>) -> ::core::result::Result<(), ::sse_runtime::SendError> {
    out.send(InventoryEvent::SoldOut { left: 0 }).await
}

#[derive(::sse_runtime::SseEvent)]
#[sse(merge)]
enum AllEvent {
    Inventory(InventoryEvent),
}

#[::sse_runtime::sse_handler]
async fn merges(
    ::axum::extract::State(channel): ::axum::extract::State<
        ::sse_runtime::Channel<InventoryEvent>,
    >,
    resume: ::sse_runtime::Resume,
) -> ::core::result::Result<::sse_runtime::Subscription<AllEvent>, ::sse_runtime::MergeError> {
    ::sse_runtime::Subscription::merge([channel.subscribe(resume).lift()])
}

fn main() {
    let _: ::axum::Router = ::axum::Router::new()
        .route("/", ::axum::routing::get(inventory).post(sends))
        .route("/channel", ::axum::routing::get(merges))
        .with_state(::sse_runtime::Channel::new());
}

#![no_implicit_prelude]

#[derive(::sse_runtime::SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { left: u32 },
}

#[::sse_runtime::sse_handler(retry = "5s")]
async fn inventory() -> impl ::futures_util::stream::Stream<Item = InventoryEvent> {
    ::futures_util::stream::iter([InventoryEvent::SoldOut { left: 0 }])
}

#[::sse_runtime::sse_handler]
async fn sends(
    out: ::sse_runtime::Events<InventoryEvent>,
) -> ::std::result::Result<(), ::sse_runtime::SendError> {
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
) -> ::std::result::Result<::sse_runtime::Subscription<AllEvent>, ::sse_runtime::MergeError> {
    ::sse_runtime::Subscription::merge([channel.subscribe(resume).lift()])
}

fn main() {
    let _: ::axum::Router = ::axum::Router::new()
        .route("/", ::axum::routing::get(inventory).post(sends))
        .route("/channel", ::axum::routing::get(merges))
        .with_state(::sse_runtime::Channel::new());
}

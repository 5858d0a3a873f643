//! Raw identifiers, patterns as arguments, names that the expansion uses itself.

use axum::extract::State;
use futures_util::stream::{self, Stream};
use sse_runtime::{Events, SseEvent, call, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { left: u32 },
}

#[derive(Clone)]
struct Shop {
    left: u32,
    name: &'static str,
}

#[sse_handler]
async fn r#type(
    State(Shop { left: r#match, .. }): State<Shop>,
    State(Shop { name: _, .. }): State<Shop>,
    _: axum::http::Method,
) -> impl Stream<Item = InventoryEvent> {
    stream::iter([InventoryEvent::SoldOut { left: r#match }])
}

#[sse_handler]
async fn __start(
    State(__cx): State<Shop>,
    State(__handler): State<Shop>,
    __out: Events<InventoryEvent>,
) {
    let __0 = __cx.left + __handler.left;
    let _ = __out.send(InventoryEvent::SoldOut { left: __0 }).await;
    assert!(!__cx.name.is_empty());
}

mod shop {
    use super::{InventoryEvent, Stream, sse_handler, stream};

    #[sse_handler]
    pub(crate) async fn sized<T: Send + 'static, const N: usize>() -> impl Stream<Item = InventoryEvent> {
        stream::empty()
    }

    #[sse_handler]
    pub(crate) async fn generic<T: Send + 'static>(value: T) -> impl Stream<Item = InventoryEvent> {
        drop(value);
        stream::empty()
    }
}

fn main() {
    let shop = Shop { left: 1, name: "shop" };
    let _: axum::Router = axum::Router::new()
        .route("/", axum::routing::get(r#type).post(__start))
        .with_state(shop.clone());
    drop(call!(r#type(State(shop.clone()), State(shop.clone()), axum::http::Method::GET)));
    drop(call!(__start(State(shop.clone()), State(shop))));
    drop(call!(shop::generic::<u32>(7)));
    drop(call!(shop::generic("text",)));
    drop(call!(shop::sized::<Vec<u8>, 3>()));
}

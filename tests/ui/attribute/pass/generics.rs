//! Handlers that are generic over types, constants and lifetimes that nobody writes.

use std::{fmt::Debug, marker::PhantomData};

use axum::{
    Router,
    extract::{FromRef, FromRequestParts, State},
    routing::get,
};
use futures_util::stream::{self, Stream};
use sse_runtime::{Events, SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent<T> {
    Changed(T),
}

trait Store: Clone + Send + Sync + 'static {
    fn load(&self) -> u32;
}

#[derive(Clone)]
struct Memory;

impl Store for Memory {
    fn load(&self) -> u32 {
        7
    }
}

#[sse_handler]
async fn by_state<S>(State(store): State<S>) -> impl Stream<Item = InventoryEvent<u32>>
where
    S: Store,
{
    stream::iter([InventoryEvent::Changed(store.load())])
}

#[sse_handler]
async fn by_event<S: Store, const N: usize>(
    State(store): State<S>,
    out: Events<InventoryEvent<[u32; N]>>,
) where
    [u32; N]: serde::Serialize + serde::de::DeserializeOwned,
{
    let _ = out.send(InventoryEvent::Changed([store.load(); N])).await;
}

#[derive(Clone)]
struct Part<T>(PhantomData<T>);

impl<T> FromRef<Memory> for Part<T> {
    fn from_ref(_: &Memory) -> Self {
        Self(PhantomData)
    }
}

#[sse_handler]
async fn by_part<T: Debug + Clone + Send + Sync + 'static>(
    State(Part(_part)): State<Part<T>>,
) -> impl Stream<Item = InventoryEvent<u8>> {
    stream::empty()
}

#[sse_handler]
async fn by_extractor<E>(extractor: E) -> impl Stream<Item = InventoryEvent<u8>>
where
    E: FromRequestParts<Memory> + Send + 'static,
{
    drop(extractor);
    stream::empty()
}

fn main() {
    let _: Router = Router::new()
        .route("/state", get(by_state::<Memory>))
        .route("/event", get(by_event::<Memory, 3>))
        .route("/part", get(by_part::<String>))
        .route("/extractor", get(by_extractor::<State<Memory>>))
        .with_state(Memory);
}

//! Channels with a store behind them: nothing acknowledged is lost, and what is lost is told.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "store/behind.rs"]
mod behind;
#[path = "store/faults.rs"]
mod faults;

use std::sync::Arc;

use axum::{Router, extract::State, routing::get};
use sse_runtime::{
    Channel, ChannelConfig, ChannelName, Hub, Resume, SseEvent, Subscription, sse_handler,
    testing::{MemoryStore, TestServer, check_store},
};

#[derive(Debug, Clone, PartialEq, SseEvent)]
#[sse(source = "numbers")]
pub(crate) enum NumberEvent {
    Number(u32),
    #[sse(ephemeral)]
    Aside(u32),
}

pub(crate) use NumberEvent::Number;

pub(crate) type Numbers = Channel<NumberEvent>;

/// More than any of these tests keeps in memory.
pub(crate) const MANY: u32 = 10_000;

pub(crate) fn hub(store: &MemoryStore, config: ChannelConfig) -> Hub<NumberEvent> {
    Hub::with_store(config, Arc::new(store.clone())).unwrap()
}

/// One channel of a hub of its own, as another process would have it.
pub(crate) fn numbers_with(store: &MemoryStore, config: ChannelConfig) -> Numbers {
    hub(store, config).get_or_create(&ChannelName::new("check", "numbers").unwrap()).unwrap()
}

pub(crate) fn numbers(store: &MemoryStore) -> Numbers {
    let config = ChannelConfig::new().history(u64::MAX).history_bytes(u64::MAX);
    numbers_with(store, config)
}

pub(crate) async fn publish(channel: &Numbers, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        channel.publish(&Number(number)).await.unwrap();
    }
}

#[sse_handler]
async fn stream(State(channel): State<Numbers>, resume: Resume) -> Subscription<NumberEvent> {
    channel.subscribe(resume)
}

pub(crate) fn server(channel: &Numbers) -> TestServer {
    TestServer::new(Router::new().route("/", get(stream)).with_state(channel.clone()))
}

#[tokio::test]
async fn the_store_of_the_test_kit_keeps_the_rules() {
    let store = MemoryStore::new();
    check_store(async || Ok(Arc::new(store.clone()) as _)).await.unwrap();
}

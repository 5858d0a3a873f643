//! Channels that a Redis server keeps.
//!
//! `tests/foreign/redis.sh` runs these: it says in `SSE_REDIS_SERVER` where the program
//! `redis-server` is. Without it there is nothing to test against, and each of them says so.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "redis_store/away.rs"]
mod away;
#[path = "redis_store/figures.rs"]
mod figures;
#[path = "redis_store/killed.rs"]
mod killed;
#[path = "redis_store/server.rs"]
mod server;
#[path = "redis_store/shared.rs"]
mod shared;
#[path = "redis_store/storm.rs"]
mod storm;

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use sse_runtime::{
    Channel, ChannelConfig, ChannelEvents, ChannelName, Hub, Missed, Received, Resume, SseEvent,
    store::{RedisConfig, RedisStore, Store, StoreError},
    testing::check_store,
};

use server::Server;

#[derive(Debug, Clone, PartialEq, SseEvent)]
#[sse(source = "numbers")]
pub(crate) enum NumberEvent {
    Number(u64),
    Named {
        #[sse(id)]
        id: sse_runtime::EventId,
        number: u64,
    },
}

pub(crate) use NumberEvent::Number;

pub(crate) type Numbers = Channel<NumberEvent>;

/// The channel as one process has it: with a store of its own.
pub(crate) async fn numbers(server: &Server) -> Numbers {
    // Longer than the defaults: machines that run tests are slow, and what is asked here is
    // whether something comes, not when.
    let config = RedisConfig::new().patience(Duration::from_secs(20));
    numbers_of(RedisStore::connect_with(&server.address(), config).await.unwrap())
}

pub(crate) fn numbers_of(store: Arc<dyn Store>) -> Numbers {
    let config = ChannelConfig::new()
        .history(u64::MAX)
        .history_bytes(u64::MAX)
        .store_patience(Duration::from_secs(30));
    let hub: Hub<NumberEvent> = Hub::with_store(config, store).unwrap();
    hub.get_or_create(&ChannelName::new("check", "numbers").unwrap()).unwrap()
}

/// What comes next, within a time in which it must have come.
pub(crate) async fn next(
    events: &mut ChannelEvents<NumberEvent>,
) -> Result<Received<NumberEvent>, Missed> {
    let next = tokio::time::timeout(Duration::from_secs(20), events.next()).await;
    next.expect("nothing comes").expect("the channel ends")
}

#[tokio::test]
async fn it_keeps_the_rules_of_a_store() {
    let Some(server) = Server::start(false).await else { return };
    let address = server.address();
    let open = async || Ok(RedisStore::connect(&address).await? as Arc<dyn Store>);
    check_store(open).await.unwrap();
}

#[tokio::test]
async fn a_server_that_forgets_is_refused() {
    let Some(server) = Server::start(false).await else { return };
    server.tell(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]).await;
    let refused = RedisStore::connect(&server.address()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unusable(_)), "{refused}");
    assert!(refused.to_string().contains("set `maxmemory-policy noeviction`"), "{refused}");
}

#[tokio::test]
async fn an_address_is_never_repeated() {
    let address = "redis://sse:hunter2@host with spaces/zero";
    let refused = RedisStore::connect(address).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unusable(_)), "{refused}");
    assert!(!refused.to_string().contains("hunter2"), "{refused}");
    let away = RedisStore::connect("redis://sse:hunter2@127.0.0.1:1").await.unwrap_err();
    assert!(matches!(away, StoreError::Unavailable(_)), "{away}");
    assert!(!format!("{away} {away:?}").contains("hunter2"), "{away}");
    // TLS by address: nobody speaks it there, and that is all that is wrong.
    let away = RedisStore::connect("rediss://sse:hunter2@127.0.0.1:1").await.unwrap_err();
    assert!(matches!(away, StoreError::Unavailable(_)), "{away}");
}

#[tokio::test]
async fn a_user_of_the_acl_enters_by_the_address() {
    let Some(server) = Server::start(false).await else { return };
    let wrong = server.address().replace("redis://", "redis://sse:wrong@");
    server.tell(&["ACL", "SETUSER", "sse", "on", ">hunter2", "~*", "+@all"]).await;
    let refused = RedisStore::connect(&wrong).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unusable(_)), "{refused}");
    let right = wrong.replace("wrong", "hunter2");
    let channel = numbers_of(RedisStore::connect(&right).await.unwrap());
    assert_eq!(channel.publish(&Number(1)).await.unwrap().position.seq(), 1);
}

#[tokio::test]
async fn it_speaks_tls() {
    let Some(server) = Server::start_tls().await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    let mut events = other.subscribe(Resume::fresh().from_oldest()).events();
    let position = one.publish(&Number(1)).await.unwrap().position;
    assert_eq!(next(&mut events).await.unwrap().position, Some(position));
}

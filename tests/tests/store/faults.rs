//! A store that is down, slow, or has lost something.

use std::time::Duration;

use axum::response::IntoResponse as _;
use futures_util::{FutureExt as _, StreamExt as _};
use sse_runtime::{
    ChannelConfig, Missed, PublishError, ResetReason, Resumed, store::StoreError,
    testing::MemoryStore,
};

use super::{Number, NumberEvent, numbers, numbers_with, publish, server};

#[tokio::test(start_paused = true)]
async fn while_it_is_down_publishing_fails_and_whoever_listens_stays() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    let mut events = channel.subscribe(sse_runtime::Resume::fresh()).events();
    assert!(events.next().now_or_never().is_none());
    publish(&channel, 1..=1).await;
    assert_eq!(*events.next().await.unwrap().unwrap().event, Number(1));
    store.set_up(false);
    let refused = channel.publish(&Number(2)).await.unwrap_err();
    assert!(matches!(&refused, PublishError::Store(StoreError::Unavailable(_))), "{refused}");
    let answer = refused.into_response();
    assert_eq!(answer.status().as_u16(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert!(events.next().now_or_never().is_none());
    // Nothing that was refused is seen, and nothing is left out.
    store.set_up(true);
    publish(&channel, 3..=3).await;
    let received = events.next().await.unwrap().unwrap();
    assert_eq!((&*received.event, received.position.unwrap().seq()), (&Number(3), 2));
}

#[tokio::test(start_paused = true)]
async fn a_publisher_waits_no_longer_than_it_was_told() {
    let store = MemoryStore::new();
    let config = ChannelConfig::new().store_patience(Duration::from_secs(2));
    let channel = numbers_with(&store, config);
    channel.ready().await.unwrap();
    store.set_delay(Duration::from_secs(60));
    let begin = tokio::time::Instant::now();
    let late = channel.publish(&Number(1)).await.unwrap_err();
    assert_eq!(begin.elapsed().as_secs(), 2);
    assert!(matches!(&late, PublishError::Store(StoreError::Unknown { .. })), "{late}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_does_not_wait_for_ever_for_its_place() {
    let store = MemoryStore::new();
    store.set_delay(Duration::from_secs(60));
    let channel = numbers(&store);
    let begin = tokio::time::Instant::now();
    let refused = server(&channel).get("/").connect().await.unwrap_err();
    assert_eq!(begin.elapsed().as_secs(), 5, "{refused}");
}

#[tokio::test(start_paused = true)]
async fn what_the_store_lost_is_told_to_everybody() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    let mut reader = server(&channel).get("/").connect().await.unwrap();
    reader.opened().await.unwrap();
    let mut events = channel.subscribe(sse_runtime::Resume::fresh()).events();
    assert!(events.next().now_or_never().is_none());
    publish(&channel, 1..=10).await;
    for number in 1..=10 {
        assert_eq!(reader.next::<NumberEvent>().await.unwrap().event, Number(number));
        assert_eq!(*events.next().await.unwrap().unwrap().event, Number(number));
    }
    let lost = channel.position();
    store.lose("check/numbers", 3);
    publish(&channel, 108..=108).await;
    // The number 8 was given twice, and no reader takes one for the other.
    let diverged = Missed::Reset(ResetReason::Diverged);
    assert_eq!(events.next().await.unwrap().unwrap_err(), diverged);
    let told = reader.next::<NumberEvent>().await.unwrap_err();
    assert!(told.to_string().contains("diverged"), "{told}");
    publish(&channel, 109..=109).await;
    let mut next = events.next().await.unwrap().unwrap();
    if *next.event == Number(108) {
        next = events.next().await.unwrap().unwrap();
    }
    assert_eq!((&*next.event, next.position.unwrap().seq()), (&Number(109), 9));

    // Who was away meanwhile is told as well.
    let mut away = server(&channel).get("/").last_event_id(&lost.id()).connect().await.unwrap();
    let resumed = away.opened().await.unwrap().resumed;
    assert_eq!(resumed, Resumed::Reset(ResetReason::Ahead));
    publish(&channel, 110..=112).await;
    let mut away = server(&channel).get("/").last_event_id(&lost.id()).connect().await.unwrap();
    let resumed = away.opened().await.unwrap().resumed;
    assert_eq!(resumed, Resumed::Reset(ResetReason::Diverged));
}

#[tokio::test(start_paused = true)]
async fn a_log_that_is_gone_begins_with_another_epoch() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    publish(&channel, 1..=10).await;
    let before = channel.position();
    let mut reader = server(&channel).get("/").last_event_id(&before.id()).connect().await.unwrap();
    assert_eq!(reader.opened().await.unwrap().resumed, Resumed::Exact);
    store.forget("check/numbers");
    let told = reader.next::<NumberEvent>().await.unwrap_err();
    assert!(told.to_string().contains("epoch"), "{told}");
    publish(&channel, 1..=1).await;
    assert_eq!(reader.next::<NumberEvent>().await.unwrap().event, Number(1));
    assert!(!channel.position().is_same_log(&before));
    let mut away = server(&channel).get("/").last_event_id(&before.id()).connect().await.unwrap();
    let resumed = away.opened().await.unwrap().resumed;
    assert_eq!(resumed, Resumed::Reset(ResetReason::Epoch));
}

/// A reader that asks the store first and then is not polled: a branch of a `select!`, a connection
/// that takes nothing.
#[tokio::test(start_paused = true)]
async fn whoever_asks_first_and_is_not_polled_holds_nobody_up() {
    let store = MemoryStore::new();
    publish(&numbers(&store), 1..=5).await;
    store.set_delay(Duration::from_millis(10));
    let channel = numbers(&store);
    let mut first = channel.subscribe(sse_runtime::Resume::fresh()).events();
    assert!(first.next().now_or_never().is_none());
    let begin = tokio::time::Instant::now();
    publish(&channel, 6..=6).await;
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!(*first.next().await.unwrap().unwrap().event, Number(6));

    // The same of a page that both want.
    let other = numbers(&store);
    other.ready().await.unwrap();
    publish(&channel, 7..=5_000).await;
    let oldest = || other.subscribe(sse_runtime::Resume::fresh().from_oldest()).events();
    let (mut first, mut second) = (oldest(), oldest());
    assert!(first.next().now_or_never().is_none());
    assert_eq!(*second.next().await.unwrap().unwrap().event, Number(1));
}

#[tokio::test(start_paused = true)]
async fn what_is_ephemeral_is_seen_after_a_loss_as_before() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    channel.ready().await.unwrap();
    let mut events = channel.subscribe(sse_runtime::Resume::fresh()).events();
    assert!(events.next().now_or_never().is_none());
    for number in 1..=20 {
        channel.publish(&NumberEvent::Aside(number)).await.unwrap();
        assert_eq!(*events.next().await.unwrap().unwrap().event, NumberEvent::Aside(number));
    }
    publish(&channel, 1..=1).await;
    assert_eq!(*events.next().await.unwrap().unwrap().event, Number(1));
    store.lose("check/numbers", 1);
    assert!(events.next().await.unwrap().is_err());
    channel.publish(&NumberEvent::Aside(21)).await.unwrap();
    assert_eq!(*events.next().await.unwrap().unwrap().event, NumberEvent::Aside(21));
}

//! A store in a file: it keeps the rules of a store, and no fault of the file is hidden.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "sqlite/damage.rs"]
mod damage;
#[path = "sqlite/disk.rs"]
mod disk;
#[path = "sqlite/folder.rs"]
mod folder;
#[path = "sqlite/killed.rs"]
mod killed;

use std::sync::Arc;

use futures_util::{FutureExt as _, StreamExt as _};
use sse_runtime::{
    Channel, ChannelConfig, ChannelName, Hub, Missed, PublishError, ResetReason, Resume, SseEvent,
    store::{SqliteStore, Store, StoreError},
    testing::check_store,
};

use folder::Folder;

#[derive(Debug, Clone, PartialEq, SseEvent)]
#[sse(source = "numbers")]
pub(crate) enum NumberEvent {
    Number(u32),
}

pub(crate) use NumberEvent::Number;

pub(crate) type Numbers = Channel<NumberEvent>;

pub(crate) fn hub(store: &Arc<SqliteStore>) -> Hub<NumberEvent> {
    let config = ChannelConfig::new().history(u64::MAX >> 1).history_bytes(u64::MAX >> 1);
    Hub::with_store(config, Arc::clone(store) as _).unwrap()
}

pub(crate) fn name() -> ChannelName {
    ChannelName::new("check", "numbers").unwrap()
}

pub(crate) fn numbers(store: &Arc<SqliteStore>) -> Numbers {
    hub(store).get_or_create(&name()).unwrap()
}

/// All that is kept, from the oldest on, of which the first gap or reset is the last.
pub(crate) async fn all(channel: &Numbers, count: usize) -> Vec<Result<u32, Missed>> {
    let events = channel.subscribe(Resume::fresh().from_oldest()).events();
    let numbers = events.map(|received| {
        received.map(|received| match *received.event {
            Number(number) => number,
        })
    });
    numbers.take(count).collect().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_keeps_the_rules() {
    let folder = Folder::new();
    let open = async || SqliteStore::open(folder.file()).map(|store| store as Arc<dyn Store>);
    check_store(open).await.unwrap();
}

#[tokio::test]
async fn a_channel_goes_on_after_a_restart_with_all_that_it_had() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    let first = channel.publish(&Number(1)).await.unwrap().position;
    for number in 2..=300 {
        channel.publish(&Number(number)).await.unwrap();
    }
    let last = channel.position();
    drop((channel, store));

    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    let numbers: Vec<_> = (1..=300).map(Ok).collect();
    assert_eq!(all(&channel, 300).await, numbers);
    assert_eq!(channel.position(), last);
    let mut events = channel.subscribe(first).events();
    assert_eq!(*events.next().await.unwrap().unwrap().event, Number(2));
    // Found by name, though nobody has used it in this process.
    let hub = hub(&store);
    assert!(hub.get(&name()).is_none());
    assert_eq!(hub.find(&name()).await.unwrap().unwrap().name(), Some(&name()));
    let other = ChannelName::new("check", "others").unwrap();
    assert!(hub.find(&other).await.unwrap().is_none());
}

#[tokio::test]
async fn one_process_at_a_time_writes() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let second = SqliteStore::open(folder.file()).unwrap_err();
    assert!(matches!(&second, StoreError::InUse(_)), "{second}");
    drop(store);
    SqliteStore::open(folder.file()).unwrap();
}

#[tokio::test]
async fn a_new_file_is_a_new_log() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let before = numbers(&store).publish(&Number(1)).await.unwrap().position;
    drop(store);
    folder.clear();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    let mut events = channel.subscribe(before).events();
    let told = events.next().await.unwrap().unwrap_err();
    assert_eq!(told, Missed::Reset(ResetReason::Epoch));
}

#[tokio::test]
async fn a_copy_from_yesterday_is_told_by_the_tags() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    for number in 1..=10 {
        channel.publish(&Number(number)).await.unwrap();
    }
    drop((channel, store));
    let yesterday = folder.copy();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    let seen = channel.publish(&Number(11)).await.unwrap().position;
    drop((channel, store));

    let store = SqliteStore::open(yesterday.file()).unwrap();
    let channel = numbers(&store);
    let told = channel.subscribe(seen).events().next().await.unwrap().unwrap_err();
    assert_eq!(told, Missed::Reset(ResetReason::Ahead));
    channel.publish(&Number(111)).await.unwrap();
    let told = channel.subscribe(seen).events().next().await.unwrap().unwrap_err();
    assert_eq!(told, Missed::Reset(ResetReason::Diverged));
}

/// Whoever waits for a log may leave meanwhile: a reader does, or a publisher that was patient for
/// long enough. The store has opened it all the same.
#[tokio::test]
async fn a_log_that_was_opened_for_somebody_who_left_is_opened_again_for_the_next() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    for _ in 0..3 {
        let mut opening = std::pin::pin!(channel.ready());
        assert!(opening.as_mut().now_or_never().is_none());
    }
    channel.ready().await.unwrap();
    let mut events = channel.subscribe(Resume::fresh()).events();
    assert!(events.next().now_or_never().is_none());
    for number in 1..=3 {
        channel.publish(&Number(number)).await.unwrap();
        let received = events.next().await.unwrap().expect("nothing was lost");
        assert_eq!(*received.event, Number(number));
    }
}

/// The thread of the store is the only one that ends with it.
#[tokio::test]
async fn what_is_published_and_not_waited_for_hurts_nobody() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    channel.ready().await.unwrap();
    for number in 1..=50 {
        let event = Number(number);
        let mut publish = std::pin::pin!(channel.publish(&event));
        assert!(publish.as_mut().now_or_never().is_none());
    }
    channel.publish(&Number(51)).await.unwrap();
    let seen = all(&channel, usize::try_from(channel.position().seq()).unwrap()).await;
    assert!(seen.iter().all(Result::is_ok) && seen.last() == Some(&Ok(51)), "{seen:?}");
    assert!(seen.is_sorted_by_key(|number| number.unwrap()));
    let ended: Result<_, PublishError> = channel.publish(&Number(52)).await;
    ended.unwrap();
}

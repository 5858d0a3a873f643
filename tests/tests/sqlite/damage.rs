//! A file that is damaged, deleted, read-only or full: clear errors, and nothing wrong is served.

use std::{fs, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use sse_runtime::{
    ChannelName, PublishError, Resume,
    store::{SqliteStore, Store as _, StoreError},
};

use super::{Folder, Number, all, hub, numbers};

/// A file with so many numbers, that nobody has open.
async fn with_numbers(count: u32) -> Folder {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    let published = (1..=count).map(|number| {
        let channel = channel.clone();
        async move { channel.publish(&Number(number)).await.map(drop) }
    });
    // One after the other, so that each number is its place; a sync carries one event then.
    for publish in published {
        publish.await.unwrap();
    }
    drop((channel, store));
    folder
}

/// What a reader gets of a file: the numbers from 1 on, as far as they go, and how it ends.
async fn read_all(folder: &Folder, count: u32) -> Result<(), String> {
    let store = SqliteStore::open(folder.file()).map_err(|error| error.to_string())?;
    let channel = numbers(&store);
    channel.ready().await.map_err(|error| error.to_string())?;
    let mut events = channel.subscribe(Resume::fresh().from_oldest()).events();
    for expected in 1..=count {
        let next = tokio::time::timeout(Duration::from_millis(100), events.next()).await;
        match next {
            Ok(Some(Ok(received))) => assert_eq!(*received.event, Number(expected)),
            Ok(Some(Err(missed))) => return Err(missed.to_string()),
            Ok(None) => return Err("the end".into()),
            Err(_late) => return Err("nothing comes".into()),
        }
    }
    Ok(())
}

#[tokio::test]
async fn nothing_wrong_is_served_whatever_byte_is_turned() {
    let folder = with_numbers(40).await;
    let whole = fs::read(folder.file()).unwrap();
    read_all(&folder, 40).await.unwrap();
    let (mut told, mut random) = (0, fastrand::Rng::with_seed(7));
    for _ in 0..250 {
        let damaged = Folder::new();
        let mut bytes = whole.clone();
        let at = random.usize(..bytes.len());
        bytes[at] ^= 1 << random.u32(..8);
        fs::write(damaged.file(), &bytes).unwrap();
        // Either the bit matters to nobody, or somebody says so: `read_all` panics where a
        // number is another.
        told += u32::from(read_all(&damaged, 40).await.is_err());
    }
    assert!(told > 20, "the bits were turned elsewhere: {told}");
}

#[tokio::test]
async fn a_file_of_something_else_is_left_alone() {
    let folder = Folder::new();
    fs::write(folder.file(), "no database, and somebody's only copy of it").unwrap();
    let refused = SqliteStore::open(folder.file()).unwrap_err();
    assert!(matches!(&refused, StoreError::Corrupt(_)), "{refused}");
    assert!(fs::read_to_string(folder.file()).unwrap().starts_with("no database"));
    let nowhere = SqliteStore::open(folder.path().join("not/there.db")).unwrap_err();
    assert!(matches!(&nowhere, StoreError::Unusable(_)), "{nowhere}");
}

/// What is written into a file that has no name any more would be acknowledged and lost.
#[tokio::test]
async fn a_file_that_is_deleted_under_the_server_takes_no_events() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = numbers(&store);
    channel.publish(&Number(1)).await.unwrap();
    let away = folder.path().join("away.db");
    fs::rename(folder.file(), &away).unwrap();
    let refused = channel.publish(&Number(2)).await.unwrap_err();
    assert!(matches!(&refused, PublishError::Store(StoreError::Unavailable(_))), "{refused}");
    assert!(!store.is_up());
    // Whoever stands in memory still reads.
    assert_eq!(all(&channel, 1).await, [Ok(1)]);
    fs::rename(&away, folder.file()).unwrap();
    until_up(&store).await;
    channel.publish(&Number(3)).await.unwrap();
    assert_eq!(all(&channel, 2).await, [Ok(1), Ok(3)]);
}

pub(crate) async fn until_up(store: &Arc<SqliteStore>) {
    for _ in 0..500 {
        if store.is_up() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it does not come back");
}

/// Turns a bit in each place of the file where this stands.
fn damage(path: &std::path::Path, part: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    let places: Vec<_> =
        (0..bytes.len() - part.len()).filter(|&at| bytes[at..].starts_with(part)).collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at] ^= 1;
    }
    fs::write(path, bytes).unwrap();
}

#[tokio::test]
async fn a_log_that_is_damaged_takes_no_other_with_it() {
    let folder = Folder::new();
    let store = SqliteStore::open(folder.file()).unwrap();
    let channel = |store: &Arc<SqliteStore>, of: &str| {
        hub(store).get_or_create(&ChannelName::new("check", of).unwrap()).unwrap()
    };
    let (one, other) = (channel(&store, "one"), channel(&store, "other"));
    one.publish(&Number(4_242_424)).await.unwrap();
    other.publish(&Number(1)).await.unwrap();
    drop((one, other, store));
    damage(&folder.file(), b"4242424");

    let store = SqliteStore::open(folder.file()).unwrap();
    let (one, other) = (channel(&store, "one"), channel(&store, "other"));
    for number in 2..=4 {
        let refused = one.ready().await.unwrap_err();
        assert!(matches!(&refused, StoreError::Corrupt(_)), "{refused}");
        assert!(store.is_up(), "one of its logs is damaged, and the others are not");
        other.publish(&Number(number)).await.unwrap();
    }
    assert_eq!(all(&other, 4).await, [Ok(1), Ok(2), Ok(3), Ok(4)]);
}

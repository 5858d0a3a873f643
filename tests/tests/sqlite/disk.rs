//! A disk that is full, or may no longer be written to. `tests/foreign/disk.sh` has a small one,
//! and runs these: there the variable says where it is mounted. Without it there is no such disk.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use futures_util::StreamExt as _;
use sse_runtime::{
    Channel, ChannelConfig, PublishError, Resume, SseEvent,
    store::{SqliteStore, Store as _, StoreError},
};

use super::{damage::until_up, name};

const DISK: &str = "SSE_SMALL_DISK";

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "said")]
enum SaidEvent {
    Said(String),
}

type Said = Channel<SaidEvent>;

fn said(store: &Arc<SqliteStore>) -> Said {
    let config = ChannelConfig::new().history(u64::MAX).history_bytes(u64::MAX);
    Channel::with_store(config, &name(), Arc::clone(store) as _).unwrap()
}

/// An empty folder on the small disk, and a file that is in the way there.
fn small_disk(name: &str) -> Option<(PathBuf, PathBuf)> {
    let folder = PathBuf::from(std::env::var_os(DISK)?).join(name);
    fs::create_dir_all(&folder).unwrap();
    let in_the_way = folder.join("in-the-way");
    fs::write(&in_the_way, vec![7; 1024 * 1024]).unwrap();
    Some((folder, in_the_way))
}

fn large(number: usize) -> SaidEvent {
    SaidEvent::Said(format!("{number:08}{}", "x".repeat(16 * 1024)))
}

/// Publishes until that fails, and gives how many events there are.
async fn fill(channel: &Said) -> (usize, PublishError) {
    for number in 1..10_000 {
        if let Err(error) = channel.publish(&large(number)).await {
            return (number - 1, error);
        }
    }
    panic!("the disk is larger than was said");
}

async fn read(channel: &Said, count: usize) {
    let mut events = channel.subscribe(Resume::fresh().from_oldest()).events();
    for number in 1..=count {
        assert_eq!(*events.next().await.unwrap().unwrap().event, large(number));
    }
}

#[tokio::test]
async fn a_full_disk_refuses_and_reads_on_and_comes_back() {
    let Some((folder, in_the_way)) = small_disk("full") else { return };
    let store = SqliteStore::open(folder.join("said.db")).unwrap();
    let channel = said(&store);
    let mut live = channel.subscribe(Resume::fresh()).events();
    let (count, refused) = fill(&channel).await;
    assert!(matches!(refused, PublishError::Store(StoreError::Full)), "{refused}");
    assert!(count > 10 && !store.is_up());
    read(&channel, count).await;
    for number in 1..=count {
        assert_eq!(*live.next().await.unwrap().unwrap().event, large(number));
    }
    fs::remove_file(in_the_way).unwrap();
    until_up(&store).await;
    // Nothing that was refused is there, and no number was lost by it.
    let next = channel.publish(&large(count + 1)).await.unwrap().position;
    assert_eq!(next.seq(), u64::try_from(count).unwrap() + 1);
    assert_eq!(*live.next().await.unwrap().unwrap().event, large(count + 1));
    drop((live, channel, store));
    // A page that nobody waits for any more may still be read.
    let store = loop {
        match SqliteStore::open(folder.join("said.db")) {
            Err(StoreError::InUse(_)) => tokio::time::sleep(Duration::from_millis(5)).await,
            opened => break opened.unwrap(),
        }
    };
    read(&said(&store), count + 1).await;
}

#[tokio::test]
async fn a_disk_that_is_read_only_is_told_at_the_start() {
    let Some((folder, _)) = small_disk("read-only") else { return };
    let file = folder.join("said.db");
    let store = SqliteStore::open(&file).unwrap();
    for number in 1..=3 {
        said(&store).publish(&large(number)).await.unwrap();
    }
    drop(store);
    remount(&folder, "remount,ro");
    let refused = SqliteStore::open(&file).unwrap_err();
    remount(&folder, "remount,rw");
    assert!(refused.to_string().contains("ead-only"), "{refused}");
    let store = SqliteStore::open(&file).unwrap();
    read(&said(&store), 3).await;
}

fn remount(folder: &Path, how: &str) {
    let disk = folder.parent().unwrap();
    let status = Command::new("mount").args(["-o", how]).arg(disk).status().unwrap();
    assert!(status.success(), "{how}");
}

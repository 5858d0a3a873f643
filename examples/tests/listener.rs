//! The example `listener`: killed at any time it misses nothing, and says what nobody has any more.
//!
//! It is at least once: the position is kept after the work, so that a listener which is killed
//! between the two does the work of its last event again. Of no other.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

#[path = "../listener/main.rs"]
#[allow(dead_code, reason = "its `main` is that of the program")]
mod listener;
mod origin;
mod process;

use std::{fs, ops::RangeInclusive, path::PathBuf};

use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, ChannelConfig, Resume, SseEvent, Subscription, sse_handler};

use self::{origin::Origin, process::Process};

#[derive(Debug, SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged {
        sku: String,
        left: u32,
    },
    /// Nothing that the example knows.
    Restocked,
}

#[sse_handler(retry = "20ms")]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

/// A shop whose whole stock is this.
fn shop(channel: &Channel<InventoryEvent>, whole: &'static str) -> Router {
    let stream = get(inventory);
    let whole = get(move || async move { whole });
    Router::new().route("/events", stream).route("/stock", whole).with_state(channel.clone())
}

async fn publish(channel: &Channel<InventoryEvent>, lefts: RangeInclusive<u32>) {
    for left in lefts {
        let event = InventoryEvent::StockChanged { sku: "A-1".to_owned(), left };
        channel.publish(&event).await.unwrap();
    }
}

fn lefts(lines: &[String]) -> Vec<u32> {
    let lefts = lines.iter().filter_map(|line| line.strip_prefix("stock: A-1 "));
    lefts.map(|left| left.parse().unwrap()).collect()
}

fn numbers(range: RangeInclusive<u32>) -> Vec<u32> {
    range.collect()
}

/// The file of a position, of this test alone.
struct File(PathBuf);

impl File {
    fn of(test: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("listener");
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{test}-{}", std::process::id()));
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _none = fs::remove_file(&self.0);
    }
}

fn listen(origin: &Origin, file: &File) -> Process {
    Process::start(&[&origin.url("/events"), file.path(), "--stock", &origin.url("/stock")])
}

/// No test: what the tests start.
#[tokio::test]
#[ignore = "the others start it"]
async fn the_program() -> Result<(), Box<dyn std::error::Error>> {
    match process::arguments() {
        Some(arguments) => listener::listen(arguments).await,
        None => Ok(()),
    }
}

#[tokio::test]
async fn killed_in_the_middle_it_misses_nothing_and_repeats_its_last_event_at_most() {
    let channel = Channel::new();
    let origin = Origin::start(shop(&channel, "{\"A-1\":0}")).await;
    let file = File::of("killed");
    let mut first = listen(&origin, &file);
    first.out_until("whole: {\"A-1\":0}").await;
    publish(&channel, 1..=100).await;
    let mut lines = first.out_until("stock: A-1 20").await;
    lines.extend(first.kill().await);
    let before = lefts(&lines);
    let last = *before.last().unwrap();
    assert_eq!(before, numbers(1..=last));

    publish(&channel, 101..=120).await;
    let mut second = listen(&origin, &file);
    let lines = second.out_until("stock: A-1 120").await;
    let after = lefts(&lines);
    let begun = after[0];
    assert!(begun == last || begun == last + 1, "{last}, then {begun}");
    assert_eq!(after, numbers(begun..=120));
    assert!(!lines.iter().any(|line| line.contains("missed") || line.contains("whole")));
}

#[tokio::test]
async fn what_was_told_between_two_runs_and_is_gone_is_a_gap() {
    let channel = Channel::with_config(ChannelConfig::new().history(3)).unwrap();
    let origin = Origin::start(shop(&channel, "{\"A-1\":12}")).await;
    let file = File::of("gap");
    let mut first = listen(&origin, &file);
    first.out_until("whole: ").await;
    publish(&channel, 1..=2).await;
    // The position of the first is kept before the second is looked at.
    first.out_until("stock: A-1 2").await;
    first.kill().await;
    publish(&channel, 3..=12).await;

    let mut second = listen(&origin, &file);
    let lines = second.out_until("stock: A-1 12").await;
    let missed = lines.iter().position(|line| line.starts_with("missed: ")).unwrap();
    // Of 3 to 12 the first seven, and 2 where its position was not kept any more.
    let told = ["7", "8"].map(|count| format!("missed: {count} events are missing"));
    assert!(told.iter().any(|told| lines[missed].starts_with(told)), "{lines:?}");
    assert_eq!(lines[missed + 1], "whole: {\"A-1\":12}");
    assert_eq!(lefts(&lines), [10, 11, 12]);
}

/// What proves that the position waits for the work, whatever the moment of an end.
#[tokio::test]
async fn work_that_fails_is_done_by_the_next_run() {
    let channel = Channel::with_config(ChannelConfig::new().history(1)).unwrap();
    let origin = Origin::start(shop(&channel, "{\"A-1\":5}")).await;
    let file = File::of("failing");
    let mut first = listen(&origin, &file);
    first.out_until("whole: ").await;
    publish(&channel, 1..=1).await;
    first.out_until("stock: A-1 1").await;
    first.kill().await;
    publish(&channel, 2..=5).await;

    let nothing = origin.url("/nothing");
    let mut second = Process::start(&[&origin.url("/events"), file.path(), "--stock", &nothing]);
    second.out_until("missed: ").await;
    second.end(false).await;
    let mut third = listen(&origin, &file);
    let lines = third.out_until("stock: A-1 5").await;
    assert!(lines.iter().any(|line| line.starts_with("missed: ")), "{lines:?}");
    assert!(lines.contains(&"whole: {\"A-1\":5}".to_owned()), "{lines:?}");
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_has_forgotten_everything_is_told_and_heard_further() {
    let channel = Channel::new();
    let origin = Origin::start(shop(&channel, "{}")).await;
    let file = File::of("reset");
    let mut process = listen(&origin, &file);
    process.out_until("whole: {}").await;
    publish(&channel, 1..=3).await;
    process.out_until("stock: A-1 3").await;

    let anew = Channel::new();
    let _origin = Origin::start_on(origin.stop().await, shop(&anew, "{\"A-1\":7}")).await;
    let told = process.out_until("missed: ").await;
    assert!(told[0].contains("the position is not known any more (epoch)"), "{told:?}");
    process.out_until("whole: {\"A-1\":7}").await;
    anew.publish(&InventoryEvent::Restocked).await.unwrap();
    publish(&anew, 6..=6).await;
    assert_eq!(process.out_until("stock: ").await, ["stock: A-1 6"]);

    let rest = process.terminate().await;
    assert!(rest.contains(&"ended: the program closed the stream".to_owned()), "{rest:?}");
    let kept = fs::read_to_string(file.path()).unwrap();
    assert_eq!(kept, anew.position().to_string());
}

#[tokio::test]
async fn a_file_with_something_else_in_it_is_told_and_left_alone() {
    let channel = Channel::new();
    let origin = Origin::start(shop(&channel, "{}")).await;
    let file = File::of("wrong");
    fs::write(file.path(), "of somebody\nelse").unwrap();
    let mut process = listen(&origin, &file);
    let told = process.log_until("this one holds U+000A").await;
    assert!(told.last().unwrap().contains(file.path()), "{told:?}");
    process.end(false).await;
    assert_eq!(fs::read_to_string(file.path()).unwrap(), "of somebody\nelse");
}

//! What the code of others does to a channel: filters that panic, wakers that hold readers.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{
    pin::Pin,
    sync::{Arc, Mutex, mpsc},
    task::{Context, Wake, Waker},
    thread,
    time::Duration,
};

use axum::extract::State;
use futures_util::Stream as _;
use sse_runtime::{
    Channel, ChannelEvents, EventId, Position, Resume, SseEvent, Subscription, call, sse_handler,
};
use sse_tests::stream::Chunks;

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Left(u32),
}

use InventoryEvent::Left;

type Inventory = Channel<InventoryEvent>;

/// The last id in a chunk.
fn last_id(text: &str) -> Option<Position> {
    let id = text.lines().rev().find_map(|line| line.strip_prefix("id: "))?;
    Some(Position::try_from(&id.parse::<EventId>().unwrap()).unwrap())
}

/// 13 is more than it can bear, and 0 is not shown.
#[sse_handler]
async fn fragile(State(channel): State<Inventory>, resume: Resume) -> Subscription<InventoryEvent> {
    channel.subscribe(resume).filter(|Left(left)| {
        assert_ne!(*left, 13, "an unlucky number");
        *left > 0
    })
}

#[sse_handler]
async fn sturdy(State(channel): State<Inventory>, resume: Resume) -> Subscription<InventoryEvent> {
    channel.subscribe(resume).filter(|Left(left)| *left > 0)
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_panics_ends_its_stream_alone() {
    let channel = Inventory::new();
    let mut fragile = Chunks::of(call!(fragile(State(channel.clone()), Resume::fresh())).await);
    let mut sturdy = Chunks::of(call!(sturdy(State(channel.clone()), Resume::fresh())).await);
    fragile.next().await.unwrap();
    sturdy.next().await.unwrap();
    channel.publish(&Left(13)).await.unwrap();
    let bye = fragile.rest().await;
    assert!(bye.starts_with("event: sse.bye\n") && bye.contains("{\"reason\":\"error\"}"), "{bye}");
    assert!(sturdy.next().await.unwrap().contains("\ndata: 13\n"));
    channel.publish(&Left(14)).await.unwrap();
    assert!(sturdy.next().await.unwrap().contains("\ndata: 14\n"));
    assert_eq!(channel.listeners(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_is_not_moved_past_what_a_panic_kept_from_it() {
    let channel = Inventory::new();
    let mut chunks = Chunks::of(call!(fragile(State(channel.clone()), Resume::fresh())).await);
    let open = chunks.next().await.unwrap();
    // Passed over: the reader is to be moved with the next heartbeat, or at the end.
    channel.publish(&Left(0)).await.unwrap();
    let passed = channel.position();
    let polled = tokio::time::timeout(Duration::from_secs(1), chunks.next()).await;
    assert!(polled.is_err(), "{polled:?}");
    channel.publish(&Left(0)).await.unwrap();
    channel.publish(&Left(13)).await.unwrap();
    channel.publish(&Left(2)).await.unwrap();
    let rest = chunks.rest().await;
    assert!(rest.contains("{\"reason\":\"error\"}") && !rest.contains("\ndata: 2\n"), "{rest}");
    let stands_at = last_id(&rest).or(last_id(&open)).unwrap();
    assert!(stands_at.seq() <= passed.seq() + 1, "{rest}");
}

/// A waker that holds a reader, as one does whose task is gone but for the waker.
struct Holds(#[allow(dead_code, reason = "dropped with it")] Mutex<ChannelEvents<InventoryEvent>>);

impl Wake for Holds {
    fn wake(self: Arc<Self>) {}
}

/// Runs it elsewhere, and fails where it does not come back.
fn comes_back(run: impl FnOnce() + Send + 'static) {
    let (done, is_done) = mpsc::channel();
    let thread = thread::spawn(move || {
        run();
        done.send(()).unwrap();
    });
    assert!(is_done.recv_timeout(Duration::from_secs(10)).is_ok(), "it stands still, or panicked");
    thread.join().unwrap();
}

fn poll(events: &mut ChannelEvents<InventoryEvent>, waker: &Waker) {
    assert!(Pin::new(events).poll_next(&mut Context::from_waker(waker)).is_pending());
}

#[test]
fn a_waker_that_holds_a_reader_of_the_channel_may_be_the_last_to_do_so() {
    comes_back(|| {
        let channel = Inventory::new();
        let holds = || {
            let held = channel.subscribe(Resume::fresh()).events();
            Waker::from(Arc::new(Holds(Mutex::new(held))))
        };
        let mut events = channel.subscribe(Resume::fresh()).events();
        // Another waker takes its place.
        poll(&mut events, &holds());
        assert_eq!(channel.listeners(), 2);
        poll(&mut events, Waker::noop());
        assert_eq!(channel.listeners(), 1);
        // Its reader leaves.
        poll(&mut events, &holds());
        drop(events);
        assert_eq!(channel.listeners(), 0);
    });
}

/// Where an event looks when it is dropped.
static LOOKED_AT: Mutex<Option<Channel<LoudEvent>>> = Mutex::new(None);

#[derive(Debug, SseEvent)]
#[sse(source = "loud")]
enum LoudEvent {
    Said(u32),
}

impl Drop for LoudEvent {
    fn drop(&mut self) {
        // A copy, so that the channel is asked outside of this lock.
        let channel = LOOKED_AT.lock().unwrap().clone();
        if let Some(channel) = channel {
            let _position = channel.position();
        }
    }
}

#[test]
fn what_readers_made_of_an_event_is_dropped_outside_of_the_lock() {
    let (done, is_done) = mpsc::channel();
    thread::spawn(move || {
        let config = sse_runtime::ChannelConfig::new().history(1);
        let channel = Channel::with_config(config).unwrap();
        *LOOKED_AT.lock().unwrap() = Some(channel.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            for number in 0..3 {
                // Decoded for this reader, kept for others, and gone with the next publish.
                let mut events =
                    Box::pin(channel.subscribe(Resume::fresh().from_oldest()).events());
                channel.publish(&LoudEvent::Said(number)).await.unwrap();
                std::future::poll_fn(|cx| events.as_mut().poll_next(cx)).await.unwrap().unwrap();
            }
        });
        done.send(()).unwrap();
    });
    assert!(
        is_done.recv_timeout(Duration::from_secs(60)).is_ok(),
        "the channel is locked for ever"
    );
}

//! Subscribing while others publish: between what is replayed and what is live nothing is lost
//! and nothing comes twice.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "channel_join/storm.rs"]
mod storm;

use std::{sync::Arc, thread, time::Duration};

use axum::extract::State;
use futures_util::future::join_all;
use sse_runtime::{
    Channel, ChannelConfig, EventId, Position, Resume, Subscription, call, sse_handler,
};
use sse_tests::{random::Random, stream::Chunks};
use storm::{RATE, READERS, Storm, StormEvent};
use tokio::time::timeout;

/// How often each of them joins: ten thousand times together.
const JOINS: usize = 250;

/// What has not come by then never comes: its reader was not woken.
const PATIENCE: Duration = Duration::from_secs(5);

/// The bytes of the log as they are. Without a heartbeat nothing but an event wakes a reader.
#[sse_handler(no_heartbeat)]
async fn plain(
    State(channel): State<Channel<StormEvent>>,
    resume: Resume,
) -> Subscription<StormEvent> {
    channel.subscribe(resume)
}

/// The same, event by event.
#[sse_handler(no_heartbeat)]
async fn filtered(
    State(channel): State<Channel<StormEvent>>,
    resume: Resume,
) -> Subscription<StormEvent> {
    channel.subscribe(resume).filter(|event| matches!(event, StormEvent::Gust(_)))
}

/// The sequence numbers in a chunk, in their order, whatever is between them.
fn sequence(chunk: &str) -> impl Iterator<Item = u64> {
    let ids = chunk.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.map(|id| Position::try_from(&id.parse::<EventId>().unwrap()).unwrap().seq())
}

/// Joins, and reads until something comes that was not there yet. Says whether something was
/// published in the moment of joining.
async fn join(storm: &Storm, reader: usize, random: &mut Random) -> bool {
    let from = (random.below(3) != 0).then(|| storm.some_position(random)).flatten();
    let (is_filtered, is_late) = (random.below(2) == 0, random.below(2) == 0);
    let before = storm.head();
    let state = State(storm.channel.clone());
    let resume = from.map_or_else(Resume::fresh, |from| Resume::after(&from.id()));
    let mut chunks = Chunks::of(if is_filtered {
        call!(filtered(state, resume)).await
    } else {
        call!(plain(state, resume)).await
    });
    let head = storm.head();
    if is_late {
        // Its place is taken, and it has not read yet: what comes now is for it.
        storm.goes_on(head).await;
    }
    let mut last = from.map_or(before, |from| from.seq());
    storm.reads(reader, last);
    let open = next(&mut chunks, last).await;
    last = sequence(&open).next().unwrap();
    if let Some(from) = from {
        assert!(open.contains("{\"resume\":\"exact\",\"missed\":0,"), "{open}");
        assert_eq!(last, from.seq());
    } else {
        assert!(open.contains("{\"resume\":\"fresh\",\"missed\":0,"), "{open}");
        assert!((before..=head).contains(&last), "{last} is not in {before} to {head}");
    }
    // What was there when it joined, and at least one event that was not.
    while last <= head {
        storm.reads(reader, last);
        let chunk = next(&mut chunks, last).await;
        assert!(!chunk.contains("event: sse."), "{chunk}");
        for seq in sequence(&chunk) {
            assert_eq!(seq, last + 1);
            last = seq;
        }
    }
    storm.leaves(reader);
    head > before
}

async fn next(chunks: &mut Chunks, last: u64) -> String {
    let next = timeout(PATIENCE, chunks.next()).await;
    next.unwrap_or_else(|_| panic!("a reader that stands at {last} is not woken")).unwrap()
}

/// Joins again and again. Gives how often something was published in the moment of joining.
async fn read(storm: Arc<Storm>, reader: usize) -> usize {
    let (mut random, mut overtaken) = (Random::new(reader as u64 + 1), 0);
    for _ in 0..JOINS {
        storm.lets_join().await;
        overtaken += usize::from(join(&storm, reader, &mut random).await);
    }
    overtaken
}

async fn ten_thousand_join(linger: Duration) {
    let config = ChannelConfig::new().history(100_000).history_bytes(u64::MAX).linger(linger);
    let storm = Arc::new(Storm::new(Channel::with_config(config).unwrap()));
    let publisher = thread::spawn({
        let storm = Arc::clone(&storm);
        move || storm.rage()
    });
    let readers = (0..READERS).map(|reader| tokio::spawn(read(Arc::clone(&storm), reader)));
    let ended = join_all(readers).await;
    let (elapsed, rate) = (storm.began.elapsed(), storm.rate());
    storm.ends();
    let gusts = publisher.join().unwrap();
    let overtaken: usize = ended.into_iter().map(Result::unwrap).sum();
    let joins = READERS * JOINS;
    println!(
        "{joins} joins in {elapsed:?}, {overtaken} of them overtaken; {rate:.0} events a second, \
         in {gusts} gusts"
    );
    assert!(rate >= RATE as f64, "{rate} events a second are no storm");
    assert!(overtaken >= joins / 100, "{overtaken} joins met an event: that shows nothing");
    assert_eq!(storm.channel.listeners(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_join_a_storm_and_miss_nothing() {
    ten_thousand_join(Duration::from_millis(2)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nor_where_every_event_leaves_at_once() {
    ten_thousand_join(Duration::ZERO).await;
}

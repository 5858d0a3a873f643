//! Subscribing while others publish: between what is replayed and what is live nothing is lost
//! and nothing comes twice.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::extract::State;
use sse_runtime::{
    Channel, ChannelConfig, EventId, Position, Resume, SseEvent, Subscription, call, sse_handler,
};
use sse_tests::{random::Random, stream::Chunks};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Together they publish 10,000 events a second.
const PUBLISHERS: u32 = 4;
const EACH_TICK: u32 = 5;
const TICK: Duration = Duration::from_millis(2);
/// Together they join 10,000 times.
const READERS: u64 = 40;
const JOINS: usize = 250;

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "storm")]
enum StormEvent {
    Gust(u32),
    #[sse(ephemeral)]
    Lull(u32),
}

type Storm = Channel<StormEvent>;

/// The bytes of the log as they are.
#[sse_handler]
async fn plain(State(storm): State<Storm>, resume: Resume) -> Subscription<StormEvent> {
    storm.subscribe(resume)
}

/// The same, event by event.
#[sse_handler]
async fn filtered(State(storm): State<Storm>, resume: Resume) -> Subscription<StormEvent> {
    storm.subscribe(resume).filter(|event| matches!(event, StormEvent::Gust(_)))
}

/// What was published, for whoever wants to come back to it.
type Positions = Arc<Mutex<Vec<Position>>>;

async fn publish(storm: Storm, positions: Positions, is_over: Arc<AtomicBool>) {
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for count in 0.. {
        if count % EACH_TICK == 0 {
            tick.tick().await;
            if is_over.load(Ordering::Relaxed) {
                return;
            }
        }
        let published = storm.publish(&StormEvent::Gust(count)).await.unwrap();
        positions.lock().unwrap().push(published.position);
        if count % 7 == 0 {
            storm.publish(&StormEvent::Lull(count)).await.unwrap();
        }
    }
}

/// The sequence numbers in a chunk, in their order, whatever is between them.
fn sequence(chunk: &str) -> impl Iterator<Item = u64> {
    let ids = chunk.lines().filter_map(|line| line.strip_prefix("id: "));
    ids.map(|id| Position::try_from(&id.parse::<EventId>().unwrap()).unwrap().seq())
}

async fn join(storm: &Storm, from: Option<Position>, is_filtered: bool) {
    let before = storm.position().seq();
    let (state, resume) = (
        State(storm.clone()),
        match from {
            Some(position) => Resume::after(&position.id()),
            None => Resume::fresh(),
        },
    );
    let mut chunks = Chunks::of(if is_filtered {
        call!(filtered(state, resume)).await
    } else {
        call!(plain(state, resume)).await
    });
    let head = storm.position().seq();
    let open = chunks.next().await.unwrap();
    let mut last = sequence(&open).next().unwrap();
    if let Some(from) = from {
        assert!(open.contains("{\"resume\":\"exact\",\"missed\":0,"), "{open}");
        assert_eq!(last, from.seq());
    } else {
        assert!(open.contains("{\"resume\":\"fresh\",\"missed\":0,"), "{open}");
        assert!((before..=head).contains(&last), "{last} is not in {before} to {head}");
    }
    // What was there when it joined, and at least one event that was not.
    while last <= head {
        let chunk = chunks.next().await.unwrap();
        assert!(!chunk.contains("event: sse."), "{chunk}");
        for seq in sequence(&chunk) {
            assert_eq!(seq, last + 1);
            last = seq;
        }
    }
}

async fn read(storm: Storm, positions: Positions, mut random: Random) {
    for _ in 0..JOINS {
        let from = (random.below(3) != 0).then(|| {
            let positions = positions.lock().unwrap();
            // Most come back soon, and some late.
            let most = if random.below(50) == 0 { 2_000 } else { 50 };
            let back = random.below(most.min(positions.len()).max(1));
            positions.iter().rev().nth(back).copied()
        });
        join(&storm, from.flatten(), random.below(2) == 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_thousand_join_a_storm_and_miss_nothing() {
    let config = ChannelConfig::new().history(10_000_000).history_bytes(u64::MAX);
    let storm = Storm::with_config(config).unwrap();
    let (positions, is_over) = (Positions::default(), Arc::new(AtomicBool::new(false)));
    let publishers = [(); PUBLISHERS as usize].map(|()| {
        tokio::spawn(publish(storm.clone(), Arc::clone(&positions), Arc::clone(&is_over)))
    });
    let readers: Vec<_> = (1..=READERS)
        .map(|seed| tokio::spawn(read(storm.clone(), Arc::clone(&positions), Random::new(seed))))
        .collect();
    for reader in readers {
        // A reader that is never woken would wait for ever.
        timeout(Duration::from_secs(120), reader).await.unwrap().unwrap();
    }
    is_over.store(true, Ordering::Relaxed);
    for publisher in publishers {
        publisher.await.unwrap();
    }
    assert_eq!(storm.listeners(), 0);
    assert_eq!(storm.position().seq(), positions.lock().unwrap().len() as u64);
}

//! A server that is killed, and what of it comes back.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use sse_runtime::{
    ChannelEvents, Missed, Position, PublishError, ResetReason, Resume, Resumed, store::StoreError,
};

use super::{Number, NumberEvent, Numbers, next, numbers, server::Server};

/// Publishes until it is told to stop; gives what was acknowledged, and what may be there.
async fn publish(
    channel: Numbers,
    from: u64,
    is_over: Arc<AtomicBool>,
) -> (BTreeMap<u64, Position>, BTreeSet<u64>) {
    let (mut kept, mut unknown) = (BTreeMap::new(), BTreeSet::new());
    let mut number = from;
    while !is_over.load(Ordering::Relaxed) {
        match channel.publish(&Number(number)).await {
            Ok(published) => drop(kept.insert(number, published.position)),
            Err(PublishError::Store(StoreError::Unknown { .. })) => drop(unknown.insert(number)),
            Err(error) => assert!(matches!(error, PublishError::Store(_)), "{error}"),
        }
        number += 1;
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    (kept, unknown)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_file_that_is_always_written_nothing_is_lost_or_repeated() {
    let Some(mut server) = Server::start(true).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    let mut readers = [
        one.subscribe(Resume::fresh().from_oldest()).events(),
        other.subscribe(Resume::fresh().from_oldest()).events(),
    ];
    let is_over = Arc::new(AtomicBool::new(false));
    let publishers: Vec<_> = (0..8_u64)
        .map(|publisher| {
            let channel = if publisher % 2 == 0 { &one } else { &other };
            tokio::spawn(publish(channel.clone(), publisher * 1_000_000, Arc::clone(&is_over)))
        })
        .collect();
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server.kill();
        tokio::time::sleep(Duration::from_millis(100)).await;
        server.run().await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    is_over.store(true, Ordering::Relaxed);
    let (mut kept, mut unknown) = (BTreeMap::new(), BTreeSet::new());
    for publisher in publishers {
        let (of_one, unknown_of_one) = publisher.await.unwrap();
        kept.extend(of_one);
        unknown.extend(unknown_of_one);
    }
    let last = kept.values().map(Position::seq).max().unwrap();
    println!("{} acknowledged, {} unknown, in 5 kills", kept.len(), unknown.len());
    for events in &mut readers {
        let mut seen = BTreeMap::new();
        for seq in 1..=last {
            let received = next(events).await.unwrap();
            let position = received.position.unwrap();
            assert_eq!(position.seq(), seq);
            let Number(number) = *received.event else { panic!() };
            assert!(kept.get(&number).is_none_or(|kept| *kept == position), "{number}");
            assert!(seen.insert(number, position).is_none(), "{number} came twice");
        }
        let lost: Vec<_> = kept.keys().filter(|number| !seen.contains_key(number)).collect();
        assert!(lost.is_empty(), "lost: {lost:?}");
    }
}

/// Reads what there is, and gives the content of each position.
async fn read(
    events: &mut ChannelEvents<NumberEvent>,
    until: u64,
    seen: &mut BTreeMap<String, u64>,
) -> Vec<ResetReason> {
    let mut resets = Vec::new();
    loop {
        match next(events).await {
            Ok(received) => {
                let Number(number) = *received.event else { panic!() };
                let position = received.position.unwrap().to_string();
                let was = seen.insert(position.clone(), number);
                assert!(was.is_none_or(|was| was == number), "{position} is {was:?} and {number}");
                if number == until {
                    return resets;
                }
            }
            Err(Missed::Reset(why)) => resets.push(why),
            Err(Missed::Gap { missed }) => panic!("{missed} are said to be gone"),
        }
    }
}

#[tokio::test]
async fn where_the_end_was_lost_every_reader_is_told_and_no_id_has_two_contents() {
    let Some(mut server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    for number in 1..=10 {
        one.publish(&Number(number)).await.unwrap();
    }
    let kept = one.position();
    server.tell(&["SAVE"]).await;
    let (mut at_one, mut at_other) = (one.subscribe(kept).events(), other.subscribe(kept).events());
    for number in 11..=30 {
        one.publish(&Number(number)).await.unwrap();
    }
    let lost = one.position();
    let mut seen = BTreeMap::new();
    assert!(read(&mut at_one, 30, &mut seen).await.is_empty());
    assert!(read(&mut at_other, 30, &mut seen).await.is_empty());

    server.kill();
    server.run().await;
    // The numbers are used again, by whoever comes first.
    for number in 1_011..=1_025 {
        other.publish(&Number(number)).await.unwrap();
    }
    for number in 2_000..=2_050 {
        one.publish(&Number(number)).await.unwrap();
    }
    // After a reset a reader goes on at the head.
    for events in [&mut at_one, &mut at_other] {
        let told = next(events).await;
        let Err(Missed::Reset(why)) = told else { panic!("{told:?}") };
        assert!(matches!(why, ResetReason::Ahead | ResetReason::Diverged), "{why}");
    }
    one.publish(&Number(3_000)).await.unwrap();
    assert!(read(&mut at_one, 3_000, &mut seen).await.is_empty());
    assert!(read(&mut at_other, 3_000, &mut seen).await.is_empty());
    // Whoever was away is told when it comes back, to either, and to one that is new.
    let new = numbers(&server).await;
    new.ready().await.unwrap();
    for channel in [&one, &other, &new] {
        let told = channel.subscribe(lost).ready().await.unwrap();
        assert_eq!(told, Resumed::Reset(ResetReason::Diverged));
        let mut events = channel.subscribe(kept).events();
        assert!(read(&mut events, 3_000, &mut seen).await.is_empty());
    }
}

#[tokio::test]
async fn a_log_that_was_emptied_begins_anew() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    let first = one.publish(&Number(1)).await.unwrap().position;
    let mut events = one.subscribe(first).events();
    server.tell(&["FLUSHALL"]).await;
    let anew = other.publish(&Number(2)).await.unwrap().position;
    other.publish(&Number(3)).await.unwrap();
    assert_eq!(anew.seq(), 1);
    assert_eq!(next(&mut events).await, Err(Missed::Reset(ResetReason::Epoch)));
    assert_eq!(one.subscribe(first).resumed(), Resumed::Reset(ResetReason::Epoch));
}

//! A server that is away for a while, and connections that break.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use sse_runtime::{
    PublishError, Resume,
    store::{RedisConfig, RedisStore, Store as _, StoreError},
};

use super::{Number, next, numbers, numbers_of, server::Server};

#[tokio::test]
async fn an_event_is_stored_once_however_often_its_connection_breaks() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    let mut at_one = one.subscribe(Resume::fresh().from_oldest()).events();
    let mut at_other = other.subscribe(Resume::fresh().from_oldest()).events();
    let is_over = Arc::new(AtomicBool::new(false));
    let kill = async {
        let mut kills = 0;
        while !is_over.load(Ordering::Relaxed) {
            server.tell(&["CLIENT", "KILL", "TYPE", "normal"]).await;
            kills += 1;
            // Where the machine is slow, a connection takes longer than the shortest of these.
            tokio::time::sleep(Duration::from_millis(fastrand::u64(5..120))).await;
        }
        kills
    };
    let publish = async {
        let publishers = (0..16_u64).map(|publisher| {
            let channel = if publisher % 2 == 0 { one.clone() } else { other.clone() };
            async move {
                for number in 0..150 {
                    channel.publish(&Number(publisher * 1_000 + number)).await.unwrap();
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        });
        join_all(publishers).await;
        is_over.store(true, Ordering::Relaxed);
    };
    let (kills, ()) = tokio::join!(kill, publish);
    println!("2,400 events and {kills} times all connections killed");
    for events in [&mut at_one, &mut at_other] {
        let mut seen = std::collections::BTreeSet::new();
        for seq in 1..=2_400 {
            let received = next(events).await.unwrap();
            assert_eq!(received.position.unwrap().seq(), seq);
            let Number(number) = *received.event else { panic!() };
            assert!(seen.insert(number), "{number} is stored twice");
        }
    }
    assert_eq!(one.position().seq(), 2_400, "more is stored than was published");
}

#[tokio::test]
async fn readers_stay_and_publishers_are_told_while_it_is_away() {
    let Some(mut server) = Server::start(true).await else { return };
    let config = RedisConfig::new().patience(Duration::from_millis(500));
    let store = RedisStore::connect_with(&server.address(), config).await.unwrap();
    let channel = numbers_of(Arc::clone(&store) as _);
    let first = channel.publish(&Number(1)).await.unwrap().position;
    let mut events = channel.subscribe(first).events();
    server.kill();

    let begin = Instant::now();
    let error = channel.publish(&Number(2)).await.unwrap_err();
    let is_told = matches!(
        error,
        PublishError::Store(StoreError::Unavailable(_) | StoreError::Unknown { .. })
    );
    assert!(is_told, "{error}");
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
    assert!(!store.is_up());
    tokio::time::sleep(Duration::from_millis(600)).await;
    // It has been away for longer than anybody waits: at once, then.
    let begin = Instant::now();
    let error = channel.publish(&Number(2)).await.unwrap_err();
    assert!(matches!(error, PublishError::Store(StoreError::Unavailable(_))), "{error}");
    assert!(begin.elapsed() < Duration::from_millis(250), "{:?}", begin.elapsed());

    server.run().await;
    let begin = Instant::now();
    while !store.is_up() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("is up {:?} after the server is", begin.elapsed());
    let second = channel.publish(&Number(3)).await.unwrap().position;
    assert_eq!(second.seq(), 2);
    let received = next(&mut events).await.unwrap();
    assert_eq!((&*received.event, received.position), (&Number(3), Some(second)));
}

#[tokio::test]
async fn what_is_published_elsewhere_while_one_is_cut_off_comes_after() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    one.ready().await.unwrap();
    let mut events = one.subscribe(Resume::fresh()).events();
    for number in 1..=3_000 {
        if number % 500 == 0 {
            server.tell(&["CLIENT", "KILL", "TYPE", "normal"]).await;
        }
        other.publish(&Number(number)).await.unwrap();
    }
    for number in 1..=3_000 {
        assert_eq!(*next(&mut events).await.unwrap().event, Number(number));
    }
}

#[tokio::test]
async fn a_server_without_room_refuses_and_still_reads() {
    let Some(server) = Server::start(false).await else { return };
    let channel = numbers(&server).await;
    let first = channel.publish(&Number(1)).await.unwrap().position;
    channel.publish(&Number(2)).await.unwrap();
    server.tell(&["CONFIG", "SET", "maxmemory", "1"]).await;
    let error = channel.publish(&Number(3)).await.unwrap_err();
    assert!(matches!(error, PublishError::Store(StoreError::Full)), "{error}");
    let mut events = channel.subscribe(first).events();
    assert_eq!(*next(&mut events).await.unwrap().event, Number(2));
    server.tell(&["CONFIG", "SET", "maxmemory", "0"]).await;
    assert_eq!(channel.publish(&Number(4)).await.unwrap().position.seq(), 3);
    assert_eq!(*next(&mut events).await.unwrap().event, Number(4));
}

//! Two processes with one server are one.

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, future::join_all};
use sse_runtime::{EventId, Resume, Resumed};

use super::{Number, NumberEvent, next, numbers, server::Server};

#[tokio::test]
async fn what_one_publishes_the_other_shows() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    one.ready().await.unwrap();
    other.ready().await.unwrap();
    let (mut at_one, mut at_other) =
        (one.subscribe(Resume::fresh()).events(), other.subscribe(Resume::fresh()).events());
    // Both begin now.
    let first = one.publish(&Number(1)).await.unwrap().position;
    for number in 2..=500 {
        let publisher = if number % 3 == 0 { &other } else { &one };
        publisher.publish(&Number(number)).await.unwrap();
    }
    for events in [&mut at_one, &mut at_other] {
        for number in 1..=500 {
            let received = next(events).await.unwrap();
            assert_eq!(*received.event, Number(number));
            assert_eq!(received.position.unwrap().seq(), number);
        }
    }
    // A reader may come back to either.
    for channel in [&one, &other] {
        let mut events = channel.subscribe(first).events();
        for number in 2..=500 {
            assert_eq!(*next(&mut events).await.unwrap().event, Number(number));
        }
    }
}

#[tokio::test]
async fn many_publishers_on_two_nodes_make_one_order() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    let readers = [
        one.subscribe(Resume::fresh().from_oldest()),
        other.subscribe(Resume::fresh().from_oldest()),
    ];
    let publishers = (0..32_u64).map(|publisher| {
        let channel = if publisher % 2 == 0 { one.clone() } else { other.clone() };
        async move {
            for number in 0..50 {
                channel.publish(&Number(publisher * 1_000 + number)).await.unwrap();
            }
        }
    });
    join_all(publishers).await;
    let mut read = Vec::new();
    for reader in readers {
        let mut events = reader.events();
        let mut numbers = Vec::new();
        for seq in 1..=1_600 {
            let received = next(&mut events).await.unwrap();
            assert_eq!(received.position.unwrap().seq(), seq);
            let Number(number) = *received.event else { panic!() };
            numbers.push(number);
        }
        assert_eq!(numbers.iter().collect::<BTreeSet<_>>().len(), 1_600);
        read.push(numbers);
    }
    assert_eq!(read[0], read[1]);
}

#[tokio::test]
async fn an_event_larger_than_the_tail_takes_comes_as_well() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    other.ready().await.unwrap();
    let mut events = other.subscribe(Resume::fresh()).events();
    // So many at once that one entry of the tail cannot have them.
    let publishers = (0..1_000).map(|number| {
        let one = one.clone();
        async move { one.publish(&Number(number)).await.unwrap() }
    });
    join_all(publishers).await;
    for seq in 1..=1_000 {
        assert_eq!(next(&mut events).await.unwrap().position.unwrap().seq(), seq);
    }
}

#[tokio::test]
async fn an_id_is_stored_once_wherever_it_is_published() {
    let Some(server) = Server::start(false).await else { return };
    let (one, other) = (numbers(&server).await, numbers(&server).await);
    let event = NumberEvent::Named { id: EventId::from_u128(7), number: 1 };
    let first = one.publish(&event).await.unwrap();
    let again = other.publish(&event).await.unwrap();
    assert!(again.duplicate && again.position == first.position, "{again:?}");
    let reused = NumberEvent::Named { id: EventId::from_u128(7), number: 2 };
    let error = other.publish(&reused).await.unwrap_err().to_string();
    assert!(error.contains("another content"), "{error}");
}

/// All of it only on the server.
const READ: u64 = 2_000;

#[tokio::test]
async fn a_thousand_who_come_back_are_read_for_once() {
    let Some(server) = Server::start(false).await else { return };
    let before = numbers(&server).await;
    let first = before.publish(&Number(1)).await.unwrap().position;
    let publishers = (2..=4_000).map(|number| {
        let before = before.clone();
        async move { before.publish(&Number(number)).await.unwrap() }
    });
    for batch in futures_util::stream::iter(publishers).chunks(500).collect::<Vec<_>>().await {
        join_all(batch).await;
    }
    drop(before);
    let after = numbers(&server).await;
    after.ready().await.unwrap();
    let was = server.calls("xrange").await;
    let readers = (0..1_000).map(|_| {
        let subscription = after.subscribe(first);
        async move {
            let mut events = subscription.events();
            for seq in 2..=READ {
                let received = next(&mut events).await.unwrap();
                assert_eq!(received.position.unwrap().seq(), seq);
            }
        }
    });
    assert_eq!(after.subscribe(first).resumed(), Resumed::Exact);
    join_all(readers).await;
    let reads = server.calls("xrange").await - was;
    let pages = READ.div_ceil(256);
    println!("1,000 readers of {READ} events: {reads} reads for {pages} pages");
    assert!(reads <= pages, "{reads} reads for {pages} pages");
}

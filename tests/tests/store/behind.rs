//! What is no longer in memory, and what another process published.

use std::time::Duration;

use futures_util::{StreamExt as _, future::join_all};
use sse_runtime::{
    ChannelConfig, Missed, ResetReason, Resume, Resumed,
    names::Reason,
    testing::{MemoryStore, TestError},
};

use super::{MANY, Number, NumberEvent, Numbers, numbers, numbers_with, publish, server};

/// Reads so many numbers, which come one after the other from this one on.
async fn reads(channel: &Numbers, resume: impl Into<Resume>, from: u32, count: u32) {
    let mut events = channel.subscribe(resume).events();
    for number in from..from + count {
        let received = events.next().await.unwrap().unwrap();
        assert_eq!(*received.event, Number(number));
        assert_eq!(received.position.unwrap().seq(), u64::from(number));
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_goes_back_into_the_store_and_comes_up_to_the_present() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    let first = channel.publish(&Number(1)).await.unwrap().position;
    publish(&channel, 2..=MANY).await;
    assert_eq!(channel.subscribe(first).resumed(), Resumed::Exact);
    reads(&channel, first, 2, MANY - 1).await;
    reads(&channel, Resume::fresh().from_oldest(), 1, MANY).await;

    // What is published meanwhile comes after it.
    let mut events = channel.subscribe(first).events();
    for number in 2..=MANY {
        assert_eq!(*events.next().await.unwrap().unwrap().event, Number(number));
        if number % 100 == 0 {
            channel.publish(&Number(MANY + number / 100)).await.unwrap();
        }
    }
    for number in 1..=MANY / 100 {
        assert_eq!(*events.next().await.unwrap().unwrap().event, Number(MANY + number));
    }
}

#[tokio::test(start_paused = true)]
async fn another_process_goes_on_where_the_first_one_was() {
    let store = MemoryStore::new();
    let before = numbers(&store);
    let first = before.publish(&Number(1)).await.unwrap().position;
    publish(&before, 2..=MANY).await;
    let last = before.position();
    drop(before);

    let after = numbers(&store);
    reads(&after, first, 2, MANY - 1).await;
    let after = numbers(&store);
    after.ready().await.unwrap();
    assert_eq!(after.position(), last);
    let next = after.publish(&Number(MANY + 1)).await.unwrap().position;
    assert!(next.is_same_log(&last) && next.seq() == last.seq() + 1);
}

#[tokio::test(start_paused = true)]
async fn a_connection_resumes_from_either_of_two_servers() {
    let store = MemoryStore::new();
    let (one, other) = (numbers(&store), numbers(&store));
    let mut reader = server(&one).get("/").connect().await.unwrap();
    reader.opened().await.unwrap();
    publish(&other, 1..=10).await;
    for number in 1..=10 {
        assert_eq!(reader.next::<NumberEvent>().await.unwrap().event, Number(number));
    }
    let id = reader.last_event_id().unwrap().clone();
    drop(reader);
    publish(&one, 11..=20).await;
    let mut reader = server(&other).get("/").last_event_id(&id).connect().await.unwrap();
    assert_eq!(reader.opened().await.unwrap().resumed, Resumed::Exact);
    for number in 11..=20 {
        assert_eq!(reader.next::<NumberEvent>().await.unwrap().event, Number(number));
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_store_keeps_no_longer_is_a_gap_of_so_many() {
    let store = MemoryStore::new();
    let config = ChannelConfig::new().history(6_000).history_bytes(u64::MAX);
    let channel = numbers_with(&store, config);
    let first = channel.publish(&Number(1)).await.unwrap().position;
    publish(&channel, 2..=MANY).await;
    let missed = u64::from(MANY) - 6_000 - 1;
    let mut events = channel.subscribe(first).events();
    assert_eq!(events.next().await.unwrap().unwrap_err(), Missed::Gap { missed });
    assert_eq!(*events.next().await.unwrap().unwrap().event, Number(MANY - 6_000 + 1));

    let mut reader = server(&channel).get("/").last_event_id(&first.id()).connect().await.unwrap();
    assert_eq!(reader.opened().await.unwrap().resumed, Resumed::Gap { missed });

    // Trimmed while somebody reads it: as much as is gone is told, in the middle.
    let mut events = channel.subscribe(first).events();
    assert!(events.next().await.unwrap().is_err());
    let mut last = match &*events.next().await.unwrap().unwrap().event {
        Number(number) => *number,
        NumberEvent::Aside(_) => panic!("nothing ephemeral"),
    };
    publish(&channel, MANY + 1..=2 * MANY).await;
    let mut told = 0;
    while last < 2 * MANY {
        match events.next().await.unwrap() {
            Ok(received) => {
                let Number(number) = *received.event else { panic!("nothing ephemeral") };
                assert_eq!(u64::from(number), u64::from(last) + 1 + told);
                (last, told) = (number, 0);
            }
            Err(Missed::Gap { missed }) => told += missed,
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_is_read_once_for_a_thousand_who_come_back() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    let first = channel.publish(&Number(1)).await.unwrap().position;
    publish(&channel, 2..=MANY).await;
    let before = store.reads();
    store.set_delay(Duration::from_millis(1));
    join_all((0..1_000).map(|_| reads(&channel, first, 2, 512))).await;
    // Three pages, of which the first has the position as well.
    assert!(store.reads() - before <= 4, "{} reads", store.reads() - before);
}

#[tokio::test(start_paused = true)]
async fn a_position_is_judged_by_its_tag_however_old_it_is() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    let first = channel.publish(&Number(1)).await.unwrap().position;
    publish(&channel, 2..=MANY).await;
    let other = sse_runtime::Position::new(first.epoch(), first.seq(), first.tag() ^ 1);
    let mut events = channel.subscribe(other).events();
    let reset = Missed::Reset(ResetReason::Diverged);
    assert_eq!(events.next().await.unwrap().unwrap_err(), reset);
    let mut reader = server(&channel).get("/").last_event_id(&other.id()).connect().await.unwrap();
    let diverged = Resumed::Reset(ResetReason::Diverged);
    assert_eq!(reader.opened().await.unwrap().resumed, diverged);
}

#[tokio::test(start_paused = true)]
async fn a_filter_sees_what_is_only_in_the_store() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    publish(&channel, 1..=MANY).await;
    let even = |event: &NumberEvent| matches!(event, Number(number) if number % 2 == 0);
    let oldest = Resume::fresh().from_oldest();
    let mut events = channel.subscribe(oldest).filter(even).events();
    for number in (2..=MANY).step_by(2) {
        assert_eq!(*events.next().await.unwrap().unwrap().event, Number(number));
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_for_the_store_where_that_is_down_and_goes_on_where_it_is_not() {
    let store = MemoryStore::new();
    let channel = numbers(&store);
    let first = channel.publish(&Number(1)).await.unwrap().position;
    publish(&channel, 2..=MANY).await;
    let mut live = server(&channel).get("/").connect().await.unwrap();
    live.opened().await.unwrap();
    store.set_up(false);

    // Where nobody can say what the reader missed, it is told to come back.
    let refused = server(&channel).get("/").last_event_id(&first.id()).connect().await;
    let Err(TestError::Refused(status)) = refused else { panic!("{refused:?}") };
    assert_eq!(status.as_u16(), 503);
    // Who stands in what is in memory is served.
    let near = server(&channel).get("/").last_event_id(&channel.position().id());
    assert_eq!(near.connect().await.unwrap().opened().await.unwrap().resumed, Resumed::Exact);

    store.set_up(true);
    publish(&channel, MANY + 1..=MANY + 1).await;
    assert_eq!(live.next::<NumberEvent>().await.unwrap().event, Number(MANY + 1));

    // In the middle of what is only in the store.
    let mut behind = server(&channel).get("/").last_event_id(&first.id()).connect().await.unwrap();
    behind.next::<NumberEvent>().await.unwrap();
    store.set_up(false);
    let mut last = 2;
    let end = loop {
        match behind.next::<NumberEvent>().await {
            Ok(got) => {
                assert_eq!(got.event, Number(last + 1));
                last += 1;
            }
            Err(error) => break error,
        }
    };
    assert!(matches!(end, TestError::Ended(Some(Reason::Store))), "{end:?}");
    store.set_up(true);
    let mut behind = behind.reconnect().await.unwrap();
    assert_eq!(behind.opened().await.unwrap().resumed, Resumed::Exact);
    assert_eq!(behind.next::<NumberEvent>().await.unwrap().event, Number(last + 1));
}

/// Nobody has opened the log yet, and the place of a subscription is where it was made all the same.
#[tokio::test(start_paused = true)]
async fn what_comes_after_a_subscription_is_seen_however_late_it_is_read() {
    let store = MemoryStore::new();
    publish(&numbers(&store), 1..=5).await;
    let channel = numbers(&store);
    let mut events = channel.subscribe(Resume::fresh()).events();
    publish(&channel, 6..=MANY).await;
    for number in 6..=MANY {
        assert_eq!(*events.next().await.unwrap().unwrap().event, Number(number));
    }
}

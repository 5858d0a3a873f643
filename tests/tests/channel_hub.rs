//! Channels by name: made by whoever publishes, bounded, and forgotten when nobody can miss them.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{thread, time::Duration};

use futures_util::FutureExt as _;
use sse_runtime::{
    Channel, ChannelConfig, ChannelName, EventId, Hub, HubFull, Missed, ResetReason, Resume,
    Resumed, SseEvent, event_id,
};
use tokio::time::advance;

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid,
    Placed {
        #[sse(id)]
        id: EventId,
    },
}

const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(1);

/// Whose channels are kept for a minute.
fn hub() -> Hub<OrderEvent> {
    hub_of(100)
}

/// The same, with at most so many.
fn hub_of(channels: usize) -> Hub<OrderEvent> {
    let config = ChannelConfig::new().retention(MINUTE).linger(Duration::ZERO);
    Hub::with_config(config.channels(channels)).unwrap()
}

fn name(name: &str) -> ChannelName {
    ChannelName::new("shop", name).unwrap()
}

fn publish(channel: &Channel<OrderEvent>, event: &OrderEvent) {
    channel.publish(event).now_or_never().unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn asking_for_a_channel_does_not_make_it() {
    let hub = hub();
    assert!(hub.get(&name("a")).is_none() && hub.is_empty());
    let made = hub.get_or_create(&name("a")).unwrap();
    assert_eq!(made.name(), Some(&name("a")));
    let found = hub.clone().get(&name("a")).unwrap();
    assert_eq!(found.position(), made.position());
    publish(&made, &OrderEvent::Paid);
    assert_eq!(found.position().seq(), 1);
    // The same name in another scope is another channel.
    let other = hub.get_or_create(&ChannelName::new("bank", "a").unwrap()).unwrap();
    assert!(!other.position().is_same_log(&made.position()));
    assert!(hub.get(&name("b")).is_none());
    assert_eq!(hub.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn there_are_as_many_as_there_may_be() {
    let hub = hub_of(2);
    let held = hub.get_or_create(&name("a")).unwrap();
    hub.get_or_create(&name("b")).unwrap();
    let refused = hub.get_or_create(&name("c")).unwrap_err();
    let HubFull { channels, .. } = refused;
    assert_eq!((channels, hub.len()), (2, 2));
    // Those that are there are found all the same.
    assert!(hub.get_or_create(&name("a")).unwrap().position().is_same_log(&held.position()));
    // The time of one is over, and its room is taken.
    advance(MINUTE - MOMENT).await;
    assert!(hub.get_or_create(&name("c")).is_err());
    advance(MOMENT).await;
    hub.get_or_create(&name("c")).unwrap();
    assert!(hub.get(&name("b")).is_none() && hub.get(&name("a")).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_full_hub_finds_room_among_many() {
    let hub = hub_of(1_000);
    let held: Vec<_> =
        (0..999).map(|at| hub.get_or_create(&name(&at.to_string())).unwrap()).collect();
    hub.get_or_create(&name("last")).unwrap();
    advance(MINUTE).await;
    // The one that can go is not among the next to be looked at.
    hub.get_or_create(&name("new")).unwrap();
    assert!(hub.get(&name("last")).is_none());
    assert_eq!(held.len(), 999);
}

#[tokio::test(start_paused = true)]
async fn a_channel_is_forgotten_when_its_last_event_is_too_old() {
    let hub = hub();
    let channel = hub.get_or_create(&name("a")).unwrap();
    advance(MINUTE / 2).await;
    publish(&channel, &OrderEvent::Paid);
    let position = channel.position();
    drop(channel);
    advance(MINUTE - MOMENT).await;
    assert_eq!(hub.forget_idle(), 0);
    let back = hub.get(&name("a")).unwrap().subscribe(Resume::after(&position.id()));
    assert_eq!(back.resumed(), Resumed::Exact);
    // A reader has come and gone: it may come back once more.
    drop(back);
    advance(MINUTE - MOMENT).await;
    assert_eq!(hub.forget_idle(), 0);
    advance(MOMENT).await;
    assert_eq!(hub.forget_idle(), 1);
    assert!(hub.get(&name("a")).is_none());
    // What comes after it under this name is not taken for it.
    let after = hub.get_or_create(&name("a")).unwrap();
    let resumed = after.subscribe(Resume::after(&position.id())).resumed();
    assert_eq!(resumed, Resumed::Reset(ResetReason::Epoch));
}

#[tokio::test(start_paused = true)]
async fn nobody_loses_a_channel_that_is_held_or_listened_to() {
    let hub = hub();
    let held = hub.get_or_create(&name("held")).unwrap();
    let listened = hub.get_or_create(&name("listened")).unwrap().subscribe(Resume::fresh());
    let events = hub.get_or_create(&name("events")).unwrap().subscribe(Resume::fresh()).events();
    hub.get_or_create(&name("left")).unwrap();
    let epoch = held.position();
    advance(1_000 * MINUTE).await;
    assert_eq!(hub.forget_idle(), 1);
    assert!(hub.get(&name("left")).is_none());
    assert!(hub.get_or_create(&name("held")).unwrap().position().is_same_log(&epoch));
    // Whoever publishes reaches those who listen.
    publish(&hub.get_or_create(&name("listened")).unwrap(), &OrderEvent::Paid);
    publish(&hub.get_or_create(&name("events")).unwrap(), &OrderEvent::Paid);
    for mut events in [listened.events(), events] {
        let event = futures_util::StreamExt::next(&mut events).now_or_never();
        assert_eq!(event.unwrap().unwrap().unwrap().position.unwrap().seq(), 1);
    }
    drop(held);
    // Those of the two have left this moment, and the third has been idle for long.
    assert_eq!((hub.forget_idle(), hub.len()), (1, 2));
    advance(MINUTE).await;
    assert_eq!((hub.forget_idle(), hub.len()), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn a_channel_outlives_its_events_as_long_as_an_id_is_known() {
    let config = ChannelConfig::new().retention(MINUTE / 6).linger(Duration::ZERO);
    let hub = Hub::with_config(config).unwrap();
    let event = OrderEvent::Placed { id: event_id!("evt_order001") };
    let publish = || {
        let channel = hub.get_or_create(&name("a")).unwrap();
        channel.publish(&event).now_or_never().unwrap().unwrap()
    };
    assert!(!publish().duplicate);
    advance(2 * MINUTE - MOMENT).await;
    assert_eq!(hub.forget_idle(), 0);
    assert!(publish().duplicate);
    advance(MOMENT).await;
    assert_eq!(hub.forget_idle(), 1);
    assert!(!publish().duplicate);
}

#[tokio::test(start_paused = true)]
async fn forgetting_runs_beside_those_who_come_and_go() {
    let config = ChannelConfig::new().retention(Duration::ZERO).linger(Duration::ZERO);
    let hub: Hub<OrderEvent> = Hub::with_config(config).unwrap();
    thread::scope(|scope| {
        for at in 0..3 {
            let hub = &hub;
            scope.spawn(move || {
                for _ in 0..3_000 {
                    // Whoever has it has the one that others find, from here until it lets go.
                    let channel = hub.get_or_create(&name("a")).unwrap();
                    if at == 0 {
                        hub.forget_idle();
                    }
                    let found = hub.get(&name("a")).expect("it is held");
                    assert!(found.position().is_same_log(&channel.position()));
                    let listens = found.subscribe(Resume::fresh());
                    drop((channel, found));
                    let found = hub.get(&name("a")).expect("it is listened to");
                    publish(&found, &OrderEvent::Paid);
                    drop(found);
                    let mut events = listens.events();
                    let heard = futures_util::StreamExt::next(&mut events).now_or_never();
                    // Where this thread stood still, others have published too much meanwhile.
                    let is_heard =
                        matches!(heard, Some(Some(Ok(_) | Err(Missed::Gap { missed: 1.. }))));
                    assert!(is_heard, "{heard:?}");
                }
            });
        }
    });
    hub.forget_idle();
    assert!(hub.is_empty());
}

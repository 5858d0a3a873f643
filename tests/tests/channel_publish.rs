//! What publishing promises: once, or not at all, and never stuck.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{sync::OnceLock, thread, time::Duration};

use axum::{Router, extract::State, http::StatusCode, response::Response, routing::get};
use futures_util::{FutureExt as _, StreamExt as _};
use serde::{Serialize, Serializer};
use sse_runtime::{
    Channel, ChannelConfig, ChannelEvents, EventId, Missed, Position, PublishError, Published,
    ResetReason, Resume, Resumed, SseEvent, Subscription, event_id, sse_handler,
};
use sse_tests::stream::{Chunks, request};
use tokio::{
    runtime,
    time::{advance, timeout},
};
use tower::ServiceExt as _;

#[derive(Debug, Clone, PartialEq, SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Placed {
        #[sse(id)]
        id: EventId,
        weight: f64,
    },
    Note(String),
    #[sse(ephemeral)]
    Viewers(u32),
}

use OrderEvent::{Note, Placed, Viewers};

type Orders = Channel<OrderEvent>;

const MINUTE: Duration = Duration::from_secs(60);
const MOMENT: Duration = Duration::from_millis(1);

fn placed(id: EventId, weight: f64) -> OrderEvent {
    Placed { id, weight }
}

fn note(text: &str) -> OrderEvent {
    Note(text.into())
}

fn with(config: ChannelConfig) -> Orders {
    Orders::with_config(config).unwrap()
}

/// In memory it is done at the first poll, with a runtime or without.
fn publish(orders: &Orders, event: &OrderEvent) -> Result<Published, PublishError> {
    orders.publish(event).now_or_never().expect("done at once")
}

/// What a reader finds without waiting.
fn found(events: &mut ChannelEvents<OrderEvent>) -> Vec<OrderEvent> {
    let mut found = Vec::new();
    while let Some(event) = events.next().now_or_never() {
        found.push((*event.unwrap().unwrap().event).clone());
    }
    found
}

fn resumed(orders: &Orders, position: Position) -> Resumed {
    orders.subscribe(Resume::after(&position.id())).resumed()
}

#[tokio::test(start_paused = true)]
async fn an_event_with_an_id_is_stored_once_while_it_is_kept() {
    let orders = with(ChannelConfig::new().linger(Duration::ZERO));
    let mut events = orders.subscribe(Resume::fresh()).events();
    let event = placed(event_id!("evt_order001"), 1.5);
    let first = publish(&orders, &event).unwrap();
    assert!(!first.duplicate);
    publish(&orders, &note("between")).unwrap();
    advance(14 * MINUTE).await;
    let again = publish(&orders, &event).unwrap();
    assert!(again.duplicate && again.position == first.position);
    assert_eq!(found(&mut events), [event, note("between")]);
    let reused = publish(&orders, &placed(event_id!("evt_order001"), 2.5));
    let Err(PublishError::IdReused { position, .. }) = reused else { panic!("{reused:?}") };
    assert_eq!(position, first.position);
    assert_eq!(found(&mut events), []);
    assert_eq!(orders.position().seq(), 2);
}

#[tokio::test(start_paused = true)]
async fn and_for_two_minutes_where_it_is_not() {
    for config in [
        ChannelConfig::new().history(1),
        ChannelConfig::new().history(0),
        ChannelConfig::new().history_bytes(0),
        ChannelConfig::new().retention(Duration::ZERO),
    ] {
        let orders = with(config);
        let event = placed(event_id!("evt_order001"), 1.5);
        let first = publish(&orders, &event).unwrap();
        publish(&orders, &note("after it")).unwrap();
        let start = orders.position();
        advance(2 * MINUTE - MOMENT).await;
        // Whoever looks or subscribes meanwhile changes nothing.
        drop(orders.subscribe(Resume::fresh()));
        let again = publish(&orders, &event).unwrap();
        assert!(again.duplicate && again.position == first.position);
        let reused = publish(&orders, &placed(event_id!("evt_order001"), 0.0));
        assert!(matches!(reused, Err(PublishError::IdReused { .. })), "{reused:?}");
        assert_eq!(orders.position(), start);
        // Then its time is over.
        advance(MOMENT).await;
        let another = publish(&orders, &event).unwrap();
        assert!(!another.duplicate && another.position.seq() == 3);
    }
}

#[tokio::test(start_paused = true)]
async fn more_ids_than_can_be_remembered_are_refused_until_others_are_forgotten() {
    let orders = with(ChannelConfig::new().remembered_ids(2).retention(10 * MINUTE));
    let event = |number: u128| placed(EventId::from_u128(number), 1.0);
    publish(&orders, &event(1)).unwrap();
    advance(MINUTE).await;
    publish(&orders, &event(2)).unwrap();
    let refused = publish(&orders, &event(3));
    assert!(matches!(refused, Err(PublishError::TooManyIds)), "{refused:?}");
    // A retry, and what has no id, are none of it.
    assert!(publish(&orders, &event(2)).unwrap().duplicate);
    assert_eq!(publish(&orders, &note("no id")).unwrap().position.seq(), 3);
    // Nobody subscribes, and nothing else is published.
    advance(9 * MINUTE).await;
    assert_eq!(publish(&orders, &event(3)).unwrap().position.seq(), 4);
    let refused = publish(&orders, &event(4));
    assert!(matches!(refused, Err(PublishError::TooManyIds)), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_too_large_leaves_no_trace() {
    let wide = "id: evt_000000000000000000000000\nevent: note\nsource: orders\ndata: \"\"\n\n";
    let orders = with(ChannelConfig::new().largest_event(wide.len() + 100));
    let mut events = orders.subscribe(Resume::fresh()).events();
    let refused = publish(&orders, &note(&"x".repeat(101)));
    let Err(PublishError::TooLarge { bytes, largest, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((bytes, largest), (wide.len() + 101, wide.len() + 100));
    assert_eq!((orders.position().seq(), found(&mut events)), (0, vec![]));
    let largest = note(&"x".repeat(100));
    publish(&orders, &largest).unwrap();
    assert_eq!(found(&mut events), [largest]);
}

#[tokio::test(start_paused = true)]
async fn the_largest_event_by_default_arrives_whatever_the_history() {
    let orders = with(ChannelConfig::new().history(0));
    let mut events = orders.subscribe(Resume::fresh()).events();
    let large = note(&"x".repeat(1024 * 1024 - 80));
    publish(&orders, &large).unwrap();
    assert_eq!(found(&mut events), [large]);
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_encoded_leaves_no_trace() {
    let orders = Orders::new();
    let mut events = orders.subscribe(Resume::fresh()).events();
    let refused = publish(&orders, &placed(event_id!("evt_order001"), f64::NAN));
    assert!(matches!(refused, Err(PublishError::Encode(_))), "{refused:?}");
    assert_eq!((orders.position().seq(), found(&mut events)), (0, vec![]));
    // Not even its id is taken.
    let event = placed(event_id!("evt_order001"), 1.0);
    assert!(!publish(&orders, &event).unwrap().duplicate);
    assert_eq!(found(&mut events), [event]);
}

#[tokio::test(start_paused = true)]
async fn with_nobody_listening_it_is_kept_for_whoever_comes() {
    let orders = Orders::new();
    let start = orders.position();
    publish(&orders, &Viewers(1)).unwrap();
    let all: Vec<OrderEvent> = (0..500).map(|at| note(&at.to_string())).collect();
    for event in &all {
        publish(&orders, event).unwrap();
    }
    let mut events = orders.subscribe(Resume::after(&start.id())).events();
    assert_eq!(found(&mut events), all);
    let mut events = orders.subscribe(Resume::fresh().from_oldest()).events();
    assert_eq!(found(&mut events), all);
    assert_eq!(found(&mut orders.subscribe(Resume::fresh()).events()), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_too_old_is_gone_for_whoever_comes_back() {
    let orders = with(ChannelConfig::new().retention(MINUTE).linger(Duration::ZERO));
    let start = orders.position();
    let first = publish(&orders, &note("first")).unwrap().position;
    let mut listens = orders.subscribe(Resume::fresh().from_oldest()).events();
    advance(30 * 1_000 * MOMENT).await;
    let second = publish(&orders, &note("second")).unwrap().position;
    advance(30 * 1_000 * MOMENT - MOMENT).await;
    assert_eq!(resumed(&orders, start), Resumed::Exact);
    advance(MOMENT).await;
    // On subscribing, without anybody publishing.
    assert_eq!(resumed(&orders, start), Resumed::Gap { missed: 1 });
    assert_eq!(resumed(&orders, first), Resumed::Exact);
    let mut events = orders.subscribe(Resume::after(&start.id())).events();
    assert_eq!(events.next().await.unwrap().unwrap_err(), Missed::Gap { missed: 1 });
    assert_eq!(found(&mut events), [note("second")]);
    advance(MINUTE).await;
    assert_eq!(resumed(&orders, first), Resumed::Gap { missed: 1 });
    // The last is gone as well, and its reader has missed nothing.
    assert_eq!(resumed(&orders, second), Resumed::Exact);
    publish(&orders, &note("third")).unwrap();
    assert_eq!(resumed(&orders, second), Resumed::Exact);
    // Who listens all the time loses nothing to the clock.
    assert_eq!(found(&mut listens), [note("first"), note("second"), note("third")]);
}

#[test]
fn from_a_thread_without_a_runtime() {
    // There is none for the timer either: what would linger leaves at once.
    let orders = Orders::new();
    let mut events = orders.subscribe(Resume::fresh()).events();
    let all = [note("a"), note("b"), note("c")];
    for event in &all {
        publish(&orders, event).unwrap();
    }
    assert_eq!(found(&mut events), all);
}

#[tokio::test]
async fn from_a_thread_without_a_runtime_to_readers_in_one() {
    let orders = Orders::new();
    let mut events = orders.subscribe(Resume::fresh()).events();
    let publisher = {
        let orders = orders.clone();
        thread::spawn(move || {
            for at in 0..1_000 {
                publish(&orders, &note(&at.to_string())).unwrap();
            }
        })
    };
    for at in 0..1_000 {
        let event = events.next().await.unwrap().unwrap();
        assert_eq!(*event.event, note(&at.to_string()));
    }
    publisher.join().unwrap();
}

#[test]
fn what_lingers_is_shown_when_the_runtime_of_its_timer_goes_away() {
    let runtime = runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let orders = Orders::new();
    let mut events = runtime.block_on(async { orders.subscribe(Resume::fresh()).events() });
    publish(&orders, &note("at once")).unwrap();
    publish(&orders, &note("later")).unwrap();
    assert_eq!(found(&mut events), [note("at once")]);
    drop(runtime);
    assert_eq!(found(&mut events), [note("later")]);
    // And nothing waits for it any more.
    publish(&orders, &note("at once")).unwrap();
    publish(&orders, &note("as well")).unwrap();
    assert_eq!(found(&mut events), [note("at once"), note("as well")]);
}

#[test]
fn what_lingers_does_not_wait_for_a_runtime_that_stands_still() {
    let works = runtime::Builder::new_multi_thread().worker_threads(1).enable_time().build();
    let works = works.unwrap();
    // It works only while somebody blocks on it.
    let stands = runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let orders = Orders::new();
    let mut events = works.block_on(async { orders.subscribe(Resume::fresh()).events() });
    let _listens = stands.block_on(async { orders.subscribe(Resume::fresh()) });
    let all = [note("at once"), note("later")];
    for event in &all {
        publish(&orders, event).unwrap();
    }
    works.block_on(async {
        for event in &all {
            let next = timeout(Duration::from_secs(10), events.next());
            let next = next.await.expect("it is hidden for ever");
            assert_eq!(*next.unwrap().unwrap().event, *event);
        }
    });
}

/// Publishes when it is encoded.
#[derive(Debug)]
struct Nested;

#[derive(Debug, SseEvent)]
#[sse(source = "nested", encode_only)]
enum NestedEvent {
    Outer(Nested),
    Inner(u32),
}

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = nested().publish(&NestedEvent::Inner(1)).now_or_never().unwrap().unwrap();
        serializer.serialize_u64(inner.position.seq())
    }
}

fn nested() -> &'static Channel<NestedEvent> {
    static CHANNEL: OnceLock<Channel<NestedEvent>> = OnceLock::new();
    CHANNEL.get_or_init(Channel::new)
}

#[sse_handler]
async fn nested_stream(resume: Resume) -> Subscription<NestedEvent> {
    nested().subscribe(resume)
}

#[tokio::test(start_paused = true)]
async fn a_payload_may_publish_to_the_same_channel() {
    let mut chunks = Chunks::of(sse_runtime::call!(nested_stream(Resume::fresh())).await);
    chunks.next().await.unwrap();
    let outer = nested().publish(&NestedEvent::Outer(Nested)).await.unwrap();
    assert_eq!(outer.position.seq(), 2);
    let text = format!("{}{}", chunks.next().await.unwrap(), chunks.next().await.unwrap());
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("id: ")).collect();
    let expected = ["event: inner", "source: nested", "data: 1", ""];
    assert_eq!(lines[..4], expected);
    assert_eq!(lines[4..], ["event: outer", "source: nested", "data: 1", ""]);
}

#[tokio::test(start_paused = true)]
async fn a_filter_may_publish_to_the_same_channel() {
    let orders = Orders::new();
    let echoes = orders.clone();
    let filtered = orders.subscribe(Resume::fresh()).filter(move |event| {
        if let Note(text) = event {
            publish(&echoes, &Viewers(1)).unwrap();
            if text == "ask" {
                publish(&echoes, &note("answer")).unwrap();
            }
        }
        true
    });
    let mut events = filtered.events();
    publish(&orders, &note("ask")).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push((*events.next().await.unwrap().unwrap().event).clone());
    }
    assert_eq!(seen, [note("ask"), Viewers(1), note("answer"), Viewers(1)]);
}

#[derive(Debug, Clone, PartialEq, SseEvent)]
#[sse(source = "answer")]
enum AnswerEvent {
    Delta(String),
    #[sse(terminal)]
    Done,
}

type Answer = Channel<AnswerEvent>;

#[sse_handler(finite)]
async fn answer(State(channel): State<Answer>, resume: Resume) -> Subscription<AnswerEvent> {
    channel.subscribe(resume)
}

async fn ask(channel: &Answer, id: Option<&EventId>) -> Response {
    let router = Router::new().route("/", get(answer)).with_state(channel.clone());
    let headers: Vec<_> = id.iter().map(|id| ("last-event-id", id.as_str())).collect();
    router.oneshot(request("/", &headers)).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_after_the_terminal_event() {
    let config = ChannelConfig::new().retention(10 * MINUTE);
    let channel = Answer::with_config(config).unwrap();
    let delta = AnswerEvent::Delta("a".into());
    let mut live = Chunks::of(ask(&channel, None).await);
    let start = channel.position();
    let first = channel.publish(&delta).await.unwrap().position;
    let done = channel.publish(&AnswerEvent::Done).await.unwrap().position;
    for event in [&delta, &AnswerEvent::Done] {
        let refused = channel.publish(event).await;
        assert!(matches!(refused, Err(PublishError::Ended)), "{refused:?}");
    }
    assert_eq!(channel.position(), done);
    let is_whole = |text: &str, from: u64| {
        let deltas = text.matches("event: delta\n").count() as u64;
        let ends = text.find("event: done\n").zip(text.find("{\"reason\":\"complete\"}"));
        assert!(ends.is_some_and(|(done, bye)| done < bye), "{text}");
        assert_eq!(deltas, 1 - from.min(1), "{text}");
        assert!(text.contains(&format!("id: {}\nevent: done\n", done.id())), "{text}");
    };
    assert!(live.next().await.unwrap().contains("\"resume\":\"fresh\""));
    is_whole(&live.rest().await, 0);
    for position in [start, first] {
        let response = ask(&channel, Some(&position.id())).await;
        let text = Chunks::of(response).rest().await;
        assert!(text.contains("\"resume\":\"exact\""), "{text}");
        is_whole(&text, position.seq());
    }
    // Who has seen it is not to come back, and not even once what came before it is gone.
    for _ in 0..2 {
        for id in [done.id(), event_id!("evt_terminal0000000000000000")] {
            let response = ask(&channel, Some(&id)).await;
            assert_eq!(response.status(), StatusCode::NO_CONTENT);
            assert_eq!(Chunks::of(response).rest().await, "");
        }
        advance(10 * MINUTE).await;
    }
    assert_eq!(channel.listeners(), 0);
    // Who comes too late for all of it is told so.
    let text = Chunks::of(ask(&channel, Some(&start.id())).await).rest().await;
    assert!(text.contains("\"resume\":\"gap\",\"missed\":2,"), "{text}");
    assert!(
        text.contains("{\"reason\":\"complete\"}") && !text.contains("event: done\n"),
        "{text}"
    );
    // Who is new is told that it is over, and where: with that it does not come back again.
    let text = Chunks::of(ask(&channel, None).await).rest().await;
    assert!(text.starts_with(&format!("id: {}\nevent: sse.open\n", done.id())), "{text}");
    assert!(text.contains("{\"reason\":\"complete\"}"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_position_after_the_end_is_one_that_was_never_given() {
    let channel = Answer::new();
    let done = channel.publish(&AnswerEvent::Done).await.unwrap().position;
    let after = done.id().as_str().replace("00000000001", "00000000002");
    let text = Chunks::of(ask(&channel, Some(&after.parse().unwrap())).await).rest().await;
    let reset = Resumed::Reset(ResetReason::Ahead);
    let subscription = channel.subscribe(Resume::after(&after.parse().unwrap()));
    assert_eq!(subscription.resumed(), reset);
    assert!(text.contains("\"resume\":\"reset\",\"missed\":0,\"reason\":\"ahead\","), "{text}");
    assert!(text.contains("{\"reason\":\"complete\"}"), "{text}");
}

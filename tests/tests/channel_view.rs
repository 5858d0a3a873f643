//! What a listener is shown of a channel: filters, maps, ends, and what cannot be shown.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use axum::{Router, extract::State, routing::get};
use futures_util::StreamExt as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sse_runtime::{
    Channel, ChannelConfig, Cx, EndSlow, Missed, Reason, ResetReason, Resume, Resumed, SseEvent,
    Subscription, sse_handler,
    testing::{TestError, TestServer},
};

#[derive(Debug, Clone, PartialEq, SseEvent)]
#[sse(source = "numbers")]
enum NumberEvent {
    Number(u32),
    Named {
        #[sse(topic)]
        name: String,
    },
    #[sse(ephemeral)]
    Aside(u32),
}

use NumberEvent::{Aside, Number};

type Numbers = Channel<NumberEvent>;

fn named(name: &str) -> NumberEvent {
    NumberEvent::Named { name: name.into() }
}

/// What only goes out: a number that is written as a text.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct OneWay {
    #[serde(serialize_with = "as_text")]
    number: u32,
}

fn as_text<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&number.to_string())
}

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "odd")]
enum OddEvent {
    Good(u32),
    Bad(OneWay),
}

const BAD: OddEvent = OddEvent::Bad(OneWay { number: 2 });

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_read_back_is_a_gap_of_one() {
    let channel = Channel::new();
    let mut events = channel.subscribe(Resume::fresh()).end_when_slow().events();
    for event in [OddEvent::Good(1), BAD, BAD, OddEvent::Good(3)] {
        channel.publish(&event).await.unwrap();
    }
    let mut got = Vec::new();
    while got.len() < 4 {
        let event = events.next().await.unwrap();
        got.push(event.map(|received| received.position.unwrap().seq()));
    }
    let gone = Missed::Gap { missed: 1 };
    assert_eq!(got, [Ok(1), Err(gone), Err(gone), Ok(4)]);
}

#[sse_handler]
async fn odd(
    State(channel): State<Channel<OddEvent>>,
    resume: Resume,
) -> Subscription<OddEvent, EndSlow> {
    channel.subscribe(resume).filter(|_| true).end_when_slow()
}

#[tokio::test(start_paused = true)]
async fn and_a_reader_is_told_and_goes_on_after_it() {
    let channel = Channel::new();
    let app = Router::new().route("/", get(odd)).with_state(channel.clone());
    let mut reader = TestServer::new(app).get("/").connect().await.unwrap();
    reader.opened().await.unwrap();
    for event in [OddEvent::Good(1), BAD, OddEvent::Good(3)] {
        channel.publish(&event).await.unwrap();
    }
    assert_eq!(reader.next::<OddEvent>().await.unwrap().event, OddEvent::Good(1));
    let missed = reader.next::<OddEvent>().await.unwrap_err();
    assert!(matches!(missed, TestError::Missed(Missed::Gap { missed: 1 })), "{missed}");
    assert_eq!(reader.next::<OddEvent>().await.unwrap().event, OddEvent::Good(3));
}

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "numbers")]
enum CountdownEvent {
    Left(u32),
    #[sse(terminal)]
    Done,
}

/// Three is the end, for whoever counts down.
#[sse_handler(finite)]
async fn countdown(State(channel): State<Numbers>, resume: Resume) -> Subscription<CountdownEvent> {
    channel.subscribe(resume).filter_map(|event| match event {
        Number(3) => Some(CountdownEvent::Done),
        Number(left) => Some(CountdownEvent::Left(*left)),
        _ => None,
    })
}

#[tokio::test(start_paused = true)]
async fn an_event_that_is_mapped_to_an_end_ends_the_stream() {
    let channel = Numbers::new();
    let app = Router::new().route("/", get(countdown)).with_state(channel.clone());
    let mut reader = TestServer::new(app).get("/").connect().await.unwrap();
    reader.opened().await.unwrap();
    for number in [5, 3, 4, 3] {
        channel.publish(&Number(number)).await.unwrap();
    }
    assert_eq!(reader.next::<CountdownEvent>().await.unwrap().event, CountdownEvent::Left(5));
    assert_eq!(reader.next::<CountdownEvent>().await.unwrap().event, CountdownEvent::Done);
    let end = reader.next::<CountdownEvent>().await.unwrap_err();
    assert!(matches!(end, TestError::Ended(Some(Reason::Complete))), "{end}");
}

#[sse_handler(finite)]
async fn endless_countdown(
    State(channel): State<Channel<CountdownEvent>>,
    resume: Resume,
) -> Subscription<CountdownEvent> {
    channel.subscribe(resume).filter_map(|event| match event {
        CountdownEvent::Left(left) => Some(CountdownEvent::Left(*left)),
        CountdownEvent::Done => None,
    })
}

#[tokio::test(start_paused = true)]
async fn who_is_not_shown_the_end_is_told_that_it_is_missing() {
    let channel = Channel::new();
    let app = Router::new().route("/", get(endless_countdown)).with_state(channel.clone());
    let mut reader = TestServer::new(app).get("/").connect().await.unwrap();
    reader.opened().await.unwrap();
    channel.publish(&CountdownEvent::Left(1)).await.unwrap();
    channel.publish(&CountdownEvent::Done).await.unwrap();
    assert_eq!(reader.next::<CountdownEvent>().await.unwrap().event, CountdownEvent::Left(1));
    let end = reader.next::<CountdownEvent>().await.unwrap_err();
    assert!(matches!(end, TestError::Ended(Some(Reason::Truncated))), "{end}");
}

static REASON: Mutex<Option<Reason>> = Mutex::new(None);

#[sse_handler(finite)]
async fn to_the_end(
    cx: Cx,
    State(channel): State<Channel<CountdownEvent>>,
    resume: Resume,
) -> Subscription<CountdownEvent> {
    cx.on_close(|ended| *REASON.lock().unwrap() = Some(ended.reason));
    channel.subscribe(resume)
}

#[tokio::test(start_paused = true)]
async fn who_leaves_after_the_end_has_everything() {
    let channel = Channel::new();
    let app = Router::new().route("/", get(to_the_end)).with_state(channel.clone());
    let mut reader = TestServer::new(app).get("/").connect().await.unwrap();
    reader.opened().await.unwrap();
    channel.publish(&CountdownEvent::Done).await.unwrap();
    assert_eq!(reader.next::<CountdownEvent>().await.unwrap().event, CountdownEvent::Done);
    reader.cut();
    assert_eq!(*REASON.lock().unwrap(), Some(Reason::Complete));
}

#[sse_handler]
async fn from_its_own_place(State(channel): State<Numbers>) -> Subscription<NumberEvent> {
    channel.subscribe(channel.position())
}

#[tokio::test(start_paused = true)]
async fn a_position_of_the_handlers_own_does_not_hide_that_of_the_reader() {
    let channel = Numbers::new();
    let app = Router::new().route("/", get(from_its_own_place)).with_state(channel.clone());
    let mut reader = TestServer::new(app).get("/").connect().await.unwrap();
    assert_eq!(reader.opened().await.unwrap().resumed, Resumed::Exact);
    reader.cut();
    channel.publish(&Number(1)).await.unwrap();
    let mut reader = reader.reconnect().await.unwrap();
    let resumed = reader.opened().await.unwrap().resumed;
    assert_eq!(resumed, Resumed::Reset(ResetReason::NoLog));
}

#[sse_handler(heartbeat = "1s")]
async fn no_numbers(State(channel): State<Numbers>, resume: Resume) -> Subscription<NumberEvent> {
    channel.subscribe(resume).filter(|event| !matches!(event, Number(_)))
}

#[tokio::test(start_paused = true)]
async fn ephemeral_events_do_not_keep_the_position_back() {
    let channel = Numbers::with_config(ChannelConfig::new().history(10)).unwrap();
    let app = Router::new().route("/", get(no_numbers)).with_state(channel.clone());
    let mut reader = TestServer::new(app).get("/").connect().await.unwrap();
    reader.opened().await.unwrap();
    for number in 0..100 {
        channel.publish(&Number(number)).await.unwrap();
        channel.publish(&Aside(number)).await.unwrap();
        assert_eq!(reader.next::<NumberEvent>().await.unwrap().event, Aside(number));
        // Sooner than the heartbeat, which would move the reader.
        tokio::time::sleep(Duration::from_millis(900)).await;
    }
    let mut reader = reader.reconnect().await.unwrap();
    assert_eq!(reader.opened().await.unwrap().resumed, Resumed::Exact);
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_topic_is_of_none() {
    let channel = Numbers::new();
    let mut lamps = channel.subscribe(Resume::fresh()).topic("lamp").events();
    let others = |topic: Option<&str>| topic.is_none_or(|topic| topic != "lamp");
    let mut others = channel.subscribe(Resume::fresh()).topics(others).events();
    for event in [named("desk"), Number(1), named("lamp"), Aside(2)] {
        channel.publish(&event).await.unwrap();
    }
    assert_eq!(*lamps.next().await.unwrap().unwrap().event, named("lamp"));
    for expected in [named("desk"), Number(1), Aside(2)] {
        assert_eq!(*others.next().await.unwrap().unwrap().event, expected);
    }
}

static DECODED: AtomicUsize = AtomicUsize::new(0);

#[derive(Debug, Serialize)]
struct Counted(u32);

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.fetch_add(1, Ordering::Relaxed);
        u32::deserialize(deserializer).map(Self)
    }
}

#[derive(Debug, SseEvent)]
#[sse(source = "counted")]
enum CountedEvent {
    Counted(Counted),
}

#[derive(Debug, SseEvent)]
#[sse(merge)]
enum AllEvent {
    Counted(CountedEvent),
}

#[tokio::test(start_paused = true)]
async fn an_event_is_decoded_once_for_all_who_ask_for_it_as_one_type() {
    let channel = Channel::<CountedEvent>::new();
    let mut plain: Vec<_> =
        (0..5).map(|_| channel.subscribe(Resume::fresh()).filter(|_| true).events()).collect();
    let mut lifted: Vec<_> = (0..5)
        .map(|_| channel.subscribe(Resume::fresh()).lift::<AllEvent>().filter(|_| true).events())
        .collect();
    channel.publish(&CountedEvent::Counted(Counted(1))).await.unwrap();
    for events in &mut plain {
        events.next().await.unwrap().unwrap();
    }
    assert_eq!(DECODED.load(Ordering::Relaxed), 1);
    for events in &mut lifted {
        events.next().await.unwrap().unwrap();
    }
    assert_eq!(DECODED.load(Ordering::Relaxed), 2);
}

#[test]
fn a_runtime_that_nobody_drives_any_more_holds_nothing_back() {
    let channel = Numbers::new();
    let of_one = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (server, aside) = (of_one(), of_one());
    let (heard, hears) = mpsc::channel();
    let listening = channel.clone();
    let listener = thread::spawn(move || {
        server.block_on(async {
            let mut events = listening.subscribe(Resume::fresh()).events();
            heard.send(0).unwrap();
            for _ in 0..20 {
                let position = events.next().await.unwrap().unwrap().position;
                heard.send(position.unwrap().seq()).unwrap();
            }
        });
    });
    assert_eq!(hears.recv().unwrap(), 0);
    // Somebody looks once, elsewhere, and leaves; its runtime is still there.
    let resumed = aside.block_on(async { channel.subscribe(Resume::fresh()).resumed() });
    assert_eq!(resumed, Resumed::Fresh);
    for number in 1..=20 {
        aside.block_on(channel.publish(&Number(number))).unwrap();
        let heard = hears.recv_timeout(Duration::from_secs(30));
        assert_eq!(heard, Ok(u64::from(number)));
    }
    listener.join().unwrap();
}

//! Following an event through the log (pitfall P11).
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use axum::extract::State;
use sse_runtime::{
    Channel, ChannelConfig, ChannelName, Cx, Hub, Reason, Resume, SseEvent, Subscription, call,
    sse_handler,
};
use sse_tests::stream::{Chunks, Log};

#[derive(Debug, SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid(u32),
    #[sse(ephemeral)]
    Seen(u32),
}

type Orders = Channel<OrderEvent>;

#[sse_handler]
async fn orders(State(channel): State<Orders>, cx: Cx, resume: Resume) -> Subscription<OrderEvent> {
    cx.on_close(|ended| {
        assert_eq!((ended.reason, ended.events, ended.last_seq), (Reason::Client, 3, Some(12)));
    });
    channel.subscribe(resume)
}

#[tokio::test(start_paused = true)]
async fn an_event_is_followed_by_its_number() {
    let log = Log::of_this_thread();
    let hub = Hub::new();
    let channel = hub.get_or_create(&ChannelName::new("shop", "order.1").unwrap()).unwrap();
    for number in 0..10 {
        channel.publish(&OrderEvent::Paid(number)).await.unwrap();
    }
    let mut chunks = Chunks::of(call!(orders(State(channel.clone()), Resume::fresh())).await);
    chunks.next().await.unwrap();
    let eleventh = channel.publish(&OrderEvent::Paid(10)).await.unwrap().position;
    channel.publish(&OrderEvent::Seen(1)).await.unwrap();
    channel.publish(&OrderEvent::Paid(11)).await.unwrap();
    chunks.next().await.unwrap();
    chunks.next().await.unwrap();
    drop(chunks);

    let [published, seen] = &log.lines_with(eleventh.id().as_str())[..] else {
        panic!("{}", log.text());
    };
    assert!(published.contains("channel=\"shop/order.1\" event_seq=11 "), "{published}");
    assert!(seen.contains("sse.stream{request_id=\"req_"), "{seen}");
    assert!(seen.contains(" event_seq=11 ") && seen.contains("event_name=\"paid\""), "{seen}");
    // An ephemeral one has no number.
    let seen = log.lines_with("event_name=\"seen\"");
    assert_eq!(seen.iter().filter(|line| !line.contains("event_seq")).count(), 2, "{seen:?}");
    let [end] = &log.lines_with("stream ended")[..] else { panic!("{}", log.text()) };
    assert!(end.contains("reason=\"client\" events=3 "), "{end}");
    assert!(end.contains(" last_seq=12 "), "{end}");
    // Payloads are nobody's business.
    assert!(!log.text().contains("data:"), "{}", log.text());
}

#[tokio::test(start_paused = true)]
async fn what_a_reader_missed_is_in_the_log_of_its_stream() {
    #[sse_handler]
    async fn plain(State(channel): State<Orders>, resume: Resume) -> Subscription<OrderEvent> {
        channel.subscribe(resume)
    }
    let log = Log::of_this_thread();
    let channel = Orders::with_config(ChannelConfig::new().history(2)).unwrap();
    let first = channel.publish(&OrderEvent::Paid(0)).await.unwrap().position;
    for number in 1..=5 {
        channel.publish(&OrderEvent::Paid(number)).await.unwrap();
    }
    let resume = Resume::after(&first.id());
    let mut chunks = Chunks::of(call!(plain(State(channel.clone()), resume)).await);
    chunks.next().await.unwrap();
    let [missed] = &log.lines_with("the reader missed events")[..] else {
        panic!("{}", log.text())
    };
    assert!(missed.contains("sse.stream{request_id=\"req_"), "{missed}");
    assert!(missed.contains("resume=\"gap\" missed=3"), "{missed}");
    for number in 6..1_000 {
        channel.publish(&OrderEvent::Paid(number)).await.unwrap();
    }
    while log.lines_with("fell behind").is_empty() {
        chunks.next().await.unwrap();
    }
}

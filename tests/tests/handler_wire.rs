//! What a handler puts on the wire, to the byte.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::time::Duration;

use axum::{Router, routing::get};
use futures_util::stream::{self, Stream, StreamExt as _};
use sse_runtime::{EventId, Events, SendError, SseEvent, call, event_id, sse_handler};
use sse_tests::stream::{Chunks, request};
use tower::ServiceExt as _;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged {
        sku: String,
        left: u32,
    },
    #[sse(name = "sold-out", retry = "5s")]
    SoldOut(String),
    #[sse(ephemeral)]
    Viewers(u32),
    Audited {
        #[sse(id)]
        id: EventId,
    },
}

#[derive(SseEvent)]
#[sse(source = "assistant")]
enum Token {
    Delta(String),
    #[sse(terminal)]
    Done,
}

#[derive(SseEvent)]
#[sse(merge, qualify)]
enum All {
    Inventory(InventoryEvent),
    Token(Token),
}

fn viewers() -> InventoryEvent {
    InventoryEvent::Viewers(3)
}

/// Takes the random parts out: the request id and the jitter.
fn settled(text: &str) -> String {
    let lines = text.split('\n').map(|line| match line.split_once("\"request_id\":") {
        Some((before, _)) => format!("{before}\"request_id\":...}}"),
        None if line.starts_with("retry: ") && !["retry: 3000", "retry: 5000"].contains(&line) => {
            "retry: jittered".to_owned()
        }
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[sse_handler]
async fn inventory() -> impl Stream<Item = InventoryEvent> {
    stream::iter([
        InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 },
        InventoryEvent::SoldOut("B\r\n2".into()),
        viewers(),
        InventoryEvent::Audited { id: event_id!("evt_00000001") },
    ])
}

#[tokio::test(start_paused = true)]
async fn every_line_of_a_stream() {
    let text = Chunks::of(call!(inventory()).await).rest().await;
    assert_eq!(
        settled(&text),
        "event: sse.open\n\
         retry: 3000\n\
         data: {\"resume\":\"fresh\",\"missed\":0,\"heartbeat_ms\":15000,\"sources\":[\"inventory\"],\"request_id\":...}\n\
         \n\
         event: stock_changed\n\
         source: inventory\n\
         data: {\"sku\":\"A-1\",\"left\":7}\n\
         \n\
         event: sold-out\n\
         source: inventory\n\
         retry: 5000\n\
         data: \"B\\r\\n2\"\n\
         \n\
         event: viewers\n\
         source: inventory\n\
         data: 3\n\
         \n\
         id: evt_00000001\n\
         event: audited\n\
         source: inventory\n\
         data: {\"id\":\"evt_00000001\"}\n\
         \n\
         event: sse.bye\n\
         retry: jittered\n\
         data: {\"reason\":\"complete\"}\n\
         \n"
    );
}

#[sse_handler]
async fn with_ids() -> impl Stream<Item = (EventId, InventoryEvent)> {
    stream::iter([
        (event_id!("evt_00000007"), InventoryEvent::SoldOut("A".into())),
        // An ephemeral event has no place to come back to.
        (event_id!("evt_00000008"), viewers()),
    ])
}

#[tokio::test(start_paused = true)]
async fn an_id_that_comes_with_an_event_is_its_id_unless_it_is_ephemeral() {
    let text = Chunks::of(call!(with_ids()).await).rest().await;
    assert!(text.contains("\n\nid: evt_00000007\nevent: sold-out\n"), "{text}");
    assert!(text.contains("\n\nevent: viewers\n"), "{text}");
    assert!(!text.contains("evt_00000008"), "{text}");
}

#[sse_handler(control_events = false, source_field = false)]
async fn bare() -> impl Stream<Item = InventoryEvent> {
    stream::iter([viewers()])
}

#[tokio::test(start_paused = true)]
async fn control_events_and_the_source_field_can_be_left_out() {
    let text = Chunks::of(call!(bare()).await).rest().await;
    assert_eq!(settled(&text), "retry: 3000\n\nevent: viewers\ndata: 3\n\nretry: jittered\n\n");
}

#[sse_handler]
async fn all() -> impl Stream<Item = InventoryEvent> {
    stream::pending()
}

#[sse_handler(finite)]
async fn qualified() -> impl Stream<Item = All> {
    stream::iter([All::Inventory(viewers()), All::Token(Token::Done), All::Inventory(viewers())])
}

#[tokio::test(start_paused = true)]
async fn an_enum_of_enums_writes_the_source_in_front_and_ends_with_its_terminal_event() {
    let text = Chunks::of(call!(qualified()).await).rest().await;
    assert!(text.contains("\"sources\":[\"inventory\",\"assistant\"]"), "{text}");
    assert!(text.contains("event: inventory.viewers\nsource: inventory\ndata: 3\n\n"), "{text}");
    let (_, end) = text.split_once("id: evt_terminal0000000000000000\n").expect("a terminal id");
    assert!(
        end.starts_with("event: assistant.done\nsource: assistant\ndata: null\n\nevent: sse.bye\n")
    );
    assert!(end.ends_with("data: {\"reason\":\"complete\"}\n\n"), "{end}");
}

#[sse_handler(heartbeat = "5s")]
async fn slow() -> impl Stream<Item = InventoryEvent> {
    Box::pin(stream::unfold(0, |sent| async move {
        tokio::time::sleep(Duration::from_secs(12)).await;
        Some((viewers(), sent + 1))
    }))
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_comes_when_nothing_else_was_written_for_its_interval() {
    let begin = tokio::time::Instant::now();
    let mut chunks = Chunks::of(call!(slow()).await);
    let mut heard = Vec::new();
    chunks.next().await;
    for _ in 0..6 {
        let chunk = chunks.next().await.expect("goes on");
        let at = (tokio::time::Instant::now() - begin).as_secs();
        heard.push((at, if chunk == ": ping\n\n" { "ping" } else { "event" }));
    }
    // The clock begins again with each event.
    let expected =
        [(5, "ping"), (10, "ping"), (12, "event"), (17, "ping"), (22, "ping"), (24, "event")];
    assert_eq!(heard, expected);
}

#[sse_handler(heartbeat = "5s")]
async fn once() -> impl Stream<Item = InventoryEvent> {
    let later = async {
        tokio::time::sleep(Duration::from_secs(12)).await;
        viewers()
    };
    Box::pin(stream::once(later).chain(stream::pending()))
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_comes_after_a_connection_that_could_take_nothing_for_a_while() {
    let mut chunks = Chunks::of(call!(once()).await);
    for _ in 0..4 {
        chunks.next().await; // the first frame, two heartbeats, an event
    }
    // The clock of the heartbeat rings meanwhile, and nobody can hear it.
    tokio::time::sleep(Duration::from_secs(11)).await;
    let looks_again = tokio::time::Instant::now();
    // (When its time is over, it looks a last time.)
    let ping = tokio::time::timeout(Duration::from_secs(60), chunks.next()).await;
    assert_eq!(ping.expect("a heartbeat").as_deref(), Some(": ping\n\n"));
    assert_eq!(looks_again.elapsed(), Duration::from_secs(5));
}

#[sse_handler(heartbeat = "5s", heartbeat_event)]
async fn seen() -> impl Stream<Item = InventoryEvent> {
    stream::pending()
}

#[sse_handler(no_heartbeat)]
async fn unseen() -> impl Stream<Item = InventoryEvent> {
    stream::pending()
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_can_be_an_event_or_left_out() {
    let mut chunks = Chunks::of(call!(seen()).await);
    chunks.next().await;
    assert_eq!(chunks.next().await.as_deref(), Some("event: sse.beat\ndata: null\n\n"));

    let mut chunks = Chunks::of(call!(unseen()).await);
    assert!(chunks.next().await.expect("a head").contains("\"heartbeat_ms\":null"));
    let silence = tokio::time::timeout(Duration::from_secs(3600), chunks.next()).await;
    assert!(silence.is_err(), "{silence:?}");
}

#[tokio::test(start_paused = true)]
async fn headers_are_the_same_for_head_and_get() {
    let router = || Router::new().route("/", get(all));
    let head = axum::http::Request::head("/").body(axum::body::Body::empty()).expect("a request");
    let head = router().oneshot(head).await.expect("infallible");
    let got = router().oneshot(request("/", &[])).await.expect("infallible");
    for response in [&head, &got] {
        let mut names: Vec<_> = response.headers().keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        let expected = [
            "cache-control",
            "content-type",
            "x-accel-buffering",
            "x-content-type-options",
            "x-event-source",
            "x-request-id",
        ];
        assert_eq!(names, expected);
        assert_eq!(response.headers()["x-event-source"], "inventory");
        assert_eq!(response.headers()["cache-control"], "no-store, no-transform");
    }
}

#[tokio::test(start_paused = true)]
async fn a_position_without_a_log_is_reset_and_forgotten() {
    let asked = [
        request("/", &[("last-event-id", "evt_00000001")]),
        request("/", &[("last-event-id", "not an id")]),
        request("/?last_event_id=evt_00000001", &[]),
    ];
    for request in asked {
        let router = Router::new().route("/", get(all));
        let mut chunks = Chunks::of(router.oneshot(request).await);
        let open = chunks.next().await.expect("a head");
        assert!(open.starts_with("id:\nevent: sse.open\n"), "{open}");
        assert!(open.contains("\"resume\":\"reset\",\"missed\":0,\"reason\":\"no_log\""), "{open}");
    }
    let router = Router::new().route("/", get(all));
    let mut chunks = Chunks::of(router.oneshot(request("/", &[("last-event-id", "")])).await);
    assert!(chunks.next().await.expect("a head").contains("\"resume\":\"fresh\""));
}

#[sse_handler(finite)]
async fn burst(out: Events<Token>) -> Result<(), SendError> {
    for number in 0..100_000_u32 {
        out.send(Token::Delta(number.to_string())).await?;
    }
    out.send(Token::Done).await
}

#[tokio::test(start_paused = true)]
async fn a_burst_leaves_in_batches_of_whole_frames() {
    let mut chunks = Chunks::of(call!(burst()).await);
    let (mut count, mut events) = (0, 0);
    while let Some(chunk) = chunks.next().await {
        assert!(chunk.ends_with("\n\n"));
        assert!(chunk.len() < 33 * 1024, "{}", chunk.len());
        events += chunk.matches("event: delta\n").count();
        count += 1;
    }
    assert_eq!(events, 100_000);
    // tokio makes a task give way now and then; what is ready until then goes together.
    assert!(count < 100_000 / 30, "{count} chunks");
}

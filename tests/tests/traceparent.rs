//! Which span caused a request or an event: taken, carried, and never made up (pitfall P11).
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn},
    response::Response,
    routing::get,
};
use futures_util::StreamExt as _;
use sse_runtime::{
    Channel, Cx, Decoded, Decoder, EventId, Events, PublishError, Resume, SendError, SseEvent,
    Subscription, TraceParent, event_id, sse_handler,
    testing::{TestReader, TestServer},
};
use sse_tests::stream::Log;
use tracing::Instrument as _;

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const OTHER: &str = "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

#[derive(Debug, Clone, PartialEq, SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid {
        #[sse(topic)]
        number: String,
    },
    #[sse(retry = "5s")]
    Placed {
        #[sse(id)]
        id: EventId,
    },
    #[sse(ephemeral)]
    Seen(u32),
}

#[derive(Debug, PartialEq, SseEvent)]
#[sse(merge, qualify)]
enum AllEvent {
    Orders(OrderEvent),
}

type Orders = Channel<OrderEvent>;

fn parent(text: &str) -> TraceParent {
    text.parse().unwrap()
}

fn paid(number: &str) -> OrderEvent {
    OrderEvent::Paid { number: number.into() }
}

#[sse_handler]
async fn plain(State(channel): State<Orders>, resume: Resume) -> Subscription<OrderEvent> {
    channel.subscribe(resume)
}

#[sse_handler(source_field = false)]
async fn silent(State(channel): State<Orders>, resume: Resume) -> Subscription<OrderEvent> {
    channel.subscribe(resume)
}

#[sse_handler]
async fn filtered(State(channel): State<Orders>, resume: Resume) -> Subscription<OrderEvent> {
    channel.subscribe(resume).filter(|event| matches!(event, OrderEvent::Paid { .. }))
}

#[sse_handler]
async fn mapped(State(channel): State<Orders>, resume: Resume) -> Subscription<OrderEvent> {
    channel.subscribe(resume).filter_map(|_| Some(paid("mapped")))
}

#[sse_handler]
async fn merged(State(channel): State<Orders>, resume: Resume) -> Subscription<AllEvent> {
    channel.subscribe(resume).lift()
}

#[sse_handler]
async fn sent(out: Events<OrderEvent>, cx: Cx) -> Result<(), SendError> {
    out.send_traced(paid("1"), cx.traceparent()).await?;
    out.send(paid("2")).await
}

async fn connect(app: &Router, path: &str, headers: &[(&'static str, &'static str)]) -> TestReader {
    let mut request = TestServer::new(app.clone()).get(path);
    for (name, value) in headers {
        request = request.header(name.parse().unwrap(), value.parse().unwrap());
    }
    let mut reader = request.connect().await.unwrap();
    reader.opened().await.unwrap();
    reader
}

/// A block without its id, which is another one each time.
async fn block(reader: &mut TestReader) -> String {
    let block = reader.next_block().await.unwrap();
    let lines = block.lines().filter(|line| !line.starts_with("id: "));
    lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_event_carries_it_in_front_of_its_data_and_only_if_it_was_given() {
    let channel = Orders::new();
    let app = Router::new().route("/", get(plain)).with_state(channel.clone());
    let mut reader = connect(&app, "/", &[]).await;
    channel.publish(&paid("1")).await.unwrap();
    channel.publish_traced(&paid("2"), None).await.unwrap();
    channel.publish_traced(&paid("3"), parent(PARENT)).await.unwrap();
    let placed = OrderEvent::Placed { id: event_id!("evt_order4711") };
    channel.publish_traced(&placed, parent(PARENT)).await.unwrap();
    channel.publish_traced(&OrderEvent::Seen(1), parent(PARENT)).await.unwrap();
    for number in ["1", "2"] {
        let plain = format!("event: paid\nsource: orders\ndata: {{\"number\":\"{number}\"}}");
        assert_eq!(block(&mut reader).await, plain);
    }
    let raw = reader.next_block().await.unwrap();
    let line = format!("traceparent: {PARENT}\n");
    let rest = format!("event: paid\nsource: orders\n{line}data: {{\"number\":\"3\"}}\n\n");
    let (id, after) = raw.split_once('\n').unwrap();
    assert!(id.starts_with("id: evt_") && after == rest, "{raw}");
    let placed = block(&mut reader).await;
    assert!(
        placed.starts_with("event: placed\nsource: orders\nretry: 5000\ntraceparent: "),
        "{placed}"
    );
    assert_eq!(block(&mut reader).await, format!("event: seen\nsource: orders\n{line}data: 1"));
}

#[tokio::test(start_paused = true)]
async fn whatever_a_stream_makes_of_an_event_it_was_caused_by_the_same() {
    let channel = Orders::new();
    let app = Router::new()
        .route("/silent", get(silent))
        .route("/filtered", get(filtered))
        .route("/mapped", get(mapped))
        .route("/merged", get(merged))
        .with_state(channel.clone());
    for (path, head) in [
        ("/silent", "event: paid\n"),
        ("/filtered", "event: paid\nsource: orders\n"),
        ("/mapped", "event: paid\nsource: orders\n"),
        ("/merged", "event: orders.paid\nsource: orders\n"),
    ] {
        let mut reader = connect(&app, path, &[]).await;
        channel.publish_traced(&paid("1"), parent(PARENT)).await.unwrap();
        let block = block(&mut reader).await;
        let begin = format!("{head}traceparent: {PARENT}\ndata: ");
        assert!(block.starts_with(&begin), "{path}: {block}");
    }
}

#[tokio::test(start_paused = true)]
async fn readers_in_the_process_get_it_with_the_event() {
    let channel = Orders::new();
    let app = Router::new().route("/", get(plain)).with_state(channel.clone());
    let mut reader = connect(&app, "/", &[]).await;
    let mut events = channel.subscribe(Resume::fresh()).events();
    channel.publish_traced(&paid("1"), parent(PARENT)).await.unwrap();
    channel.publish(&paid("2")).await.unwrap();
    for expected in [Some(parent(PARENT)), None] {
        assert_eq!(events.next().await.unwrap().unwrap().traceparent, expected);
        assert_eq!(reader.next::<OrderEvent>().await.unwrap().traceparent, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_no_part_of_the_content_of_an_event_that_is_published_again() {
    let channel = Orders::new();
    let placed = OrderEvent::Placed { id: event_id!("evt_order4711") };
    let first = channel.publish_traced(&placed, parent(PARENT)).await.unwrap();
    for again in [Some(parent(OTHER)), Some(parent(PARENT)), None] {
        let again = channel.publish_traced(&placed, again).await.unwrap();
        assert!(again.duplicate && again.position == first.position);
    }
    // And the other way round.
    let quiet = OrderEvent::Placed { id: event_id!("evt_order4712") };
    channel.publish(&quiet).await.unwrap();
    assert!(channel.publish_traced(&quiet, parent(OTHER)).await.unwrap().duplicate);

    let mut events = channel.subscribe(Resume::fresh().from_oldest()).events();
    for expected in [Some(parent(PARENT)), None] {
        assert_eq!(events.next().await.unwrap().unwrap().traceparent, expected);
    }
}

#[tokio::test]
async fn it_counts_with_the_size_of_an_event() {
    let config = sse_runtime::ChannelConfig::new().largest_event(100);
    let channel = Orders::with_config(config).unwrap();
    channel.publish(&paid("1")).await.unwrap();
    let refused = channel.publish_traced(&paid("1"), parent(PARENT)).await;
    assert!(matches!(refused, Err(PublishError::TooLarge { .. })), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_brings_one_has_it_on_its_span_and_in_its_handler() {
    let log = Log::of_this_thread();
    let app = Router::new().route("/", get(sent));
    let mut reader = connect(&app, "/", &[("traceparent", PARENT)]).await;
    assert_eq!(reader.next::<OrderEvent>().await.unwrap().traceparent, Some(parent(PARENT)));
    assert_eq!(reader.next::<OrderEvent>().await.unwrap().traceparent, None);
    drop(reader);
    let [end] = &log.lines_with("stream ended")[..] else { panic!("{}", log.text()) };
    let ids = "trace_id=\"0af7651916cd43dd8448eb211c80319c\" parent_id=\"b7ad6b7169203331\"";
    assert!(end.contains("sse.stream{request_id=\"req_") && end.contains(ids), "{end}");
    assert_eq!(log.lines_with("trace_id").len(), log.lines_with("sse.stream{").len());
}

/// What makes a span of OpenTelemetry the parent.
#[tokio::test(start_paused = true)]
async fn the_span_of_a_middleware_is_around_that_of_the_stream() {
    async fn within(request: Request, next: Next) -> Response {
        next.run(request).instrument(tracing::info_span!("request")).await
    }
    let log = Log::of_this_thread();
    let channel = Orders::new();
    let app = Router::new().route("/", get(plain)).with_state(channel.clone());
    let mut reader = connect(&app.layer(from_fn(within)), "/", &[]).await;
    channel.publish(&paid("1")).await.unwrap();
    reader.next::<OrderEvent>().await.unwrap();
    let sent = log.lines_with("event_seq=1 ");
    assert!(sent[0].contains("TRACE sse.publish{stream_source=\"orders\"}: "), "{sent:?}");
    assert!(sent[1].contains("TRACE request:sse.stream{request_id="), "{sent:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_is_malformed_is_nowhere() {
    let app = Router::new().route("/", get(sent));
    for sent in [
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-forged",
        "forged=\"1\"",
    ] {
        let log = Log::of_this_thread();
        let mut reader = connect(&app, "/", &[("traceparent", sent)]).await;
        assert!(reader.headers().get("traceparent").is_none());
        assert_eq!(reader.next::<OrderEvent>().await.unwrap().traceparent, None);
        drop(reader);
        let text = log.text();
        assert!(!text.contains("trace_id") && !text.contains("forged"), "{text}");
        assert!(!text.contains("b7ad6b7169203331"), "{text}");
    }
}

#[test]
fn the_decoder_reads_it_wherever_the_stream_is_cut() {
    let long = format!("traceparent: {}", "0".repeat(5_000));
    let blocks = [
        (format!("event: a\ntraceparent: {PARENT}\ndata: 1\n\n"), Some(PARENT)),
        ("data: 2\n\n".into(), None),
        (format!("traceparent:{OTHER}\ndata: 3\ndata: 3\n\n"), Some(OTHER)),
        ("data: 4\ndata: 4\n\n".into(), None),
        (format!("traceparent: {PARENT}\n: comment\ndata: 5\n\n"), Some(PARENT)),
        // Malformed, too long, or another field: an event like any other.
        (format!("traceparent: {}\ndata: 6\n\n", &PARENT[1..]), None),
        (format!("{long}\ndata: 7\n\n"), None),
        (format!("traceparents: {PARENT}\ndata: 8\n\n"), None),
        (format!("traceparent: {PARENT}\n\ndata: 9\n\n"), None),
        (format!("id: 1\ntraceparent: {PARENT}\n\ndata: 10\n\n"), None),
    ];
    let stream: String = blocks.iter().map(|(block, _)| block.as_str()).collect();
    let expected: Vec<_> = blocks.iter().map(|(_, parent)| parent.map(self::parent)).collect();
    let stream = stream.as_bytes();
    let read_by = |mut decoder: Decoder, chunks: &[&[u8]]| {
        let mut found = Vec::new();
        for chunk in chunks {
            let mut input = *chunk;
            while let Some(decoded) = decoder.next(&mut input) {
                match decoded {
                    Decoded::Event(event) => found.push(event.traceparent.copied()),
                    Decoded::Id(_) | Decoded::Comment(_) => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        found
    };
    let read = |chunks: &[&[u8]]| {
        let found = read_by(Decoder::new(), chunks);
        assert_eq!(found, read_by(Decoder::new().without_comments(), chunks));
        found
    };
    assert_eq!(read(&[stream]), expected);
    let bytes: Vec<_> = stream.chunks(1).collect();
    assert_eq!(read(&bytes), expected);
    for at in 1..stream.len() {
        let (begin, rest) = stream.split_at(at);
        assert_eq!(read(&[begin, rest]), expected, "cut at {at}");
    }
}

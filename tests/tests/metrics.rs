//! What is counted, at both ends, as Prometheus reads it. One test, because a process has one
//! recorder.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::State, routing::get};
use sse_runtime::{
    Channel, ChannelConfig, Resume, SseEvent, Subscription,
    client::{Client, EventSource, Item, StreamError},
    names::{Metric, MetricKind},
    observe::prometheus::{InstallError, Prometheus},
    serve,
    serve::{ServeConfig, ServeHandle},
    sse_handler,
    testing::MemoryStore,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

#[derive(SseEvent, Debug)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Left(u32),
}

#[sse_handler(heartbeat = "1s")]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

type Events = EventSource<InventoryEvent>;

async fn next(events: &mut Events) -> Result<Item<InventoryEvent>, StreamError> {
    timeout(Duration::from_secs(20), events.next()).await.expect("in time").expect("no end")
}

/// Answers of the server, of which the whole is text.
async fn ask(address: std::net::SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).await.unwrap();
    answer
}

/// The value of one line of the page; 0 where it is not there.
fn value(page: &str, line: &str) -> f64 {
    let found = page.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' '));
    found.map_or(0.0, |found| found.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_is_counted_at_both_ends_and_gauges_return_to_zero() {
    let prometheus = Prometheus::install().unwrap();
    assert!(matches!(Prometheus::install(), Err(InstallError::Installed)));
    let stores = [MemoryStore::new(), MemoryStore::new()];
    let watch = |prometheus: Prometheus, store| prometheus.watch_store(Arc::new(store));
    let prometheus = stores.iter().cloned().fold(prometheus, watch);

    let channel = Channel::with_config(ChannelConfig::new().history(2)).unwrap();
    let app = Router::new()
        .route("/events/{shop}", get(inventory))
        .with_state(channel.clone())
        .merge(prometheus.routes());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = serve(listener, app).config(ServeConfig::new().max_streams(1));
    let handle = server.handle();
    let ended = tokio::spawn(server.into_future());

    let client = Client::new().unwrap();
    let url = format!("http://{address}/events/7?token=secret");
    let mut events = client.request(&url).heartbeats().subscribe().unwrap();
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    let live = "sse_connections{endpoint=\"/events/{shop}\",state=\"live\"}";
    let page = ask(address, "/metrics").await;
    assert_eq!(value(&page, live), 1.0, "{page}");
    assert_eq!(value(&page, "sse_client_state{state=\"up\"}"), 1.0, "{page}");

    // A second one is too many.
    let refused = ask(address, "/events/8").await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");

    for left in 0..3 {
        channel.publish(&InventoryEvent::Left(left)).await.unwrap();
        assert!(matches!(next(&mut events).await, Ok(Item::Event(_))));
    }
    assert!(matches!(next(&mut events).await, Ok(Item::Heartbeat)));
    let position = events.last_event_id().cloned();
    drop(events);
    until(&handle, 0).await;

    // It comes back, and has missed one of three.
    for left in 3..6 {
        channel.publish(&InventoryEvent::Left(left)).await.unwrap();
    }
    let mut events: Events = client.request(&url).last_event_id(position).subscribe().unwrap();
    assert!(matches!(next(&mut events).await, Err(StreamError::Gap(gap)) if gap.missed == 1));
    for _ in 0..2 {
        assert!(matches!(next(&mut events).await, Ok(Item::Event(_))));
    }
    assert!(ask(address, "/readyz").await.starts_with("HTTP/1.1 200"));
    assert!(ask(address, "/livez").await.starts_with("HTTP/1.1 200"));
    // One of two stores is down, and the other is not taken for both.
    for store in &stores {
        for (up, status) in [(false, "HTTP/1.1 503"), (true, "HTTP/1.1 200")] {
            store.set_up(up);
            assert!(ask(address, "/readyz").await.starts_with(status));
            let page = ask(address, "/metrics").await;
            let expected = if up { 1.0 } else { 0.0 };
            assert_eq!(value(&page, "sse_store_up{backend=\"other\"}"), expected, "{page}");
        }
    }
    assert!(ask(address, "/livez").await.starts_with("HTTP/1.1 200"));
    drop(events);
    until(&handle, 0).await;

    let page = prometheus.render();
    let shop = "endpoint=\"/events/{shop}\"";
    for (line, expected) in [
        (format!("sse_connections_opened_total{{{shop},resume=\"fresh\"}}"), 1.0),
        (format!("sse_connections_opened_total{{{shop},resume=\"gap\"}}"), 1.0),
        (format!("sse_connections_closed_total{{{shop},reason=\"client\"}}"), 2.0),
        (format!("sse_connections_rejected_total{{{shop},reason=\"limit_all\"}}"), 1.0),
        (format!("sse_resumes_total{{{shop},outcome=\"gap\",reason=\"none\"}}"), 1.0),
        (format!("sse_missed_events_total{{{shop}}}"), 1.0),
        (format!("sse_events_delivered_total{{{shop}}}"), 5.0),
        (format!("sse_connection_duration_seconds_count{{{shop}}}"), 2.0),
        ("sse_connections_limit{scope=\"all\"}".into(), 1.0),
        ("sse_events_published_total{stream=\"InventoryEvent\",outcome=\"stored\"}".into(), 6.0),
        ("sse_publish_duration_seconds_count{backend=\"memory\",phase=\"encode\"}".into(), 6.0),
        ("sse_publish_duration_seconds_count{backend=\"memory\",phase=\"append\"}".into(), 6.0),
        (format!("sse_delivery_duration_seconds_count{{{shop},phase=\"fanout\"}}"), 3.0),
        (format!("sse_delivery_duration_seconds_count{{{shop},phase=\"write\"}}"), 3.0),
        ("sse_client_events_total{outcome=\"event\"}".into(), 5.0),
        ("sse_client_resumes_total{outcome=\"fresh\"}".into(), 1.0),
        ("sse_client_resumes_total{outcome=\"gap\"}".into(), 1.0),
        ("sse_client_missed_events_total".into(), 1.0),
        ("sse_client_duration_seconds_count{phase=\"decode\"}".into(), 5.0),
        ("sse_client_duration_seconds_count{phase=\"fetch\"}".into(), 2.0),
    ] {
        assert_eq!(value(&page, &line), expected, "{line}\n{page}");
    }
    assert!(value(&page, &format!("sse_heartbeats_sent_total{{{shop}}}")) >= 1.0, "{page}");
    assert!(value(&page, &format!("sse_sent_bytes_total{{{shop}}}")) > 500.0, "{page}");
    assert!(value(&page, "sse_client_received_bytes_total") > 500.0, "{page}");
    // Whatever is open is closed again.
    for gauge in ["sse_connections{", "sse_client_state{"] {
        for line in page.lines().filter(|line| line.starts_with(gauge)) {
            assert!(line.ends_with(" 0"), "{line}");
        }
    }
    // A write takes some microseconds: the buckets of both phases begin there.
    for phase in ["fanout", "write"] {
        let bucket = format!("sse_delivery_duration_seconds_bucket{{{shop},phase=\"{phase}\",le=");
        let edges: Vec<f64> = page
            .lines()
            .filter_map(|line| line.strip_prefix(&bucket))
            .map(|line| line.split('"').nth(1).and_then(|edge| edge.parse().ok()).unwrap())
            .collect();
        let (infinity, edges) = edges.split_last().unwrap();
        assert!(infinity.is_infinite() && edges == MetricKind::Latency.buckets(), "{page}");
        assert!(edges[0] <= 0.000_001, "{page}");
    }
    // Histograms have buckets, and nothing that the client sent is a label.
    assert!(page.contains("sse_publish_duration_seconds_bucket"), "{page}");
    assert!(!page.contains("quantile=") && !page.contains("secret"), "{page}");
    // What is counted stands in the list.
    for line in page.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
        let name = line.split(' ').next().unwrap_or_default();
        assert!(Metric::ALL.iter().any(|metric| metric.name == name), "{name} is in no list");
    }

    handle.shutdown();
    assert!(ended.await.unwrap().is_ok());
    assert!(!handle.is_ready());
}

/// Waits until the server has so many streams.
async fn until(handle: &ServeHandle, open: usize) {
    let reached = async {
        while handle.streams().open != open {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), reached).await.expect("in time");
}

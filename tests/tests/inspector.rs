//! The page that shows what the process serves: what it says, to whom, and what it does not.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

use std::{
    sync::{LazyLock, Mutex as StdMutex},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Path, State},
    http::{HeaderName, HeaderValue, Method, Request, StatusCode, header},
    response::Response,
    routing::get,
};
use http_body_util::BodyExt as _;
use serde_json::Value;
use sse_runtime::{
    Channel, ChannelConfig, ChannelName, Hub, Resume, Resumed, SseEvent, Subscription, names,
    observe::prometheus::Prometheus,
    sse_handler,
    testing::{TestReader, TestServer},
};
use tokio::{
    sync::{Mutex, MutexGuard},
    time::sleep,
};
use tower::ServiceExt as _;

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid(u32),
    #[sse(ephemeral)]
    Viewers(u32),
}

/// What the inspector tells.
#[derive(Debug, SseEvent)]
#[sse(decode_only)]
enum Told {
    Snapshot(Value),
}

#[sse_handler]
async fn order(
    State(orders): State<Hub<OrderEvent>>,
    Path((scope, order)): Path<(String, String)>,
    resume: Resume,
) -> Result<Subscription<OrderEvent>, StatusCode> {
    let name = ChannelName::new(&scope, &order).map_err(|_| StatusCode::NOT_FOUND)?;
    let channel = orders.get(&name).ok_or(StatusCode::NOT_FOUND)?;
    Ok(channel.subscribe(resume))
}

/// One test at a time: what is shown is all that the process has.
static ALONE: Mutex<()> = Mutex::const_new(());
static PROMETHEUS: LazyLock<StdMutex<Prometheus>> =
    LazyLock::new(|| StdMutex::new(Prometheus::install().unwrap()));

struct Shop {
    orders: Hub<OrderEvent>,
    server: TestServer,
    router: Router,
    _alone: MutexGuard<'static, ()>,
}

impl Shop {
    async fn open() -> Self {
        let alone = ALONE.lock().await;
        LazyLock::force(&PROMETHEUS);
        let orders = Hub::with_config(ChannelConfig::new().linger(Duration::ZERO)).unwrap();
        let router = Router::new()
            .route("/orders/{scope}/{order}", get(order))
            .with_state(orders.clone())
            .route("/inspector", sse_runtime::inspector());
        let server = TestServer::new(router.clone());
        Self { orders, server, router, _alone: alone }
    }

    fn order(&self, name: &str) -> Channel<OrderEvent> {
        self.orders.get_or_create(&ChannelName::new("shop", name).unwrap()).unwrap()
    }

    async fn read(&self, name: &str, request_id: &'static str) -> TestReader {
        let id = HeaderValue::from_static(request_id);
        let request = self.server.get(&format!("/orders/shop/{name}?token=secret"));
        let mut reader =
            request.header(HeaderName::from_static("x-request-id"), id).connect().await.unwrap();
        reader.opened().await.unwrap();
        reader
    }

    async fn look(&self) -> TestReader {
        self.server.get("/inspector?stream").connect().await.unwrap()
    }

    async fn ask(&self, method: Method, uri: &str) -> Response {
        let request = Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }
}

async fn next(looks: &mut TestReader) -> Value {
    let Told::Snapshot(snapshot) = looks.next::<Told>().await.unwrap().event;
    snapshot
}

/// The row with this value.
fn row<'a>(snapshot: &'a Value, table: &str, key: &str, value: &str) -> Option<&'a Value> {
    snapshot[table].as_array().unwrap().iter().find(|row| row[key] == value)
}

async fn publish(channel: &Channel<OrderEvent>, count: u32) {
    for paid in 0..count {
        channel.publish(&OrderEvent::Paid(paid)).await.unwrap();
    }
}

async fn text(response: Response) -> String {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_page_needs_nobody_else_and_nothing_in_it_runs() {
    let shop = Shop::open().await;
    let mut all = String::new();
    for (query, kind) in [
        ("", "text/html"),
        ("?who=knows", "text/html"),
        ("?script", "text/javascript"),
        ("?style", "text/css"),
        ("?icon", "image/svg+xml"),
    ] {
        let response = shop.ask(Method::GET, &format!("/inspector{query}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name| response.headers()[name].to_str().unwrap();
        assert!(header(header::CONTENT_TYPE).starts_with(kind), "{query}");
        let policy = header(header::CONTENT_SECURITY_POLICY);
        assert!(policy.starts_with("default-src 'none'; script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"));
        assert_eq!(header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        all += &text(response).await;
    }
    // The one address in it is a name.
    let addresses = all.replace("http://www.w3.org/2000/svg", "");
    assert!(!addresses.contains("://") && !addresses.contains("\"//"));
    for unwanted in ["innerHTML", "insertAdjacent", "eval(", "style=\"", "onclick", "<script>"] {
        assert!(!all.contains(unwanted), "{unwanted}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_can_be_changed() {
    let shop = Shop::open().await;
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        for uri in ["/inspector", "/inspector?stream"] {
            let response = shop.ask(method.clone(), uri).await;
            assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{method} {uri}");
            assert_eq!(response.headers()[header::ALLOW], "GET,HEAD");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn channels_and_streams_are_shown_with_their_numbers() {
    let shop = Shop::open().await;
    let (busy, quiet) = (shop.order("busy"), shop.order("quiet"));
    let mut ada = shop.read("busy", "ada-1").await;
    let bob = shop.read("busy", "bob-1").await;
    let mut looks = shop.look().await;
    let first = next(&mut looks).await;
    let channel = row(&first, "channels", "name", "shop/busy").unwrap();
    assert_eq!(
        (&channel["head"], &channel["readers"], &channel["rate"]),
        (&0.into(), &2.into(), &Value::Null)
    );

    publish(&busy, 30).await;
    busy.publish(&OrderEvent::Viewers(1)).await.unwrap();
    while ada.next::<OrderEvent>().await.unwrap().event != OrderEvent::Viewers(1) {}
    let second = next(&mut looks).await;
    let channel = row(&second, "channels", "name", "shop/busy").unwrap();
    assert_eq!(channel["event"], "OrderEvent");
    assert_eq!(channel["sources"][0], "orders");
    assert_eq!(
        (&channel["head"], &channel["first"], &channel["kept"]),
        (&30.into(), &1.into(), &30.into())
    );
    assert_eq!((&channel["lag"], &channel["is_late"]), (&30.into(), &false.into()));
    assert_eq!(channel["rate"], 31.0, "ephemeral ones are published too");
    let unheard = row(&second, "channels", "name", "shop/quiet").unwrap();
    assert_eq!((&unheard["readers"], &unheard["lag"]), (&0.into(), &Value::Null));

    let stream = row(&second, "streams", "request_id", "ada-1").unwrap();
    assert_eq!(stream["endpoint"], "/orders/{scope}/{order}", "never what was asked for");
    assert_eq!((&stream["state"], &stream["lag"]), (&"live".into(), &0.into()));
    assert_eq!(stream["places"][0]["channel"], "shop/busy");
    assert_eq!(stream["places"][0]["seq"], 30);
    assert_eq!((&stream["events"], &stream["rate"]), (&31.into(), &31.0.into()));
    let stream = row(&second, "streams", "request_id", "bob-1").unwrap();
    assert_eq!((&stream["lag"], &stream["events"]), (&30.into(), &0.into()));
    // A second later it is more than a second behind.
    let third = next(&mut looks).await;
    let stream = row(&third, "streams", "request_id", "bob-1").unwrap();
    assert_eq!((&stream["lag"], &stream["is_late"]), (&30.into(), &true.into()));
    assert!(third["totals"]["late"].as_u64() >= Some(1));
    assert_eq!(third["totals"]["worst_lag"], 30);

    drop((bob, quiet));
    ada.cut();
    drop(ada);
    let last = next(&mut looks).await;
    assert!(last["streams"].as_array().unwrap().is_empty());
    assert_eq!(last["totals"]["watchers"], 1);
}

#[tokio::test(start_paused = true)]
async fn neither_events_nor_tokens_nor_positions_to_resume_with_are_shown() {
    let shop = Shop::open().await;
    let channel = shop.order("paid");
    let _reader = shop.read("paid", "reader").await;
    publish(&channel, 3).await;
    let mut looks = shop.look().await;
    let told = next(&mut looks).await.to_string();
    for secret in ["secret", "token", "evt_", &channel.position().to_string()[4..12]] {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_looks_like_markup_is_no_name_and_no_request_id() {
    let shop = Shop::open().await;
    assert!(ChannelName::new("shop", "<script>").is_err());
    let _channel = shop.order("plain");
    let _reader = shop.read("plain", "<script>alert(1)</script>").await;
    let mut looks = shop.look().await;
    let told = next(&mut looks).await;
    assert!(!told.to_string().contains("<script"), "{told}");
    assert_eq!(told["streams"].as_array().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn of_thousands_of_channels_those_that_matter_are_shown() {
    let shop = Shop::open().await;
    let mut all = Vec::new();
    for number in 0..3_000 {
        all.push(shop.order(&format!("order-{number}")));
    }
    let _behind = shop.read("order-2999", "behind").await;
    let mut looks = shop.look().await;
    next(&mut looks).await;
    publish(&all[2_998], 5).await;
    publish(&all[2_999], 5).await;
    let told = next(&mut looks).await;
    assert_eq!(told["channels"].as_array().unwrap().len(), 100);
    assert!(told["totals"]["channels"].as_u64().unwrap() >= 3_000);
    assert_eq!(row(&told, "channels", "name", "shop/order-2998").unwrap()["rate"], 5.0);
    assert_eq!(row(&told, "channels", "name", "shop/order-2999").unwrap()["lag"], 5);
    assert!(told.to_string().len() < 50_000);
}

#[tokio::test(start_paused = true)]
async fn a_look_that_was_cut_off_goes_on_where_it_was() {
    let shop = Shop::open().await;
    let mut looks = shop.look().await;
    let before = next(&mut looks).await["at_ms"].clone();
    looks.cut();
    sleep(Duration::from_secs(20)).await;
    let mut again = looks.reconnect().await.unwrap();
    assert_eq!(again.opened().await.unwrap().resumed, Resumed::Exact);
    assert_ne!(next(&mut again).await["at_ms"], before);
    // Half a minute without anybody, and what was kept for them is gone.
    let id = again.last_event_id().unwrap().clone();
    drop(again);
    sleep(Duration::from_secs(40)).await;
    let mut late = shop.server.get("/inspector?stream").last_event_id(&id).connect().await.unwrap();
    assert!(matches!(late.opened().await.unwrap().resumed, Resumed::Reset(_)));
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_later_is_shown_what_was_before() {
    let shop = Shop::open().await;
    let mut first = shop.look().await;
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(next(&mut first).await);
    }
    let mut second = shop.look().await;
    for before in told {
        assert_eq!(next(&mut second).await, before);
    }
    assert_eq!(next(&mut first).await["totals"]["watchers"], 2);
}

/// The sum of a metric, that of those who look left out.
fn metric(page: &str, name: &str, with: &str) -> f64 {
    let lines = page.lines().filter(|line| line.starts_with(&format!("{name}{{")));
    let lines = lines.filter(|line| line.contains(with));
    let others =
        lines.filter(|line| !line.contains("/inspector") && !line.contains("InspectorEvent"));
    others.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

#[tokio::test(start_paused = true)]
async fn the_totals_are_those_of_the_metrics() {
    let shop = Shop::open().await;
    let (gone, stays) = (Channel::new(), shop.order("stays"));
    publish(&gone, 7).await;
    gone.publish(&OrderEvent::Viewers(1)).await.unwrap();
    drop(gone);
    for times in [3, 4] {
        let mut reader = shop.read("stays", "reader").await;
        publish(&stays, times).await;
        for _ in 0..times {
            reader.next::<OrderEvent>().await.unwrap();
        }
        reader.cut();
    }
    let mut looks = shop.look().await;
    let totals = next(&mut looks).await["totals"].clone();
    let page = PROMETHEUS.lock().unwrap().render();
    let published = metric(&page, names::EVENTS_PUBLISHED, "outcome=\"stored\"");
    assert_eq!(totals["published"].as_f64(), Some(published));
    assert_eq!(totals["delivered"].as_f64(), Some(metric(&page, names::EVENTS_DELIVERED, "")));
    assert_eq!(totals["bytes"].as_f64(), Some(metric(&page, names::SENT_BYTES, "")));
    assert!(published >= 15.0);
}

//! The head of the response: what it waits for, and what it can still become.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{FromRequestParts, Path, State},
    http::{Request, StatusCode, request::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream::{self, Stream};
use sse_runtime::{Cx, Drain, Events, SendError, SseEvent, call, sse_handler};
use sse_tests::stream::{Chunks, request, text};
use tokio::time::{Instant, sleep, timeout};
use tower::ServiceExt as _;

#[derive(SseEvent)]
#[sse(source = "assistant")]
enum Token {
    Delta(String),
    #[sse(terminal)]
    Done,
}

#[derive(SseEvent)]
#[sse(source = "host")]
enum Host {
    Load(f32),
}

/// An error with a response of its own, whose text is not for every reader.
#[derive(Debug)]
struct Overloaded;

impl IntoResponse for Overloaded {
    fn into_response(self) -> Response {
        (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "7")], "the secret reason").into_response()
    }
}

impl From<SendError> for Overloaded {
    fn from(_: SendError) -> Self {
        Self
    }
}

#[sse_handler(finite)]
async fn fails_after(
    State((wait, sent)): State<(Duration, usize)>,
    out: Events<Token>,
) -> Result<(), Overloaded> {
    for _ in 0..sent {
        out.send(Token::Delta("word".into())).await?;
    }
    sleep(wait).await;
    Err(Overloaded)
}

async fn is_the_users_own(answer: impl IntoResponse) {
    let response = answer.into_response();
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()["retry-after"], "7");
    assert!(response.headers().contains_key("x-request-id"));
    assert_eq!(text(response).await, "the secret reason");
}

#[tokio::test(start_paused = true)]
async fn an_error_before_the_first_event_is_the_users_own_response() {
    for wait in [Duration::ZERO, Duration::from_millis(9_999)] {
        is_the_users_own(call!(fails_after(State((wait, 0)))).await).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_after_the_first_event_is_told_in_band_without_its_text() {
    let answer = call!(fails_after(State((Duration::ZERO, 1)))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let told = Chunks::of(answer).rest().await;
    assert!(told.contains("data: \"word\""), "{told}");
    assert!(told.ends_with("data: {\"reason\":\"error\"}\n\n"), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn the_head_of_a_finite_stream_waits_ten_seconds_and_no_longer() {
    let begin = Instant::now();
    let answer = call!(fails_after(State((Duration::from_secs(60), 0)))).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(10));
    assert_eq!(answer.status(), StatusCode::OK);
    let told = Chunks::of(answer).rest().await;
    assert_eq!(begin.elapsed(), Duration::from_secs(60));
    assert!(told.ends_with("data: {\"reason\":\"error\"}\n\n"), "{told}");
}

#[sse_handler]
async fn endless() -> impl Stream<Item = Host> {
    stream::pending()
}

#[sse_handler(first = "2s")]
async fn patient() -> impl Stream<Item = Host> {
    stream::pending()
}

#[tokio::test(start_paused = true)]
async fn the_head_of_an_endless_stream_goes_at_once_unless_it_says_otherwise() {
    let begin = Instant::now();
    let mut chunks = Chunks::of(call!(endless()).await);
    assert!(chunks.next().await.expect("a head").starts_with("event: sse.open\n"));
    assert_eq!(begin.elapsed(), Duration::ZERO);
    let _answer = call!(patient()).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
}

#[sse_handler]
async fn fallible(State(refuse): State<bool>) -> Result<impl Stream<Item = Host>, Overloaded> {
    sleep(Duration::from_secs(30)).await;
    if refuse { Err(Overloaded) } else { Ok(stream::pending()) }
}

#[tokio::test(start_paused = true)]
async fn the_outer_result_is_a_status_however_long_it_takes() {
    is_the_users_own(call!(fallible(State(true))).await).await;
    assert_eq!(call!(fallible(State(false))).await.status(), StatusCode::OK);
}

#[sse_handler]
async fn first_item_fails() -> impl Stream<Item = Result<Host, Overloaded>> {
    stream::iter([Err(Overloaded), Ok(Host::Load(1.0))])
}

#[tokio::test(start_paused = true)]
async fn a_first_item_that_is_ready_can_be_a_status_too() {
    is_the_users_own(call!(first_item_fails()).await).await;
}

#[sse_handler]
async fn first_item_cannot_be_sent() -> impl Stream<Item = Host> {
    stream::iter([Host::Load(f32::NAN)])
}

#[tokio::test(start_paused = true)]
async fn an_event_that_cannot_be_encoded_is_no_empty_200() {
    let response = call!(first_item_cannot_be_sent()).await.into_response();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(text(response).await, "");
}

#[sse_handler(finite)]
async fn opens_early(out: Events<Token>) -> Result<(), SendError> {
    sleep(Duration::from_secs(1)).await;
    out.open().await?;
    sleep(Duration::from_secs(60)).await;
    out.send(Token::Done).await
}

#[sse_handler(finite)]
async fn opens_from_a_task(out: Events<Token>) -> Result<(), SendError> {
    let opener = out.clone();
    out.spawn(async move {
        sleep(Duration::from_secs(1)).await;
        opener.open().await.expect("somebody listens");
    });
    sleep(Duration::from_secs(60)).await;
    out.send(Token::Done).await
}

#[tokio::test(start_paused = true)]
async fn a_sender_can_let_the_head_go() {
    let begin = Instant::now();
    let _answer = call!(opens_early()).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(1));
    let _answer = call!(opens_from_a_task()).await;
    assert_eq!(begin.elapsed(), Duration::from_secs(2));
}

/// Says when it is dropped.
struct Alive(Arc<AtomicBool>);

impl Alive {
    fn new(alive: &Arc<AtomicBool>) -> Self {
        alive.store(true, Ordering::SeqCst);
        Self(Arc::clone(alive))
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

#[sse_handler(finite)]
async fn held(State(alive): State<Arc<AtomicBool>>, out: Events<Token>) -> Result<(), SendError> {
    let _alive = Alive::new(&alive);
    out.gone().await;
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_before_the_head_ends_the_producer() {
    let alive = Arc::new(AtomicBool::new(false));
    let waiting = timeout(Duration::from_secs(5), call!(held(State(alive.clone())))).await;
    assert!(waiting.is_err(), "the head is held back");
    assert!(!alive.load(Ordering::SeqCst));
}

#[sse_handler]
async fn counted(State(started): State<Arc<AtomicUsize>>) -> impl Stream<Item = Host> {
    started.fetch_add(1, Ordering::SeqCst);
    stream::iter([Host::Load(1.0)])
}

#[tokio::test(start_paused = true)]
async fn head_starts_no_producer() {
    let started = Arc::new(AtomicUsize::new(0));
    let router = Router::new().route("/", get(counted)).with_state(Arc::clone(&started));
    let head = Request::head("/").body(Body::empty()).expect("a request");
    let response = router.clone().oneshot(head).await.expect("infallible");
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert_eq!(started.load(Ordering::SeqCst), 0);
    let _got = router.oneshot(request("/", &[])).await.expect("infallible");
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[sse_handler(finite)]
async fn finite(
    State(started): State<Arc<AtomicUsize>>,
    out: Events<Token>,
) -> Result<(), SendError> {
    started.fetch_add(1, Ordering::SeqCst);
    out.send(Token::Done).await
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_has_seen_the_end_is_answered_204() {
    let started = Arc::new(AtomicUsize::new(0));
    let router = Router::new().route("/", get(finite)).with_state(Arc::clone(&started));
    let again = request("/", &[("last-event-id", "evt_terminal0000000000000000")]);
    let response = router.clone().oneshot(again).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(started.load(Ordering::SeqCst), 0);
    // Another id is no end.
    let other = request("/", &[("last-event-id", "evt_terminal0000000000000001")]);
    assert_eq!(router.oneshot(other).await.expect("infallible").status(), StatusCode::OK);
}

const BROWSER: (&str, &str) = ("sec-fetch-mode", "cors");

#[tokio::test(start_paused = true)]
async fn a_drain_refuses_a_program_by_status_and_a_browser_in_band() {
    let drain = Drain::new().spread(Duration::from_secs(10));
    let router = Router::new().route("/", get(endless)).layer(drain.layer());
    drain.start();
    let program = router.clone().oneshot(request("/", &[])).await.expect("infallible");
    assert_eq!(program.status(), StatusCode::SERVICE_UNAVAILABLE);
    let wait: u64 =
        program.headers()["retry-after"].to_str().expect("text").parse().expect("seconds");
    assert!((3..=13).contains(&wait), "{wait}");

    let mut waits = Vec::new();
    for _ in 0..20 {
        let browser = router.clone().oneshot(request("/", &[BROWSER])).await.expect("infallible");
        assert_eq!(browser.status(), StatusCode::OK);
        assert_eq!(browser.headers()["content-type"], "text/event-stream");
        let told = Chunks::of(browser).rest().await;
        assert!(told.ends_with("data: {\"reason\":\"drain\"}\n\n"), "{told}");
        let retry = told.lines().find_map(|line| line.strip_prefix("retry: ")).expect("a retry");
        waits.push(retry.parse::<u64>().expect("milliseconds"));
    }
    assert!(waits.iter().all(|wait| (3_000..=13_000).contains(wait)), "{waits:?}");
    waits.dedup();
    assert!(waits.len() > 10, "not spread: {waits:?}");
}

#[tokio::test(start_paused = true)]
async fn a_drain_answers_a_held_head_as_it_answers_a_new_request() {
    for (headers, status) in
        [([].as_slice(), StatusCode::SERVICE_UNAVAILABLE), (&[BROWSER], StatusCode::OK)]
    {
        let (drain, alive) = (Drain::new(), Arc::new(AtomicBool::new(false)));
        let router =
            Router::new().route("/", get(held)).layer(drain.layer()).with_state(Arc::clone(&alive));
        let asked = tokio::spawn(router.oneshot(request("/", headers)));
        sleep(Duration::from_secs(1)).await;
        assert!(alive.load(Ordering::SeqCst));
        drain.start();
        let response = asked.await.expect("no panic").expect("infallible");
        assert_eq!(response.status(), status);
        assert!(!alive.load(Ordering::SeqCst));
    }
}

#[sse_handler]
async fn hangs(
    State(alive): State<Arc<AtomicBool>>,
) -> Result<impl Stream<Item = Host>, StatusCode> {
    let _alive = Alive::new(&alive);
    sleep(Duration::from_secs(3600)).await;
    Ok(stream::pending())
}

#[tokio::test(start_paused = true)]
async fn a_drain_does_not_wait_for_a_function_that_has_not_returned_its_stream() {
    let (drain, alive) = (Drain::new(), Arc::new(AtomicBool::new(false)));
    let router =
        Router::new().route("/", get(hangs)).layer(drain.layer()).with_state(Arc::clone(&alive));
    let begin = Instant::now();
    let asked = tokio::spawn(router.oneshot(request("/", &[])));
    sleep(Duration::from_secs(1)).await;
    drain.start();
    let response = asked.await.expect("no panic").expect("infallible");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(begin.elapsed(), Duration::from_secs(1));
    assert!(!alive.load(Ordering::SeqCst));
}

#[tokio::test(start_paused = true)]
async fn a_context_that_a_middleware_took_first_hears_the_drain_all_the_same() {
    async fn outer(cx: Cx, request: Request<Body>, next: Next) -> Response {
        assert!(!cx.is_draining());
        next.run(request).await
    }

    let drain = Drain::new();
    let router: Router =
        Router::new().route("/", get(endless)).layer(drain.layer()).layer(from_fn(outer));
    drain.start();
    let response = router.oneshot(request("/", &[])).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// An extractor that asks to be told of the end, as one does that holds a permit.
struct Permit;

impl FromRequestParts<Arc<AtomicUsize>> for Permit {
    type Rejection = Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        told: &Arc<AtomicUsize>,
    ) -> Result<Self, Infallible> {
        let told = Arc::clone(told);
        let cx = Cx::from_request_parts(parts, &()).await?;
        cx.on_close(move |_| {
            told.fetch_add(1, Ordering::SeqCst);
        });
        Ok(Self)
    }
}

#[sse_handler(finite)]
async fn permitted(_permit: Permit, _name: Path<u32>, out: Events<Token>) -> Result<(), SendError> {
    out.send(Token::Done).await
}

#[tokio::test(start_paused = true)]
async fn whoever_asked_is_told_of_the_end_though_no_stream_came_of_the_request() {
    let (drain, told) = (Drain::new(), Arc::new(AtomicUsize::new(0)));
    let router = Router::new()
        .route("/{name}", get(permitted))
        .layer(drain.layer())
        .with_state(Arc::clone(&told));
    let terminal = [("last-event-id", "evt_terminal0000000000000000")];
    let requests = [
        (Request::head("/7").body(Body::empty()).expect("a request"), StatusCode::OK),
        (request("/7", &terminal), StatusCode::NO_CONTENT),
        // The extractor behind it refuses the request.
        (request("/seven", &[]), StatusCode::BAD_REQUEST),
    ];
    for (count, (request, status)) in (1..).zip(requests) {
        let response = router.clone().oneshot(request).await.expect("infallible");
        assert_eq!(response.status(), status);
        assert_eq!(told.load(Ordering::SeqCst), count, "{status}");
    }
    drain.start();
    let response = router.oneshot(request("/7", &[])).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(told.load(Ordering::SeqCst), 4);
}

#[sse_handler]
async fn busy(cx: Cx) -> impl Stream<Item = Host> {
    assert!(!cx.is_draining());
    stream::repeat_with(|| Host::Load(1.0))
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_open_streams_the_busy_one_too() {
    for handler in [get(endless), get(busy)] {
        let drain = Drain::new();
        let router: Router = Router::new().route("/", handler).layer(drain.layer());
        let mut chunks = Chunks::of(router.oneshot(request("/", &[])).await);
        chunks.next().await.expect("a head");
        drain.start();
        let told = chunks.rest().await;
        assert!(told.ends_with("data: {\"reason\":\"drain\"}\n\n"), "{}", told.len());
    }
}

//! Who may listen, and for how long: on real sockets, behind `serve` and behind `axum::serve`.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod serving;

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use axum::{
    Router,
    extract::{FromRef, FromRequestParts, State},
    http::request::Parts,
    routing::get,
};
use futures_util::{
    StreamExt as _,
    stream::{self, Stream},
};
use serving::{Ask, Client, Server, eventually};
use sse_runtime::{
    Access, Channel, Cx, Events, Resume, SendError, SseEvent, Subscription, Verdict,
    serve::ServeConfig, sse_handler,
};
use sse_tests::stream::{Chunks, request};
use tokio::{net::TcpListener, time::sleep};
use tower::ServiceExt as _;

#[derive(SseEvent)]
#[sse(source = "host")]
enum Host {
    Tick(u32),
    Secret(String),
}

/// What the hook is to say, and how often it was asked.
#[derive(Clone, Default)]
struct Directory {
    says: Arc<Mutex<Option<Verdict>>>,
    asked: Arc<AtomicUsize>,
}

impl Directory {
    fn says(&self, verdict: Verdict) {
        *self.says.lock().expect("unbroken") = Some(verdict);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn hook(&self) -> impl Fn() -> std::future::Ready<Verdict> + Send + Sync + use<> {
        let Self { says, asked } = self.clone();
        move || {
            asked.fetch_add(1, Ordering::Relaxed);
            std::future::ready(says.lock().expect("unbroken").unwrap_or(Verdict::Allowed))
        }
    }
}

#[derive(Clone, FromRef)]
struct App {
    channel: Channel<Host>,
    directory: Directory,
}

/// What a request brings: a name, a time in milliseconds from now, and whether to ask.
struct Ticket;

impl FromRequestParts<App> for Ticket {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let cx = Cx::from_request_parts(parts, app).await?;
        let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        let mut access = header("x-user").map_or_else(Access::anonymous, Access::new);
        if let Some(millis) = header("x-expires").and_then(|millis| millis.parse().ok()) {
            access = access.expires_at(in_millis(millis));
        }
        if header("x-ask").is_some() {
            access = access.reauthorize(app.directory.hook());
        }
        cx.allow(access);
        Ok(Self)
    }
}

fn in_millis(millis: u64) -> SystemTime {
    SystemTime::now() + Duration::from_millis(millis)
}

#[sse_handler]
async fn ticks(
    _ticket: Ticket,
    State(channel): State<Channel<Host>>,
    resume: Resume,
) -> Subscription<Host> {
    channel.subscribe(resume)
}

/// Whoever is new gets everything.
#[sse_handler]
async fn from_oldest(
    _ticket: Ticket,
    State(channel): State<Channel<Host>>,
    resume: Resume,
) -> Subscription<Host> {
    channel.subscribe(resume.from_oldest())
}

/// The handler says it itself, as the last thing it does.
#[sse_handler]
async fn by_handler(cx: Cx, State(channel): State<Channel<Host>>) -> Subscription<Host> {
    let subscription = channel.subscribe(Resume::fresh());
    cx.allow(Access::new("handler").expires_at(in_millis(400)));
    subscription
}

/// Has its first event ready, and then no more.
#[sse_handler]
async fn secret(_ticket: Ticket) -> impl Stream<Item = Host> {
    stream::iter([Host::Secret("x".into())]).chain(stream::pending())
}

/// Says late who listens, and sends nothing after it.
#[sse_handler]
async fn late(out: Events<Host>) -> Result<(), SendError> {
    out.open().await?;
    sleep(Duration::from_millis(100)).await;
    out.cx().allow(Access::new("late").expires_at(in_millis(400)));
    std::future::pending().await
}

/// As above, and a task of the stream says it.
#[sse_handler]
async fn late_by_task(out: Events<Host>) -> Result<(), SendError> {
    let cx = out.cx().clone();
    out.spawn(async move {
        sleep(Duration::from_millis(100)).await;
        cx.allow(Access::new("late").expires_at(in_millis(400)));
    });
    out.open().await?;
    std::future::pending().await
}

/// Sends in the same breath as it says that nobody may listen any more.
#[sse_handler]
async fn too_late(out: Events<Host>) -> Result<(), SendError> {
    out.cx().allow(Access::new("late").expires_at(SystemTime::UNIX_EPOCH));
    out.send(Host::Secret("x".into())).await?;
    std::future::pending().await
}

/// The same, once the head is out.
#[sse_handler]
async fn too_late_for_the_head(out: Events<Host>) -> Result<(), SendError> {
    out.open().await?;
    sleep(Duration::from_millis(50)).await;
    out.cx().allow(Access::new("late").expires_at(SystemTime::UNIX_EPOCH));
    out.send(Host::Secret("x".into())).await?;
    std::future::pending().await
}

/// Never has its head out.
#[sse_handler(first = "50s")]
async fn waits(_ticket: Ticket) -> impl Stream<Item = Host> {
    stream::pending()
}

/// Names the reader again and again, and says nothing new of its access.
#[sse_handler]
async fn repeats_itself(_ticket: Ticket, out: Events<Host>) -> Result<(), SendError> {
    out.open().await?;
    loop {
        sleep(Duration::from_millis(100)).await;
        out.cx().allow(Access::new("late"));
    }
}

/// Asks a hook that is broken, in the way that the header says.
struct Broken;

impl FromRequestParts<App> for Broken {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let cx = Cx::from_request_parts(parts, app).await?;
        let asked = Arc::clone(&app.directory.asked);
        let how = parts.headers["x-how"].to_str().expect("text").to_owned();
        cx.allow(Access::anonymous().reauthorize(move || {
            asked.fetch_add(1, Ordering::Relaxed);
            assert_ne!(how, "panics when called", "the reason of the user");
            let how = how.clone();
            async move {
                assert_ne!(how, "panics when polled", "the reason of the user");
                std::future::pending().await
            }
        }));
        Ok(Self)
    }
}

#[sse_handler]
async fn asks_in_vain(
    _broken: Broken,
    State(channel): State<Channel<Host>>,
    resume: Resume,
) -> Subscription<Host> {
    channel.subscribe(resume)
}

fn app() -> App {
    App { channel: Channel::new(), directory: Directory::default() }
}

fn router(app: &App) -> Router {
    Router::new()
        .route("/ticks", get(ticks))
        .route("/from-oldest", get(from_oldest))
        .route("/by-handler", get(by_handler))
        .route("/secret", get(secret))
        .route("/asks-in-vain", get(asks_in_vain))
        .route("/late", get(late))
        .route("/waits", get(waits))
        .route("/late-by-task", get(late_by_task))
        .route("/too-late", get(too_late))
        .route("/too-late-for-the-head", get(too_late_for_the_head))
        .route("/repeats-itself", get(repeats_itself))
        .with_state(app.clone())
}

async fn start(app: &App) -> Server {
    let config = ServeConfig::new().reauthorize(Duration::from_secs(1));
    Server::start(config, router(app)).await
}

/// Behind axum's own loop.
async fn start_plain(app: &App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(axum::serve(listener, router(app)).into_future());
    address
}

/// Reads a stream to its end: why, and after how many milliseconds.
async fn ends(address: SocketAddr, request: &Ask) -> (String, u128) {
    let begun = Instant::now();
    let mut client = Client::ask(address, request).await;
    assert_eq!(client.head().await.status, 200);
    let (reason, _) = client.bye().await;
    (reason, begun.elapsed().as_millis())
}

#[tokio::test]
async fn a_stream_ends_within_a_second_after_its_access_whoever_has_said_it_and_whatever_serves() {
    let app = app();
    let (server, plain) = (start(&app).await, start_plain(&app).await);
    let asks = [
        Ask::get("/ticks").header("x-expires", "400"),
        Ask::get("/secret").header("x-expires", "400"),
        Ask::get("/by-handler"),
        Ask::get("/late"),
        Ask::get("/late-by-task"),
    ];
    let ended = asks.iter().flat_map(|ask| [ends(server.address, ask), ends(plain, ask)]);
    for (n, (reason, millis)) in futures_util::future::join_all(ended).await.into_iter().enumerate()
    {
        assert_eq!(reason, "expired", "{n}");
        assert!((380..1_500).contains(&millis), "{n} after {millis} ms");
    }
}

#[tokio::test]
async fn what_has_run_out_before_is_answered_401_and_shows_no_event() {
    let app = app();
    let (server, plain) = (start(&app).await, start_plain(&app).await);
    for address in [server.address, plain] {
        for path in ["/ticks", "/secret"] {
            let ask = Ask::get(path).header("x-expires", "0");
            for ask in [ask.clone(), ask.by_browser()] {
                assert_eq!(Client::ask(address, &ask).await.answer().await.status, 401, "{path}");
            }
        }
        let mut client = Client::ask(address, &Ask::get("/too-late")).await;
        assert_eq!((client.answer().await.status, client.said.events().len()), (401, 0));
        let mut client = Client::ask(address, &Ask::get("/too-late-for-the-head")).await;
        assert_eq!(client.head().await.status, 200);
        assert_eq!(client.bye().await.0, "expired");
        assert!(client.said.events().iter().all(|event| event.name != "secret"));
    }
    server.has_open(0).await;
}

/// Fills a channel, and gives the position before all of it.
async fn fill(channel: &Channel<Host>, events: u32) -> String {
    let first = channel.publish(&Host::Tick(0)).await.expect("published");
    let filler = "x".repeat(1_000);
    for _ in 0..events {
        channel.publish(&Host::Secret(filler.clone())).await.expect("published");
    }
    first.position.id().as_str().to_owned()
}

#[tokio::test]
async fn no_event_is_handed_out_after_the_end_of_the_access_in_the_middle_of_a_replay() {
    let app = app();
    let position = fill(&app.channel, 3_000).await;
    let headers = [("last-event-id", position.as_str()), ("x-expires", "250")];
    let answer = router(&app).oneshot(request("/ticks", &headers)).await.expect("infallible");
    let end = in_millis(250);
    let mut chunks = Chunks::of(answer);
    let (mut before, mut last) = (0, String::new());
    loop {
        let is_over = SystemTime::now() >= end;
        let Some(chunk) = chunks.next().await else { break };
        if is_over {
            assert!(!chunk.contains("event: secret"), "after the end of the access");
        } else {
            before += chunk.matches("event: secret").count();
        }
        last = chunk;
        sleep(Duration::from_millis(10)).await;
    }
    assert!((100..3_000).contains(&before), "{before} of 3000 events");
    assert!(last.contains(r#"event: sse.bye"#) && last.contains("expired"), "{last}");
}

#[tokio::test]
async fn what_was_held_back_for_the_head_is_not_handed_out_after_the_end_either() {
    let headers = [("x-expires", "100")];
    let answer = router(&app()).oneshot(request("/secret", &headers)).await.expect("infallible");
    sleep(Duration::from_millis(150)).await; // the connection had no room
    let text = Chunks::of(answer).rest().await;
    assert!(!text.contains("event: secret") && text.contains("expired"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_of_a_long_replay_is_ended_in_time_too() {
    let app = app();
    let position = fill(&app.channel, 5_000).await;
    let server = start(&app).await;
    let ask = Ask::get("/ticks").header("last-event-id", position).header("x-expires", "500");
    let mut client = Client::ask_narrow(server.address, &ask).await;
    client.head().await;
    let begun = Instant::now();
    while client.chunk().await.expect("an orderly end").is_some() {
        sleep(Duration::from_millis(8)).await;
    }
    assert_eq!(client.said_bye().0, "expired");
    let events = client.said.events().len();
    assert!((10..5_000).contains(&events), "{events}, {:?}", begun.elapsed());
}

#[tokio::test]
async fn the_hook_is_asked_each_interval_and_before_a_replay_alone() {
    let app = app();
    let position = fill(&app.channel, 1).await;
    let server = start(&app).await;
    let fresh = Ask::get("/ticks").header("x-ask", "yes");
    let replay = fresh.clone().header("last-event-id", position);

    let mut first = server.listen(&fresh).await;
    assert_eq!(app.directory.asked(), 0, "before a fresh start");
    let mut second = server.listen(&replay).await;
    assert_eq!(app.directory.asked(), 1, "before a replay");
    sleep(Duration::from_millis(2_400)).await;
    assert_eq!(app.directory.asked(), 5, "twice by each of the two");

    // Whoever cannot be asked ends nothing, and nothing is replayed on that.
    app.directory.says(Verdict::Unknown);
    let mut refused = server.ask(&replay).await;
    let head = refused.answer().await;
    assert_eq!(head.status, 503);
    assert!(head.get("retry-after").is_some());
    let mut browser = server.ask(&replay.clone().by_browser()).await;
    assert_eq!((browser.answer().await.status, browser.said_bye().0.as_str()), (200, "error"));
    assert_eq!(browser.said.events().len(), 1);
    sleep(Duration::from_millis(1_100)).await;
    assert_eq!(server.handle.streams().open, 2);

    let said = Instant::now();
    app.directory.says(Verdict::Revoked);
    let head = server.ask(&replay).await.answer().await;
    assert_eq!((head.status, head.get("retry-after")), (403, None));
    assert_eq!(first.bye().await.0, "revoked");
    assert_eq!(second.bye().await.0, "revoked");
    assert!(said.elapsed() < Duration::from_millis(1_900), "{:?}", said.elapsed());
    app.directory.says(Verdict::Expired);
    assert_eq!(server.ask(&replay).await.answer().await.status, 401);
    server.has_open(0).await;
}

#[tokio::test]
async fn the_hook_is_asked_once_before_everything_is_replayed() {
    let app = app();
    let position = fill(&app.channel, 3).await;
    let server = start(&app).await;
    let fresh = Ask::get("/from-oldest").header("x-ask", "yes");
    let mut first = server.listen(&fresh).await;
    assert_eq!(app.directory.asked(), 1, "though no position came");
    first.until("tick").await;
    let replay = fresh.clone().header("last-event-id", position);
    server.listen(&replay).await;
    assert_eq!(app.directory.asked(), 2, "once for each");
    app.directory.says(Verdict::Revoked);
    assert_eq!(server.ask(&fresh).await.answer().await.status, 403);
}

#[tokio::test(start_paused = true)]
async fn a_hook_that_hangs_or_panics_ends_no_stream_and_lets_nobody_replay() {
    for how in ["hangs", "panics when polled", "panics when called"] {
        let app = app();
        let position = fill(&app.channel, 1).await;
        let fresh = [("x-how", how)];
        let answer = router(&app).oneshot(request("/asks-in-vain", &fresh)).await;
        let mut chunks = Chunks::of(answer.expect("infallible"));
        assert!(chunks.next().await.is_some_and(|chunk| chunk.contains("sse.open")));
        let begun = tokio::time::Instant::now();
        while begun.elapsed() < Duration::from_secs(100) {
            // Heartbeats, each after a while in which nothing else happens.
            assert_eq!(chunks.next().await.as_deref(), Some(": ping\n\n"), "{how}");
        }
        assert!((3..9).contains(&app.directory.asked()), "{how}: {}", app.directory.asked());
        app.channel.publish(&Host::Tick(7)).await.expect("published");
        assert!(chunks.next().await.is_some_and(|chunk| chunk.contains("data: 7")), "{how}");

        let replay = [("x-how", how), ("last-event-id", position.as_str())];
        let begun = tokio::time::Instant::now();
        let answer = router(&app).oneshot(request("/asks-in-vain", &replay)).await;
        assert_eq!(answer.expect("infallible").status(), 503, "{how}");
        assert!(begun.elapsed() <= Duration::from_secs(11), "{how}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn a_renewed_access_goes_on_and_ends_at_its_new_end() {
    let app = app();
    let server = start(&app).await;
    app.directory.says(Verdict::Until(in_millis(2_200)));
    let ask = Ask::get("/ticks").header("x-ask", "yes").header("x-expires", "1300");
    let repeats = ask.clone().path("/repeats-itself");
    let both = [ends(server.address, &ask), ends(server.address, &repeats)];
    for (n, (reason, millis)) in futures_util::future::join_all(both).await.into_iter().enumerate()
    {
        assert_eq!(reason, "expired");
        assert!((2_000..3_200).contains(&millis), "{n} after {millis} ms");
    }
}

#[tokio::test]
async fn revoke_ends_all_streams_of_a_principal_at_once_and_nobody_elses() {
    let app = app();
    let server = start(&app).await;
    let mut readers = Vec::new();
    for n in 0..40 {
        let user = if n % 2 == 0 { "ada" } else { "bob" };
        let path = ["/ticks", "/secret"][n / 20];
        readers.push((user, server.listen(&Ask::get(path).header("x-user", user)).await));
    }
    let said = Instant::now();
    assert_eq!((server.handle.revoke("ada"), server.handle.revoke("eve")), (20, 0));
    for (user, reader) in &mut readers {
        if *user == "ada" {
            assert_eq!(reader.bye().await.0, "revoked");
        }
    }
    assert!(said.elapsed() < Duration::from_millis(800), "{:?}", said.elapsed());
    server.has_open(20).await;
    assert_eq!(server.handle.revoke("ada"), 0);
    app.channel.publish(&Host::Tick(7)).await.expect("published");
    readers[1].1.until("tick").await;
}

#[tokio::test]
async fn while_the_head_waits_the_end_of_the_access_is_a_status() {
    let app = app();
    let server = start(&app).await;
    let mut expires = server.ask(&Ask::get("/waits").header("x-expires", "300")).await;
    let mut revoked = server.ask(&Ask::get("/waits").header("x-user", "ada")).await;
    server.has_open(2).await;
    assert_eq!(server.handle.revoke("ada"), 1);
    assert_eq!(revoked.answer().await.status, 403);
    assert_eq!(expires.answer().await.status, 401);
    server.has_open(0).await;
}

#[tokio::test]
async fn whom_a_handler_names_goes_before_whom_the_hook_named() {
    let app = app();
    let server = Server::start_as(ServeConfig::new(), router(&app), |server| {
        server.principal(|_| Some("hook".to_owned()))
    });
    let server = server.await;
    let mut by_extractor = server.listen(&Ask::get("/ticks").header("x-user", "extractor")).await;
    let mut late = server.listen(&Ask::get("/late")).await;
    let mut hook = server.listen(&Ask::get("/ticks")).await;
    sleep(Duration::from_millis(200)).await; // it is late
    assert_eq!(server.handle.revoke("late"), 1);
    assert_eq!(server.handle.revoke("extractor"), 1);
    assert_eq!(late.bye().await.0, "revoked");
    assert_eq!(by_extractor.bye().await.0, "revoked");
    assert_eq!(server.handle.revoke("hook"), 1);
    assert_eq!(hook.bye().await.0, "revoked");
    let handle = server.handle.clone();
    eventually(|| handle.streams().open == 0, || "an end".to_owned()).await;
}

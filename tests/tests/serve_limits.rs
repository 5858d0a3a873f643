//! How many streams there may be, asked for ten times over; and what a server says where the
//! attribute says nothing.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod serving;

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use axum::{
    Router,
    extract::{FromRequestParts, Path, State},
    http::{StatusCode, request::Parts},
    routing::get,
};
use futures_util::{
    StreamExt as _,
    future::join_all,
    stream::{self, Stream},
};
use serving::{Ask, Client, Server};
use sse_runtime::{
    Access, Channel, Cx, Events, Resume, SendError, SseEvent, Subscription,
    serve::{ServeConfig, StreamCounts},
    sse_handler,
};
use tokio::time::{Instant, sleep};

#[derive(SseEvent)]
#[sse(source = "host")]
enum Host {
    Tick(u32),
}

#[derive(SseEvent)]
#[sse(source = "job")]
enum Job {
    Step(u32),
    #[sse(terminal)]
    Done,
}

#[sse_handler]
async fn ticks(State(channel): State<Channel<Host>>, resume: Resume) -> Subscription<Host> {
    channel.subscribe(resume)
}

/// Says who it is by an extractor.
struct Ticket;

impl<S: Sync> FromRequestParts<S> for Ticket {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        Cx::from_request_parts(parts, state).await?.allow(Access::new("extractor"));
        Ok(Self)
    }
}

#[sse_handler]
async fn by_extractor(_ticket: Ticket, State(channel): State<Channel<Host>>) -> Subscription<Host> {
    channel.subscribe(Resume::fresh())
}

#[sse_handler]
async fn by_handler(cx: Cx, State(channel): State<Channel<Host>>) -> Subscription<Host> {
    cx.allow(Access::new("handler"));
    channel.subscribe(Resume::fresh())
}

#[sse_handler]
async fn by_sender(out: Events<Host>) -> Result<(), SendError> {
    out.cx().allow(Access::new("sender"));
    out.open().await?;
    std::future::pending().await
}

/// Looks it up first, while the head waits.
#[sse_handler(first = "5s")]
async fn by_slow_sender(out: Events<Host>) -> Result<(), SendError> {
    sleep(Duration::from_millis(5)).await;
    out.cx().allow(Access::new("slow-sender"));
    out.open().await?;
    std::future::pending().await
}

/// Says it when the head is out.
#[sse_handler]
async fn late(out: Events<Host>) -> Result<(), SendError> {
    out.open().await?;
    sleep(Duration::from_millis(5)).await;
    out.cx().allow(Access::new("late"));
    std::future::pending().await
}

#[sse_handler]
async fn panics(_cx: Cx) -> Subscription<Host> {
    panic!("the reason of the user")
}

#[sse_handler]
async fn panics_later() -> impl Stream<Item = Host> {
    stream::iter(0..).map(|n| {
        assert_ne!(n, 3, "the reason of the user");
        Host::Tick(n)
    })
}

#[sse_handler]
async fn refuses(_ticket: Ticket) -> Result<Subscription<Host>, StatusCode> {
    Err(StatusCode::PAYMENT_REQUIRED)
}

#[sse_handler]
async fn takes_a_number(
    _ticket: Ticket,
    Path(_n): Path<u8>,
) -> Result<Subscription<Host>, StatusCode> {
    Err(StatusCode::PAYMENT_REQUIRED)
}

#[sse_handler(finite)]
async fn job(out: Events<Job>) -> Result<(), SendError> {
    out.send(Job::Step(1)).await?;
    out.send(Job::Done).await
}

/// Never has its head out.
#[sse_handler(finite, first = "50s")]
async fn waits(_out: Events<Job>) -> Result<(), SendError> {
    std::future::pending().await
}

#[sse_handler(heartbeat = "40s")]
async fn says_heartbeat() -> impl Stream<Item = Host> {
    stream::pending()
}

#[sse_handler(retry = "700ms")]
async fn says_retry() -> impl Stream<Item = Host> {
    stream::pending()
}

fn router(channel: &Channel<Host>) -> Router {
    Router::new()
        .route("/ticks", get(ticks))
        .route("/by-extractor", get(by_extractor))
        .route("/by-handler", get(by_handler))
        .route("/by-sender", get(by_sender))
        .route("/by-slow-sender", get(by_slow_sender))
        .route("/late", get(late))
        .route("/panics", get(panics))
        .route("/panics-later", get(panics_later))
        .route("/refuses", get(refuses))
        .route("/takes-a-number/{n}", get(takes_a_number))
        .route("/job", get(job))
        .route("/waits", get(waits))
        .route("/says-heartbeat", get(says_heartbeat))
        .route("/says-retry", get(says_retry))
        .with_state(channel.clone())
}

async fn start(config: ServeConfig) -> Server {
    Server::start_as(config, router(&Channel::new()), |server| {
        server.principal(|request| {
            request.headers.get("x-hook").and_then(|name| name.to_str().ok()).map(str::to_owned)
        })
    })
    .await
}

/// What came of many requests at once.
#[derive(Default)]
struct Crowd {
    admitted: Vec<Client>,
    /// The status of each program that was refused.
    statuses: Vec<u16>,
    /// What each program that was refused is to wait, in seconds.
    after: BTreeSet<u64>,
    /// What each browser that was refused is to wait, in milliseconds.
    retries: BTreeSet<u64>,
    browsers: usize,
}

impl Crowd {
    fn refused(&self) -> usize {
        self.statuses.len() + self.browsers
    }

    /// That so many have come in, and everybody else was told when to come back.
    fn is(&self, admitted: usize, status: u16) {
        assert_eq!(self.admitted.len(), admitted);
        assert!(self.statuses.iter().all(|known| *known == status), "{:?}", self.statuses);
        assert!(self.after.iter().all(|after| (3..=8).contains(after)), "{:?}", self.after);
        let spread = self.retries.iter().all(|retry| (3_000..=8_000).contains(retry));
        assert!(spread && self.retries.len() * 10 >= self.browsers * 9, "{:?}", self.retries);
    }
}

/// Sends them all at once, by connections of their own, half of them as a browser does.
async fn crowd(server: &Server, many: usize, ask: impl Fn(usize) -> Ask) -> Crowd {
    let address = server.address;
    let asked = (0..many).map(|n| {
        let ask = if n % 2 == 0 { ask(n).by_browser() } else { ask(n) };
        async move {
            let mut client = Client::ask(address, &ask).await;
            let head = client.head().await;
            if head.status != 200 {
                let after = head.get("retry-after").expect("when to come back");
                return (client, head.status, after.parse().expect("seconds"));
            }
            if head.get("content-length").is_some() {
                client.body(&head).await;
            } else {
                client.until("sse.open").await;
            }
            (client, 200, 0)
        }
    });
    let mut crowd = Crowd::default();
    for (client, status, after) in join_all(asked).await {
        match client.said.events() {
            [] => {
                crowd.statuses.push(status);
                crowd.after.insert(after);
            }
            [only] if only.name == "sse.bye" => {
                let (reason, retry) = client.said_bye();
                assert_eq!(reason, "limit");
                crowd.retries.insert(retry);
                crowd.browsers += 1;
            }
            _ => crowd.admitted.push(client),
        }
    }
    crowd
}

fn counts(server: &Server) -> [u64; 4] {
    let StreamCounts { open, refused_all, refused_address, refused_principal, .. } =
        server.handle.streams();
    [open as u64, refused_all, refused_address, refused_principal]
}

#[tokio::test]
async fn of_ten_times_too_many_streams_as_many_are_served_as_there_may_be() {
    let server = start(ServeConfig::new().max_streams(20)).await;
    let first = crowd(&server, 200, |_| Ask::get("/ticks")).await;
    first.is(20, 503);
    assert!(first.after.len() >= 4 && first.browsers > 80, "{:?}", first.after);
    assert_eq!(counts(&server), [20, 180, 0, 0]);
    // What is no stream is not counted, and one that leaves makes room for one.
    assert_eq!(server.ask(&Ask::get("/ticks").method("HEAD")).await.answer().await.status, 200);
    let mut admitted = first.admitted;
    drop(admitted.pop());
    server.has_open(19).await;
    let second = crowd(&server, 10, |_| Ask::get("/ticks")).await;
    second.is(1, 503);
    assert_eq!(counts(&server), [20, 189, 0, 0]);
}

#[tokio::test]
async fn each_public_address_has_its_own_limit_and_ipv6_by_its_64() {
    let config = ServeConfig::new().max_streams_per_address(5).trusted_proxies(["127.0.0.0/8"]);
    let server = start(config).await;
    let from = |address: String| Ask::get("/ticks").header("x-forwarded-for", address);
    let mut all = Vec::new();
    let mut refused = 0;
    let v4 = |_| from("203.0.113.7".into());
    // Whatever a client has written before its proxy wrote, it is the one that the proxy saw.
    let forged = |n| from(format!("192.0.2.{n}, 203.0.113.8"));
    let of_one_64 = |n| from(format!("2001:db8:1:2::{n:x}"));
    let of_the_next_64 = |n| from(format!("2001:db8:1:3::{n:x}"));
    let mapped = |n: usize| from(["203.0.113.9", "::ffff:203.0.113.9"][n / 2 % 2].into());
    let groups: [&dyn Fn(usize) -> Ask; 5] = [&v4, &forged, &of_one_64, &of_the_next_64, &mapped];
    for group in groups {
        let crowd = crowd(&server, 50, group).await;
        crowd.is(5, 429);
        refused += crowd.refused() as u64;
        all.extend(crowd.admitted);
    }
    assert_eq!(counts(&server), [25, 0, refused, 0]);
    // Networks of one's own are never counted, nor is whoever comes without a proxy.
    for private in ["10.1.2.3", "127.0.0.1", "::1", "fd00::1", "192.168.7.7"] {
        let crowd = crowd(&server, 20, |_| from(private.into())).await;
        crowd.is(20, 0);
        all.extend(crowd.admitted);
    }
    let direct = crowd(&server, 20, |_| Ask::get("/ticks")).await;
    direct.is(20, 0);
    assert_eq!(counts(&server), [145, 0, refused, 0]);
}

#[tokio::test]
async fn what_a_stranger_writes_into_the_headers_of_proxies_changes_nothing() {
    let trusted: [&[&str]; 2] = [&[], &["10.0.0.0/8"]];
    for trusted in trusted {
        let config = ServeConfig::new().max_streams_per_address(2);
        let server = start(config.trusted_proxies(trusted.iter().copied())).await;
        let ask = |_| {
            Ask::get("/ticks")
                .header("x-forwarded-for", "203.0.113.7")
                .header("forwarded", "for=203.0.113.7")
        };
        crowd(&server, 20, ask).await.is(20, 0);
    }
}

#[tokio::test]
async fn each_principal_has_its_own_limit_whoever_names_it() {
    let server = start(ServeConfig::new().max_streams_per_principal(3)).await;
    let ways = [
        Ask::get("/ticks").header("x-hook", "hook"),
        Ask::get("/by-extractor").header("x-hook", "somebody-else"),
        Ask::get("/by-handler"),
        Ask::get("/by-sender"),
        Ask::get("/by-slow-sender"),
    ];
    let mut all = Vec::new();
    for (n, ask) in ways.iter().enumerate() {
        let crowd = crowd(&server, 30, |_| ask.clone()).await;
        crowd.is(3, 429);
        all.extend(crowd.admitted);
        let n = n as u64 + 1;
        assert_eq!(counts(&server), [3 * n, 0, 0, 27 * n]);
    }
    // Where the head is out, it is said in the stream.
    let late = crowd(&server, 30, |_| Ask::get("/late")).await;
    late.is(30, 0);
    server.has_open(18).await;
    let ended = late.admitted.into_iter().map(|mut client| async move {
        let bye = tokio::time::timeout(Duration::from_millis(300), client.bye()).await;
        bye.ok().map(|(reason, _)| reason)
    });
    let ended: Vec<Option<String>> = join_all(ended).await;
    assert_eq!(ended.iter().filter(|bye| bye.as_deref() == Some("limit")).count(), 27);
    assert_eq!(ended.iter().filter(|bye| bye.is_none()).count(), 3);
    // Nobody is nobody's principal.
    crowd(&server, 30, |_| Ask::get("/ticks")).await.is(30, 0);
}

/// Everything that can happen to a request or to a stream, many times over.
async fn havoc(server: &Server, round: usize) {
    let paths = ["/ticks", "/by-extractor", "/by-handler", "/by-sender", "/panics-later", "/late"];
    let from = |path: &str| {
        let address = format!("203.0.113.{}", round % 250);
        Ask::get(path).header("x-forwarded-for", address).header("x-hook", "hook")
    };
    let mut open = Vec::new();
    for path in paths {
        let mut cut_early = server.ask(&from(path)).await;
        if round.is_multiple_of(2) {
            cut_early.head().await;
        }
        let mut cut_later = server.ask(&from(path)).await;
        cut_later.head().await;
        open.push(cut_later);
    }
    open.push(server.ask(&from("/waits")).await);
    let terminal = from("/job").header("last-event-id", "evt_terminal0000000000000000");
    for (ask, status) in [
        (from("/panics"), 500),
        (from("/refuses"), 402),
        (from("/takes-a-number/7"), 402),
        (from("/takes-a-number/x"), 400),
        (from("/job"), 200),
        (terminal, 204),
        (from("/ticks").method("HEAD"), 200),
        (from("/ticks").method("POST"), 405),
    ] {
        let mut client = server.ask(&ask).await;
        assert_eq!(client.answer().await.status, status, "{ask:?}");
        // The next one on the same connection.
        client.send(&from("/job")).await;
        assert_eq!(client.answer().await.status, 200);
    }
    server.handle.revoke(["hook", "extractor", "handler", "sender"][round % 4]);
}

#[tokio::test]
async fn whatever_happens_nothing_is_left_and_a_full_load_is_admitted_again() {
    let config = ServeConfig::new()
        .max_streams(200)
        .max_streams_per_address(40)
        .max_streams_per_principal(50)
        .trusted_proxies(["127.0.0.0/8"])
        .drain(Duration::from_millis(1_500));
    let server = start(config).await;
    for round in 0..3 {
        join_all((0..8).map(|n| havoc(&server, round * 8 + n))).await;
        server.has_open(0).await;
        let mut all = Vec::new();
        let before = counts(&server);
        for n in 0..4 {
            let ask = |_| {
                Ask::get("/ticks")
                    .header("x-forwarded-for", format!("203.0.113.{n}"))
                    .header("x-hook", format!("user-{n}"))
            };
            let crowd = crowd(&server, 60, ask).await;
            crowd.is(40, 429);
            all.extend(crowd.admitted);
        }
        let ask = |_| Ask::get("/by-handler");
        let crowd = crowd(&server, 60, ask).await;
        crowd.is(40, 503); // the limit of all comes before that of the principal
        all.extend(crowd.admitted);
        let [open, all_refused, address, principal] = counts(&server);
        assert_eq!(open, 200);
        assert_eq!([all_refused, address, principal], [before[1] + 20, before[2] + 80, before[3]]);
        if round < 2 {
            drop(all);
            continue;
        }
        let handle = server.handle.clone();
        handle.shutdown();
        let byes = join_all(all.iter_mut().map(Client::bye)).await;
        assert!(byes.iter().all(|(reason, _)| reason == "drain"));
        let report = server.report().await;
        assert_eq!((report.streams, report.cut.len(), report.connections_cut), (200, 0, 0));
        assert_eq!((handle.streams().open, handle.connections()), (0, 0));
        return;
    }
}

/// The heartbeat and the reconnection time that a reader is told, in milliseconds.
async fn told(server: &Server, path: &str) -> (u64, u64) {
    let mut client = server.listen(&Ask::get(path)).await;
    let open = client.until("sse.open").await;
    let after = open.data.split(r#""heartbeat_ms":"#).nth(1).expect("a heartbeat");
    let heartbeat = after.split(',').next().expect("a number").parse().expect("a number");
    (heartbeat, open.block.retries[0].parse().expect("a number"))
}

#[tokio::test]
async fn the_attribute_goes_before_the_configuration_and_that_before_the_default() {
    let server = start(ServeConfig::new()).await;
    assert_eq!(told(&server, "/ticks").await, (15_000, 3_000));
    assert_eq!(told(&server, "/says-heartbeat").await, (40_000, 3_000));
    assert_eq!(told(&server, "/says-retry").await, (15_000, 700));

    let config = ServeConfig::new()
        .heartbeat(Duration::from_secs(1))
        .retry(Duration::from_millis(450))
        .spread(Duration::ZERO)
        .max_streams(5);
    let server = start(config).await;
    assert_eq!(told(&server, "/ticks").await, (1_000, 450));
    assert_eq!(told(&server, "/says-heartbeat").await, (40_000, 450));
    assert_eq!(told(&server, "/says-retry").await, (1_000, 700));
    server.has_open(0).await;

    // And it beats as it says.
    let mut beats = server.listen(&Ask::get("/ticks")).await;
    let mut silent = server.listen(&Ask::get("/says-heartbeat")).await;
    let begun = Instant::now();
    beats.chunk().await.expect("a heartbeat");
    let after = begun.elapsed().as_millis();
    assert!((900..1_500).contains(&after), "{after}");
    assert_eq!(beats.said.comments(), [" ping"]);
    tokio::time::timeout(Duration::from_millis(300), silent.chunk()).await.expect_err("nothing");

    // A refusal tells the reconnection time of the handler that would have answered.
    let _full = [beats, silent, server.listen(&Ask::get("/ticks")).await];
    let _fuller =
        join_all((0..2).map(|_| async { server.listen(&Ask::get("/ticks")).await })).await;
    for (path, retry) in [("/ticks", 450), ("/says-retry", 700)] {
        let mut refused = server.ask(&Ask::get(path).by_browser()).await;
        refused.answer().await;
        assert_eq!(refused.said_bye(), ("limit".to_owned(), retry));
    }
}

//! Streams that are asked to come back after a while, so that readers spread over new machines.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod serving;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use axum::{Router, extract::State, routing::get};
use futures_util::{
    future::join_all,
    stream::{self, Stream},
};
use serving::{Ask, Client, Server};
use sse_runtime::{
    Access, Channel, Events, Resume, SendError, SseEvent, Subscription, serve::ServeConfig,
    sse_handler,
};
use tokio::time::sleep;

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

#[sse_handler(finite)]
async fn job(out: Events<Job>) -> Result<(), SendError> {
    out.send(Job::Step(1)).await?;
    sleep(Duration::from_millis(1_600)).await;
    out.send(Job::Done).await
}

/// Names its reader again and again.
#[sse_handler]
async fn repeats_itself(out: Events<Host>) -> Result<(), SendError> {
    out.open().await?;
    loop {
        sleep(Duration::from_millis(100)).await;
        out.cx().allow(Access::new("ada"));
    }
}

/// Has its head out later than its age allows.
#[sse_handler(first = "1500ms")]
async fn starts_late() -> impl Stream<Item = Host> {
    stream::pending()
}

/// Returns its stream later than that.
#[sse_handler]
async fn returns_late(State(channel): State<Channel<Host>>) -> Subscription<Host> {
    sleep(Duration::from_millis(1_500)).await;
    channel.subscribe(Resume::fresh())
}

const AGE: Duration = Duration::from_secs(1);

async fn start() -> (Server, Channel<Host>) {
    let channel = Channel::new();
    let app = Router::new()
        .route("/ticks", get(ticks))
        .route("/job", get(job))
        .route("/repeats-itself", get(repeats_itself))
        .route("/starts-late", get(starts_late))
        .route("/returns-late", get(returns_late))
        .with_state(channel.clone());
    (Server::start(ServeConfig::new().max_age(AGE), app).await, channel)
}

#[tokio::test]
async fn streams_that_began_together_end_before_their_age_and_not_together() {
    let (server, _channel) = start().await;
    let readers = (0..60).map(|n| {
        let path = if n % 2 == 0 { "/ticks" } else { "/repeats-itself" };
        let server = &server;
        async move {
            let mut client = server.listen(&Ask::get(path)).await;
            let begun = Instant::now();
            let (reason, retry) = client.bye().await;
            let age = begun.elapsed().as_millis();
            assert!(client.is_closed().await, "the reader comes back by another connection");
            (reason, retry, age)
        }
    });
    let ended = join_all(readers).await;
    for (n, (reason, retry, age)) in ended.iter().enumerate() {
        assert_eq!(reason, "rotated", "{n}");
        assert!((1_500..=4_500).contains(retry), "{n}: {retry}");
        // It began a little before the reader knew, and a busy machine is late.
        assert!((700..1_300).contains(age), "{n}: {age}");
    }
    let retries: BTreeSet<u64> = ended.iter().map(|(_, retry, _)| *retry).collect();
    let ages: BTreeSet<u128> = ended.iter().map(|(_, _, age)| age / 10).collect();
    assert!(retries.len() > 50 && ages.len() > 8, "{retries:?} {ages:?}");
}

#[tokio::test]
async fn a_reader_that_comes_back_with_its_position_has_lost_nothing() {
    let (server, channel) = start().await;
    let mut first = server.listen(&Ask::get("/ticks")).await;
    let mut position = first.said.last_event_id().to_owned();
    let publishing = tokio::spawn(async move {
        for n in 0..150 {
            channel.publish(&Host::Tick(n)).await.expect("published");
            sleep(Duration::from_millis(20)).await;
        }
    });
    let mut seen: Vec<String> = Vec::new();
    let mut rotations = 0;
    let last = |client: &Client| client.said.events().iter().any(|event| event.data == "149");
    loop {
        // Whole streams up to the last one; events go on while the reader is away.
        while !last(&first) && first.chunk().await.expect("an orderly end").is_some() {}
        let events = first.said.events();
        seen.extend(events.iter().filter(|event| event.name == "tick").map(|e| e.data.clone()));
        if last(&first) {
            break;
        }
        assert_eq!(first.said_bye().0, "rotated");
        rotations += 1;
        first.said.last_event_id().clone_into(&mut position);
        sleep(Duration::from_millis(50)).await;
        first = server.listen(&Ask::get("/ticks").header("last-event-id", &position)).await;
        let open = first.until("sse.open").await;
        assert!(open.data.contains(r#""resume":"exact""#), "{open:?}");
    }
    publishing.await.expect("no panic");
    let all: Vec<String> = (0..150).map(|n| n.to_string()).collect();
    assert_eq!(seen, all);
    assert!(rotations >= 2, "{rotations}");
}

#[tokio::test]
async fn a_finite_stream_is_not_asked_to_come_back_in_the_middle() {
    let (server, _channel) = start().await;
    let mut client = server.listen(&Ask::get("/job")).await;
    assert_eq!(client.bye().await.0, "complete");
    assert!(client.said.events().iter().any(|event| event.name == "done"));
    // Nor does its connection end.
    client.send(&Ask::get("/nowhere")).await;
    assert_eq!(client.answer().await.status, 404);
}

#[tokio::test]
async fn a_stream_that_has_not_begun_at_its_age_begins_and_is_rotated() {
    let (server, _channel) = start().await;
    for path in ["/starts-late", "/returns-late"] {
        for ask in [Ask::get(path), Ask::get(path).by_browser()] {
            let mut client = server.listen(&ask).await;
            assert_eq!(client.bye().await.0, "rotated", "{path}");
        }
    }
}

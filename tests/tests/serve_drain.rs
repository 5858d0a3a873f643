//! The end of a server: who is told, who is waited for, who is cut, and what is said of it.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

mod serving;

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use futures_util::{
    StreamExt as _,
    future::join_all,
    stream::{self, Stream},
};
use serving::{Ask, Client, Server, eventually};
use sse_runtime::{
    Channel, Events, Resume, SendError, SseEvent, Subscription, serve::ServeConfig, sse_handler,
};
use sse_tests::stream::Log;
use tokio::time::sleep;

#[derive(SseEvent)]
#[sse(source = "host")]
enum Host {
    Tick(u32),
    Blob(String),
}

#[derive(SseEvent)]
#[sse(source = "job")]
enum Job {
    Step(u32),
    Blob(String),
    #[sse(terminal)]
    Done,
}

#[sse_handler]
async fn ticks(State(channel): State<Channel<Host>>, resume: Resume) -> Subscription<Host> {
    channel.subscribe(resume)
}

/// Something large, and then nothing more.
#[sse_handler]
async fn blob(Path(bytes): Path<usize>) -> impl Stream<Item = Host> {
    stream::iter([Host::Blob("x".repeat(bytes))]).chain(stream::pending())
}

/// Works for a while, and then is done.
#[sse_handler(finite, drain = "3s")]
async fn job(Path(millis): Path<u64>, out: Events<Job>) -> Result<(), SendError> {
    out.send(Job::Step(1)).await?;
    sleep(Duration::from_millis(millis)).await;
    out.send(Job::Done).await
}

#[sse_handler(finite, drain = "1s")]
async fn short_grace(Path(millis): Path<u64>, out: Events<Job>) -> Result<(), SendError> {
    out.send(Job::Step(1)).await?;
    sleep(Duration::from_millis(millis)).await;
    out.send(Job::Done).await
}

#[sse_handler(finite, drain = "1s")]
async fn short_grace_blob(Path(bytes): Path<usize>) -> impl Stream<Item = Job> {
    stream::iter([Job::Blob("x".repeat(bytes))]).chain(stream::pending())
}

#[sse_handler(finite)]
async fn job_without_grace(out: Events<Job>) -> Result<(), SendError> {
    out.send(Job::Step(1)).await?;
    std::future::pending().await
}

fn app(channel: &Channel<Host>) -> Router {
    Router::new()
        .route("/ticks", get(ticks))
        .route("/blob/{bytes}", get(blob))
        .route("/job/{millis}", get(job))
        .route("/short/{millis}", get(short_grace))
        .route("/short-blob/{bytes}", get(short_grace_blob))
        .route("/job-without-grace", get(job_without_grace))
        .route(
            "/slow-answer/{millis}",
            get(|Path(millis): Path<u64>| async move {
                sleep(Duration::from_millis(millis)).await;
                "done"
            }),
        )
        .with_state(channel.clone())
}

fn config() -> ServeConfig {
    // Little room in the kernel, so that a reader that does not read is soon seen.
    ServeConfig::new().send_buffer(4096)
}

/// More than all buffers on the way hold.
const MUCH: usize = 4 << 20;

/// Opens a stream that is sent more than anything on the way holds, and reads none of it.
async fn stuck(server: &Server, path: &str, id: &str) -> Client {
    Client::ask_narrow(server.address, &Ask::get(format!("{path}/{MUCH}")).id(id)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_streams_the_fifty_stuck_ones_are_cut_and_named() {
    const ALL: usize = 1_000;
    const STUCK: usize = 50;
    const DRAIN: Duration = Duration::from_millis(1_500);
    let log = Log::of_this_process();
    let (quiet, loud) = (Channel::new(), Channel::new());
    let app = app(&quiet).route("/loud", get(ticks).with_state(loud.clone()));
    let server = Server::start(config().drain(DRAIN), app).await;

    let mut stuck = Vec::new();
    for n in 0..STUCK {
        let request = Ask::get("/loud").id(format!("stuck-{n}"));
        stuck.push(Client::ask_narrow(server.address, &request).await);
    }
    let mut good = Vec::new();
    for n in 0..ALL - STUCK {
        // Some of them hear all that the stuck ones are to hear.
        let path = if n < 10 { "/loud" } else { "/ticks" };
        let mut client = server.listen(&Ask::get(path).id(format!("good-{n}"))).await;
        good.push(tokio::spawn(async move { client.bye().await }));
    }
    server.has_open(ALL).await;
    for tick in 0..5 {
        quiet.publish(&Host::Tick(tick)).await.expect("published");
    }
    for _ in 0..64 {
        loud.publish(&Host::Blob("x".repeat(16 << 10))).await.expect("published");
    }
    sleep(Duration::from_millis(300)).await; // the buffers fill

    let begun = Instant::now();
    server.handle.shutdown();
    let byes = join_all(good).await;
    let handle = server.handle.clone();
    let report = server.report().await;
    // Two seconds are asked for; the rest is for an unoptimised build on a busy machine.
    assert!(begun.elapsed() < Duration::from_millis(3_500), "{:?}", begun.elapsed());
    assert!((DRAIN..DRAIN * 2).contains(&report.duration), "{report}");

    let byes: Vec<(String, u64)> = byes.into_iter().map(|bye| bye.expect("no panic")).collect();
    assert!(byes.iter().all(|(reason, _)| reason == "drain"));
    let retries: BTreeSet<u64> = byes.iter().map(|(_, retry)| *retry).collect();
    let (first, last) = (retries.first().expect("one"), retries.last().expect("one"));
    assert!((3_000..=3_300).contains(first) && (7_700..=8_000).contains(last), "{first} {last}");
    assert!(retries.len() > 700, "{} of 5,000 milliseconds", retries.len());

    let cut: BTreeSet<String> = report.cut.iter().map(|cut| cut.request_id.clone()).collect();
    assert_eq!(cut, (0..STUCK).map(|n| format!("stuck-{n}")).collect());
    assert_eq!((report.streams, report.cut.len(), report.connections_cut), (ALL, STUCK, STUCK));
    assert!(report.cut.iter().all(|cut| cut.peer.is_some()));
    for n in 0..STUCK {
        let ended = log.lines_with(&format!("request_id=\"stuck-{n}\""));
        let ended: Vec<&String> =
            ended.iter().filter(|line| line.contains("stream ended")).collect();
        assert!(matches!(ended[..], [line] if line.contains(r#"reason="drain""#)), "{ended:?}");
    }
    assert_eq!((handle.streams().open, handle.connections()), (0, 0));
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_names_each_stream_that_was_cut_however_much_was_under_way() {
    let server = Server::start(config().drain(Duration::from_millis(500)), app(&Channel::new()));
    let server = server.await;
    let mut clients = Vec::new();
    for n in 0..60 {
        let request = Ask::get(format!("/blob/{}", n * 2_000)).id(format!("blob-{n}"));
        clients.push(Client::ask_narrow(server.address, &request).await);
    }
    server.has_open(60).await;
    sleep(Duration::from_millis(200)).await;
    server.handle.shutdown();
    let report = server.report().await;
    let named: BTreeSet<String> = report.cut.iter().map(|cut| cut.request_id.clone()).collect();
    let mut cut = BTreeSet::new();
    for (n, client) in clients.iter_mut().enumerate() {
        client.head().await;
        if client.rest().await.is_err() {
            cut.insert(format!("blob-{n}"));
        }
    }
    assert!(cut.len() > 10 && cut.len() < 60, "{cut:?}");
    assert_eq!(named, cut);
    assert_eq!(report.connections_cut, cut.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_turns_first_and_streams_are_served_until_the_drain_begins() {
    let times = config()
        .drain_delay(Duration::from_millis(500))
        .drain(Duration::from_millis(1_500))
        .spread(Duration::from_millis(20_000));
    let server = Server::start(times, app(&Channel::new())).await;
    let mut keep_alive = server.ask(&Ask::get("/nowhere")).await;
    assert_eq!(keep_alive.answer().await.status, 404);
    // Holds the server open, so that there is somebody to refuse.
    let stuck = stuck(&server, "/blob", "stuck").await;
    server.has_open(1).await;
    assert!(server.handle.is_ready());

    server.handle.shutdown();
    let handle = server.handle.clone();
    eventually(|| !handle.is_ready(), || "not ready any more".to_owned()).await;
    let mut late = server.listen(&Ask::get("/ticks")).await;
    let mut answer = server.ask(&Ask::get("/slow-answer/700")).await;
    assert_eq!(late.bye().await.0, "drain");
    assert!(late.is_closed().await);

    let mut retries = BTreeSet::new();
    let mut seconds = BTreeSet::new();
    for _ in 0..20 {
        let mut browser = server.ask(&Ask::get("/ticks").by_browser()).await;
        let head = browser.answer().await;
        assert_eq!((head.status, browser.said.events().len()), (200, 1));
        assert_eq!(head.get("content-type").as_deref(), Some("text/event-stream"));
        let (reason, retry) = browser.said_bye();
        assert_eq!(reason, "drain");
        retries.insert(retry);

        let mut program = server.ask(&Ask::get("/ticks")).await;
        let head = program.answer().await;
        assert_eq!(head.status, 503);
        let after: u64 = head.get("retry-after").and_then(|s| s.parse().ok()).expect("seconds");
        seconds.insert(after);
        assert!(program.is_closed().await);
    }
    assert!(retries.iter().all(|retry| (3_000..=23_000).contains(retry)), "{retries:?}");
    assert!(seconds.iter().all(|after| (3..=23).contains(after)), "{seconds:?}");
    assert!(retries.len() > 15 && seconds.len() > 5, "{retries:?} {seconds:?}");
    // What is no stream gets its answer, and an idle connection is closed and not cut.
    assert_eq!(answer.answer().await.status, 200);
    assert!(keep_alive.is_closed().await);
    let report = server.report().await;
    assert_eq!((report.streams, report.cut.len(), report.connections_cut), (2, 1, 1), "{report}");
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_finite_stream_goes_on_to_its_own_end_while_the_others_are_cut() {
    let times = config().drain(Duration::from_millis(300));
    let server = Server::start(times, app(&Channel::new())).await;
    // A connection that has had a stream with a grace, and has one without now.
    let mut cut = Client::ask_narrow(server.address, &Ask::get("/job/1")).await;
    assert_eq!(cut.answer().await.status, 200);
    cut.send(&Ask::get(format!("/blob/{MUCH}")).id("plain")).await;
    let graced_and_stuck = stuck(&server, "/short-blob", "graced").await;
    let mut done = server.listen(&Ask::get("/job/1600")).await;
    let mut too_long = server.listen(&Ask::get("/short/60000")).await;
    let mut without = server.listen(&Ask::get("/job-without-grace")).await;
    server.has_open(5).await;

    let begun = Instant::now();
    server.handle.shutdown();
    assert_eq!(without.bye().await.0, "drain");
    assert!(begun.elapsed() < Duration::from_millis(300), "{:?}", begun.elapsed());
    sleep(Duration::from_millis(500)).await;
    assert_eq!(server.handle.streams().open, 3, "the plain stream is cut at the deadline");
    assert_eq!(too_long.bye().await.0, "drain");
    let after = begun.elapsed().as_millis();
    assert!((1_000..1_500).contains(&after), "{after}");
    done.rest().await.expect("a whole stream");
    let names: Vec<&str> = done.said.events().iter().map(|event| event.name.as_str()).collect();
    assert_eq!(names, ["sse.open", "step", "done", "sse.bye"]);
    assert_eq!(done.said_bye().0, "complete");

    let report = server.report().await;
    let mut named: Vec<&str> = report.cut.iter().map(|cut| cut.request_id.as_str()).collect();
    named.sort_unstable();
    assert_eq!((named, report.connections_cut), (vec!["graced", "plain"], 2), "{report}");
    drop((cut, graced_and_stuck));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_beside_a_stream_with_a_grace_is_counted_once() {
    let times = config().drain(Duration::from_millis(300));
    let server = Server::start(times, app(&Channel::new())).await;
    let mut done = server.listen(&Ask::get("/job/1000")).await;
    let mut too_slow = server.ask(&Ask::get("/slow-answer/10000")).await;
    let stuck = stuck(&server, "/blob", "stuck").await;
    server.has_open(2).await;
    server.handle.shutdown();
    assert!(too_slow.try_head().await.is_err(), "cut at the deadline");
    assert_eq!(done.bye().await.0, "complete");
    let report = server.report().await;
    assert_eq!((report.streams, report.cut.len(), report.connections_cut), (2, 1, 2), "{report}");
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grace_that_was_over_before_the_deadline_counts_nobody_twice() {
    let times = config().drain(Duration::from_millis(2_200));
    let server = Server::start(times, app(&Channel::new())).await;
    let stuck = [
        stuck(&server, "/blob", "first").await,
        stuck(&server, "/blob", "second").await,
        stuck(&server, "/short-blob", "short").await,
    ];
    server.has_open(3).await;
    server.handle.shutdown();
    let report = server.report().await;
    let mut cut: Vec<&str> = report.cut.iter().map(|cut| cut.request_id.as_str()).collect();
    cut.sort_unstable();
    assert_eq!(cut, ["first", "second", "short"], "{report}");
    assert_eq!((report.streams, report.connections_cut), (3, 3), "{report}");
    drop(stuck);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_dropped_cuts_everything() {
    let server = Server::start(config(), app(&Channel::new())).await;
    let mut client = server.listen(&Ask::get("/ticks")).await;
    let handle = server.handle.clone();
    server.drop_it().await;
    assert!(client.chunk().await.is_err());
    eventually(|| handle.streams().open == 0, || format!("{:?}", handle.streams())).await;
    assert!(!handle.is_ready());
}

//! How a stream ends: for one reason, told once, with nothing left running.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

use std::{
    future::pending,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{extract::State, http::StatusCode, response::IntoResponse as _};
use futures_util::{
    FutureExt as _,
    stream::{self, Stream, StreamExt as _},
};
use sse_runtime::{
    Access, Cx, Ended, Events, ReadError, Reason, SendError, SseEvent, Verdict, call, sse_handler,
};
use sse_tests::stream::{Chunks, Log};
use tokio::time::{Instant, sleep};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "assistant")]
enum Token {
    Delta(String),
    #[sse(terminal)]
    Done,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "host")]
enum Host {
    Load(f32),
}

/// The ends that were told.
#[derive(Clone, Default)]
struct Ends(Arc<Mutex<Vec<Ended>>>);

impl Ends {
    fn watch(&self, cx: &Cx) {
        let ends = self.clone();
        cx.on_close(move |ended| ends.0.lock().expect("no panic").push(ended.clone()));
    }

    fn one(&self) -> Ended {
        let ends = self.0.lock().expect("no panic");
        assert_eq!(ends.len(), 1, "told once: {ends:?}");
        ends[0].clone()
    }
}

/// What a handler under test does.
#[derive(Clone, Copy, PartialEq)]
enum Deed {
    Complete,
    Truncate,
    Fail,
    PanicAtOnce,
    PanicLater,
    PanicWhileDropped,
    Wait,
}

struct PanicOnDrop(bool);

impl Drop for PanicOnDrop {
    fn drop(&mut self) {
        assert!(!self.0, "dropped");
    }
}

#[sse_handler(finite)]
async fn sends(
    cx: Cx,
    State((deed, ends)): State<(Deed, Ends)>,
    out: Events<Token>,
) -> Result<(), StatusCode> {
    ends.watch(&cx);
    assert!(deed != Deed::PanicAtOnce, "at once");
    let _guard = PanicOnDrop(deed == Deed::PanicWhileDropped);
    let _sent = out.send(Token::Delta("word".into())).await;
    match deed {
        Deed::Complete => {
            let _sent = out.send(Token::Done).await;
        }
        Deed::Fail => return Err(StatusCode::BAD_GATEWAY),
        Deed::PanicLater => panic!("later"),
        Deed::Wait | Deed::PanicWhileDropped => pending().await,
        Deed::Truncate | Deed::PanicAtOnce => {}
    }
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn each_end_has_its_reason_and_is_told_once() {
    let cases = [
        (Deed::Complete, Reason::Complete, 2),
        (Deed::Truncate, Reason::Truncated, 1),
        (Deed::Fail, Reason::Error, 1),
        (Deed::PanicLater, Reason::Error, 1),
    ];
    for (deed, reason, events) in cases {
        let ends = Ends::default();
        let told = Chunks::of(call!(sends(State((deed, ends.clone())))).await).rest().await;
        let bye = "event: sse.bye\nretry: ";
        let end = format!("data: {{\"reason\":\"{reason}\"}}\n\n");
        assert!(told.contains(bye) && told.ends_with(&end), "{told}");
        let ended = ends.one();
        assert_eq!((ended.reason, ended.events, ended.last_seq), (reason, events, Some(events)));
        assert_eq!(ended.bytes, told.len() as u64);
        assert_eq!(ended.time_to_first_event, Some(Duration::ZERO));
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_event_is_a_500_that_says_nothing() {
    let ends = Ends::default();
    let answer = call!(sends(State((Deed::PanicAtOnce, ends.clone())))).await;
    let response = answer.into_response();
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert!(response.headers().contains_key("x-request-id"));
    assert_eq!(ends.one().reason, Reason::Error);
}

#[sse_handler]
async fn panics_in_its_body(cx: Cx, State(ends): State<Ends>) -> impl Stream<Item = Host> {
    ends.watch(&cx);
    sleep(Duration::from_secs(1)).await;
    assert!(cx.is_ended(), "in its body");
    stream::empty()
}

#[sse_handler]
async fn panics_in_its_stream(cx: Cx, State(ends): State<Ends>) -> impl Stream<Item = Host> {
    ends.watch(&cx);
    stream::iter(0..3).map(|number| {
        assert!(number < 2, "in its stream");
        Host::Load(1.0)
    })
}

#[tokio::test(start_paused = true)]
async fn a_panic_in_the_body_or_in_the_stream_is_an_end_like_any_other() {
    let ends = Ends::default();
    let answer = call!(panics_in_its_body(State(ends.clone()))).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(ends.one().reason, Reason::Error);

    let ends = Ends::default();
    let told = Chunks::of(call!(panics_in_its_stream(State(ends.clone()))).await).rest().await;
    assert_eq!(told.matches("event: load\n").count(), 2);
    assert!(told.ends_with("data: {\"reason\":\"error\"}\n\n"), "{told}");
    assert_eq!(ends.one().reason, Reason::Error);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_is_told_whenever_it_leaves() {
    // Before the response is made, before the body is asked, after the first chunk.
    for chunks in [None, Some(0), Some(1)] {
        for deed in [Deed::Wait, Deed::PanicWhileDropped] {
            let ends = Ends::default();
            let answer = call!(sends(State((deed, ends.clone())))).await;
            match chunks {
                None => drop(answer),
                Some(count) => {
                    let mut body = Chunks::of(answer);
                    for _ in 0..count {
                        body.next().await.expect("a chunk");
                    }
                    drop(body);
                }
            }
            assert_eq!(ends.one().reason, Reason::Client);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_closer_that_panics_or_comes_late_keeps_nobody_from_being_told() {
    let (ends, late) = (Ends::default(), Ends::default());
    let cx = Arc::new(Mutex::new(None));

    #[sse_handler]
    async fn watched(
        cx: Cx,
        State((ends, kept)): State<(Ends, Arc<Mutex<Option<Cx>>>)>,
    ) -> impl Stream<Item = Host> {
        cx.on_close(|_| panic!("a careless closer"));
        ends.watch(&cx);
        *kept.lock().expect("no panic") = Some(cx);
        stream::empty()
    }

    Chunks::of(call!(watched(State((ends.clone(), Arc::clone(&cx))))).await).rest().await;
    assert_eq!(ends.one().reason, Reason::Complete);
    let cx = cx.lock().expect("no panic").take().expect("a context");
    assert!(cx.is_ended());
    cx.ended().await;
    late.watch(&cx);
    assert_eq!(late.one().reason, Reason::Complete);
}

#[sse_handler]
async fn spawns(State(ticks): State<Arc<AtomicUsize>>, out: Events<Host>) -> Result<(), SendError> {
    let ticking = Arc::clone(&ticks);
    out.spawn(async move {
        loop {
            sleep(Duration::from_secs(1)).await;
            ticking.fetch_add(1, Ordering::SeqCst);
        }
    });
    let sender = out.clone();
    out.spawn(async move {
        sleep(Duration::from_millis(2_500)).await;
        sender.send(Host::Load(1.0)).await.expect("somebody listens");
    });
    out.gone().await;
    Ok(())
}

#[sse_handler]
async fn spawns_a_panic(out: Events<Host>) {
    out.spawn(async { panic!("in a task") });
    out.gone().await;
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_logged_when_it_does() {
    let log = Log::of_this_process();
    let response = call!(spawns_a_panic()).await.into_response();
    let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    let mut chunks = Chunks::of(response);
    chunks.next().await.expect("a head");
    sleep(Duration::from_secs(1)).await;
    let lines = log.lines_with(&id);
    assert!(lines.iter().any(|line| line.contains("a task of the stream panicked")), "{lines:?}");
    drop(chunks);
}

#[tokio::test(start_paused = true)]
async fn work_that_was_spawned_through_the_stream_ends_with_it() {
    let ticks = Arc::new(AtomicUsize::new(0));
    let mut events = call!(spawns(State(Arc::clone(&ticks)))).await.events::<Host>();
    assert_eq!(events.next().await.expect("an event").expect("good"), Host::Load(1.0));
    assert_eq!(ticks.load(Ordering::SeqCst), 2);
    drop(events);
    sleep(Duration::from_secs(60)).await;
    assert_eq!(ticks.load(Ordering::SeqCst), 2);
}

#[sse_handler(finite)]
async fn works_after_its_end(
    State(saved): State<Arc<AtomicBool>>,
    out: Events<Token>,
) -> Result<(), StatusCode> {
    out.send(Token::Done).await.map_err(|_| StatusCode::GONE)?;
    let more = out.send(Token::Delta("more".into())).await;
    assert!(matches!(more, Err(SendError::Ended)), "{more:?}");
    sleep(Duration::from_secs(40)).await;
    saved.store(true, Ordering::SeqCst);
    // Whoever has the terminal event has everything: this is for the log alone.
    Err(StatusCode::BAD_GATEWAY)
}

#[tokio::test(start_paused = true)]
async fn a_producer_may_finish_its_work_after_the_terminal_event() {
    let (saved, begin) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let mut chunks = Chunks::of(call!(works_after_its_end(State(Arc::clone(&saved)))).await);
    assert!(chunks.next().await.expect("a chunk").contains("event: done\n"));
    assert_eq!(begin.elapsed(), Duration::ZERO);
    let rest = chunks.rest().await;
    assert_eq!(rest.matches(": ping\n\n").count(), 2);
    assert!(rest.ends_with("data: {\"reason\":\"complete\"}\n\n"), "{rest}");
    assert!(saved.load(Ordering::SeqCst));
}

#[sse_handler(finite)]
async fn changes_its_mind(out: Events<Token>) -> Result<(), SendError> {
    // Nobody has taken anything yet: the room runs out.
    while out.send(Token::Delta("word".into())).now_or_never().is_some() {}
    assert!(out.send(Token::Done).now_or_never().is_none(), "there is no room");
    out.send(Token::Delta("more".into())).await?;
    out.send(Token::Done).await
}

#[tokio::test(start_paused = true)]
async fn a_send_that_is_dropped_has_sent_nothing_and_ended_nothing() {
    let told = Chunks::of(call!(changes_its_mind()).await).rest().await;
    assert!(told.contains("data: \"more\"\n\nid: evt_terminal0000000000000000\n"), "{told}");
    assert!(told.ends_with("data: {\"reason\":\"complete\"}\n\n"), "{told}");
}

#[sse_handler(finite)]
async fn races(out: Events<Token>) -> Result<(), SendError> {
    for _ in 0..4 {
        let out_of_task = out.clone();
        out.spawn(
            async move { while out_of_task.send(Token::Delta("word".into())).await.is_ok() {} },
        );
    }
    out.send(Token::Delta("first".into())).await?;
    out.send(Token::Done).await?;
    // The others go on trying for a while.
    sleep(Duration::from_millis(1)).await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_comes_after_the_terminal_event_whoever_else_sends() {
    for _ in 0..200 {
        let told = Chunks::of(call!(races()).await).rest().await;
        let (_, end) = told.split_once("event: done\n").expect("an end");
        assert!(!end.contains("event: delta\n"), "{end}");
    }
}

/// A stream that must not be asked after its terminal event.
struct Once(u32);

impl Stream for Once {
    type Item = Token;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Token>> {
        self.0 += 1;
        assert!(self.0 <= 1, "asked after its end");
        Poll::Ready(Some(Token::Done))
    }
}

#[sse_handler(finite)]
async fn once() -> Once {
    Once(0)
}

#[tokio::test(start_paused = true)]
async fn a_stream_ends_with_its_terminal_event() {
    let mut events = call!(once()).await.events::<Token>();
    assert_eq!(events.next().await.expect("an event").expect("good"), Token::Done);
    assert!(events.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn typed_events_do_not_hide_how_the_stream_ended() {
    let read = |deed| async move {
        let state = State((deed, Ends::default()));
        call!(sends(state)).await.events::<Token>().collect::<Vec<_>>().await
    };
    let truncated = read(Deed::Truncate).await;
    assert!(matches!(truncated[..], [Ok(_), Err(ReadError::Ended(Reason::Truncated))]));
    let complete = read(Deed::Complete).await;
    assert!(matches!(complete[..], [Ok(_), Ok(Token::Done)]));
    let refused = read(Deed::PanicAtOnce).await;
    assert!(matches!(refused[..], [Err(ReadError::Refused(StatusCode::INTERNAL_SERVER_ERROR))]));
}

#[sse_handler(finite, control_events = false)]
async fn says_nothing(State(items): State<usize>) -> impl Stream<Item = Result<Token, StatusCode>> {
    let word = || Ok(Token::Delta("word".into()));
    let all = [word(), Err(StatusCode::BAD_GATEWAY)];
    stream::iter(all.into_iter().take(items))
}

#[tokio::test(start_paused = true)]
async fn typed_events_tell_the_end_without_control_events_too() {
    for (items, reason) in [(1, Reason::Truncated), (2, Reason::Error)] {
        let answer = call!(says_nothing(State(items))).await;
        let read = answer.events::<Token>().collect::<Vec<_>>().await;
        assert!(matches!(&read[..], [Ok(_), Err(ReadError::Ended(told))] if *told == reason));
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_leaves_with_the_terminal_event_has_everything() {
    let (saved, ends) = (Arc::new(AtomicBool::new(false)), Ends::default());

    #[sse_handler(finite)]
    async fn saves(
        cx: Cx,
        State((saved, ends)): State<(Arc<AtomicBool>, Ends)>,
        out: Events<Token>,
    ) -> Result<std::convert::Infallible, SendError> {
        ends.watch(&cx);
        out.send(Token::Done).await?;
        tokio::spawn(async move {
            sleep(Duration::from_secs(1)).await;
            saved.store(true, Ordering::SeqCst);
        });
        pending().await
    }

    let mut chunks = Chunks::of(call!(saves(State((Arc::clone(&saved), ends.clone())))).await);
    assert!(chunks.next().await.expect("a chunk").contains("event: done\n"));
    drop(chunks);
    assert_eq!(ends.one().reason, Reason::Complete);
    // What must outlive the stream was given to tokio.
    sleep(Duration::from_secs(2)).await;
    assert!(saved.load(Ordering::SeqCst));
}

#[sse_handler(finite)]
async fn cannot_encode(out: Events<HostReport>) -> Result<(), SendError> {
    out.send(HostReport::Load(1.0)).await?;
    let refused = out.send(HostReport::Load(f32::NAN)).await;
    assert!(matches!(refused, Err(SendError::Encode(_))), "{refused:?}");
    // The sender is told and goes on; nothing of the event went out.
    out.send(HostReport::Done).await
}

#[derive(SseEvent, Debug)]
#[sse(source = "report")]
enum HostReport {
    Load(f32),
    #[sse(terminal)]
    Done,
}

#[tokio::test(start_paused = true)]
async fn a_sender_is_told_of_an_event_that_cannot_be_encoded() {
    let log = Log::of_this_process();
    let response = call!(cannot_encode()).await.into_response();
    let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    let told = Chunks::of(response).rest().await;
    let lines = log.lines_with(&id);
    assert!(lines.iter().any(|line| line.contains("an event was not sent")), "{lines:?}");
    assert!(lines.iter().any(|line| line.contains("NaN")), "{lines:?}");
    assert_eq!(told.matches("event: load\n").count(), 1);
    assert!(told.ends_with("data: {\"reason\":\"complete\"}\n\n"), "{told}");
}

/// Reads a stream to its end, and gives the lines that were logged with its request id.
async fn logged(deed: Deed) -> Vec<String> {
    let log = Log::of_this_process();
    let response = call!(sends(State((deed, Ends::default())))).await.into_response();
    let id = response.headers()["x-request-id"].to_str().expect("text").to_owned();
    Chunks::of(response).rest().await;
    log.lines_with(&format!("request_id=\"{id}\""))
}

#[tokio::test(start_paused = true)]
async fn one_line_at_the_end_says_everything() {
    let lines = logged(Deed::Complete).await;
    let [end] = lines.as_slice() else { panic!("one line: {lines:?}") };
    for part in [
        "INFO sse.stream{",
        "stream_source=\"assistant\"",
        "stream ended",
        "reason=\"complete\"",
        "events=2",
        "bytes=",
        "last_seq=2",
        "ttfe_ms=0",
        "duration_ms=0",
    ] {
        assert!(end.contains(part), "{part} in {end}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_logged_with_the_request_id() {
    let lines = logged(Deed::PanicLater).await;
    let [panicked, end] = lines.as_slice() else { panic!("two lines: {lines:?}") };
    assert!(panicked.contains("ERROR sse.stream{") && panicked.contains("the handler panicked"));
    assert!(end.contains("reason=\"error\""), "{end}");
}

/// Says when it is gone.
struct Gone(Arc<AtomicBool>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[sse_handler]
async fn asked_about(cx: Cx, gone: Gone) -> impl Stream<Item = Host> {
    let held = cx.clone();
    cx.allow(Access::anonymous().reauthorize(move || {
        let _both = (held.request_id(), &gone);
        async { Verdict::Allowed }
    }));
    stream::iter([Host::Load(0.5)])
}

#[tokio::test]
async fn a_hook_that_holds_its_context_goes_with_the_stream() {
    let gone = Arc::new(AtomicBool::new(false));
    Chunks::of(call!(asked_about(Gone(Arc::clone(&gone)))).await).rest().await;
    assert!(gone.load(Ordering::SeqCst));
}

//! Servers that are down, half down, or only pretend to be up.
//!
//! The clock of most of these tests is stepped by the runtime whenever nothing is left to do, so
//! that the waits are those of the defaults.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use sse_runtime::{
    client::{
        Attempt, ClientConfig, ClientError, EventSource, Failure, HeaderMap, HeaderValue, Item,
        ProtocolError, Row, ServerError, Spent, StateChange, StatusCode, StopReason,
        TransportError,
    },
    names::ClientState,
};
use sse_tests::stream::Log;
use tokio::{net::TcpListener, time::Instant};

use super::{
    scripted::{
        OPEN, STREAM, Scripted, client, client_of, end, event, fatal, id, left, next, status,
    },
    stream::InventoryEvent,
};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn patient() -> sse_runtime::client::Client {
    client_of(ClientConfig::new())
}

fn subscribe(server: &Scripted) -> EventSource<InventoryEvent> {
    patient().subscribe(server.url()).unwrap()
}

/// `sse.open` without a `retry:`.
fn without_retry(open: &str) -> String {
    open.replace("retry: 10\n", "")
}

#[tokio::test(start_paused = true)]
async fn a_server_that_accepts_and_closes_is_asked_ten_times_at_most() {
    for said in
        [STREAM.to_owned(), format!("{STREAM}{}", without_retry(OPEN)), format!("{STREAM}{OPEN}")]
    {
        let server = Scripted::saying(&said).await;
        let begin = Instant::now();
        let mut events = subscribe(&server);
        let StopReason::Failed(ClientError::GaveUp { spent, attempts, last, .. }) =
            end(&mut events).await
        else {
            panic!("it did not give up")
        };
        assert_eq!(last, TransportError::Cut.into());
        let requests = u32::try_from(server.requests().len()).unwrap();
        assert_eq!(requests, attempts);
        if spent == Spent::Attempts {
            assert_eq!(attempts, 10);
        } else {
            assert!(attempts < 10 && begin.elapsed() > s(100), "{:?}", begin.elapsed());
        }
        // 0.5 times 1 + 1.8 + 3.24 + ... where the server did not ask for less.
        assert!(said.contains("retry") || begin.elapsed() > s(60), "{:?}", begin.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_listening_is_an_outage_like_any_other() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    drop(listener);
    let mut events = patient().subscribe::<InventoryEvent>(url).unwrap();
    let StopReason::Failed(error @ ClientError::GaveUp { .. }) = end(&mut events).await else {
        panic!("it did not give up")
    };
    assert_eq!(error.failure(), Some(&TransportError::Refused.into()));
}

/// A wrong port looks like a server that is about to start, and so does a proxy that has lost
/// its own. Both are asked for minutes, and nobody is to wonder meanwhile why nothing happens.
#[tokio::test(start_paused = true)]
async fn an_outage_is_in_the_log_from_its_first_attempt_on() {
    let server = Scripted::saying(status(502, "")).await;
    let log = Log::of_this_thread();
    let url = server.at("/events?token=secret");
    let mut events: EventSource<InventoryEvent> = patient().subscribe(url).unwrap();
    end(&mut events).await;
    let lines = log.lines_with("sse_runtime");
    for attempt in 2..=5 {
        let told = format!("asking for the stream again cause=\"transient\" attempt={attempt}");
        assert!(lines.iter().any(|line| line.ends_with(&told)), "{lines:#?}");
    }
    assert!(!lines.iter().any(|line| line.contains("secret")), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn an_event_is_the_end_of_an_outage() {
    let server = Scripted::start(|mut asked| async move {
        // The fifth attempt of each outage is healthy.
        if asked.number % 5 == 4 {
            let seq = u32::try_from(asked.number / 5).unwrap() + 1;
            let open = without_retry(&asked.open());
            asked.say(&format!("{STREAM}{open}{}", left(&id(seq), 1))).await;
        }
    })
    .await;
    let mut events = subscribe(&server);
    for outage in 1..=3 {
        event(&mut events).await;
        assert_eq!(server.requests().len(), outage * 5);
    }
}

/// The change that ended what was up.
async fn fall(events: &mut EventSource<InventoryEvent>) -> StateChange {
    loop {
        if let Ok(Item::State(change)) = next(events).await
            && change.to == ClientState::Reconnecting
        {
            return change;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_half_open_connection_is_noticed_and_the_stream_resumed() {
    // The second connection is as silent as the first.
    let server = Scripted::start(|mut asked| async move {
        let open = asked.open();
        asked.say(&format!("{STREAM}{open}{}", left(&id(1), 1))).await;
        asked.until_gone().await;
    })
    .await;
    let config = ClientConfig::new().silence(s(1));
    let request = client_of(config).request(server.url()).states();
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    let begin = Instant::now();
    let change = fall(&mut events).await;
    assert_eq!((change.from, change.why), (Some(ClientState::Up), Some(Row::Watchdog)));
    assert!(begin.elapsed() >= s(1) && begin.elapsed() < s(2), "{:?}", begin.elapsed());
    server.until_gone(1).await;
    fall(&mut events).await;
    assert_eq!(server.requests()[1].position(), Some(id(1)));
}

#[tokio::test(start_paused = true)]
async fn three_announced_heartbeats_are_waited_for_unless_something_else_is_said() {
    let server = Scripted::answering([format!("{STREAM}{OPEN}")]).await;
    let mut events: EventSource<InventoryEvent> =
        patient().request(server.url()).states().subscribe().unwrap();
    let begin = Instant::now();
    assert_eq!(fall(&mut events).await.why, Some(Row::Watchdog));
    assert!(begin.elapsed() >= s(45) && begin.elapsed() < s(46), "{:?}", begin.elapsed());
}

/// The network is read by other threads than the program, and is never found empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_only_beats_is_noticed_however_fast_it_beats() {
    let server = Scripted::start(|mut asked| async move {
        asked.say(&format!("{STREAM}{OPEN}")).await;
        let beats = b"x\n".repeat(200_000);
        while asked.say(&beats).await {}
        asked.until_gone().await;
    })
    .await;
    let config = ClientConfig::new().event_timeout(s(1));
    let request = client_of(config).request(server.url()).states();
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    assert_eq!(fall(&mut events).await.why, Some(Row::Watchdog));
    server.until_gone(1).await;
}

/// Whoever comes back late finds the heartbeat that was sent meanwhile, also where something else
/// is to be done first and the stream is asked again at once, as in a `select!`.
#[tokio::test]
async fn a_program_that_was_elsewhere_is_no_dead_connection() {
    let (beat, asked_for) = tokio::sync::watch::channel(false);
    let server = Scripted::start(move |mut asked| {
        let mut asked_for = asked_for.clone();
        async move {
            asked.say(&format!("{STREAM}{OPEN}")).await;
            asked_for.wait_for(|beat| *beat).await.unwrap();
            asked.say(": ping\n\n").await;
            asked.until_gone().await;
        }
    })
    .await;
    let request = client_of(ClientConfig::new().silence(s(1))).request(server.url());
    let mut events: EventSource<InventoryEvent> = request.heartbeats().subscribe().unwrap();
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    beat.send(true).unwrap();
    tokio::task::yield_now().await;
    std::thread::sleep(Duration::from_millis(1_200));
    for _ in 0..3 {
        tokio::select! {
            biased;
            item = events.next() => panic!("{item:?}"),
            () = std::future::ready(()) => {}
        }
    }
    assert!(matches!(next(&mut events).await, Ok(Item::Heartbeat)));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_retry_makes_a_hot_loop_or_an_endless_wait() {
    let bounds = [("0", Duration::from_millis(10), s(1)), ("18446744073709551615", s(150), s(451))];
    for (retry, least, most) in bounds {
        let server = Scripted::start(move |mut asked| async move {
            let seq = u32::try_from(asked.number).unwrap() + 1;
            let event = format!("retry: {retry}\n{}", left(&id(seq), 1));
            asked.say(&format!("{STREAM}{}{event}", without_retry(&asked.open()))).await;
        })
        .await;
        let mut events = subscribe(&server);
        event(&mut events).await;
        for _ in 0..5 {
            let begin = Instant::now();
            event(&mut events).await;
            let wait = begin.elapsed();
            assert!(wait >= least && wait <= most, "{retry}: {wait:?}");
        }
        assert_eq!(server.requests().len(), 6);
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_server_says_when_to_come_again() {
    let busy = status(503, "retry-after: 7\r\n");
    let server = Scripted::answering([busy, format!("{STREAM}{OPEN}")]).await;
    let begin = Instant::now();
    let mut events = subscribe(&server);
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    // And half as much for the jitter.
    let wait = begin.elapsed();
    assert!(wait >= s(7) && wait <= s(11), "{wait:?}");
}

#[tokio::test]
async fn a_server_that_has_nothing_to_say_is_not_asked_again() {
    let server = Scripted::saying(status(204, "")).await;
    let mut events = subscribe(&server);
    assert_eq!(end(&mut events).await, StopReason::Complete);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_another_attempt_would_not_mend_is_fatal_at_once() {
    let status_of = |code: u16| {
        let failure = ServerError::Status(StatusCode::from_u16(code).unwrap());
        (status(code, ""), Failure::from(failure))
    };
    let html = STREAM.replace("event-stream", "html");
    let content_type = ProtocolError::ContentType(Some("text/html".into()));
    let untyped = STREAM.replace("content-type: text/event-stream\r\n", "");
    let table = [201, 300, 304, 400, 401, 403, 404, 410, 500, 501]
        .map(status_of)
        .into_iter()
        .chain([(html, content_type.into())])
        .chain([(untyped, ProtocolError::ContentType(None).into())]);
    for (said, failure) in table {
        let server = Scripted::saying(&said).await;
        let mut events: EventSource<InventoryEvent> = client().subscribe(server.url()).unwrap();
        assert_eq!(fatal(&mut events).await, failure);
        assert_eq!(server.requests().len(), 1, "{said}");
        assert_eq!(events.state(), ClientState::Failed);
    }
}

/// A server that knows one token, and a stream whose hook gives one after the other.
async fn with_tokens(
    good: &'static str,
    tokens: &'static [&'static str],
) -> (Scripted, EventSource<InventoryEvent>, Arc<Mutex<Vec<Attempt>>>) {
    let server = Scripted::start(move |mut asked| async move {
        if asked.request.header("authorization").as_deref() == Some(good) {
            asked.say(&format!("{STREAM}{OPEN}")).await;
            asked.until_gone().await;
        } else {
            asked.say(&status(401, "www-authenticate: Bearer\r\n")).await;
        }
    })
    .await;
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let asked = Arc::clone(&attempts);
    let request = client().request(server.url()).headers(move |attempt: Attempt| {
        let mut asked = asked.lock().unwrap();
        let token = tokens[asked.len() % tokens.len()];
        asked.push(attempt);
        let header = ("authorization".parse().unwrap(), HeaderValue::from_static(token));
        std::future::ready(Ok::<_, std::io::Error>(HeaderMap::from_iter([header])))
    });
    (server, request.subscribe().unwrap(), attempts)
}

#[tokio::test]
async fn refused_credentials_are_made_anew_once() {
    let (server, mut events, attempts) = with_tokens("fresh", &["stale", "fresh"]).await;
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    assert_eq!(server.requests().len(), 2);
    let attempts = attempts.lock().unwrap().clone();
    let told: Vec<_> = attempts.iter().map(|a| (a.number, a.refused, a.why)).collect();
    assert_eq!(told, [(1, false, None), (2, true, Some(Row::Unauthorized))]);
}

#[tokio::test]
async fn credentials_that_are_refused_twice_are_fatal() {
    let (server, mut events, attempts) = with_tokens("fresh", &["stale", "stale too"]).await;
    let failure = fatal(&mut events).await;
    assert_eq!(failure, ServerError::Status(StatusCode::UNAUTHORIZED).into());
    assert!(failure.to_string().contains("give a header hook that returns accepted credentials"));
    assert_eq!((server.requests().len(), attempts.lock().unwrap().len()), (2, 2));
}

#[tokio::test]
async fn a_request_says_what_it_wants_and_who_asks() {
    let server = Scripted::answering([format!("{STREAM}{OPEN}")]).await;
    let mut events: EventSource<InventoryEvent> = client().subscribe(server.url()).unwrap();
    next(&mut events).await.unwrap();
    let request = &server.requests()[0];
    assert_eq!(request.line(), "GET /events");
    for (name, value) in [
        ("accept", Some("text/event-stream")),
        ("cache-control", Some("no-cache")),
        ("accept-encoding", Some("gzip")),
        ("last-event-id", None),
        ("content-length", None),
    ] {
        assert_eq!(request.header(name).as_deref(), value, "{name}");
    }
    assert!(request.header("user-agent").unwrap().starts_with("sse-runtime/"));
}

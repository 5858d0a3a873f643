//! One event is followed through the logs of two programs, by what stands in them and nothing
//! else; and nobody can write into those logs by what they send (pitfall P11).
//!
//! The server is the demo, the other end the example `listener`, each a process of its own with
//! the subscriber of `tracing_subscriber::fmt`.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

#[path = "../listener/main.rs"]
#[allow(dead_code, reason = "its `main` is that of the program")]
mod listener;
mod process;
mod program;

use std::{collections::BTreeSet, fs, path::PathBuf};

use self::{
    process::Process,
    program::{Demo, command},
};

/// What a person sets who wants to see each event.
const EVENTS: &str = "info,sse_runtime=trace";
const TRACE_ID: &str = "0af7651916cd43dd8448eb211c80319c";
const FORGED: &str = "FORGED";

/// The file of a position. Gone with the test.
struct File(PathBuf);

impl File {
    fn of(test: &str) -> Self {
        let name = format!("sse-follow-{}-{test}.position", std::process::id());
        Self(std::env::temp_dir().join(name))
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _gone = fs::remove_file(&self.0);
    }
}

async fn demo(log: &str) -> Demo {
    let mut command = command("127.0.0.1:0");
    command.env("RUST_LOG", log);
    Demo::start_by(command).await.0
}

/// A listener that has begun.
async fn listen(demo: &Demo, file: &File, log: &str) -> Process {
    let url = format!("http://{}/events/inventory?access_token=QUERY-SECRET", demo.address);
    let mut listener = Process::start_with_log(&[&url, file.0.to_str().unwrap()], log);
    listener.out_until("whole: ").await;
    listener
}

async fn publish(demo: &Demo, sku: &str, headers: &str) {
    let body = format!("{{\"type\":\"sold_out\",\"sku\":\"{sku}\"}}");
    let request = format!(
        "POST /events/inventory HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n{headers}\r\n{body}",
        body.len()
    );
    let answer = demo.send(request.as_bytes()).await.read_to_end().await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
}

/// The value of a field, as the log has it.
fn field<'l>(line: &'l str, name: &str) -> Option<&'l str> {
    let (_, value) = line.split_once(&format!("{name}="))?;
    value.split([' ', '}']).next().map(|value| value.trim_matches('"'))
}

/// The lines with the text of one event, once there are so many.
async fn lines(demo: &mut Demo, part: &str, count: usize) -> Vec<String> {
    let mut found = Vec::new();
    while found.len() < count {
        let read = demo.log_until(part).await;
        found.push(read.lines().last().unwrap().to_owned());
    }
    found
}

#[tokio::test]
async fn one_event_is_followed_from_publish_through_each_connection_to_its_handler() {
    let mut demo = demo(EVENTS).await;
    let files = [File::of("first"), File::of("second")];
    let mut first = listen(&demo, &files[0], EVENTS).await;
    let mut second = listen(&demo, &files[1], EVENTS).await;
    publish(&demo, "A-1", "").await;
    let parent = format!("traceparent: 00-{TRACE_ID}-b7ad6b7169203331-01\r\n");
    publish(&demo, "A-2", &parent).await;
    publish(&demo, "A-3", "").await;

    // Where it was published, found by the trace of whoever published it: its number.
    let server = lines(&mut demo, TRACE_ID, 3).await;
    let (published, sent): (Vec<&String>, Vec<_>) =
        server.iter().partition(|line| line.contains(": published "));
    let [published] = published[..] else { panic!("{server:?}") };
    assert!(published.contains("sse.publish{stream_source=\"inventory\""), "{published}");
    let event_seq = field(published, "event_seq").unwrap();
    assert_eq!(event_seq, "2");

    // By the number, the two connections that it went out on: their request ids.
    let by_number = format!(" event_seq={event_seq} ");
    assert!(sent.iter().all(|line| line.contains(&by_number)), "{server:?}");
    assert!(sent.iter().all(|line| line.contains(" sse.stream{request_id=")), "{server:?}");
    let at_server: BTreeSet<_> =
        sent.iter().map(|line| field(line, "request_id").unwrap().to_owned()).collect();
    assert_eq!(at_server.len(), 2, "{server:?}");

    // By request id and number, the same event at the other ends: as it came, and as the handler
    // was done with it.
    let mut at_clients = BTreeSet::new();
    for listener in [&mut first, &mut second] {
        let came = listener.log_until(&format!(": event{by_number}")).await.pop().unwrap();
        let done = listener.log_until(&format!(": changed event_seq={event_seq}")).await;
        let done = done.last().unwrap();
        for line in [&came, done] {
            assert!(line.contains(" sse.client{request_id="), "{line}");
            assert!(!line.contains("QUERY-SECRET"), "{line}");
        }
        assert_eq!(field(&came, "request_id"), field(done, "request_id"));
        assert_eq!(field(&came, "trace_id"), Some(TRACE_ID));
        at_clients.insert(field(done, "request_id").unwrap().to_owned());
    }
    assert_eq!(at_clients, at_server);
}

/// What is no line of a log, or more than one.
fn is_broken(line: &str) -> bool {
    let has_time = line.as_bytes().get(..11).is_some_and(|time| {
        time[..4].iter().all(u8::is_ascii_digit) && time[4] == b'-' && time[10] == b'T'
    });
    !has_time || line.chars().any(char::is_control)
}

#[tokio::test]
async fn a_line_of_the_log_stays_one_line_whatever_a_client_sends() {
    let mut demo = demo("trace").await;
    let long = FORGED.repeat(64 * 1024 / FORGED.len());
    let good = format!("00-{TRACE_ID}-b7ad6b7169203331-01");
    let values: Vec<Vec<u8>> = [
        "a\u{1b}[31mFORGED",
        "a\rFORGED",
        "a\r\n FORGED",
        "a\r\n\tFORGED: 1",
        "a\tFORGED",
        "a\u{85}FORGED",
        "a\u{2028}FORGED\u{9b}31m",
        "\"FORGED\" request_id=\"FORGED",
        &format!("{good}\tFORGED"),
        &format!("{good}-FORGED!"),
        &long,
    ]
    .map(|value| value.as_bytes().to_vec())
    .into_iter()
    .chain([b"\xff\xfeFORGED".to_vec(), b"a\0FORGED".to_vec()])
    .collect();
    for value in &values {
        for name in ["X-Request-ID", "traceparent", "Last-Event-ID"] {
            let head = format!("GET /events/inventory HTTP/1.1\r\nHost: localhost\r\n{name}: ");
            let request = [head.as_bytes(), value, b"\r\nConnection: close\r\n\r\n"].concat();
            let answer = demo.send(&request).await.read_until("\r\n\r\n").await;
            assert!(answer.starts_with("HTTP/1.1 "), "{answer}");
        }
    }
    for query in ["%0d%0aFORGED", "%1b%5b31mFORGED", "evt_FORGED%0a", &long] {
        let path = format!("/events/inventory?last_event_id={query}");
        demo.get(&path, "").await.read_until("\r\n\r\n").await;
    }

    // Something that comes after all of them.
    let mut last = demo.get("/events/inventory", "X-Request-ID: the-last\r\n").await;
    last.read_until("sse.open").await;
    drop(last);
    let log = demo.log_until("request_id=\"the-last\"").await;
    let broken: Vec<_> = log.lines().filter(|line| is_broken(line)).collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert!(log.lines().count() > values.len(), "{log}");
    // Nor is any of it repeated as a name of something, or as a field of a span.
    let told: Vec<_> = log.lines().filter(|line| line.contains(FORGED)).collect();
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn neither_payloads_nor_tokens_nor_positions_are_logged_unless_somebody_asks() {
    let mut demo = demo("").await;
    let file = File::of("quiet");
    let mut listener = listen(&demo, &file, "").await;
    publish(&demo, "PAYLOAD-SECRET", "Authorization: Bearer TOKEN-SECRET\r\n").await;
    listener.out_until("stock: PAYLOAD-SECRET 0").await;
    let mut heard = listener.log_until("changed").await;

    let mut reader = demo.get("/events/inventory", "").await;
    let position = program::last_id(&reader.read_until("sse.open").await);
    assert_eq!(position.len(), 28, "{position}");
    drop(reader);
    let secrets = "Authorization: Bearer TOKEN-SECRET\r\nCookie: session=COOKIE-SECRET\r\n";
    for position in [position.as_str(), "evt_POSITIONSECRET", "POSITION SECRET"] {
        let headers = format!("{secrets}Last-Event-ID: {position}\r\n");
        demo.get("/events/inventory", &headers).await.read_until("sse.open").await;
    }
    let mut last = demo.get("/events/inventory", "X-Request-ID: the-last\r\n").await;
    last.read_until("sse.open").await;
    drop(last);
    let log = demo.log_until("request_id=\"the-last\"").await;
    heard.extend(listener.kill().await);
    for text in [log, heard.join("\n").replace("stock: PAYLOAD-SECRET 0", "")] {
        let told = ["SECRET", position.as_str()].iter().any(|secret| text.contains(secret));
        assert!(!told && !text.contains("evt_"), "{text}");
    }
}

/// No test: what the tests start.
#[tokio::test]
#[ignore = "the others start it"]
async fn the_program() -> Result<(), Box<dyn std::error::Error>> {
    match process::arguments() {
        Some(arguments) => listener::listen(arguments).await,
        None => Ok(()),
    }
}

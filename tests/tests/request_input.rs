//! Requests that lie: what a client sends in its headers and its query is either taken over
//! whole, because it is good, or replaced by something that is. Nothing of it becomes a
//! header, a field or a line of the log.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

use std::net::SocketAddr;

use axum::{
    Router,
    body::Body,
    extract::FromRequestParts as _,
    http::{HeaderMap, HeaderValue, Request, StatusCode, request::Parts},
    response::IntoResponse as _,
    routing::get,
};
use futures_util::{FutureExt as _, Stream, stream};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sse_runtime::{Cx, SseEvent, sse_handler};
use sse_tests::{parser::Parser, stream::Log};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

#[derive(SseEvent)]
#[sse(source = "echo", encode_only)]
enum Echo {
    /// What the handler was told of the request.
    Seen { request_id: String, last_event_id: Option<String> },
}

#[derive(SseEvent)]
#[sse(source = "echo", encode_only)]
enum EchoOnce {
    Seen {
        last_event_id: Option<String>,
    },
    #[sse(terminal)]
    Done,
}

fn last_event_id(cx: &Cx) -> Option<String> {
    cx.last_event_id().map(ToString::to_string)
}

#[sse_handler]
async fn echo(cx: Cx) -> impl Stream<Item = Echo> {
    let request_id = cx.request_id().to_owned();
    stream::iter([Echo::Seen { request_id, last_event_id: last_event_id(&cx) }])
}

#[sse_handler(finite)]
async fn once(cx: Cx) -> impl Stream<Item = EchoOnce> {
    stream::iter([EchoOnce::Seen { last_event_id: last_event_id(&cx) }, EchoOnce::Done])
}

#[sse_handler(control_events = false)]
async fn bare(cx: Cx) -> impl Stream<Item = Echo> {
    let request_id = cx.request_id().to_owned();
    stream::iter([Echo::Seen { request_id, last_event_id: last_event_id(&cx) }])
}

/// A server on a port of its own, on the thread of the test.
async fn serve() -> SocketAddr {
    let router =
        Router::new().route("/", get(echo)).route("/once", get(once)).route("/bare", get(bare));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// Sends a request with these header lines, byte for byte. An answer of HTTP/1.0 has no
/// chunks, so that its body is what a parser reads.
async fn ask(server: SocketAddr, target: &str, lines: &[&[u8]]) -> Answer {
    ask_as("GET", server, target, lines).await
}

async fn ask_as(method: &str, server: SocketAddr, target: &str, lines: &[&[u8]]) -> Answer {
    let mut request = format!("{method} {target} HTTP/1.0\r\nhost: test\r\n").into_bytes();
    for line in lines {
        request.extend_from_slice(line);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    let mut client = TcpStream::connect(server).await.unwrap();
    client.write_all(&request).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    Answer::read(&answer)
}

/// An answer, taken apart by hand.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    fn read(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or_else(|| {
            panic!("no head: {}", bytes.escape_ascii());
        });
        let head = std::str::from_utf8(&bytes[..end]).expect("a head of ASCII");
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Self {
            status: status.parse().unwrap(),
            headers: headers.collect(),
            body: bytes[end + 4..].to_vec(),
        }
    }

    /// The value of a header that is there exactly once.
    fn header(&self, name: &str) -> &str {
        let mut values = self.headers.iter().filter(|(same, _)| same == name);
        let value = values.next().unwrap_or_else(|| panic!("no {name}: {self:?}"));
        assert!(values.next().is_none(), "{name} twice: {self:?}");
        &value.1
    }

    /// A stream as it has to be, whatever was asked: what `sse.open` says, and what the
    /// handler saw.
    fn stream(&self) -> (Open, Value) {
        assert_eq!(self.status, 200, "{self:?}");
        let mut names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        names.retain(|name| !["date", "connection"].contains(name));
        names.sort_unstable();
        assert_eq!(
            names,
            [
                "cache-control",
                "content-type",
                "x-accel-buffering",
                "x-content-type-options",
                "x-event-source",
                "x-request-id"
            ]
        );
        assert_eq!(self.header("x-event-source"), "echo");
        let (open, seen) = read_stream(&self.body);
        assert_eq!(open.request_id, self.header("x-request-id"));
        (open, seen)
    }
}

/// The data of `sse.open` that depends on the request.
#[derive(Debug, PartialEq)]
struct Open {
    resume: String,
    reason: Option<String>,
    request_id: String,
}

fn read_stream(body: &[u8]) -> (Open, Value) {
    let read = Parser::parse(body);
    assert!(read.is_between_blocks(), "{}", body.escape_ascii());
    assert!(read.comments().is_empty() && read.empty_blocks().is_empty(), "{read:?}");
    let [open, seen, bye] = read.events() else { panic!("three events: {read:?}") };
    assert_eq!([&*open.name, &*seen.name, &*bye.name], ["sse.open", "seen", "sse.bye"]);
    assert_eq!((open.source(), seen.source(), bye.source()), (None, Some("echo"), None));
    assert!(open.block.unknown.is_empty() && bye.block.unknown.is_empty());
    assert!(seen.block.ids.is_empty() && bye.block.ids.is_empty());
    assert_eq!((open.block.retries.len(), bye.block.retries.len()), (1, 1));
    assert!(seen.block.retries.is_empty());
    assert_eq!(bye.data, r#"{"reason":"complete"}"#);

    let data: Value = serde_json::from_str(&open.data).unwrap();
    assert_eq!(data["missed"], json!(0));
    assert_eq!(data["sources"], json!(["echo"]));
    let text = |field: &str| data[field].as_str().map(str::to_owned);
    let told = Open {
        resume: text("resume").unwrap(),
        reason: text("reason"),
        request_id: text("request_id").unwrap(),
    };
    // Together: a reset makes the reader forget the id that it came with.
    match told.resume.as_str() {
        "fresh" => {
            assert_eq!(told.reason, None);
            assert!(open.block.ids.is_empty(), "{read:?}");
        }
        "reset" => {
            assert_eq!(told.reason.as_deref(), Some("no_log"));
            assert_eq!(open.block.ids, [""]);
            assert!(body.starts_with(b"id:\n"), "{}", body.escape_ascii());
        }
        other => panic!("resume: {other}"),
    }
    let seen: Value = serde_json::from_str(&seen.data).unwrap();
    assert_eq!(seen["request_id"], json!(told.request_id));
    (told, seen)
}

/// Whether an id was made by the server: `req_` and 24 letters or digits.
fn is_made(id: &str) -> bool {
    id.strip_prefix("req_")
        .is_some_and(|rest| rest.len() == 24 && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

fn header(name: &str, value: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b": ", value].concat()
}

const HOSTILE_REQUEST_IDS: &[&[u8]] = &[
    b"",
    b"a b",
    b"a\tb",
    b"\"quoted\"",
    b"'a'",
    b"a\\b",
    b"a,b",
    b"a;b",
    b"a=b",
    b"a/b",
    b"a:b",
    b"<script>",
    b"${jndi:ldap://x}",
    b"{\"a\":1}",
    b"a%0d%0aset-cookie:x",
    b"a\\r\\nb",
    b"\x80\xFF\xFE",
    b"caf\xC3\xA9",
    b"\xE2\x80\xA8",
    b"\xEF\xBB\xBFa",
    b"a\xE2\x80\x8Bb",
    b"\xC0\x8A",
];

#[tokio::test]
async fn a_hostile_request_id_is_replaced() {
    let server = serve().await;
    let long = vec![b'a'; 10 * 1024];
    let just_too_long = [b'a'; 129];
    let hostile = HOSTILE_REQUEST_IDS.iter().copied().chain([&long[..], &just_too_long[..]]);
    let mut made = Vec::new();
    for value in hostile {
        let answer = ask(server, "/", &[&header("X-Request-ID", value)]).await;
        let (open, _) = answer.stream();
        assert!(is_made(&open.request_id), "{}: {open:?}", value.escape_ascii());
        made.push(open.request_id);
    }
    let (none, _) = ask(server, "/", &[]).await.stream();
    made.push(none.request_id);
    let count = made.len();
    made.sort();
    made.dedup();
    assert_eq!(made.len(), count, "every request has an id of its own");
}

#[tokio::test]
async fn a_good_request_id_is_kept() {
    let server = serve().await;
    let longest = "z".repeat(128);
    for id in ["a", "req_0", "A.b_c-9", "...", "0", "00-4bf92f3577b34da6-01", &longest] {
        let answer = ask(server, "/", &[&header("x-request-id", id.as_bytes())]).await;
        assert_eq!(answer.stream().0.request_id, id);
        // Whitespace around it is no part of the value.
        let padded = format!(" \t {id} \t");
        let answer = ask(server, "/", &[&header("X-REQUEST-ID", padded.as_bytes())]).await;
        assert_eq!(answer.stream().0.request_id, id);
    }
}

#[tokio::test]
async fn two_request_ids_are_none() {
    let server = serve().await;
    let two: [[&[u8]; 2]; 4] =
        [[b"a b", b"good"], [b"", b"good"], [b"good", b"a b"], [b"one", b"two"]];
    for [first, second] in two {
        let lines = [header("x-request-id", first), header("x-request-id", second)];
        let answer = ask(server, "/", &[&lines[0], &lines[1]]).await;
        let (open, _) = answer.stream();
        let shown = (first.escape_ascii().to_string(), second.escape_ascii().to_string());
        assert!(is_made(&open.request_id), "{shown:?} became {}", open.request_id);
    }
}

#[tokio::test]
async fn every_answer_has_the_request_id() {
    let server = serve().await;
    let terminal = header("last-event-id", b"evt_terminal0000000000000000");
    for (method, target, status) in
        [("HEAD", "/", 200), ("HEAD", "/once", 204), ("GET", "/once", 204)]
    {
        for (value, kept) in [(&b"good-1"[..], true), (b"a\tb", false)] {
            let lines = [&header("x-request-id", value)[..], &terminal];
            let answer = ask_as(method, server, target, &lines).await;
            assert_eq!((answer.status, answer.body.len()), (status, 0), "{method} {target}");
            let id = answer.header("x-request-id");
            assert!(if kept { id == "good-1" } else { is_made(id) }, "{method} {target}: {id}");
        }
    }
}

/// What a position is, once more and written by hand.
fn expected(value: &[u8]) -> (&'static str, Option<String>) {
    let good = (1..=128).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
    let id = good.then(|| String::from_utf8(value.to_vec()).unwrap());
    (if value.is_empty() { "fresh" } else { "reset" }, id)
}

const HOSTILE_POSITIONS: &[&[u8]] = &[
    b"",
    b"evt_12345678",
    b"evt_1234 5678",
    b"a\tb",
    b"msg-17:4",
    b"\"",
    b"\\n\\nevent: forged",
    b"%0d%0aid: forged",
    b"{\"resume\":\"exact\"}",
    b"\",\"resume\":\"exact\",\"x\":\"",
    b"\x80",
    b"\xFF\xFE\xFD",
    b"\xE2\x80\xA8",
    b"\xE2\x80\x8B",
    b"\xEF\xBB\xBFevt_12345678",
    b"evt_12345678\xC2\x85",
    b"\xF0\x9F\xA6\x80",
    b"\xED\xA0\x80",
    b"\xC0\x8A",
];

#[tokio::test]
async fn a_position_in_the_header_is_read_or_reset() {
    let server = serve().await;
    let long = vec![b'e'; 10 * 1024];
    let edges = [vec![b'~'; 128], vec![b'~'; 129]];
    let values = HOSTILE_POSITIONS.iter().copied().chain([&long[..], &edges[0], &edges[1]]);
    for value in values {
        // The header wins, also when it is empty.
        for target in ["/", "/?last_event_id=evt_00000000"] {
            let answer = ask(server, target, &[&header("Last-Event-ID", value)]).await;
            let (open, seen) = answer.stream();
            let (resume, id) = expected(value);
            assert_eq!(open.resume, resume, "{}", value.escape_ascii());
            assert_eq!(seen["last_event_id"], json!(id), "{}", value.escape_ascii());
        }
    }
    // Whitespace around it is no part of the value, and alone it is nothing.
    let (open, _) = ask(server, "/", &[b"last-event-id: \t "]).await.stream();
    assert_eq!(open.resume, "fresh");
    let (_, seen) = ask(server, "/", &[b"last-event-id:\tevt_12345678\t"]).await.stream();
    assert_eq!(seen["last_event_id"], "evt_12345678");
}

#[tokio::test]
async fn a_position_that_comes_twice_is_not_fresh() {
    let server = serve().await;
    let two: [[&[u8]; 2]; 3] =
        [[b"evt_12345678", b"evt_87654321"], [b"a b", b"evt_87654321"], [b"", b"evt_87654321"]];
    for [first, second] in two {
        let lines = [header("last-event-id", first), header("last-event-id", second)];
        let (open, _) = ask(server, "/", &[&lines[0], &lines[1]]).await.stream();
        assert_eq!(open.resume, "reset", "{} and another", first.escape_ascii());
    }
}

fn percent(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02X}")).collect()
}

#[tokio::test]
async fn a_position_in_the_query_is_read_or_reset() {
    let server = serve().await;
    let controls: Vec<Vec<u8>> = (0..0x20).map(|control| vec![b'a', control, b'b']).collect();
    let forged: &[&[u8]] = &[
        b"\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"\n\nevent: forged\ndata: 1\n\n",
        b"evt_12345678\0",
        b"\0",
        b"\r",
        b"\n",
        b" ",
        b"a&b=c",
    ];
    let values = HOSTILE_POSITIONS.iter().chain(forged).copied();
    for value in values.chain(controls.iter().map(Vec::as_slice)) {
        let target = format!("/?a=1&last_event_id={}&b=2", percent(value));
        let (open, seen) = ask(server, &target, &[]).await.stream();
        let (resume, id) = expected(value);
        assert_eq!(open.resume, resume, "{}", value.escape_ascii());
        assert_eq!(seen["last_event_id"], json!(id), "{}", value.escape_ascii());
    }
    for (target, resume, id) in [
        ("/?", "fresh", None),
        ("/?last_event_id", "fresh", None),
        ("/?last_event_id=", "fresh", None),
        ("/?Last_Event_Id=evt_12345678", "fresh", None),
        ("/?last_event_id=a+b", "reset", None),
        ("/?last_event_id=%", "reset", Some("%")),
        ("/?last_event_id=%zz%4", "reset", Some("%zz%4")),
        ("/?last%5Fevent%5Fid=evt_12345678", "reset", Some("evt_12345678")),
        ("/?&&=&last_event_id=evt_12345678", "reset", Some("evt_12345678")),
        ("/?last_event_id==&", "reset", Some("=")),
    ] {
        let (open, seen) = ask(server, target, &[]).await.stream();
        assert_eq!(
            (open.resume.as_str(), &seen["last_event_id"]),
            (resume, &json!(id)),
            "{target}"
        );
    }
    let long = format!("/?last_event_id={}", "e".repeat(10 * 1024));
    assert_eq!(ask(server, &long, &[]).await.stream().0.resume, "reset");
}

#[tokio::test]
async fn a_reader_without_control_events_forgets_its_position_too() {
    let server = serve().await;
    for value in HOSTILE_POSITIONS {
        let answer = ask(server, "/bare", &[&header("last-event-id", value)]).await;
        assert_eq!(answer.status, 200);
        let read = Parser::parse(&answer.body);
        let [seen] = read.events() else { panic!("one event: {read:?}") };
        assert_eq!((seen.name.as_str(), seen.last_event_id.as_str()), ("seen", ""));
        let (resume, _) = expected(value);
        let forget = if resume == "reset" { vec![String::new()] } else { vec![] };
        assert_eq!(read.empty_blocks()[0].ids, forget, "{}", value.escape_ascii());
    }
}

#[tokio::test]
async fn only_the_very_id_of_the_end_ends_a_reader() {
    let server = serve().await;
    let end = "evt_terminal0000000000000000";
    let bytes = end.as_bytes();
    assert_eq!(ask(server, "/once", &[&header("last-event-id", bytes)]).await.status, 204);
    let query = format!("/once?last_event_id={}", percent(bytes));
    assert_eq!(ask(server, &query, &[]).await.status, 204);
    for near in ["evt_terminal000000000000000", "EVT_TERMINAL0000000000000000", "terminal"] {
        let answer = ask(server, "/once", &[&header("last-event-id", near.as_bytes())]).await;
        assert_eq!(answer.status, 200, "{near}");
    }
    let broken = [bytes, b"\xFF"].concat();
    assert_eq!(ask(server, "/once", &[&header("last-event-id", &broken)]).await.status, 200);
    // An endless stream has no such end.
    let (open, _) = ask(server, "/", &[&header("last-event-id", bytes)]).await.stream();
    assert_eq!(open.resume, "reset");
}

/// What HTTP itself forbids never reaches a handler, and the server goes on.
#[tokio::test]
async fn what_http_forbids_is_refused_and_the_server_goes_on() {
    let server = serve().await;
    for value in [&b"a\0b"[..], b"a\rb", b"a\x01b", b"a\x7Fb", b"a\r\n folded"] {
        for name in ["x-request-id", "last-event-id"] {
            let answer = ask(server, "/", &[&header(name, value)]).await;
            if answer.status != 400 {
                let (open, seen) = answer.stream();
                assert!(is_made(&open.request_id), "{}: {open:?}", value.escape_ascii());
                assert_eq!(seen["last_event_id"], json!(null), "{}", value.escape_ascii());
            }
        }
    }
    assert_eq!(ask(server, "/", &[]).await.stream().0.resume, "fresh");
}

// Without a socket, for many.

/// A generator of numbers that gives the same in each run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        number ^ (number >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// Bytes from one of several alphabets, of a length that is mostly short.
    fn bytes(&mut self) -> Vec<u8> {
        let length = match self.below(16) {
            0 => 0,
            1 => 120 + self.below(20),
            _ => 1 + self.below(24),
        };
        let alphabet = self.below(4);
        let byte = |numbers: &mut Self| match alphabet {
            0 => u8::try_from(numbers.below(256)).unwrap(),
            1 => 0x21 + u8::try_from(numbers.below(0x5E)).unwrap(),
            2 => b"azAZ09._-"[numbers.below(9)],
            _ => b"\t \"\\:,\n\r\0\x7F\x80\xC2\x85\xE2\xA8aZ0_"[numbers.below(19)],
        };
        (0..length).map(|_| byte(self)).collect()
    }
}

fn parts(uri: &str, headers: HeaderMap) -> Parts {
    let mut request = Request::new(Body::empty());
    *request.uri_mut() = uri.parse().unwrap();
    *request.headers_mut() = headers;
    request.into_parts().0
}

fn extract(mut parts: Parts) -> Cx {
    let extracted = Cx::from_request_parts(&mut parts, &()).now_or_never();
    let Ok(cx) = extracted.expect("nothing to wait for");
    cx
}

/// The rule of a request id, once more and written by hand.
fn is_request_id(value: &[u8]) -> bool {
    (1..=128).contains(&value.len())
        && value.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte))
}

#[test]
fn a_hundred_thousand_byte_strings() {
    let mut numbers = Numbers(7);
    let (mut headers_seen, mut kept, mut read) = (0, 0, 0);
    for round in 0..100_000 {
        let (id, position) = (numbers.bytes(), numbers.bytes());
        let mut headers = HeaderMap::new();
        if let Ok(value) = HeaderValue::from_bytes(&id) {
            headers.insert("x-request-id", value);
        }
        let in_header = round % 2 == 0;
        let mut uri = String::from("/");
        let mut sent: &[u8] = b"";
        if !in_header {
            uri = format!("/?last_event_id={}", percent(&position));
            sent = &position;
        } else if let Ok(value) = HeaderValue::from_bytes(&position) {
            headers_seen += 1;
            headers.insert("last-event-id", value);
            sent = &position;
        }
        let good = headers.contains_key("x-request-id") && is_request_id(&id);

        let cx = extract(parts(&uri, headers));

        let told = cx.request_id();
        assert!(if good { told.as_bytes() == id } else { is_made(told) }, "{}", id.escape_ascii());
        let (resume, expected) = expected(sent);
        assert_eq!(last_event_id(&cx), expected, "{}", sent.escape_ascii());
        kept += usize::from(good);
        read += usize::from(expected.is_some());

        // The whole answer, for some of them.
        if round % 20 == 0 {
            let answer = echo(cx).now_or_never().expect("an event is ready").into_response();
            assert_eq!(answer.status(), StatusCode::OK);
            let body = answer.into_body().collect().now_or_never().unwrap().unwrap().to_bytes();
            let (open, seen) = read_stream(&body);
            assert_eq!(open.resume, resume, "{}", sent.escape_ascii());
            assert_eq!(seen["last_event_id"], json!(expected));
        }
    }
    // Good and bad were both among them, in numbers.
    for many in [headers_seen, kept, read, 100_000 - kept, 100_000 - read] {
        assert!(many > 5_000, "{headers_seen} headers, {kept} kept, {read} read");
    }
}

// The log.

#[tokio::test]
async fn a_line_of_the_log_stays_one_line() {
    let log = Log::of_this_thread();
    let server = serve().await;
    let mut asked = 0;
    let forged = b"a\r\n INFO forged";
    for value in HOSTILE_REQUEST_IDS.iter().chain(HOSTILE_POSITIONS) {
        let lines = [header("x-request-id", value), header("last-event-id", value)];
        ask(server, "/", &[&lines[0], &lines[1]]).await.stream();
        let target = format!("/?last_event_id={}{}", percent(forged), percent(value));
        ask(server, &target, &[&lines[0], b"user-agent: \"\xFF\x85"]).await.stream();
        asked += 2;
    }
    let text = log.text();
    assert!(text.is_ascii() && !text.contains(|c: char| c.is_control() && c != '\n'), "{text:?}");
    assert!(!text.contains("forged"), "{text}");
    // Every line begins where the subscriber begins one, with the id that was checked.
    for line in text.lines() {
        let Some((level, rest)) = line.split_once(" sse.stream{request_id=\"") else {
            panic!("another line: {line:?}")
        };
        assert!(["INFO", "TRACE"].contains(&level.trim()), "{line:?}");
        let (id, _) = rest.split_once('"').unwrap();
        assert!(is_request_id(id.as_bytes()), "{line:?}");
    }
    let lines_with = |text: &str, part| text.lines().filter(|line| line.contains(part)).count();
    assert_eq!(lines_with(&text, ": stream ended reason=\"complete\" events=1 "), asked, "{text}");
    assert_eq!(lines_with(&text, "event_name=\"seen\""), asked, "{text}");
    assert_eq!(text.lines().count(), 2 * asked, "{text}");
}

#[test]
fn nothing_that_was_sent_is_in_the_finest_log() {
    let log = Log::of_this_thread();
    let mut numbers = Numbers(11);
    for _ in 0..300 {
        let mut headers = HeaderMap::new();
        let secret = [b"MARK".to_vec(), numbers.bytes(), b"\xFF\t".to_vec()].concat();
        for name in ["x-request-id", "last-event-id"] {
            if let Ok(value) = HeaderValue::from_bytes(&secret) {
                headers.insert(name, value);
            }
        }
        let uri = format!("/?last_event_id={}", percent(&secret));
        let answer = echo(extract(parts(&uri, headers))).now_or_never().unwrap().into_response();
        let _body = answer.into_body().collect().now_or_never().unwrap().unwrap();
    }
    let text = log.text();
    assert!(text.contains("event_name=\"seen\""), "the finest log is on: {text:.300}");
    assert!(text.is_ascii() && !text.contains("MARK"), "{text}");
    assert!(text.lines().all(|line| line.contains("sse.stream{request_id=\"req_")), "{text}");
}

#[test]
fn a_forgery_would_be_seen() {
    let good = "id:\nevent: sse.open\nretry: 3000\ndata: {\"resume\":\"reset\",\"missed\":0,\
                \"reason\":\"no_log\",\"heartbeat_ms\":15000,\"sources\":[\"echo\"],\
                \"request_id\":\"r\"}\n\nevent: seen\nsource: echo\ndata: {\"request_id\":\"r\",\
                \"last_event_id\":null}\n\nevent: sse.bye\nretry: 1\ndata: {\"reason\":\"complete\"}\n\n";
    assert_eq!(read_stream(good.as_bytes()).0.resume, "reset");
    let wrong = [
        good.replacen("id:\n", "", 1),
        good.replacen("id:\n", "id: forged\n", 1),
        good.replace("reset", "fresh"),
        good.replace("reset", "exact"),
        good.replace("event: seen", "id: forged\nevent: seen"),
        good.replace("event: seen", "retry: 1\nevent: seen"),
        good.replace("event: seen", "forged: 1\nevent: seen"),
        good.replace("event: seen", "event: forged\ndata: 1\n\nevent: seen"),
        good.replacen("\"r\"", "\"s\"", 1),
        format!("{good}: comment\n\n"),
        format!("{good}data: half"),
    ];
    for stream in wrong {
        assert_ne!(stream, good);
        let verdict = std::panic::catch_unwind(|| read_stream(stream.as_bytes()));
        assert!(verdict.is_err(), "nobody saw it: {stream}");
    }
    for head in ["x-request-id: a\r\nx-request-id: b", "x-forged: 1\r\nx-request-id: r"] {
        let answer = Answer::read(format!("HTTP/1.0 200 OK\r\n{head}\r\n\r\n{good}").as_bytes());
        assert!(std::panic::catch_unwind(|| answer.stream()).is_err(), "{head}");
    }
}

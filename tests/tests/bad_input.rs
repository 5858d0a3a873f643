//! Events that cannot be sent, and handlers that fail: nothing is half-written, the sender
//! is told, and the reader learns that it went wrong but not what.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::{
    collections::BTreeMap,
    convert::Infallible,
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::{Stream, StreamExt as _, stream};
use http_body_util::BodyExt as _;
use serde::{
    Deserialize, Serialize, Serializer,
    ser::{Error as _, SerializeSeq as _, SerializeStruct as _},
};
use serde_json::{Value, json, value::RawValue};
use sse_runtime::{
    Cx, EncodeError, EncodeEvent, EventStream, Events, FrameBuffer, ReadError, Reason, SendError,
    SseEvent, call, decode, encode, encode_into, sse_handler,
};
use sse_tests::{parser::Parser, stream::Log};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What a client must never see.
const SECRET: &str = "SECRET-4711";

/// A payload that fails after it has written this much.
#[derive(Debug, Clone, Deserialize)]
struct Fails {
    items: usize,
    how: How,
}

#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
enum How {
    Error,
    Panic,
}

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.items == 0 {
            return self.fail();
        }
        let mut seq = serializer.serialize_seq(None)?;
        for _ in 0..self.items {
            seq.serialize_element(SECRET)?;
        }
        self.fail::<(), S::Error>()?;
        seq.end()
    }
}

impl Fails {
    fn fail<T, E: serde::ser::Error>(&self) -> Result<T, E> {
        match self.how {
            How::Error => Err(E::custom(format_args!("{SECRET} in the error"))),
            How::Panic => panic!("{SECRET} in the panic"),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Deep {
    text: String,
    list: Vec<Option<Fails>>,
}

#[derive(SseEvent, Debug)]
#[sse(source = "bad")]
enum BadEvent {
    Good(u32),
    Text(String),
    Alone(Fails),
    Tuple(u8, Fails, String),
    Struct { before: String, fails: Fails, after: String },
    Deep(Deep),
}

impl BadEvent {
    /// Every place in which a payload can fail.
    fn everywhere(fails: &Fails) -> [Self; 4] {
        let text = || "text\r\n".to_owned();
        [
            Self::Alone(fails.clone()),
            Self::Tuple(7, fails.clone(), text()),
            Self::Struct { before: text(), fails: fails.clone(), after: text() },
            Self::Deep(Deep { text: text(), list: vec![None, Some(fails.clone())] }),
        ]
    }
}

/// A buffer that holds a frame already.
fn begun() -> FrameBuffer {
    let mut buffer = FrameBuffer::new();
    encode_into(&BadEvent::Good(1), &mut buffer).unwrap();
    buffer
}

/// Asserts that an event is refused and that nothing of it is left behind.
fn assert_refused(event: &(impl EncodeEvent + fmt::Debug)) -> EncodeError {
    let mut buffer = begun();
    let before = buffer.as_bytes().to_vec();
    let Err(error) = encode_into(event, &mut buffer) else {
        panic!("encoded: {}", buffer.as_bytes()[before.len()..].escape_ascii())
    };
    assert_eq!(buffer.as_bytes(), before, "{event:?}");

    encode_into(&BadEvent::Text("next".into()), &mut buffer).unwrap();
    let read = Parser::parse(buffer.as_bytes());
    let data: Vec<&str> = read.events().iter().map(|event| event.data.as_str()).collect();
    assert_eq!(data, ["1", "\"next\""]);
    assert!(read.is_between_blocks());

    assert!(encode(event).is_err());
    assert_eq!(encode(&BadEvent::Good(2)).unwrap().data(), "2");
    error
}

#[test]
fn a_payload_that_fails_half_way_leaves_nothing() {
    for items in [0, 1, 1_000, 100_000] {
        for event in BadEvent::everywhere(&Fails { items, how: How::Error }) {
            let EncodeError::Payload { event: name, source, .. } = assert_refused(&event) else {
                panic!("another error")
            };
            assert!(["alone", "tuple", "struct", "deep"].contains(&name), "{name}");
            assert_eq!(source.to_string(), format!("{SECRET} in the error"));
        }
    }
}

#[test]
fn a_payload_that_panics_leaves_the_encoder_usable() {
    for event in BadEvent::everywhere(&Fails { items: 3, how: How::Panic }) {
        assert!(catch_unwind(AssertUnwindSafe(|| encode(&event))).is_err());
        assert_eq!(encode(&BadEvent::Good(2)).unwrap().data(), "2");
    }
}

#[test]
fn a_payload_that_panics_leaves_the_buffer_as_it_was() {
    for event in BadEvent::everywhere(&Fails { items: 3, how: How::Panic }) {
        let mut buffer = begun();
        let before = buffer.as_bytes().to_vec();
        assert!(catch_unwind(AssertUnwindSafe(|| encode_into(&event, &mut buffer))).is_err());
        assert_eq!(
            buffer.as_bytes().escape_ascii().to_string(),
            before.escape_ascii().to_string(),
            "a caller that goes on would send half a frame"
        );
    }
}

/// A payload that encodes an event of its own while it is encoded.
#[derive(Debug)]
struct Nested;

impl Serialize for Nested {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let inner = encode(&BadEvent::Text("inner\n".into())).map_err(S::Error::custom)?;
        serializer.serialize_str(&inner.data())
    }
}

#[derive(SseEvent, Debug)]
#[sse(source = "bad", encode_only)]
enum Sent<T> {
    Value(T),
    Field { before: u8, value: T },
    Pair(T, u8),
}

#[test]
fn an_event_may_be_encoded_within_another() {
    let frame = encode(&Sent::Field { before: 1, value: Nested }).unwrap();
    assert_eq!(frame.data(), r#"{"before":1,"value":"\"inner\\n\""}"#);
}

#[test]
fn ten_mebibytes_arrive() {
    let piece = "漢字\r\n\n\u{2028}\0 \"\\data: x\n\nevent: forged\n\n🦀";
    let text = piece.repeat(10 * 1024 * 1024 / piece.len() + 1);
    let mut buffer = begun();
    encode_into(&BadEvent::Text(text.clone()), &mut buffer).unwrap();
    encode_into(&BadEvent::Good(2), &mut buffer).unwrap();
    assert!(buffer.len() > 10 * 1024 * 1024);

    let read = Parser::parse_chunks(buffer.as_bytes().chunks(64 * 1024 - 1));
    let [_, long, last] = read.events() else { panic!("three events") };
    assert_eq!((last.name.as_str(), last.data.as_str()), ("good", "2"));
    assert_eq!(long.block.lines, 1);
    let BadEvent::Text(back) = decode("text", &long.data).unwrap() else { panic!("text") };
    assert!(back == text, "the text has changed");
    // What was kept to write into is free again, and small events are as before.
    assert_eq!(encode(&BadEvent::Text(text)).unwrap().data().len(), long.data.len());
    assert_eq!(encode(&BadEvent::Good(3)).unwrap().data(), "3");
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Sku {
    text: String,
}

#[test]
fn keys_that_are_no_text_are_refused() {
    let key = || Sku { text: "a\n".into() };
    assert_refused(&Sent::Value(BTreeMap::from([(key(), 1)])));
    assert_refused(&Sent::Field { before: 1, value: BTreeMap::from([(key(), 1)]) });
    assert_refused(&Sent::Pair(BTreeMap::from([(vec![1], 1)]), 2));
    assert_refused(&Sent::Value(BTreeMap::from([((1, 2), 1)])));
    assert_refused(&Sent::Value(BTreeMap::from([((), 1)])));
    assert_refused(&Sent::Value(vec![BTreeMap::from([(None::<u8>, 1)])]));
    // After good ones too.
    let late = BTreeMap::from([("a", BTreeMap::new()), ("b", BTreeMap::from([(key(), 1)]))]);
    assert_refused(&Sent::Value(late));
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "keys")]
enum Keyed {
    Signed(BTreeMap<i64, u8>),
    Huge(BTreeMap<u128, u8>),
    Letters(BTreeMap<char, u8>),
    Flags(BTreeMap<bool, u8>),
    Field { map: BTreeMap<i8, BTreeMap<u64, String>> },
}

#[test]
fn keys_that_have_one_spelling_become_text_and_come_back() {
    let signed = BTreeMap::from([(i64::MIN, 1), (-1, 2), (0, 3), (i64::MAX, 4)]);
    let frame = encode(&Keyed::Signed(signed.clone())).unwrap();
    assert_eq!(frame.data(), r#"{"-9223372036854775808":1,"-1":2,"0":3,"9223372036854775807":4}"#);
    let inner = BTreeMap::from([(u64::MAX, "\r".to_owned()), (0, String::new())]);
    for event in [
        Keyed::Signed(signed),
        Keyed::Huge(BTreeMap::from([(0, 1), (u128::MAX, 2)])),
        Keyed::Letters(BTreeMap::from([
            ('\n', 1),
            ('\r', 2),
            ('\0', 3),
            ('\u{2028}', 4),
            ('"', 5),
        ])),
        Keyed::Flags(BTreeMap::from([(false, 1), (true, 2)])),
        Keyed::Field { map: BTreeMap::from([(-128, inner)]) },
    ] {
        let read = Parser::parse(encode(&event).unwrap().as_bytes());
        let [got] = read.events() else { panic!("one event: {read:?}") };
        assert_eq!(decode::<Keyed>(&got.name, &got.data).unwrap(), event);
    }
}

#[derive(Debug, Clone, Serialize)]
enum Holder {
    Newtype(f64),
    Tuple(u8, f64),
    Struct { number: Option<f64> },
}

#[derive(Debug, Clone, Serialize)]
struct Unnamed(f64);

#[derive(Debug, Clone, Serialize)]
struct Flat {
    name: String,
    #[serde(flatten)]
    rest: BTreeMap<String, f64>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(tag = "kind")]
enum Tagged {
    Reading { number: f64 },
}

#[test]
fn nan_and_the_infinities_are_refused_at_every_depth() {
    fn refused<T: Serialize + Clone + fmt::Debug>(value: T) {
        let told = assert_refused(&Sent::Value(value.clone())).to_string();
        assert!(told.contains("NaN or infinite"), "{told}");
        assert_refused(&Sent::Field { before: 1, value: value.clone() });
        assert_refused(&Sent::Pair(value.clone(), 1));
        assert_refused(&Sent::Value(vec![Some(value.clone())]));
        assert_refused(&Sent::Value(BTreeMap::from([("k", ((1, value),))])));
    }
    for number in [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        refused(number);
        refused(Box::new(number));
        refused([1.0, number]);
        refused((number, "text"));
        refused(Unnamed(number));
        refused(Holder::Newtype(number));
        refused(Holder::Tuple(1, number));
        refused(Holder::Struct { number: Some(number) });
        refused(Flat { name: "n".into(), rest: BTreeMap::from([("a".into(), number)]) });
        refused(Tagged::Reading { number });
    }
    for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        refused(number);
        refused(vec![BTreeMap::from([("a", [number])])]);
    }
    // A value that is none stays null: it was sent so.
    assert_eq!(
        encode(&Sent::Value(Holder::Struct { number: None })).unwrap().data(),
        r#"{"Struct":{"number":null}}"#
    );
    // `serde_json::Value` cannot hold one: it made it null before it was ours.
    assert_eq!(encode(&Sent::Value(json!(f64::NAN))).unwrap().data(), "null");
}

#[derive(SseEvent, Debug)]
#[sse(source = "raw")]
enum RawEvent {
    Whole(Box<RawValue>),
    Field { raw: Box<RawValue>, text: String },
}

#[test]
fn lone_surrogates_pass_as_they_are_and_are_no_text() {
    for escape in [r"\ud800", r"\udfff", r"\uD800\uD800", r"\udc00\ud800", r"a\ud800\n\udc00"] {
        let json = format!("\"{escape}\"");
        let raw = || RawValue::from_string(json.clone()).unwrap();
        let mut buffer = FrameBuffer::new();
        encode_into(&RawEvent::Whole(raw()), &mut buffer).unwrap();
        encode_into(&RawEvent::Field { raw: raw(), text: "é".into() }, &mut buffer).unwrap();
        let read = Parser::parse_chunks(buffer.as_bytes().chunks(1));
        let [whole, field] = read.events() else { panic!("two events: {read:?}") };
        assert_eq!(whole.data, json);
        assert_eq!(field.data, format!("{{\"raw\":{json},\"text\":\"é\"}}"));

        let RawEvent::Whole(back) = decode("whole", &whole.data).unwrap() else { panic!("whole") };
        assert_eq!(back.get(), json);
        assert!(serde_json::from_str::<String>(&json).is_err());
        assert!(decode::<BadEvent>("text", &whole.data).is_err());
    }
    // In pairs they are a character.
    assert!(
        matches!(decode("text", r#""\ud83e\udd80""#), Ok(BadEvent::Text(crab)) if crab == "🦀")
    );
}

/// Text that claims to be JSON, by the door that `RawValue` uses.
#[derive(Debug)]
struct Forger(&'static str);

impl Serialize for Forger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const TOKEN: &str = "$serde_json::private::RawValue";
        let mut raw = serializer.serialize_struct(TOKEN, 1)?;
        raw.serialize_field(TOKEN, self.0)?;
        raw.end()
    }
}

#[test]
fn text_that_only_claims_to_be_json_forges_nothing() {
    for text in [
        "",
        " ",
        "\n",
        "\r\n\r",
        "x\n\nevent: forged\ndata: 1\n\n",
        "x\rid: forged\r\rdata: 1",
        "\r\n\r\nretry: 1\r\n\r\n",
        ": comment\n:",
        "\u{FEFF}data: 1",
        "[",
        "{",
        "\0",
    ] {
        for event in [
            Sent::Value(Forger(text)),
            Sent::Pair(Forger(text), 1),
            Sent::Field { before: 1, value: Forger(text) },
        ] {
            let mut buffer = begun();
            encode_into(&event, &mut buffer).unwrap();
            encode_into(&BadEvent::Good(2), &mut buffer).unwrap();
            let read = Parser::parse(buffer.as_bytes());
            let [_, forged, last] = read.events() else { panic!("three events: {read:?}") };
            assert_eq!(last.data, "2");
            assert_eq!(forged.source(), Some("bad"));
            assert!(["value", "pair", "field"].contains(&forged.name.as_str()), "{text:?}");
            assert!(forged.data.contains(&text.replace("\r\n", "\n").replace('\r', "\n")));
            assert!(forged.block.ids.is_empty() && forged.block.retries.is_empty());
            assert!(read.comments().is_empty() && read.empty_blocks().is_empty());
        }
    }
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "edge")]
enum Edge {
    Unsigned(u64),
    Signed { least: i64, most: i64 },
    Huge(i128, i128, u128),
}

#[test]
fn numbers_at_the_edge_keep_every_digit() {
    let events = [
        (Edge::Unsigned(u64::MAX), "18446744073709551615"),
        (
            Edge::Signed { least: i64::MIN, most: i64::MAX },
            r#"{"least":-9223372036854775808,"most":9223372036854775807}"#,
        ),
        (
            Edge::Huge(i128::MIN, i128::MAX, u128::MAX),
            "[-170141183460469231731687303715884105728,\
             170141183460469231731687303715884105727,\
             340282366920938463463374607431768211455]",
        ),
    ];
    for (event, json) in events {
        let frame = encode(&event).unwrap();
        assert_eq!(frame.data(), json);
        assert_eq!(decode::<Edge>(frame.event().unwrap(), json).unwrap(), event);
    }
    for out_of_range in ["18446744073709551616", "-1", "1.0", "1e400", "\"1\"", "null", ""] {
        assert!(decode::<Edge>("unsigned", out_of_range).is_err(), "{out_of_range}");
    }
}

#[test]
fn data_that_does_not_fit_is_an_error_and_no_panic() {
    let deep = "[".repeat(200_000);
    let objects = "{\"raw\":".repeat(200_000);
    for data in [
        "",
        " ",
        "nul",
        "\"",
        "\"\\",
        "\"\n\"",
        "{",
        "{\"raw\"",
        "{\"raw\":1,\"raw\":2}",
        "[1,]",
        "{\"text\":\"\",\"raw\":}",
        "\u{FEFF}1",
        "\0",
        "1 2",
        &deep,
        &objects,
    ] {
        assert!(decode::<RawEvent>("field", data).is_err(), "{data:.20}");
        assert!(decode::<BadEvent>("text", data).is_err(), "{data:.20}");
        assert!(decode::<BadEvent>("tuple", data).is_err(), "{data:.20}");
        assert!(decode::<BadEvent>("no\nsuch\0name", data).is_err());
    }
    let unknown = decode::<BadEvent>("a\r\nforged line", "1").unwrap_err().to_string();
    assert!(!unknown.contains(['\r', '\n']), "{unknown:?}");
}

// Through a handler.

/// An error of a handler that would tell the client too much.
#[derive(Debug)]
struct Leaky;

impl IntoResponse for Leaky {
    fn into_response(self) -> Response {
        (StatusCode::IM_A_TEAPOT, [("x-leak", SECRET)], SECRET).into_response()
    }
}

impl From<SendError> for Leaky {
    fn from(_: SendError) -> Self {
        Self
    }
}

/// What a handler does next.
#[derive(Debug, Clone, Copy)]
enum Do {
    Send(u32),
    SendBad(How),
    Fail,
    Panic,
    Wait,
}

/// A handler that follows its script.
type Script = &'static [Do];

fn bad(how: How) -> BadEvent {
    BadEvent::Struct { before: SECRET.into(), fails: Fails { items: 2, how }, after: "x".into() }
}

#[sse_handler]
async fn streams(State(script): State<Script>) -> impl Stream<Item = Result<BadEvent, Leaky>> {
    stream::iter(script).filter_map(|step| async {
        match *step {
            Do::Send(number) => Some(Ok(BadEvent::Good(number))),
            Do::SendBad(how) => Some(Ok(bad(how))),
            Do::Fail => Some(Err(Leaky)),
            Do::Panic => panic!("{SECRET} in the handler"),
            Do::Wait => {
                tokio::task::yield_now().await;
                None
            }
        }
    })
}

#[sse_handler]
async fn sends(State(script): State<Script>, out: Events<BadEvent>) -> Result<(), Leaky> {
    follow(script, &out).await
}

/// The same with a head that waits for the first event.
#[sse_handler(first = "10s")]
async fn waits(State(script): State<Script>, out: Events<BadEvent>) -> Result<(), Leaky> {
    follow(script, &out).await
}

async fn follow(script: Script, out: &Events<BadEvent>) -> Result<(), Leaky> {
    for step in script {
        match *step {
            Do::Send(number) => out.send(BadEvent::Good(number)).await?,
            Do::SendBad(how) => out.send(bad(how)).await?,
            Do::Fail => return Err(Leaky),
            Do::Panic => panic!("{SECRET} in the handler"),
            Do::Wait => tokio::task::yield_now().await,
        }
    }
    Ok(())
}

/// A server on a port of its own, and what it answers to one request, byte for byte. An
/// answer of HTTP/1.0 has no chunks between which a text could hide.
async fn answer(router: Router, path: &str) -> Vec<u8> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut client = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nhost: test\r\n\r\n");
    client.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).await.unwrap();
    server.abort();
    answer
}

fn router(script: Script) -> Router {
    Router::new()
        .route("/streams", get(streams))
        .route("/sends", get(sends))
        .route("/waits", get(waits))
        .with_state(script)
}

fn split_head(answer: &[u8]) -> (&str, &[u8]) {
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
    (std::str::from_utf8(&answer[..end]).unwrap(), &answer[end + 4..])
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// The events of a body as (name, data), without the numbers that differ in each run.
fn events(body: &[u8]) -> Vec<(String, String)> {
    let read = Parser::parse(body);
    assert!(read.is_between_blocks(), "{}", body.escape_ascii());
    assert!(read.comments().is_empty() && read.empty_blocks().is_empty());
    for event in read.events() {
        let own = event.name.starts_with("sse.");
        assert_eq!(event.source(), if own { None } else { Some("bad") });
        assert!(event.block.ids.is_empty());
    }
    let events = read.events().iter();
    events
        .filter(|event| event.name != "sse.open")
        .map(|event| (event.name.clone(), event.data.clone()))
        .collect()
}

fn good_then_bye(numbers: &[u32], reason: &str) -> Vec<(String, String)> {
    let good = numbers.iter().map(|number| ("good".to_owned(), number.to_string()));
    good.chain([("sse.bye".to_owned(), json!({ "reason": reason }).to_string())]).collect()
}

/// Asserts that a text of the server is nowhere on the wire.
fn assert_hidden(answer: &[u8]) {
    assert!(!contains(answer, SECRET), "leaked: {}", answer.escape_ascii());
    assert!(!contains(answer, "x-leak"), "leaked: {}", answer.escape_ascii());
}

#[tokio::test]
async fn what_fails_before_the_first_event_is_a_status() {
    let scripts: &[Script] = &[
        &[Do::SendBad(How::Error)],
        &[Do::SendBad(How::Panic)],
        &[Do::Panic],
        &[Do::SendBad(How::Error), Do::Send(1)],
    ];
    for script in scripts {
        for path in ["/streams", "/sends", "/waits"] {
            let answer = answer(router(script), path).await;
            let (head, body) = split_head(&answer);
            let own = path != "/streams" && matches!(script[0], Do::SendBad(How::Error));
            if own {
                // The handler made an answer of its own out of the error.
                assert!(head.starts_with("HTTP/1.0 418 "), "{path} {script:?}: {head}");
                assert_eq!(body, SECRET.as_bytes());
            } else {
                assert!(head.starts_with("HTTP/1.0 500 "), "{path} {script:?}: {head}");
                assert_eq!(body, b"", "{path} {script:?}");
                assert_hidden(&answer);
            }
            assert_eq!(head.matches("x-request-id: req_").count(), 1, "{head}");
            assert!(!head.contains("text/event-stream"), "{head}");
        }
    }
}

#[tokio::test]
async fn a_head_that_waits_makes_a_late_failure_a_status() {
    let answer = answer(router(&[Do::Wait, Do::SendBad(How::Panic)]), "/waits").await;
    assert!(answer.starts_with(b"HTTP/1.0 500 "), "{}", answer.escape_ascii());
    assert_hidden(&answer);
}

#[tokio::test]
async fn what_fails_after_the_first_event_is_a_typed_end_and_no_text() {
    let scripts: &[(Script, &[u32])] = &[
        (&[Do::Send(1), Do::SendBad(How::Error)], &[1]),
        (&[Do::Send(1), Do::SendBad(How::Panic)], &[1]),
        (&[Do::Send(1), Do::Fail], &[1]),
        (&[Do::Send(1), Do::Panic], &[1]),
        // In the middle of a batch: what came before it is whole, what comes after is gone.
        (
            &[Do::Send(1), Do::Send(2), Do::Send(3), Do::SendBad(How::Error), Do::Send(4)],
            &[1, 2, 3],
        ),
        (
            &[Do::Send(1), Do::Send(2), Do::Send(3), Do::SendBad(How::Panic), Do::Send(4)],
            &[1, 2, 3],
        ),
        (&[Do::Send(1), Do::Wait, Do::Send(2), Do::Panic], &[1, 2]),
        // The head is out, though there was no event.
        (&[Do::Wait, Do::SendBad(How::Error)], &[]),
        (&[Do::Wait, Do::SendBad(How::Panic)], &[]),
        (&[Do::Wait, Do::Fail], &[]),
        (&[Do::Wait, Do::Panic], &[]),
    ];
    for (script, numbers) in scripts {
        for path in ["/streams", "/sends"] {
            let answer = answer(router(script), path).await;
            let (head, body) = split_head(&answer);
            assert!(head.starts_with("HTTP/1.0 200 "), "{path} {script:?}: {head}");
            assert_eq!(events(body), good_then_bye(numbers, "error"), "{path} {script:?}");
            assert_hidden(&answer);
        }
    }
}

#[tokio::test]
async fn the_same_without_a_server() {
    let script: Script = &[Do::Send(1), Do::Send(2), Do::SendBad(How::Error)];
    let answers: [EventStream; 2] =
        [call!(streams(State(script))).await, call!(sends(State(script))).await];
    for answer in answers {
        assert_eq!(answer.status(), StatusCode::OK);
        let mut typed = answer.events::<BadEvent>();
        for number in [1, 2] {
            let got = typed.next().await.unwrap().unwrap();
            assert!(matches!(got, BadEvent::Good(same) if same == number));
        }
        let end = typed.next().await.unwrap().unwrap_err();
        assert!(matches!(end, ReadError::Ended(Reason::Error)), "{end}");
        assert!(!end.to_string().contains(SECRET));
        assert!(typed.next().await.is_none());
    }

    let script: Script = &[Do::SendBad(How::Error)];
    let answer = call!(streams(State(script))).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let body = answer.into_response().into_body().collect().await.unwrap().to_bytes();
    assert!(body.is_empty());
    let refused = call!(streams(State(script))).await.events::<BadEvent>().next().await;
    assert!(matches!(refused, Some(Err(ReadError::Refused(StatusCode::INTERNAL_SERVER_ERROR)))));
}

/// A sender is told which event was not sent, and may go on without it.
#[sse_handler]
async fn goes_on(out: Events<BadEvent>) -> Result<(), SendError> {
    out.send(BadEvent::Good(1)).await?;
    for event in BadEvent::everywhere(&Fails { items: 1, how: How::Error }) {
        let told = out.send(event).await;
        assert!(matches!(told, Err(SendError::Encode(_))), "{told:?}");
    }
    out.send(BadEvent::Good(2)).await
}

#[tokio::test]
async fn a_sender_may_go_on_without_the_event() {
    let answer = answer(Router::new().route("/", get(goes_on)), "/").await;
    let (_, body) = split_head(&answer);
    assert_eq!(events(body), good_then_bye(&[1, 2], "complete"));
    assert_hidden(&answer);
}

/// The error of a sender, handed on: it has an answer of its own that tells nothing.
#[sse_handler]
async fn hands_on(State(script): State<Script>, out: Events<BadEvent>) -> Result<(), SendError> {
    for step in script {
        match *step {
            Do::Send(number) => out.send(BadEvent::Good(number)).await?,
            _ => out.send(bad(How::Error)).await?,
        }
    }
    Ok(())
}

#[tokio::test]
async fn the_error_of_a_sender_is_an_answer_without_a_text() {
    let hands_on = |script: Script| Router::new().route("/", get(hands_on)).with_state(script);
    let refused = answer(hands_on(&[Do::Fail]), "/").await;
    assert!(refused.starts_with(b"HTTP/1.0 500 "), "{}", refused.escape_ascii());
    assert_hidden(&refused);
    let ended = answer(hands_on(&[Do::Send(1), Do::Fail]), "/").await;
    assert_eq!(events(split_head(&ended).1), good_then_bye(&[1], "error"));
    assert_hidden(&ended);
}

#[sse_handler]
async fn long_text(State(text): State<Arc<str>>) -> impl Stream<Item = BadEvent> {
    let text = text.to_string();
    stream::iter([BadEvent::Good(1), BadEvent::Text(text), BadEvent::Good(2)])
}

#[tokio::test]
async fn ten_mebibytes_arrive_over_a_socket() {
    let text: Arc<str> = "0123456789abcde\n".repeat(640 * 1024).into();
    let router = Router::new().route("/", get(long_text)).with_state(Arc::clone(&text));
    let answer = answer(router, "/").await;
    let events = events(split_head(&answer).1);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["good", "text", "good", "sse.bye"]);
    assert!(serde_json::from_str::<String>(&events[1].1).unwrap() == *text);
}

/// A payload that puts a line of the log into its error.
struct Injects;

impl Serialize for Injects {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(S::Error::custom("no such order: 7\r\n INFO forged: all is well\u{1B}[2J"))
    }
}

#[sse_handler]
async fn injects() -> impl Stream<Item = Sent<Injects>> {
    stream::iter([Sent::Value(Injects)])
}

#[tokio::test]
async fn an_error_of_a_payload_is_one_line_of_the_log() {
    let log = Log::of_this_thread();
    let answer = call!(injects()).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    drop(answer);
    let text = log.text();
    assert!(text.contains("no such order: 7"), "the cause is logged: {text:?}");
    assert!(!text.contains(['\r', '\u{1B}']), "{text:?}");
    for line in text.lines() {
        assert!(
            line.trim_start().contains("sse.stream{request_id="),
            "a forged line: {line:?} in {text}"
        );
    }
}

/// However a stream fails, what was given to `on_close` runs once and is told why.
#[sse_handler]
async fn tells(
    cx: Cx,
    State((script, told)): State<(Script, Arc<Mutex<Vec<Reason>>>)>,
) -> Result<impl Stream<Item = BadEvent>, Infallible> {
    cx.on_close(move |ended| told.lock().unwrap().push(ended.reason));
    Ok(stream::iter(script).map(|step| match *step {
        Do::Send(number) => BadEvent::Good(number),
        Do::SendBad(how) => bad(how),
        _ => panic!("{SECRET}"),
    }))
}

#[tokio::test]
async fn the_end_is_told_once() {
    let scripts: &[(Script, Reason)] = &[
        (&[Do::SendBad(How::Error)], Reason::Error),
        (&[Do::SendBad(How::Panic)], Reason::Error),
        (&[Do::Send(1), Do::SendBad(How::Error)], Reason::Error),
        (&[Do::Send(1), Do::SendBad(How::Panic)], Reason::Error),
        (&[Do::Send(1), Do::Panic], Reason::Error),
        (&[Do::Send(1)], Reason::Complete),
    ];
    for (script, reason) in scripts {
        let told = Arc::default();
        let answer = call!(tells(State((*script, Arc::clone(&told))))).await.into_response();
        let _body = answer.into_body().collect().await.unwrap();
        assert_eq!(told.lock().unwrap().as_slice(), [*reason], "{script:?}");
    }
}

#[test]
fn a_leak_would_be_seen() {
    for wrong in [format!("data: {SECRET}\n\n"), "HTTP/1.0 500\r\nx-leak: 1\r\n\r\n".into()] {
        assert!(catch_unwind(|| assert_hidden(wrong.as_bytes())).is_err());
    }
    let leaking =
        "event: good\nsource: bad\ndata: 1\n\nevent: sse.bye\ndata: {\"reason\":\"boom\"}\n\n";
    assert_ne!(events(leaking.as_bytes()), good_then_bye(&[1], "error"));
    let half = "event: good\nsource: bad\ndata: 1\n\nevent: struct\nsource: bad\ndata: {\"bef";
    assert!(catch_unwind(|| events(half.as_bytes())).is_err());
    assert!(serde_json::from_str::<Value>("NaN").is_err());
}

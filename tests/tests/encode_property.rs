//! What is encoded is what arrives: events of every shape, with the most hostile text there
//! is, through a parser that was written from the standard, however the stream is cut.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;

use proptest::{
    char,
    collection::{btree_map, vec},
    option,
    prelude::*,
    sample::{Index, select},
    test_runner::RngSeed,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, value::RawValue};
use sse_runtime::{
    DecodeEvent, EncodeEvent, EventId, FrameBuffer, SseEvent, decode, encode, encode_into,
};
use sse_tests::parser::Parser;

#[derive(SseEvent, Debug, Clone, PartialEq)]
#[sse(source = "shapes")]
enum Shape {
    Unit,
    EmptyTuple(),
    EmptyStruct {},
    Newtype(String),
    #[sse(name = "re:named.A-1")]
    Renamed(Tree),
    Tuple(String, i64, Option<String>, char),
    Struct {
        text: String,
        r#type: String,
        #[serde(rename = "the \"odd\" \\ key: \r\n\u{2028}")]
        odd: Option<String>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        list: Vec<String>,
        tree: Tree,
    },
    Integers {
        a: i8,
        b: i16,
        c: i32,
        d: i64,
        e: u8,
        f: u16,
        g: u32,
        h: u64,
    },
    Huge(i128, u128),
    Floats {
        wide: f64,
        narrow: f32,
    },
    Map(BTreeMap<String, Option<String>>),
    Numbered {
        by_number: BTreeMap<i64, String>,
        by_char: BTreeMap<char, u64>,
    },
    Maybe(Option<String>),
    #[sse(retry = "5s")]
    Later(String),
    #[sse(ephemeral)]
    Passing(String),
    Identified {
        #[sse(id)]
        id: EventId,
        text: String,
    },
    Foreign {
        text: String,
        #[sse(id)]
        #[serde(with = "sse_runtime::opaque_id")]
        id: EventId,
    },
}

#[derive(SseEvent, Debug, Clone, PartialEq)]
#[sse(source = "other", rename_all = "kebab-case")]
enum Other {
    SaidElsewhere(String),
}

#[derive(SseEvent, Debug, Clone, PartialEq)]
#[sse(merge)]
enum Both {
    Shape(Shape),
    Other(Other),
}

#[derive(SseEvent, Debug, Clone, PartialEq)]
#[sse(merge, qualify)]
enum Qualified {
    Shape(Shape),
    Other(Other),
}

#[derive(Serialize, Deserialize, Debug, Clone, PartialEq)]
enum Tree {
    Nothing,
    Leaf(String),
    Pair(Box<Self>, Option<Box<Self>>),
    Node { children: Vec<Self>, named: BTreeMap<String, Self>, letter: char },
}

/// What has to arrive, put together by hand and not by the encoder.
#[derive(Debug)]
struct Sent<E> {
    event: E,
    name: String,
    source: &'static str,
    id: Option<String>,
    retry: Option<&'static str>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Json(Value),
    Text(String),
}

fn shape(event: Shape) -> Sent<Shape> {
    let (mut id, mut retry) = (None, None);
    let (name, content) = match event.clone() {
        Shape::Unit => ("unit", json!(null)),
        Shape::EmptyTuple() => ("empty_tuple", json!([])),
        Shape::EmptyStruct {} => ("empty_struct", json!({})),
        Shape::Newtype(text) => ("newtype", json!(text)),
        Shape::Renamed(tree) => ("re:named.A-1", json!(tree)),
        Shape::Tuple(a, b, c, d) => ("tuple", json!([a, b, c, d])),
        Shape::Struct { text, r#type, odd, list, tree } => {
            let mut object = json!({
                "text": text, "type": r#type, "the \"odd\" \\ key: \r\n\u{2028}": odd, "tree": tree,
            });
            if !list.is_empty() {
                object["list"] = json!(list);
            }
            ("struct", object)
        }
        Shape::Integers { a, b, c, d, e, f, g, h } => {
            let object = json!({
                "a": a, "b": b, "c": c, "d": d, "e": e, "f": f, "g": g, "h": h,
            });
            ("integers", object)
        }
        Shape::Huge(a, b) => {
            let content = Content::Text(format!("[{a},{b}]"));
            return Sent { event, name: "huge".into(), source: "shapes", id, retry, content };
        }
        Shape::Floats { wide, narrow } => ("floats", json!({ "wide": wide, "narrow": narrow })),
        Shape::Map(map) => ("map", json!(map)),
        Shape::Numbered { by_number, by_char } => {
            let text = |map: BTreeMap<i64, String>| -> BTreeMap<String, String> {
                map.into_iter().map(|(key, value)| (key.to_string(), value)).collect()
            };
            let chars: BTreeMap<String, u64> =
                by_char.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
            ("numbered", json!({ "by_number": text(by_number), "by_char": chars }))
        }
        Shape::Maybe(text) => ("maybe", json!(text)),
        Shape::Later(text) => {
            retry = Some("5000");
            ("later", json!(text))
        }
        Shape::Passing(text) => ("passing", json!(text)),
        Shape::Identified { id: own, text } => {
            id = Some(own.to_string());
            ("identified", json!({ "id": own.as_str(), "text": text }))
        }
        Shape::Foreign { id: own, text } => {
            id = Some(own.to_string());
            ("foreign", json!({ "id": own.as_str(), "text": text }))
        }
    };
    Sent { event, name: name.into(), source: "shapes", id, retry, content: Content::Json(content) }
}

fn other(event: Other) -> Sent<Other> {
    let Other::SaidElsewhere(text) = event.clone();
    let name = "said-elsewhere".into();
    Sent {
        event,
        name,
        source: "other",
        id: None,
        retry: None,
        content: Content::Json(json!(text)),
    }
}

impl<E> Sent<E> {
    fn within<T>(self, merge: impl FnOnce(E) -> T, qualify: bool) -> Sent<T> {
        let Self { event, name, source, id, retry, content } = self;
        let name = if qualify { format!("{source}.{name}") } else { name };
        Sent { event: merge(event), name, source, id, retry, content }
    }
}

/// Exactly the events that were sent, in their order, and nothing else.
fn compare<E>(sent: &[Sent<E>], read: &Parser) -> Result<(), String>
where
    E: DecodeEvent + PartialEq + std::fmt::Debug,
{
    fn same<T: PartialEq + std::fmt::Debug + ?Sized>(
        what: &str,
        got: &T,
        sent: &T,
    ) -> Result<(), String> {
        if got == sent { Ok(()) } else { Err(format!("{what}: {got:?} instead of {sent:?}")) }
    }

    same("events", &read.events().len(), &sent.len())?;
    let mut last_event_id = String::new();
    for (got, sent) in read.events().iter().zip(sent) {
        same("name", &got.name, &sent.name)?;
        same("source", &got.source(), &Some(sent.source))?;
        same("id lines", got.block.ids.as_slice(), sent.id.clone().as_slice())?;
        let retry: Vec<&str> = got.block.retries.iter().map(String::as_str).collect();
        same("retry lines", retry.as_slice(), sent.retry.as_slice())?;
        same("event lines", &got.block.names, &1)?;
        same("data lines", &got.block.lines, &1)?;
        if let Some(id) = &sent.id {
            last_event_id.clone_from(id);
        }
        same("last event id", &got.last_event_id, &last_event_id)?;
        match &sent.content {
            Content::Text(text) => same("data", &got.data, text)?,
            Content::Json(json) => {
                let data = serde_json::from_str::<Value>(&got.data);
                same("data", &data.map_err(|fault| fault.to_string())?, json)?;
            }
        }
        let event = decode::<E>(&got.name, &got.data).map_err(|fault| fault.to_string())?;
        same("decoded", &event, &sent.event)?;
    }
    same("comments", read.comments(), &[])?;
    same("blocks without data", read.empty_blocks(), &[])?;
    same("ends between blocks", &read.is_between_blocks(), &true)
}

fn stream<E: EncodeEvent>(sent: &[Sent<E>]) -> Vec<u8> {
    let mut buffer = FrameBuffer::new();
    for (at, sent) in sent.iter().enumerate() {
        // Both ways in give the same bytes.
        if at % 2 == 0 {
            encode_into(&sent.event, &mut buffer).unwrap();
        } else {
            buffer.push(&encode(&sent.event).unwrap());
        }
    }
    buffer.as_bytes().to_vec()
}

/// The whole stream at once, byte by byte, and cut in two at every position.
fn read_every_way(stream: &[u8]) -> Result<Parser, TestCaseError> {
    let whole = Parser::parse(stream);
    prop_assert_eq!(&Parser::parse_chunks(stream.chunks(1)), &whole, "byte by byte");
    for at in 0..=stream.len() {
        let (a, b) = stream.split_at(at);
        prop_assert_eq!(&Parser::parse_chunks([a, b]), &whole, "cut at {}", at);
    }
    Ok(whole)
}

/// The stream cut wherever the indices say.
fn read_cut(stream: &[u8], cuts: &[Index]) -> Parser {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    cuts.sort_unstable();
    let mut parser = Parser::new();
    let mut from = 0;
    for to in cuts.into_iter().chain([stream.len()]) {
        parser.feed(&stream[from..to]);
        from = to;
    }
    parser
}

/// What breaks those who write frames by hand.
const HOSTILE: &[&str] = &[
    "",
    "\r",
    "\n",
    "\r\n",
    "\n\n",
    "\r\r",
    "\r\n\r\n",
    "\0",
    "\u{2028}",
    "\u{2029}",
    "\u{85}",
    "\u{B}",
    "\u{C}",
    "\u{1B}[2J",
    "\u{7F}",
    "\u{200B}",
    "\u{FEFF}",
    " ",
    "  leading",
    "trailing\n",
    "data: x",
    "\n\nevent: forged\ndata: 1\n\n",
    "\nid: forged",
    "\rretry: 1",
    "id: forged\r\n",
    "source: forged",
    ": comment",
    ":",
    "\"",
    "\\",
    "\\n",
    "\\u000a",
    "\\ud800",
    "{\"a\":1}",
    "[",
    "{",
    ",",
    "null",
    "</script>",
    "漢字",
    "한글",
    "🦀",
    "👩‍👩‍👧",
    "e\u{301}",
    "\u{202E}",
    "\u{FFFF}",
    "\u{10FFFF}",
    "\u{FFFD}",
    "sse.bye",
    "\t",
];

fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        5 => select(HOSTILE).prop_map(str::to_owned),
        2 => vec(any::<char>(), 0..4).prop_map(String::from_iter),
        1 => vec(char::range('a', 'z'), 0..6).prop_map(String::from_iter),
    ];
    vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn letter() -> impl Strategy<Value = char> {
    let hostile: Vec<char> = HOSTILE.iter().flat_map(|text| text.chars()).collect();
    prop_oneof![select(hostile), any::<char>()]
}

fn tree() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![Just(Tree::Nothing), text().prop_map(Tree::Leaf)];
    leaf.prop_recursive(3, 6, 2, |tree| {
        let pair = (tree.clone(), option::of(tree.clone()))
            .prop_map(|(a, b)| Tree::Pair(Box::new(a), b.map(Box::new)));
        let node = (vec(tree.clone(), 0..3), btree_map(text(), tree, 0..2), letter())
            .prop_map(|(children, named, letter)| Tree::Node { children, named, letter });
        prop_oneof![pair, node]
    })
}

fn id() -> impl Strategy<Value = EventId> {
    let digits = char::ranges(vec!['0'..='9', 'A'..='Z', 'a'..='z'].into());
    vec(digits, 8..=32)
        .prop_map(|digits| EventId::try_from(format!("evt_{}", String::from_iter(digits))).unwrap())
}

fn opaque() -> impl Strategy<Value = EventId> {
    vec(char::range('!', '~'), 1..=128)
        .prop_map(|id| EventId::opaque(String::from_iter(id)).unwrap())
}

fn any_shape() -> impl Strategy<Value = Shape> {
    let integers = (any::<(i8, i16, i32, i64)>(), any::<(u8, u16, u32, u64)>());
    prop_oneof![
        1 => Just(Shape::Unit),
        1 => Just(Shape::EmptyTuple()),
        1 => Just(Shape::EmptyStruct {}),
        3 => text().prop_map(Shape::Newtype),
        1 => tree().prop_map(Shape::Renamed),
        2 => (text(), any::<i64>(), option::of(text()), letter())
            .prop_map(|(a, b, c, d)| Shape::Tuple(a, b, c, d)),
        2 => (text(), text(), option::of(text()), vec(text(), 0..3), tree())
            .prop_map(|(text, r#type, odd, list, tree)| {
                Shape::Struct { text, r#type, odd, list, tree }
            }),
        1 => integers.prop_map(|((a, b, c, d), (e, f, g, h))| {
            Shape::Integers { a, b, c, d, e, f, g, h }
        }),
        1 => any::<(i128, u128)>().prop_map(|(a, b)| Shape::Huge(a, b)),
        // Eighths are the same in every width; all other numbers have a property of their own.
        1 => any::<(i32, i16)>().prop_map(|(wide, narrow)| {
            Shape::Floats { wide: f64::from(wide) / 8.0, narrow: f32::from(narrow) / 8.0 }
        }),
        1 => btree_map(text(), option::of(text()), 0..3).prop_map(Shape::Map),
        1 => (btree_map(any::<i64>(), text(), 0..3), btree_map(letter(), any::<u64>(), 0..3))
            .prop_map(|(by_number, by_char)| Shape::Numbered { by_number, by_char }),
        1 => option::of(text()).prop_map(Shape::Maybe),
        1 => text().prop_map(Shape::Later),
        1 => text().prop_map(Shape::Passing),
        2 => (id(), text()).prop_map(|(id, text)| Shape::Identified { id, text }),
        1 => (opaque(), text()).prop_map(|(id, text)| Shape::Foreign { id, text }),
    ]
}

fn both() -> impl Strategy<Value = Sent<Both>> {
    prop_oneof![
        5 => any_shape().prop_map(|event| shape(event).within(Both::Shape, false)),
        1 => text().prop_map(|text| other(Other::SaidElsewhere(text)).within(Both::Other, false)),
    ]
}

fn qualified() -> impl Strategy<Value = Sent<Qualified>> {
    prop_oneof![
        any_shape().prop_map(|event| shape(event).within(Qualified::Shape, true)),
        text().prop_map(|text| other(Other::SaidElsewhere(text)).within(Qualified::Other, true)),
    ]
}

/// JSON as text, with any whitespace that JSON allows wherever it allows it.
fn raw_json() -> impl Strategy<Value = String> {
    fn space() -> impl Strategy<Value = String> + Clone {
        let space = select(&["", "", " ", "\t", "\n", "\r", "\r\n", "\n\n", "\n\r", "\r\r\n"][..]);
        vec(space, 0..3).prop_map(|pieces| pieces.concat())
    }
    fn string() -> impl Strategy<Value = String> {
        // Text as serde writes it, and escapes that are no character by themselves.
        prop_oneof![
            4 => text().prop_map(|text| json!(text).to_string()),
            1 => select(&["\"\\ud800\"", "\"\\udfff x\"", "\"\\u000a\\r\"", "\"\u{2028}\""][..])
                .prop_map(str::to_owned),
        ]
    }
    let leaf = prop_oneof![
        string(),
        any::<i64>().prop_map(|number| number.to_string()),
        select(&["null", "true", "1e400", "-0.0", "123456789012345678901234567890"][..])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(3, 8, 3, |value| {
        let item = (space(), value.clone(), space()).prop_map(|(a, b, c)| a + &b + &c);
        let member = (space(), string(), space(), item.clone())
            .prop_map(|(a, key, b, value)| format!("{a}{key}{b}:{value}"));
        prop_oneof![
            (vec(item, 1..4)).prop_map(|items| format!("[{}]", items.join(","))),
            (vec(member, 1..4)).prop_map(|members| format!("{{{}}}", members.join(","))),
            space().prop_map(|space| format!("[{space}]")),
        ]
    })
}

#[derive(SseEvent)]
#[sse(source = "raw")]
enum Raw {
    Whole(Box<RawValue>),
    Within { before: String, raw: Nested, after: Vec<Box<RawValue>> },
}

#[derive(Serialize, Deserialize)]
struct Nested {
    deep: Option<Box<RawValue>>,
}

/// Raw JSON as a reader gets it: every line end is one line feed, and what some readers take
/// for a line end is an escape of the same character.
fn received(text: &str) -> String {
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let escaped = lines.replace('\u{85}', "\\u0085");
    escaped.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// A reader that asks its language what a line is sees the lines of the standard.
fn has_no_foreign_line_ends(stream: &[u8]) -> bool {
    // The list of Python's `str.splitlines`, without the two of the standard.
    const FOREIGN: [char; 8] =
        ['\u{B}', '\u{C}', '\u{1C}', '\u{1D}', '\u{1E}', '\u{85}', '\u{2028}', '\u{2029}'];
    !std::str::from_utf8(stream).unwrap().contains(FOREIGN)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x5EED),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn events_arrive_as_sent_at_every_cut(sent in vec(both(), 1..3)) {
        let stream = stream(&sent);
        let read = read_every_way(&stream)?;
        prop_assert_eq!(compare(&sent, &read), Ok(()));
    }
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn many_events_arrive_in_order(
        sent in vec(both(), 0..16),
        cuts in vec(any::<Index>(), 0..24),
    ) {
        let stream = stream(&sent);
        prop_assert!(has_no_foreign_line_ends(&stream));
        let read = read_cut(&stream, &cuts);
        prop_assert_eq!(&read, &Parser::parse_chunks(stream.chunks(1)));
        prop_assert_eq!(compare(&sent, &read), Ok(()));
    }

    #[test]
    fn the_source_in_front_of_a_name_is_taken_off(sent in vec(qualified(), 0..4)) {
        prop_assert_eq!(compare(&sent, &Parser::parse(&stream(&sent))), Ok(()));
    }

    #[test]
    fn a_frame_tells_what_a_reader_reads(sent in both()) {
        let frame = encode(&sent.event).unwrap();
        let read = Parser::parse(frame.as_bytes());
        let [event] = read.events() else { panic!("one event: {read:?}") };
        prop_assert_eq!(frame.event(), Some(event.name.as_str()));
        prop_assert_eq!(frame.source(), event.source());
        prop_assert_eq!(frame.id(), event.id());
        prop_assert_eq!(frame.data(), &event.data[..]);
    }

    #[test]
    fn raw_json_arrives_line_by_line(text in raw_json(), next in text()) {
        let raw = || RawValue::from_string(text.clone()).unwrap();
        let mut buffer = FrameBuffer::new();
        encode_into(&Raw::Whole(raw()), &mut buffer).unwrap();
        let within =
            Raw::Within { before: next.clone(), raw: Nested { deep: Some(raw()) }, after: vec![raw(), raw()] };
        encode_into(&within, &mut buffer).unwrap();
        encode_into(&Other::SaidElsewhere(next.clone()), &mut buffer).unwrap();

        let stream = buffer.as_bytes();
        prop_assert!(has_no_foreign_line_ends(stream));
        let read = Parser::parse(stream);
        prop_assert_eq!(&Parser::parse_chunks(stream.chunks(1)), &read);
        prop_assert_eq!(&Parser::parse_chunks(stream.chunks(2)), &read);
        prop_assert!(read.empty_blocks().is_empty() && read.comments().is_empty());
        let [whole, within, last] = read.events() else { panic!("three events: {read:?}") };

        // Every line end of the author is one line of data, and nothing else has changed.
        let lines = received(&text);
        prop_assert_eq!(&whole.data, &lines);
        prop_assert_eq!(whole.block.lines, 1 + lines.matches('\n').count());
        let key = received(&json!(next).to_string());
        let expected = format!(
            "{{\"before\":{key},\"raw\":{{\"deep\":{lines}}},\"after\":[{lines},{lines}]}}"
        );
        prop_assert_eq!(&within.data, &expected);
        prop_assert_eq!((whole.source(), within.source()), (Some("raw"), Some("raw")));
        prop_assert_eq!(&last.data, &key);

        // The meaning is the same for whoever can read the text at all.
        let meaning = serde_json::from_str::<Value>(&text).ok();
        prop_assert_eq!(serde_json::from_str::<Value>(&whole.data).ok(), meaning);
        let Raw::Whole(back) = decode("whole", &whole.data).unwrap() else { panic!("whole") };
        prop_assert_eq!(back.get(), &lines);
        let back = decode("within", &within.data).unwrap();
        let Raw::Within { before, raw: Nested { deep }, after } = back else { panic!("within") };
        prop_assert_eq!(before, next);
        // An `Option` takes `null` as none, as it does without the raw value.
        prop_assert_eq!(deep.as_deref().map_or("null", RawValue::get), &lines);
        prop_assert_eq!(after.len(), 2);
    }
}

proptest! {
    #![proptest_config(config(2_000))]

    #[test]
    fn every_finite_number_comes_back(wide in any::<f64>(), narrow in any::<f32>()) {
        prop_assume!(wide.is_finite() && narrow.is_finite());
        let event = Shape::Floats { wide, narrow };
        let read = Parser::parse(encode(&event).unwrap().as_bytes());
        let [got] = read.events() else { panic!("one event: {read:?}") };
        // A reader that nobody here wrote reads the number that was sent.
        let text = |field| {
            let (_, rest) = got.data.split_once(field).unwrap();
            rest.split([',', '}']).next().unwrap()
        };
        prop_assert_eq!(text("\"wide\":").parse::<f64>().unwrap().to_bits(), wide.to_bits());
        prop_assert_eq!(text("\"narrow\":").parse::<f32>().unwrap().to_bits(), narrow.to_bits());
        // And so does ours.
        let back = decode("floats", &got.data).unwrap();
        let Shape::Floats { wide: w, narrow: n } = back else { panic!("{back:?}") };
        prop_assert_eq!((w.to_bits(), n.to_bits()), (wide.to_bits(), narrow.to_bits()));
    }
}

/// A stream that the comparison has to accept, to be spoiled.
fn good() -> (Vec<Sent<Both>>, String) {
    let events = [
        Shape::Newtype("a\nb\r\n\n c".into()),
        Shape::Identified { id: "evt_00000001".parse().unwrap(), text: "\u{2028}".into() },
        Shape::Tuple("x".into(), -7, None, '\r'),
    ];
    let sent: Vec<_> =
        events.into_iter().map(|event| shape(event).within(Both::Shape, false)).collect();
    let stream = String::from_utf8(stream(&sent)).unwrap();
    assert_eq!(compare(&sent, &Parser::parse(stream.as_bytes())), Ok(()));
    (sent, stream)
}

#[test]
fn the_comparison_rejects_a_wrong_encoder() {
    type Spoil = fn(&str) -> String;
    let wrong: &[(&str, Spoil)] = &[
        ("a line feed is not escaped", |s| s.replace("\\n", "\n")),
        ("a carriage return is not escaped", |s| s.replace("\\r", "\r")),
        ("an event is lost", |s| s[s.find("\n\n").unwrap() + 2..].to_owned()),
        ("an event comes twice", |s| format!("{s}{}", &s[..s.find("\n\n").unwrap() + 2])),
        ("the order is another", |s| {
            let (first, rest) = s.split_once("\n\n").unwrap();
            format!("{rest}{first}\n\n")
        }),
        ("a blank line is missing", |s| s.replacen("\n\n", "\n", 1)),
        ("the end is cut off", |s| s[..s.len() - 1].to_owned()),
        ("something has begun after the end", |s| format!("{s}data: 1")),
        ("a name is wrong", |s| s.replace("event: newtype", "event: new_type")),
        ("a name is missing", |s| s.replace("event: newtype\n", "")),
        ("a name comes twice", |s| s.replace("event: tuple\n", "event: tuple\nevent: tuple\n")),
        ("a source is wrong", |s| s.replacen("source: shapes", "source: other", 1)),
        ("a source is missing", |s| s.replacen("source: shapes\n", "", 1)),
        ("an id is wrong", |s| s.replace("id: evt_00000001", "id: evt_00000002")),
        ("an id is missing", |s| s.replace("id: evt_00000001\n", "")),
        ("an id is forged", |s| s.replace("event: tuple", "id: x\nevent: tuple")),
        ("a retry is forged", |s| s.replace("event: tuple", "retry: 1\nevent: tuple")),
        ("a field is forged", |s| s.replace("event: tuple", "x: y\nevent: tuple")),
        ("a block is forged", |s| format!("id: x\n\n{s}")),
        ("a comment is forged", |s| format!(": x\n\n{s}")),
        ("the data is other JSON", |s| s.replace("-7", "-8")),
        ("the data is no JSON", |s| s.replace("-7", "-")),
        ("the data is in two lines", |s| s.replace(",-7,", ",\ndata: -7,")),
        ("separators are line ends", |s| s.replace("\\u2028", "\n")),
    ];
    let (sent, stream) = good();
    for (what, spoil) in wrong {
        let spoiled = spoil(&stream);
        assert_ne!(spoiled, stream, "{what}: nothing was spoiled");
        let verdict = compare(&sent, &Parser::parse(spoiled.as_bytes()));
        assert!(verdict.is_err(), "{what}, and nobody saw it");
    }
}

proptest! {
    #![proptest_config(config(200))]

    /// An encoder that forgets the line ends of raw JSON is found out by each that has one.
    #[test]
    fn raw_line_ends_must_be_split(text in raw_json()) {
        prop_assume!(text.contains(['\r', '\n']));
        let careless = format!("event: whole\nsource: raw\ndata: {text}\n\n");
        let read = Parser::parse(careless.as_bytes());
        let intact = matches!(read.events(), [event] if event.data == received(&text));
        prop_assert!(!intact, "{careless:?} was read as {read:?}");
    }
}

//! What the derive writes, what it reads back, and what it refuses.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer, ser::SerializeSeq as _};
use serde_json::value::RawValue;
use sse_runtime::{
    DecodeError, DecodeEvent, EncodeError, EncodeEvent, EventId, FrameBuffer, SseEvent, decode,
    encode, encode_into,
};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "probe")]
enum Event {
    Unit,
    Newtype(String),
    Tuple(u8, Option<u8>, String),
    EmptyTuple(),
    EmptyStruct {},
    Fields {
        plain: String,
        option: Option<u32>,
        #[serde(default)]
        default: Vec<u8>,
        #[serde(rename = "other-key")]
        renamed: bool,
        #[serde(default, skip_serializing_if = "String::is_empty")]
        skipped: String,
        #[serde(with = "hex")]
        number: u32,
    },
    Keyed(BTreeMap<Key, u8>),
    Float(f64),
    Floats {
        before: u8,
        inside: Vec<Option<f32>>,
    },
    #[sse(retry = "2s")]
    Named {
        #[sse(id)]
        id: EventId,
    },
}

/// A key that is no text, or is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
enum Key {
    Text(String),
    Pair(u8, u8),
}

mod hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(crate) fn serialize<S: Serializer>(number: &u32, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{number:x}"))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
        let text = String::deserialize(deserializer)?;
        u32::from_str_radix(&text, 16).map_err(D::Error::custom)
    }
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(
    event: &E,
    data: &str,
) {
    let frame = encode(event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(&decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn fields() -> Event {
    Event::Fields {
        plain: "p".into(),
        option: Some(1),
        default: vec![2],
        renamed: true,
        skipped: "s".into(),
        number: 255,
    }
}

/// What serde says, without the name of the event.
fn refused(name: &str, data: &str) -> String {
    match decode::<Event>(name, data).unwrap_err() {
        DecodeError::Data { source, .. } => source.to_string(),
        other => panic!("{other}"),
    }
}

#[test]
fn every_shape_goes_there_and_back() {
    there_and_back(&Event::Unit, "null");
    there_and_back(&Event::Newtype("n".into()), r#""n""#);
    there_and_back(&Event::Tuple(1, None, "t".into()), r#"[1,null,"t"]"#);
    there_and_back(&Event::EmptyTuple(), "[]");
    there_and_back(&Event::EmptyStruct {}, "{}");
    let data =
        r#"{"plain":"p","option":1,"default":[2],"other-key":true,"skipped":"s","number":"ff"}"#;
    there_and_back(&fields(), data);
    let id = EventId::from_u128(7);
    there_and_back(&Event::Named { id: id.clone() }, &format!(r#"{{"id":"{id}"}}"#));
}

#[test]
fn text_of_every_kind_goes_there_and_back() {
    let long = "é".repeat(1 << 20);
    for text in [
        "",
        " leading",
        "trailing ",
        "\n",
        "\r",
        "a\r\nb",
        "\0",
        "\u{2028}\u{2029}",
        "\u{200B}",
        "\u{FEFF}",
        "\"\\/",
        "data: x\n\nevent: forged",
        "日本語 😀",
        &long,
    ] {
        let event = Event::Newtype(text.to_owned());
        let frame = encode(&event).unwrap();
        let lines = frame.as_bytes().split(|byte| *byte == b'\n').count();
        assert_eq!(lines, 5, "event, source, data, and the end");
        assert!(!frame.as_bytes().contains(&b'\r'));
        assert_eq!(decode::<Event>("newtype", &frame.data()).unwrap(), event);
    }
}

#[test]
fn the_lines_of_a_frame_stand_in_order() {
    let id = EventId::try_from("evt_00000001").unwrap();
    let frame = encode(&Event::Named { id }).unwrap();
    let expected = "id: evt_00000001\nevent: named\nsource: probe\nretry: 2000\n\
                    data: {\"id\":\"evt_00000001\"}\n\n";
    assert_eq!(String::from_utf8_lossy(frame.as_bytes()), expected);
}

#[test]
fn a_missing_field_is_its_default_or_an_error() {
    let data = r#"{"plain":"p","other-key":false,"number":"0"}"#;
    let expected = Event::Fields {
        plain: "p".into(),
        option: None,
        default: Vec::new(),
        renamed: false,
        skipped: String::new(),
        number: 0,
    };
    assert_eq!(decode::<Event>("fields", data).unwrap(), expected);
    let data = encode(&expected).unwrap().data();
    assert_eq!(data, r#"{"plain":"p","option":null,"default":[],"other-key":false,"number":"0"}"#);

    let missing = refused("fields", r#"{"other-key":false,"number":"0"}"#);
    assert!(missing.contains("missing field `plain`"), "{missing}");
    let missing = refused("fields", r#"{"plain":"p","other-key":false}"#);
    assert!(missing.contains("missing field `number`"), "{missing}");
}

#[test]
fn unknown_fields_are_skipped_and_repeated_ones_refused() {
    let data = r#"{"new":{"deep":[1,{}]},"number":"ff","skipped":"s","other-key":true,"default":[2],
                   "option":1,"plain":"p"}"#;
    assert_eq!(decode::<Event>("fields", data).unwrap(), fields());
    let repeated = refused("fields", r#"{"plain":"p","plain":"q"}"#);
    assert!(repeated.contains("duplicate field `plain`"), "{repeated}");
}

#[test]
fn a_fault_names_the_event_and_the_field() {
    let error = decode::<Event>("fields", r#"{"plain":7}"#).unwrap_err();
    let text = error.to_string();
    assert!(text.starts_with("the field `plain` of `fields` does not fit: "), "{text}");
    let error = decode::<Event>("newtype", "7").unwrap_err();
    assert!(error.to_string().starts_with("the data of `newtype` does not fit: "), "{error}");
}

#[test]
fn data_of_another_shape_is_refused() {
    for (name, data) in [
        ("newtype", ""),
        ("newtype", "null"),
        ("newtype", "\"a\" \"b\""),
        ("newtype", "\"\\ud800\""),
        ("tuple", "[1,null]"),
        ("tuple", "[1,null,\"t\",4]"),
        ("tuple", "{}"),
        ("empty_tuple", "[1]"),
        ("empty_struct", "[]"),
        ("fields", "[\"p\"]"),
        ("fields", "{\"plain\":\"p\""),
        ("fields", "null"),
    ] {
        assert!(decode::<Event>(name, data).is_err(), "{name} {data}");
    }
    // Of an event without content only the name counts.
    assert_eq!(decode::<Event>("unit", "whatever").unwrap(), Event::Unit);
}

#[test]
fn another_name_is_unknown() {
    for name in ["", "Unit", "UNIT", "unit ", "sse.open", "message", "probe.unit"] {
        let error = decode::<Event>(name, "null").unwrap_err();
        assert!(matches!(error, DecodeError::Unknown { name: said, .. } if said == name));
    }
}

#[test]
fn what_json_cannot_hold_leaves_the_buffer_as_it_was() {
    let mut buffer = FrameBuffer::new();
    encode_into(&Event::Unit, &mut buffer).unwrap();
    let before = buffer.as_bytes().to_vec();
    let not_finite = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(Event::Float);
    let others = [
        Event::Floats { before: 1, inside: vec![None, Some(1.5), Some(f32::NAN)] },
        Event::Keyed(BTreeMap::from([(Key::Text("a".into()), 1), (Key::Pair(1, 2), 3)])),
    ];
    for event in not_finite.into_iter().chain(others) {
        let error = encode_into(&event, &mut buffer).unwrap_err();
        assert!(matches!(error, EncodeError::Payload { .. }));
        assert_eq!(buffer.as_bytes(), before, "{event:?}");
    }
    encode_into(&Event::Keyed(BTreeMap::from([(Key::Text("a".into()), 1)])), &mut buffer).unwrap();
    assert!(buffer.as_bytes().ends_with(b"data: {\"a\":1}\n\n"));
}

/// Fails after it has written half of itself.
struct Fails;

impl Serialize for Fails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut half = serializer.serialize_seq(None)?;
        half.serialize_element("some of it")?;
        Err(serde::ser::Error::custom("the rest is missing"))
    }
}

#[derive(SseEvent)]
#[sse(source = "probe", encode_only)]
enum Failing {
    Newtype(Fails),
    Tuple(u8, Fails),
    Fields { before: u8, fails: Fails, after: u8 },
}

#[test]
fn a_payload_that_fails_half_way_leaves_nothing() {
    let mut buffer = FrameBuffer::new();
    encode_into(&Event::Unit, &mut buffer).unwrap();
    let before = buffer.as_bytes().to_vec();
    let events = [
        Failing::Newtype(Fails),
        Failing::Tuple(1, Fails),
        Failing::Fields { before: 1, fails: Fails, after: 2 },
    ];
    for event in events {
        let error = encode_into(&event, &mut buffer).unwrap_err();
        assert!(error.to_string().ends_with("the rest is missing"), "{error}");
        assert_eq!(buffer.as_bytes(), before);
    }
}

#[derive(SseEvent, Debug)]
#[sse(source = "probe")]
enum Raw {
    Whole(Box<RawValue>),
    Part { before: u8, raw: Box<RawValue> },
}

#[test]
fn line_ends_of_raw_json_become_lines_of_data() {
    let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
    let frame = encode(&Raw::Whole(raw("{\n  \"a\": 1,\r\n  \"b\":\r2\n}"))).unwrap();
    let expected = "event: whole\nsource: probe\n\
                    data: {\ndata:   \"a\": 1,\ndata:   \"b\":\ndata: 2\ndata: }\n\n";
    assert_eq!(String::from_utf8_lossy(frame.as_bytes()), expected);

    let frame = encode(&Raw::Part { before: 1, raw: raw("[1,\n2]") }).unwrap();
    assert_eq!(frame.data(), "{\"before\":1,\"raw\":[1,\n2]}");
    let Raw::Part { before, raw } = decode("part", &frame.data()).unwrap() else { panic!() };
    assert_eq!((before, raw.get()), (1, "[1,\n2]"));
}

#[test]
fn encoding_after_encoding_adds_a_frame() {
    let mut buffer = FrameBuffer::new();
    let events = [Event::Unit, fields(), Event::Newtype("n".into())];
    let mut expected = Vec::new();
    for event in &events {
        encode_into(event, &mut buffer).unwrap();
        expected.extend_from_slice(encode(event).unwrap().as_bytes());
    }
    assert_eq!(buffer.as_bytes(), expected);
}

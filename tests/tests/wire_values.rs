//! The checked values: what they accept arrives as it was written, everywhere and for ever,
//! and what the wire cannot carry never becomes one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::{
    collections::BTreeMap,
    fmt::{Debug, Display},
    str::FromStr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    with_local_recorder,
};
use proptest::{char, collection::vec, prelude::*, sample::select, test_runner::RngSeed};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sse_runtime::{
    EventId, EventName, InvalidEventId, InvalidEventName, InvalidSource, Source, SseEvent, decode,
    encode, event_id, event_name, names::EVENT_IDS_REFUSED, opaque_id, source,
};
use sse_tests::parser::Parser;

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "values")]
enum Values {
    Named {
        name: EventName,
        source: Source,
    },
    Identified {
        #[sse(id)]
        id: EventId,
    },
    Foreign {
        #[sse(id)]
        #[serde(with = "opaque_id")]
        id: EventId,
    },
}

#[derive(Serialize, Deserialize)]
struct Opaque(#[serde(with = "opaque_id")] EventId);

/// The rules, once more and written by hand.
fn is_id(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("evt_") else { return false };
    rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && matches!(rest.len(), 8..=32 | 48 | 72 | 96 | 120)
}

fn is_opaque(text: &str) -> bool {
    (1..=128).contains(&text.len()) && text.bytes().all(|byte| (0x21..=0x7E).contains(&byte))
}

fn is_name(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:-".contains(&byte))
        && !["open", "error", "message"].contains(&lower.as_str())
        && !lower.starts_with("sse.")
}

fn is_source(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
        && !text.eq_ignore_ascii_case("sse")
}

/// Every way in agrees with the rule, and every way out gives what came in.
fn agrees<T>(text: &str, accepted: bool)
where
    T: for<'a> TryFrom<&'a str>
        + TryFrom<String>
        + FromStr
        + AsRef<str>
        + Display
        + Debug
        + Clone
        + Ord
        + Serialize
        + DeserializeOwned,
{
    let json = serde_json::to_string(text).unwrap();
    let ways: [Option<T>; 6] = [
        T::try_from(text).ok(),
        T::try_from(text.to_owned()).ok(),
        text.parse().ok(),
        serde_json::from_str(&json).ok(),
        serde_json::from_slice(json.as_bytes()).ok(),
        serde_json::from_value(text.into()).ok(),
    ];
    for (way, value) in ways.iter().enumerate() {
        assert_eq!(value.is_some(), accepted, "way {way}: {text:?}");
        let Some(value) = value else { continue };
        assert_eq!(value.as_ref(), text);
        assert_eq!(value.to_string(), text);
        assert_eq!(serde_json::to_string(value).unwrap(), json);
        assert_eq!(value.clone(), *ways[0].as_ref().unwrap());
        assert!(format!("{value:?}").contains(text));
        // One that is longer than the width is written whole.
        assert_eq!(format!("{value:3}"), format!("{text:3}"));
        assert_eq!(format!("{value:>140}"), format!("{text:>140}"));
    }
}

/// An error is one line that a log and a terminal can show, whatever was refused.
fn is_plain<E: Display>(refused: Result<impl Debug, E>) {
    if let Err(fault) = refused {
        let told = fault.to_string();
        assert!(told.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{told:?}");
    }
}

fn check(text: &str) {
    agrees::<EventId>(text, is_id(text));
    agrees::<EventName>(text, is_name(text));
    agrees::<Source>(text, is_source(text));

    let json = serde_json::to_string(text).unwrap();
    let opaque = EventId::opaque(text);
    assert_eq!(opaque.is_ok(), is_opaque(text), "{text:?}");
    assert_eq!(serde_json::from_str::<Opaque>(&json).is_ok(), is_opaque(text), "{text:?}");
    if let Ok(id) = &opaque {
        assert_eq!(id.as_str(), text);
        assert_eq!(serde_json::to_string(&Opaque(id.clone())).unwrap(), json);
    }

    is_plain(EventId::try_from(text));
    is_plain(EventId::opaque(text));
    is_plain(EventName::try_from(text));
    is_plain(Source::try_from(text));

    arrives(text);
}

/// Through a frame, what was accepted arrives as it was written, and comes back.
fn arrives(text: &str) {
    if let Ok(id) = EventId::try_from(text) {
        through_a_frame(&Values::Identified { id }, Some(text));
    }
    if let Ok(id) = EventId::opaque(text) {
        through_a_frame(&Values::Foreign { id }, Some(text));
    }
    if let (Ok(name), Ok(source)) = (EventName::try_from(text), Source::try_from(text)) {
        through_a_frame(&Values::Named { name, source }, None);
    }
}

fn through_a_frame(event: &Values, id: Option<&str>) {
    let frame = encode(event).unwrap();
    let read = Parser::parse(frame.as_bytes());
    let [got] = read.events() else { panic!("one event: {read:?}") };
    assert_eq!(got.id(), id);
    assert_eq!(got.last_event_id, id.unwrap_or_default());
    assert_eq!(frame.id(), id);
    assert_eq!(got.source(), Some("values"));
    assert_eq!(&decode::<Values>(&got.name, &got.data).unwrap(), event);
}

/// What no value may hold, each of it alone and beside good characters.
const NEVER: &[&str] = &[
    "\r",
    "\n",
    "\r\n",
    "\0",
    "\t",
    "\u{B}",
    "\u{C}",
    "\u{1B}",
    "\u{7F}",
    "\u{80}",
    "\u{85}",
    "\u{9F}",
    "\u{A0}",
    "\u{AD}",
    " ",
    "\u{200B}",
    "\u{200D}",
    "\u{2028}",
    "\u{2029}",
    "\u{202E}",
    "\u{FEFF}",
    "\u{FFFD}",
    "\u{FFFF}",
    "é",
    "ｅ",
    "٣",
    "漢",
    "🦀",
    "\u{E0001}",
    "\u{10FFFF}",
];

#[test]
fn what_the_wire_cannot_carry_is_refused_wherever_it_stands() {
    for good in ["evt_12345678", "name", "source"] {
        for never in NEVER {
            for at in 0..=good.len() {
                let (a, b) = good.split_at(at);
                let text = format!("{a}{never}{b}");
                assert!(EventId::try_from(text.as_str()).is_err(), "{text:?}");
                assert!(EventId::opaque(text.as_str()).is_err(), "{text:?}");
                assert!(EventName::try_from(text.as_str()).is_err(), "{text:?}");
                assert!(Source::try_from(text.as_str()).is_err(), "{text:?}");
                check(&text);
            }
            check(never);
        }
    }
}

#[test]
fn every_length_is_decided() {
    for length in 0..=140 {
        for digit in ["a", "Z", "0"] {
            let text = digit.repeat(length);
            check(&text);
            check(&format!("evt_{text}"));
        }
        check(&"~".repeat(length));
        check(&"é".repeat(length));
        check(&format!("EVT_{}", "1".repeat(length)));
    }
    for length in [1_000, 1_000_000] {
        check(&"a".repeat(length));
        check(&format!("evt_{}", "a".repeat(length)));
    }
}

#[test]
fn every_character_of_the_basic_plane_is_decided() {
    for c in (0..=0xFFFF).filter_map(std::char::from_u32) {
        let text = c.to_string();
        assert_eq!(EventName::try_from(text.as_str()).is_ok(), is_name(&text), "{c:?}");
        assert_eq!(Source::try_from(text.as_str()).is_ok(), is_source(&text), "{c:?}");
        assert_eq!(EventId::opaque(text.as_str()).is_ok(), is_opaque(&text), "{c:?}");
        let id = format!("evt_1234{c}5678");
        assert_eq!(EventId::try_from(id.as_str()).is_ok(), is_id(&id), "{c:?}");
    }
}

#[test]
fn the_faults_say_what_is_wrong() {
    use InvalidEventId as Id;
    let id = |text: &str| EventId::try_from(text).unwrap_err();
    assert_eq!(id(""), Id::Prefix);
    assert_eq!(id("EVT_12345678"), Id::Prefix);
    assert_eq!(id("\u{FEFF}evt_12345678"), Id::Prefix);
    assert_eq!(id("evt_"), Id::Length(0));
    assert_eq!(id("evt_1234567"), Id::Length(7));
    assert_eq!(id(&format!("evt_{}", "1".repeat(33))), Id::Length(33));
    assert_eq!(id("evt_12345678\n"), Id::Character('\n'));
    let opaque = |text: &str| EventId::opaque(text).unwrap_err();
    assert_eq!(opaque(""), Id::Empty);
    assert_eq!(opaque("a b"), Id::NotPrintable(' '));
    assert_eq!(opaque("é"), Id::NotPrintable('é'));
    assert_eq!(opaque(&"x".repeat(129)), Id::TooLong(129));

    let name = |text: &str| EventName::try_from(text).unwrap_err();
    assert_eq!(name(""), InvalidEventName::Empty);
    assert_eq!(name("a\rb"), InvalidEventName::Character('\r'));
    assert_eq!(name("Open"), InvalidEventName::Reserved("Open".into()));
    assert_eq!(name("sse.bye"), InvalidEventName::Control);
    let source = |text: &str| Source::try_from(text).unwrap_err();
    assert_eq!(source(""), InvalidSource::Empty);
    assert_eq!(source("a.b"), InvalidSource::Character('.'));
    assert_eq!(source("sse"), InvalidSource::Reserved);
    assert_eq!(id("evt_1234\u{200B}5678").to_string().split("holds ").nth(1), Some("U+200B"));
}

#[test]
fn literals_are_the_same_values() {
    const ID: EventId = event_id!("evt_12345678");
    const NAME: EventName = event_name!("stock.changed:now-1_2");
    const SOURCE: Source = source!("Shop_1-a");
    assert_eq!(ID, "evt_12345678".parse().unwrap());
    assert_eq!(NAME, "stock.changed:now-1_2".parse().unwrap());
    assert_eq!(SOURCE, "Shop_1-a".parse().unwrap());
    let ordered = BTreeMap::from([(ID, 1), (event_id!("evt_00000000"), 2)]);
    assert_eq!(ordered.values().copied().collect::<Vec<_>>(), [2, 1]);
}

fn text() -> impl Strategy<Value = String> {
    let ascii = || char::range('\0', '\u{7F}');
    let allowed = || char::ranges(vec!['0'..='9', 'A'..='Z', 'a'..='z'].into());
    prop_oneof![
        vec(allowed(), 1..=40).prop_map(String::from_iter),
        vec(allowed(), 0..=34).prop_map(|rest| format!("evt_{}", String::from_iter(rest))),
        vec(allowed(), 120..=121).prop_map(|rest| format!("evt_{}", String::from_iter(rest))),
        vec(char::range('!', '~'), 0..=130).prop_map(String::from_iter),
        vec(ascii(), 0..12).prop_map(String::from_iter),
        vec(any::<char>(), 0..12).prop_map(String::from_iter),
        (vec(allowed(), 0..12), select(NEVER), vec(allowed(), 0..12)).prop_map(|(a, never, b)| {
            format!("evt_{}{never}{}", String::from_iter(a), String::from_iter(b))
        }),
        select(&["open", "Error", "MESSAGE", "sse", "SSE", "sse.", "sse.x", "Sse.bye", "ssex"][..])
            .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2_000,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x1D),
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_accepted_arrives_as_written(text in text()) {
        check(&text);
    }

    #[test]
    fn different_numbers_are_different_ids(a in any::<u128>(), b in any::<u128>()) {
        let (first, second) = (EventId::from_u128(a), EventId::from_u128(b));
        prop_assert_eq!(a == b, first == second);
        prop_assert!(is_id(first.as_str()));
        check(first.as_str());
    }
}

/// Counts what is counted, by the name of the metric.
#[derive(Default)]
struct Counts(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

impl Counts {
    fn during(work: impl FnOnce()) -> u64 {
        let counts = Self::default();
        with_local_recorder(&counts, work);
        let counts = counts.0.into_inner().unwrap();
        assert!(counts.keys().all(|name| name == EVENT_IDS_REFUSED), "{counts:?}");
        counts.get(EVENT_IDS_REFUSED).map_or(0, |count| count.load(Ordering::Relaxed))
    }
}

impl Recorder for Counts {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}
    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        assert_eq!(key.labels().count(), 0, "a label of what was refused would never end");
        let mut counts = self.0.lock().unwrap();
        Counter::from_arc(Arc::clone(counts.entry(key.name().to_owned()).or_default()))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        panic!("a gauge: {key}")
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        panic!("a histogram: {key}")
    }
}

#[test]
fn a_refused_id_is_counted_once_however_it_came() {
    assert_eq!(EVENT_IDS_REFUSED, "sse_event_ids_refused_total");
    let refused: &[fn()] = &[
        || assert!(EventId::try_from("order 17").is_err()),
        || assert!(EventId::try_from("evt_1234\u{200B}5678".to_owned()).is_err()),
        || assert!("".parse::<EventId>().is_err()),
        || assert!(EventId::opaque("two words").is_err()),
        || assert!(serde_json::from_str::<EventId>("\"msg-17\"").is_err()),
        || assert!(decode::<Values>("identified", r#"{"id":"msg-17"}"#).is_err()),
        || assert!(decode::<Values>("foreign", r#"{"id":"a\r\nb"}"#).is_err()),
    ];
    for (at, refused) in refused.iter().enumerate() {
        assert_eq!(Counts::during(refused), 1, "refusal {at}");
    }
    let all = || refused.iter().for_each(|refused| refused());
    assert_eq!(Counts::during(all), refused.len() as u64);
}

#[test]
fn what_is_good_or_no_id_is_not_counted() {
    let good = || {
        let id = EventId::try_from("evt_12345678").unwrap();
        let foreign = EventId::opaque("msg-17").unwrap();
        let _made = EventId::from_u128(7);
        encode(&Values::Identified { id }).unwrap();
        encode(&Values::Foreign { id: foreign }).unwrap();
        decode::<Values>("identified", r#"{"id":"evt_12345678"}"#).unwrap();
        assert!(EventName::try_from("a b").is_err());
        assert!(Source::try_from("a b").is_err());
    };
    assert_eq!(Counts::during(good), 0);
}

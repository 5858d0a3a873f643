//! What is too large is dropped and reported, the stream goes on after it, and the memory is
//! bounded, all of it wherever the stream is cut.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use proptest::{collection::vec, prelude::*, sample::select, test_runner::RngSeed};
use sse_runtime::{Decoder, DecoderLimits, Limit};
use sse_tests::decoded::{Said, decode_chunks, decode_everywhere, read};

fn small() -> Decoder {
    Decoder::new().with_limits(DecoderLimits::new().event(10).line(6).name(4))
}

fn said(stream: &str) -> Vec<Said> {
    decode_everywhere(small, stream.as_bytes())
}

fn oversized(limit: Limit, bytes: usize, id: Option<&str>) -> Said {
    Said::Oversized(limit, bytes, id.map(str::to_owned))
}

fn event(data: &str, id: &str, own_id: bool) -> Said {
    let (event, data, id) = ("message".into(), data.into(), id.into());
    Said::Event { event, data, id, own_id, source: None, retry: None }
}

#[test]
fn what_fits_exactly_is_no_excess() {
    assert_eq!(said("data: 123456\n\n"), [event("123456", "", false)]);
    assert_eq!(said("data: 123456\ndata: 123\n\n"), [event("123456\n123", "", false)]);
    assert_eq!(said(&"data\n".repeat(11)), []);
    let empty = format!("{}\n", "data\n".repeat(11));
    assert_eq!(said(&empty), [event(&"\n".repeat(10), "", false)]);
}

#[test]
fn an_event_that_is_too_large_is_reported_at_its_end_and_the_next_one_comes() {
    let stream = "id: 1\ndata: 123456\ndata: 1234\nevent: e\n\ndata: a\n\n";
    assert_eq!(said(stream), [oversized(Limit::Event, 11, Some("1")), event("a", "1", false)]);
    // The id may stand behind the data, and the comments within it come all the same.
    let stream = "data: 1\ndata: 2\ndata: 3\ndata: 4\ndata: 5\ndata: 6\n: c\nretry: 7\nid: 2\n\n";
    let expected =
        [Said::Comment(" c".into()), Said::Retry(7), oversized(Limit::Event, 11, Some("2"))];
    assert_eq!(said(stream), expected);
    let empty = format!("{}\ndata: a\n\n", "data\n".repeat(12));
    assert_eq!(said(&empty), [oversized(Limit::Event, 11, None), event("a", "", false)]);
}

#[test]
fn a_line_that_is_too_long_is_reported_with_its_limit() {
    assert_eq!(said("data: 1234567\n\n"), [oversized(Limit::Line, 7, None)]);
    assert_eq!(said("data: 12345678901234\n\n"), [oversized(Limit::Line, 14, None)]);
    // The limit that is passed first is told: here there was room for three bytes.
    assert_eq!(said("data: 123456\ndata: 1234567\n\n"), [oversized(Limit::Event, 14, None)]);
    assert_eq!(said("data: 1\ndata: 1234567\n\n"), [oversized(Limit::Line, 9, None)]);
}

#[test]
fn a_name_or_an_id_that_is_too_long_costs_its_event() {
    assert_eq!(said("event: 1234\nid: 1234\nsource: 1234\ndata: a\n\n").len(), 1);
    for field in ["event", "source"] {
        let stream = format!("id: 1\n{field}: 12345\ndata: a\n\ndata: b\n\n");
        let expected = [oversized(Limit::Name, 5, Some("1")), event("b", "1", false)];
        assert_eq!(said(&stream), expected, "{field}");
    }
    // It is not adopted, and is the event's own no more.
    let expected = [event("a", "1", true), oversized(Limit::Name, 6, None), event("c", "1", false)];
    assert_eq!(said("id: 1\ndata: a\n\nid: 123456\ndata: b\n\ndata: c\n\n"), expected);
    assert_eq!(said("id: 12345\n\n"), [oversized(Limit::Name, 5, None)]);
}

#[test]
fn long_comments_and_unknown_fields_are_passed_over() {
    let stream = ":123\n:12345\nunknown-and-very-long: 12345\nretry: 0000000000007\ndata: a\n\n";
    let said = said(stream);
    assert_eq!(said[..2], [Said::Comment("123".into()), Said::Retry(7)]);
    assert!(matches!(&said[2..], [Said::Event { data, retry: Some(7), .. }] if data == "a"));
}

#[test]
fn text_that_is_not_utf_8_is_dropped_by_a_strict_decoder() {
    let strict = |stream: &[u8]| decode_everywhere(|| Decoder::new().strict_utf8(), stream);
    let malformed = |field, id: Option<&str>| Said::Malformed(field, id.map(str::to_owned));
    let said = strict(b"id: 1\ndata: \xFF\n\ndata: a\n\n");
    assert_eq!(said, [malformed("data", Some("1")), event("a", "1", false)]);
    assert_eq!(strict(b"event: \xE6\xBC\ndata: a\n\n"), [malformed("event", None)]);
    assert_eq!(strict(b"source: \xC0\ndata: a\n\n"), [malformed("source", None)]);
    assert_eq!(strict(b": \xC0\n\n"), [malformed("comment", None)]);
    // An id that is not text is not adopted.
    let said = strict(b"id: 1\n\nid: \xFF\ndata: a\n\nid: \xFF\n\ndata: b\n\n");
    let id = Said::Id("1".into());
    assert_eq!(said, [id, malformed("id", None), malformed("id", None), event("b", "1", false)]);
    assert_eq!(strict("data: 漢字🦀\n\n".as_bytes()), [event("漢字🦀", "", false)]);
    // Nobody gets to see these.
    assert_eq!(strict(b"\xFF: \xFF\nunknown: \xFF\n\n"), []);
}

#[test]
fn text_that_grows_by_its_replacements_stays_within_the_limit() {
    let decoder = || Decoder::new().with_limits(DecoderLimits::new().event(10));
    let said = |stream: &[u8]| decode_everywhere(decoder, stream);
    assert_eq!(said(b"data: ab\xFF\xFF\n\n").len(), 1);
    assert!(matches!(said(b"data: ab\xFF\xFF\n\n")[0], Said::Oversized(Limit::Event, 8, None)));
    assert_eq!(said(b"data: a\xFFb\n\n"), [event("a\u{FFFD}b", "", false)]);
}

#[test]
fn an_event_that_never_ends_shows_before_its_report() {
    let mut decoder = small();
    assert_eq!(read(&mut decoder, b"data: 123456").len(), 0);
    assert_eq!(decoder.oversized(), None);
    assert_eq!(read(&mut decoder, b"7").len(), 0);
    assert_eq!(decoder.oversized(), Some(Limit::Line));
    assert_eq!(read(&mut decoder, b"\n\n").len(), 1);
    assert_eq!(decoder.oversized(), None);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default()
    })]

    #[test]
    fn limits_do_not_depend_on_the_chunks(pieces in vec(select(vec![
        "data: ", "data:", "data", "12345", "1", "\n", "\n", "\n", "\r", "\r\n", "\n\n", "id: ",
        "event: ", "source: ", "retry: ", ":", "unknown: ", "é",
    ]), 0..40)) {
        let stream = pieces.concat();
        let said = said(&stream);
        // And within the limits, nothing is dropped that a decoder without any would keep.
        let (all, _) = decode_chunks(Decoder::new(), [stream.as_bytes()]);
        let events = |said: &[Said]| {
            said.iter().filter(|s| matches!(s, Said::Event { .. } | Said::Oversized(..))).count()
        };
        prop_assert!(events(&said) >= events(&all));
    }
}

//! The rules of the WHATWG standard that a decoder has to keep, by the numbers they have in the
//! documentation of the decoder, each wherever the stream is cut.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use sse_runtime::{Decoded, Decoder};
use sse_tests::decoded::{Said, agree, decode_chunks, decode_everywhere, read};

use sse_tests::parser::Parser;

/// What the decoder says of a stream, which is also what the standard says.
fn said(stream: impl AsRef<[u8]>) -> Vec<Said> {
    let stream = stream.as_ref();
    let said = decode_everywhere(Decoder::new, stream);
    let (_, decoder) = decode_chunks(Decoder::new(), [stream]);
    agree(&said, &decoder, &Parser::parse(stream));
    said
}

/// The data of the events.
fn data(stream: impl AsRef<[u8]>) -> Vec<String> {
    let events = said(stream).into_iter();
    let data = events.filter_map(|said| match said {
        Said::Event { data, .. } => Some(data),
        _ => None,
    });
    data.collect()
}

/// The names and the ids of the events.
fn names_and_ids(stream: impl AsRef<[u8]>) -> Vec<(String, String)> {
    let events = said(stream).into_iter();
    let both = events.filter_map(|said| match said {
        Said::Event { event, id, .. } => Some((event, id)),
        _ => None,
    });
    both.collect()
}

fn retries(stream: &str) -> Vec<u64> {
    let retries = said(stream).into_iter().filter_map(|said| match said {
        Said::Retry(milliseconds) => Some(milliseconds),
        _ => None,
    });
    retries.collect()
}

fn last_event_id(stream: &str) -> Option<String> {
    let (_, decoder) = decode_chunks(Decoder::new(), [stream.as_bytes()]);
    decoder.last_event_id().map(str::to_owned)
}

#[test]
fn rule_24_one_byte_order_mark_is_stripped_and_malformed_text_is_replaced() {
    assert_eq!(data("\u{FEFF}data: a\n\n"), ["a"]);
    assert_eq!(data("\u{FEFF}\u{FEFF}data: a\n\ndata: b\n\n"), ["b"]);
    assert_eq!(data("data: a\n\n\u{FEFF}data: b\n\n"), ["a"]);
    assert_eq!(data("data: \u{FEFF}\n\n"), ["\u{FEFF}"]);
    assert_eq!(data(b"\xEF\xBBdata: a\n\ndata: b\n\n"), ["b"]);
    assert_eq!(data(b"\xEF\xBB\n\n\xEF\xBB\xBFdata: a\ndata: b\n\n"), ["b"]);
    assert_eq!(data("\u{FEFF}\n\n\u{FEFF}\r\n: c\ndata: 漢字🦀\n\n"), ["漢字🦀"]);

    // As many replacements as the standard for encodings says, in each field.
    assert_eq!(data(b"data: a\xFFb\xE6\xBC\n\n"), ["a\u{FFFD}b\u{FFFD}"]);
    assert_eq!(data(b"data: \xED\xA0\x80|\xC0\x80|\xF0\x9F\xA6\n\n").concat().chars().count(), 8);
    assert_eq!(data(b"data: \xE6\xBC\ndata: \xA2\n\n"), ["\u{FFFD}\n\u{FFFD}"]);
    let stream = b"event: \xFF\nid: \xFE\nsource: \xFD\ndata: x\n\n:\xFC\n";
    let replaced = Said::Event {
        event: "\u{FFFD}".into(),
        data: "x".into(),
        id: "\u{FFFD}".into(),
        own_id: true,
        source: Some("\u{FFFD}".into()),
        retry: None,
    };
    assert_eq!(said(stream), [replaced, Said::Comment("\u{FFFD}".into())]);
}

#[test]
fn rule_25_line_ends() {
    for end in ["\n", "\r", "\r\n"] {
        let stream = ["data: a", "data: b", "", "data: c", "", ""].join(end);
        assert_eq!(data(&stream), ["a\nb", "c"], "{end:?}");
    }
    assert_eq!(data("data: a\r\n\rdata: b\n\r\n"), ["a", "b"]);
    assert_eq!(data("data: a\n\rdata: b\r\r\n\ndata: c\n\n"), ["a", "b", "c"]);
    // CR CR LF is two ends, and so is CR LF LF.
    assert_eq!(data("data: a\r\r\ndata: b\r\n\n"), ["a", "b"]);
}

#[test]
fn rule_25_a_cr_acts_at_once_and_the_lf_behind_it_is_swallowed() {
    let mut decoder = Decoder::new();
    assert_eq!(read(&mut decoder, b"data: a\r\n\r").len(), 1);
    assert_eq!(read(&mut decoder, b"").len(), 0);
    assert_eq!(read(&mut decoder, b"\ndata: b\r").len(), 0);
    // Were the LF an end of its own, this would be one event too many.
    assert_eq!(read(&mut decoder, b"\n\r").len(), 1);
}

#[test]
fn rule_26_other_separators_are_text() {
    let text = "a\u{2028}b\u{2029}c\u{85}d\u{B}e\u{C}f\0g\u{1C}h\u{8D}\u{8A}i";
    assert_eq!(data(format!("data: {text}\n\n")), [text]);
}

#[test]
fn rule_27_the_id_of_the_stream_before_goes_on() {
    let mut decoder = Decoder::new().with_last_event_id("7");
    assert_eq!(decoder.last_event_id(), Some("7"));
    let mut input = &b"data: a\n\n"[..];
    let Some(Decoded::Event(event)) = decoder.next(&mut input) else { panic!() };
    assert_eq!((event.id, event.own_id), ("7", false));

    // Everything else starts empty.
    let _ = read(&mut decoder, b"id: 8\ndata: b\n\nid: 9\nevent: e\nretry: 1\ndata: c\r");
    decoder.restart();
    let said = read(&mut decoder, b"\xEF\xBB\xBF\ndata: d\n\n");
    let expected = Said::Event {
        event: "message".into(),
        data: "d".into(),
        id: "8".into(),
        own_id: false,
        source: None,
        retry: None,
    };
    assert_eq!(said, [expected]);
}

#[test]
fn rule_28_a_line_is_cut_at_its_first_colon_and_loses_one_space() {
    assert_eq!(data("data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n"), ["a", "b", " c", "\td"]);
    assert_eq!(data("data: a:b: c\n\ndata::\n\ndata: :\n\n"), ["a:b: c", ":", ":"]);
    assert_eq!(data("data\n\n"), [""]);
    let comments = said(": ping\n\n:\ndata: a\n:data: b\n::\n\n");
    let comments: Vec<_> = comments.iter().filter(|s| matches!(s, Said::Comment(_))).collect();
    assert_eq!(comments.len(), 4);
}

#[test]
fn rule_29_names_are_compared_literally() {
    for line in [
        " data: x",
        "data : x",
        "Data: x",
        "DATA: x",
        "data\0: x",
        "dat: x",
        "datas: x",
        "\tdata: x",
        "\u{FEFF}data: x",
        "data\u{200B}: x",
        "sourcery: x",
        "d",
        "unknown",
        "eventid: x",
        "ïd: x",
    ] {
        assert_eq!(data(format!("data: a\n\n{line}\n\ndata: b\n{line}\n\n")), ["a", "b"], "{line}");
    }
}

#[test]
fn rule_30_the_last_type_wins_and_an_empty_one_is_message() {
    let names = |stream: &str| -> Vec<String> {
        names_and_ids(stream).into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names("event: a\nevent: b\ndata\n\ndata\n\n"), ["b", "message"]);
    assert_eq!(names("event: a\nevent\ndata\n\n"), ["message"]);
    assert_eq!(names("event: a\nevent:\ndata\n\n"), ["message"]);
    assert_eq!(names("data\nevent: behind\n\n"), ["behind"]);
    assert_eq!(names("event:  spaced \ndata\n\n"), [" spaced "]);
}

#[test]
fn rule_31_lines_of_data_are_joined() {
    assert_eq!(data("data: a\ndata\ndata: \ndata:b\n\n"), ["a\n\n\nb"]);
    assert_eq!(data("data: {\nevent: e\n: c\ndata: }\n\n"), ["{\n}"]);
}

#[test]
fn rule_32_an_id_with_nul_is_ignored_and_an_empty_one_resets() {
    let ids = |stream: &str| -> Vec<String> {
        names_and_ids(stream).into_iter().map(|(_, id)| id).collect()
    };
    assert_eq!(ids("id: 1\ndata\n\nid: 2\0\ndata\n\n"), ["1", "1"]);
    assert_eq!(ids("id: 1\nid: \0\ndata\n\n"), ["1"]);
    assert_eq!(ids("id: 1\nid: 2\ndata\n\n"), ["2"]);
    assert_eq!(ids("id: 1\ndata\n\nid\ndata\n\n"), ["1", ""]);
    assert_eq!(ids("id: 1\ndata\n\nid:\ndata\n\ndata\n\n"), ["1", "", ""]);
    assert_eq!(last_event_id("id: 1\n\nid\n\n"), None);
    // An id that no header can carry is still an id here: what to do is decided above.
    assert_eq!(ids("id: a\u{1}b é\ndata\n\n"), ["a\u{1}b é"]);
}

#[test]
fn rule_32_an_event_knows_whether_the_id_is_its_own() {
    let own: Vec<bool> = said("data\n\nid: 1\ndata\n\ndata\n\nid: \0\ndata\n\nid\ndata\n\n")
        .into_iter()
        .map(|said| matches!(said, Said::Event { own_id: true, .. }))
        .collect();
    assert_eq!(own, [false, true, false, false, true]);
}

#[test]
fn rule_33_a_reconnection_time_is_digits_and_counts_at_its_line() {
    assert_eq!(retries("retry: 3000\n"), [3000]);
    assert_eq!(retries("retry:007\n"), [7]);
    assert_eq!(retries("retry: 0\n\n"), [0]);
    for ignored in ["", " ", "+1", "-1", "1.5", "1 ", " 1", "1e3", "\u{661}", "１", "x", "1000x"] {
        assert!(retries(&format!("retry: {ignored}\n\n")).is_empty(), "{ignored:?}");
    }
    assert!(retries("retry\n\n").is_empty());
    assert_eq!(retries("retry: 18446744073709551615\n"), [u64::MAX]);
    assert_eq!(retries(&format!("retry: {}\n", "9".repeat(5_000))), [u64::MAX]);

    // Before the event that it stands in, which has it as well: the last that counts.
    let said = said("retry: 1\ndata: a\nretry: 2\nretry: x\n\n");
    assert_eq!(said[..2], [Said::Retry(1), Said::Retry(2)]);
    assert!(matches!(said[2], Said::Event { retry: Some(2), .. }));
}

#[test]
fn rule_34_nothing_is_dispatched_at_the_end() {
    for stream in ["data: a", "data: a\n", "data: a\nid: 1", "id: 1\ndata: a\r", "id: 1\r\n"] {
        assert_eq!(said(stream), [], "{stream:?}");
        assert_eq!(last_event_id(stream), None, "{stream:?}");
    }
    assert_eq!(last_event_id("id: 1\n\nid: 2\n"), Some("1".into()));
}

#[test]
fn rule_35_the_id_counts_from_the_blank_line_on_and_stays() {
    let mut decoder = Decoder::new();
    assert_eq!(read(&mut decoder, b"id: 1\ndata: a\n").len(), 0);
    assert_eq!(decoder.last_event_id(), None);
    assert_eq!(read(&mut decoder, b"\ndata: b\n\n").len(), 2);
    assert_eq!(decoder.last_event_id(), Some("1"));
    assert_eq!(read(&mut decoder, b"id: 2\n\n"), [Said::Id("2".into())]);
    assert_eq!(decoder.last_event_id(), Some("2"));
}

#[test]
fn rule_36_a_block_without_data_is_no_event_and_its_type_is_forgotten() {
    assert_eq!(names_and_ids("event: a\n\ndata\n\n"), [("message".into(), String::new())]);
    let both = [("message".to_owned(), "2".to_owned())];
    assert_eq!(names_and_ids("event: a\nid: 2\n\ndata: b\n\n"), both);
    assert_eq!(said("source: a\n\nevent: b\n\nunknown: c\n\n\n\n"), []);
    // An empty line of data is data.
    assert_eq!(data("data\n\ndata:\n\n"), ["", ""]);
    // The source is forgotten as the type is.
    assert!(matches!(said("source: a\n\ndata\n\n")[..], [Said::Event { source: None, .. }]));
}

#[test]
fn rule_37_one_trailing_line_feed_is_dropped() {
    assert_eq!(data("data\ndata\n\n"), ["\n"]);
    assert_eq!(data("data: a\ndata\n\n"), ["a\n"]);
}

#[test]
fn rule_38_an_event_without_a_type_is_a_message() {
    assert_eq!(names_and_ids("data\n\n"), [("message".into(), String::new())]);
}

#[test]
fn rules_39_and_40_nothing_of_an_event_reaches_the_next() {
    let stream = "id: 1\nevent: e\nsource: s\nretry: 5\ndata: a\n\ndata: b\n\n";
    let said = said(stream);
    let second = Said::Event {
        event: "message".into(),
        data: "b".into(),
        id: "1".into(),
        own_id: false,
        source: None,
        retry: None,
    };
    assert_eq!(said.last(), Some(&second));
}

#[test]
fn rule_41_no_name_is_reserved_on_the_wire() {
    for name in ["open", "error", "message", "sse.open", "a b", "é", "\0"] {
        let stream = format!("event: {name}\ndata\n\n");
        assert_eq!(names_and_ids(stream), [(name.to_owned(), String::new())]);
    }
}

#[test]
fn rule_42_comments_and_ids_alone_are_no_events() {
    let stream = ": a\n\nid: 1\n\n: b\n: c\n\n";
    assert_eq!(data(stream), Vec::<String>::new());
    let expected = [
        Said::Comment(" a".into()),
        Said::Id("1".into()),
        Said::Comment(" b".into()),
        Said::Comment(" c".into()),
    ];
    assert_eq!(said(stream), expected);
}

#[test]
fn a_comment_in_the_middle_of_an_event_comes_before_it() {
    let said = said("id: 1\nevent: e\n: c\nsource: s\ndata: a\n\n");
    assert_eq!(said[0], Said::Comment(" c".into()));
    let Said::Event { event, id, source, .. } = &said[1] else { panic!("{said:?}") };
    assert_eq!((event.as_str(), id.as_str(), source.as_deref()), ("e", "1", Some("s")));
}

#[test]
fn a_heartbeat_that_looks_like_an_event_is_passed_over_as_a_whole() {
    let comments = [":data: xy\n\n", ": data\n\n", ":\n\n", ":data:\n\n", ":data: é\ndata\n\n"];
    for (comment, times) in comments.iter().flat_map(|c| (1..45).map(move |times| (c, times))) {
        let stream = comment.repeat(times) + "data: a\n\n" + comment + "id: 1\n\n:d";
        let whole = |decoder: Decoder| decode_chunks(decoder, [stream.as_bytes()]).0;
        let all = whole(Decoder::new()).into_iter();
        let silent = whole(Decoder::new().without_comments());
        assert!(all.filter(|said| !matches!(said, Said::Comment(_))).eq(silent), "{stream:?}");
    }
}

#[test]
fn comments_are_passed_over_where_nobody_wants_them() {
    let heartbeats = ": ping\n\n".repeat(40);
    let stream = format!(
        "{heartbeats}: other\n\n: ping\n:no\n\ndata: a\n: c\n\n{heartbeats}id: 1\n: c\ndata: b\n\n: ping\r\r: p"
    );
    let all = said(&stream);
    let silent = decode_everywhere(|| Decoder::new().without_comments(), stream.as_bytes());
    assert!(all.into_iter().filter(|said| !matches!(said, Said::Comment(_))).eq(silent));
}

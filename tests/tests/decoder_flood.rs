//! Streams that never end a line, an event or a comment, and millions of tiny ones: the memory
//! stays within the limits, by the accounting of the decoder and that of the system, and the
//! time is linear.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::time::Instant;

use sse_runtime::{Decoded, Decoder, DecoderLimits, Limit};

const MIB: usize = 1 << 20;
/// Of one MiB each: 1 GiB.
const CHUNKS: usize = 1_024;
/// Of all kinds together.
const TINY: usize = 10_000_000;

/// Feeds the same chunk again and again, and gives how much the decoder held at most, and how
/// much it said.
fn flood(decoder: &mut Decoder, start: &[u8], chunk: &[u8], times: usize) -> (usize, usize) {
    assert!(decoder.next(&mut &start[..]).is_none());
    let (mut most, mut said) = (0, 0);
    for _ in 0..times {
        let mut input = chunk;
        while decoder.next(&mut input).is_some() {
            said += 1;
        }
        most = most.max(decoder.allocated());
    }
    (most, said)
}

fn ended(decoder: &mut Decoder) -> (Limit, usize) {
    let mut input = &b"\n\ndata: a\n\n"[..];
    let Some(Decoded::Oversized(dropped)) = decoder.next(&mut input) else { panic!() };
    let told = (dropped.limit, dropped.bytes);
    let next = decoder.next(&mut input);
    assert!(matches!(next, Some(Decoded::Event(event)) if event.data == "a"));
    told
}

/// What this process has in memory, in bytes, where the system tells.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split(' ').nth(1)?.parse::<usize>().ok()? * 4_096)
}

#[test]
fn a_line_without_an_end_is_bounded_and_the_stream_goes_on_after_it() {
    let chunk = vec![b'x'; MIB];
    for limit in [16 * MIB, 3 * MIB + 17, 1_000] {
        let limits = DecoderLimits::new().event(limit).line(limit);
        let mut decoder = Decoder::new().with_limits(limits);
        let before = resident();
        let (most, said) = flood(&mut decoder, b"data: ", &chunk, CHUNKS);
        assert!(most <= limit + 1_024, "{most} bytes for a limit of {limit}");
        assert_eq!(said, 0);
        assert!(decoder.allocated() <= 64 << 10, "{} bytes are kept", decoder.allocated());
        if let (Some(before), Some(after)) = (before, resident()) {
            assert!(after.saturating_sub(before) < 32 * MIB, "{before}, then {after}");
        }
        assert_eq!(ended(&mut decoder), (Limit::Event, CHUNKS * MIB));
    }
}

#[test]
fn an_event_of_lines_without_an_end_is_bounded() {
    let line = format!("data: {}\n", "x".repeat(993));
    let mut decoder = Decoder::new().with_limits(DecoderLimits::new().event(MIB));
    let (most, said) = flood(&mut decoder, b"", &line.repeat(100).into_bytes(), CHUNKS);
    assert!(most <= MIB + 1_024, "{most} bytes");
    assert_eq!(said, 0);
    assert_eq!(ended(&mut decoder), (Limit::Event, CHUNKS * 100 * 994 - 1));
}

#[test]
fn what_nobody_gets_to_see_is_not_stored() {
    let chunk = vec![b'x'; MIB];
    for start in [": ", "unknown: ", "unknown", "\u{FEFF}", "retry: 1"] {
        let mut decoder = Decoder::new();
        let (most, said) = flood(&mut decoder, start.as_bytes(), &chunk, 32);
        assert!(most <= 2_048, "{start}: {most} bytes");
        assert_eq!(said, 0, "{start}");
        let mut input = &b"\ndata: a\n\n"[..];
        let next = decoder.next(&mut input);
        assert!(matches!(next, Some(Decoded::Event(event)) if event.data == "a"), "{start}");
    }
    for start in ["id: ", "event: ", "source: "] {
        let mut decoder = Decoder::new();
        let (most, _) = flood(&mut decoder, start.as_bytes(), &chunk, 32);
        assert!(most <= 2_048, "{start}: {most} bytes");
        assert_eq!(ended(&mut decoder), (Limit::Name, 32 * MIB), "{start}");
    }
}

#[test]
fn text_that_is_not_utf_8_is_bounded() {
    let mut decoder = Decoder::new().with_limits(DecoderLimits::new().event(MIB));
    let (most, _) = flood(&mut decoder, b"data: ", &[0xFF; 1_000], 1_048);
    assert!(most <= MIB);
    assert_eq!(ended(&mut decoder), (Limit::Event, 3 * 1_048_000));
    assert!(decoder.allocated() <= 64 << 10, "{} bytes are kept", decoder.allocated());
}

#[test]
fn millions_of_tiny_fields_take_nothing() {
    // Each alone, in an event that never ends, and as events.
    let fields =
        ["id: 1\n", "event: e\n", "source: s\n", "retry\n", "x\n", ":\n", "\n", "data\n\n"];
    for field in fields {
        let mut decoder = Decoder::new();
        let repeats = 10_000;
        let chunk = field.repeat(repeats);
        let (most, said) =
            flood(&mut decoder, b"", chunk.as_bytes(), TINY / fields.len() / repeats);
        assert!(most <= 2_048, "{field:?}: {most} bytes");
        let says = field.starts_with(':') || field.starts_with("data");
        assert_eq!(said > 0, says, "{field:?}");
    }
}

#[test]
fn the_time_is_linear_however_large_an_event_is_and_however_small_the_chunks_are() {
    let total = if cfg!(debug_assertions) { MIB } else { 8 * MIB };
    // The same number of bytes in events of another size: the square of it would be 256 times.
    let time = |size: usize, chunk: usize| {
        let stream = format!("data: {}\n\n", "x".repeat(size)).repeat(total / size);
        let rounds = (0..3).map(|_| {
            let start = Instant::now();
            let mut decoder = Decoder::new();
            let mut events = 0;
            for mut input in stream.as_bytes().chunks(chunk) {
                while decoder.next(&mut input).is_some() {
                    events += 1;
                }
            }
            assert_eq!(events, total / size);
            start.elapsed()
        });
        rounds.min().unwrap()
    };
    for chunk in [1, 10, 1_460] {
        let (small, large) = (time(4 << 10, chunk), time(MIB, chunk));
        assert!(large < small * 16, "chunks of {chunk}: {small:?} grew to {large:?}");
    }
}

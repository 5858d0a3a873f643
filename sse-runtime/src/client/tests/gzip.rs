//! Compressed bodies: whatever is cut, small or made to do harm.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use proptest::{collection::vec, prelude::*};

use crate::client::{
    EncodingError,
    inflate::{Inflate, PIECE, RATIO},
};

const EVENTS: [&str; 4] = [
    "id: 1\ndata: {\"sku\":\"A-1\",\"left\":9}\n\n",
    "id: 2\ndata: {\"sku\":\"A-1\",\"left\":8}\n\n",
    ": ping\n\n",
    "id: 3\ndata: \u{65e5}\u{672c}\n\n",
];

/// One member in which each text is flushed, and what is there after each flush: bytes of gzip,
/// and of text.
fn flushed(texts: &[&str]) -> (Vec<u8>, Vec<(usize, usize)>) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut ends = Vec::new();
    let mut text = 0;
    for part in texts {
        encoder.write_all(part.as_bytes()).unwrap();
        encoder.flush().unwrap();
        text += part.len();
        ends.push((encoder.get_ref().len(), text));
    }
    (encoder.finish().unwrap(), ends)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// All that comes out of a chunk.
fn feed(inflate: &mut Inflate, mut chunk: &[u8]) -> Result<Vec<u8>, EncodingError> {
    let (mut piece, mut all) = (Vec::new(), Vec::new());
    while inflate.next(&mut chunk, &mut piece)? > 0 {
        assert!(piece.capacity() <= PIECE);
        all.extend_from_slice(&piece);
    }
    assert!(chunk.is_empty() && piece.is_empty());
    Ok(all)
}

fn read(chunks: &[&[u8]]) -> Result<Vec<u8>, EncodingError> {
    let mut inflate = Inflate::new(RATIO);
    let mut all = Vec::new();
    for chunk in chunks {
        all.extend(feed(&mut inflate, chunk)?);
    }
    inflate.end()?;
    Ok(all)
}

#[test]
fn a_stream_may_be_cut_anywhere() {
    let (stream, _) = flushed(&EVENTS);
    let text = EVENTS.concat().into_bytes();
    for at in 0..=stream.len() {
        let (one, other) = stream.split_at(at);
        assert_eq!(read(&[one, other]).as_ref(), Ok(&text), "{at}");
    }
    let bytes: Vec<&[u8]> = stream.chunks(1).collect();
    assert_eq!(read(&bytes), Ok(text));
}

#[test]
fn an_event_comes_out_with_the_last_of_its_bytes() {
    let (stream, ends) = flushed(&EVENTS);
    for (bytes, text) in ends {
        for size in [1, 7, bytes] {
            let mut inflate = Inflate::new(RATIO);
            let chunks = stream[..bytes].chunks(size);
            let out = chunks.map(|chunk| feed(&mut inflate, chunk).unwrap().len()).sum::<usize>();
            assert_eq!(out, text, "{bytes} in pieces of {size}");
        }
    }
}

#[test]
fn an_event_of_many_pieces_comes_out_without_another_byte() {
    let event = format!("data: {}\n\n", "0".repeat(5 * PIECE));
    let (stream, ends) = flushed(&[&event, ": ping\n\n"]);
    let mut inflate = Inflate::new(RATIO);
    assert_eq!(feed(&mut inflate, &stream[..ends[0].0]).map(|text| text.len()), Ok(event.len()));
}

#[test]
fn members_follow_one_another_and_may_be_empty() {
    let members = [gzip(b"one "), gzip(b""), flushed(&["two ", "three"]).0, gzip(b"")];
    let stream = members.concat();
    for at in 0..=stream.len() {
        let (one, other) = stream.split_at(at);
        assert_eq!(read(&[one, other]), Ok(b"one two three".to_vec()), "{at}");
    }
    assert_eq!(read(&[b""]), Ok(Vec::new()));
}

#[test]
fn a_body_that_is_cut_is_unfinished_and_what_came_is_read() {
    let (stream, ends) = flushed(&EVENTS);
    for at in 1..stream.len() {
        let mut inflate = Inflate::new(RATIO);
        let out = feed(&mut inflate, &stream[..at]).unwrap();
        let flushed = ends.iter().rev().find(|(bytes, _)| *bytes <= at);
        assert!(out.len() >= flushed.map_or(0, |(_, text)| *text), "{at}");
        assert_eq!(inflate.end(), Err(EncodingError::Unfinished), "{at}");
    }
    let second = [gzip(b"one"), stream[..3].to_vec()].concat();
    assert_eq!(read(&[&second]), Err(EncodingError::Unfinished));
}

#[test]
fn what_was_changed_on_the_way_is_corrupt_from_then_on() {
    let stream = gzip(b"data: an event\n\n");
    // Any byte of the trailer: four of the checksum, four of the length.
    for from_end in 1..=8 {
        let mut changed = stream.clone();
        let at = changed.len() - from_end;
        changed[at] ^= 1;
        assert_eq!(read(&[&changed]), Err(EncodingError::Corrupt), "{from_end}");
    }
    for text in [&b"data: not gzip\n\n"[..], &[0; 100], &[&stream[..], b"more"].concat()] {
        assert_eq!(read(&[text]), Err(EncodingError::Corrupt));
    }
    let mut inflate = Inflate::new(RATIO);
    assert_eq!(feed(&mut inflate, b"data"), Err(EncodingError::Corrupt));
    assert_eq!(feed(&mut inflate, &stream), Err(EncodingError::Corrupt));
    assert_eq!(inflate.end(), Err(EncodingError::Corrupt));
}

#[test]
fn a_bomb_is_noticed_before_it_fills_a_memory() {
    let bomb = gzip(&vec![0; 10 << 20]);
    assert!(bomb.len() < 16 << 10);
    for size in [1, 100, bomb.len()] {
        let mut inflate = Inflate::new(RATIO);
        let mut piece = Vec::new();
        let (mut given, mut failed) = (0, None);
        for mut chunk in bomb.chunks(size) {
            let all = &mut chunk;
            while failed.is_none() {
                match inflate.next(all, &mut piece) {
                    Ok(0) => break,
                    Ok(length) => given += length,
                    Err(error) => failed = Some(error),
                }
                assert!(piece.capacity() <= PIECE);
            }
        }
        assert_eq!(failed, Some(EncodingError::Expansion { ratio: 400 }), "{size}");
        assert!((1 << 20) - PIECE <= given && given <= (1 << 20) + 400 * bomb.len(), "{given}");
        assert!(piece.is_empty());
    }
}

#[test]
fn the_bound_is_on_what_is_beyond_a_mebibyte_and_can_be_another() {
    let mebibyte = gzip(&vec![0; 1 << 20]);
    assert_eq!(read(&[&mebibyte]).map(|text| text.len()), Ok(1 << 20));
    let more = gzip(&vec![0; (1 << 20) + 1]);
    assert_eq!(read(&[&more]), Err(EncodingError::Expansion { ratio: 400 }));
    let mut trusting = Inflate::new(1_100);
    assert_eq!(feed(&mut trusting, &more).map(|text| text.len()), Ok((1 << 20) + 1));
    // It goes by the whole stream, not by members.
    assert_eq!(read(&[&mebibyte, &mebibyte]), Err(EncodingError::Expansion { ratio: 400 }));
}

#[test]
fn what_repeats_itself_is_no_bomb() {
    let ping = ": ping\n\n";
    let (stream, _) = flushed(&vec![ping; 5_760]);
    assert_eq!(read(&[&stream]).map(|text| text.len()), Ok(5_760 * ping.len()));
    // The whole state again and again, of which nothing has changed.
    let rows =
        (0..200_u64).map(|row| format!("{{\"sku\":\"A-{row}\",\"left\":{}}}", row * row % 997));
    let state = format!("data: [{}]\n\n", rows.collect::<Vec<_>>().join(","));
    let (stream, _) = flushed(&vec![state.as_str(); 1_000]);
    let text = read(&[&stream]).map(|text| text.len());
    assert_eq!(text, Ok(1_000 * state.len()));
    assert!(1_000 * state.len() > 3 << 20);
}

#[test]
fn nothing_of_what_came_is_in_a_log() {
    let mut inflate = Inflate::new(RATIO);
    feed(&mut inflate, &gzip(b"secret")).unwrap();
    let shown = format!("{inflate:?}");
    assert_eq!(shown, "Inflate { taken: 26, given: 6, ratio: 400, .. }");
}

proptest! {
    #[test]
    fn no_bytes_break_it(garbage in vec(any::<u8>(), 0..400), size in 1_usize..50) {
        let head = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
        for start in [&[][..], &head] {
            let mut inflate = Inflate::new(RATIO);
            let body = [start, &garbage].concat();
            let out = body.chunks(size).try_for_each(|chunk| feed(&mut inflate, chunk).map(|_| ()));
            prop_assert!(out.is_ok() || inflate.end() == out);
        }
    }

    #[test]
    fn no_bit_that_changes_changes_the_text(at: usize, bit in 0_u8..8, size in 1_usize..50) {
        let (mut stream, _) = flushed(&EVENTS);
        let at = at % stream.len();
        stream[at] ^= 1 << bit;
        let chunks: Vec<&[u8]> = stream.chunks(size).collect();
        // Some bits mean nothing: the time in the header, what fills up a byte before a flush.
        prop_assert!(read(&chunks).is_err() || read(&chunks) == Ok(EVENTS.concat().into_bytes()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn what_was_compressed_comes_out(data in vec(0_u8..4, 0..100_000), size in 1_usize..10_000) {
        let stream = gzip(&data);
        let chunks: Vec<&[u8]> = stream.chunks(size).collect();
        prop_assert_eq!(read(&chunks), Ok(data));
    }
}

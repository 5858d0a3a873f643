//! The decoder against a parser that was written from the standard alone: on streams made of
//! everything that can go wrong, at every chunk border, they say the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use proptest::{collection::vec, prelude::*, sample::select, test_runner::RngSeed};
use sse_runtime::Decoder;
use sse_tests::{
    decoded::{agree, decode_chunks, decode_everywhere},
    parser::Parser,
};

/// The pieces of which streams are made.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let written: Vec<&'static [u8]> = vec![
        b"\n",
        b"\n",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b"\r\r",
        b"\r\n\r\n",
        b"\n\r",
        b":",
        b": ",
        b" ",
        b"data",
        b"data:",
        b"data: ",
        b"data: x",
        b"data:  y",
        b"Data: x",
        b" data: x",
        b"data : x",
        b"id",
        b"id:",
        b"id: 7",
        b"id: evt_00000001",
        b"id: a\0b",
        b"event: sold_out",
        b"event:",
        b"event: message",
        b"retry: 3000",
        b"retry:",
        b"retry: +5",
        b"retry: 18446744073709551616",
        b"source: inventory",
        b"source",
        b"sourcery: x",
        b"unknown: x",
        b"unknown",
        b": ping",
        b"\0",
        "\u{FEFF}".as_bytes(),
        "漢字".as_bytes(),
        "🦀".as_bytes(),
        "\u{2028}\u{85}\u{B}\u{C}".as_bytes(),
        b"\xEF",
        b"\xBB",
        b"\xBF",
        b"\xF0\x9F",
        b"\xA6",
        b"\xFF",
        b"\xED\xA0\x80",
        b"\xC0\x80",
    ];
    prop_oneof![
        20 => select(written).prop_map(<[u8]>::to_vec),
        2 => "[a-z漢🦀 :]{0,40}".prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..8),
    ]
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    vec(piece(), 0..30).prop_map(|pieces| pieces.concat())
}

/// The stream in chunks of these lengths.
fn cut<'a>(mut stream: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
    let mut chunks = Vec::new();
    for &length in lengths.iter().cycle() {
        if stream.is_empty() || lengths.iter().all(|&length| length == 0) {
            break;
        }
        let (chunk, rest) = stream.split_at(length.min(stream.len()));
        chunks.push(chunk);
        stream = rest;
    }
    chunks.push(stream);
    chunks
}

fn seeded(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(24), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn the_decoder_and_the_standard_agree_wherever_the_stream_is_cut(stream in stream()) {
        decode_everywhere(Decoder::new, &stream);
        let (said, decoder) = decode_chunks(Decoder::new(), [&stream[..]]);
        agree(&said, &decoder, &Parser::parse(&stream));
    }
}

proptest! {
    #![proptest_config(seeded(2_000))]

    #[test]
    fn the_decoder_and_the_standard_agree_in_any_chunks(
        stream in vec(stream(), 1..6),
        lengths in vec(0_usize..40, 1..8),
    ) {
        let stream = stream.concat();
        let (said, decoder) = decode_chunks(Decoder::new(), cut(&stream, &lengths));
        agree(&said, &decoder, &Parser::parse(&stream));
    }
}

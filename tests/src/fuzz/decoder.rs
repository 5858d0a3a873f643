//! The decoder: the same wherever the stream is cut, within its limits, and, by default, what the
//! parser says that was written from the standard.

use sse_runtime::{Decoder, DecoderLimits};

use crate::{
    decoded::{agree, decode_chunks},
    parser::Parser,
    random::Random,
};

/// The first byte is the make of the decoder, the second decides where the stream is cut, and
/// the rest is the stream.
///
/// # Panics
///
/// If the decoder is wrong.
pub fn run(bytes: &[u8]) {
    let [make, seed, stream @ ..] = bytes else { return };
    let (whole, decoder) = decode_chunks(decoder(*make), [stream]);
    let (said, in_chunks) =
        decode_chunks(self::decoder(*make), cut(stream, Random::new(u64::from(*seed))));
    assert_eq!(said, whole);
    assert_eq!(in_chunks.last_event_id(), decoder.last_event_id());

    // Both are short of their limits and of what a stream this long can fill.
    let most = 16 * stream.len() + (8 << 10);
    assert!(decoder.allocated() <= most && in_chunks.allocated() <= most);
    if make & 7 == 0 {
        agree(&whole, &decoder, &Parser::parse(stream));
    }
}

fn decoder(make: u8) -> Decoder {
    let decoder = Decoder::new();
    let decoder = if make & 1 == 0 { decoder } else { decoder.strict_utf8() };
    let decoder = if make & 2 == 0 { decoder } else { decoder.without_comments() };
    let few = DecoderLimits::new().event(20).line(12).name(5);
    if make & 4 == 0 { decoder } else { decoder.with_limits(few) }
}

/// The stream in chunks of up to 24 bytes, some of them empty.
fn cut(mut stream: &[u8], mut random: Random) -> Vec<&[u8]> {
    let mut chunks = Vec::new();
    while !stream.is_empty() {
        let (chunk, rest) = stream.split_at(random.below(25).min(stream.len()));
        chunks.push(chunk);
        stream = rest;
    }
    chunks
}

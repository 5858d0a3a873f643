//! What a decoder says, as values that can be compared.

use sse_runtime::{Decoded, Decoder, Limit};

use crate::parser::Parser;

/// One thing that a decoder handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "tests match on it")]
pub enum Said {
    /// An event: name, data, last event id.
    Event {
        /// Its name.
        event: String,
        /// Its data.
        data: String,
        /// The last event id at it.
        id: String,
        /// Whether the id is its own.
        own_id: bool,
        /// The value of `source:`.
        source: Option<String>,
        /// Its own reconnection time.
        retry: Option<u64>,
    },
    /// A comment.
    Comment(String),
    /// A reconnection time.
    Retry(u64),
    /// A block with an id and without data.
    Id(String),
    /// An event that was too large.
    Oversized(Limit, usize, Option<String>),
    /// What is not UTF-8.
    Malformed(&'static str, Option<String>),
}

impl Said {
    /// The value of something that is borrowed.
    ///
    /// # Panics
    ///
    /// If a decoder says something that the tests do not know.
    #[must_use]
    #[allow(clippy::panic, reason = "a test may fail")]
    pub fn from(decoded: &Decoded<'_>) -> Self {
        match decoded {
            Decoded::Event(event) => Self::Event {
                event: event.event.to_owned(),
                data: event.data.to_owned(),
                id: event.id.to_owned(),
                own_id: event.own_id,
                source: event.source.map(str::to_owned),
                retry: event.retry,
            },
            Decoded::Comment(comment) => Self::Comment((*comment).to_owned()),
            Decoded::Retry(milliseconds) => Self::Retry(*milliseconds),
            Decoded::Id(id) => Self::Id((*id).to_owned()),
            Decoded::Oversized(dropped) => {
                Self::Oversized(dropped.limit, dropped.bytes, dropped.id.map(str::to_owned))
            }
            Decoded::Malformed(dropped) => {
                Self::Malformed(dropped.field, dropped.id.map(str::to_owned))
            }
            other => panic!("unknown to the tests: {other:?}"),
        }
    }
}

/// Everything that the decoder has to say of a chunk.
pub fn read(decoder: &mut Decoder, mut chunk: &[u8]) -> Vec<Said> {
    let mut said = Vec::new();
    while let Some(decoded) = decoder.next(&mut chunk) {
        said.push(Said::from(&decoded));
    }
    said
}

/// What a decoder says of a stream that arrives in these chunks.
pub fn decode_chunks<'a>(
    mut decoder: Decoder,
    chunks: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Said>, Decoder) {
    let mut said = Vec::new();
    for chunk in chunks {
        said.extend(read(&mut decoder, chunk));
    }
    (said, decoder)
}

/// What a decoder of this make says of a stream, which is the same wherever it is cut in two
/// and byte by byte.
///
/// # Panics
///
/// If it is not.
pub fn decode_everywhere(make: impl Fn() -> Decoder, stream: &[u8]) -> Vec<Said> {
    let (whole, decoder) = decode_chunks(make(), [stream]);
    let id = decoder.last_event_id();
    for at in 0..=stream.len() {
        let (a, b) = stream.split_at(at);
        let (said, decoder) = decode_chunks(make(), [a, b]);
        assert_eq!(said, whole, "cut at {at}");
        assert_eq!(decoder.last_event_id(), id, "cut at {at}");
    }
    let (said, decoder) = decode_chunks(make(), stream.chunks(1));
    assert_eq!(said, whole, "byte by byte");
    assert_eq!(decoder.last_event_id(), id, "byte by byte");
    whole
}

/// Holds what a decoder said of a stream against the parser that was written from the standard.
///
/// # Panics
///
/// If they differ.
pub fn agree(said: &[Said], decoder: &Decoder, parser: &Parser) {
    let events: Vec<Said> = parser.events().iter().map(of_parser).collect();
    let own: Vec<&Said> = said.iter().filter(|said| matches!(said, Said::Event { .. })).collect();
    assert_eq!(own, events.iter().collect::<Vec<_>>());

    let comments = said.iter().filter_map(|said| match said {
        Said::Comment(comment) => Some(comment),
        _ => None,
    });
    assert!(comments.eq(parser.comments()), "comments: {said:?}");

    let mut retries = said.iter().filter_map(|said| match said {
        Said::Retry(milliseconds) => Some(*milliseconds),
        _ => None,
    });
    assert_eq!(retries.next_back(), parser.reconnection_time());
    assert_eq!(decoder.last_event_id().unwrap_or_default(), parser.last_event_id());

    let moved = said.iter().filter(|said| matches!(said, Said::Id(_))).count();
    let blocks = parser.empty_blocks().iter();
    let with_id = blocks.filter(|block| has_id(&block.ids)).count();
    assert_eq!(moved, with_id, "blocks with an id alone: {said:?}");
}

fn of_parser(event: &crate::parser::Event) -> Said {
    let digits = |value: &&String| !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    let retry = event.block.retries.iter().rfind(digits);
    let source = event.block.unknown.iter().rfind(|(name, _)| name == "source");
    Said::Event {
        event: event.name.clone(),
        data: event.data.clone(),
        id: event.last_event_id.clone(),
        own_id: has_id(&event.block.ids),
        source: source.map(|(_, value)| value.clone()),
        retry: retry.map(|digits| digits.parse().unwrap_or(u64::MAX)),
    }
}

fn has_id(ids: &[String]) -> bool {
    ids.iter().any(|id| !id.contains('\0'))
}

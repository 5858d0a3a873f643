//! The decoder: from bytes, however they are cut, to what they say.

mod block;
mod decoded;
mod field;
mod limits;
mod line;
mod show;
mod step;
mod value;

use std::{collections::VecDeque, mem};

use block::Block;
use bytes::Bytes;
pub use decoded::{Decoded, Malformed, Oversized, RawEvent};
pub use limits::{DecoderLimits, Limit};
use line::{Line, State};
use step::Step;

/// An incremental decoder of `text/event-stream`: bytes in, events out, no I/O.
///
/// It follows every rule of the
/// [standard](https://html.spec.whatwg.org/multipage/server-sent-events.html), takes the
/// stream in chunks that may be cut anywhere, in the middle of a character too (pitfall P7),
/// and needs time that is linear in the bytes. Nothing that comes makes it fail or stop; what
/// it stores is bounded by [`DecoderLimits`].
///
/// A chunk is handed over by [`feed`](Self::feed), and then [`next`](Self::next) is asked
/// until it has nothing more to say. What it says is borrowed from the chunk, where it lies in
/// one, and from a buffer that it was copied to once, where it does not.
///
/// ```
/// use sse_runtime::{Decoded, Decoder};
///
/// let mut decoder = Decoder::new();
/// let mut sold_out = Vec::new();
/// for chunk in ["id: 1\nevent: sold_out\nda", "ta: A-1\n", "\n: ping\n\n", "data: not whole"] {
///     decoder.feed(chunk);
///     while let Some(decoded) = decoder.next() {
///         match decoded {
///             Decoded::Event(event) if event.event == "sold_out" => {
///                 sold_out.push(event.data.to_owned());
///             }
///             Decoded::Comment(comment) => assert_eq!(comment, " ping"),
///             other => println!("{other:?}"),
///         }
///     }
/// }
/// // The stream ends here. What was not finished is no event (rule 34).
/// assert_eq!(sold_out, ["A-1"]);
/// assert_eq!(decoder.last_event_id(), Some("1"));
/// ```
#[derive(Debug)]
pub struct Decoder {
    chunk: Bytes,
    at: usize,
    /// Chunks that were fed before the one in front of them was used up.
    later: VecDeque<Bytes>,
    line: Line,
    block: Block,
    /// The block has been handed out, which borrows it, and is over with the next step.
    ended: bool,
    last_event_id: String,
    limits: DecoderLimits,
    strict: bool,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// A decoder of a stream from its start, with the default limits.
    #[must_use]
    pub fn new() -> Self {
        Self {
            chunk: Bytes::new(),
            at: 0,
            later: VecDeque::new(),
            line: Line::new(),
            block: Block::default(),
            ended: false,
            last_event_id: String::new(),
            limits: DecoderLimits::new(),
            strict: false,
        }
    }

    /// Other limits.
    #[must_use]
    pub fn with_limits(self, limits: DecoderLimits) -> Self {
        Self { limits, ..self }
    }

    /// The last event id of the stream before, which this one goes on from (rule 27).
    #[must_use]
    pub fn with_last_event_id(self, id: impl Into<String>) -> Self {
        Self { last_event_id: id.into(), ..self }
    }

    /// Drops what is not UTF-8, with a report ([`Decoded::Malformed`]). By default it becomes
    /// U+FFFD, as the standard says (rule 24). Lines that nobody gets to see are not looked at.
    ///
    /// ```
    /// use sse_runtime::{Decoded, Decoder};
    ///
    /// let latin = b"id: 1\ndata: caf\xE9\n\n";
    /// let mut decoder = Decoder::new();
    /// decoder.feed(&latin[..]);
    /// assert!(matches!(decoder.next(), Some(Decoded::Event(event)) if event.data == "caf\u{FFFD}"));
    ///
    /// let mut decoder = Decoder::new().strict_utf8();
    /// decoder.feed(&latin[..]);
    /// assert!(matches!(decoder.next(), Some(Decoded::Malformed(dropped)) if dropped.field == "data"));
    /// ```
    #[must_use]
    pub fn strict_utf8(self) -> Self {
        Self { strict: true, ..self }
    }

    /// Hands over the next bytes of the stream. A chunk is kept until it is used up: ask
    /// [`next`](Self::next) for everything in it before the next one is read from the network,
    /// or nothing bounds how much waits here.
    pub fn feed(&mut self, chunk: impl Into<Bytes>) {
        let chunk = chunk.into();
        if self.at == self.chunk.len() && self.later.is_empty() {
            self.turn_to(chunk);
        } else {
            self.later.push_back(chunk);
        }
    }

    /// What the stream says next; nothing if that has not come as a whole.
    ///
    /// `Some` may be followed by more of the same chunk, `None` by nothing until more is fed.
    #[must_use]
    #[inline]
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    pub fn next(&mut self) -> Option<Decoded<'_>> {
        let step = self.step()?;
        Some(self.show(step))
    }

    /// The id that a reader sends when it comes back (rule 21): that of the last block that was
    /// finished and had one, or the one that the decoder began with. None if it is empty,
    /// because then no header is sent.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        if self.last_event_id.is_empty() { None } else { Some(&self.last_event_id) }
    }

    /// The limit that the unfinished event has passed already. It is reported as a whole at its
    /// blank line; this shows an event that never ends.
    #[must_use]
    pub fn oversized(&self) -> Option<Limit> {
        if self.ended { None } else { self.block.over() }
    }

    /// How many bytes of memory the decoder holds, beside the chunks that it was fed.
    #[must_use]
    pub fn allocated(&self) -> usize {
        self.block.allocated()
            + self.line.value.allocated()
            + self.last_event_id.capacity()
            + self.later.capacity() * mem::size_of::<Bytes>()
    }

    /// Begins anew for the stream of the next connection: what was not finished is forgotten,
    /// the last event id stays (rules 27 and 34).
    pub fn restart(&mut self) {
        self.block.clear();
        self.ended = false;
        self.line.state = State::Mark(0);
        self.later.clear();
        self.turn_to(Bytes::new());
    }

    /// Goes on to the next chunk; what is needed of the one before is copied.
    fn turn_to(&mut self, chunk: Bytes) {
        self.end_of_block();
        self.block.keep(&self.chunk);
        self.chunk = chunk;
        self.at = 0;
    }

    #[inline]
    fn end_of_block(&mut self) {
        if mem::take(&mut self.ended) {
            self.block.clear();
        }
    }

    #[inline]
    fn step(&mut self) -> Option<Step> {
        self.end_of_block();
        loop {
            if let Some(step) = self.step_in_chunk() {
                return Some(step);
            }
            match self.later.pop_front() {
                Some(chunk) => self.turn_to(chunk),
                None => {
                    self.turn_to(Bytes::new());
                    return None;
                }
            }
        }
    }
}

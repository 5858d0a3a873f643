//! The decoder: from bytes, however they are cut, to what they say.

mod block;
mod decoded;
mod field;
mod limits;
mod line;
mod pieces;
mod value;
mod whole;

use block::Block;
pub use decoded::{Decoded, Malformed, Oversized, RawEvent};
pub use limits::{DecoderLimits, Limit};
use line::{Line, State};
use whole::Whole;

/// An incremental decoder of `text/event-stream`: bytes in, events out, no I/O.
///
/// It follows every rule of the
/// [standard](https://html.spec.whatwg.org/multipage/server-sent-events.html), takes the
/// stream in chunks that may be cut anywhere, in the middle of a character too (pitfall P7),
/// and needs time that is linear in the bytes. Nothing that comes makes it fail or stop; what
/// it stores is bounded by [`DecoderLimits`].
///
/// The input is a slice that [`next`](Self::next) moves forward, until nothing is left of it.
/// What it says is borrowed from there, where an event lies in one chunk as a whole, and from a
/// buffer that it was copied to once, where it does not.
///
/// ```
/// use sse_runtime::{Decoded, Decoder};
///
/// let mut decoder = Decoder::new();
/// let mut sold_out = Vec::new();
/// for chunk in ["id: 1\nevent: sold_out\nda", "ta: A-1\n", "\n: ping\n\n", "data: not whole"] {
///     let mut input = chunk.as_bytes();
///     while let Some(decoded) = decoder.next(&mut input) {
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
// Rejected: a decoder that is fed chunks and keeps them until they are used up. What waits in it
// is bounded by nothing but its caller's care, and each chunk would have to be owned.
#[derive(Debug)]
pub struct Decoder {
    line: Line,
    block: Block,
    /// Whether a line or a block has begun that is read in pieces.
    staged: bool,
    /// Whether a block has begun, and not only its first line's BOM or the LF of a CRLF.
    block_begun: bool,
    /// The block has been handed out, which borrows it, and is over with the next step.
    ended: bool,
    last_event_id: String,
    limits: DecoderLimits,
    strict: bool,
    comments: bool,
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
            line: Line::new(),
            block: Block::default(),
            staged: true,
            block_begun: false,
            ended: false,
            last_event_id: String::new(),
            limits: DecoderLimits::new(),
            strict: false,
            comments: true,
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
    /// assert!(matches!(decoder.next(&mut &latin[..]), Some(Decoded::Event(event)) if event.data == "caf\u{FFFD}"));
    ///
    /// let mut decoder = Decoder::new().strict_utf8();
    /// assert!(matches!(decoder.next(&mut &latin[..]), Some(Decoded::Malformed(dropped)) if dropped.field == "data"));
    /// ```
    #[must_use]
    pub fn strict_utf8(self) -> Self {
        Self { strict: true, ..self }
    }

    /// Passes over comments, which is what a reader does who counts bytes to see that the other
    /// end is alive. By default they are handed out.
    #[must_use]
    pub fn without_comments(self) -> Self {
        Self { comments: false, ..self }
    }

    /// What the stream says next, and moves the input behind it. Nothing, once the input is
    /// used up: what has begun in it is kept, and goes on with the next chunk.
    #[must_use]
    #[inline]
    pub fn next<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Option<Decoded<'a>> {
        if self.middle(input) {
            return None;
        }
        self.after_middle(input)
    }

    fn after_middle<'a, 'i: 'a>(&'a mut self, input: &mut &'i [u8]) -> Option<Decoded<'a>> {
        if self.ended {
            self.end_block();
        }
        loop {
            if !self.staged {
                match self.whole(input) {
                    Some(Whole::Event { name, data, source, own_id }) => {
                        return Some(Decoded::Event(RawEvent {
                            event: name,
                            data,
                            id: &self.last_event_id,
                            own_id,
                            source,
                            traceparent: self.block.traceparent.as_ref(),
                            retry: None,
                        }));
                    }
                    Some(Whole::Comment(comment)) => return Some(Decoded::Comment(comment)),
                    Some(Whole::Id) => return Some(Decoded::Id(&self.last_event_id)),
                    None => {}
                }
            }
            if let Some(step) = self.step(input) {
                return Some(self.show(step));
            }
            if input.is_empty() {
                return None;
            }
        }
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

    /// How many bytes of memory the decoder holds.
    #[must_use]
    pub fn allocated(&self) -> usize {
        self.block.allocated() + self.line.value.allocated() + self.last_event_id.capacity()
    }

    /// Begins anew for the stream of the next connection: what was not finished is forgotten,
    /// the last event id stays (rules 27 and 34).
    ///
    /// ```
    /// use sse_runtime::Decoder;
    ///
    /// let mut decoder = Decoder::new();
    /// assert!(decoder.next(&mut &b"id: 7\n\nid: 8\ndata: cut off"[..]).is_some());
    /// decoder.restart();
    /// assert_eq!(decoder.last_event_id(), Some("7"));
    /// ```
    pub fn restart(&mut self) {
        self.end_block();
        self.line.state = State::Mark(0);
        self.block_begun = false;
        self.staged = true;
    }

    fn end_block(&mut self) {
        self.block.clear();
        self.ended = false;
        self.staged = !matches!(self.line.state, State::Fresh);
    }
}

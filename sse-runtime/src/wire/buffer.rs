//! The encoder: frames, whole or not at all.

use bytes::Bytes;
use memchr::{memchr2, memchr2_iter};

use super::{EventId, Frame};
#[cfg(feature = "server")]
use super::{TraceParent, frame::traceparent};

/// A reusable buffer that holds whole frames, one after the other.
///
/// Only an encoder of this crate writes into it, so what it holds is always well formed:
/// an event that cannot be encoded leaves it as it was.
///
/// ```
/// # use sse_runtime::SseEvent;
/// # #[derive(SseEvent)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { SoldOut { sku: String } }
/// use sse_runtime::{FrameBuffer, encode_into};
///
/// let mut buffer = FrameBuffer::new();
/// encode_into(&InventoryEvent::SoldOut { sku: "A-1".into() }, &mut buffer)?;
/// assert_eq!(
///     buffer.as_bytes(),
///     b"event: sold_out\nsource: inventory\ndata: {\"sku\":\"A-1\"}\n\n"
/// );
/// buffer.clear(); // keeps the memory
/// # Ok::<(), sse_runtime::EncodeError>(())
/// ```
#[derive(Debug, Default)]
pub struct FrameBuffer {
    bytes: Vec<u8>,
}

/// The line of an id that is written later, with room for one position.
#[cfg(feature = "server")]
pub(crate) const ID_TO_COME: &[u8] = b"id: evt_000000000000000000000000\n";
/// How many characters a position has.
#[cfg(feature = "server")]
const ROOM_TO_COME: usize = 24;

/// Where a frame begins, to go back to when it cannot be finished.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark(usize);

impl FrameBuffer {
    /// An empty buffer that has not allocated.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new() }
    }

    /// An empty buffer with room for this many bytes.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes) }
    }

    /// The frames as they go out.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many bytes the frames take.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether there is no frame.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Forgets the frames and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The frames as shared bytes, without a copy.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        Bytes::from(self.bytes)
    }

    /// Adds a frame that was encoded before.
    pub fn push(&mut self, frame: &Frame) {
        self.bytes.extend_from_slice(frame.as_bytes());
    }

    /// Adds the frames of another buffer.
    #[cfg(feature = "server")]
    pub(crate) fn append(&mut self, frames: &Self) {
        self.bytes.extend_from_slice(&frames.bytes);
    }

    /// Adds frames that were encoded before, or whole lines of one.
    #[cfg(feature = "server")]
    pub(crate) fn append_bytes(&mut self, frames: &[u8]) {
        self.bytes.extend_from_slice(frames);
    }

    pub(crate) const fn mark(&self) -> Mark {
        Mark(self.bytes.len())
    }

    /// The id of the frame that begins at the mark, if it has one.
    #[cfg(feature = "server")]
    pub(crate) fn id_since(&self, mark: Mark) -> Option<String> {
        let line =
            self.bytes[mark.0..].strip_prefix(b"id: ")?.split(|&byte| byte == b'\n').next()?;
        std::str::from_utf8(line).ok().map(str::to_owned)
    }

    /// Writes which span caused the event into the frame that begins at the mark, as the line in
    /// front of its data. Afterwards, so that an event without one costs nothing.
    #[cfg(feature = "server")]
    pub(crate) fn trace(&mut self, frame: Mark, parent: &TraceParent) {
        // What stands before the data holds no line end of its own.
        let Some(at) = memchr::memmem::find(&self.bytes[frame.0..], b"\ndata:") else { return };
        let at = frame.0 + at + 1;
        self.bytes.splice(at..at, format!("traceparent: {parent}\n").into_bytes());
    }

    /// The span that caused the event of the frame that begins at the mark, if it says so.
    #[cfg(feature = "server")]
    pub(crate) fn traceparent_since(&self, mark: Mark) -> Option<TraceParent> {
        traceparent(&self.bytes[mark.0..])
    }

    /// Forgets what came after the mark: a frame that could not be finished.
    pub(crate) fn rewind(&mut self, mark: Mark) {
        self.bytes.truncate(mark.0);
    }

    /// The `id:` line. It comes first, so that a log can write it in when it gives the
    /// position.
    pub(crate) fn id(&mut self, id: &EventId) {
        self.line(b"id: ", id.as_str().as_bytes());
    }

    /// The `id:` line of a frame that gets its position later: its width is fixed.
    #[cfg(feature = "server")]
    pub(crate) fn id_to_come(&mut self) {
        self.raw(ID_TO_COME);
    }

    /// Writes the position into the frame that the buffer holds, if it left room for one.
    #[cfg(feature = "server")]
    pub(crate) fn write_position(&mut self, digits: &[u8]) {
        const END: usize = ID_TO_COME.len() - 1;
        const ROOM: std::ops::Range<usize> = END - ROOM_TO_COME..END;
        if let Some(room) = self.bytes.get_mut(ROOM)
            && room.len() == digits.len()
        {
            room.copy_from_slice(digits);
        }
    }

    /// An empty `id:` line: the reader forgets the position that it came with.
    #[cfg(feature = "server")]
    pub(crate) fn forget_id(&mut self) {
        self.raw(b"id:\n");
    }

    /// One line; the caller vouches that the value holds no line end.
    pub(crate) fn line(&mut self, field: &[u8], value: &[u8]) {
        debug_assert!(memchr2(b'\r', b'\n', value).is_none());
        self.raw(field);
        self.raw(value);
        self.raw(b"\n");
    }

    /// Bytes that are known to be whole lines, or the begin of one.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// The `retry:` line, in milliseconds.
    pub(crate) fn retry(&mut self, milliseconds: u64) {
        self.line(b"retry: ", milliseconds.to_string().as_bytes());
    }

    /// Where a payload is written, after the `data: ` of its first line.
    pub(crate) fn payload(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Ends the payload that began at the mark, and with it the frame. The payload is JSON.
    ///
    /// JSON writes no line end of its own, but a `RawValue` carries those of its author:
    /// each becomes a `data:` line of its own, which a reader joins again. Looking once
    /// over the finished payload is cheaper than looking at each piece on its way in.
    pub(crate) fn end_payload(&mut self, start: Mark) {
        let payload = &self.bytes[start.0..];
        if memchr2(b'\r', b'\n', payload).is_some() || foreign_breaks(payload).next().is_some() {
            self.split_lines(start);
        }
        self.raw(b"\n\n");
    }

    /// Writes the payload once more, line by line.
    #[cold]
    fn split_lines(&mut self, start: Mark) {
        let payload = self.bytes.split_off(start.0);
        let mut rest = payload.as_slice();
        while let Some(end) = memchr2(b'\r', b'\n', rest) {
            self.escaped(&rest[..end]);
            self.raw(b"\ndata: ");
            let crlf = rest[end..].starts_with(b"\r\n");
            rest = &rest[end + 1 + usize::from(crlf)..];
        }
        self.escaped(rest);
    }

    /// One line of the payload. What stands between two escapes goes as one piece: a long
    /// text in the letters of many languages is no exception.
    fn escaped(&mut self, line: &[u8]) {
        let mut from = 0;
        for (at, end, escape) in foreign_breaks(line) {
            self.raw(&line[from..at]);
            self.raw(escape);
            from = at + end.len();
        }
        self.raw(&line[from..]);
    }
}

/// Where the characters stand that some readers take for line ends.
fn foreign_breaks(line: &[u8]) -> impl Iterator<Item = (usize, &'static [u8], &'static [u8])> {
    // The first bytes of the three.
    memchr2_iter(0xC2, 0xE2, line).filter_map(|at| {
        let found = FOREIGN_BREAKS.iter().find(|(end, _)| line[at..].starts_with(end));
        found.map(|(end, escape)| (at, *end, *escape))
    })
}

/// Characters that end no line by the standard, but do for readers that ask their language
/// what a line is (httpx-sse before 0.4.2, whatever uses Python's `splitlines`): with them
/// a text could forge a field. JSON holds them in strings alone, where the escape is the
/// same character.
const FOREIGN_BREAKS: [(&[u8], &[u8]); 3] = [
    ("\u{85}".as_bytes(), b"\\u0085"),
    ("\u{2028}".as_bytes(), b"\\u2028"),
    ("\u{2029}".as_bytes(), b"\\u2029"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn payload(text: &str) -> String {
        let mut buffer = FrameBuffer::new();
        buffer.raw(b"data: ");
        let start = buffer.mark();
        buffer.payload().extend_from_slice(text.as_bytes());
        buffer.end_payload(start);
        String::from_utf8(buffer.bytes).unwrap()
    }

    #[test]
    fn each_line_end_is_one_break() {
        assert_eq!(payload("a"), "data: a\n\n");
        assert_eq!(payload("a\nb"), "data: a\ndata: b\n\n");
        assert_eq!(payload("a\rb"), "data: a\ndata: b\n\n");
        assert_eq!(payload("a\r\nb"), "data: a\ndata: b\n\n");
        assert_eq!(payload("a\n\rb\n"), "data: a\ndata: \ndata: b\ndata: \n\n");
        assert_eq!(payload(""), "data: \n\n");
    }

    #[test]
    fn what_some_readers_take_for_a_line_end_is_escaped() {
        assert_eq!(payload("\"a\u{85}b\""), "data: \"a\\u0085b\"\n\n");
        assert_eq!(payload("\"\u{2028}\u{2029}\""), "data: \"\\u2028\\u2029\"\n\n");
        // Their neighbours are left alone.
        let near = "\"\u{84}\u{86}\u{a0}\u{2027}\u{202a}\u{200b}\u{feff}…“”\"";
        assert_eq!(payload(near), format!("data: {near}\n\n"));
        assert_eq!(payload("[\n\"\u{2028}\"]"), "data: [\ndata: \"\\u2028\"]\n\n");
    }

    #[test]
    fn rewind_forgets_the_frame_alone() {
        let mut buffer = FrameBuffer::new();
        buffer.raw(b"data: 1\n\n");
        let mark = buffer.mark();
        buffer.raw(b"data: 2");
        buffer.rewind(mark);
        assert_eq!(buffer.as_bytes(), b"data: 1\n\n");
    }
}

//! A value that has come in pieces.

use std::str::Utf8Chunk;

/// The value of a field that does not lie in one chunk with all of its event, and so is copied,
/// once, into a buffer that lasts from event to event.
#[derive(Debug, Default)]
pub(super) struct Value {
    present: bool,
    buffer: Vec<u8>,
    /// What the buffer says where it is not UTF-8.
    text: String,
}

/// Why a value cannot be handed out as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is not UTF-8, and that is asked for.
    Malformed,
    /// As text, with U+FFFD in place of what is not UTF-8, it would have this many bytes.
    TooLong(usize),
}

/// What becomes of a value that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    Refuse,
    /// U+FFFD in place of what is malformed (rule 24), up to so many bytes with what came.
    Replace(usize),
}

/// What a buffer may keep from event to event. The largest event of a stream should not cost
/// its memory for as long as the stream lives.
const KEPT: usize = 64 << 10;

impl Value {
    pub(super) const fn is_present(&self) -> bool {
        self.present
    }

    pub(super) const fn forget(&mut self) {
        self.present = false;
    }

    /// Frees the memory of a buffer that has grown large.
    pub(super) fn trim(&mut self) {
        if self.allocated() > KEPT {
            (self.buffer, self.text) = (Vec::new(), String::new());
        }
    }

    /// It is there, and empty so far.
    pub(super) fn begin(&mut self) {
        self.buffer.clear();
        self.text = String::new();
        self.present = true;
    }

    /// Adds to it. The capacity never exceeds the limit; the caller has seen to it that the
    /// bytes do not either.
    #[inline]
    pub(super) fn append(&mut self, bytes: &[u8], limit: usize) {
        if bytes.len() > self.buffer.capacity() - self.buffer.len() {
            self.grow(bytes.len(), limit);
        }
        // A copy whose length nobody knows is a call, which costs more than the copy where the
        // chunks are tiny: two words that overlap do it as well.
        if let (8..=16, Some(first), Some(last)) =
            (bytes.len(), bytes.first_chunk::<8>(), bytes.last_chunk::<8>())
        {
            let end = self.buffer.len() + bytes.len();
            self.buffer.extend_from_slice(first);
            self.buffer.truncate(end - 8);
            self.buffer.extend_from_slice(last);
        } else {
            self.buffer.extend_from_slice(bytes);
        }
    }

    /// By doubling, as a vector does, so that the copies stay linear; but a vector would go on
    /// to twice the limit. What comes in chunks is seldom small: the first steps are larger.
    #[cold]
    fn grow(&mut self, more: usize, limit: usize) {
        let needed = self.buffer.len().saturating_add(more);
        let capacity = self.buffer.capacity();
        let factor = if capacity < KEPT / 4 { 4 } else { 2 };
        let doubled = capacity.max(needed).saturating_mul(factor).min(limit);
        self.buffer.reserve_exact(doubled.max(needed) - self.buffer.len());
    }

    pub(super) fn set(&mut self, bytes: &[u8]) {
        self.begin();
        self.append(bytes, bytes.len());
    }

    /// The bytes, before they are asked for as text.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// The value as text. Values are whole when they are asked for: no character is cut.
    pub(super) fn text(&mut self, repair: Repair) -> Result<&str, Unfit> {
        if !self.present {
            return Ok("");
        }
        let Self { buffer, text, .. } = self;
        match utf8(buffer) {
            Some(text) => Ok(text),
            None => {
                *text = repaired(buffer, repair)?;
                Ok(text)
            }
        }
    }

    pub(super) const fn allocated(&self) -> usize {
        self.buffer.capacity() + self.text.capacity()
    }
}

/// The bytes, if they are text. The standard library looks at two words at a time, which was
/// the larger half of decoding a large event.
#[inline]
pub(super) fn utf8(bytes: &[u8]) -> Option<&str> {
    simdutf8::basic::from_utf8(bytes).ok()
}

/// The bytes as text, with U+FFFD in place of each malformed sequence. They stay beside it, and
/// count with it.
#[cold]
fn repaired(bytes: &[u8], repair: Repair) -> Result<String, Unfit> {
    let Repair::Replace(limit) = repair else { return Err(Unfit::Malformed) };
    let replaced = |chunk: &Utf8Chunk<'_>| match chunk.invalid() {
        [] => "",
        _ => "\u{FFFD}",
    };
    let lengths = bytes.utf8_chunks().map(|chunk| chunk.valid().len() + replaced(&chunk).len());
    let length = lengths.sum();
    if bytes.len().saturating_add(length) > limit {
        return Err(Unfit::TooLong(length));
    }
    let mut text = String::with_capacity(length);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(replaced(&chunk));
    }
    Ok(text)
}

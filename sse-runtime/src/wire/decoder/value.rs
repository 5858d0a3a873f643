//! A value that has come in pieces.

/// The value of a field that does not lie in one chunk with all of its event, and so is copied,
/// once, into a buffer that lasts from event to event.
#[derive(Debug, Default)]
pub(super) struct Value {
    present: bool,
    buffer: Vec<u8>,
    /// The buffer once it has been found to be text: between the two nothing is copied.
    text: String,
}

/// Why a value cannot be handed out as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unfit {
    /// It is not UTF-8, and that is asked for.
    Malformed,
    /// With U+FFFD in place of what is not, it would have this many bytes.
    TooLong(usize),
}

/// What becomes of a value that is not UTF-8.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repair {
    Refuse,
    /// U+FFFD in place of what is malformed (rule 24), up to so many bytes.
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
        if self.buffer.capacity() == 0 {
            self.buffer = std::mem::take(&mut self.text).into_bytes();
        }
        self.buffer.clear();
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
        self.text = match String::from_utf8(std::mem::take(&mut self.buffer)) {
            Ok(text) => text,
            Err(error) => repaired(error.into_bytes(), repair)?,
        };
        Ok(&self.text)
    }

    pub(super) const fn allocated(&self) -> usize {
        self.buffer.capacity() + self.text.capacity()
    }
}

/// The bytes as text, with U+FFFD in place of each malformed sequence.
#[cold]
fn repaired(mut bytes: Vec<u8>, repair: Repair) -> Result<String, Unfit> {
    const REPLACEMENT: &[u8] = "\u{FFFD}".as_bytes();
    let Repair::Replace(limit) = repair else { return Err(Unfit::Malformed) };
    let length = bytes.utf8_chunks().fold(0, |length, chunk| {
        let replaced = if chunk.invalid().is_empty() { 0 } else { REPLACEMENT.len() };
        length + chunk.valid().len() + replaced
    });
    if length > limit {
        return Err(Unfit::TooLong(length));
    }
    // In place, because a second buffer could be as large as the limit again: the bytes move
    // to the end of the longer one, and from there to the front. What is written never
    // overtakes what is read, because no sequence is longer than its replacement.
    let (mut from, mut to) = (length - bytes.len(), 0);
    bytes.reserve_exact(from);
    bytes.resize(length, 0);
    bytes.copy_within(..length - from, from);
    while let Some(chunk) = bytes[from..].utf8_chunks().next() {
        let (valid, invalid) = (chunk.valid().len(), chunk.invalid().len());
        bytes.copy_within(from..from + valid, to);
        (from, to) = (from + valid + invalid, to + valid);
        if invalid > 0 {
            bytes[to..to + REPLACEMENT.len()].copy_from_slice(REPLACEMENT);
            to += REPLACEMENT.len();
        }
    }
    // It is text now; to look again is cheap where this is rare.
    String::from_utf8(bytes).map_err(|_| Unfit::Malformed)
}

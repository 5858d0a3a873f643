//! A value that has come, wherever it lies.

/// The value of a field of the event that is being read.
///
/// As long as the chunk is there that it came with, it is not copied. The chunks end, and so
/// it moves into a buffer, which lasts from event to event.
#[derive(Debug, Default)]
pub(super) struct Value {
    place: Place,
    buffer: Vec<u8>,
    /// The buffer once it has been found to be text: between the two nothing is copied.
    text: String,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Absent,
    Chunk {
        start: usize,
        end: usize,
    },
    Buffer,
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
    pub(super) const fn is_absent(&self) -> bool {
        matches!(self.place, Place::Absent)
    }

    pub(super) const fn forget(&mut self) {
        self.place = Place::Absent;
    }

    /// Frees the memory of a buffer that has grown large.
    pub(super) fn trim(&mut self) {
        if self.allocated() > KEPT {
            (self.buffer, self.text) = (Vec::new(), String::new());
        }
    }

    /// It lies in the chunk.
    pub(super) const fn set(&mut self, start: usize, end: usize) {
        self.place = Place::Chunk { start, end };
    }

    /// It lies in the buffer, which is empty.
    pub(super) fn begin(&mut self) {
        if self.buffer.capacity() == 0 {
            self.buffer = std::mem::take(&mut self.text).into_bytes();
        }
        self.buffer.clear();
        self.place = Place::Buffer;
    }

    /// Adds to what lies in the buffer, whose capacity never exceeds the limit. The caller
    /// has seen to it that the bytes do not either.
    pub(super) fn append(&mut self, bytes: &[u8], limit: usize) {
        let needed = self.buffer.len().saturating_add(bytes.len());
        if needed > self.buffer.capacity() {
            // By doubling, as a vector does, so that the copies stay linear; but a vector
            // would go on to twice the limit.
            let doubled = self.buffer.capacity().saturating_mul(2).min(limit);
            self.buffer.reserve_exact(doubled.max(needed) - self.buffer.len());
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Copies a value out of its chunk, which ends.
    pub(super) fn keep(&mut self, chunk: &[u8]) {
        if let Place::Chunk { start, end } = self.place {
            self.begin();
            self.append(&chunk[start..end], end - start);
        }
    }

    /// The bytes, before they are asked for as text.
    pub(super) fn bytes<'a>(&'a self, chunk: &'a [u8]) -> &'a [u8] {
        match self.place {
            Place::Absent => &[],
            Place::Chunk { start, end } => &chunk[start..end],
            Place::Buffer => &self.buffer,
        }
    }

    /// The value as text. Values are whole when they are asked for: no character is cut.
    #[inline]
    pub(super) fn text<'a>(
        &'a mut self,
        chunk: &'a [u8],
        repair: Repair,
    ) -> Result<&'a str, Unfit> {
        match self.place {
            Place::Absent => return Ok(""),
            Place::Chunk { start, end } => {
                if let Ok(text) = std::str::from_utf8(&chunk[start..end]) {
                    return Ok(text);
                }
                self.keep(chunk);
            }
            Place::Buffer => {}
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

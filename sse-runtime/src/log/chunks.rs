//! The bytes of a log: one long text, kept in pieces that can be shared.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::position::Tag;

/// How many bytes leave together; one frame may be longer.
pub(crate) const BATCH: usize = 32 * 1024;

/// Bytes are counted from the begin of the log, so that pieces can be joined without touching
/// what points into them.
///
/// Frames gather in an open piece, which nobody sees; sealed, it is shared by all who read it,
/// and reading is a slice of one piece. Pieces that were sealed early, because somebody
/// listened, are joined with the one before as long as that is no longer than the new one: as
/// in a binary counter, each byte is copied a few times at most, and a replay finds large pieces
/// whatever the pace was at which they came. (Not joined on reading: each reader that comes back
/// would copy the same bytes again.)
#[derive(Debug, Default)]
pub(super) struct Chunks {
    sealed: VecDeque<Chunk>,
    open: Vec<u8>,
    /// Where the open piece begins.
    open_base: u64,
}

/// A piece that is sealed.
#[derive(Debug)]
struct Chunk {
    base: u64,
    bytes: Bytes,
    /// The last entry in it.
    last: Mark,
}

/// The number of an entry and its tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) seq: u64,
    pub(super) tag: Tag,
}

impl Chunk {
    fn end(&self) -> u64 {
        self.base + self.bytes.len() as u64
    }
}

impl Chunks {
    /// Adds a frame to the open piece, and says where it ends.
    pub(super) fn push(&mut self, frame: &[u8]) -> u64 {
        if self.open.is_empty() {
            // Often it stays alone.
            self.open.reserve_exact(frame.len());
        }
        self.open.extend_from_slice(frame);
        self.end()
    }

    /// Whether a frame of this length would make a piece too long.
    pub(super) fn is_too_long_with(&self, frame: usize) -> bool {
        !self.open.is_empty() && self.open.len() + frame > BATCH
    }

    /// Where the last frame ends.
    pub(super) fn end(&self) -> u64 {
        self.open_base + self.open.len() as u64
    }

    /// How many bytes nobody has seen.
    pub(super) fn open_len(&self) -> usize {
        self.open.len()
    }

    /// Shows the open piece, whose last entry this is.
    pub(super) fn seal(&mut self, last: Mark) {
        if self.open.is_empty() {
            return;
        }
        let mut base = self.open_base;
        self.open_base = self.end();
        let mut bytes = std::mem::take(&mut self.open);
        while let Some(before) = self.sealed.back()
            && before.bytes.len() <= bytes.len()
            && before.bytes.len() + bytes.len() <= BATCH
        {
            let mut joined = Vec::with_capacity(before.bytes.len() + bytes.len());
            joined.extend_from_slice(&before.bytes);
            joined.extend_from_slice(&bytes);
            (base, bytes) = (before.base, joined);
            self.sealed.pop_back();
        }
        if bytes.capacity() - bytes.len() > bytes.len() / 8 {
            bytes.shrink_to_fit();
        }
        self.sealed.push_back(Chunk { base, bytes: Bytes::from(bytes), last });
    }

    /// The bytes from here to the end of the piece that holds them, and its last entry.
    pub(super) fn read(&self, from: u64) -> Option<(Bytes, Mark)> {
        let chunk = self.find(from)?;
        let start = usize::try_from(from - chunk.base).ok()?;
        Some((chunk.bytes.slice(start..), chunk.last))
    }

    fn find(&self, from: u64) -> Option<&Chunk> {
        // Most readers stand in the last piece.
        if let Some(last) = self.sealed.back()
            && last.base <= from
        {
            return (from < last.end()).then_some(last);
        }
        let at = self.sealed.partition_point(|chunk| chunk.end() <= from);
        self.sealed.get(at).filter(|chunk| chunk.base <= from)
    }

    /// Forgets the pieces that end at or before this place.
    pub(super) fn forget(&mut self, before: u64) {
        while self.sealed.front().is_some_and(|chunk| chunk.end() <= before) {
            self.sealed.pop_front();
        }
        if self.sealed.is_empty() {
            self.sealed.shrink_to_fit();
            if self.end() <= before {
                self.open_base = self.end();
                self.open = Vec::new();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(seq: u64) -> Mark {
        Mark { seq, tag: Tag::ZERO }
    }

    #[test]
    fn what_is_open_is_not_read() {
        let mut chunks = Chunks::default();
        assert_eq!(chunks.push(b"abc"), 3);
        assert_eq!(chunks.read(0), None);
        chunks.seal(mark(1));
        assert_eq!(chunks.read(1), Some((Bytes::from_static(b"bc"), mark(1))));
        assert_eq!(chunks.read(3), None);
        assert_eq!(chunks.push(b"d"), 4);
        assert_eq!(chunks.read(3), None);
    }

    #[test]
    fn small_pieces_are_joined_and_none_beyond_a_batch() {
        let mut chunks = Chunks::default();
        let frame = [b'x'; 230];
        for seq in 1..=10_000 {
            if chunks.is_too_long_with(frame.len()) {
                chunks.seal(mark(seq - 1));
            }
            chunks.push(&frame);
            chunks.seal(mark(seq));
        }
        assert!(chunks.sealed.iter().all(|chunk| chunk.bytes.len() <= BATCH));
        // A few small ones at the end, all others at least half full.
        let small = chunks.sealed.iter().filter(|chunk| chunk.bytes.len() < BATCH / 2 - 230);
        assert!(small.count() < 10, "{:?}", chunks.sealed.len());
        let mut from = 0;
        while let Some((bytes, last)) = chunks.read(from) {
            from += bytes.len() as u64;
            assert_eq!(from, last.seq * 230);
        }
        assert_eq!(from, 2_300_000);
    }

    #[test]
    fn forgetting_keeps_what_reaches_beyond() {
        let mut chunks = Chunks::default();
        for (seq, length) in [(1, 20_000), (2, 10), (3, 30_000)] {
            chunks.push(&vec![b'x'; length]);
            chunks.seal(mark(seq));
        }
        chunks.forget(20_005);
        assert_eq!(chunks.read(0), None);
        assert_eq!(
            chunks.read(20_000).map(|(bytes, last)| (bytes.len(), last.seq)),
            Some((30_010, 3))
        );
        chunks.forget(50_010);
        assert_eq!(chunks.read(20_010), None);
        assert_eq!(chunks.push(b"y"), 50_011);
    }
}

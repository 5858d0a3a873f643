//! The event that is being read: the buffers of the standard.

use super::{DecoderLimits, Limit, field::Field, value::Value};

/// What the lines since the last blank one have said.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) name: Value,
    pub(super) data: Value,
    pub(super) source: Value,
    /// The id, which counts from the blank line on (rules 34 and 35).
    pub(super) id: Value,
    pub(super) retry: Option<u64>,
    /// How many bytes the lines of data have, with the line feeds between them.
    total: usize,
    /// How many of them the line that is not finished may add, at most.
    room: Option<usize>,
    has_data: bool,
    over: Option<(Limit, usize)>,
}

/// What a block is, at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    Event,
    Id,
    Oversized(Limit, usize),
    Nothing,
}

impl Block {
    /// A whole line of data that lies in the chunk.
    #[inline]
    pub(super) fn line(&mut self, chunk: &[u8], start: usize, end: usize, limits: &DecoderLimits) {
        if self.has_data || self.over.is_some() || end - start > limits.line.min(limits.event) {
            return self.another_line(chunk, start, end, limits);
        }
        self.has_data = true;
        self.total = end - start;
        self.data.set(start, end);
    }

    fn another_line(&mut self, chunk: &[u8], start: usize, end: usize, limits: &DecoderLimits) {
        self.begin_line(chunk, limits);
        self.more(&chunk[start..end], 0, limits);
        self.end_line(end - start);
    }

    /// A line of data begins, of which more may come later.
    pub(super) fn begin_line(&mut self, chunk: &[u8], limits: &DecoderLimits) {
        if self.has_data {
            self.total = self.total.saturating_add(1);
            self.data.keep(chunk);
        } else {
            self.data.begin();
        }
        let (room, limit) = limits.room(self.total);
        self.room = room;
        if room.is_none() {
            self.drop_for(limit, 0);
        } else if self.has_data && self.over.is_none() {
            self.data.append(b"\n", limits.event);
        }
        self.has_data = true;
    }

    /// A piece of that line, which has this many bytes before it.
    pub(super) fn more(&mut self, piece: &[u8], before: usize, limits: &DecoderLimits) {
        if self.over.is_some() {
            return;
        }
        if self.room.is_none_or(|room| before.saturating_add(piece.len()) > room) {
            let (_, limit) = limits.room(self.total);
            return self.drop_for(limit, 0);
        }
        self.data.append(piece, limits.event);
    }

    /// That line has ended, with so many bytes.
    pub(super) const fn end_line(&mut self, length: usize) {
        self.total = self.total.saturating_add(length);
    }

    /// The name, id or source lies in the chunk.
    pub(super) fn set(&mut self, field: Field, chunk: &[u8], start: usize, end: usize) {
        // An id with NUL is no id (rule 32): a header cannot carry it.
        if field == Field::Id && memchr::memchr(0, &chunk[start..end]).is_some() {
            return;
        }
        if let Some(value) = self.value(field) {
            value.set(start, end);
        }
    }

    /// The name, id or source came in pieces.
    pub(super) fn copy(&mut self, field: Field, bytes: &[u8]) {
        if field == Field::Id && bytes.contains(&0) {
            return;
        }
        if let Some(value) = self.value(field) {
            value.begin();
            value.append(bytes, bytes.len());
        }
    }

    const fn value(&mut self, field: Field) -> Option<&mut Value> {
        match field {
            Field::Event => Some(&mut self.name),
            Field::Id => Some(&mut self.id),
            Field::Source => Some(&mut self.source),
            Field::Comment | Field::Data | Field::Retry | Field::Unknown => None,
        }
    }

    /// The event is too large: what is stored of its data goes, what follows is only counted.
    #[cold]
    pub(super) fn drop_for(&mut self, limit: Limit, bytes: usize) {
        self.over.get_or_insert((limit, bytes));
        self.data.forget();
        self.data.trim();
    }

    /// The limit that the event has passed already.
    pub(super) fn over(&self) -> Option<Limit> {
        self.over.map(|(limit, _)| limit)
    }

    /// What the block is, at its blank line.
    #[inline]
    pub(super) fn end(&self) -> Ended {
        match self.over {
            Some((limit @ Limit::Name, bytes)) => Ended::Oversized(limit, bytes),
            Some((limit, _)) => Ended::Oversized(limit, self.total),
            None if self.has_data => Ended::Event,
            None if !self.id.is_absent() => Ended::Id,
            None => Ended::Nothing,
        }
    }

    /// Everything that lies in a chunk that ends is copied.
    pub(super) fn keep(&mut self, chunk: &[u8]) {
        for value in [&mut self.name, &mut self.data, &mut self.source, &mut self.id] {
            value.keep(chunk);
        }
    }

    /// The next block begins (rule 39).
    #[inline]
    pub(super) fn clear(&mut self) {
        self.name.forget();
        self.source.forget();
        self.id.forget();
        self.data.forget();
        self.data.trim();
        self.retry = None;
        self.total = 0;
        self.has_data = false;
        self.over = None;
    }

    pub(super) const fn allocated(&self) -> usize {
        self.name.allocated()
            + self.data.allocated()
            + self.source.allocated()
            + self.id.allocated()
    }
}

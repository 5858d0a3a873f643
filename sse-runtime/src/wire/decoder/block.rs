//! The event that comes in pieces: the buffers of the standard.

use super::{DecoderLimits, Limit, field::Field, value::Value};
use crate::wire::TraceParent;

/// What the lines since the last blank one have said.
#[derive(Debug, Default)]
pub(super) struct Block {
    pub(super) name: Value,
    pub(super) data: Value,
    pub(super) source: Value,
    /// The id, which counts from the blank line on (rules 34 and 35).
    pub(super) id: Value,
    pub(super) retry: Option<u64>,
    /// What it says of the span that caused it. Of a block that lies in the input as a whole too.
    pub(super) traceparent: Option<TraceParent>,
    /// How many bytes the lines of data have, with the line feeds between them.
    total: usize,
    /// How many bytes the line of data that is being read may still add.
    room: usize,
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
    /// A line of data begins.
    pub(super) fn begin_line(&mut self, limits: &DecoderLimits) {
        if self.has_data {
            self.total = self.total.saturating_add(1);
        } else {
            self.data.begin();
        }
        match limits.room(self.total) {
            (Some(room), _) if self.over.is_none() => {
                self.room = room;
                if self.has_data {
                    self.data.append(b"\n", limits.event);
                }
            }
            (_, limit) => self.drop_for(limit, 0),
        }
        self.has_data = true;
    }

    /// A piece of that line.
    #[inline]
    pub(super) fn more(&mut self, piece: &[u8], limits: &DecoderLimits) {
        if piece.len() <= self.room {
            self.room -= piece.len();
            self.data.append(piece, limits.event);
        } else {
            let (_, limit) = limits.room(self.total);
            self.drop_for(limit, 0);
        }
    }

    /// That line has ended, with so many bytes.
    pub(super) const fn end_line(&mut self, length: usize) {
        self.total = self.total.saturating_add(length);
    }

    /// A name, an id, a source or a span.
    pub(super) fn set(&mut self, field: Field, bytes: &[u8]) {
        match field {
            Field::Event => self.name.set(bytes),
            Field::Source => self.source.set(bytes),
            Field::Id if is_id(bytes) => self.id.set(bytes),
            Field::TraceParent => self.set_traceparent(bytes),
            _ => {}
        }
    }

    /// Apart, because nearly no event has one.
    #[cold]
    #[inline(never)]
    fn set_traceparent(&mut self, bytes: &[u8]) {
        self.traceparent = TraceParent::read(bytes);
    }

    /// The event is too large: what is stored of its data goes, what follows is only counted.
    #[cold]
    pub(super) fn drop_for(&mut self, limit: Limit, bytes: usize) {
        self.over.get_or_insert((limit, bytes));
        self.room = 0;
        self.data.begin();
        self.data.trim();
    }

    /// The limit that the event has passed already.
    pub(super) fn over(&self) -> Option<Limit> {
        self.over.map(|(limit, _)| limit)
    }

    /// What the block is, at its blank line.
    pub(super) const fn end(&self) -> Ended {
        match self.over {
            Some((limit @ Limit::Name, bytes)) => Ended::Oversized(limit, bytes),
            Some((limit, _)) => Ended::Oversized(limit, self.total),
            None if self.has_data => Ended::Event,
            None if self.id.is_present() => Ended::Id,
            None => Ended::Nothing,
        }
    }

    /// The next block begins (rule 39).
    pub(super) fn clear(&mut self) {
        for value in [&mut self.name, &mut self.data, &mut self.source, &mut self.id] {
            value.forget();
            value.trim();
        }
        self.retry = None;
        self.traceparent = None;
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

/// An id with NUL is no id (rule 32): no header can carry it.
#[inline]
pub(super) fn is_id(bytes: &[u8]) -> bool {
    !bytes.contains(&0)
}

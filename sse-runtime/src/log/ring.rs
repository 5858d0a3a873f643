//! The log in memory.

use std::collections::VecDeque;

use bytes::Bytes;

use super::{
    asides::{Aside, Asides},
    bounds::{Bounds, HIDDEN_EVENTS, WAKE_BYTES, WAKE_EVENTS, WAKE_LEAST},
    chunks::{BATCH, Chunks, Mark},
    entry::{Draft, Entry, Extra, Rest},
    ids::{Ids, Known},
    reader::Mixed,
    stored::{Life, Reach},
};
use crate::{
    names::ResetReason,
    position::{Epoch, Position, Tag},
    wire::{EventId, FrameBuffer},
};

/// An ordered log of encoded events.
#[derive(Debug)]
pub(crate) struct Ring {
    pub(super) epoch: Epoch,
    pub(super) entries: VecDeque<Entry>,
    /// The number of the first entry that is there; one above the head where none is.
    pub(super) first: u64,
    /// Where its bytes begin.
    start: u64,
    /// The tag of the entry before it.
    pub(super) before: Tag,
    /// The head, as it stands on the wire.
    digits: [u8; Position::LEN],
    /// The number of the oldest entry that a position may resume at. What lies before it is
    /// there for readers that are a moment late, and no longer.
    pub(super) kept: u64,
    /// The number of the last entry that was shown.
    pub(super) shown: u64,
    /// Whether a whole batch has come since.
    is_batch_whole: bool,
    pub(super) chunks: Chunks,
    pub(super) asides: Option<Box<Asides>>,
    pub(super) mixed: Option<Box<Mixed>>,
    ids: Option<Box<Ids>>,
    /// Whether the last entry was the end of the channel.
    ended: bool,
    /// When somebody last published or left.
    pub(super) touched: u64,
    /// What readers made of events that are gone.
    pub(super) rest: Rest,
    /// How far back a store reaches, if one keeps the log.
    pub(super) reach: Option<Reach>,
    /// Begun anew under its readers, the log has another life.
    pub(super) life: Life,
}

/// What became of a draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Appended {
    /// Where it stands; of an ephemeral one, that of the event before it.
    pub(crate) position: Position,
    /// Whether it was there before.
    pub(crate) duplicate: bool,
}

/// Why a draft was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The channel has ended.
    Ended,
    /// The id belongs to an event with another content, which stands there.
    IdReused(Position),
    /// No further id can be remembered for as long as it must be.
    TooManyIds,
}

impl Ring {
    pub(crate) fn new(epoch: Epoch, now: u64) -> Self {
        Self {
            epoch,
            entries: VecDeque::new(),
            first: 1,
            start: 0,
            before: Tag::ZERO,
            digits: Position { epoch, seq: 0, tag: Tag::ZERO }.digits(),
            kept: 1,
            shown: 0,
            is_batch_whole: false,
            chunks: Chunks::default(),
            asides: None,
            mixed: None,
            ids: None,
            ended: false,
            touched: now,
            rest: Rest::new(),
            reach: None,
            life: Life {
                number: 0,
                ended_by: ResetReason::Epoch,
                began_at: Position { epoch, seq: 0, tag: Tag::ZERO },
            },
        }
    }

    /// Stands there, with nothing in memory.
    pub(super) fn stand_after(&mut self, position: Position) {
        self.first = position.seq + 1;
        (self.kept, self.shown) = (self.first, position.seq);
        self.before = position.tag;
        self.digits = position.digits();
    }

    /// The position of the newest event.
    pub(crate) fn head(&self) -> Position {
        let tag = self.entries.back().map_or(self.before, |entry| entry.tag);
        Position { epoch: self.epoch, seq: self.head_seq(), tag }
    }

    pub(super) fn head_seq(&self) -> u64 {
        self.first + self.entries.len() as u64 - 1
    }

    /// Whether nothing will come any more.
    pub(crate) const fn is_ended(&self) -> bool {
        self.ended
    }

    /// Whether nothing is kept that a reader or a publisher could come back for, and nothing
    /// has come for as long as an event is kept: a reader that saw the last may still return.
    pub(crate) fn is_idle(&self, now: u64, retention: u64) -> bool {
        let is_old = now.saturating_sub(self.touched) >= retention;
        is_old && self.kept > self.head_seq() && self.ids.is_none()
    }

    /// Appends an event. It is not shown yet. `random` becomes its tag.
    pub(crate) fn append(
        &mut self,
        mut draft: Draft<'_>,
        bounds: &Bounds,
        listeners: usize,
        now: u64,
        random: u32,
    ) -> Result<Appended, Refused> {
        if draft.identity.is_some() {
            // A quiet log forgets nothing by itself: its ids would be full for ever.
            self.trim(bounds, listeners, now);
        }
        if let Some((id, content)) = draft.identity
            && let Some(known) = self.ids.as_ref().and_then(|ids| ids.find(id))
        {
            let position = Position { epoch: self.epoch, seq: known.seq, tag: known.tag };
            let is_same = known.content == content;
            return if is_same {
                Ok(Appended { position, duplicate: true })
            } else {
                Err(Refused::IdReused(position))
            };
        }
        if self.ended {
            return Err(Refused::Ended);
        }
        if draft.head.info().is_ephemeral() {
            self.append_aside(&draft, listeners);
            return Ok(Appended { position: self.head(), duplicate: false });
        }
        self.touched = now;
        let (seq, tag) = (self.head_seq() + 1, Tag::new(random));
        if let Some((id, content)) = draft.identity {
            self.remember(id, Known { seq, tag, content, at: now }, bounds)?;
        }
        let position = Position { epoch: self.epoch, seq, tag };
        self.append_entry(&mut draft, position, now);
        self.trim(bounds, listeners, now);
        Ok(Appended { position, duplicate: false })
    }

    fn append_entry(&mut self, draft: &mut Draft<'_>, position: Position, now: u64) {
        let entry = Entry::new(draft.head, position.tag, Extra::of(draft.topic));
        self.push_entry(draft.frame, entry, now);
        self.ended = draft.head.info().is_terminal();
    }

    pub(super) fn push_entry(&mut self, frame: &mut FrameBuffer, entry: Entry, now: u64) {
        if self.chunks.is_too_long_with(frame.len()) {
            self.seal();
            self.is_batch_whole = true;
        }
        Position::count_on(&mut self.digits, entry.tag);
        frame.write_position(&self.digits);
        if self.entries.capacity() == 0 {
            // Many channels never have more.
            self.entries.reserve_exact(1);
        }
        let end = self.chunks.push(frame.as_bytes());
        self.entries.push_back(Entry { end, at: now, ..entry });
    }

    /// Whether the newest event is the last.
    pub(super) const fn end(&mut self, ended: bool) {
        self.ended = ended;
    }

    /// Nobody listens: nobody will ever see it.
    fn append_aside(&mut self, draft: &Draft<'_>, listeners: usize) {
        if listeners == 0 {
            return;
        }
        let aside = Aside {
            after: self.head_seq(),
            frame: Bytes::copy_from_slice(draft.frame.as_bytes()),
            head: draft.head,
            extra: Extra::of(draft.topic),
        };
        self.asides.get_or_insert_default().push(aside, &mut self.rest);
    }

    fn remember(&mut self, id: &EventId, known: Known, bounds: &Bounds) -> Result<(), Refused> {
        let ids = self.ids.get_or_insert_default();
        if ids.len() >= bounds.ids {
            return Err(Refused::TooManyIds);
        }
        ids.remember(id, known);
        Ok(())
    }

    /// Lets go of what is beyond the bounds.
    pub(crate) fn trim(&mut self, bounds: &Bounds, listeners: usize, now: u64) {
        let head = self.head_seq();
        while self.kept <= head && self.is_beyond(bounds, head, now) {
            self.kept += 1;
        }
        self.let_go(listeners);
        if let Some(ids) = &mut self.ids {
            ids.forget(self.kept, now);
            if ids.len() == 0 {
                self.ids = None;
            }
        }
    }

    fn let_go(&mut self, listeners: usize) {
        while self.first < self.kept && self.may_go(listeners) {
            let Some(gone) = self.entries.pop_front() else { break };
            self.first += 1;
            self.start = gone.end;
            self.before = gone.tag;
            self.rest.extend(gone.extra.filter(|extra| extra.is_decoded()));
        }
        self.chunks.forget(self.start);
        if self.entries.is_empty() {
            self.entries = VecDeque::new();
        }
    }

    /// Whether the oldest that is kept is one too many.
    fn is_beyond(&self, bounds: &Bounds, head: u64, now: u64) -> bool {
        let count = head + 1 - self.kept;
        let bytes = self.chunks.end() - self.start_of(self.kept);
        let at = self.entry(self.kept).map_or(0, |entry| entry.at);
        count > bounds.events || bytes > bounds.bytes || now - at.min(now) >= bounds.retention
    }

    /// Whether the first entry, which is no longer kept, need not wait for late readers. Nobody
    /// is late for what was not shown yet.
    fn may_go(&self, listeners: usize) -> bool {
        let behind = self.kept - self.first;
        let bytes = self.start_of(self.kept) - self.start;
        let is_long = behind > WAKE_EVENTS || (bytes > WAKE_BYTES && behind > WAKE_LEAST);
        listeners == 0 || (is_long && self.first <= self.shown)
    }

    pub(super) fn entry(&self, seq: u64) -> Option<&Entry> {
        let at = seq.checked_sub(self.first)?;
        self.entries.get(usize::try_from(at).ok()?)
    }

    /// Where the bytes of an entry begin.
    pub(super) fn start_of(&self, seq: u64) -> u64 {
        match seq.checked_sub(1).and_then(|before| self.entry(before)) {
            Some(before) => before.end,
            None => self.start,
        }
    }

    /// The tag of an entry that is there, or was the last to go.
    pub(super) fn tag_of(&self, seq: u64) -> Option<Tag> {
        // The number may come from outside, and be the last one there is.
        if seq.checked_add(1) == Some(self.first) {
            return Some(self.before);
        }
        self.entry(seq).map(|entry| entry.tag)
    }

    /// What readers made of events that are gone. Their own code may run when it is dropped, and
    /// so that happens outside of every lock.
    pub(crate) fn take_rest(&mut self) -> Rest {
        std::mem::take(&mut self.rest)
    }

    /// Somebody has come or gone.
    pub(crate) fn touch(&mut self, now: u64) {
        self.touched = now;
    }

    /// Nobody listens any more, and so nobody is late.
    pub(crate) fn left_alone(&mut self) {
        if let Some(asides) = &mut self.asides {
            asides.clear(&mut self.rest);
        }
        self.mixed = None;
        self.let_go(0);
    }

    fn seal(&mut self) {
        if let Some(last) = self.entries.back() {
            self.chunks.seal(Mark { seq: self.head_seq(), tag: last.tag });
        }
    }

    /// Shows what was appended.
    pub(crate) fn show(&mut self) {
        self.seal();
        self.mixed = None;
        (self.shown, self.is_batch_whole) = (self.head_seq(), false);
        if let Some(asides) = &mut self.asides {
            asides.show();
        }
    }

    /// Whether something waits to be shown.
    pub(crate) fn has_hidden(&self) -> bool {
        self.chunks.open_len() > 0 || self.asides.as_ref().is_some_and(|asides| asides.has_hidden())
    }

    /// Whether what waits is a whole batch, or so many events that a reader would be late for
    /// the first of them.
    pub(crate) fn is_full(&self) -> bool {
        let asides = self.asides.as_ref().map_or((0, 0), |asides| asides.hidden());
        let events = self.head_seq() - self.shown + asides.0;
        let bytes = self.chunks.open_len() + asides.1;
        self.is_batch_whole || events >= HIDDEN_EVENTS || bytes >= BATCH
    }
}

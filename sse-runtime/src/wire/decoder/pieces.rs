//! What does not lie in one chunk, line by line, into buffers.

use std::mem;

use super::{
    Decoded, Decoder, Limit, Malformed, Oversized, RawEvent,
    block::Ended,
    field::{Digits, Field},
    line::{State, line_end},
    value::{Repair, Unfit},
};

/// What is handed out next. It lies in the decoder, and is borrowed once it is clear what it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Event,
    Comment,
    Retry(u64),
    Id,
    Oversized(Limit, usize),
    Malformed(&'static str),
}

impl Decoder {
    /// Reads on as far as the next thing to hand out, to the end of the block, or to that of
    /// the input.
    #[inline]
    pub(super) fn step(&mut self, input: &mut &[u8]) -> Option<Step> {
        while !input.is_empty() {
            let step = if matches!(self.line.state, State::Fresh) {
                self.line_in_input(input)
            } else {
                self.resume(input)
            };
            if step.is_some() || !self.staged {
                return step;
            }
        }
        None
    }

    /// Goes on where the chunk before ended.
    fn resume(&mut self, input: &mut &[u8]) -> Option<Step> {
        const MARK: &[u8] = "\u{FEFF}".as_bytes();
        let rest: &[u8] = input;
        match self.line.state {
            State::Mark(seen) if rest.first() == MARK.get(seen) => {
                *input = &rest[1..];
                let whole = seen + 1 == MARK.len();
                self.line.state = if whole { State::Fresh } else { State::Mark(seen + 1) };
                self.staged = !whole;
            }
            // Not a mark after all, but the begin of a line, of a field that nobody knows.
            State::Mark(1..) => self.line.state = State::Value(Field::Unknown),
            State::Mark(0) | State::Fresh => {
                self.line.state = State::Fresh;
                self.staged = self.block_begun;
            }
            State::AfterCr => {
                *input = rest.strip_prefix(b"\n").unwrap_or(rest);
                self.line.state = State::Fresh;
                self.staged = self.block_begun;
            }
            State::Name(..) | State::Colon(_) | State::Value(_) => {
                let Some(length) = line_end(rest) else {
                    self.piece(mem::take(input));
                    return None;
                };
                self.piece(&rest[..length]);
                let field = self.line.end();
                self.end_of_line(input, length);
                return self.end_of_pieces(field);
            }
        }
        None
    }

    /// A line begins in this input, and may end in it.
    fn line_in_input(&mut self, input: &mut &[u8]) -> Option<Step> {
        let rest: &[u8] = input;
        self.block_begun = true;
        let Some(length) = line_end(rest) else {
            self.line.begin();
            self.piece(mem::take(input));
            return None;
        };
        self.end_of_line(input, length);
        if length == 0 {
            return self.blank_line();
        }
        let (field, from) = Field::split(&rest[..length]);
        let value = &rest[from..length];
        match field {
            Field::Data => {
                self.block.begin_line(&self.limits);
                self.block.more(value, &self.limits);
                self.block.end_line(value.len());
            }
            Field::Unknown => {}
            Field::Comment => {
                if value.len() <= self.limits.name && self.comments {
                    self.line.value.set(value);
                    return Some(Step::Comment);
                }
            }
            Field::Retry => {
                let mut digits = Digits::default();
                digits.push(value);
                return self.retry(digits);
            }
            // One that is too long is none, as to every reader that does not know the field.
            Field::TraceParent if value.len() > self.limits.name => {}
            Field::Event | Field::Id | Field::Source | Field::TraceParent => {
                if value.len() <= self.limits.name {
                    self.block.set(field, value);
                } else {
                    self.block.drop_for(Limit::Name, value.len());
                }
            }
        }
        None
    }

    /// The middle of a long line, which is all that most chunks of a large event have: whether
    /// it was that.
    #[inline]
    pub(super) fn middle(&mut self, input: &mut &[u8]) -> bool {
        let State::Value(Field::Data) = self.line.state else { return false };
        if line_end(input).is_some() {
            return false;
        }
        let piece = mem::take(input);
        self.block.more(piece, &self.limits);
        self.line.length = self.line.length.saturating_add(piece.len());
        true
    }

    /// Steps over the end of a line.
    #[inline]
    pub(super) fn end_of_line(&mut self, input: &mut &[u8], length: usize) {
        let (end, rest) = input[length..].split_first().unwrap_or((&b'\n', &[]));
        *input = rest;
        if *end == b'\r' {
            match rest.strip_prefix(b"\n") {
                Some(rest) => *input = rest,
                None if rest.is_empty() => {
                    self.line.state = State::AfterCr;
                    self.staged = true;
                }
                None => {}
            }
        }
    }

    /// A piece of a line whose end is not in this input, or whose begin is not.
    #[inline]
    fn piece(&mut self, piece: &[u8]) {
        let Self { line, block, limits, .. } = self;
        let Some((field, from)) = line.head(piece) else { return };
        let piece = &piece[from..];
        match field {
            Field::Data => {
                if !mem::replace(&mut line.begun, true) {
                    block.begin_line(limits);
                }
                block.more(piece, limits);
            }
            Field::Retry => line.digits.push(piece),
            Field::Unknown => {}
            Field::Comment | Field::Event | Field::Id | Field::Source | Field::TraceParent => {
                line.store(piece, limits.name);
            }
        }
        line.length = line.length.saturating_add(piece.len());
    }

    /// A line that has come in pieces is whole.
    fn end_of_pieces(&mut self, field: Field) -> Option<Step> {
        let Self { line, block, limits, .. } = self;
        match field {
            Field::Data => {
                if !line.begun {
                    block.begin_line(limits);
                }
                block.end_line(line.length);
            }
            Field::Unknown => {}
            Field::Comment => {
                if line.length <= limits.name && self.comments {
                    return Some(Step::Comment);
                }
            }
            Field::Retry => return self.retry(self.line.digits),
            Field::TraceParent if line.length > limits.name => {}
            Field::Event | Field::Id | Field::Source | Field::TraceParent => {
                if line.length <= limits.name {
                    block.set(field, line.value.bytes());
                } else {
                    block.drop_for(Limit::Name, line.length);
                }
            }
        }
        None
    }

    /// Counts when its line is processed (rule 33), and not with the event around it.
    fn retry(&mut self, digits: Digits) -> Option<Step> {
        let milliseconds = digits.value()?;
        self.block.retry = Some(milliseconds);
        Some(Step::Retry(milliseconds))
    }

    /// The block ends (rules 35 and 36). Its id counts from here on, whatever else becomes of
    /// it: an event that is dropped has been received.
    pub(super) fn blank_line(&mut self) -> Option<Step> {
        let ended = self.block.end();
        self.block_begun = false;
        self.ended = true;
        if ended == Ended::Nothing {
            self.end_block();
            return None;
        }
        let adopted = !self.block.id.is_present() || self.adopt_id();
        Some(match ended {
            Ended::Oversized(limit, bytes) => Step::Oversized(limit, bytes),
            _ if !adopted => Step::Malformed("id"),
            Ended::Event => Step::Event,
            Ended::Id | Ended::Nothing => Step::Id,
        })
    }

    /// Takes the id of the block for the last event id, unless it may not be repaired.
    fn adopt_id(&mut self) -> bool {
        let repair = self.repair(usize::MAX);
        let Ok(id) = self.block.id.text(repair) else {
            self.block.id.forget();
            return false;
        };
        self.last_event_id.clear();
        self.last_event_id.push_str(id);
        true
    }

    const fn repair(&self, limit: usize) -> Repair {
        if self.strict { Repair::Refuse } else { Repair::Replace(limit) }
    }

    pub(super) fn show(&mut self, step: Step) -> Decoded<'_> {
        match step {
            Step::Event => self.event().unwrap_or_else(|dropped| dropped),
            Step::Comment => {
                let repair = self.repair(usize::MAX);
                match self.line.value.text(repair) {
                    Ok(comment) => Decoded::Comment(comment),
                    Err(_) => Decoded::Malformed(Malformed { field: "comment", id: None }),
                }
            }
            Step::Retry(milliseconds) => Decoded::Retry(milliseconds),
            Step::Id => Decoded::Id(&self.last_event_id),
            Step::Oversized(limit, bytes) => {
                let id = self.own_id();
                Decoded::Oversized(Oversized { limit, bytes, id })
            }
            Step::Malformed(field) => Decoded::Malformed(Malformed { field, id: self.own_id() }),
        }
    }

    fn own_id(&self) -> Option<&str> {
        self.block.id.is_present().then_some(self.last_event_id.as_str())
    }

    /// The event, or what is handed out in its place.
    fn event(&mut self) -> Result<Decoded<'_>, Decoded<'_>> {
        let (repair, repair_data) = (self.repair(usize::MAX), self.repair(self.limits.event));
        let Self { block, last_event_id, .. } = self;
        let own_id = block.id.is_present();
        let own = own_id.then_some(last_event_id.as_str());
        let dropped = |field| {
            move |unfit| match unfit {
                Unfit::Malformed => Decoded::Malformed(Malformed { field, id: own }),
                Unfit::TooLong(bytes) => {
                    Decoded::Oversized(Oversized { limit: Limit::Event, bytes, id: own })
                }
            }
        };
        let data = block.data.text(repair_data).map_err(dropped("data"))?;
        let name = block.name.text(repair).map_err(dropped("event"))?;
        let has_source = block.source.is_present();
        let source = block.source.text(repair).map_err(dropped("source"))?;
        Ok(Decoded::Event(RawEvent {
            event: if name.is_empty() { "message" } else { name },
            data,
            id: last_event_id,
            own_id,
            source: has_source.then_some(source),
            traceparent: block.traceparent.as_ref(),
            retry: block.retry,
        }))
    }
}

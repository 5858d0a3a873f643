//! The way through a chunk, line by line.

use std::mem;

use memchr::memchr2;

use super::{
    Decoder, Limit,
    field::{Digits, Field},
    line::State,
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
    /// Goes through the chunk as far as the next thing to hand out, or to its end.
    #[inline]
    pub(super) fn step_in_chunk(&mut self) -> Option<Step> {
        while !matches!(self.line.state, State::Fresh) && self.at < self.chunk.len() {
            if let Some(step) = self.resume() {
                return Some(step);
            }
        }
        while self.at < self.chunk.len() {
            let start = self.at;
            let rest = &self.chunk[start..];
            let Some(length) = line_end(rest) else {
                self.line.begin();
                self.piece(start, self.chunk.len());
                return None;
            };
            let (field, value) = Field::split(&rest[..length]);
            let end = start + length;
            self.end_of_line(end);
            let step = if length == 0 {
                self.blank_line()
            } else {
                self.whole_line(field, start + value, end)
            };
            if step.is_some() {
                return step;
            }
        }
        None
    }

    /// Goes on where the chunk before ended.
    fn resume(&mut self) -> Option<Step> {
        const MARK: &[u8] = "\u{FEFF}".as_bytes();
        let next = self.chunk.get(self.at).copied();
        match self.line.state {
            State::Mark(seen) if next == MARK.get(seen).copied() => {
                self.at += 1;
                let whole = seen + 1 == MARK.len();
                self.line.state = if whole { State::Fresh } else { State::Mark(seen + 1) };
            }
            State::Mark(0) | State::Fresh => self.line.state = State::Fresh,
            // Not a mark after all, but the begin of a line, of a field that nobody knows.
            State::Mark(_) => self.line.state = State::Value(Field::Unknown),
            State::AfterCr => {
                self.at += usize::from(next == Some(b'\n'));
                self.line.state = State::Fresh;
            }
            State::Name(..) | State::Colon(_) | State::Value(_) => {
                let rest = &self.chunk[self.at..];
                let Some(length) = memchr2(b'\n', b'\r', rest) else {
                    self.piece(self.at, self.chunk.len());
                    return None;
                };
                let end = self.at + length;
                self.piece(self.at, end);
                let field = self.line.end();
                self.end_of_line(end);
                return self.pieced_line(field);
            }
        }
        None
    }

    /// Steps over the end of a line, which stands here.
    #[inline]
    fn end_of_line(&mut self, end: usize) {
        self.at = end + 1;
        if self.chunk[end] == b'\r' {
            match self.chunk.get(self.at) {
                Some(b'\n') => self.at += 1,
                Some(_) => {}
                None => self.line.state = State::AfterCr,
            }
        }
    }

    /// A piece of a line whose end is not in this chunk, or whose begin is not.
    fn piece(&mut self, start: usize, end: usize) {
        let Self { chunk, line, block, limits, .. } = self;
        self.at = end;
        let piece = &chunk[start..end];
        let Some((field, from)) = line.head(piece) else { return };
        let piece = &piece[from..];
        match field {
            Field::Data => {
                if !mem::replace(&mut line.begun, true) {
                    block.begin_line(chunk, limits);
                }
                block.more(piece, line.length, limits);
            }
            Field::Retry => line.digits.push(piece),
            Field::Unknown => {}
            Field::Comment | Field::Event | Field::Id | Field::Source => {
                line.store(piece, limits.name);
            }
        }
        line.length = line.length.saturating_add(piece.len());
    }

    /// A line that lies in the chunk as a whole.
    #[inline]
    fn whole_line(&mut self, field: Field, start: usize, end: usize) -> Option<Step> {
        match field {
            Field::Data => self.block.line(&self.chunk, start, end, &self.limits),
            Field::Unknown => {}
            Field::Comment if end - start > self.limits.name => {}
            Field::Comment => {
                self.line.value.set(start, end);
                return Some(Step::Comment);
            }
            Field::Retry => {
                let mut digits = Digits::default();
                digits.push(&self.chunk[start..end]);
                return self.retry(digits);
            }
            Field::Event | Field::Id | Field::Source => {
                if end - start > self.limits.name {
                    self.block.drop_for(Limit::Name, end - start);
                } else {
                    self.block.set(field, &self.chunk, start, end);
                }
            }
        }
        None
    }

    /// A line that has come in pieces.
    fn pieced_line(&mut self, field: Field) -> Option<Step> {
        let Self { chunk, line, block, limits, .. } = self;
        match field {
            Field::Data => {
                if !line.begun {
                    block.begin_line(chunk, limits);
                }
                block.end_line(line.length);
            }
            Field::Unknown => {}
            Field::Comment if line.length > limits.name => {}
            Field::Comment => return Some(Step::Comment),
            Field::Retry => return self.retry(self.line.digits),
            Field::Event | Field::Id | Field::Source => {
                if line.length > limits.name {
                    block.drop_for(Limit::Name, line.length);
                } else {
                    block.copy(field, line.value.bytes(chunk));
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
}

/// Where the line ends that begins here: LF, CR or both (rule 25), and nothing else (rule 26).
#[inline]
fn line_end(rest: &[u8]) -> Option<usize> {
    memchr2(b'\n', b'\r', rest)
}

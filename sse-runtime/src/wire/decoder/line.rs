//! A line that is not whole yet.

use memchr::memchr2;

use super::{
    field::{Digits, Field, LONGEST},
    value::Value,
};

/// Where the line ends that begins here: at an LF, a CR or both (rule 25), and nowhere else
/// (rule 26).
///
/// A vector search has to be called, which costs more than the search where the end is near or
/// the chunk is small: words are looked at first. Always inline, because left to the optimiser
/// one more place that calls it made tiny events take twice as long.
#[inline(always)]
pub(super) fn line_end(rest: &[u8]) -> Option<usize> {
    let Some((first, more)) = rest.split_first_chunk::<8>() else {
        return rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
    };
    if let Some(at) = end_in_word(*first) {
        return Some(at);
    }
    if more.len() > 8 {
        return memchr2(b'\n', b'\r', more).map(|at| at + 8);
    }
    // The last word again has what the first one has not.
    let last = rest.last_chunk::<8>().and_then(|last| end_in_word(*last));
    last.map(|at| at + more.len())
}

/// Where the first LF or CR stands among eight bytes.
#[inline(always)]
const fn end_in_word(word: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let word = u64::from_le_bytes(word);
    // A byte that is zero borrows into its highest bit. A borrow from there can mark a byte that
    // is one behind it, and never the first.
    let (lf, cr) = (word ^ (ONES * 0x0A), word ^ (ONES * 0x0D));
    let found = ((lf.wrapping_sub(ONES) & !lf) | (cr.wrapping_sub(ONES) & !cr)) & HIGH;
    if found == 0 { None } else { Some((found.trailing_zeros() / 8) as usize) }
}

/// Where the decoder stands between two chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// At the start, with so many bytes of a byte order mark (rule 24).
    Mark(usize),
    /// Before a line.
    Fresh,
    /// Behind a CR, which has been acted on: an LF would belong to it (rule 25).
    AfterCr,
    /// In a name, with so many bytes. One that is longer than all that are known is not kept.
    Name([u8; LONGEST], usize),
    /// Behind a colon: a space would be no part of the value (rule 28).
    Colon(Field),
    /// In a value.
    Value(Field),
}

/// The line that is not whole yet, as much of it as is needed.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) state: State,
    /// The value of a name, an id, a source or a comment.
    pub(super) value: Value,
    /// How long the value is, stored or not.
    pub(super) length: usize,
    /// Whether the block knows of it: data goes there at once.
    pub(super) begun: bool,
    pub(super) digits: Digits,
}

impl Line {
    pub(super) fn new() -> Self {
        Self {
            state: State::Mark(0),
            value: Value::default(),
            length: 0,
            begun: false,
            digits: Digits::default(),
        }
    }

    pub(super) fn begin(&mut self) {
        self.state = State::Name([0; LONGEST], 0);
        self.value.begin();
        self.length = 0;
        self.begun = false;
        self.digits = Digits::default();
    }

    /// Reads as far as the value, whose field is told, and how many bytes of the piece stand
    /// before it; nothing if it has not come.
    #[inline]
    pub(super) fn head(&mut self, piece: &[u8]) -> Option<(Field, usize)> {
        match self.state {
            State::Value(field) => Some((field, 0)),
            State::Name(head, length) => self.name(head, length, piece),
            State::Colon(field) => self.colon(field, piece, 0),
            State::Mark(_) | State::Fresh | State::AfterCr => None,
        }
    }

    fn name(
        &mut self,
        mut head: [u8; LONGEST],
        length: usize,
        piece: &[u8],
    ) -> Option<(Field, usize)> {
        let room = LONGEST - length;
        let near = &piece[..piece.len().min(room + 1)];
        let colon = memchr::memchr(b':', near);
        let more = &near[..colon.unwrap_or(near.len())];
        if more.len() > room {
            self.state = State::Value(Field::Unknown);
            return Some((Field::Unknown, 0));
        }
        head[length..length + more.len()].copy_from_slice(more);
        let length = length + more.len();
        let Some(colon) = colon else {
            self.state = State::Name(head, length);
            return None;
        };
        if length == 0 {
            self.state = State::Value(Field::Comment);
            return Some((Field::Comment, colon + 1));
        }
        self.colon(Field::named(&head[..length]), piece, colon + 1)
    }

    fn colon(&mut self, field: Field, piece: &[u8], at: usize) -> Option<(Field, usize)> {
        let Some(first) = piece.get(at) else {
            self.state = State::Colon(field);
            return None;
        };
        self.state = State::Value(field);
        Some((field, at + usize::from(*first == b' ')))
    }

    /// The line has ended: its field.
    pub(super) fn end(&mut self) -> Field {
        match std::mem::replace(&mut self.state, State::Fresh) {
            State::Value(field) | State::Colon(field) => field,
            State::Name(head, length) => Field::named(&head[..length]),
            State::Mark(_) | State::Fresh | State::AfterCr => Field::Unknown,
        }
    }

    /// Adds to the value what may be handed out, and counts the rest.
    pub(super) fn store(&mut self, piece: &[u8], limit: usize) {
        if self.length.saturating_add(piece.len()) <= limit {
            self.value.append(piece, limit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_end_of_a_line_is_found_wherever_it_stands() {
        for length in 0..40 {
            for at in 0..length {
                for (end, other) in [(b'\n', b'\r'), (b'\r', b'\n')] {
                    // Neighbours of both in value, and an end of another line at once behind.
                    for filler in [0, 0x09, 0x0B, 0x0C, 0x0E, 0x8A, 0x8D, 0xFF] {
                        let mut line = vec![filler; length];
                        assert_eq!(line_end(&line), None);
                        line[at] = end;
                        assert_eq!(line_end(&line), Some(at));
                        line[at + 1..].fill(other);
                        assert_eq!(line_end(&line), Some(at));
                    }
                }
            }
        }
    }
}

//! Ephemeral frames: they lie between two positions, have no number, and are never replayed.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;

use super::entry::{Extra, Rest};
use crate::event::Head;

/// How many ephemeral frames wait for readers that are a moment late, and how many bytes. A
/// bound of their own: they never push a numbered frame out. A reader that is behind skips them.
const MOST: usize = 256;
const MOST_BYTES: usize = 256 * 1024;

/// The ephemeral frames of the last moments, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Asides {
    frames: VecDeque<Aside>,
    /// The number of the first of them, counted from the begin of the log.
    first: u64,
    /// The number after the last that may be seen.
    shown: u64,
    bytes: usize,
    hidden_bytes: usize,
}

#[derive(Debug)]
pub(super) struct Aside {
    /// The numbered event that it came after.
    pub(super) after: u64,
    pub(super) frame: Bytes,
    pub(super) head: Head,
    pub(super) extra: Option<Arc<Extra>>,
}

impl Asides {
    /// Adds one; what readers made of those that go is left in `rest`.
    pub(super) fn push(&mut self, aside: Aside, rest: &mut Rest) {
        self.bytes += aside.frame.len();
        self.hidden_bytes += aside.frame.len();
        self.frames.push_back(aside);
        let is_beyond = |asides: &Self| asides.frames.len() > MOST || asides.bytes > MOST_BYTES;
        // Nobody is late for what was not shown yet.
        while is_beyond(self) && self.first < self.shown {
            let Some(gone) = self.frames.pop_front() else { break };
            self.bytes -= gone.frame.len();
            self.first += 1;
            rest.extend(gone.extra.filter(|extra| extra.is_decoded()));
        }
    }

    /// The number of the next one to come.
    pub(super) fn end(&self) -> u64 {
        self.first + self.frames.len() as u64
    }

    pub(super) fn show(&mut self) {
        self.shown = self.end();
        self.hidden_bytes = 0;
    }

    pub(super) fn has_hidden(&self) -> bool {
        self.shown < self.end()
    }

    /// How many came since the last were shown, and how many bytes.
    pub(super) fn hidden(&self) -> (u64, usize) {
        (self.end() - self.shown, self.hidden_bytes)
    }

    /// Nobody is there who could still see them.
    pub(super) fn clear(&mut self, rest: &mut Rest) {
        self.first = self.end();
        self.shown = self.first;
        let gone = std::mem::take(&mut self.frames).into_iter();
        rest.extend(gone.filter_map(|aside| aside.extra).filter(|extra| extra.is_decoded()));
        (self.bytes, self.hidden_bytes) = (0, 0);
    }

    /// The next one for a reader, and its number.
    pub(super) fn next(&mut self, number: u64) -> Option<(u64, &mut Aside)> {
        let number = number.max(self.first);
        if number >= self.shown {
            return None;
        }
        let at = usize::try_from(number - self.first).ok()?;
        Some((number, self.frames.get_mut(at)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn aside(length: usize) -> Aside {
        Aside {
            after: 0,
            frame: Bytes::from(vec![0; length]),
            head: Head::__nothing(),
            extra: None,
        }
    }

    #[test]
    fn what_is_not_shown_is_not_seen() {
        let mut asides = Asides::default();
        asides.push(aside(1), &mut Rest::new());
        assert!(asides.has_hidden() && asides.next(0).is_none());
        asides.show();
        assert_eq!(asides.next(0).map(|(number, _)| number), Some(0));
        assert!(asides.next(1).is_none() && !asides.has_hidden());
    }

    #[test]
    fn both_bounds_hold_and_a_late_reader_goes_on_at_the_oldest() {
        let mut asides = Asides::default();
        let mut push = |length| {
            asides.push(aside(length), &mut Rest::new());
            asides.show();
            (asides.frames.len(), asides.end())
        };
        assert_eq!((0..1_000).map(|_| push(1)).last(), Some((MOST, 1_000)));
        assert_eq!((0..10).map(|_| push(MOST_BYTES / 4)).last(), Some((4, 1_010)));
        assert_eq!(asides.next(3).map(|(number, _)| number), Some(1_006));
        // What was not shown stays: a channel shows it before it is too much.
        asides.push(aside(4 * MOST_BYTES), &mut Rest::new());
        asides.push(aside(1), &mut Rest::new());
        assert_eq!((asides.frames.len(), asides.end()), (2, 1_012));
        asides.clear(&mut Rest::new());
        assert_eq!((asides.end(), asides.bytes), (1_012, 0));
    }
}

//! How a reader comes and goes.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::VecDeque;

use super::{
    driver::{Driver, EPOCH, TAGS},
    model::base62,
    ops::From,
    readers::{Item, Reader},
};
use crate::{
    names::{ResetReason, Resumed},
    position::{Cursor, Epoch, Position},
    wire::EventId,
};

impl Driver {
    pub(super) fn join(&mut self, from: &From, from_oldest: bool, shows: bool) {
        if shows {
            self.show();
        }
        self.trim();
        let (cursor, expected, next) = self.asks(from);
        let joined = self.ring.join(cursor.as_ref().map(Option::as_ref), from_oldest);
        let (place, matched) = (joined.place, joined.matched);
        let epochs = [Epoch::new(EPOCH)];
        assert_eq!(matched.resolve(cursor.flatten().as_ref(), &epochs), expected, "{from:?}");
        let next = match (next, from_oldest) {
            (Some(next), _) => next,
            (None, true) => self.model.oldest,
            (None, false) => self.model.head() + 1,
        };
        let stands_at = next - 1;
        let position = place.position(Epoch::new(EPOCH)).id();
        assert_eq!(position.as_str(), format!("evt_{}", self.model.digits(stands_at)));
        let due = (next..=self.model.head()).map(|seq| Item {
            seq: Some(seq),
            frame: self.model.event(seq).frame.as_str().into(),
            shown: seq <= self.shown,
            may_be_seen: true,
        });
        let due: VecDeque<Item> = due.collect();
        let saw = vec![stands_at];
        self.readers.push(Reader { place, due, stands_at, saw, is_prompt: false });
    }

    /// The cursor, what becomes of it, and where its reader goes on.
    #[allow(clippy::type_complexity, reason = "asked once")]
    fn asks(&self, from: &From) -> (Option<Option<Cursor>>, Resumed, Option<u64>) {
        let reset = |reason| Resumed::Reset(reason);
        let any = |at: usize| at as u64 % (self.model.head() + 1);
        let other = |seq: u64| format!("{}{}{}", base62(5, 8), base62(seq, 11), base62(4, 5));
        let (digits, is_this_log, others) = match from {
            From::Nothing => return (None, Resumed::Fresh, None),
            From::Unreadable => return (Some(None), reset(ResetReason::Invalid), None),
            From::Position(at) => (self.model.digits(any(*at)), true, ""),
            From::AmongOthers(at) => (self.model.digits(any(*at)), true, "x"),
            From::WrongTag(at) => {
                let seq = any(*at);
                let tag = (self.model.tag(seq) + 1) % TAGS;
                let digits = self.model.digits(seq);
                (format!("{}{}", &digits[..19], base62(tag.into(), 5)), true, "")
            }
            From::OtherLog(at) => (other(any(*at)), false, ""),
            From::Ahead(by) => {
                let seq = self.model.head().saturating_add(*by);
                (format!("{}{}{}", base62(EPOCH, 8), base62(seq, 11), base62(4, 5)), true, "")
            }
        };
        let asked = Position::try_from(&format!("evt_{digits}").parse::<EventId>().unwrap());
        let resumed = self.model.resume(&asked.unwrap(), is_this_log);
        let next = match resumed {
            Resumed::Exact => Some(asked.unwrap().seq() + 1),
            Resumed::Gap { .. } => Some(self.model.oldest),
            Resumed::Fresh | Resumed::Reset(_) => None,
        };
        let id = if others.is_empty() {
            format!("evt_{digits}")
        } else {
            format!("evt_{}{digits}", other(3))
        };
        let cursor = Cursor::read(&id.parse().unwrap());
        assert!(cursor.is_some(), "{id}");
        (Some(cursor), resumed, next)
    }

    pub(super) fn leave(&mut self, reader: usize) -> Option<Reader> {
        if self.readers.is_empty() {
            return None;
        }
        let reader = self.readers.remove(reader % self.readers.len());
        self.ring.touch(self.now);
        if self.readers.is_empty() {
            self.ring.left_alone();
        }
        Some(reader)
    }
}

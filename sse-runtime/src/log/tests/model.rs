//! What a log promises, as slow and plain as it can be said: everything is kept in one list for
//! ever, and each question is answered by walking through it.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::{
    log::Bounds,
    names::{ResetReason, Resumed},
    position::Position,
};

/// For how long an id is known at least, in microseconds.
const TWO_MINUTES: u64 = 120_000_000;

/// All that was ever published.
#[derive(Debug)]
pub(super) struct Model {
    epoch: u64,
    /// The events with a number, the first of them at 0.
    pub(super) events: Vec<Event>,
    /// The number of the oldest that a reader may resume at.
    pub(super) oldest: u64,
    pub(super) ended: bool,
}

#[derive(Debug)]
pub(super) struct Event {
    /// The frame as every reader gets it.
    pub(super) frame: String,
    /// The bytes of all up to here.
    bytes: usize,
    tag: u32,
    at: u64,
    /// What the publisher called it, and the hash of its content.
    own: Option<(u8, u64)>,
    /// Whether what the publisher called it has been forgotten.
    forgotten: bool,
}

/// What becomes of an event with a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Stands(u64),
    StoodBefore(u64),
    IdReused(u64),
    TooManyIds,
    Ended,
}

/// An event that is published.
#[derive(Debug, Clone)]
pub(super) struct Published {
    /// Everything after the line of the id.
    pub(super) rest: String,
    pub(super) tag: u32,
    pub(super) own: Option<(u8, u64)>,
    pub(super) is_terminal: bool,
}

impl Model {
    pub(super) const fn new(epoch: u64) -> Self {
        Self { epoch, events: Vec::new(), oldest: 1, ended: false }
    }

    pub(super) fn head(&self) -> u64 {
        self.events.len() as u64
    }

    pub(super) fn event(&self, seq: u64) -> &Event {
        &self.events[usize::try_from(seq - 1).unwrap()]
    }

    /// The 24 characters of a position.
    pub(super) fn digits(&self, seq: u64) -> String {
        format!("{}{}{}", base62(self.epoch, 8), base62(seq, 11), base62(self.tag(seq).into(), 5))
    }

    /// That of the event with this number; 0 stands before all of them.
    pub(super) fn tag(&self, seq: u64) -> u32 {
        if seq == 0 { 0 } else { self.event(seq).tag }
    }

    fn bytes(&self, seq: u64) -> usize {
        if seq == 0 { 0 } else { self.event(seq).bytes }
    }

    pub(super) fn publish(&mut self, event: &Published, bounds: &Bounds, now: u64) -> Outcome {
        if event.own.is_some() {
            self.let_go(bounds, now);
        }
        if let Some((id, content)) = event.own {
            let mut seqs = 1..=self.head();
            let known = seqs.rfind(|&seq| {
                let before = self.event(seq);
                !before.forgotten && before.own.is_some_and(|(own, _)| own == id)
            });
            if let Some(seq) = known {
                let is_same = self.event(seq).own == Some((id, content));
                return if is_same { Outcome::StoodBefore(seq) } else { Outcome::IdReused(seq) };
            }
        }
        if self.ended {
            return Outcome::Ended;
        }
        let known = self.events.iter().filter(|event| event.own.is_some() && !event.forgotten);
        if event.own.is_some() && known.count() >= bounds.ids {
            return Outcome::TooManyIds;
        }
        let seq = self.head() + 1;
        self.events.push(Event {
            frame: String::new(),
            bytes: 0,
            tag: event.tag,
            at: now,
            own: event.own,
            forgotten: false,
        });
        let frame = format!("id: evt_{}\n{}", self.digits(seq), event.rest);
        let bytes = self.bytes(seq - 1) + frame.len();
        let last = self.events.last_mut().unwrap();
        (last.frame, last.bytes) = (frame, bytes);
        self.ended = event.is_terminal;
        self.let_go(bounds, now);
        Outcome::Stands(seq)
    }

    /// Lets go of the oldest as long as there are too many, they are too long, or it is too old.
    pub(super) fn let_go(&mut self, bounds: &Bounds, now: u64) {
        while self.oldest <= self.head() {
            let kept = &self.events[usize::try_from(self.oldest - 1).unwrap()..];
            let bytes = self.bytes(self.head()) - self.bytes(self.oldest - 1);
            let is_too_many = kept.len() as u64 > bounds.events || bytes as u64 > bounds.bytes;
            if !is_too_many && now - kept[0].at < bounds.retention {
                break;
            }
            self.oldest += 1;
        }
        for (event, seq) in self.events.iter_mut().zip(1..) {
            event.forgotten |= seq < self.oldest && now - event.at >= TWO_MINUTES;
        }
    }

    /// What becomes of a position of one log.
    pub(super) fn resume(&self, asked: &Position, is_this_log: bool) -> Resumed {
        let (seq, head, oldest) = (asked.seq(), self.head(), self.oldest);
        if !is_this_log {
            return Resumed::Reset(ResetReason::Epoch);
        }
        if seq > head {
            return Resumed::Reset(ResetReason::Ahead);
        }
        let is_its_tag_known = seq >= oldest || seq + 1 == oldest;
        if is_its_tag_known && !asked.id().as_str().ends_with(&self.digits(seq)) {
            return Resumed::Reset(ResetReason::Diverged);
        }
        if seq + 1 < oldest {
            return Resumed::Gap { missed: oldest - seq - 1 };
        }
        Resumed::Exact
    }
}

/// A number in so many letters and digits.
pub(super) fn base62(mut number: u64, width: usize) -> String {
    let digits: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let mut text = String::new();
    for _ in 0..width {
        text.insert(0, digits[usize::try_from(number % 62).unwrap()]);
        number /= 62;
    }
    text
}

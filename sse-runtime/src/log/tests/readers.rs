//! One reader of the log, and what it must get.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::{collections::VecDeque, rc::Rc};

use super::model::Model;
use crate::log::{BATCH, Batch, Place, Seen};

/// How many events lie behind the oldest that is kept, for readers that are a moment late, and
/// how many bytes, but never fewer events than the last.
const LATE: (u64, usize, u64) = (256, 256 * 1024, 8);
/// How many ephemeral frames wait for them, and how many bytes.
const MOST_ASIDES: (usize, usize) = (256, 256 * 1024);

#[derive(Debug)]
pub(super) struct Reader {
    pub(super) place: Place,
    /// Everything that it has still to get.
    pub(super) due: VecDeque<Item>,
    /// The number of the last event that it got, or that it began after.
    pub(super) stands_at: u64,
    /// All of these that there were.
    pub(super) saw: Vec<u64>,
    /// Whether it may fall behind at all.
    pub(super) is_prompt: bool,
}

/// A frame that a reader must get.
#[derive(Debug, Clone)]
pub(super) struct Item {
    /// None for an ephemeral one.
    pub(super) seq: Option<u64>,
    pub(super) frame: Rc<str>,
    /// Whether it has been shown, and so must be read; and whether it may be read.
    pub(super) shown: bool,
    pub(super) may_be_seen: bool,
}

impl Reader {
    /// What is left of a batch that begins with the frames that are due.
    pub(super) fn takes_batch(&mut self, batch: &Batch) {
        let mut rest = std::str::from_utf8(&batch.bytes).unwrap();
        assert!(rest.len() <= BATCH || batch.events == 1, "{} bytes", rest.len());
        let (mut events, mut last) = (0, None);
        while !rest.is_empty() {
            let item = self.takes(|item| rest.starts_with(&*item.frame));
            rest = &rest[item.frame.len()..];
            events += 1;
            last = item.seq.or(last);
        }
        assert_eq!((batch.events, batch.last), (events, last));
    }

    pub(super) fn takes_events(&mut self, events: &[Seen], digits: impl Fn(u64) -> String) {
        let bytes: usize = events.iter().map(|seen| seen.frame.len()).sum();
        assert!(bytes <= BATCH || events.len() == 1, "{bytes} bytes of {}", events.len());
        assert!(!events.is_empty());
        for seen in events {
            let item = self.takes(|item| *item.frame.as_bytes() == *seen.frame);
            assert_eq!(seen.position.map(|position| position.seq()), item.seq);
            let id = seen.id_position().map(|position| position.id().to_string());
            assert_eq!(id, item.seq.map(|seq| format!("evt_{}", digits(seq))));
            assert!(!seen.is_mapped && seen.head.info().is_ephemeral() == item.seq.is_none());
        }
    }

    /// The next item that is due. Ephemeral ones before it may have been pushed out by others.
    fn takes(&mut self, is_it: impl Fn(&Item) -> bool) -> Item {
        loop {
            let Some(item) = self.due.pop_front() else { panic!("more than is due") };
            if is_it(&item) {
                assert!(item.may_be_seen, "not shown yet: {}", item.frame);
                if let Some(seq) = item.seq {
                    self.stands_at = seq;
                    self.saw.push(seq);
                }
                return item;
            }
            self.passes(&item);
        }
    }

    /// Whether an item may be left out.
    fn passes(&self, item: &Item) {
        assert!(item.seq.is_none(), "lost, repeated or out of order, at {}", item.frame);
        assert!(!self.is_prompt, "a prompt reader lost {}", item.frame);
        let later = || self.due.iter().filter(|item| item.seq.is_none());
        let bytes = item.frame.len() + later().map(|item| item.frame.len()).sum::<usize>();
        let is_pushed_out = later().count() >= MOST_ASIDES.0 || bytes > MOST_ASIDES.1;
        assert!(is_pushed_out, "an ephemeral event is lost: {}", item.frame);
    }

    /// It is told that so many are gone.
    pub(super) fn fell(&mut self, missed: u64, model: &Model) {
        assert!(missed > 0 && !self.is_prompt, "{missed} are said to be gone");
        let (next, oldest) = (self.stands_at + 1, model.oldest);
        assert!(next + missed <= oldest, "what is kept is said to be gone");
        // It was later than a moment.
        let behind = next..oldest;
        let bytes: usize = behind.clone().map(|seq| model.event(seq).frame.len()).sum();
        let behind = behind.count() as u64;
        assert!(
            behind > LATE.0 || (bytes > LATE.1 && behind > LATE.2),
            "{behind} events with {bytes} bytes are too little to fall"
        );
        self.stands_at += missed;
        // One that is behind skips the ephemeral ones.
        let stands_at = self.stands_at;
        self.due.retain(|item| item.seq.is_some_and(|seq| seq > stands_at));
        self.saw.push(stands_at);
    }

    /// It has found nothing more.
    pub(super) fn waits(&mut self) {
        while self.due.front().is_some_and(|item| item.seq.is_none() && item.shown) {
            if let Some(item) = self.due.pop_front() {
                self.passes(&item);
            }
        }
        let first = self.due.front();
        assert!(first.is_none_or(|item| !item.shown), "shown, and not read: {first:?}");
    }
}

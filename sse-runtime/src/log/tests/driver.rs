//! Does to the log and to the model what an operation says, as a channel would, and compares.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::rc::Rc;

use super::{
    model::{Model, Outcome, Published},
    ops::{From, Kind, Op},
    readers::{Item, Reader},
};
use crate::{
    event::{EncodeEvent as _, FrameOptions, Identity, encode_frame},
    log::{Bounds, Draft, Look, Place, Read, Refused, Ring},
    position::{Epoch, Position},
    wire::{EventId, FrameBuffer},
};

#[derive(sse_macros::SseEvent)]
#[sse(source = "model")]
enum ModelEvent {
    Kept(String),
    #[sse(ephemeral)]
    Aside(String),
    #[sse(terminal)]
    Over(String),
}

pub(super) const EPOCH: u64 = 77_777_777_777;
/// Tags are below it.
pub(super) const TAGS: u32 = 62_u32.pow(5);
/// How many readers there are at most.
const READERS: usize = 3;

pub(super) struct Driver {
    pub(super) ring: Ring,
    pub(super) model: Model,
    bounds: Bounds,
    pub(super) readers: Vec<Reader>,
    pub(super) now: u64,
    /// The number of the last event that was shown.
    pub(super) shown: u64,
    /// Makes each content another one.
    count: u64,
    /// Whether everybody reads whenever it is woken, and event by event.
    prompt: Option<bool>,
}

impl Driver {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self {
            ring: Ring::new(Epoch::new(EPOCH), 0),
            model: Model::new(EPOCH),
            bounds,
            readers: Vec::new(),
            now: 0,
            shown: 0,
            count: 0,
            prompt: None,
        }
    }

    pub(super) fn everybody_reads_when_woken(&mut self, listeners: usize, looks: bool) {
        self.everybody_is_late(listeners);
        self.prompt = Some(looks);
    }

    /// Nobody may fall, though nobody reads by itself.
    pub(super) fn everybody_is_late(&mut self, listeners: usize) {
        for _ in 0..listeners {
            self.join(&From::Nothing, false, true);
        }
        self.readers.iter_mut().for_each(|reader| reader.is_prompt = true);
    }

    /// Short events, as many as are shown together without a timer.
    pub(super) fn publish_until_shown(&mut self) -> usize {
        let shown = self.shown;
        (1..10_000)
            .find(|_| {
                self.publish(&Kind::Numbered, 0, 7);
                self.shown > shown
            })
            .unwrap()
    }

    pub(super) fn run(&mut self, op: Op) {
        match op {
            Op::Publish { kind, length, count, random } => {
                for step in 0..u32::try_from(count).unwrap() {
                    self.publish(&kind, length, random.wrapping_add(step.wrapping_mul(99_991)));
                }
            }
            Op::Show => self.show(),
            Op::Wait(time) => self.now += time,
            Op::Trim => self.trim(),
            Op::Join { from, from_oldest, shows } if self.readers.len() < READERS => {
                self.join(&from, from_oldest, shows);
            }
            Op::Join { .. } => {}
            Op::Cut { reader, saw, shows } => {
                if let Some(reader) = self.leave(reader) {
                    let seq = reader.saw[saw % reader.saw.len()];
                    self.join(&From::Position(usize::try_from(seq).unwrap()), false, shows);
                }
            }
            Op::Leave { reader } => drop(self.leave(reader)),
            Op::Read { reader, batches, looks } => {
                if !self.readers.is_empty() {
                    self.read(reader % self.readers.len(), batches, looks);
                }
            }
        }
        let head = format!("evt_{}", self.model.digits(self.model.head()));
        assert_eq!(self.ring.head().id().as_str(), head);
        assert_eq!(self.ring.is_ended(), self.model.ended);
        let is_hidden = |reader: &Reader| reader.due.iter().any(|item| !item.shown);
        if self.readers.iter().any(is_hidden) {
            assert!(self.ring.has_hidden(), "nobody would be woken");
        }
    }

    /// Everything is shown and read.
    pub(super) fn finish(mut self) {
        self.show();
        for at in 0..self.readers.len() {
            self.read(at, usize::MAX, at == 1);
            assert!(self.readers[at].due.is_empty());
        }
    }

    pub(super) fn show(&mut self) {
        self.ring.show();
        self.shown = self.model.head();
        let items = self.readers.iter_mut().flat_map(|reader| &mut reader.due);
        items.for_each(|item| (item.shown, item.may_be_seen) = (true, true));
        if let Some(looks) = self.prompt {
            (0..self.readers.len()).for_each(|at| self.read(at, usize::MAX, looks));
        }
    }

    pub(super) fn trim(&mut self) {
        self.ring.trim(&self.bounds, self.readers.len(), self.now);
        self.model.let_go(&self.bounds, self.now);
    }

    fn publish(&mut self, kind: &Kind, length: usize, random: u32) {
        self.count += 1;
        let text = format!("{}{}", self.count, "x".repeat(length));
        let (name, event) = match kind {
            Kind::Numbered | Kind::Own(..) => ("kept", ModelEvent::Kept(text.clone())),
            Kind::Ephemeral => ("aside", ModelEvent::Aside(text.clone())),
            Kind::Terminal => ("over", ModelEvent::Over(text.clone())),
        };
        let rest = format!("event: {name}\nsource: model\ndata: \"{text}\"\n\n");
        let own = match kind {
            Kind::Own(id, content) => Some((*id, *content)),
            Kind::Numbered | Kind::Ephemeral | Kind::Terminal => None,
        };
        let mut frame = FrameBuffer::new();
        encode_frame(&event, &mut frame, Identity::ToCome, FrameOptions::default()).unwrap();
        let id = own.map(|(id, content)| (EventId::from_u128(id.into()), content));
        let draft = Draft {
            frame: &mut frame,
            head: event.__head(),
            topic: None,
            identity: id.as_ref().map(|(id, content)| (id, *content)),
        };
        let listeners = self.readers.len();
        let appended = self.ring.append(draft, &self.bounds, listeners, self.now, random);
        if matches!(kind, Kind::Ephemeral) {
            return self.published_aside(appended.map(|appended| appended.position), &rest);
        }
        let is_terminal = matches!(kind, Kind::Terminal);
        let published = Published { rest, tag: random % TAGS, own, is_terminal };
        let outcome = self.model.publish(&published, &self.bounds, self.now);
        let position = |seq| format!("evt_{}", self.model.digits(seq));
        match (&outcome, appended) {
            (Outcome::Stands(seq), Ok(appended)) => {
                assert_eq!(appended.position.id().as_str(), position(*seq));
                assert!(!appended.duplicate);
                let frame: Rc<str> = self.model.event(*seq).frame.as_str().into();
                self.due(Some(*seq), &frame);
            }
            (Outcome::StoodBefore(seq), Ok(appended)) => {
                assert_eq!(appended.position.id().as_str(), position(*seq));
                assert!(appended.duplicate);
            }
            (Outcome::IdReused(seq), Err(Refused::IdReused(at))) => {
                assert_eq!(at.id().as_str(), position(*seq));
            }
            (Outcome::TooManyIds, Err(Refused::TooManyIds))
            | (Outcome::Ended, Err(Refused::Ended)) => {}
            (_, appended) => panic!("{outcome:?} in the model, {appended:?} in the log"),
        }
        self.show_if_full();
    }

    fn published_aside(&mut self, at: Result<Position, Refused>, rest: &str) {
        if self.model.ended {
            return assert_eq!(at, Err(Refused::Ended));
        }
        let head = format!("evt_{}", self.model.digits(self.model.head()));
        assert_eq!(at.unwrap().id().as_str(), head);
        self.due(None, &rest.into());
        self.show_if_full();
    }

    fn due(&mut self, seq: Option<u64>, frame: &Rc<str>) {
        for reader in &mut self.readers {
            let frame = Rc::clone(frame);
            reader.due.push_back(Item { seq, frame, shown: false, may_be_seen: false });
        }
    }

    /// As the channel does.
    fn show_if_full(&mut self) {
        if !self.readers.is_empty() && self.ring.is_full() {
            self.show();
        }
    }

    fn read(&mut self, at: usize, batches: usize, looks: bool) {
        let reader = &mut self.readers[at];
        for _ in 0..batches {
            let (before, place): (Place, &mut Place) = (reader.place, &mut reader.place);
            let found = if looks {
                self.ring.look(place, before.position(Epoch::new(0)).seq() % 2 == 0).map(|look| {
                    match look {
                        Look::Events(events) => {
                            reader.takes_events(&events, |seq| self.model.digits(seq));
                        }
                        Look::Fell { missed } => reader.fell(missed, &self.model),
                        Look::Below => panic!("a log in memory has nothing below it"),
                    }
                })
            } else {
                self.ring.read(place).map(|read| match read {
                    Read::Batch(batch) => reader.takes_batch(&batch),
                    Read::Fell { missed } => reader.fell(missed, &self.model),
                    Read::Below => panic!("a log in memory has nothing below it"),
                })
            };
            let position = reader.place.position(Epoch::new(EPOCH)).id();
            let expected = format!("evt_{}", self.model.digits(reader.stands_at));
            assert_eq!(position.as_str(), expected);
            if found.is_none() {
                assert_eq!(reader.place, before);
                reader.waits();
                let has_seen_all = reader.due.iter().all(|item| item.seq.is_none());
                assert_eq!(self.ring.is_over(&reader.place), self.model.ended && has_seen_all);
                return;
            }
        }
    }
}

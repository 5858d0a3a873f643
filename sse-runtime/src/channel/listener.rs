//! A subscription without the type of its events: compiled once.

use std::{
    sync::Arc,
    task::{Poll, Waker, ready},
    time::Duration,
};

use tokio::time::Instant;

#[cfg(feature = "inspector")]
use super::tally::{Mark, Tally};
use super::{
    core::Core,
    merge::MergeError,
    parts::{Part, Parts},
    resume::Resume,
    sift::sift,
    view::View,
    write::{Line, write},
};
use crate::{
    event::control::{ChannelOpen, write_standing},
    log::{Batch, Matched, Seen, combine, store::StoreError},
    names::{ResetReason, Resumed},
    position::{Epoch, MOST_PARTS, Position, id_of},
    wire::{EventId, FrameBuffer},
};

/// How often one poll looks at events of which none is shown, before others get their turn.
const IN_VAIN: usize = 4;

/// One reader of one channel or several.
#[repr(C)] // what every wake asks for comes first, and so lies together in memory
pub(crate) struct Listener {
    parts: Parts,
    /// Which part is asked first: none is to outshout the others.
    turn: usize,
    /// The positions that it was asked to resume at, until the reader is told what came of them.
    asked: Vec<Resume>,
    /// Whether it was to begin elsewhere than at the head.
    replays: bool,
    /// Whether events were passed over since an id went out.
    has_passed: bool,
    /// Whether the end of a channel was hidden from it.
    hid_end: bool,
}

/// What a listener hears.
#[derive(Debug)]
pub(crate) enum Heard<T> {
    Events(T),
    /// So many are gone.
    Fell {
        missed: u64,
    },
    /// One event is lost to this listener, and it goes on after it.
    Lost,
    /// What was heard is not what the log is now, and it goes on at the head.
    Restarted(ResetReason),
    /// What comes next is in a store that does not answer.
    Down(StoreError),
    /// The channels have ended, and everything has been heard.
    Over,
}

/// Which channels a listener hears that is looked on.
#[cfg(feature = "inspector")]
#[derive(Debug)]
pub(crate) struct Watched {
    /// Their numbers.
    pub(crate) channels: Box<[u64]>,
    /// Whether one of them is not shown.
    pub(crate) is_hidden: bool,
}

/// Events of one channel that are shown, in their order.
#[derive(Debug)]
pub(super) struct Shown {
    part: usize,
    pub(super) events: Vec<Seen>,
}

/// What became of asking one channel.
enum Polled {
    Heard(Heard<Shown>),
    /// It was looked at, and nothing of it is shown.
    InVain,
    /// There is nothing now.
    Waits,
}

/// What a channel answered a reader.
#[derive(Debug)]
struct PartResumed {
    sources: &'static [&'static str],
    resumed: Resumed,
}

impl Listener {
    pub(super) fn join(core: &Arc<Core>, resume: &Resume) -> Self {
        let parts = Parts { first: Part::join(core, resume), rest: Vec::new() };
        let asked = resume.cursor().map(|_| resume.clone()).into_iter().collect();
        let replays = resume.is_from_oldest() || resume.cursor().is_some();
        Self { parts, turn: 0, asked, replays, has_passed: false, hid_end: false }
    }

    /// Several made one.
    pub(super) fn merge(listeners: impl Iterator<Item = Self>) -> Result<Self, MergeError> {
        let mut merged: Option<Self> = None;
        for listener in listeners {
            match &mut merged {
                None => merged = Some(listener),
                Some(merged) => {
                    merged.asked.extend(listener.asked);
                    merged.replays |= listener.replays;
                    merged.parts.rest.push(listener.parts.first);
                    merged.parts.rest.extend(listener.parts.rest);
                }
            }
        }
        let merged = merged.ok_or(MergeError::Nothing)?;
        let epochs = merged.epochs();
        if epochs.len() > MOST_PARTS {
            return Err(MergeError::TooMany { channels: epochs.len() });
        }
        let is_twice = |(at, epoch): (usize, &Epoch)| epochs[..at].contains(epoch);
        if epochs.iter().enumerate().any(is_twice) {
            return Err(MergeError::SameChannel);
        }
        Ok(merged)
    }

    /// Adds a view. `of` makes it for a part, which may have its source in front of the names.
    pub(super) fn add_view(&mut self, decodes: bool, of: impl Fn(bool) -> View) {
        for part in self.parts.iter_mut() {
            part.views.push(of(part.qualify));
            part.decodes |= decodes;
        }
    }

    /// From now on the source stands in front of the names, or no longer: a mapped event has it
    /// in its own frame.
    pub(super) fn set_qualify(&mut self, qualify: bool) {
        self.parts.iter_mut().for_each(|part| part.qualify = qualify);
    }

    /// Whether the source goes in front of the names of these events.
    pub(super) fn qualifies(&self, shown: &Shown) -> bool {
        self.parts.get(shown.part).qualify
    }

    fn epochs(&self) -> Vec<Epoch> {
        self.parts.iter().map(|part| part.epoch()).collect()
    }

    /// From now on it says how far it is.
    #[cfg(feature = "inspector")]
    pub(crate) fn watch(&mut self, tally: &Arc<Tally>) -> Watched {
        for (at, part) in self.parts.iter_mut().enumerate() {
            part.mark = Some(Mark { tally: Arc::clone(tally), part: at });
            part.show_place();
        }
        let is_hidden = self.parts.iter().any(|part| part.core.count.is_hidden());
        Watched {
            channels: self.parts.iter().map(|part| part.core.count.number()).collect(),
            is_hidden,
        }
    }

    /// What became of the position that the reader came with.
    pub(crate) fn resumed(&self) -> Resumed {
        combine(self.resumed_parts().into_iter().map(|part| part.resumed))
    }

    /// How many events are known to be gone, in all channels together. One of them may be
    /// reset, and another have a gap.
    pub(crate) fn missed(&self) -> u64 {
        let parts = self.resumed_parts().into_iter();
        parts.fold(0, |sum, part| sum.saturating_add(part.resumed.missed()))
    }

    /// The same for each channel.
    fn resumed_parts(&self) -> Vec<PartResumed> {
        let epochs = self.epochs();
        let resumed = self.parts.iter().map(|part| PartResumed {
            sources: part.core.sources(),
            resumed: self.resolve(part, &epochs),
        });
        resumed.collect()
    }

    fn resolve(&self, part: &Part, epochs: &[Epoch]) -> Resumed {
        if part.matched != Matched::Nothing {
            return part.matched.resolve(part.cursor.as_deref(), epochs);
        }
        // The handler did not resume this channel. What the others were given may speak of it
        // all the same.
        let cursors = self.parts.iter().filter_map(|other| other.cursor.as_deref());
        combine(cursors.map(|cursor| Matched::ignored(part.epoch(), cursor, epochs)))
    }

    /// The same as `sse.open` lists it: only where there are several.
    pub(crate) fn open_parts(&self) -> Vec<ChannelOpen> {
        if self.parts.rest.is_empty() {
            return Vec::new();
        }
        let parts = self.resumed_parts().into_iter();
        parts.map(|part| ChannelOpen::new(part.sources, part.resumed)).collect()
    }

    /// The reader has been told. From here it is up to date, unless it falls behind.
    pub(crate) fn told(&mut self) {
        self.has_passed = false;
        self.asked = Vec::new();
        for part in self.parts.iter_mut() {
            part.matched = Matched::Judged(Resumed::Exact);
        }
    }

    /// Whether it was to begin elsewhere than at the head, for whatever reason.
    pub(crate) const fn replays(&self) -> bool {
        self.replays
    }

    /// Whether it was asked to resume at all.
    pub(crate) const fn was_asked_to_resume(&self) -> bool {
        !self.asked.is_empty()
    }

    /// Whether it was asked to resume at this position; none is one that cannot be read.
    pub(crate) fn was_asked_for(&self, id: Option<&EventId>) -> bool {
        self.asked.iter().any(|asked| asked.last_event_id() == id)
    }

    /// Whether a view kept the end of a channel from the reader.
    pub(crate) const fn hid_end(&self) -> bool {
        self.hid_end
    }

    /// Whether the reader has seen the end, and nothing will come.
    pub(crate) fn is_over(&self) -> bool {
        self.resumed() == Resumed::Exact && self.parts.iter().all(Part::is_over)
    }

    /// The id of the position where the reader stands.
    pub(crate) fn id(&self) -> EventId {
        id_of(self.parts.iter().map(Part::position))
    }

    /// The id of the position where the reader stands, if events were passed over since it last
    /// got one.
    pub(crate) fn take_passed(&mut self) -> Option<EventId> {
        std::mem::take(&mut self.has_passed).then(|| self.id())
    }

    /// Whether the bytes of the log go out as they are.
    pub(crate) fn is_plain(&self, source_field: bool) -> bool {
        let first = &self.parts.first;
        self.parts.rest.is_empty() && first.views.is_empty() && !first.qualify && source_field
    }

    /// The bytes of the log, of a listener that gets them as they are.
    pub(crate) fn poll_plain(&mut self, waker: &Waker) -> Poll<Heard<Batch>> {
        self.parts.first.poll_read(waker).map_or(Poll::Pending, Poll::Ready)
    }

    /// Frames to go out, as one batch.
    pub(crate) fn poll_read(&mut self, waker: &Waker, source_field: bool) -> Poll<Heard<Batch>> {
        if self.is_plain(source_field) {
            return self.poll_plain(waker);
        }
        Poll::Ready(match ready!(self.poll_seen(waker)) {
            Heard::Events(shown) => Heard::Events(self.write(&shown, source_field)),
            Heard::Fell { missed } => Heard::Fell { missed },
            Heard::Lost => Heard::Lost,
            Heard::Restarted(why) => Heard::Restarted(why),
            Heard::Down(error) => Heard::Down(error),
            Heard::Over => Heard::Over,
        })
    }

    /// Waits until it is known where the reader stands: with channels in memory it is at once.
    pub(crate) fn poll_ready(&mut self, waker: &Waker) -> Poll<Result<(), StoreError>> {
        let mut is_waiting = false;
        for part in self.parts.iter_mut() {
            match part.poll_ready(waker) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => is_waiting = true,
            }
        }
        if is_waiting { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    /// How long, until now, the oldest event of the batch that was read last has waited for this
    /// reader.
    pub(crate) fn waited(&self, batch: &Batch, now: Instant) -> Option<Duration> {
        let count = self.parts.len();
        // The turn is that of the part after it.
        let rules = &self.parts.get((self.turn + count - 1) % count).core.rules;
        batch.at.map(|at| rules.age_at(now).saturating_sub(Duration::from_micros(at)))
    }

    /// The events that are shown.
    pub(super) fn poll_seen(&mut self, waker: &Waker) -> Poll<Heard<Shown>> {
        let (count, turn) = (self.parts.len(), self.turn);
        let (mut over, mut is_busy) = (0, false);
        for at in (0..count).map(|step| (turn + step) % count) {
            match self.poll_part(at, waker) {
                Polled::Heard(Heard::Over) => over += 1,
                Polled::Heard(heard) => {
                    self.turn = (at + 1) % count;
                    return Poll::Ready(heard);
                }
                Polled::InVain => is_busy = true,
                Polled::Waits => {}
            }
        }
        if over == count {
            return Poll::Ready(Heard::Over);
        }
        if is_busy {
            // There is more to look at, after everybody else.
            waker.wake_by_ref();
        }
        Poll::Pending
    }

    fn poll_part(&mut self, at: usize, waker: &Waker) -> Polled {
        for _ in 0..IN_VAIN {
            let part = self.parts.get_mut(at);
            let before = part.place();
            let events = match part.poll_look(waker) {
                None => return Polled::Waits,
                Some(Heard::Events(events)) => events,
                Some(Heard::Fell { missed }) => return Polled::Heard(Heard::Fell { missed }),
                Some(Heard::Lost) => return Polled::Heard(Heard::Lost),
                Some(Heard::Restarted(why)) => return Polled::Heard(Heard::Restarted(why)),
                Some(Heard::Down(error)) => return Polled::Heard(Heard::Down(error)),
                Some(Heard::Over) => return Polled::Heard(Heard::Over),
            };
            // Until the filters are done with them the reader stands before these, and no id
            // moves it: one that panics has kept them from it.
            let had_passed = std::mem::take(&mut self.has_passed);
            let sifted = sift(part, events, before);
            self.hid_end |= sifted.hid_end;
            let shown = sifted.shown.iter().rev().find_map(Seen::id_position);
            // Asides alone move nobody.
            self.has_passed = match sifted.newest {
                Some(newest) => Some(newest) != shown,
                None => had_passed,
            };
            if !sifted.shown.is_empty() {
                return Polled::Heard(Heard::Events(Shown { part: at, events: sifted.shown }));
            }
            if sifted.lost {
                part.matched = Matched::Judged(Resumed::Gap { missed: 1 });
                return Polled::Heard(Heard::Lost);
            }
        }
        Polled::InVain
    }

    /// What is shown, as it goes out.
    fn write(&mut self, shown: &Shown, source_field: bool) -> Batch {
        let mut batch = FrameBuffer::new();
        let (events, mut last, mut has_id) = (shown.events.len() as u64, None, false);
        let at = shown.events.iter().find_map(|seen| seen.at);
        let qualify = self.parts.get(shown.part).qualify;
        for seen in &shown.events {
            let id = match seen.id_position() {
                None => Line::Nothing,
                Some(_) if self.parts.rest.is_empty() && !seen.is_mapped => Line::Own,
                Some(position) => Line::Id(self.id_with(shown.part, position)),
            };
            has_id |= !matches!(id, Line::Nothing);
            write(&mut batch, &id, seen, qualify, source_field);
            last = seen.position.map(|position| position.seq()).or(last);
        }
        // Events without a position put the heartbeat off, which would move the reader.
        if !has_id && let Some(id) = self.take_passed() {
            write_standing(&id, &mut batch);
        }
        let is_end = shown.events.last().is_some_and(|seen| seen.head.info().is_terminal());
        let ends = is_end && self.parts.rest.is_empty();
        Batch { bytes: batch.into_bytes(), events, at, last, ends }
    }

    /// The id of a reader that stands elsewhere in one of the channels.
    fn id_with(&self, part: usize, position: Position) -> EventId {
        id_of(
            self.parts.iter().enumerate().map(
                |(at, other)| {
                    if at == part { position } else { other.position() }
                },
            ),
        )
    }
}

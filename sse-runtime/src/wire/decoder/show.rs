//! What is handed out, as text.

use bytes::Bytes;

use super::{
    Decoded, Decoder, Limit, Malformed, Oversized, RawEvent, Step,
    block::Ended,
    value::{Repair, Unfit},
};

impl Decoder {
    /// The block ends (rules 35 and 36). Its id counts from here on, whatever else becomes of
    /// it: an event that is dropped has been received.
    #[inline]
    pub(super) fn blank_line(&mut self) -> Option<Step> {
        let ended = self.block.end();
        if ended == Ended::Nothing {
            self.block.clear();
            return None;
        }
        self.ended = true;
        let adopted = self.block.id.is_absent() || self.adopt_id();
        Some(match ended {
            Ended::Oversized(limit, bytes) => Step::Oversized(limit, bytes),
            _ if !adopted => Step::Malformed("id"),
            Ended::Event => Step::Event,
            Ended::Id | Ended::Nothing => Step::Id,
        })
    }

    /// Takes the id of the block for the last event id, unless it may not be repaired.
    #[inline]
    fn adopt_id(&mut self) -> bool {
        let repair = self.repair(usize::MAX);
        let Ok(id) = self.block.id.text(&self.chunk, repair) else {
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

    #[inline]
    pub(super) fn show(&mut self, step: Step) -> Decoded<'_> {
        match step {
            Step::Event => self.event().unwrap_or_else(|dropped| dropped),
            Step::Comment => {
                let repair = self.repair(usize::MAX);
                match self.line.value.text(&self.chunk, repair) {
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
        if self.block.id.is_absent() { None } else { Some(&self.last_event_id) }
    }

    /// The event, or what is handed out in its place.
    #[inline]
    fn event(&mut self) -> Result<Decoded<'_>, Decoded<'_>> {
        let (repair, repair_data) = (self.repair(usize::MAX), self.repair(self.limits.event));
        let Self { chunk, block, last_event_id, .. } = self;
        let chunk: &Bytes = chunk;
        let own_id = !block.id.is_absent();
        let own = own_id.then_some(last_event_id.as_str());
        let dropped = |field| {
            move |unfit| match unfit {
                Unfit::Malformed => Decoded::Malformed(Malformed { field, id: own }),
                Unfit::TooLong(bytes) => {
                    Decoded::Oversized(Oversized { limit: Limit::Event, bytes, id: own })
                }
            }
        };
        let data = block.data.text(chunk, repair_data).map_err(dropped("data"))?;
        let name = block.name.text(chunk, repair).map_err(dropped("event"))?;
        let source = if block.source.is_absent() {
            None
        } else {
            Some(block.source.text(chunk, repair).map_err(dropped("source"))?)
        };
        Ok(Decoded::Event(RawEvent {
            event: if name.is_empty() { "message" } else { name },
            data,
            id: last_event_id,
            own_id,
            source,
            retry: block.retry,
        }))
    }
}

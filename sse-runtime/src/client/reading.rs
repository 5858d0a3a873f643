//! What is known of a stream from one connection to the next, and what each block means by that.

use std::time::SystemTime;

use http::HeaderMap;
use tracing::warn;

use super::{
    Gap, IdForm, Input, Item, Judged, LastEventId, Malformed, MalformedFault, Oversized,
    ProtocolError, Received, RefusedId, Reset, StreamError, Unknown, WrongSource, figures, source,
    terms::{Missed, Terms},
};
use crate::{
    event::{DecodeError, DecodeEvent, EventInfo, Opened, decode, read_bye},
    names::{
        BEAT_EVENT, BYE_EVENT, CLIENT_REFUSED_IDS, CONTROL_PREFIX, OPEN_EVENT, ResetReason, Resumed,
    },
    position::{Cursor, Progress},
    wire::{Decoded, RawEvent},
};

/// What a stream has said so far.
#[derive(Debug)]
pub(super) struct Reading {
    terms: Terms,
    position: Option<LastEventId>,
    progress: Progress,
    opened: Option<Opened>,
    /// Whether this connection was asked for with a position.
    asked: bool,
    /// Whether it has begun with `sse.open`.
    begun: bool,
    /// Whether it is that of a channel, whose ids are positions: its `sse.open` brought one. An
    /// id that somebody else made may have 24 characters as well, and no order.
    is_numbered: bool,
    repeats: u64,
}

/// What a block means: for the machine, and for the program.
pub(super) struct Outcome<E> {
    pub(super) moved: Option<Input<'static>>,
    pub(super) input: Option<Input<'static>>,
    pub(super) item: Option<Result<Item<E>, StreamError>>,
}

/// What became of an id.
#[derive(Default)]
struct Adopted {
    id: Option<LastEventId>,
    refused: Option<RefusedId>,
    moved: Option<Input<'static>>,
}

impl<E> Outcome<E> {
    const fn nothing() -> Self {
        Self { moved: None, input: None, item: None }
    }

    const fn input(input: Input<'static>) -> Self {
        Self { moved: None, input: Some(input), item: None }
    }

    const fn item(item: Result<Item<E>, StreamError>) -> Self {
        Self { moved: None, input: None, item: Some(item) }
    }
}

impl Reading {
    pub(super) fn new(terms: Terms, position: Option<LastEventId>) -> Self {
        let mut progress = Progress::default();
        if let Some(position) = &position {
            progress.stand_at(position.as_str());
        }
        Self {
            terms,
            position,
            progress,
            opened: None,
            asked: false,
            begun: false,
            is_numbered: false,
            repeats: 0,
        }
    }

    pub(super) const fn terms(&self) -> &Terms {
        &self.terms
    }

    pub(super) const fn position(&self) -> Option<&LastEventId> {
        self.position.as_ref()
    }

    pub(super) const fn opened(&self) -> Option<&Opened> {
        self.opened.as_ref()
    }

    /// Whether this connection is that of a channel.
    pub(super) const fn is_numbered(&self) -> bool {
        self.is_numbered
    }

    pub(super) const fn repeats(&self) -> u64 {
        self.repeats
    }

    /// A connection begins with this head.
    pub(super) fn begin(&mut self, headers: &HeaderMap) -> Result<(), ProtocolError> {
        self.asked = self.position.is_some();
        self.begun = false;
        self.is_numbered = false;
        if self.is_ours() {
            source::check_head(self.terms.sources, headers).map_err(ProtocolError::Source)?;
        }
        Ok(())
    }

    /// What the stream says next.
    pub(super) fn read<E: DecodeEvent>(&mut self, decoded: Decoded<'_>) -> Outcome<E> {
        match decoded {
            Decoded::Comment(_) => self.heartbeat(),
            Decoded::Retry(milliseconds) => Outcome::input(Input::Retry(milliseconds)),
            Decoded::Id(id) => {
                Outcome { moved: self.adopt(Some(id), false).moved, input: None, item: None }
            }
            Decoded::Malformed(dropped) if dropped.field == "comment" => Outcome::nothing(),
            // An event that cannot be read is not `sse.open` either.
            Decoded::Oversized(_) | Decoded::Malformed(_) if self.is_ours() && !self.begun => {
                failed(ProtocolError::NotOpened)
            }
            Decoded::Oversized(dropped) => {
                let Adopted { id, moved, .. } = self.adopt(dropped.id, false);
                let item = Oversized { limit: dropped.limit, bytes: dropped.bytes, id };
                Outcome { moved, input: Some(EVENT), item: Some(Ok(Item::Oversized(item))) }
            }
            Decoded::Malformed(dropped) => {
                let Adopted { id, moved, .. } = self.adopt(dropped.id, false);
                let fault = MalformedFault::Utf8(dropped.field);
                let item = Malformed { event: None, id, fault };
                Outcome { moved, input: Some(EVENT), item: Some(Ok(Item::Malformed(item))) }
            }
            Decoded::Event(event) => match self.control(&event) {
                Some(outcome) => outcome,
                None => self.event(event),
            },
        }
    }

    /// A control event, if it is one.
    fn control<E>(&mut self, event: &RawEvent<'_>) -> Option<Outcome<E>> {
        if self.terms.standard || !event.event.starts_with(CONTROL_PREFIX) {
            return None;
        }
        match event.event {
            OPEN_EVENT => match Opened::read(event.data) {
                Some(opened) => Some(self.open(event, opened)),
                None if self.terms.foreign => None,
                None => Some(failed(ProtocolError::NotOpened)),
            },
            BYE_EVENT => {
                let reason = read_bye(event.data);
                if self.terms.foreign && reason.is_none() {
                    return None;
                }
                let retry = event.retry.map(std::time::Duration::from_millis);
                Some(Outcome::input(Input::Bye { reason, retry }))
            }
            BEAT_EVENT => Some(self.heartbeat()),
            // Of a later version, perhaps; nothing that a program could have asked for.
            _ if !self.terms.foreign => Some(Outcome::nothing()),
            _ => None,
        }
    }

    fn open<E>(&mut self, event: &RawEvent<'_>, opened: Opened) -> Outcome<E> {
        if self.is_ours()
            && let Err(wrong) = source::check_opened(self.terms.sources, &opened.sources)
        {
            return failed(ProtocolError::Source(wrong));
        }
        let stands = self.position.as_ref().map(LastEventId::as_str);
        let own = event.own_id.then_some(event.id);
        // Something on the way said it twice. A reader that fell behind stands elsewhere.
        if self.begun && self.opened.as_ref() == Some(&opened) && (own.is_none() || own == stands) {
            return Outcome::nothing();
        }
        let resumed = self.resumed(&opened);
        self.begun = true;
        self.is_numbered = own.is_some_and(|id| Cursor::read_str(id).is_some());
        self.opened = Some(opened.clone());
        figures::opened(resumed);
        let moved = self.adopt(own, true).moved;
        let input = Some(Input::Open { heartbeat: opened.heartbeat });
        Outcome { moved, input, item: self.tell(resumed, opened) }
    }

    /// How the stream goes on, seen from here. One that was asked for with a position and begins
    /// as if without lost it on the way (a proxy that does not pass `Last-Event-ID` on, or answers
    /// for another request): what lies between is missing, and nothing else would tell.
    fn resumed(&self, opened: &Opened) -> Resumed {
        match opened.resumed {
            Resumed::Fresh if self.asked && !self.begun => Resumed::Reset(ResetReason::Invalid),
            resumed => resumed,
        }
    }

    fn tell<E>(&self, resumed: Resumed, opened: Opened) -> Option<Result<Item<E>, StreamError>> {
        let missed = self.terms.missed;
        Some(match resumed {
            Resumed::Fresh | Resumed::Exact => Ok(Item::Opened(opened)),
            Resumed::Gap { .. } | Resumed::Reset(_) if missed == Missed::Ignored => return None,
            Resumed::Gap { missed: count } => {
                let gap = Gap { missed: count, opened };
                match missed {
                    Missed::Items => Ok(Item::Gap(gap)),
                    _ => Err(StreamError::Gap(Box::new(gap))),
                }
            }
            Resumed::Reset(reason) => {
                let reset = Reset { reason, opened };
                match missed {
                    Missed::Items => Ok(Item::Reset(reset)),
                    _ => Err(StreamError::Reset(Box::new(reset))),
                }
            }
        })
    }

    /// An event of the application.
    fn event<E: DecodeEvent>(&mut self, event: RawEvent<'_>) -> Outcome<E> {
        if self.is_ours() && !self.begun {
            return failed(ProtocolError::NotOpened);
        }
        let own = event.own_id.then_some(event.id);
        if self.is_numbered && own.is_some_and(|id| !self.progress.is_new(id)) {
            self.repeats = self.repeats.saturating_add(1);
            figures::repeated();
            return Outcome::nothing();
        }
        let info = E::CATALOGUE.find(event.event);
        // Not its id either: a position that another source gave is none of this stream.
        if let Err(wrong) = self.check_source(info, &event) {
            return Outcome::item(Err(StreamError::Source(wrong)));
        }
        let mut adopted = self.adopt(own, false);
        let terminal = info.is_some_and(EventInfo::is_terminal);
        let moved = adopted.moved.take();
        let item = decode_event(&event, adopted);
        Outcome { moved, input: Some(Input::Event { terminal }), item: Some(Ok(item)) }
    }

    fn check_source(
        &self,
        info: Option<&'static EventInfo>,
        event: &RawEvent<'_>,
    ) -> Result<(), WrongSource> {
        // What need not be said must still not be wrong.
        let is_silent = event.source.is_none() && !self.terms.event_sources;
        if !self.is_ours() || is_silent {
            return Ok(());
        }
        source::check_event(self.terms.sources, info, event.event, event.source)
    }

    /// Takes an id for the position, if it can be one (pitfall P6).
    fn adopt(&mut self, id: Option<&str>, control: bool) -> Adopted {
        let Some(id) = id else { return Adopted::default() };
        let form = if self.terms.foreign { IdForm::Foreign } else { IdForm::Ours };
        match self.terms.ids.judge(form, id) {
            Judged::Adopted(id) => {
                self.progress.stand_at(id.as_str());
                let is_same = self.position.as_ref() == Some(&id);
                // Of ours only a position can be resumed from, and not an event's own id.
                let is_position = self.is_numbered && Cursor::read_str(id.as_str()).is_some();
                let held = self.terms.foreign || is_position;
                self.position = Some(id.clone());
                let moved = (!is_same).then_some(Input::Moved { held, control });
                Adopted { id: Some(id), refused: None, moved }
            }
            Judged::Cleared => {
                self.progress.forget();
                let moved = self.position.take().map(|_| Input::Moved { held: false, control });
                Adopted { moved, ..Adopted::default() }
            }
            Judged::Refused(refused) => {
                metrics::counter!(CLIENT_REFUSED_IDS).increment(1);
                warn!(reason = %refused, "an event id was refused: it is not the position now");
                Adopted { refused: Some(refused), ..Adopted::default() }
            }
        }
    }

    fn heartbeat<E>(&self) -> Outcome<E> {
        if self.terms.heartbeats { Outcome::item(Ok(Item::Heartbeat)) } else { Outcome::nothing() }
    }

    /// Whether it is to be a stream of this crate, of the sources of its type.
    const fn is_ours(&self) -> bool {
        !self.terms.foreign && !self.terms.standard
    }
}

/// Something of the application came, and it is not the last.
const EVENT: Input<'static> = Input::Event { terminal: false };

const fn failed<E>(error: ProtocolError) -> Outcome<E> {
    Outcome::input(Input::Failed(super::Failure::Protocol(error)))
}

fn decode_event<E: DecodeEvent>(event: &RawEvent<'_>, adopted: Adopted) -> Item<E> {
    let Adopted { id, refused: refused_id, .. } = adopted;
    let (name, traceparent) = (event.event.to_owned(), event.traceparent.copied());
    match decode(event.event, event.data) {
        Ok(event) => {
            let position = id.as_ref().and_then(|id| id.as_str().parse().ok());
            let at = SystemTime::now();
            Item::Event(Received { event, id, position, refused_id, traceparent, at })
        }
        Err(DecodeError::Unknown { .. }) => {
            Item::Unknown(Unknown { event: name, data: event.data.to_owned(), id })
        }
        Err(error) => {
            let fault = MalformedFault::Data { data: event.data.to_owned(), error };
            Item::Malformed(Malformed { event: Some(name), id, fault })
        }
    }
}

//! The reader of a test.

use bytes::BytesMut;
use http::HeaderMap;

use super::{
    error::TestError,
    link::{Link, Passed, take_block},
    server::TestRequest,
};
use crate::{
    channel::Missed,
    event::{DecodeEvent, Opened, decode, read_bye},
    names::{BYE_EVENT, CONTROL_PREFIX, OPEN_EVENT, Reason, Resumed},
    position::{Cursor, Position, Progress},
    wire::{EventId, Frame, TraceParent},
};

/// A reader of a stream, in the process that serves it.
///
/// It reads as the standard says, as far as what this crate writes goes: an id counts once its
/// block is complete, what is cut off is not there, and what it has seen before it drops by
/// the block's own id. A gap and a reset are errors, so that no test overlooks them; the stream
/// goes on after them.
#[derive(Debug)]
pub struct TestReader {
    request: TestRequest,
    headers: HeaderMap,
    link: Link,
    buffer: BytesMut,
    opened: Option<Opened>,
    bye: Option<Reason>,
    /// Whether the ids of this connection are those of its events, and no positions: it began
    /// without one. They may look the same, and have no order.
    is_unnumbered: bool,
    came: Came,
}

/// What a reader keeps from one connection to the next.
#[derive(Debug, Clone, Default)]
pub(super) struct Came {
    pub(super) last_event_id: Option<EventId>,
    progress: Progress,
    repeats: u64,
}

/// An event that a [`TestReader`] got.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Got<E> {
    /// The event.
    pub event: E,
    /// The id in its own block; none where it has none.
    pub id: Option<EventId>,
    /// The id as a position, where it is that of one channel.
    pub position: Option<Position>,
    /// The span that caused it, if it was sent with one.
    pub traceparent: Option<TraceParent>,
}

impl TestReader {
    pub(super) fn new(request: TestRequest, headers: HeaderMap, link: Link, came: Came) -> Self {
        let buffer = BytesMut::new();
        let (opened, bye) = (None, None);
        Self { request, headers, link, buffer, opened, bye, is_unnumbered: false, came }
    }

    /// The headers of the response.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// What the stream has said of itself, waiting for it if it has not yet. A gap and a reset
    /// are here no errors. (A handler without control events says nothing, and this waits for
    /// the end.)
    ///
    /// # Errors
    ///
    /// [`TestError`] when the stream ends, or is cut, before it has said anything.
    pub async fn opened(&mut self) -> Result<&Opened, TestError> {
        while self.opened.is_none() {
            let frame = self.next_frame().await?;
            self.note(&frame)?;
        }
        self.opened.as_ref().ok_or(TestError::Ended(None))
    }

    /// The next event.
    ///
    /// # Errors
    ///
    /// [`TestError`]; after [`TestError::Missed`] and [`TestError::Decode`] there may be more.
    pub async fn next<E: DecodeEvent>(&mut self) -> Result<Got<E>, TestError> {
        loop {
            let frame = self.next_frame().await?;
            let is_repeat = !self.note(&frame)?;
            match frame.event() {
                Some(OPEN_EVENT) if is_repeat => {}
                Some(OPEN_EVENT) => self.check_resumed()?,
                Some(name) if name.starts_with(CONTROL_PREFIX) => {}
                Some(_) if is_repeat && !self.request.keeps_repeats => {}
                Some(name) => {
                    let event = decode(name, &frame.data()).map_err(TestError::Decode)?;
                    let id = frame.id().and_then(EventId::received);
                    let position = id.as_ref().and_then(|id| Position::try_from(id).ok());
                    let position = position.filter(|_| !self.is_unnumbered);
                    let traceparent = frame.traceparent();
                    return Ok(Got { event, id, position, traceparent });
                }
                // A comment, or a block that only moves the reader.
                None => {}
            }
        }
    }

    /// The next block as it came: an event, a control event, a comment, a block without data.
    ///
    /// # Errors
    ///
    /// [`TestError`] where nothing more comes.
    pub async fn next_block(&mut self) -> Result<String, TestError> {
        let frame = self.next_frame().await?;
        self.note(&frame)?;
        String::from_utf8(frame.as_bytes().to_vec())
            .map_err(|error| TestError::Malformed(error.to_string()))
    }

    /// The id that this reader would come back with.
    #[must_use]
    pub const fn last_event_id(&self) -> Option<&EventId> {
        self.came.last_event_id.as_ref()
    }

    /// How many events came again that it had seen before, on this connection or an earlier
    /// one.
    #[must_use]
    pub const fn repeats(&self) -> u64 {
        self.came.repeats
    }

    /// How many bytes of the body have come through.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.link.passed()
    }

    /// Cuts the connection now: the handler sees that its reader has left.
    pub fn cut(&mut self) {
        self.link.cut();
    }

    /// Cuts the connection after so many more bytes than have come through so far.
    pub fn cut_after(&mut self, bytes: u64) {
        self.link.cut_after(bytes);
    }

    /// Stands still after so many more bytes than have come through so far, until it is told to
    /// [go on](Self::go_on).
    pub fn stall_after(&mut self, bytes: u64) {
        self.link.stall_after(bytes);
    }

    /// The block that holds the byte after so many more comes twice: with 0, the next one.
    pub fn repeat_after(&mut self, bytes: u64) {
        self.link.repeat_after(bytes);
    }

    /// A connection that stands still goes on.
    pub fn go_on(&mut self) {
        self.link.go_on();
    }

    /// Comes back, with the id that it saw last, on a connection without faults.
    ///
    /// # Errors
    ///
    /// As for [`TestRequest::connect`].
    pub async fn reconnect(self) -> Result<Self, TestError> {
        let (request, came) = self.leave();
        request.connect_with(came).await
    }

    /// The same, on a connection with faults of its own.
    ///
    /// # Errors
    ///
    /// As for [`TestRequest::connect`].
    pub async fn reconnect_with(
        self,
        faults: impl FnOnce(TestRequest) -> TestRequest,
    ) -> Result<Self, TestError> {
        let (request, came) = self.leave();
        faults(request).connect_with(came).await
    }

    fn leave(self) -> (TestRequest, Came) {
        let Self { request, link, came, .. } = self;
        // The old connection first, so that the server never has both.
        drop(link);
        (request.again(), came)
    }

    async fn next_frame(&mut self) -> Result<Frame, TestError> {
        loop {
            if let Some(block) = take_block(&mut self.buffer) {
                return Ok(Frame::from_encoder(block));
            }
            match self.link.next().await {
                Passed::Bytes(bytes) => self.buffer.extend_from_slice(&bytes),
                Passed::End => return Err(TestError::Ended(self.bye)),
                Passed::Cut => return Err(TestError::Cut),
                Passed::Stalled => return Err(TestError::Stalled),
            }
        }
    }

    /// Keeps what a block says of the stream, and tells whether it is new.
    fn note(&mut self, frame: &Frame) -> Result<bool, TestError> {
        let malformed = || TestError::Malformed(format!("{frame:?}"));
        match frame.event() {
            Some(OPEN_EVENT) => {
                let opened = Opened::read(&frame.data()).ok_or_else(malformed)?;
                let stands = self.came.last_event_id.as_ref().map(EventId::as_str);
                // The same from the same place: a reader that fell behind stands elsewhere.
                if self.opened.as_ref() == Some(&opened) && frame.id() == stands {
                    return Ok(false);
                }
                self.opened = Some(opened);
                self.is_unnumbered = frame.id().is_none_or(|id| Cursor::read_str(id).is_none());
            }
            Some(BYE_EVENT) => {
                self.bye = Some(read_bye(&frame.data()).ok_or_else(malformed)?);
            }
            _ => {}
        }
        let Some(id) = frame.id() else { return Ok(true) };
        if id.is_empty() {
            self.came = Came { repeats: self.came.repeats, ..Came::default() };
            return Ok(true);
        }
        let id = EventId::received(id).ok_or_else(malformed)?;
        let is_event = frame.event().is_some_and(|name| !name.starts_with(CONTROL_PREFIX));
        // Where the stream says that the reader stands, it stands, further back as well.
        let is_new = !is_event || self.is_unnumbered || self.came.progress.is_new(id.as_str());
        if is_new {
            self.came.stand_at(id);
        } else {
            self.came.repeats += 1;
        }
        Ok(is_new)
    }

    /// A gap or a reset.
    fn check_resumed(&self) -> Result<(), TestError> {
        let missed = match self.opened.as_ref().map(|opened| opened.resumed) {
            Some(Resumed::Gap { missed }) => Missed::Gap { missed },
            Some(Resumed::Reset(reason)) => Missed::Reset(reason),
            Some(Resumed::Fresh | Resumed::Exact) | None => return Ok(()),
        };
        Err(TestError::Missed(missed))
    }
}

impl Came {
    /// For the first time, perhaps with an id from elsewhere.
    pub(super) fn at(last_event_id: Option<EventId>) -> Self {
        Self { last_event_id, ..Self::default() }
    }

    fn stand_at(&mut self, id: EventId) {
        self.progress.stand_at(id.as_str());
        self.last_event_id = Some(id);
    }
}

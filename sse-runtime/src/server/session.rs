//! One stream, from its first poll to its one end.

use std::task::{Context, Poll, ready};

use axum::response::Response;
use bytes::Bytes;
use tokio::time::Instant;

use super::{
    call::caught,
    cx::Cx,
    options::Options,
    record::Record,
    source::{Ending, Feed, Step},
};
use crate::{
    channel::{Heard, Listener},
    names::{Reason, Resumed},
    wire::FrameBuffer,
};

/// Drives a source, and keeps the promises that hold whatever the source does: what it
/// leaves half-written is taken back, a panic is an end like any other, nothing comes
/// after the end, and the end has one reason.
#[repr(C)] // what every wake asks for comes first, and so lies together in memory
pub(super) struct Session {
    /// Whether it is a subscription whose bytes go out as the log has them.
    is_plain: bool,
    terminal: bool,
    record: Record,
    source: Option<Feed>,
    /// Apart, because a delivery does not ask for them: with thousands of streams each line of
    /// memory that a wake fetches counts.
    options: Box<Options>,
}

/// What a session gave.
#[derive(Debug)]
pub(super) enum Progress {
    /// A frame is in the buffer.
    Frame,
    /// Whole frames that go out as they are.
    Batch(Bytes),
    /// The reader fell behind, and goes on at another position.
    Moved,
    /// The head is to go out.
    Open,
    /// The source has ended.
    End(Close),
}

/// How a session ended.
#[derive(Debug)]
pub(super) struct Close {
    pub(super) reason: Reason,
    /// What the handler would answer, had nothing been sent yet.
    pub(super) response: Option<Response>,
}

impl Session {
    pub(super) fn new(source: Feed, options: Options, record: Record) -> Self {
        let is_plain = match &source {
            Feed::Channel(feed) => feed.listener.is_plain(options.source_field),
            Feed::Own(_) => false,
        };
        #[cfg(feature = "inspector")]
        let mut source = source;
        #[cfg(feature = "inspector")]
        if let Feed::Channel(feed) = &mut source {
            record.watch(&mut feed.listener);
        }
        let options = Box::new(options);
        Self { source: Some(source), terminal: false, is_plain, record, options }
    }

    pub(super) fn options(&self) -> &Options {
        &self.options
    }

    pub(super) const fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    /// What became of the position of the reader, if there is a log that knows.
    pub(super) fn resumed(&self) -> Option<Resumed> {
        match &self.source {
            Some(Feed::Channel(feed)) => Some(feed.listener.resumed()),
            Some(Feed::Own(_)) | None => None,
        }
    }

    /// The context of a stream whose handler runs on, if it has said something new about who
    /// may listen. A handler that subscribes has said it before.
    pub(super) fn new_access(&self) -> Option<&Cx> {
        let runs = matches!(self.source, Some(Feed::Own(_)));
        Some(self.record.cx()).filter(|cx| runs && cx.has_new_access())
    }

    /// The subscription, if this is one that goes on.
    pub(super) fn listener(&mut self) -> Option<&mut Listener> {
        match &mut self.source {
            Some(Feed::Channel(feed)) => Some(&mut feed.listener),
            Some(Feed::Own(_)) | None => None,
        }
    }

    /// Appends the next frame to the buffer, or gives whole ones. Not to be called after the
    /// end.
    pub(super) fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut FrameBuffer,
    ) -> Poll<Progress> {
        match &self.source {
            Some(Feed::Own(_)) => self.poll_own(cx, buffer),
            Some(Feed::Channel(_)) => self.poll_channel(cx),
            None => Poll::Ready(Progress::End(Close { reason: Reason::Complete, response: None })),
        }
    }

    fn poll_own(&mut self, cx: &mut Context<'_>, buffer: &mut FrameBuffer) -> Poll<Progress> {
        let Some(Feed::Own(source)) = &mut self.source else { return Poll::Pending };
        let frame = self.options.frame();
        let begin = buffer.mark();
        let polled = caught(self.record.span(), "the handler", || {
            source.as_mut().poll_frame(cx, buffer, frame)
        });
        let Some(step) = polled else {
            // A `Serialize` that panicked half-way.
            buffer.rewind(begin);
            return Poll::Ready(Progress::End(self.failed(None)));
        };
        Poll::Ready(match ready!(step) {
            Step::Open => Progress::Open,
            Step::Frame(info) => {
                let frame = || (buffer.id_since(begin), buffer.traceparent_since(begin));
                self.record.event(info.name(), frame);
                self.terminal |= info.is_terminal();
                let ends = self.terminal && !source.ends_itself();
                if ends {
                    self.drop_source();
                }
                Progress::Frame
            }
            Step::End(ending) => Progress::End(self.ended(ending)),
        })
    }

    fn poll_channel(&mut self, cx: &Context<'_>) -> Poll<Progress> {
        let Some(Feed::Channel(feed)) = &mut self.source else { return Poll::Pending };
        let listener = &mut feed.listener;
        // Only a filter can panic, and only it is worth the price of being ready for that.
        let polled = if self.is_plain {
            listener.poll_plain(cx.waker())
        } else {
            let source_field = self.options.source_field;
            let poll = || listener.poll_read(cx.waker(), source_field);
            match caught(self.record.span(), "a filter", poll) {
                Some(polled) => polled,
                None => return Poll::Ready(Progress::End(self.failed(None))),
            }
        };
        Poll::Ready(match ready!(polled) {
            Heard::Events(batch) => {
                if self.record.is_timed() {
                    // One look at the clock for both phases: it ends the one and begins the other.
                    let now = Instant::now();
                    if let Some(waited) = listener.waited(&batch, now) {
                        self.record.fanned_out(waited, now);
                    }
                }
                self.record.batch(&batch);
                self.terminal |= batch.ends;
                Progress::Batch(batch.bytes)
            }
            Heard::Fell { missed } => {
                let span = self.record.span();
                tracing::warn!(parent: span, missed, "the reader fell behind what is kept");
                if feed.ends_when_slow {
                    // It comes back with the position that it has, and hears then what is gone.
                    let _not_told = feed.listener.take_passed();
                    return Poll::Ready(Progress::End(self.ended(Ending::Slow)));
                }
                Progress::Moved
            }
            Heard::Lost => {
                tracing::warn!(parent: self.record.span(), "an event is lost to the reader");
                Progress::Moved
            }
            Heard::Restarted(why) => {
                let (span, reason) = (self.record.span(), why.as_str());
                tracing::warn!(parent: span, reason, "the log is not the one that was read");
                Progress::Moved
            }
            Heard::Down(error) => {
                tracing::warn!(parent: self.record.span(), %error, "the store does not answer");
                Progress::End(self.ended(Ending::Store))
            }
            Heard::Over => {
                // A channel ends by its terminal event alone. Whoever came after it has not
                // missed it; whoever was not shown it has.
                self.terminal |= !feed.listener.hid_end();
                Progress::End(self.ended(Ending::Complete))
            }
        })
    }

    /// Ends the stream: the producer first, so that nothing runs any more when it is told.
    pub(super) fn end(&mut self, reason: Reason) {
        self.drop_source();
        self.record.end(reason);
    }

    fn drop_source(&mut self) {
        let source = self.source.take();
        let span = self.record.span();
        let _dropped = caught(span, "the handler", || drop(source));
    }

    fn ended(&self, ending: Ending) -> Close {
        match ending {
            Ending::Complete if self.options.finite && !self.terminal => {
                Close { reason: Reason::Truncated, response: None }
            }
            Ending::Complete => Close { reason: Reason::Complete, response: None },
            Ending::Slow => Close { reason: Reason::Slow, response: None },
            Ending::Store => Close { reason: Reason::Store, response: None },
            Ending::Failed(response) => {
                // The error itself went into the response; its text is not for the client.
                tracing::warn!(
                    parent: self.record.span(),
                    status = response.status().as_u16(),
                    "the handler failed"
                );
                self.failed(Some(response))
            }
            Ending::Encode(error) => {
                // As a string, which is escaped: the text is that of a `Serialize`.
                let error = error.to_string();
                tracing::error!(parent: self.record.span(), error, "an event was not sent");
                self.failed(None)
            }
            Ending::Panicked => self.failed(None),
        }
    }

    /// After the terminal event the reader has everything: what fails then is for the log.
    const fn failed(&self, response: Option<Response>) -> Close {
        let reason = if self.terminal { Reason::Complete } else { Reason::Error };
        Close { reason, response }
    }
}

impl Drop for Session {
    /// The client left, or was cut from here, which after the terminal event is as good as any
    /// end. The producer goes first, before that is told.
    fn drop(&mut self) {
        let cut =
            || self.record.cx().link().and_then(|link| link.fault()).unwrap_or(Reason::Client);
        let reason = if self.terminal { Reason::Complete } else { cut() };
        self.end(reason);
    }
}

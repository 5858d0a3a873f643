//! One stream, from its first poll to its one end.

use std::task::{Context, Poll, ready};

use axum::response::Response;

use super::{
    call::caught,
    options::Options,
    record::Record,
    source::{BoxSource, Ending, Step},
};
use crate::{names::Reason, wire::FrameBuffer};

/// Drives a source, and keeps the promises that hold whatever the source does: what it
/// leaves half-written is taken back, a panic is an end like any other, nothing comes
/// after the end, and the end has one reason.
pub(super) struct Session {
    source: Option<BoxSource>,
    options: Options,
    terminal: bool,
    record: Record,
}

/// What a session gave.
#[derive(Debug)]
pub(super) enum Progress {
    /// A frame is in the buffer.
    Frame,
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
    pub(super) const fn new(source: BoxSource, options: Options, record: Record) -> Self {
        Self { source: Some(source), options, terminal: false, record }
    }

    pub(super) const fn options(&self) -> &Options {
        &self.options
    }

    pub(super) const fn record(&self) -> &Record {
        &self.record
    }

    pub(super) fn record_mut(&mut self) -> &mut Record {
        &mut self.record
    }

    /// Appends the next frame to the buffer. Not to be called after the end.
    pub(super) fn poll_step(
        &mut self,
        cx: &mut Context<'_>,
        buffer: &mut FrameBuffer,
    ) -> Poll<Progress> {
        let Some(source) = &mut self.source else {
            return Poll::Ready(Progress::End(Close { reason: Reason::Complete, response: None }));
        };
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
                self.record.event(info.name(), || buffer.id_since(begin));
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
    /// The client left, which after the terminal event is as good as any end. The producer
    /// goes first, before that is told.
    fn drop(&mut self) {
        self.end(if self.terminal { Reason::Complete } else { Reason::Client });
    }
}

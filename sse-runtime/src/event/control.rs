//! The events of the project itself: the first frame, the last, and the heartbeat.

use serde::Serialize;

use super::EncodeError;
use crate::{
    names::{BEAT_EVENT, BYE_EVENT, OPEN_EVENT, Reason, ResetReason, ResumeOutcome},
    wire::FrameBuffer,
};

/// The first frame: what became of the reader's position, and what it can count on.
#[derive(Debug)]
pub(crate) struct Open<'a> {
    /// What became of the position that the reader came with.
    pub(crate) resume: Resumption,
    /// The interval of the heartbeat; none if there is no heartbeat.
    pub(crate) heartbeat_ms: Option<u64>,
    /// The reconnection time.
    pub(crate) retry_ms: u64,
    pub(crate) sources: &'a [&'static str],
    pub(crate) request_id: &'a str,
}

/// How a stream without a log answers a position. (A log knows more answers.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resumption {
    /// The reader brought none.
    Fresh,
    /// It means nothing here, and the reader is told to forget it.
    Reset(ResetReason),
}

/// The data of `sse.open`.
#[derive(Serialize)]
struct OpenData<'a> {
    resume: &'static str,
    missed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    heartbeat_ms: Option<u64>,
    sources: &'a [&'static str],
    request_id: &'a str,
}

impl Open<'_> {
    /// Writes the frame.
    ///
    /// # Errors
    ///
    /// None that can occur: text and numbers are always JSON. The caller treats one like
    /// that of an event.
    pub(crate) fn write(&self, buffer: &mut FrameBuffer) -> Result<(), EncodeError> {
        let (resume, reason) = match self.resume {
            Resumption::Fresh => (ResumeOutcome::Fresh, None),
            Resumption::Reset(reason) => {
                // The reader would send its old position for ever.
                buffer.forget_id();
                (ResumeOutcome::Reset, Some(reason.as_str()))
            }
        };
        let data = OpenData {
            resume: resume.as_str(),
            missed: 0,
            reason,
            heartbeat_ms: self.heartbeat_ms,
            sources: self.sources,
            request_id: self.request_id,
        };
        write(OPEN_EVENT, Some(self.retry_ms), &data, buffer)
    }
}

impl Open<'_> {
    /// What a reader without control events still has to know. A block without data fires
    /// nothing, but its `retry:` and its `id:` count.
    pub(crate) fn write_bare(&self, buffer: &mut FrameBuffer) {
        if let Resumption::Reset(_) = self.resume {
            buffer.forget_id();
        }
        buffer.retry(self.retry_ms);
        buffer.raw(b"\n");
    }
}

/// The data of `sse.bye`.
#[derive(Serialize)]
struct ByeData {
    reason: &'static str,
}

/// Writes the last frame.
///
/// # Errors
///
/// As for [`Open::write`].
pub(crate) fn write_bye(
    reason: Reason,
    retry_ms: u64,
    buffer: &mut FrameBuffer,
) -> Result<(), EncodeError> {
    write(BYE_EVENT, Some(retry_ms), &ByeData { reason: reason.as_str() }, buffer)
}

/// Writes the heartbeat that a page can see.
///
/// # Errors
///
/// As for [`Open::write`].
pub(crate) fn write_beat(buffer: &mut FrameBuffer) -> Result<(), EncodeError> {
    write(BEAT_EVENT, None, &(), buffer)
}

fn write<T: Serialize>(
    event: &'static str,
    retry_ms: Option<u64>,
    data: &T,
    buffer: &mut FrameBuffer,
) -> Result<(), EncodeError> {
    let begin = buffer.mark();
    buffer.line(b"event: ", event.as_bytes());
    if let Some(retry_ms) = retry_ms {
        buffer.retry(retry_ms);
    }
    buffer.raw(b"data: ");
    let start = buffer.mark();
    match serde_json::to_writer(buffer.payload(), data) {
        Ok(()) => {
            buffer.end_payload(start);
            Ok(())
        }
        Err(source) => {
            buffer.rewind(begin);
            Err(EncodeError::Payload { event, source })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(buffer: &FrameBuffer) -> &str {
        std::str::from_utf8(buffer.as_bytes()).unwrap()
    }

    #[test]
    fn open_says_where_the_reader_stands() {
        let mut buffer = FrameBuffer::new();
        let open = Open {
            resume: Resumption::Fresh,
            heartbeat_ms: Some(15_000),
            retry_ms: 3_000,
            sources: &["inventory"],
            request_id: "req_1",
        };
        open.write(&mut buffer).unwrap();
        assert_eq!(
            text(&buffer),
            "event: sse.open\nretry: 3000\ndata: {\"resume\":\"fresh\",\"missed\":0,\
             \"heartbeat_ms\":15000,\"sources\":[\"inventory\"],\"request_id\":\"req_1\"}\n\n"
        );
    }

    #[test]
    fn a_position_without_a_log_is_forgotten() {
        let mut buffer = FrameBuffer::new();
        let open = Open {
            resume: Resumption::Reset(ResetReason::NoLog),
            heartbeat_ms: None,
            retry_ms: 1,
            sources: &[],
            request_id: "r",
        };
        open.write(&mut buffer).unwrap();
        assert!(text(&buffer).starts_with("id:\nevent: sse.open\n"));
        assert!(text(&buffer).contains("\"reason\":\"no_log\",\"heartbeat_ms\":null"));
    }

    #[test]
    fn bye_and_beat_carry_data() {
        let mut buffer = FrameBuffer::new();
        write_bye(Reason::Drain, 1234, &mut buffer).unwrap();
        write_beat(&mut buffer).unwrap();
        assert_eq!(
            text(&buffer),
            "event: sse.bye\nretry: 1234\ndata: {\"reason\":\"drain\"}\n\n\
             event: sse.beat\ndata: null\n\n"
        );
    }
}

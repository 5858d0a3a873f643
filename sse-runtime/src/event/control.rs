//! The events of the project itself: the first frame, the last, and the heartbeat.

use serde::Serialize;

use super::EncodeError;
use crate::{
    names::{BEAT_EVENT, BYE_EVENT, OPEN_EVENT, Reason, ResetReason, Resumed},
    wire::{EventId, FrameBuffer},
};

/// The first frame: what became of the reader's position, and what it can count on. It comes
/// again when a reader falls behind, so that a page has one place to hear of it.
#[derive(Debug)]
pub(crate) struct Open<'a> {
    /// What became of the position that the reader came with.
    pub(crate) resumed: Resumed,
    /// How many events are known to be gone for good, in all channels together.
    pub(crate) missed: u64,
    /// Where the reader stands now.
    pub(crate) standing: Standing,
    /// The same for each channel of a stream of several.
    pub(crate) channels: &'a [ChannelOpen],
    /// The interval of the heartbeat; none if there is no heartbeat.
    pub(crate) heartbeat_ms: Option<u64>,
    /// The reconnection time.
    pub(crate) retry_ms: u64,
    pub(crate) sources: &'a [&'static str],
    pub(crate) request_id: &'a str,
}

/// Where a reader stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Nowhere that the stream could say.
    Unknown,
    /// Nowhere, and the position that it came with is to be forgotten: it would send it for
    /// ever.
    Forgotten,
    /// Here.
    At(EventId),
}

/// What became of the position in one channel of several.
#[derive(Debug, Serialize)]
pub(crate) struct ChannelOpen {
    sources: &'static [&'static str],
    resume: &'static str,
    missed: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
}

impl ChannelOpen {
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "channels are served"))]
    pub(crate) fn new(sources: &'static [&'static str], resumed: Resumed) -> Self {
        Self {
            sources,
            resume: resumed.outcome().as_str(),
            missed: resumed.missed(),
            reason: resumed.reason().map(ResetReason::as_str),
        }
    }
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
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    channels: &'a [ChannelOpen],
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
        let data = OpenData {
            resume: self.resumed.outcome().as_str(),
            missed: self.missed,
            reason: self.resumed.reason().map(ResetReason::as_str),
            heartbeat_ms: self.heartbeat_ms,
            sources: self.sources,
            channels: self.channels,
            request_id: self.request_id,
        };
        self.standing.write(buffer);
        write(OPEN_EVENT, Some(self.retry_ms), &data, buffer)
    }

    /// What a reader without control events still has to know. A block without data fires
    /// nothing, but its `retry:` and its `id:` count.
    pub(crate) fn write_bare(&self, buffer: &mut FrameBuffer) {
        self.standing.write(buffer);
        buffer.retry(self.retry_ms);
        buffer.raw(b"\n");
    }
}

impl Standing {
    fn write(&self, buffer: &mut FrameBuffer) {
        match self {
            Self::Unknown => {}
            Self::Forgotten => buffer.forget_id(),
            Self::At(id) => buffer.id(id),
        }
    }
}

/// Writes a block that moves the reader and fires nothing: events were passed over that it is
/// not shown.
pub(crate) fn write_standing(id: &EventId, buffer: &mut FrameBuffer) {
    buffer.id(id);
    buffer.raw(b"\n");
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
            resumed: Resumed::Fresh,
            missed: 0,
            standing: Standing::Unknown,
            channels: &[],
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
            resumed: Resumed::Reset(ResetReason::NoLog),
            missed: 0,
            standing: Standing::Forgotten,
            channels: &[],
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
    fn channels_are_listed_where_there_are_several() {
        let mut buffer = FrameBuffer::new();
        let channels = [
            ChannelOpen::new(&["inventory"], Resumed::Gap { missed: 3 }),
            ChannelOpen::new(&["host"], Resumed::Reset(ResetReason::Epoch)),
        ];
        let open = Open {
            resumed: Resumed::Reset(ResetReason::Epoch),
            missed: 3,
            standing: Standing::At(EventId::from_u128(7)),
            channels: &channels,
            heartbeat_ms: None,
            retry_ms: 1,
            sources: &["inventory", "host"],
            request_id: "r",
        };
        open.write(&mut buffer).unwrap();
        assert!(text(&buffer).starts_with("id: evt_0000000000000000000007\nevent: sse.open\n"));
        assert!(text(&buffer).contains(
            "\"channels\":[{\"sources\":[\"inventory\"],\"resume\":\"gap\",\"missed\":3},\
             {\"sources\":[\"host\"],\"resume\":\"reset\",\"missed\":0,\"reason\":\"epoch\"}]"
        ));
        buffer.clear();
        open.write_bare(&mut buffer);
        assert_eq!(text(&buffer), "id: evt_0000000000000000000007\nretry: 1\n\n");
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

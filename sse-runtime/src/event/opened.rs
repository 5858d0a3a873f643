//! What a stream says of itself, as its readers read it.

use std::time::Duration;

use serde::Deserialize;

use crate::names::{Reason, Resumed};

/// What `sse.open` said.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Opened {
    /// What became of the position that the reader came with.
    pub resumed: Resumed,
    /// The same for each channel of a stream of several; empty for one of one.
    pub channels: Vec<OpenedChannel>,
    /// The interval of the heartbeat, if there is one.
    pub heartbeat: Option<Duration>,
    /// Who may send on the stream.
    pub sources: Vec<String>,
    /// The id of the request.
    pub request_id: String,
}

/// What became of the position in one channel of several.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OpenedChannel {
    /// Who may send on the channel.
    pub sources: Vec<String>,
    /// What became of the position.
    pub resumed: Resumed,
}

/// The word of `sse.bye`; none where there is no word, or not one of ours.
#[derive(Deserialize)]
struct Bye {
    reason: String,
}

/// Reads the data of `sse.bye`.
pub(crate) fn read_bye(data: &str) -> Option<Reason> {
    let bye: Bye = serde_json::from_str(data).ok()?;
    Reason::from_word(&bye.reason)
}

#[derive(Deserialize)]
struct Data {
    #[serde(flatten)]
    part: Part,
    #[serde(default)]
    channels: Vec<Part>,
    heartbeat_ms: Option<u64>,
    request_id: String,
}

#[derive(Deserialize)]
struct Part {
    resume: String,
    missed: u64,
    reason: Option<String>,
    sources: Vec<String>,
}

impl Opened {
    /// Reads the data of the event; none where this crate would not have written it.
    pub(crate) fn read(data: &str) -> Option<Self> {
        let data: Data = serde_json::from_str(data).ok()?;
        let channel =
            |part: Part| Some(OpenedChannel { resumed: part.resumed()?, sources: part.sources });
        Some(Self {
            resumed: data.part.resumed()?,
            channels: data.channels.into_iter().map(channel).collect::<Option<_>>()?,
            heartbeat: data.heartbeat_ms.map(Duration::from_millis),
            sources: data.part.sources,
            request_id: data.request_id,
        })
    }
}

impl Part {
    fn resumed(&self) -> Option<Resumed> {
        Resumed::read(&self.resume, self.missed, self.reason.as_deref())
    }
}

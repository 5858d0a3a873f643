//! From the stream of the origin into the channel of the relay.

use std::fmt;

use sse_runtime::{
    Channel, PublishError, Resumed,
    client::{ClientError, EventSource, Item, StopReason, StreamError},
};
use tracing::{info, warn};

use super::orders::OrderEvent;

/// Why nothing is relayed any more, where that is not as it should be.
#[derive(Debug)]
pub(crate) enum RelayError {
    /// The origin has nothing to say to us.
    Origin(ClientError),
    /// An event came that this channel does not take. To leave it out without a word is no
    /// choice: whoever starts the relay again starts another log, and its listeners hear that.
    Publish(PublishError),
}

/// Publishes all that comes, until the stream is over.
pub(crate) async fn relay(
    mut events: EventSource<OrderEvent>,
    request_id: &str,
    channel: &Channel<OrderEvent>,
) -> Result<StopReason, RelayError> {
    while let Some(item) = events.next().await {
        let mut parent = None;
        let (event, seq) = match item {
            Ok(Item::Event(received)) => {
                parent = received.traceparent;
                let seq = received.seq();
                (received.event, seq)
            }
            Ok(Item::Opened(opened)) => {
                // What the origin calls it: our own name, unless something between renamed it.
                info!(request_id, at_origin = opened.request_id, resumed = ?opened.resumed, "open");
                if opened.resumed != Resumed::Fresh {
                    continue;
                }
                // Whoever listened before this has missed what came before it.
                (missed(None), None)
            }
            Err(StreamError::Gap(gap)) => {
                warn!(request_id, missed = gap.missed, "a gap at the origin");
                (missed(Some(gap.missed)), None)
            }
            Err(StreamError::Reset(reset)) => {
                warn!(request_id, reason = %reset.reason, "the origin begins anew");
                (missed(None), None)
            }
            // It came, and cannot be passed on: a listener may have known what to do with it.
            Ok(Item::Unknown(_) | Item::Malformed(_) | Item::Oversized(_)) => {
                warn!(request_id, "an event that cannot be read here");
                (missed(Some(1)), None)
            }
            Err(StreamError::Failed(error)) => return Err(RelayError::Origin(error)),
            // Of another source: none of ours.
            Err(error) => {
                warn!(request_id, %error, "passed over");
                continue;
            }
            // Nothing that was asked for.
            Ok(_) => continue,
        };
        let published =
            channel.publish_traced(&event, parent).await.map_err(RelayError::Publish)?;
        // The line that leads from one hop to the other. A busy relay says it with `debug!`.
        let (event_seq, duplicate) = (published.position.seq(), published.duplicate);
        info!(request_id, origin_seq = seq, event_seq, duplicate, "relayed");
    }
    Ok(events.stop_reason().cloned().unwrap_or(StopReason::Closed))
}

const fn missed(events: Option<u64>) -> OrderEvent {
    OrderEvent::Missed { events }
}

impl fmt::Display for RelayError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(error) => write!(f, "the origin: {error}"),
            Self::Publish(error) => write!(f, "an event cannot be relayed: {error}"),
        }
    }
}

impl std::error::Error for RelayError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Origin(error) => Some(error),
            Self::Publish(error) => Some(error),
        }
    }
}

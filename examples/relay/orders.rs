//! What is relayed, and how it is served on.

use axum::{Router, extract::State, routing::get};
use sse_runtime::{Channel, EventId, Resume, SseEvent, Subscription, sse_handler};

/// The events of the origin, which shares this type or has one like it.
#[derive(Debug, Clone, PartialEq, Eq, SseEvent)]
#[sse(source = "orders")]
pub(crate) enum OrderEvent {
    /// With an id of its own, which is the same on every hop: the positions are not, for each hop
    /// numbers by itself.
    Placed {
        #[sse(id)]
        id: EventId,
        number: u32,
    },
    /// A relay missed events here, so many or nobody knows how many. Whoever reads it reads the
    /// state anew, as after a gap of their own. The origin itself never says it.
    Missed { events: Option<u64> },
}

#[sse_handler]
async fn orders(
    State(channel): State<Channel<OrderEvent>>,
    resume: Resume,
) -> Subscription<OrderEvent> {
    channel.subscribe(resume)
}

pub(crate) fn router(channel: Channel<OrderEvent>) -> Router {
    Router::new().route("/orders", get(orders)).with_state(channel)
}

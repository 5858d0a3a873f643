//! What a handler can ask about its request.

use super::{super::request::LastEventId, Cx};
use crate::wire::{EventId, TraceParent};

impl Cx {
    /// The id of the request: the `X-Request-ID` that came with it, if it is 1 to 128 of
    /// the characters `A-Z a-z 0-9 . _ -`, else `req_` and 24 letters or digits (pitfall
    /// P11). The client gets it in the response header and in `sse.open`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        &self.shared.request.id
    }

    /// The span of the caller: the `traceparent` that came with the request, if it is one (W3C
    /// Trace Context). Its ids are fields of the span `sse.stream` too, as `trace_id` and
    /// `parent_id`. What is malformed is none, and is repeated nowhere.
    ///
    /// A context can be taken by any handler of axum, and so by one that publishes:
    ///
    /// ```
    /// # use sse_runtime::{Channel, Cx, SseEvent};
    /// use axum::{Router, extract::State, http::StatusCode, response, routing::post};
    ///
    /// #[derive(SseEvent)]
    /// #[sse(source = "inventory")]
    /// enum InventoryEvent {
    ///     SoldOut { sku: String },
    /// }
    ///
    /// async fn sold_out(
    ///     State(channel): State<Channel<InventoryEvent>>,
    ///     cx: Cx,
    ///     sku: String,
    /// ) -> response::Result<StatusCode> {
    ///     channel.publish_traced(&InventoryEvent::SoldOut { sku }, cx.traceparent()).await?;
    ///     Ok(StatusCode::NO_CONTENT)
    /// }
    ///
    /// let app: Router = Router::new().route("/sold-out", post(sold_out)).with_state(Channel::new());
    /// ```
    #[must_use]
    pub fn traceparent(&self) -> Option<TraceParent> {
        self.shared.request.traceparent.as_deref().copied()
    }

    /// The id of the last event that the reader has seen: the header `Last-Event-ID`, else
    /// the query parameter `last_event_id`. None if it brought none that can be read.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&EventId> {
        match &self.shared.request.last_event_id {
            LastEventId::Id(id) => Some(id),
            LastEventId::Absent | LastEventId::Unreadable => None,
        }
    }
}

//! What a handler answers.

use std::fmt;

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use super::{
    body::StreamBody,
    delivery::Delivery,
    headers::{stream_response, with_request_id},
    reader::TypedEvents,
};
use crate::event::DecodeEvent;

/// The answer of an [`sse_handler`](crate::sse_handler): a stream of events, or the
/// response that stands in for it.
///
/// It is a response, so that axum needs nothing else; in a test it also gives the typed
/// events. See [`call!`](crate::call).
pub struct EventStream {
    answer: Answer,
}

enum Answer {
    Stream { delivery: Box<Delivery>, sources: &'static [&'static str], request_id: String },
    Response(Box<Response>),
}

impl EventStream {
    pub(super) fn stream(
        delivery: Delivery,
        sources: &'static [&'static str],
        request_id: &str,
    ) -> Self {
        let request_id = request_id.to_owned();
        Self { answer: Answer::Stream { delivery: Box::new(delivery), sources, request_id } }
    }

    pub(super) fn response(response: Response, request_id: &str) -> Self {
        let response = with_request_id(response, request_id);
        Self { answer: Answer::Response(Box::new(response)) }
    }

    /// The status: 200 for a stream, else that of the response in its place.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match &self.answer {
            Answer::Stream { .. } => StatusCode::OK,
            Answer::Response(response) => response.status(),
        }
    }

    /// Reads the stream as typed events, without a network between.
    ///
    /// ```
    /// # use futures_util::stream::{self, Stream, StreamExt};
    /// use sse_runtime::{SseEvent, call, sse_handler};
    ///
    /// #[derive(SseEvent, Debug, PartialEq)]
    /// #[sse(source = "inventory")]
    /// enum InventoryEvent {
    ///     SoldOut { sku: String },
    /// }
    ///
    /// #[sse_handler]
    /// async fn inventory() -> impl Stream<Item = InventoryEvent> {
    ///     stream::iter([InventoryEvent::SoldOut { sku: "A-1".into() }])
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let mut events = call!(inventory()).await.events::<InventoryEvent>();
    /// let first = events.next().await.unwrap().unwrap();
    /// assert_eq!(first, InventoryEvent::SoldOut { sku: "A-1".into() });
    /// assert!(events.next().await.is_none());
    /// # }
    /// ```
    #[must_use]
    pub fn events<E: DecodeEvent>(self) -> TypedEvents<E> {
        match self.answer {
            Answer::Stream { delivery, .. } => TypedEvents::new(*delivery),
            Answer::Response(response) => TypedEvents::refused(response.status()),
        }
    }
}

impl IntoResponse for EventStream {
    fn into_response(self) -> Response {
        match self.answer {
            Answer::Stream { delivery, sources, request_id } => {
                stream_response(Body::new(StreamBody(*delivery)), sources, &request_id)
            }
            Answer::Response(response) => *response,
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream").field("status", &self.status()).finish_non_exhaustive()
    }
}

//! Stock levels of a shop: published by POST, heard by GET.

use axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::Stream;
use serde::Deserialize;
use sse_runtime::{EventId, SseEvent, sse_handler};

use crate::{app::App, fanout::TooSlow};

/// The longest text in an event, in bytes.
const TEXT: usize = 64 * 1024;

/// What the shop tells. The derive gives it its form on the stream (`event: stock_changed`,
/// `data: {"sku":"A-1","left":7}`); serde is only here for what is posted, where the type
/// stands inside (`{"type":"stock_changed","sku":"A-1","left":7}`).
#[derive(Debug, Clone, SseEvent, Deserialize)]
#[sse(source = "inventory")]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum InventoryEvent {
    StockChanged {
        sku: String,
        left: u32,
    },
    SoldOut {
        sku: String,
    },
    /// For whoever looks at the page now: it has no id, and nobody needs it later.
    #[sse(ephemeral)]
    Notice {
        text: String,
    },
}

/// Everything that is published while the reader listens.
#[sse_handler]
pub(crate) async fn inventory(
    State(app): State<App>,
) -> impl Stream<Item = Result<(EventId, InventoryEvent), TooSlow>> {
    app.inventory.listen()
}

/// Publishes an event. What is no event has been refused before: broken JSON with 400,
/// JSON that is none with 422, another content type with 415, a large body with 413.
pub(crate) async fn publish(State(app): State<App>, Json(event): Json<InventoryEvent>) -> Response {
    if let Err(reason) = event.check() {
        return (StatusCode::UNPROCESSABLE_ENTITY, reason).into_response();
    }
    app.inventory.publish(event);
    StatusCode::NO_CONTENT.into_response()
}

impl InventoryEvent {
    /// Any text is good, whatever characters it has: only its length is bounded, because
    /// every listener gets it.
    fn check(&self) -> Result<(), String> {
        let (field, text) = match self {
            Self::StockChanged { sku, .. } | Self::SoldOut { sku } => ("sku", sku),
            Self::Notice { text } => ("text", text),
        };
        match text.len() {
            0..=TEXT => Ok(()),
            length => Err(format!("`{field}` has {length} bytes, and {TEXT} are allowed")),
        }
    }
}

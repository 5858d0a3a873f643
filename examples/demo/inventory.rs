//! Stock levels of a shop: published by POST, heard by GET.

use axum::{Json, extract::State, http::StatusCode, response};
use serde::Deserialize;
use sse_runtime::{Cx, Resume, SseEvent, Subscription, sse_handler};

use crate::app::App;

/// The longest text in an event, in bytes.
const TEXT: usize = 64 * 1024;

/// What the shop tells. The derive gives it its form on the stream (`event: stock_changed`,
/// `data: {"sku":"A-1","left":7}`); serde is only here for what is posted, where the type
/// stands inside (`{"type":"stock_changed","sku":"A-1","left":7}`).
#[derive(Debug, SseEvent, Deserialize)]
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

/// From now on, or from where the reader was: `resume` is the `Last-Event-ID` that a browser
/// sends by itself when it comes back.
#[sse_handler]
pub(crate) async fn inventory(
    State(app): State<App>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    app.inventory.subscribe(resume)
}

/// Publishes an event. What is no event has been refused before: broken JSON with 400,
/// JSON that is none with 422, another content type with 415, a large body with 413.
pub(crate) async fn publish(
    State(app): State<App>,
    cx: Cx,
    Json(event): Json<InventoryEvent>,
) -> response::Result<StatusCode> {
    event.check().map_err(|reason| (StatusCode::UNPROCESSABLE_ENTITY, reason))?;
    // With the trace that the request is part of, if it is part of one.
    app.inventory.publish_traced(&event, cx.traceparent()).await?;
    Ok(StatusCode::NO_CONTENT)
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

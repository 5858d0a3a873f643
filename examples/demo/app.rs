//! What the handlers share, and which of them answers what.

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use sse_runtime::Drain;

use crate::{
    all, complete,
    fanout::Fanout,
    host::{self, HostEvent},
    inventory::{self, InventoryEvent},
    page,
};

/// The largest body of a request.
const BODY: usize = 1024 * 1024;

/// What the handlers share. Cheap to clone: axum does so for each request.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) inventory: Fanout<InventoryEvent>,
    pub(crate) host: Fanout<HostEvent>,
}

impl App {
    pub(crate) fn new() -> Self {
        Self { inventory: Fanout::new(), host: Fanout::new() }
    }
}

pub(crate) fn router(app: App, drain: &Drain) -> Router {
    Router::new()
        .route("/events/inventory", get(inventory::inventory).post(inventory::publish))
        .route("/events/host", get(host::host))
        .route("/events/all", get(all::all))
        .route("/complete", post(complete::complete))
        .merge(page::routes())
        .layer(DefaultBodyLimit::max(BODY))
        // Last, so that every route above hears of the shutdown.
        .layer(drain.layer())
        .with_state(app)
}

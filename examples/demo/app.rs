//! What the handlers share, and which of them answers what.

use std::{error::Error, sync::Arc};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{get, post},
};
use sse_runtime::{Channel, ChannelConfig, ChannelName, store::Store};

use crate::{
    all, complete,
    host::{self, HostEvent},
    inventory::{self, InventoryEvent},
    page,
};

/// The largest body of a request.
const BODY: usize = 1024 * 1024;

/// What the handlers share. Cheap to clone: axum does so for each request.
#[derive(Clone)]
pub(crate) struct App {
    pub(crate) inventory: Channel<InventoryEvent>,
    /// In memory, wherever the inventory is kept: what this machine did before a restart
    /// helps nobody after it.
    pub(crate) host: Channel<HostEvent>,
}

impl App {
    pub(crate) fn new(
        inventory: ChannelConfig,
        store: Option<Arc<dyn Store>>,
    ) -> Result<Self, Box<dyn Error>> {
        let name = ChannelName::new("demo", "inventory")?;
        Ok(Self {
            inventory: match store {
                Some(store) => Channel::with_store(inventory, &name, store)?,
                None => Channel::with_config(inventory)?,
            },
            host: Channel::with_config(host::config())?,
        })
    }
}

pub(crate) fn router(app: App) -> Router {
    Router::new()
        .route("/events/inventory", get(inventory::inventory).post(inventory::publish))
        .route("/events/host", get(host::host))
        .route("/events/all", get(all::all))
        .route("/complete", post(complete::complete))
        .merge(page::routes())
        // In a service of your own: only where those come who may see it.
        .route("/inspector", sse_runtime::inspector())
        .layer(DefaultBodyLimit::max(BODY))
        .with_state(app)
}

//! Channels, and handlers that return what they subscribe to.

use axum::extract::State;
use sse_runtime::{Channel, EndSlow, Hub, MergeError, Resume, SseEvent, Subscription, sse_handler};

/// What the shop tells.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "shop")]
#[non_exhaustive]
pub enum ShopEvent {
    /// There is another number of it.
    StockChanged {
        /// Of what.
        #[sse(topic)]
        sku: String,
        /// How many.
        left: u32,
    },
    /// Somebody looks.
    #[sse(ephemeral)]
    Viewers(u32),
}

/// What the machine tells.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "host")]
#[non_exhaustive]
pub enum HostEvent {
    /// How much it has to do.
    Load(u8),
}

/// Both of them.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify)]
#[non_exhaustive]
pub enum BothEvent {
    /// The shop.
    Shop(ShopEvent),
    /// The machine.
    Host(HostEvent),
}

/// Where they are published.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct App {
    /// The events of the shop.
    pub shop: Channel<ShopEvent>,
    /// The events of the machine.
    pub host: Channel<HostEvent>,
    /// The shop, once more for each tenant.
    pub tenants: Hub<ShopEvent>,
}

/// The stock of one thing.
#[sse_handler]
pub async fn stock(State(app): State<App>, resume: Resume) -> Subscription<ShopEvent, EndSlow> {
    app.shop.subscribe(resume).topic("A-1").end_when_slow()
}

/// Everything.
#[sse_handler]
pub async fn both(
    State(app): State<App>,
    resume: Resume,
) -> Result<Subscription<BothEvent>, MergeError> {
    Subscription::merge([app.shop.subscribe(&resume).lift(), app.host.subscribe(&resume).lift()])
}

//! Enums of enums on channels: in a module, under another name of the runtime, nested, and with
//! the source in front.

mod inner {
    pub extern crate sse_runtime as events;
}

mod events_of {
    use crate::inner::events::SseEvent;

    pub mod inventory {
        use crate::inner::events::SseEvent;

        #[derive(SseEvent, Debug, PartialEq)]
        #[sse(source = "inventory", crate = "crate::inner::events")]
        pub enum Event {
            Updated { sku: String },
        }
    }

    pub mod orders {
        use crate::inner::events::SseEvent;

        #[derive(SseEvent, Debug, PartialEq)]
        #[sse(source = "orders", crate = "crate::inner::events")]
        pub enum Event {
            Updated { order: u64 },
        }
    }

    #[derive(SseEvent, Debug, PartialEq)]
    #[sse(source = "host", crate = "crate::inner::events")]
    pub enum HostEvent {
        Load(f64),
    }

    /// Two types of one name, each by its path.
    #[derive(SseEvent, Debug, PartialEq)]
    #[sse(merge, qualify, crate = "crate::inner::events")]
    pub enum ShopEvent {
        Inventory(inventory::Event),
        Orders(self::orders::Event),
    }

    #[derive(SseEvent, Debug, PartialEq)]
    #[sse(merge, crate = "crate::inner::events")]
    pub enum AllEvent {
        Shop(ShopEvent),
        Host(HostEvent),
    }
}

use axum::{Router, extract::State, routing::get};
use events_of::{AllEvent, HostEvent, ShopEvent, inventory, orders};
use inner::events::{
    Channel, EndSlow, Holds, MergeError, Resume, Subscription, sse_handler,
};

#[derive(Clone)]
struct App {
    inventory: Channel<inventory::Event>,
    orders: Channel<orders::Event>,
    host: Channel<HostEvent>,
}

#[sse_handler(crate = "crate::inner::events")]
async fn shop(
    State(app): State<App>,
    resume: Resume,
) -> Result<Subscription<ShopEvent>, MergeError> {
    Subscription::merge([
        app.inventory.subscribe(&resume).lift(),
        app.orders.subscribe(&resume).lift(),
    ])
}

#[sse_handler(crate = "crate::inner::events")]
async fn all(
    State(app): State<App>,
    resume: Resume,
) -> Result<Subscription<AllEvent, EndSlow>, MergeError> {
    let shop = Subscription::merge([
        app.inventory.subscribe(&resume).lift::<ShopEvent>(),
        app.orders.subscribe(&resume).lift(),
    ])?;
    Subscription::merge([
        shop.filter(|event| !matches!(event, ShopEvent::Orders(orders::Event::Updated { order: 0 })))
            .lift()
            .end_when_slow(),
        app.host.subscribe(resume).end_when_slow().lift(),
    ])
}

fn on_one_stream<A: Holds<E>, E>() {}

fn main() {
    on_one_stream::<AllEvent, ShopEvent>();
    on_one_stream::<AllEvent, AllEvent>();
    on_one_stream::<ShopEvent, orders::Event>();
    let app = App { inventory: Channel::new(), orders: Channel::new(), host: Channel::new() };
    let _: Router =
        Router::new().route("/shop", get(shop)).route("/all", get(all)).with_state(app);
}

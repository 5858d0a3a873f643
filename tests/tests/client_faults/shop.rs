//! What is published, and the server that says it.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, extract::State, routing::get};
use sse_runtime::{
    Channel, ChannelConfig, Position, Resume, SseEvent, Subscription,
    client::{Client, ClientConfig},
    serve, sse_handler,
};
use sse_tests::checker::Value;
use tokio::net::TcpListener;

#[derive(Debug, Clone, PartialEq, Eq, SseEvent)]
#[sse(source = "orders")]
pub(crate) enum OrderEvent {
    Placed {
        publisher: u32,
        number: u32,
        note: String,
        #[sse(topic)]
        parity: String,
    },
    #[sse(ephemeral)]
    Viewed(u32),
}

#[derive(Debug, Clone, PartialEq, Eq, SseEvent)]
#[sse(source = "host")]
pub(crate) enum HostEvent {
    Beat { publisher: u32, number: u32, note: String },
}

#[derive(Debug, Clone, PartialEq, Eq, SseEvent)]
#[sse(merge)]
pub(crate) enum ShopEvent {
    Orders(OrderEvent),
    Host(HostEvent),
}

impl OrderEvent {
    pub(crate) fn placed((publisher, number): Value) -> Self {
        let parity = parity(number).to_owned();
        Self::Placed { publisher, number, note: note(number), parity }
    }
}

impl HostEvent {
    pub(crate) fn beat((publisher, number): Value) -> Self {
        Self::Beat { publisher, number, note: note(number) }
    }
}

impl ShopEvent {
    /// Which event it is. It fails on one that is not, to the last byte, what was published;
    /// none for an ephemeral one.
    #[track_caller]
    pub(crate) fn value(&self) -> Option<Value> {
        let (value, published) = match self {
            Self::Orders(OrderEvent::Viewed(_)) => return None,
            Self::Orders(OrderEvent::Placed { publisher, number, .. }) => {
                let value = (*publisher, *number);
                (value, Self::Orders(OrderEvent::placed(value)))
            }
            Self::Host(HostEvent::Beat { publisher, number, .. }) => {
                let value = (*publisher, *number);
                (value, Self::Host(HostEvent::beat(value)))
            }
        };
        assert_eq!(*self, published);
        Some(value)
    }
}

/// What the filtered stream shows, beside what is about nothing.
pub(crate) fn is_even((_, number): Value) -> bool {
    number.is_multiple_of(2)
}

fn parity(number: u32) -> &'static str {
    if is_even((0, number)) { "even" } else { "odd" }
}

/// What a careless reader would take for the end of a line, of a block, or of a character.
fn note(number: u32) -> String {
    const PARTS: [&str; 5] = [
        "漢字かな",
        "\u{1f44d}\u{1f3fd}\u{200d}\u{1f527}",
        "a\r\nb\n\nc\r",
        "id: evt_1\n",
        "\u{feff}\u{2028}",
    ];
    let most = PARTS.len();
    PARTS
        .iter()
        .cycle()
        .skip(number as usize % most)
        .take(1 + number as usize % 3)
        .copied()
        .collect()
}

/// The channels, and where they are served.
#[derive(Clone)]
pub(crate) struct Shop {
    pub(crate) orders: Channel<OrderEvent>,
    pub(crate) host: Channel<HostEvent>,
    pub(crate) address: SocketAddr,
}

/// The channels of a handler.
type Channels = State<(Channel<OrderEvent>, Channel<HostEvent>)>;

// Their reconnection time takes the place of the first delay of the client.

#[sse_handler(retry = "10ms")]
async fn orders(State((orders, _)): Channels, resume: Resume) -> Subscription<OrderEvent> {
    orders.subscribe(resume)
}

#[sse_handler(retry = "10ms")]
async fn even(State((orders, _)): Channels, resume: Resume) -> Subscription<OrderEvent> {
    orders.subscribe(resume).topics(|topic| topic.is_none_or(|topic| topic == parity(0)))
}

#[sse_handler(retry = "10ms")]
async fn both(State((orders, host)): Channels, resume: Resume) -> Subscription<ShopEvent> {
    Subscription::merge([orders.subscribe(&resume).lift(), host.subscribe(&resume).lift()])
        .expect("two channels")
}

pub(crate) const ORDERS: &str = "orders";
pub(crate) const EVEN: &str = "even";
pub(crate) const BOTH: &str = "both";

impl Shop {
    pub(crate) async fn open(config: ChannelConfig) -> Self {
        let orders_channel = Channel::with_config(config.clone()).expect("a good configuration");
        let host = Channel::with_config(config).expect("a good configuration");
        let app = Router::new()
            .route("/orders", get(orders))
            .route("/even", get(even))
            .route("/both", get(both))
            .with_state((orders_channel.clone(), host.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(serve(listener, app).into_future());
        Self { orders: orders_channel, host, address }
    }

    /// One that keeps everything.
    pub(crate) async fn keeping_all() -> Self {
        Self::open(ChannelConfig::new().history(1_000_000).history_bytes(1 << 30)).await
    }

    /// Where the channels stand, in the order of [`Log`].
    pub(crate) fn heads(&self) -> [Position; 2] {
        [self.orders.position(), self.host.position()]
    }

    pub(crate) async fn order(&self, value: Value) -> Position {
        let published = self.orders.publish(&OrderEvent::placed(value)).await;
        published.expect("published").position
    }

    pub(crate) async fn beat(&self, value: Value) -> Position {
        self.host.publish(&HostEvent::beat(value)).await.expect("published").position
    }

    pub(crate) async fn view(&self, number: u32) {
        self.orders.publish(&OrderEvent::Viewed(number)).await.expect("published");
    }
}

/// A channel of the shop: its place in [`Shop::heads`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Log {
    Orders,
    Host,
}

/// A client that is quick to come back and never gives up. So long it bears a connection that
/// says nothing.
pub(crate) fn client(patience: Duration) -> Client {
    let config = ClientConfig::new()
        .first_delay(Duration::from_millis(10))
        .max_delay(Duration::from_millis(20))
        .head_timeout(patience)
        .silence(patience)
        .unlimited_attempts()
        .unlimited_outage();
    Client::with_config(config).expect("a good configuration")
}

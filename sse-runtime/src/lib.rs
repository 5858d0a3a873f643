//! Server-sent events, declared instead of hand-written.
//!
//! An enum of what a service tells its listeners becomes typed events by
//! [`#[derive(SseEvent)]`](macro@SseEvent), and an async function becomes a handler of axum
//! by `#[sse_handler]`. What cannot be right does not compile; what can
//! only go wrong later is a typed error, a log line or a metric, never silence.
//!
#![cfg_attr(feature = "server", doc = "```")]
#![cfg_attr(not(feature = "server"), doc = "```text")]
//! use axum::{Router, extract::State, routing::get};
//! use sse_runtime::{Channel, Resume, SseEvent, Subscription, sse_handler};
//!
//! #[derive(SseEvent)]
//! #[sse(source = "inventory")]
//! enum InventoryEvent {
//!     StockChanged { sku: String, left: u32 }, // event: stock_changed
//!     #[sse(name = "sold-out", retry = "5s")]
//!     SoldOut { sku: String },
//!     #[sse(ephemeral)] // no id, never replayed
//!     Viewers(u32),
//! }
//!
//! #[sse_handler(heartbeat = "15s")]
//! async fn inventory(
//!     State(channel): State<Channel<InventoryEvent>>,
//!     resume: Resume, // where a reader was that comes back
//! ) -> Subscription<InventoryEvent> {
//!     channel.subscribe(resume)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), sse_runtime::PublishError> {
//! let channel = Channel::new();
//! let app: Router = Router::new().route("/events/inventory", get(inventory)).with_state(channel.clone());
//! channel.publish(&InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! A channel is one ordered log: a reader sees every event after its position, once, in order,
//! or is told what it missed ([`Resumed`]). A stream that only its reader has comes from a
//! sender (`Events`) or any `Stream`.
//!
#![cfg_attr(
    feature = "server",
    doc = "
# Serving

Any server that drives a router of axum serves the handlers. [`serve()`] does so with what a stream that lives for
hours needs around it: limits, deadlines for peers that say nothing and readers that do not read, an orderly end, and
a look at who asks for what and from which page.

```no_run
use axum::Router;
use sse_runtime::{serve, serve::ServeConfig};
use tokio::net::TcpListener;

# async fn stopped() {}
# async fn run(app: Router) -> Result<(), Box<dyn std::error::Error>> {
let listener = TcpListener::bind(\"127.0.0.1:3000\").await?;
let server = serve(listener, app).config(ServeConfig::new().max_streams(20_000));
let handle = server.handle(); // `handle.revoke(\"ada\")` ends all that ada listens to
println!(\"{}\", server.shutdown_on(stopped()).await?);
# Ok(())
# }
```

The guides say the rest: [serving](guides::serving) with every key of the configuration,
[running](guides::running) behind proxies and load balancers,
[channels](guides::channels), [pages](guides::pages). Following one event through the logs of both ends is
another, `guides::tracing`.
"
)]
#![cfg_attr(
    feature = "client",
    doc = "
# Reading a stream

A [`client::Client`] is made once, and every stream is asked of it. It connects, resumes from where it was, waits and
gives up by itself; what is missing cannot be overlooked, and the end is a typed reason.

```no_run
# #[derive(sse_runtime::SseEvent)]
# #[sse(source = \"inventory\")]
# enum InventoryEvent { Left(u32) }
use sse_runtime::client::{Client, Item, StreamError};

# async fn reload() {}
# async fn read() -> Result<(), Box<dyn std::error::Error>> {
let client = Client::new()?;
let mut events = client.subscribe::<InventoryEvent>(\"https://shop.example/events/inventory\")?;
while let Some(item) = events.next().await {
    match item {
        Ok(Item::Event(received)) => println!(\"{:?} came at {:?}\", received.seq(), received.at),
        Ok(_) => {}
        Err(StreamError::Gap(_) | StreamError::Reset(_)) => reload().await,
        Err(error) => return Err(error.into()),
    }
}
# Ok(())
# }
```

[The guide](guides::client) says what comes, what each failure means, and has every key.
"
)]
#![cfg_attr(
    feature = "sqlite",
    doc = "
# Channels that outlive the process

A channel is in memory, and a restart is told as `reset`, until it has a store. That is one line, where the hub is built:

```no_run
# #[derive(sse_runtime::SseEvent)]
# #[sse(source = \"orders\")]
# enum OrderEvent { Paid }
use sse_runtime::{ChannelConfig, Hub, store::SqliteStore};

# fn open() -> Result<Hub<OrderEvent>, Box<dyn std::error::Error>> {
let orders = Hub::<OrderEvent>::with_store(ChannelConfig::new(), SqliteStore::open(\"orders.db\")?)?;
# Ok(orders)
# }
```

[The guide](guides::stores) says what an acknowledgement survives, and what is told when it does not.
"
)]
//! # The floors
//!
//! Each floor uses only the ones below it; a test enforces that.
//!
//! | floor | what lives there | |
//! |---|---|---|
//! | 0 | [`names`]: the words that wire, log and metrics have in common | constants and enums |
//! | 0 | the format: [`EventId`], [`EventName`], [`Source`], [`TraceParent`], [`Frame`], [`FrameBuffer`], the incremental [`Decoder`] | no serde, no tokio, no HTTP |
//! | 1 | typed events: [`trait@SseEvent`], [`Catalogue`], [`encode`], [`decode`] | no I/O |
#![cfg_attr(
    feature = "server",
    doc = "| 2 | the log of a channel: [`Position`], what becomes of one ([`Resumed`]), the encoded events; what keeps it beyond the process ([`store`]) | no subscribers, no HTTP; time is an argument |"
)]
#![cfg_attr(
    feature = "server",
    doc = "| 3 | channels: [`Channel`], [`Hub`], [`Subscription`] with its filters, [`Resume`] | no HTTP |"
)]
#![cfg_attr(
    feature = "server",
    doc = "| 4 | the server: [`macro@sse_handler`], [`Events`], [`Cx`], [`EventStream`], [`serve()`] and what it goes by ([`serve::ServeConfig`]), [`Access`], [`Cors`], [`Drain`] | axum, hyper |"
)]
#![cfg_attr(
    feature = "client",
    doc = "| 4 | the client: [`client::Client`], [`client::EventSource`], [`client::RetryTable`], [`client::ClientConfig`] | axum; the logic knows no I/O |"
)]
#![cfg_attr(
    feature = "prometheus",
    doc = "| 5 | [`observe`]: what makes a page of the metrics | |"
)]
#![cfg_attr(
    feature = "inspector",
    doc = "| 5 | [`inspector()`]: a page of channels and streams while they run | |"
)]
#![cfg_attr(
    feature = "testing",
    doc = "| 5 | [`testing`]: handlers read in-process, with the faults of a network | |"
)]
//!
//! # On the wire
//!
//! The first frame is `sse.open`: what became of the reader's position, the interval of the
//! heartbeat, the sources, the request id, and the reconnection time; it comes again when a
//! reader falls behind. The last one that a
//! server writes is `sse.bye` with a [`Reason`] and a reconnection time that is spread. An
//! event is `id:` (if it has one), `event:`, `source:`, `traceparent:` (if it was published with
//! one) and `data:`, which is JSON of the content of the variant alone. Names that begin with `sse.` belong to this crate.
//!
//! # Features
//!
//! * **`server`** (default): channels and handlers, on tokio and axum. Without it the crate is
//!   floors 0 and 1, for a program that encodes or decodes events and serves none.
//! * **`client`**: typed streams that reconnect and resume, on reqwest and rustls. With
//!   `default-features = false` for a program that reads streams and serves none.
//! * **`clean-ids`**: `IdPolicy::Clean` of the client, for servers that write one id in several ways
//!   that look the same. Ids are left as they are without it, and the tables of Unicode out.
//! * **`inspector`**: `inspector()`, a route with one page that shows channels and their readers while
//!   they run. With it each stream keeps some 300 bytes more; nothing is shown unless it is mounted.
//! * **`prometheus`**: the exporter of the metrics, with buckets and upkeep, and `/metrics`, `/livez`
//!   and `/readyz` as routes. Without it the metrics go to whatever recorder the program installs.
//! * **`redis`**: `store::RedisStore`, channels that a Redis or Valkey server keeps, and that several
//!   processes share. Apart, for the client of that server and its TLS.
//! * **`sqlite`**: `store::SqliteStore`, channels in a file, which a restart does not reach. Apart, because SQLite
//!   is built along with it, for which a C compiler is needed.
//! * **`testing`**: the test kit. It switches on tokio's `test-util`, so that a test can step the
//!   clock, and so belongs in `[dev-dependencies]` alone.

#![cfg_attr(docsrs, feature(doc_cfg))]

// Expansions say `::sse_runtime`, inside this crate too.
#[allow(unused_extern_crates, reason = "used by expansions alone")]
extern crate self as sse_runtime;

#[cfg(all(feature = "client", feature = "testing"))]
#[doc(hidden)]
pub mod __fuzz {
    //! What the fuzz targets of this repository drive. It is no part of the interface.

    pub use crate::client::fuzz::{client_ids, client_machine, retry_header};
}
#[doc(hidden)]
#[path = "private.rs"]
pub mod __private;
#[cfg(feature = "server")]
mod call;
#[cfg(feature = "server")]
mod channel;
#[cfg(feature = "client")]
pub mod client;
mod event;
#[cfg(all(doc, any(feature = "client", feature = "server")))]
pub mod guides {
    //! What the parts do together.

    #[cfg(feature = "server")]
    #[doc = include_str!("../docs/channels.md")]
    pub mod channels {}
    #[cfg(feature = "client")]
    #[doc = include_str!("../docs/client.md")]
    pub mod client {}
    #[cfg(feature = "prometheus")]
    #[doc = include_str!("../docs/metrics.md")]
    pub mod metrics {}
    #[cfg(feature = "server")]
    #[doc = include_str!("../docs/pages.md")]
    pub mod pages {}
    #[cfg(feature = "prometheus")]
    #[doc = include_str!("../ops/runbooks.md")]
    pub mod runbooks {}
    #[cfg(feature = "server")]
    #[doc = include_str!("../docs/running.md")]
    pub mod running {}
    #[cfg(feature = "server")]
    #[doc = include_str!("../docs/serving.md")]
    pub mod serving {}
    #[cfg(feature = "sqlite")]
    #[doc = include_str!("../docs/stores.md")]
    pub mod stores {}
    #[cfg(all(feature = "client", feature = "server"))]
    #[doc = include_str!("../docs/tracing.md")]
    pub mod tracing {}
}
mod literal;
#[cfg(feature = "server")]
mod log;
pub mod names;
#[cfg(any(feature = "inspector", feature = "prometheus"))]
pub mod observe;
#[cfg(any(feature = "client", feature = "server"))]
mod position;
#[cfg(feature = "server")]
mod server;
#[cfg(any(feature = "client", feature = "server"))]
mod settings;
#[cfg(feature = "testing")]
pub mod testing;
mod wire;

#[cfg(feature = "server")]
pub use channel::{
    Channel, ChannelConfig, ChannelEvents, ChannelName, EndSlow, FindError, Hub, HubFull,
    InvalidChannelConfig, InvalidChannelName, Lag, MergeError, Missed, PublishError, Published,
    Received, Resume, Subscription, TellGap, UnknownEvent,
};
pub use event::{
    Catalogue, DecodeError, DecodeEvent, EncodeError, EncodeEvent, End, Endless, EventInfo, Finite,
    Holds, SseEvent, decode, encode, encode_into, opaque_id,
};
#[cfg(feature = "server")]
pub use log::store;
pub use names::{Reason, ResetReason, ResumeOutcome, Resumed};
#[cfg(feature = "inspector")]
pub use observe::inspector::inspector;
#[cfg(any(feature = "client", feature = "server"))]
pub use position::{InvalidPosition, Position};
#[cfg(feature = "server")]
pub use server::{
    Access, Cors, CorsFuture, CorsService, Cx, Drain, DrainLayer, DrainService, Ended, EventItem,
    EventStream, Events, IntoEvents, InvalidOrigins, ReadError, SendError, TypedEvents, Verdict,
    serve,
};
#[doc = include_str!("event/derive.md")]
#[cfg_attr(feature = "server", doc = include_str!("event/derive_channel.md"))]
pub use sse_macros::SseEvent;
#[cfg(feature = "server")]
#[doc = include_str!("server/handler.md")]
pub use sse_macros::sse_handler;
pub use wire::{
    Decoded, Decoder, DecoderLimits, EventId, EventName, Frame, FrameBuffer, InvalidEventId,
    InvalidEventName, InvalidSource, InvalidTraceParent, Limit, Malformed, Oversized, RawEvent,
    Source, TraceParent,
};

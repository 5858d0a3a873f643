//! Floor 5: the test kit (feature `testing`).
//!
//! Your handlers, read without a network and with everything that a network does to a stream:
//! a connection that is cut at any byte, one that stands still, a proxy that says things twice,
//! a reader that comes back. Nothing sleeps: with tokio's paused clock time passes when nobody
//! has anything left to do, or when a test [steps](step) it.
//!
//! ```toml
//! [dev-dependencies]
//! sse-runtime = { version = "0.1", features = ["testing"] }
//! tokio = { version = "1", features = ["full", "test-util"] } # for `start_paused`
//! ```
//!
//! ```
//! use axum::{Router, extract::State, routing::get};
//! use sse_runtime::{
//!     Channel, Resume, Resumed, SseEvent, Subscription, sse_handler,
//!     testing::{TestError, TestServer},
//! };
//!
//! #[derive(SseEvent, Debug, PartialEq)]
//! #[sse(source = "inventory")]
//! enum InventoryEvent {
//!     Left(u32),
//! }
//!
//! #[sse_handler]
//! async fn inventory(
//!     State(channel): State<Channel<InventoryEvent>>,
//!     resume: Resume,
//! ) -> Subscription<InventoryEvent> {
//!     channel.subscribe(resume)
//! }
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let channel = Channel::new();
//! let app = Router::new().route("/", get(inventory)).with_state(channel.clone());
//! let server = TestServer::new(app);
//!
//! let mut reader = server.get("/").connect().await?;
//! assert_eq!(reader.opened().await?.resumed, Resumed::Fresh);
//! reader.cut_after(100); // in the middle of the second event
//! for left in 0..4 {
//!     channel.publish(&InventoryEvent::Left(left)).await?;
//! }
//! let first = reader.next::<InventoryEvent>().await?;
//! assert!(matches!(reader.next::<InventoryEvent>().await, Err(TestError::Cut)));
//!
//! // It comes back with the id that it saw last, and nothing is missing.
//! let mut reader = reader.reconnect().await?;
//! assert_eq!(reader.opened().await?.resumed, Resumed::Exact);
//! assert_eq!(first.event, InventoryEvent::Left(0));
//! for left in 1..4 {
//!     assert_eq!(reader.next::<InventoryEvent>().await?.event, InventoryEvent::Left(left));
//! }
//! # Ok(())
//! # }
//! ```

mod clock;
mod conformance;
mod error;
mod follow;
mod link;
mod reader;
mod server;
mod store;

pub use crate::event::{Opened, OpenedChannel};
pub use clock::step;
pub use conformance::{StoreFault, check_store};
pub use error::TestError;
pub use reader::{Got, TestReader};
pub use server::{TestRequest, TestServer};
pub use store::MemoryStore;

//! The client against real servers: ours, and ones that answer by a script.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "client/cancel.rs"]
mod cancel;
#[path = "client/cancel_http2.rs"]
mod cancel_http2;
#[path = "client/flood.rs"]
mod flood;
#[path = "client/ids.rs"]
mod ids;
#[path = "client/outage.rs"]
mod outage;
#[path = "client/packed.rs"]
mod packed;
#[path = "client/redirects.rs"]
mod redirects;
#[path = "client/scripted.rs"]
mod scripted;
#[path = "client/sent_again.rs"]
mod sent_again;
#[path = "client/stream.rs"]
mod stream;
#[path = "client/trace.rs"]
mod trace;
#[path = "client/typed.rs"]
mod typed;

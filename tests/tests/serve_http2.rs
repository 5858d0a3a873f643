//! `serve` over HTTP/2: streams beside each other, and clients that mean harm to them, to the
//! connection or to the server.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "http2/client.rs"]
mod client;
#[path = "http2/connections.rs"]
mod connections;
#[path = "http2/ends.rs"]
mod ends;
#[path = "http2/raw.rs"]
mod raw;
#[path = "hostile/server.rs"]
mod server;
#[path = "http2/windows.rs"]
mod windows;

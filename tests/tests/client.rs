//! The client against real servers: ours, and ones that answer by a script.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests")]

#[path = "client/scripted.rs"]
mod scripted;
#[path = "client/stream.rs"]
mod stream;

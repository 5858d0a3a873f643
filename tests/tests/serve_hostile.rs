//! `serve` among clients that mean harm, or are broken: nobody of them stays longer than a
//! deadline lets, and the good ones do not notice.
#![allow(clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "hostile/client.rs"]
mod client;
#[path = "hostile/heads.rs"]
mod heads;
#[path = "hostile/listeners.rs"]
mod listeners;
#[path = "hostile/readers.rs"]
mod readers;
#[path = "hostile/requests.rs"]
mod requests;
#[path = "hostile/server.rs"]
mod server;

//! The promise, end to end: our server, a proxy that breaks what it says, and our client. No
//! event is lost, none comes twice, and what is missing is told.
//!
//! | room | rounds | what breaks |
//! |---|---|---|
//! | `storm` | 1,000 at least, ten streams of one client at once | everything, at random bytes |
//! | `storm`, with a short history | 300 at least, six streams | the same, and so gaps are due |
//! | `every_byte` | one for each byte of a response, 5,000 in all, in four forms | a cut there |
//! | `repeats` | one for each block of a response | the block comes twice |
//!
//! Together they take less than a minute. A stall costs its watchdog, which is a second and
//! cannot be less: it is every fortieth of the faults of a stream.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, missing_docs, reason = "tests")]

#[path = "client_faults/every_byte.rs"]
mod every_byte;
#[path = "client_faults/line.rs"]
mod line;
#[path = "client_faults/reader.rs"]
mod reader;
#[path = "client_faults/repeats.rs"]
mod repeats;
#[path = "client_faults/shop.rs"]
mod shop;
#[path = "client_faults/storm.rs"]
mod storm;

//! The log against a model that is written from what it promises.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod driver;
mod edges;
mod model;
mod ops;
mod readers;

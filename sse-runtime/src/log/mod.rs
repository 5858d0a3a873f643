//! Floor 2: the ordered memory of a channel.
//!
//! The log is the wire: it holds encoded frames, one after the other, as they go out. A reader is
//! a [`Place`] in it, and reading is the same for what is old and what is new, so that there is
//! no hand-over from one to the other that could go wrong. Knows neither subscribers nor HTTP;
//! the time is an argument.

mod asides;
mod bounds;
mod chunks;
mod entry;
#[cfg(feature = "inspector")]
mod glance;
mod ids;
mod reader;
#[cfg(feature = "redis")]
mod redis;
mod resume;
mod ring;
#[cfg(feature = "sqlite")]
mod sqlite;
pub mod store;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use bounds::{Bounds, microseconds, milliseconds};
pub(crate) use chunks::BATCH;
pub(crate) use entry::{Draft, Extra, Rest, Seen};
pub(crate) use reader::{Batch, Joined, Look, Place, Read};
pub(crate) use resume::{Matched, combine};
#[cfg(feature = "inspector")]
pub(crate) use ring::Appended;
pub(crate) use ring::{Refused, Ring};
pub(crate) use stored::{Life, near};

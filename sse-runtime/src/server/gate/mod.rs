//! Who is let in: which names a server answers to, which pages may use it, and whom it takes a
//! client to be.
//!
//! Values that are made once from a configuration, with every fault told at once, and pure
//! functions over the head of a request. None of it does I/O, and nothing that a request says
//! makes it panic.

mod address;
mod authority;
mod cors;
mod crossing;
mod hops;
mod hosts;
mod origins;
mod proxies;
#[cfg(test)]
mod tests;
mod verdict;

pub(in crate::server) use address::{bucket, is_private};
pub use cors::{Cors, CorsFuture, CorsService, InvalidOrigins};
pub(in crate::server) use crossing::Crossing;
pub(in crate::server) use hosts::Hosts;
pub(in crate::server) use origins::Origins;
pub use proxies::ForwardedHeader;
pub(in crate::server) use proxies::Proxies;
pub(in crate::server) use verdict::decide;

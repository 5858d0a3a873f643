//! Who is let in: which names a server answers to, and who it takes a client to be.
//!
//! Values that are made once from a configuration, with every fault told at once, and pure
//! functions over the head of a request. None of it does I/O, and nothing that a request says
//! makes it panic.

mod authority;
mod hosts;

pub(in crate::server) use hosts::Hosts;

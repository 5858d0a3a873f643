//! What the tests and benchmarks share.

pub mod checker;
pub mod parser;

#[cfg(doctest)]
mod readme;
pub mod stream;

//! What the tests and benchmarks share.

pub mod parser;

#[cfg(doctest)]
mod readme;
pub mod stream;

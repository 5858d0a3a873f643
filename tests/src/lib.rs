//! What the tests and benchmarks share.

pub mod checker;
pub mod decoded;
pub mod fuzz;
pub mod parser;
pub mod proxy;
pub mod random;

#[cfg(doctest)]
mod readme;
pub mod stream;

//! Judges what became of events: everything that was tried, against everything that was
//! delivered and told.
//!
//! The words are those of the checkers of distributed logs, see [`Finding`]. A history is a
//! plain value: it holds what each publisher tried and what it was answered, in its order, and
//! what each reader went through, in its order. It knows nothing of channels, stores or nodes,
//! and so judges one of them like many.

mod account;
mod fates;
mod finding;
mod history;
mod verdict;

pub use finding::{Finding, Order, Part};
pub use history::{Client, Counts, History, Op, Step, Value};

#[cfg(test)]
mod tests;

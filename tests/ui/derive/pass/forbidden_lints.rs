#![forbid(
    warnings,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    deprecated,
    missing_docs,
    unsafe_code,
    unused,
    unused_qualifications
)]

//! A crate that lets nobody allow anything.

use sse_runtime::SseEvent;

/// What the stock says.
#[derive(SseEvent)]
#[sse(source = "inventory")]
pub enum InventoryEvent {
    /// Nothing is left.
    SoldOut {
        /// Of what.
        sku: String,
    },
}

/// Everything.
#[derive(SseEvent)]
#[sse(merge)]
pub enum All {
    /// The stock.
    Inventory(InventoryEvent),
}

fn main() {
    assert!(All::CATALOGUE.contains("sold_out"));
}

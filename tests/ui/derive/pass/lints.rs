#![deny(
    warnings,
    missing_docs,
    missing_copy_implementations,
    missing_debug_implementations,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    non_ascii_idents,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unnameable_types,
    unreachable_pub,
    unsafe_code,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences,
    future_incompatible,
    nonstandard_style,
    rust_2018_idioms,
    rust_2021_compatibility,
    rust_2024_compatibility
)]
#![forbid(unsafe_code)]

//! A crate that is strict with itself.

use std::borrow::Cow;

use sse_runtime::{EventId, SseEvent};

/// What the stock says.
#[derive(SseEvent, Debug)]
#[sse(source = "inventory")]
pub enum InventoryEvent<'a, T> {
    /// Nothing is left.
    SoldOut,
    /// Somebody looks.
    Viewers(u32),
    /// It went elsewhere.
    Moved(u32, #[sse(topic)] String),
    /// There is another number of it.
    StockChanged {
        /// Which.
        #[sse(id)]
        id: EventId,
        /// How many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        left: Option<T>,
        /// Why.
        #[serde(default)]
        why: Cow<'a, str>,
    },
    /// The end.
    #[sse(terminal)]
    Closed,
}

/// Everything.
#[derive(SseEvent, Debug)]
#[sse(merge, qualify)]
pub enum All {
    /// The stock.
    Inventory(InventoryEvent<'static, u8>),
}

/// Has no value.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub enum Void {}

/// What cannot be.
#[derive(SseEvent, Clone, Copy, Debug)]
#[sse(source = "never")]
pub enum Never {
    /// Has no value either.
    Impossible(Void, u8),
    /// Nor this.
    NorThis {
        /// Nothing.
        void: Void,
    },
}

fn main() {
    assert!(All::CATALOGUE.contains("inventory.closed"));
    assert!(Never::CATALOGUE.contains("impossible"));
}

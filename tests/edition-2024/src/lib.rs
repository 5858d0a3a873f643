//! The derive and the literals in a crate of edition 2024, under the lints of the
//! workspace.

#![deny(warnings)]

use std::borrow::Cow;

use sse_runtime::{EventId, EventName, Source, SseEvent, event_id, event_name, source};

/// An id from a literal.
pub const ID: EventId = event_id!("evt_00000001");
/// A name from a literal.
pub const NAME: EventName = event_name!("sold_out");
/// A source from a literal.
pub const SOURCE: Source = source!("inventory");

/// Every shape of a variant, and every key.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory")]
#[serde(rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum InventoryEvent<T> {
    /// No content.
    Closed,
    /// One value.
    #[sse(ephemeral)]
    Viewers(u32),
    /// Several values.
    Moved(u32, #[sse(topic)] String, Option<T>),
    /// Named values.
    #[sse(name = "stock-changed", retry = "1500ms")]
    StockChanged {
        /// Which.
        #[sse(id)]
        id: EventId,
        /// How many.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        items_left: Option<T>,
        /// A word that is a keyword in one edition alone.
        #[serde(rename = "generation")]
        r#gen: u32,
        /// A keyword in every edition.
        r#type: Cow<'static, str>,
    },
}

/// Written from borrowed data.
#[derive(SseEvent, Debug)]
#[sse(source = "news", encode_only)]
pub enum NewsEvent<'a> {
    /// What it says.
    Headline(&'a str),
}

/// Somebody else's events.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(decode_only)]
#[non_exhaustive]
pub enum TheirEvent {
    /// The default name of an event.
    Message(String),
    /// The end.
    #[sse(terminal)]
    Done,
}

/// Two sources on one stream.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(merge, qualify, decode_only)]
#[non_exhaustive]
pub enum All {
    /// The stock.
    Inventory(InventoryEvent<u8>),
    /// The others.
    Theirs(TheirEvent),
}

macro_rules! event {
    ($name:ident, $variant:ident($payload:ty)) => {
        /// Made by a macro.
        #[derive(SseEvent, Debug, PartialEq)]
        #[sse(source = "made")]
        #[non_exhaustive]
        pub enum $name {
            /// Its content.
            $variant($payload),
        }
    };
}
event!(MadeEvent, Counted(Vec<Option<u32>>));

#[cfg(feature = "server")]
pub mod served;

#[cfg(test)]
use sse_runtime as runtime;

#[cfg(test)]
mod tests;

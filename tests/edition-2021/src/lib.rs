//! The derive and the literals in a crate of edition 2021 that knows the runtime by another
//! name, under the lints of the
//! workspace.

#![deny(warnings)]

use std::borrow::Cow;

use events::{event_id, event_name, source, EventId, EventName, Source, SseEvent};

/// An id from a literal.
pub const ID: EventId = event_id!("evt_00000001");
/// A name from a literal.
pub const NAME: EventName = event_name!("sold_out");
/// A source from a literal.
pub const SOURCE: Source = source!("inventory");

/// Every shape of a variant, and every key.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory", crate = "::events")]
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
#[sse(source = "news", encode_only, crate = "::events")]
pub enum NewsEvent<'a> {
    /// What it says.
    Headline(&'a str),
}

/// Somebody else's events.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(decode_only, crate = "::events")]
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
#[sse(merge, qualify, decode_only, crate = "::events")]
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
        #[sse(source = "made", crate = "::events")]
        #[non_exhaustive]
        pub enum $name {
            /// Its content.
            $variant($payload),
        }
    };
}
event!(MadeEvent, Counted(Vec<Option<u32>>));

#[cfg(test)]
mod tests {
    use events::{decode, encode, DecodeEvent, EncodeEvent, Endless, Finite};

    use super::*;

    fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(
        event: &E,
        data: &str,
    ) {
        let frame = encode(event).unwrap();
        assert_eq!(frame.data(), data);
        assert_eq!(&decode::<E>(frame.event().unwrap(), data).unwrap(), event);
    }

    #[test]
    fn every_shape_goes_there_and_back() {
        there_and_back(&InventoryEvent::<u8>::Closed, "null");
        there_and_back(&InventoryEvent::<u8>::Viewers(7), "7");
        there_and_back(&InventoryEvent::Moved(7, "a".into(), Some(1_u8)), r#"[7,"a",1]"#);
        let changed = InventoryEvent::StockChanged {
            id: ID,
            items_left: Some(1_u8),
            r#gen: 2,
            r#type: "t".into(),
        };
        let data = r#"{"id":"evt_00000001","itemsLeft":1,"generation":2,"type":"t"}"#;
        there_and_back(&changed, data);
        there_and_back(&MadeEvent::Counted(vec![None, Some(1)]), "[null,1]");
    }

    #[test]
    fn one_direction_is_enough() {
        let text = String::from("hello");
        assert_eq!(encode(&NewsEvent::Headline(&text)).unwrap().data(), r#""hello""#);
        let read: All = decode("message", r#""hello""#).unwrap();
        assert_eq!(read, All::Theirs(TheirEvent::Message("hello".into())));
        let read: All = decode("inventory.viewers", "7").unwrap();
        assert_eq!(read, All::Inventory(InventoryEvent::Viewers(7)));
    }

    #[test]
    fn the_end_is_part_of_the_type() {
        fn endless<E: SseEvent<End = Endless>>() {}
        fn finite<E: SseEvent<End = Finite>>() {}
        endless::<InventoryEvent<u8>>();
        finite::<All>();
    }

    #[test]
    fn literals_are_values() {
        assert_eq!(EventId::try_from(ID.as_str()), Ok(ID));
        assert_eq!(EventName::try_from(NAME.as_str()), Ok(NAME));
        assert_eq!(Source::try_from(SOURCE.as_str()), Ok(SOURCE));
    }
}

//! `with` takes whatever has the two functions: a module, or a type with parameters.

use std::marker::PhantomData;

use serde::{Deserialize as _, Deserializer, Serializer};
use sse_runtime::{SseEvent, decode, encode};

struct As<T>(PhantomData<T>);

impl<T: std::fmt::Display + std::str::FromStr> As<T> {
    fn serialize<S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| serde::de::Error::custom("no number"))
    }
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory")]
enum InventoryEvent {
    StockChanged {
        #[serde(with = "As::<u64>")]
        left: u64,
    },
}

fn main() {
    let event = InventoryEvent::StockChanged { left: u64::MAX };
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), r#"{"left":"18446744073709551615"}"#);
    assert_eq!(decode::<InventoryEvent>("stock_changed", &frame.data()).unwrap(), event);
}

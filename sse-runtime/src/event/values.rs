//! serde for the checked values of the wire, which themselves know nothing of serde.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::wire::{EventId, EventName, Source};

macro_rules! serde_text {
    ($($name:ident)*) => {
        $(
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.as_str())
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    deserializer.deserialize_str(Text(|text: &str| {
                        Self::try_from(text).map_err(|fault| fault.to_string())
                    }))
                }
            }
        )*
    };
}

serde_text!(EventId EventName Source);

/// Reads text through a check.
struct Text<F>(F);

impl<T, F: FnOnce(&str) -> Result<T, String>> serde::de::Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

/// serde for an [`EventId`] that was made elsewhere, asked for by name:
/// `#[serde(with = "sse_runtime::opaque_id")]`.
///
/// ```
/// use sse_runtime::{EventId, SseEvent, decode, encode};
///
/// #[derive(SseEvent)]
/// #[sse(source = "relay")]
/// enum RelayEvent {
///     Passed {
///         #[sse(id)]
///         #[serde(with = "sse_runtime::opaque_id")]
///         id: EventId,
///     },
/// }
///
/// let frame = encode(&RelayEvent::Passed { id: EventId::opaque("msg-17")? })?;
/// assert!(decode::<RelayEvent>("passed", &frame.data()).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub mod opaque_id {
    use super::{Deserializer, EventId, Serialize, Serializer, Text};

    /// Writes the id as text.
    ///
    /// # Errors
    ///
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(id: &EventId, serializer: S) -> Result<S::Ok, S::Error> {
        id.serialize(serializer)
    }

    /// Reads an id as [`EventId::opaque`] does.
    ///
    /// # Errors
    ///
    /// When the text is no opaque id.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EventId, D::Error> {
        deserializer.deserialize_str(Text(|text: &str| {
            EventId::opaque(text).map_err(|fault| fault.to_string())
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_pass_their_check_on_the_way_in() {
        let id: EventId = serde_json::from_str("\"evt_00000001\"").unwrap();
        assert_eq!(serde_json::to_string(&id).unwrap(), "\"evt_00000001\"");
        assert!(serde_json::from_str::<EventId>("\"msg-17\"").is_err());
        assert!(serde_json::from_str::<EventId>("\"evt_0000\\u00000001\"").is_err());
        assert!(serde_json::from_str::<EventName>("\"a b\"").is_err());
        assert!(serde_json::from_str::<Source>("\"inventory\"").is_ok());
        assert!(serde_json::from_str::<Source>("7").is_err());
    }
}

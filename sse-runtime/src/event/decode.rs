//! From a name and its data to an event.

use std::fmt;

use serde::de::DeserializeOwned;

use super::{Catalogue, DecodeEvent, EventInfo, OwnedPayload};

/// Decodes an event from its name and its data, as a reader of a stream gets them.
///
/// ```
/// use sse_runtime::{DecodeError, SseEvent, decode};
///
/// #[derive(SseEvent, Debug, PartialEq)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// let event: InventoryEvent = decode("stock_changed", r#"{"sku":"A-1","left":7}"#)?;
/// assert_eq!(event, InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 });
///
/// let unknown = decode::<InventoryEvent>("restocked", "null").unwrap_err();
/// assert!(matches!(unknown, DecodeError::Unknown { .. }));
/// # Ok::<(), DecodeError>(())
/// ```
///
/// A field that the event does not have is skipped, a missing one is an error unless it is
/// an `Option` or has `#[serde(default)]`, and the data of a unit variant is not looked at.
///
/// # Errors
///
/// [`DecodeError`] when the type has no such event, or its data does not fit.
pub fn decode<E: DecodeEvent>(name: &str, data: &str) -> Result<E, DecodeError> {
    E::__decode(Name { source: None, name }, data)
}

/// Why an event could not be decoded.
///
/// A reader that is older than its sender passes over what it does not know, and reports
/// data that does not fit:
///
/// ```
/// use sse_runtime::{DecodeError, SseEvent, decode};
///
/// #[derive(SseEvent, Debug)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// let newer = decode::<InventoryEvent>("restocked", "null").unwrap_err();
/// assert!(matches!(newer, DecodeError::Unknown { name, .. } if name == "restocked"));
///
/// let error = decode::<InventoryEvent>("stock_changed", r#"{"sku":"A-1"}"#).unwrap_err();
/// assert!(matches!(error, DecodeError::Data { field: Some("left"), .. }));
/// assert_eq!(
///     error.to_string(),
///     "the field `left` of `stock_changed` does not fit: missing field `left`"
/// );
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum DecodeError {
    /// The type has no event of this name. Usually a sender that is newer than the reader.
    #[non_exhaustive]
    Unknown {
        /// The name that was received.
        name: String,
    },
    /// The data is not JSON, or not that of the event.
    #[non_exhaustive]
    Data {
        /// The name of the event.
        event: &'static str,
        /// The field that does not fit, where it is one.
        field: Option<&'static str>,
        /// What serde says.
        source: serde_json::Error,
    },
}

impl DecodeError {
    // Not public API: used by generated code.
    #[doc(hidden)]
    #[cold]
    #[must_use]
    pub fn __unknown(name: Name<'_>) -> Self {
        let name = match name.source {
            Some(source) => format!("{source}.{}", name.name),
            None => name.name.to_owned(),
        };
        Self::Unknown { name }
    }

    #[cold]
    pub(super) const fn data(
        event: &'static str,
        field: Option<&'static str>,
        source: serde_json::Error,
    ) -> Self {
        Self::Data { event, field, source }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => write!(f, "no event is called `{}`", name.escape_debug()),
            Self::Data { event, field: Some(field), source } => {
                write!(f, "the field `{field}` of `{event}` does not fit: {source}")
            }
            Self::Data { event, field: None, source } => {
                write!(f, "the data of `{event}` does not fit: {source}")
            }
        }
    }
}

impl std::error::Error for DecodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown { .. } => None,
            Self::Data { source, .. } => Some(source),
        }
    }
}

/// The name of a received event; an enum that says `qualify` has taken the source off.
///
/// Not public API: used by generated code.
#[derive(Debug, Clone, Copy)]
pub struct Name<'a> {
    source: Option<&'a str>,
    name: &'a str,
}

impl<'a> Name<'a> {
    /// Where the name stands in a sorted list of events; past the end of any, where it is
    /// not there.
    #[must_use]
    pub fn place(self, events: &'static [EventInfo]) -> usize {
        self.position(&Catalogue::__new(events, &[])).unwrap_or(usize::MAX)
    }

    /// The name as one of the enums inside a `merge` enum knows it, if it does.
    #[must_use]
    pub fn within(self, part: &Catalogue, qualify: bool) -> Option<Self> {
        if !qualify {
            return self.position(part).map(|_| self);
        }
        let inner = self.unqualify();
        if inner.position(part).is_some() {
            return Some(inner);
        }
        // An event without a source has nothing that could stand in front of its name.
        let at = self.position(part)?;
        part.events()[at].source().is_none().then_some(self)
    }

    /// Where the name stands in the sorted list of a catalogue.
    fn position(self, catalogue: &Catalogue) -> Option<usize> {
        let Some(source) = self.source else { return catalogue.position(None, self.name) };
        // The source was taken off by an enum around this one, which says `qualify`: here the
        // event may stand with its source in front or, most often, without.
        let here = |at: &usize| catalogue.events()[*at].source() == Some(source);
        let is_bare = |at: &usize| !catalogue.events()[*at].is_qualified();
        let bare = catalogue.position(None, self.name).filter(here).filter(is_bare);
        bare.or_else(|| catalogue.position(Some(source), self.name).filter(here))
    }

    /// Takes the source off: names carry no dot of a source that holds none.
    fn unqualify(self) -> Self {
        match (self.source, self.name.split_once('.')) {
            (None, Some((source, name))) => Self { source: Some(source), name },
            _ => self,
        }
    }
}

/// The content of a newtype variant.
///
/// # Errors
///
/// [`DecodeError::Data`] when it does not fit.
pub fn value<T: OwnedPayload>(event: &'static str, data: &str) -> Result<T, DecodeError> {
    from_json(data).map_err(|source| DecodeError::data(event, None, source))
}

/// The content of a newtype variant, read by a function of the user (`#[serde(with)]`).
///
/// # Errors
///
/// [`DecodeError::Data`] when it does not fit.
pub fn value_with<T, F>(event: &'static str, data: &str, read: F) -> Result<T, DecodeError>
where
    F: FnOnce(&mut JsonDeserializer<'_>) -> Result<T, serde_json::Error>,
{
    let mut deserializer = serde_json::Deserializer::from_str(data);
    read(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|source| DecodeError::data(event, None, source))
}

/// A deserializer of JSON over received text.
pub(super) type JsonDeserializer<'a> = serde_json::Deserializer<serde_json::de::StrRead<'a>>;

pub(super) fn from_json<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(json)
}

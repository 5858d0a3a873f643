//! The items of a tuple variant, as received.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{
    DecodeError, OwnedPayload,
    decode::{JsonDeserializer, from_json},
};

/// The items of a tuple variant, found but not yet read.
///
/// Not public API: used by generated code.
#[derive(Debug)]
pub struct Items<'a> {
    event: &'static str,
    found: Vec<&'a RawValue>,
}

impl<'a> Items<'a> {
    /// Finds the items of an array of exactly this length.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when the data is no such array.
    pub fn read(event: &'static str, data: &'a str, length: usize) -> Result<Self, DecodeError> {
        let mut deserializer = serde_json::Deserializer::from_str(data);
        let (found, count) = Length(length)
            .deserialize(&mut deserializer)
            .and_then(|found| deserializer.end().map(|()| found))
            .map_err(|source| DecodeError::data(event, None, source))?;
        if count == length {
            return Ok(Self { event, found });
        }
        let message = format_args!("an array of {length} was expected, and this one has {count}");
        Err(DecodeError::data(event, None, serde_json::Error::custom(message)))
    }

    /// The item at this place.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when it does not fit.
    pub fn item<T: OwnedPayload>(&self, at: usize) -> Result<T, DecodeError> {
        from_json(self.found[at].get())
            .map_err(|source| DecodeError::data(self.event, None, source))
    }

    /// The item, read by a function of the user (`#[serde(with)]`).
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when it does not fit.
    pub fn item_with<T, F>(&self, at: usize, read: F) -> Result<T, DecodeError>
    where
        F: FnOnce(&mut JsonDeserializer<'_>) -> Result<T, serde_json::Error>,
    {
        read(&mut serde_json::Deserializer::from_str(self.found[at].get()))
            .map_err(|source| DecodeError::data(self.event, None, source))
    }
}

/// Finds as many items as there should be, and counts the others: what a sender makes of
/// the length is not what memory it takes.
struct Length(usize);

impl<'de> DeserializeSeed<'de> for Length {
    type Value = (Vec<&'de RawValue>, usize);

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Length {
    type Value = (Vec<&'de RawValue>, usize);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an array of {}", self.0)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = Vec::with_capacity(self.0);
        while found.len() < self.0 {
            match items.next_element()? {
                Some(item) => found.push(item),
                None => break,
            }
        }
        let mut count = found.len();
        while items.next_element::<IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok((found, count))
    }
}

//! The fields of a struct variant, as received.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
    forward_to_deserialize_any,
};
use serde_json::value::RawValue;

use super::{
    DecodeError, OwnedPayload,
    decode::{JsonDeserializer, from_json},
};

/// The fields of a struct variant, found but not yet read.
///
/// Not public API: used by generated code, which then reads field by field. One piece of
/// code finds the fields of every event, where a visitor for each variant would have to be
/// compiled for each.
#[derive(Debug)]
pub struct Object<'a> {
    event: &'static str,
    names: &'static [&'static str],
    found: Vec<Option<&'a RawValue>>,
}

impl<'a> Object<'a> {
    /// Finds the fields of an object.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when the data is no object of JSON or names a field twice.
    pub fn read(
        event: &'static str,
        data: &'a str,
        names: &'static [&'static str],
    ) -> Result<Self, DecodeError> {
        let mut deserializer = serde_json::Deserializer::from_str(data);
        Fields { names }
            .deserialize(&mut deserializer)
            .and_then(|found| deserializer.end().map(|()| found))
            .map(|found| Self { event, names, found })
            .map_err(|source| DecodeError::data(event, None, source))
    }

    /// The field at this place of the list; a missing one is left to its type, which an
    /// `Option` takes as `None`.
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when it does not fit.
    pub fn field<T: OwnedPayload>(&self, at: usize) -> Result<T, DecodeError> {
        let name = self.names[at];
        match self.found[at] {
            Some(raw) => from_json(raw.get()),
            None => T::deserialize(Missing(name)),
        }
        .map_err(|source| DecodeError::data(self.event, Some(name), source))
    }

    /// The field, or what a function gives where it is missing (`#[serde(default)]`).
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when it is there and does not fit.
    pub fn field_or<T: OwnedPayload>(
        &self,
        at: usize,
        default: impl FnOnce() -> T,
    ) -> Result<T, DecodeError> {
        if self.found[at].is_some() { self.field(at) } else { Ok(default()) }
    }

    /// The field, read by a function of the user (`#[serde(with)]`).
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when it is missing or does not fit.
    pub fn field_with<T, F>(&self, at: usize, read: F) -> Result<T, DecodeError>
    where
        F: FnOnce(&mut JsonDeserializer<'_>) -> Result<T, serde_json::Error>,
    {
        let name = self.names[at];
        match self.found[at] {
            Some(raw) => read(&mut serde_json::Deserializer::from_str(raw.get())),
            None => Err(serde_json::Error::missing_field(name)),
        }
        .map_err(|source| DecodeError::data(self.event, Some(name), source))
    }

    /// The field, read by a function of the user or given by another where it is missing
    /// (`#[serde(with, default)]`).
    ///
    /// # Errors
    ///
    /// [`DecodeError::Data`] when it is there and does not fit.
    pub fn field_with_or<T, F>(
        &self,
        at: usize,
        read: F,
        default: impl FnOnce() -> T,
    ) -> Result<T, DecodeError>
    where
        F: FnOnce(&mut JsonDeserializer<'_>) -> Result<T, serde_json::Error>,
    {
        if self.found[at].is_some() { self.field_with(at, read) } else { Ok(default()) }
    }
}

/// Finds the fields of an object.
struct Fields {
    names: &'static [&'static str],
}

impl<'de> DeserializeSeed<'de> for Fields {
    type Value = Vec<Option<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<Option<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = vec![None; self.names.len()];
        let mut expected = 0;
        while let Some(place) = map.next_key_seed(Place { names: self.names, expected })? {
            let Some(at) = place else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if found[at].replace(map.next_value::<&RawValue>()?).is_some() {
                return Err(A::Error::duplicate_field(self.names[at]));
            }
            expected = at + 1;
        }
        Ok(found)
    }
}

/// The place of a key in the list, beginning where the sender most likely is: our own
/// encoder writes the fields in the order of their declaration.
struct Place {
    names: &'static [&'static str],
    expected: usize,
}

impl<'de> DeserializeSeed<'de> for Place {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        if self.names.get(self.expected) == Some(&key) {
            return Ok(Some(self.expected));
        }
        Ok(self.names.iter().position(|name| *name == key))
    }
}

/// What a missing field is read from: an `Option` takes it as `None`, everything else is
/// told that the field is missing. The same rule as serde's own derive.
struct Missing(&'static str);

impl<'de> Deserializer<'de> for Missing {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(serde_json::Error::missing_field(self.0))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

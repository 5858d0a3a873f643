//! The content of a variant, as JSON.

use super::{Payload, strict::Strict};

/// A serializer of JSON into the buffer of a frame.
pub(super) type JsonSerializer<'a, 'b> = Strict<&'a mut serde_json::Serializer<&'b mut Vec<u8>>>;

/// Writes the content of a variant straight into the buffer of a frame.
///
/// Not public API: used by generated code, which calls it field by field. That is less
/// code for the compiler than a visitor for each variant, and the key of a field is a
/// literal that needs no escaping.
///
/// The first error is kept and what follows is skipped, so that the expansion needs no
/// `?` for each field.
#[derive(Debug)]
pub struct Content<'a> {
    out: &'a mut Vec<u8>,
    fault: Option<serde_json::Error>,
}

impl<'a> Content<'a> {
    pub(super) const fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, fault: None }
    }

    pub(super) fn finish(self) -> Result<(), serde_json::Error> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(()),
        }
    }

    /// A unit variant: never nothing, because a frame without data fires no event.
    pub fn null(&mut self) {
        self.text("null");
    }

    /// JSON that is known when expanding: the brackets, and the keys with what stands
    /// around them.
    #[inline]
    pub fn text(&mut self, json: &'static str) {
        self.out.extend_from_slice(json.as_bytes());
    }

    /// A comma, unless this is the first field: those before it may have been skipped. No
    /// value of JSON ends in an opening bracket.
    pub fn comma(&mut self) {
        if self.out.last() != Some(&b'{') {
            self.out.push(b',');
        }
    }

    /// A value, with the JSON that stands before it.
    #[inline]
    pub fn piece<T: Payload + ?Sized>(&mut self, before: &'static str, value: &T) {
        self.text(before);
        self.value(value);
    }

    /// A value: the content of a newtype variant.
    #[inline]
    pub fn value<T: Payload + ?Sized>(&mut self, value: &T) {
        self.value_with(|serializer| value.serialize(serializer));
    }

    /// A value that is written by a function of the user (`#[serde(with)]`).
    #[inline]
    pub fn value_with<F>(&mut self, write: F)
    where
        F: FnOnce(JsonSerializer<'_, '_>) -> Result<(), serde_json::Error>,
    {
        if self.fault.is_none() {
            let mut serializer = serde_json::Serializer::new(&mut *self.out);
            if let Err(fault) = write(Strict(&mut serializer)) {
                self.fault = Some(fault);
            }
        }
    }
}

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
        self.out.extend_from_slice(b"null");
    }

    /// A value: the content of a newtype variant, or an item of a tuple variant.
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

    /// A struct variant begins.
    pub fn object(&mut self) {
        self.out.push(b'{');
    }

    /// A field of a struct variant; the key comes with its quotes and its colon.
    #[inline]
    pub fn field<T: Payload + ?Sized>(&mut self, key: &'static str, value: &T) {
        self.key(key);
        self.value(value);
    }

    /// A field that is written by a function of the user (`#[serde(with)]`).
    #[inline]
    pub fn field_with<F>(&mut self, key: &'static str, write: F)
    where
        F: FnOnce(JsonSerializer<'_, '_>) -> Result<(), serde_json::Error>,
    {
        self.key(key);
        self.value_with(write);
    }

    /// A struct variant ends.
    pub fn end_object(&mut self) {
        self.out.push(b'}');
    }

    /// A tuple variant begins.
    pub fn array(&mut self) {
        self.out.push(b'[');
    }

    /// What stands before an item of a tuple variant.
    pub fn separate(&mut self) {
        self.separate_after(b'[');
    }

    /// A tuple variant ends.
    pub fn end_array(&mut self) {
        self.out.push(b']');
    }

    fn key(&mut self, key: &'static str) {
        self.separate_after(b'{');
        self.out.extend_from_slice(key.as_bytes());
    }

    /// A comma, unless nothing stands yet after the begin: a field may be skipped, and so
    /// the literals cannot carry the commas. No value of JSON ends in an opening bracket.
    fn separate_after(&mut self, opening: u8) {
        if self.out.last() != Some(&opening) {
            self.out.push(b',');
        }
    }
}

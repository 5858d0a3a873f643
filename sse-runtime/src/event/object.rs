//! The fields of a struct variant, as received.

use serde::{
    Deserialize,
    de::{DeserializeSeed, Error as _, IgnoredAny},
};

use super::{
    DecodeError, OwnedPayload,
    cursor::{Cursor, Step},
    decode::{JsonDeserializer, from_json},
    fields::{Fields, Missing, place},
};

/// The fields of a struct variant, each read into a place of its own by generated code.
///
/// Not public API. The loop is generated and what it calls is not: a visitor for each variant
/// would have to be compiled for each, and finding all fields before any is read would go
/// through the text twice. A field is read where it stands, in whatever order the sender
/// writes them. Whatever is not as it should be is left to `Fields`, which begins anew: so
/// one piece of code alone says what is wrong, and the usual way need not be able to.
#[derive(Debug)]
pub struct Object<'a> {
    event: &'static str,
    names: &'static [&'static str],
    data: &'a str,
    cursor: Cursor<'a>,
    state: State<'a>,
    /// The place of the field that is being read.
    at: usize,
    /// The place of the field that most likely comes next.
    likely: usize,
    /// The places of the fields that have been found, as bits.
    seen: u64,
    /// The field that was found not to fit, and why.
    misfit: Option<(usize, serde_json::Error)>,
}

#[derive(Debug)]
enum State<'a> {
    /// The cursor stands at the value of the field, or behind it.
    Reading,
    /// The end has been reached: what has not been seen is missing.
    Missing,
    /// Something is odd.
    Odd,
    /// Every field has been found anew, and is read in the order of declaration.
    Found(Vec<Option<&'a str>>),
    /// Nothing more is read.
    Failed(DecodeError),
}

impl<'a> Object<'a> {
    /// An object of which nothing has been read.
    #[must_use]
    pub const fn new(event: &'static str, data: &'a str, names: &'static [&'static str]) -> Self {
        // A variant with more fields than there are bits is rare enough to be read slowly.
        let is_long = names.len() > u64::BITS as usize;
        let state = if is_long { State::Odd } else { State::Reading };
        let cursor = Cursor::new(data);
        Self { event, names, data, cursor, state, at: 0, likely: 0, seen: 0, misfit: None }
    }

    /// The place of the field that is to be read next, be it there or missing. Past the end
    /// of the list where there is none, or one could not be read.
    pub fn seek(&mut self) -> usize {
        if matches!(self.state, State::Reading) {
            self.advance();
        }
        if matches!(self.state, State::Odd) {
            self.begin_anew();
        }
        let none = self.names.len();
        self.at = match self.state {
            State::Reading => self.at,
            State::Missing => (0..none).find(|at| self.mark(*at)).unwrap_or(none),
            State::Found(_) => self.likely,
            State::Odd | State::Failed(_) => none,
        };
        self.likely = self.at + 1;
        self.at
    }

    /// Reads the field; a missing one is left to its type, which an `Option` takes as `None`.
    pub fn field<T: OwnedPayload>(&mut self, slot: &mut Option<T>) {
        self.read(slot, |name| T::deserialize(Missing(name)));
    }

    /// Reads the field, or takes what a function gives where it is missing
    /// (`#[serde(default)]`).
    pub fn field_or<T: OwnedPayload>(&mut self, slot: &mut Option<T>, default: impl FnOnce() -> T) {
        self.read(slot, |_| Ok(default()));
    }

    /// Reads the field by a function of the user (`#[serde(with)]`).
    pub fn field_with<T, F>(&mut self, slot: &mut Option<T>, read: F)
    where
        F: FnOnce(&mut JsonDeserializer<'_>) -> Result<T, serde_json::Error>,
    {
        self.read_with(slot, read, |name| Err(serde_json::Error::missing_field(name)));
    }

    /// Reads the field by a function of the user, or takes what another gives where it is
    /// missing (`#[serde(with, default)]`).
    pub fn field_with_or<T, F>(
        &mut self,
        slot: &mut Option<T>,
        read: F,
        default: impl FnOnce() -> T,
    ) where
        F: FnOnce(&mut JsonDeserializer<'_>) -> Result<T, serde_json::Error>,
    {
        self.read_with(slot, read, |_| Ok(default()));
    }

    /// Whether the object has been read to its end and every field could be read.
    pub fn is_whole(&mut self) -> bool {
        if matches!(self.state, State::Reading) {
            self.seek();
        }
        !matches!(self.state, State::Failed(_))
    }

    /// Why it is not whole.
    #[cold]
    pub fn fault(&mut self) -> DecodeError {
        match std::mem::replace(&mut self.state, State::Odd) {
            State::Failed(fault) => fault,
            _ => self.misfit(None, serde_json::Error::custom("not every field has been read")),
        }
    }

    fn read<T: OwnedPayload>(
        &mut self,
        slot: &mut Option<T>,
        missing: impl FnOnce(&'static str) -> Result<T, serde_json::Error>,
    ) {
        if matches!(self.state, State::Reading) {
            let mut deserializer = serde_json::Deserializer::from_str(self.cursor.rest());
            match T::deserialize(&mut deserializer) {
                Ok(value) => {
                    *slot = Some(value);
                    self.cursor.pass(deserializer.into_iter::<IgnoredAny>().byte_offset());
                }
                Err(error) => self.begin_anew_for(error),
            }
            return;
        }
        let value = match (self.text(), self.known_misfit()) {
            (Some(_), Some(error)) => Err(error),
            (Some(json), None) => from_json(json),
            (None, _) => missing(self.name()),
        };
        self.settle(slot, value);
    }

    /// A function of the user is given the text of the value and nothing behind it: one that
    /// is written for `serde_json` alone could read on.
    fn read_with<T>(
        &mut self,
        slot: &mut Option<T>,
        read: impl FnOnce(&mut JsonDeserializer<'_>) -> Result<T, serde_json::Error>,
        missing: impl FnOnce(&'static str) -> Result<T, serde_json::Error>,
    ) {
        let text = if matches!(self.state, State::Reading) { self.skip() } else { self.text() };
        if matches!(self.state, State::Odd) {
            return;
        }
        let value = match (text, self.known_misfit()) {
            (Some(_), Some(error)) => Err(error),
            (Some(json), None) => read(&mut serde_json::Deserializer::from_str(json)),
            (None, _) => missing(self.name()),
        };
        self.settle(slot, value);
    }

    fn settle<T>(&mut self, slot: &mut Option<T>, value: Result<T, serde_json::Error>) {
        match value {
            Ok(value) => *slot = Some(value),
            // A field that is declared before this one may not fit either, and is told of first.
            Err(error) if matches!(self.state, State::Reading) => self.begin_anew_for(error),
            Err(source) => self.state = State::Failed(self.misfit(Some(self.name()), source)),
        }
    }

    /// Goes to the value of the next field that the list has.
    fn advance(&mut self) {
        self.state = loop {
            let key = match self.cursor.key() {
                Step::Key(key) => key,
                Step::End => break State::Missing,
                Step::Odd => break State::Odd,
            };
            match place(self.names, self.likely, key) {
                Some(at) if self.mark(at) => {
                    self.at = at;
                    return;
                }
                None if self.skip().is_some() => {}
                _ => break State::Odd,
            }
        };
    }

    /// Marks a field as found, unless it has been.
    const fn mark(&mut self, at: usize) -> bool {
        let is_new = self.seen & 1 << at == 0;
        self.seen |= 1 << at;
        is_new
    }

    /// Goes behind a value.
    fn skip(&mut self) -> Option<&'a str> {
        let rest = self.cursor.rest();
        let mut deserializer = serde_json::Deserializer::from_str(rest);
        if IgnoredAny::deserialize(&mut deserializer).is_err() {
            self.state = State::Odd;
            return None;
        }
        let length = deserializer.into_iter::<IgnoredAny>().byte_offset();
        self.cursor.pass(length);
        rest.get(..length)
    }

    /// Finds all fields before any is read, so that what is wrong with the whole is told
    /// before what is wrong with a field.
    /// A field does not fit. What is wrong with it is known then, and is not asked for again: to
    /// refuse an id is counted, and a function of the user may count as well.
    #[cold]
    fn begin_anew_for(&mut self, error: serde_json::Error) {
        if error.is_data() {
            self.misfit = Some((self.at, error));
        }
        self.state = State::Odd;
    }

    /// What is wrong with the field, if that is known.
    fn known_misfit(&mut self) -> Option<serde_json::Error> {
        self.misfit.take_if(|(at, _)| *at == self.at).map(|(_, error)| error)
    }

    #[cold]
    fn begin_anew(&mut self) {
        let mut deserializer = serde_json::Deserializer::from_str(self.data);
        let found = Fields { names: self.names }
            .deserialize(&mut deserializer)
            .and_then(|found| deserializer.end().map(|()| found));
        self.likely = 0;
        self.state = match found {
            Ok(found) => State::Found(found),
            Err(source) => State::Failed(self.misfit(None, source)),
        };
    }

    /// The text of a field that was found anew; a missing one has none.
    fn text(&self) -> Option<&'a str> {
        let State::Found(found) = &self.state else { return None };
        found.get(self.at).copied().flatten()
    }

    fn name(&self) -> &'static str {
        self.names.get(self.at).copied().unwrap_or_default()
    }

    #[cold]
    const fn misfit(&self, field: Option<&'static str>, source: serde_json::Error) -> DecodeError {
        DecodeError::data(self.event, field, source)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["name", "left", "tags", "size"];

    type Read = (String, Option<f64>, Vec<String>, u8);

    /// What generated code does, and whether it had to begin anew.
    fn read(mut object: Object<'_>) -> (Result<Read, String>, bool) {
        let (mut name, mut left, mut tags, mut size) = (None, None, None, None);
        loop {
            match object.seek() {
                0 => object.field(&mut name),
                1 => object.field(&mut left),
                2 => object.field_or(&mut tags, Vec::new),
                3 => object.field_with(&mut size, |deserializer| u8::deserialize(deserializer)),
                _ => break,
            }
        }
        let is_whole = object.is_whole();
        let is_anew = !matches!(object.state, State::Missing);
        match (is_whole, name, left, tags, size) {
            (true, Some(name), Some(left), Some(tags), Some(size)) => {
                (Ok((name, left, tags, size)), is_anew)
            }
            _ => (Err(object.fault().to_string()), is_anew),
        }
    }

    fn slowly(data: &str) -> Result<Read, String> {
        let mut object = Object::new("probe", data, NAMES);
        object.state = State::Odd;
        read(object).0
    }

    #[test]
    fn fields_are_read_where_they_stand() {
        for data in [
            r#"{"name":"n","left":1.5,"tags":["t"],"size":1}"#,
            r#" { "size" : 1 , "tags" : [ "t" ] , "left" : 1.5 , "name" : "\u006e" } "#,
            r#"{"new":{"a":[1]},"name":"n","size":1,"older":"\"","left":15e-1,"tags":["t"]}"#,
        ] {
            let expected = ("n".to_owned(), Some(1.5), vec!["t".to_owned()], 1);
            assert_eq!(read(Object::new("probe", data, NAMES)), (Ok(expected), false), "{data}");
        }
        let (missing, is_anew) = read(Object::new("probe", r#"{"size":1,"name":""}"#, NAMES));
        assert_eq!((missing, is_anew), (Ok((String::new(), None, Vec::new(), 1)), false));
    }

    #[test]
    fn the_first_fault_in_the_order_of_declaration_is_told() {
        let fault = |data| read(Object::new("probe", data, NAMES)).0.unwrap_err();
        let both = fault(r#"{"size":"s","name":7}"#);
        assert!(both.starts_with("the field `name` of `probe`"), "{both}");
        let missing = fault(r#"{"size":"s"}"#);
        assert!(missing.ends_with("missing field `name`"), "{missing}");
        let whole = fault(r#"{"size":"s","name":7"#);
        assert!(whole.starts_with("the data of `probe`"), "{whole}");
    }

    #[test]
    fn both_ways_agree_on_every_text() {
        let seeds = [
            r#"{"name":"n\u00e9","left":1.5,"tags":["t",","],"size":1}"#,
            r#" {"size": 10, "new": [{"name":2}], "left": null, "name": "é"}"#,
            r#"{"name":"","na\u006de":"","size":0}"#,
            "{}",
        ];
        let pieces = ["", "{", "}", "[", "]", "\"", ",", ":", "\\", "\n", "\0", "0", "-", "e", " "];
        let agree = |data: &str| {
            let quickly = read(Object::new("probe", data, NAMES)).0;
            assert_eq!(quickly, slowly(data), "{data:?}");
        };
        for seed in seeds {
            agree(seed);
            for (at, character) in seed.char_indices() {
                let (before, from) = seed.split_at(at);
                let (this, behind) = from.split_at(character.len_utf8());
                agree(before);
                for piece in pieces {
                    agree(&format!("{before}{piece}{behind}"));
                    agree(&format!("{before}{piece}{this}{behind}"));
                }
            }
        }
    }

    #[test]
    fn more_fields_than_are_counted_are_read_too() {
        let names: Vec<&str> = (0..65).map(|at| &*format!("field_{at}").leak()).collect();
        let data = r#"{"field_64":64}"#;
        let mut object = Object::new("probe", data, names.leak());
        let mut slots = [const { None::<Option<u8>> }; 65];
        while let Some(slot) = slots.get_mut(object.seek()) {
            object.field(slot);
        }
        assert!(object.is_whole());
        assert_eq!(slots[64], Some(Some(64)));
        assert!(slots[..64].iter().all(|slot| *slot == Some(None)));
    }
}

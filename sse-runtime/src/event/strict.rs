//! A serializer that refuses what JSON would change without a word.

use serde::{
    Serialize,
    ser::{self, Error as _, Serializer},
};

/// Passes everything on to a serializer of JSON, but refuses NaN and the infinities.
///
/// `serde_json` writes them as `null`, so that the reader gets something else than what
/// was sent and nobody is told. A formatter cannot tell that `null` from a real one, and
/// so it takes a serializer around the serializer; it compiles to the same code.
#[derive(Debug)]
pub struct Strict<S>(pub(super) S);

/// A value whose parts go through [`Strict`] as well.
struct Part<'a, T: ?Sized>(&'a T);

impl<T: Serialize + ?Sized> Serialize for Part<'_, T> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(Strict(serializer))
    }
}

const NOT_FINITE: &str = "a number is NaN or infinite, which JSON cannot hold";

macro_rules! pass {
    ($($method:ident($($arg:ident: $type:ty),*);)*) => {
        $(
            #[inline]
            fn $method(self, $($arg: $type),*) -> Result<S::Ok, S::Error> {
                self.0.$method($($arg),*)
            }
        )*
    };
}

impl<S: Serializer> Serializer for Strict<S> {
    type Ok = S::Ok;
    type Error = S::Error;
    type SerializeSeq = Strict<S::SerializeSeq>;
    type SerializeTuple = Strict<S::SerializeTuple>;
    type SerializeTupleStruct = Strict<S::SerializeTupleStruct>;
    type SerializeTupleVariant = Strict<S::SerializeTupleVariant>;
    type SerializeMap = Strict<S::SerializeMap>;
    type SerializeStruct = Strict<S::SerializeStruct>;
    type SerializeStructVariant = Strict<S::SerializeStructVariant>;

    pass! {
        serialize_bool(v: bool);
        serialize_i8(v: i8);
        serialize_i16(v: i16);
        serialize_i32(v: i32);
        serialize_i64(v: i64);
        serialize_i128(v: i128);
        serialize_u8(v: u8);
        serialize_u16(v: u16);
        serialize_u32(v: u32);
        serialize_u64(v: u64);
        serialize_u128(v: u128);
        serialize_char(v: char);
        serialize_str(v: &str);
        serialize_bytes(v: &[u8]);
        serialize_none();
        serialize_unit();
        serialize_unit_struct(name: &'static str);
        serialize_unit_variant(name: &'static str, index: u32, variant: &'static str);
    }

    #[inline]
    fn serialize_f32(self, v: f32) -> Result<S::Ok, S::Error> {
        if v.is_finite() { self.0.serialize_f32(v) } else { Err(S::Error::custom(NOT_FINITE)) }
    }

    #[inline]
    fn serialize_f64(self, v: f64) -> Result<S::Ok, S::Error> {
        if v.is_finite() { self.0.serialize_f64(v) } else { Err(S::Error::custom(NOT_FINITE)) }
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.serialize_some(&Part(value))
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_struct(name, &Part(value))
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<S::Ok, S::Error> {
        self.0.serialize_newtype_variant(name, index, variant, &Part(value))
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Self::SerializeSeq, S::Error> {
        self.0.serialize_seq(len).map(Strict)
    }

    #[inline]
    fn serialize_tuple(self, len: usize) -> Result<Self::SerializeTuple, S::Error> {
        self.0.serialize_tuple(len).map(Strict)
    }

    #[inline]
    fn serialize_tuple_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleStruct, S::Error> {
        self.0.serialize_tuple_struct(name, len).map(Strict)
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeTupleVariant, S::Error> {
        self.0.serialize_tuple_variant(name, index, variant, len).map(Strict)
    }

    #[inline]
    fn serialize_map(self, len: Option<usize>) -> Result<Self::SerializeMap, S::Error> {
        self.0.serialize_map(len).map(Strict)
    }

    #[inline]
    fn serialize_struct(
        self,
        name: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStruct, S::Error> {
        self.0.serialize_struct(name, len).map(Strict)
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Self::SerializeStructVariant, S::Error> {
        self.0.serialize_struct_variant(name, index, variant, len).map(Strict)
    }

    #[inline]
    fn collect_str<T: std::fmt::Display + ?Sized>(self, value: &T) -> Result<S::Ok, S::Error> {
        self.0.collect_str(value)
    }

    #[inline]
    fn is_human_readable(&self) -> bool {
        self.0.is_human_readable()
    }
}

macro_rules! compound {
    ($($trait:ident { $($method:ident($($arg:ident: $type:ty),*);)* })*) => {
        $(
            impl<S: ser::$trait> ser::$trait for Strict<S> {
                type Ok = S::Ok;
                type Error = S::Error;

                $(
                    #[inline]
                    fn $method<T: Serialize + ?Sized>(
                        &mut self,
                        $($arg: $type,)*
                        value: &T,
                    ) -> Result<(), S::Error> {
                        self.0.$method($($arg,)* &Part(value))
                    }
                )*

                #[inline]
                fn end(self) -> Result<S::Ok, S::Error> {
                    self.0.end()
                }
            }
        )*
    };
}

compound! {
    SerializeSeq { serialize_element(); }
    SerializeTuple { serialize_element(); }
    SerializeTupleStruct { serialize_field(); }
    SerializeTupleVariant { serialize_field(); }
    SerializeMap { serialize_key(); serialize_value(); }
    SerializeStruct { serialize_field(key: &'static str); }
    SerializeStructVariant { serialize_field(key: &'static str); }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(f32),
        Tuple(f64, u8),
        Struct { side: Option<f64>, name: String },
    }

    #[derive(Serialize)]
    struct Wrapper(Vec<Shape>, BTreeMap<String, (f64, char)>);

    fn strict<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
        let mut out = Vec::new();
        value.serialize(Strict(&mut serde_json::Serializer::new(&mut out)))?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn wrapper(number: f64) -> Wrapper {
        let shapes = vec![
            Shape::Unit,
            Shape::Newtype(1.5),
            Shape::Tuple(2.5, 3),
            Shape::Struct { side: Some(number), name: "n\n".into() },
            Shape::Struct { side: None, name: String::new() },
        ];
        Wrapper(shapes, BTreeMap::from([("k".into(), (number, '\u{2028}'))]))
    }

    #[test]
    fn finite_values_are_written_as_serde_json_writes_them() {
        let value = wrapper(4.25);
        assert_eq!(strict(&value).unwrap(), serde_json::to_string(&value).unwrap());
    }

    #[test]
    fn what_json_cannot_hold_is_refused_wherever_it_hides() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert!(strict(&wrapper(number)).is_err());
            assert!(strict(&Shape::Tuple(number, 0)).is_err());
            #[allow(clippy::cast_possible_truncation)]
            let number = number as f32;
            assert!(strict(&Shape::Newtype(number)).is_err());
        }
    }
}

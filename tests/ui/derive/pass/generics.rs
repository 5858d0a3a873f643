use std::{collections::BTreeMap, fmt::Debug, marker::PhantomData};

use sse_runtime::{DecodeEvent, EncodeEvent, SseEvent, decode, encode};

trait Named {
    type Name;
}

#[derive(Debug, PartialEq)]
struct Shop;

impl Named for Shop {
    type Name = String;
}

#[derive(Debug, PartialEq)]
struct NoPayload;

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "generic")]
enum Generic<T: Named, U = u8, const N: usize = 2>
where
    U: Debug,
    [U; N]: serde::Serialize + serde::de::DeserializeOwned,
{
    One(U),
    Many { all: Vec<U>, by_name: BTreeMap<String, Option<U>> },
    Fixed([U; N]),
    Name(T::Name),
    Marked(u8, PhantomData<T>),
    #[allow(dead_code, reason = "the variant itself is the case")]
    Pair(#[serde(with = "nothing")] NoPayload),
}

mod nothing {
    pub(crate) fn serialize<T, S: serde::Serializer>(_: &T, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_unit()
    }

    pub(crate) fn deserialize<'de, D: serde::Deserializer<'de>>(
        _: D,
    ) -> Result<super::NoPayload, D::Error> {
        Ok(super::NoPayload)
    }
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(event: E, data: &str) {
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn main() {
    type Small = Generic<Shop>;
    there_and_back(Small::One(7), "7");
    let by_name = BTreeMap::from([("a".to_owned(), Some(1)), ("b".to_owned(), None)]);
    there_and_back(Small::Many { all: vec![1, 2], by_name }, r#"{"all":[1,2],"by_name":{"a":1,"b":null}}"#);
    there_and_back(Small::Fixed([3, 4]), "[3,4]");
    there_and_back(Small::Name("shop".into()), r#""shop""#);
    there_and_back(Small::Marked(1, PhantomData), "[1,null]");
    there_and_back(Generic::<Shop, String, 1>::Fixed(["x".into()]), r#"["x"]"#);
}

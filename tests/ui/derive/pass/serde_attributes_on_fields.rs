use sse_runtime::{DecodeEvent, EncodeEvent, SseEvent, decode, encode};

mod as_text {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(crate) fn serialize<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(number)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

fn seven() -> u64 {
    7
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid {
        #[serde(rename = "order-id")]
        order: u64,
        #[serde(rename(serialize = "was", deserialize = "is"))]
        state: Option<String>,
        #[serde(default)]
        items: Vec<u32>,
        #[serde(default = "seven", skip_serializing_if = "is_seven")]
        count: u64,
        #[serde(with = "as_text")]
        cents: u64,
        #[serde(default = "self::seven")]
        #[serde(with = "self::as_text")]
        tax: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        #[serde(rename = "a \"quoted\\key\"\n")]
        quoted: bool,
    },
    Number(#[serde(with = "as_text")] u64),
    Pair(#[serde(with = "as_text")] u64, u64),
    #[serde(with = "as_text")]
    OnTheVariant(u64),
}

fn is_seven(count: &u64) -> bool {
    *count == 7
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(event: E, data: &str) {
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn main() {
    let event = OrderEvent::Paid {
        order: 1,
        state: None,
        items: vec![2],
        count: 3,
        cents: 4,
        tax: 5,
        note: Some("n".into()),
        quoted: true,
    };
    let data = encode(&event).unwrap().data();
    let value: serde_json::Value = serde_json::from_str(&data).unwrap();
    let expected = serde_json::json!({
        "order-id": 1, "was": null, "items": [2], "count": 3, "cents": "4", "tax": "5",
        "note": "n", "a \"quoted\\key\"\n": true,
    });
    assert_eq!(value, expected);

    // What is not sent need not arrive.
    let data = r#"{"order-id":1,"is":"paid","cents":"4","a \"quoted\\key\"\n":false}"#;
    let read: OrderEvent = decode("paid", data).unwrap();
    let expected = OrderEvent::Paid {
        order: 1,
        state: Some("paid".into()),
        items: Vec::new(),
        count: 7,
        cents: 4,
        tax: 7,
        note: None,
        quoted: false,
    };
    assert_eq!(read, expected);
    let data = encode(&expected).unwrap().data();
    assert!(!data.contains("count") && !data.contains("note"), "{data}");

    there_and_back(OrderEvent::Number(8), r#""8""#);
    there_and_back(OrderEvent::Pair(8, 9), r#"["8",9]"#);
    there_and_back(OrderEvent::OnTheVariant(8), r#""8""#);
    assert!(decode::<OrderEvent>("number", "8").is_err());
    assert!(decode::<OrderEvent>("paid", r#"{"order-id":1,"cents":4}"#).is_err());
}

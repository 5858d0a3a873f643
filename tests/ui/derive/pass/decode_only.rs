use sse_runtime::{SseEvent, decode};

#[derive(serde::Deserialize, Debug, PartialEq)]
struct ReadOnly {
    text: String,
}

// Somebody else's stream: any name that a line can carry, and no source.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(decode_only)]
enum TheirEvent {
    Message(ReadOnly),
    Error { code: u16 },
    Open,
    #[sse(name = "two words")]
    TwoWords(String),
    #[sse(name = "größe")]
    Size(u32),
    #[sse(name = "sse.beat")]
    Beat,
    #[sse(ephemeral)]
    Viewers(u32),
    #[sse(terminal)]
    Done,
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory", decode_only)]
enum WithSource {
    SoldOut,
}

fn main() {
    let message = decode("message", r#"{"text":"hello"}"#).unwrap();
    assert_eq!(TheirEvent::Message(ReadOnly { text: "hello".into() }), message);
    assert_eq!(TheirEvent::Error { code: 7 }, decode("error", r#"{"code":7}"#).unwrap());
    assert_eq!(TheirEvent::TwoWords("a".into()), decode("two words", r#""a""#).unwrap());
    assert_eq!(TheirEvent::Size(3), decode("größe", "3").unwrap());
    for (name, event) in
        [("open", TheirEvent::Open), ("sse.beat", TheirEvent::Beat), ("done", TheirEvent::Done)]
    {
        assert_eq!(event, decode(name, "null").unwrap());
    }
    assert_eq!(TheirEvent::Viewers(1), decode("viewers", "1").unwrap());
    assert!(TheirEvent::CATALOGUE.sources().is_empty());
    assert!(TheirEvent::CATALOGUE.find("open").unwrap().source().is_none());
    assert_eq!(WithSource::CATALOGUE.sources(), ["inventory"]);
    assert_eq!(WithSource::SoldOut, decode("sold_out", "").unwrap());
}

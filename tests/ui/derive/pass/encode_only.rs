use std::borrow::Cow;

use sse_runtime::{SseEvent, encode};

#[derive(serde::Serialize)]
struct WrittenOnly<'a> {
    text: &'a str,
}

#[derive(SseEvent)]
#[sse(source = "news", encode_only)]
enum NewsEvent<'a, T: ?Sized> {
    Headline(&'a str),
    Story { note: WrittenOnly<'a>, topic: Cow<'a, str>, fixed: &'static str },
    Borrowed(&'a T),
    Bytes(&'a [u8]),
}

fn main() {
    let text = String::from("hello");
    let headline: NewsEvent<'_, str> = NewsEvent::Headline(&text);
    assert_eq!(encode(&headline).unwrap().data(), r#""hello""#);
    let note = WrittenOnly { text: &text };
    let story: NewsEvent<'_, str> = NewsEvent::Story { note, topic: "t".into(), fixed: "f" };
    assert_eq!(
        encode(&story).unwrap().data(),
        r#"{"note":{"text":"hello"},"topic":"t","fixed":"f"}"#
    );
    assert_eq!(encode(&NewsEvent::Borrowed("x")).unwrap().data(), r#""x""#);
    assert_eq!(encode(&NewsEvent::<str>::Bytes(&[1, 2])).unwrap().data(), "[1,2]");
}

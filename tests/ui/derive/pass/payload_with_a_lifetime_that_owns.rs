use std::borrow::Cow;

use sse_runtime::{SseEvent, decode};

// `Cow` is read back as an owned value, and so it needs no `encode_only`.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "news")]
enum NewsEvent<'a> {
    Headline(Cow<'a, str>),
}

fn main() {
    let event: NewsEvent<'_> = decode("headline", r#""hello""#).unwrap();
    assert_eq!(event, NewsEvent::Headline("hello".into()));
}

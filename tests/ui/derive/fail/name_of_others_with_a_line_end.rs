use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(decode_only)]
enum TheirEvent {
    #[sse(name = "two\nlines")]
    TwoLines,
    #[sse(name = "")]
    Nothing,
}

fn main() {}

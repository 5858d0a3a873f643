use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(decode_only)]
enum TheirEvent {
    #[sse(retry = "5s")]
    SoldOut {
        #[sse(topic)]
        sku: String,
    },
}

fn main() {}

use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
struct SoldOut {
    sku: String,
}

fn main() {}

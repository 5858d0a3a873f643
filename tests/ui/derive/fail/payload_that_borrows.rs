use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent<'a> {
    Changed { sku: &'a str },
    Noted(Option<&'static str>),
}

fn main() {}

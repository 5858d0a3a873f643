use sse_runtime::SseEvent;

#[derive(serde::Serialize, serde::Deserialize)]
struct Note<'a> {
    text: &'a str,
}

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent<'a> {
    Noted(Note<'a>),
}

fn main() {}

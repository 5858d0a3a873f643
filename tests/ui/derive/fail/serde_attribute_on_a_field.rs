use sse_runtime::SseEvent;

#[derive(serde::Serialize, serde::Deserialize)]
struct Place {
    aisle: u32,
}

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Moved {
        #[serde(flatten)]
        place: Place,
        #[serde(skip)]
        note: String,
        #[serde(alias = "article")]
        sku: String,
    },
}

fn main() {}

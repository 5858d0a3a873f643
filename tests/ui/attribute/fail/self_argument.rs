use futures_util::stream::{self, Stream};
use sse_runtime::{SseEvent, sse_handler};

#[derive(SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    SoldOut { sku: String },
}

struct Shop;

impl Shop {
    #[sse_handler]
    async fn inventory(&self) -> impl Stream<Item = InventoryEvent> {
        stream::empty()
    }
}

fn main() {}

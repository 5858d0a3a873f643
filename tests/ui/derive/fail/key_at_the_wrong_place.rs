use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory", ephemeral)]
enum InventoryEvent {
    #[sse(source = "stock", id)]
    SoldOut {
        #[sse(name = "article")]
        sku: String,
    },
}

fn main() {}

use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "inventory_of_the_large_warehouse_in_the_north")]
enum InventoryEvent {
    SoldOut { sku: String },
}

fn main() {}

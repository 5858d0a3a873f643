use sse_runtime::SseEvent;

#[derive(SseEvent)]
#[sse(source = "shop.inventory")]
enum InventoryEvent {
    #[sse(name = "two words")]
    SoldOut,
    #[sse(retry = "5")]
    Restocked,
    #[serde(alias = "seen")]
    Viewers {
        #[sse(idd)]
        count: u32,
    },
}

fn main() {}

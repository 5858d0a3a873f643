use sse_runtime as events;

mod vendored {
    pub mod sse {
        pub use sse_runtime::*;
    }
}

#[derive(events::SseEvent)]
#[sse(source = "inventory", crate = "crate::vendored::sse")]
pub enum InventoryEvent {
    SoldOut { sku: String },
    Viewers(u32),
}

#[derive(events::SseEvent)]
#[sse(merge, crate = "events")]
pub enum All {
    Inventory(InventoryEvent),
}

macro_rules! made {
    ($path:path) => {
        #[derive(events::SseEvent)]
        #[sse(source = "made", crate = $path)]
        pub enum MadeEvent {
            SoldOut,
        }
    };
}
made!(::sse_runtime);

fn main() {
    let frame = events::encode(&All::Inventory(InventoryEvent::Viewers(1))).unwrap();
    assert_eq!(frame.data(), "1");
    assert_eq!(events::encode(&MadeEvent::SoldOut).unwrap().event(), Some("sold_out"));
}

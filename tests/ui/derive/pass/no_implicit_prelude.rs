#![no_implicit_prelude]

#[derive(::sse_runtime::SseEvent)]
#[sse(source = "inventory")]
enum InventoryEvent {
    Closed,
    Viewers(u32),
    Moved(u32, #[sse(topic)] ::std::string::String),
    StockChanged {
        #[serde(default)]
        sku: ::std::string::String,
        left: ::std::option::Option<u32>,
    },
    #[sse(retry = "5s")]
    Paid {
        #[sse(id)]
        id: ::sse_runtime::EventId,
    },
}

#[derive(::sse_runtime::SseEvent)]
#[sse(merge)]
enum All {
    Inventory(InventoryEvent),
}

const ID: ::sse_runtime::EventId = ::sse_runtime::event_id!("evt_00000001");

fn main() {
    let events = [
        InventoryEvent::Closed,
        InventoryEvent::Viewers(1),
        InventoryEvent::Moved(1, ::std::string::String::new()),
        InventoryEvent::StockChanged {
            sku: ::std::string::String::new(),
            left: ::std::option::Option::None,
        },
        InventoryEvent::Paid { id: ID },
    ];
    for event in ::std::iter::IntoIterator::into_iter(events) {
        let frame = ::std::result::Result::unwrap(::sse_runtime::encode(&All::Inventory(event)));
        let name = ::std::option::Option::unwrap(frame.event());
        let read: All = ::std::result::Result::unwrap(::sse_runtime::decode(name, &frame.data()));
        let All::Inventory(_) = read;
    }
}

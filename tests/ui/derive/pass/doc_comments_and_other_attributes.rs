use sse_runtime::SseEvent;

/// An enum with everything that may stand beside the keys.
#[derive(Clone, SseEvent, Debug)]
#[sse(source = "inventory")]
#[sse(rename_all = "kebab-case",)]
#[non_exhaustive]
#[repr(u8)]
pub enum InventoryEvent {
    /// A comment.
    #[cfg(any())]
    Gone(NoSuchType),
    #[sse()]
    #[cfg_attr(all(), sse(ephemeral))]
    ManyViewers(#[cfg(any())] u8, u32) = 3,
    #[doc(hidden)]
    SoldOut {
        #[cfg(any())]
        gone: NoSuchType,
        #[allow(unused)]
        sku: String,
    },
}

fn main() {
    let viewers = InventoryEvent::CATALOGUE.find("many-viewers").unwrap();
    assert!(viewers.is_ephemeral());
    assert_eq!(InventoryEvent::CATALOGUE.events().len(), 2);
}

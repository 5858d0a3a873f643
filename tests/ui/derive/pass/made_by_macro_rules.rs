use sse_runtime::{DecodeEvent, EncodeEvent, EventId, SseEvent, decode, encode, event_id};

macro_rules! events {
    ($name:ident from $source:literal {
        $($(#[$meta:meta])* $variant:ident as $wire:literal { $($field:ident: $type:ty),* })*
        ; $newtype:ident($payload:ty) every $retry:literal
    }) => {
        #[derive(SseEvent, Debug, PartialEq)]
        #[sse(source = $source)]
        enum $name {
            $(
                $(#[$meta])*
                #[sse(name = $wire)]
                $variant { $($field: $type),* },
            )*
            #[sse(retry = $retry)]
            $newtype($payload),
        }
    };
}

events! {
    InventoryEvent from "inventory" {
        SoldOut as "sold-out" { sku: String }
        #[sse(ephemeral)]
        Changed as "changed" { left: Vec<Option<u32>>, by: [u8; 2] }
        ; Other(Option<u8>) every "5s"
    }
}

macro_rules! id {
    ($text:literal) => {
        event_id!($text)
    };
    ($text:expr, expression) => {
        event_id!($text)
    };
}

macro_rules! payload {
    () => {
        u64
    };
}

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "macros")]
enum MacroEvent {
    Counted(payload!()),
}

fn there_and_back<E: EncodeEvent + DecodeEvent + PartialEq + std::fmt::Debug>(event: E, data: &str) {
    let frame = encode(&event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

fn main() {
    there_and_back(InventoryEvent::SoldOut { sku: "A".into() }, r#"{"sku":"A"}"#);
    let changed = InventoryEvent::Changed { left: vec![None, Some(1)], by: [1, 2] };
    there_and_back(changed, r#"{"left":[null,1],"by":[1,2]}"#);
    there_and_back(InventoryEvent::Other(None), "null");
    there_and_back(MacroEvent::Counted(7), "7");
    assert!(InventoryEvent::CATALOGUE.find("changed").unwrap().is_ephemeral());
    const ONE: EventId = id!("evt_00000001");
    assert_eq!(ONE, id!("evt_00000001", expression));
}

//! What the declarations of an edition do. Compiled by the crate of each edition, which calls
//! the runtime `runtime` here.

use super::*;

fn there_and_back<E: runtime::EncodeEvent + runtime::DecodeEvent + PartialEq + std::fmt::Debug>(
    event: &E,
    data: &str,
) {
    let frame = runtime::encode(event).unwrap();
    assert_eq!(frame.data(), data);
    assert_eq!(&runtime::decode::<E>(frame.event().unwrap(), data).unwrap(), event);
}

#[test]
fn every_shape_goes_there_and_back() {
    there_and_back(&InventoryEvent::<u8>::Closed, "null");
    there_and_back(&InventoryEvent::<u8>::Viewers(7), "7");
    there_and_back(&InventoryEvent::Moved(7, "a".into(), Some(1_u8)), r#"[7,"a",1]"#);
    let changed = InventoryEvent::StockChanged {
        id: ID,
        items_left: Some(1_u8),
        r#gen: 2,
        r#type: "t".into(),
    };
    let data = r#"{"id":"evt_00000001","itemsLeft":1,"generation":2,"type":"t"}"#;
    there_and_back(&changed, data);
    there_and_back(&MadeEvent::Counted(vec![None, Some(1)]), "[null,1]");
}

#[test]
fn one_direction_is_enough() {
    let text = String::from("hello");
    assert_eq!(runtime::encode(&NewsEvent::Headline(&text)).unwrap().data(), r#""hello""#);
    let read: All = runtime::decode("message", r#""hello""#).unwrap();
    assert_eq!(read, All::Theirs(TheirEvent::Message("hello".into())));
    let read: All = runtime::decode("inventory.viewers", "7").unwrap();
    assert_eq!(read, All::Inventory(InventoryEvent::Viewers(7)));
}

#[test]
fn the_end_is_part_of_the_type() {
    fn endless<E: SseEvent<End = runtime::Endless>>() {}
    fn finite<E: SseEvent<End = runtime::Finite>>() {}
    endless::<InventoryEvent<u8>>();
    finite::<All>();
}

#[test]
fn literals_are_values() {
    assert_eq!(EventId::try_from(ID.as_str()), Ok(ID));
    assert_eq!(EventName::try_from(NAME.as_str()), Ok(NAME));
    assert_eq!(Source::try_from(SOURCE.as_str()), Ok(SOURCE));
}

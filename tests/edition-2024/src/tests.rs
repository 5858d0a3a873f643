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

#[cfg(feature = "server")]
mod channels {
    use axum::extract::State;
    use futures_util::StreamExt as _;
    use runtime::Resume;

    use super::runtime;
    use crate::served::*;

    async fn published() -> App {
        let app = App::default();
        app.host.publish(&HostEvent::Load(7)).await.unwrap();
        for sku in ["B-2", "A-1"] {
            app.shop.publish(&ShopEvent::StockChanged { sku: sku.into(), left: 1 }).await.unwrap();
        }
        app
    }

    #[tokio::test]
    async fn a_handler_returns_what_it_subscribes_to() {
        let (app, all) = (State(published().await), Resume::fresh().from_oldest());
        let mut events = runtime::call!(stock(app, all)).await.events::<ShopEvent>();
        let changed = ShopEvent::StockChanged { sku: "A-1".into(), left: 1 };
        assert_eq!(events.next().await.unwrap().unwrap(), changed);
    }

    #[tokio::test]
    async fn two_channels_are_one_stream() {
        let (app, all) = (State(published().await), Resume::fresh().from_oldest());
        let events = runtime::call!(both(app, all)).await.events::<BothEvent>();
        let events: Vec<_> = events.take(3).map(Result::unwrap).collect().await;
        assert!(events.contains(&BothEvent::Host(HostEvent::Load(7))), "{events:?}");
    }
}

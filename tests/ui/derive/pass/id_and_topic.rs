use std::borrow::Cow;

use sse_runtime::{EventId, SseEvent, encode, event_id};

type Id = EventId;

#[derive(SseEvent)]
#[sse(source = "orders", encode_only)]
pub enum OrderEvent<'a> {
    Paid {
        #[sse(id)]
        id: Id,
        #[sse(topic)]
        tenant: Cow<'a, str>,
    },
    Moved(#[sse(topic)] &'a str, u32, #[sse(id)] EventId),
    Opened(#[sse(topic)] String),
    Named(#[sse(id, topic)] EventId),
    Shared(#[sse(topic)] Box<str>),
    #[sse(ephemeral)]
    Seen(#[sse(topic)] &'static str),
    Relayed {
        #[sse(id)]
        #[serde(with = "sse_runtime::opaque_id")]
        id: EventId,
    },
    Closed,
}

fn main() {
    const ID: EventId = event_id!("evt_00000001");
    let frame = encode(&OrderEvent::Paid { id: ID, tenant: "a".into() }).unwrap();
    assert_eq!(frame.id(), Some(ID.as_str()));
    assert_eq!(frame.data(), r#"{"id":"evt_00000001","tenant":"a"}"#);
    let frame = encode(&OrderEvent::Moved("a", 1, ID)).unwrap();
    assert_eq!(frame.id(), Some(ID.as_str()));
    for event in [OrderEvent::Opened("a".into()), OrderEvent::Seen("s"), OrderEvent::Closed] {
        assert_eq!(encode(&event).unwrap().id(), None);
    }
    assert_eq!(encode(&OrderEvent::Named(ID)).unwrap().id(), Some(ID.as_str()));
    assert_eq!(encode(&OrderEvent::Shared("x".into())).unwrap().data(), r#""x""#);
    let id = EventId::opaque("msg-17").unwrap();
    assert_eq!(encode(&OrderEvent::Relayed { id }).unwrap().id(), Some("msg-17"));
    let with_topic = OrderEvent::CATALOGUE.events().iter().filter(|event| event.has_topic());
    assert_eq!(with_topic.count(), 6);
}

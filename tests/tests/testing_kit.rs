//! The test kit reads a stream as our client does.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs, reason = "tests")]

use axum::{Router, routing::get};
use futures_util::stream::{self, Stream};
use sse_runtime::{EventId, SseEvent, event_id, sse_handler, testing::TestServer};

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "audits")]
enum AuditEvent {
    Audited {
        #[sse(id)]
        id: EventId,
    },
}

/// Ids that have 24 characters, as positions have, and no order.
const IDS: [EventId; 3] = [
    event_id!("evt_abcdefgh00000000009tag01"),
    event_id!("evt_abcdefgh00000000003tag02"),
    event_id!("evt_abcdefgh00000000007tag03"),
];

#[sse_handler]
async fn audits() -> impl Stream<Item = AuditEvent> {
    stream::iter(IDS.map(|id| AuditEvent::Audited { id }))
}

#[tokio::test]
async fn an_events_own_id_is_no_position_whatever_it_looks_like() {
    let server = TestServer::new(Router::new().route("/", get(audits)));
    let mut reader = server.get("/").connect().await.unwrap();
    for id in IDS {
        let got = reader.next::<AuditEvent>().await.unwrap();
        assert_eq!((got.position, got.id.as_ref()), (None, Some(&id)));
        assert_eq!(got.event, AuditEvent::Audited { id });
    }
    assert_eq!(reader.repeats(), 0);
}

//! What a stream has to say to be the one that was asked for, and what is told of the rest.

use sse_runtime::{
    ResetReason,
    client::{EventSource, Failure, Item, MalformedFault, ProtocolError, StreamError, WrongSource},
    names::ClientState,
};

use super::{
    ids::Foreign,
    scripted::{
        OPEN, STREAM, Scripted, client, client_of, event, fatal, id, left, next, quick, unnumbered,
    },
    stream::InventoryEvent,
};

/// A server that says this in one connection, and holds it open.
async fn saying(said: impl AsRef<str>) -> Scripted {
    Scripted::answering([format!("{STREAM}{}", said.as_ref())]).await
}

fn subscribe(server: &Scripted) -> EventSource<InventoryEvent> {
    client().subscribe(server.url()).unwrap()
}

async fn open(server: &Scripted) -> EventSource<InventoryEvent> {
    let mut events = subscribe(server);
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    events
}

fn wrong_source(failure: Failure) -> WrongSource {
    let Failure::Protocol(ProtocolError::Source(wrong)) = failure else { panic!("{failure}") };
    wrong
}

#[tokio::test]
async fn a_stream_of_another_source_is_refused_by_name() {
    let source = "x-event-source: inventory\r\n";
    for (head, open, found) in [
        (STREAM.replace(source, "x-event-source: orders\r\n"), OPEN.into(), Some("orders")),
        (STREAM.replace(source, ""), OPEN.into(), None),
        (STREAM.into(), OPEN.replace("[\"inventory\"]", "[\"orders\"]"), Some("orders")),
        (STREAM.into(), OPEN.replace("[\"inventory\"]", "[]"), None),
    ] {
        let server = Scripted::answering([format!("{head}{open}{}", unnumbered(1))]).await;
        let wrong = wrong_source(fatal(&mut subscribe(&server)).await);
        assert_eq!((wrong.found.as_deref(), wrong.event.as_deref()), (found, None));
        let text = wrong.to_string();
        assert!(
            text.contains("inventory") && text.contains(found.unwrap_or("no source")),
            "{text}"
        );
        server.until_gone(1).await;
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn an_event_of_another_source_is_told_and_passed_over() {
    let other = left(&id(2), 2).replace("source: inventory", "source: orders");
    let none = left(&id(3), 3).replace("source: inventory\n", "");
    let server = saying(format!("{OPEN}{}{other}{none}{}", left(&id(1), 1), unnumbered(4))).await;
    let mut events = open(&server).await;
    event(&mut events).await;
    for found in [Some("orders"), None] {
        let Err(StreamError::Source(wrong)) = next(&mut events).await else { panic!() };
        let told = (wrong.event.as_deref(), wrong.found.as_deref());
        assert_eq!(told, (Some("left"), found));
        assert_eq!(events.last_event_id().unwrap().as_str(), id(1));
    }
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(4));
}

#[tokio::test]
async fn who_sent_an_event_need_not_be_said_and_must_not_be_wrong() {
    let silent = unnumbered(1).replace("source: inventory\n", "");
    let other = unnumbered(2).replace("source: inventory", "source: orders");
    let server = saying(format!("{OPEN}{silent}{other}{}", unnumbered(3))).await;
    let request = client().request(server.url()).without_event_sources();
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(1));
    assert!(matches!(next(&mut events).await, Err(StreamError::Source(_))));
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(3));
}

#[tokio::test]
async fn what_the_type_does_not_know_is_handed_out_as_it_came() {
    let newer = left(&id(1), 1).replace("event: left", "event: moved");
    let malformed = left(&id(2), 2).replace("data: 2", "data: two");
    let server = saying(format!("{OPEN}{newer}{malformed}{}", unnumbered(3))).await;
    let mut events = open(&server).await;
    let Ok(Item::Unknown(unknown)) = next(&mut events).await else { panic!() };
    assert_eq!((&*unknown.event, &*unknown.data), ("moved", "1"));
    assert_eq!(unknown.id.unwrap().as_str(), id(1));
    let Ok(Item::Malformed(malformed)) = next(&mut events).await else { panic!() };
    assert!(matches!(malformed.fault, MalformedFault::Data { ref data, .. } if data == "two"));
    assert_eq!(malformed.event.as_deref(), Some("left"));
    // To ask again would bring the same.
    assert_eq!(events.last_event_id(), malformed.id.as_ref());
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(3));
}

#[tokio::test]
async fn an_event_that_is_too_large_costs_itself_and_no_connection() {
    let large = left(&id(1), 1).replace("data: 1", &format!("data: {}", "1".repeat(2_000)));
    let server = saying(format!("{OPEN}{large}{}", unnumbered(2))).await;
    let request = client_of(quick().max_event(1_024)).request(server.url());
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    next(&mut events).await.unwrap();
    let Ok(Item::Oversized(dropped)) = next(&mut events).await else { panic!() };
    assert_eq!(dropped.bytes, 2_000);
    assert_eq!(events.last_event_id().unwrap().as_str(), id(1));
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(2));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_is_no_text_is_told_where_somebody_minds() {
    for strict in [false, true] {
        let server = Scripted::start(|mut asked| async move {
            asked.say(&format!("{STREAM}{OPEN}event: sold_out\nsource: inventory\n")).await;
            asked.say(b"data: {\"sku\":\"\xff\"}\n\n").await;
            asked.until_gone().await;
        })
        .await;
        let request = client_of(quick().strict_utf8(strict)).request(server.url());
        let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
        next(&mut events).await.unwrap();
        match next(&mut events).await {
            Ok(Item::Event(event)) if !strict => {
                assert_eq!(event.event, InventoryEvent::SoldOut { sku: "\u{fffd}".into() });
            }
            Ok(Item::Malformed(malformed)) if strict => {
                assert!(matches!(malformed.fault, MalformedFault::Utf8("data")));
            }
            other => panic!("{other:?}"),
        }
    }
}

/// A gap, a reset and an event.
async fn lossy() -> Scripted {
    let gap = OPEN.replace("\"fresh\",\"missed\":0", "\"gap\",\"missed\":3");
    let reset = OPEN.replace("\"fresh\",", "\"reset\",\"reason\":\"epoch\",");
    saying(format!("{gap}{reset}{}", unnumbered(1))).await
}

#[tokio::test]
async fn what_is_missing_is_an_error_unless_somebody_says_otherwise() {
    let server = lossy().await;
    let mut events = subscribe(&server);
    let Err(error @ StreamError::Gap(_)) = next(&mut events).await else { panic!() };
    assert!(!error.is_final() && error.to_string().starts_with("3 events are missing"));
    let Err(StreamError::Reset(reset)) = next(&mut events).await else { panic!() };
    assert_eq!(reset.reason, ResetReason::Epoch);
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(1));

    let server = lossy().await;
    let request = client().request(server.url()).missed_as_items();
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    assert!(matches!(next(&mut events).await, Ok(Item::Gap(gap)) if gap.missed == 3));
    assert!(matches!(next(&mut events).await, Ok(Item::Reset(_))));
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(1));

    let server = lossy().await;
    let request = client().request(server.url()).ignore_missed();
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    assert!(matches!(next(&mut events).await, Ok(Item::Event(_))));
}

#[tokio::test]
async fn a_stream_begins_with_its_opening() {
    let large = unnumbered(1).replace("data: 1", &format!("data: {}", "1".repeat(2_000)));
    let unreadable = OPEN.replace("\"missed\":0", "\"missed\":\"none\"");
    for said in [unnumbered(1), large, unreadable] {
        // Comments and fields by themselves are no events.
        let server = saying(format!(": hello\nretry: 10\n\n{said}{OPEN}")).await;
        let request = client_of(quick().max_event(1_024)).request(server.url());
        let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
        assert_eq!(fatal(&mut events).await, ProtocolError::NotOpened.into(), "{said}");
        server.until_gone(1).await;
    }
}

#[tokio::test]
async fn so_does_each_of_its_connections() {
    let said =
        [OPEN.to_owned() + &unnumbered(1), unnumbered(2)].map(|said| STREAM.to_owned() + &said);
    let server = Scripted::answering(said).await;
    let mut events = subscribe(&server);
    event(&mut events).await;
    assert_eq!(fatal(&mut events).await, ProtocolError::NotOpened.into());
}

#[tokio::test]
async fn a_stream_of_somebody_else_needs_neither_source_nor_opening_nor_ids() {
    let head = STREAM.replace("x-event-source: inventory\r\n", "");
    let said = "data: 1\n\nevent: message\ndata: 2\n\nevent: sse.open\ndata: hello\n\ndata: 3\n\n";
    let server = Scripted::answering([format!("{head}{said}")]).await;
    let mut events: EventSource<Foreign> = client().subscribe_foreign(server.url()).unwrap();
    for number in 1..=2 {
        assert_eq!(event(&mut events).await.event, Foreign::Message(number));
    }
    assert!(matches!(next(&mut events).await, Ok(Item::Unknown(_))));
    assert_eq!(event(&mut events).await.event, Foreign::Message(3));
    assert_eq!((events.last_event_id(), events.opened()), (None, None));
}

#[tokio::test]
async fn heartbeats_and_states_are_told_to_who_asks() {
    let said = format!("{OPEN}: beat\n\nevent: sse.beat\ndata: null\n\n{}", unnumbered(1));
    let server = saying(&said).await;
    let request = client().request(server.url()).heartbeats().states();
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    let mut told = Vec::new();
    loop {
        told.push(match next(&mut events).await {
            Ok(Item::State(change)) => format!("{}", change.to),
            Ok(Item::Heartbeat) => "beat".into(),
            Ok(Item::Opened(_)) => "opened".into(),
            Ok(Item::Event(_)) => break,
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(told, ["connecting", "up", "opened", "beat", "beat"]);
    events.close();
    assert!(matches!(next(&mut events).await, Ok(Item::State(to)) if to.to == ClientState::Closed));
    assert!(events.next().await.is_none());
    // Nobody else hears of them.
    let server = saying(&said).await;
    assert_eq!(event(&mut subscribe(&server)).await.event, InventoryEvent::Left(1));
}

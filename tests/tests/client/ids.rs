//! Where a stream stands, and how that survives whatever servers send as ids (pitfall P6).

use sse_runtime::{
    ResetReason, Resumed, SseEvent,
    client::{EventSource, IdFault, InvalidLastEventId, Item, LastEventId, StreamError},
};

use super::{
    scripted::{
        OPEN, STREAM, Scripted, client, digits, event, id, left, next, open_at, resumed, unnumbered,
    },
    stream::InventoryEvent,
};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(decode_only)]
pub(crate) enum Foreign {
    Message(u32),
}

fn subscribe(server: &Scripted) -> EventSource<InventoryEvent> {
    client().subscribe(server.url()).unwrap()
}

fn foreign(server: &Scripted) -> EventSource<Foreign> {
    client().subscribe_foreign(server.url()).unwrap()
}

fn stands(events: &EventSource<impl Sized>) -> Option<&str> {
    events.last_event_id().map(LastEventId::as_str)
}

/// What came of each of the three requests of a stream.
async fn positions(server: &Scripted) -> [Option<String>; 3] {
    server.until_asked(3).await;
    let requests = server.requests();
    [0, 1, 2].map(|number: usize| requests[number].position())
}

/// `sse.open` of a channel that goes on.
fn resumed_at(id: &str) -> String {
    open_at(id).replace("fresh", "exact")
}

#[tokio::test]
async fn the_position_outlives_a_connection_that_says_none() {
    let server = Scripted::answering([
        format!("{STREAM}{OPEN}{}", left(&id(1), 1)),
        format!("{STREAM}{}{}", resumed(), unnumbered(2)),
        format!("{STREAM}{}{}", resumed(), unnumbered(3)),
    ])
    .await;
    let mut events = subscribe(&server);
    for left in 1..=3 {
        assert_eq!(event(&mut events).await.event, InventoryEvent::Left(left));
    }
    assert_eq!(positions(&server).await, [None, Some(id(1)), Some(id(1))]);
}

#[tokio::test]
async fn so_it_does_on_a_stream_of_somebody_else() {
    let server = Scripted::answering([
        format!("{STREAM}retry: 10\nid: 41\ndata: 1\n\n"),
        format!("{STREAM}data: 2\n\n"),
        format!("{STREAM}data: 3\n\n"),
    ])
    .await;
    let mut events = foreign(&server);
    for left in 1..=3 {
        let received = event(&mut events).await;
        assert_eq!((received.event, received.id.is_some()), (Foreign::Message(left), left == 1));
    }
    assert_eq!(positions(&server).await, [None, Some("41".into()), Some("41".into())]);
}

#[tokio::test]
async fn an_id_that_is_none_is_told_and_the_stream_stands_where_it_was() {
    let long = "x".repeat(200);
    for bad in ["a\u{1}b", "two words", "evt_\u{200b}1", "\u{7f}", "\u{e9}", &long] {
        let server = Scripted::answering([
            format!("{STREAM}{OPEN}{}{}", left(&id(1), 1), left(bad, 2)),
            format!("{STREAM}{}{}", resumed(), left(bad, 3)),
            format!("{STREAM}{}{}", resumed(), left(&id(2), 4)),
        ])
        .await;
        let mut events = subscribe(&server);
        assert_eq!(event(&mut events).await.refused_id, None);
        for left in 2..=3 {
            let received = event(&mut events).await;
            assert_eq!((received.event, received.id), (InventoryEvent::Left(left), None));
            let refused = received.refused_id.unwrap();
            assert!(matches!(refused.fault(), IdFault::Ours(_)), "{refused}");
            assert_eq!(stands(&events), Some(&*id(1)));
        }
        assert_eq!(event(&mut events).await.position.map(|position| position.seq()), Some(2));
        assert_eq!(positions(&server).await, [None, Some(id(1)), Some(id(1))], "{bad:?}");
    }
}

#[tokio::test]
async fn an_id_that_no_header_can_carry_does_not_end_the_stream_of_somebody_else() {
    let long = "x".repeat(2_000);
    for (bad, fault) in [
        ("a\u{1}b", Some(InvalidLastEventId::Control('\u{1}'))),
        ("a\tb", Some(InvalidLastEventId::Control('\t'))),
        ("a ", Some(InvalidLastEventId::Space)),
        // By rule 32 these are no ids at all: whoever reads lines does not get to see them.
        ("a\0b", None),
    ] {
        let server = Scripted::answering([
            format!("{STREAM}retry: 10\nid: 41\ndata: 1\n\nid: {bad}\ndata: 2\n\n"),
            format!("{STREAM}id: {bad}\ndata: 3\n\n"),
            format!("{STREAM}id: 42\ndata: 4\n\n"),
        ])
        .await;
        let mut events = foreign(&server);
        assert_eq!(event(&mut events).await.event, Foreign::Message(1));
        for left in 2..=3 {
            let received = event(&mut events).await;
            assert_eq!((received.event, received.id), (Foreign::Message(left), None));
            let told = received.refused_id.map(|refused| refused.fault().clone());
            assert_eq!(told, fault.clone().map(IdFault::Foreign), "{bad:?}");
        }
        assert_eq!(event(&mut events).await.event, Foreign::Message(4));
        assert_eq!(positions(&server).await, [None, Some("41".into()), Some("41".into())]);
    }
    // One that nobody would want to keep costs its event, and nothing else.
    let server = Scripted::answering([format!("{STREAM}id: {long}\ndata: 1\n\ndata: 2\n\n")]).await;
    let mut events = foreign(&server);
    assert!(
        matches!(next(&mut events).await, Ok(Item::Oversized(dropped)) if dropped.id.is_none())
    );
    assert_eq!(event(&mut events).await.event, Foreign::Message(2));
    assert_eq!(stands(&events), None);
}

#[tokio::test]
async fn an_empty_id_takes_the_position_back() {
    let server = Scripted::answering([
        format!("{STREAM}{OPEN}{}", left(&id(1), 1)),
        // With an event, and by itself.
        format!("{STREAM}{}{}{}", resumed(), left("", 2), left(&id(2), 3)),
        format!("{STREAM}{}id\n\n{}", resumed(), unnumbered(4)),
        format!("{STREAM}{OPEN}"),
    ])
    .await;
    let mut events = subscribe(&server);
    event(&mut events).await;
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(2));
    assert_eq!(stands(&events), None);
    event(&mut events).await;
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(4));
    assert_eq!(stands(&events), None);
    let _opened = next(&mut events).await;
    assert_eq!(positions(&server).await, [None, Some(id(1)), Some(id(2))]);
    assert_eq!(server.requests()[3].position(), None);
}

#[tokio::test]
async fn an_id_is_sent_back_as_the_bytes_that_came() {
    let names = "\u{65e5}\u{672c} caf\u{e9}";
    let server = Scripted::answering([
        format!("{STREAM}retry: 10\nid: {names}\ndata: 1\n\n"),
        format!("{STREAM}data: 2\n\n"),
    ])
    .await;
    let mut events = foreign(&server);
    event(&mut events).await;
    event(&mut events).await;
    assert_eq!(server.requests()[1].position().as_deref(), Some(names));
}

#[tokio::test]
async fn a_stored_position_is_sent_and_moves_with_what_is_handed_out() {
    let many = [2, 3, 4].map(|seq| left(&id(seq), seq)).concat();
    let server = Scripted::answering([
        // Nothing has come of this attempt, and so nothing has moved.
        super::scripted::status(503, ""),
        format!("{STREAM}{}{many}", resumed()),
    ])
    .await;
    let stored: LastEventId = id(1).parse().unwrap();
    let request = client().request(server.url()).last_event_id(stored);
    // Nobody but the stream says where it stands.
    let request = request.header("last-event-id", "forged");
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    assert_eq!(stands(&events), Some(&*id(1)));
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    for seq in [2, 3] {
        assert_eq!(event(&mut events).await.id.unwrap().as_str(), id(seq));
        assert_eq!(stands(&events), Some(&*id(seq)));
    }
    // The fourth has come as well, and whoever stores the position now gets it again.
    let (stands, requests) = (stands(&events), server.requests());
    assert_eq!(stands, Some(&*id(3)));
    assert!(requests.iter().all(|request| request.position() == Some(id(1))));
}

#[tokio::test]
async fn what_comes_again_is_dropped_and_counted() {
    let again = [1, 2, 3].map(|seq| left(&id(seq), seq)).concat();
    let server = Scripted::answering([
        format!("{STREAM}{OPEN}{}{}", left(&id(1), 1), left(&id(2), 2)),
        // What has no id is nobody's repeat.
        format!("{STREAM}{}{}{again}{}", resumed_at(&id(2)), unnumbered(0), unnumbered(0)),
    ])
    .await;
    let mut events = subscribe(&server);
    for expected in [1, 2, 0, 3, 0] {
        assert_eq!(event(&mut events).await.event, InventoryEvent::Left(expected));
    }
    assert_eq!((events.repeats(), stands(&events)), (2, Some(&*id(3))));
}

/// Of 24 characters, as positions are: the ids of a database, made in one second by one process,
/// and those of a payment service.
#[tokio::test]
async fn an_id_that_only_looks_like_a_position_is_nobodys_repeat() {
    for [one, other] in [
        ["evt_507f1f771cf86cd799439012", "evt_507f1f771cf86cd799439013"],
        ["evt_1NG8Du2eJvKYlo2CUI79vXWy", "evt_1NG8Du2eJvKYlo2CA1w0vXWy"],
    ] {
        let of_no_log = format!("{STREAM}{OPEN}{}{}", left(one, 1), left(other, 2));
        let server = Scripted::answering([of_no_log]).await;
        let mut events = subscribe(&server);
        for expected in 1..=2 {
            assert_eq!(event(&mut events).await.event, InventoryEvent::Left(expected));
        }
        let of_somebody = format!("{STREAM}id: {one}\ndata: 1\n\nid: {other}\ndata: 2\n\n");
        let server = Scripted::answering([of_somebody]).await;
        let mut events = foreign(&server);
        for expected in 1..=2 {
            assert_eq!(event(&mut events).await.event, Foreign::Message(expected));
        }
    }
}

#[tokio::test]
async fn a_stream_of_several_channels_stands_in_each_of_them() {
    let both = |one, two| format!("evt_{}{}", digits("kanalEin", one), digits("kanalZwe", two));
    let server = Scripted::answering([
        format!("{STREAM}{OPEN}{}{}", left(&both(1, 0), 1), left(&both(1, 1), 2)),
        format!(
            "{STREAM}{}{}{}{}",
            resumed_at(&both(1, 1)),
            left(&both(1, 1), 2),
            left(&both(0, 1), 2),
            // The channels went on in another order.
            left(&both(0, 2), 3)
        ),
    ])
    .await;
    let mut events = subscribe(&server);
    for expected in 1..=3 {
        let received = event(&mut events).await;
        assert_eq!((received.event, received.position), (InventoryEvent::Left(expected), None));
    }
    assert_eq!(events.repeats(), 2);
    assert_eq!(server.requests()[1].position(), Some(both(1, 1)));
}

#[tokio::test]
async fn after_a_reset_nothing_is_a_repeat() {
    let reset = OPEN.replace("\"fresh\",", "\"reset\",\"reason\":\"epoch\",");
    // The server says where the log begins, or that there is nothing to stand on.
    for begin in [id(0), String::new()] {
        let third = if begin.is_empty() { OPEN.to_owned() } else { resumed() };
        let server = Scripted::answering([
            format!("{STREAM}{OPEN}{}", left(&id(7), 1)),
            format!("{STREAM}id: {begin}\n{reset}{}", unnumbered(2)),
            format!("{STREAM}{third}{}", left(&id(1), 3)),
        ])
        .await;
        let request = client().request(server.url()).missed_as_items();
        let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
        event(&mut events).await;
        let item = next(&mut events).await;
        assert!(matches!(item, Ok(Item::Reset(_))), "{item:?}");
        for expected in 2..=3 {
            assert_eq!(event(&mut events).await.event, InventoryEvent::Left(expected));
        }
        let begin = Some(begin).filter(|id| !id.is_empty());
        assert_eq!(positions(&server).await, [None, Some(id(7)), begin]);
    }
}

/// A proxy that drops `Last-Event-ID`, or a cache that answers for another reader: the server was
/// asked for no position and says so, and what came meanwhile is in no stream.
#[tokio::test]
async fn a_position_that_got_lost_on_the_way_is_told() {
    let answers = || {
        let first = format!("{STREAM}{OPEN}{}", left(&id(1), 1));
        [first, format!("{STREAM}{OPEN}{}", left(&id(9), 2))]
    };
    let server = Scripted::answering(answers()).await;
    let request = client().request(server.url()).missed_as_items();
    let mut events: EventSource<InventoryEvent> = request.subscribe().unwrap();
    event(&mut events).await;
    let item = next(&mut events).await;
    let Ok(Item::Reset(reset)) = &item else { panic!("{item:?}") };
    assert_eq!((reset.reason, reset.opened.resumed), (ResetReason::Invalid, Resumed::Fresh));
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(2));

    // Unless it is asked for as an item, it is an error that cannot be overlooked.
    let server = Scripted::answering(answers()).await;
    let mut events = subscribe(&server);
    event(&mut events).await;
    let item = next(&mut events).await;
    assert!(matches!(item, Err(StreamError::Reset(_))), "{item:?}");
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(2));
}

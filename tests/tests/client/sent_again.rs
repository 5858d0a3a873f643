//! What is asked for once more when it breaks off, and what had better not be; and the standard,
//! which knows no doubt.

use std::time::Duration;

use sse_runtime::{
    SseEvent,
    client::{
        ClientConfig, ClientError, EventSource, HeaderMap, Item, Method, ProtocolError,
        ServerError, StatusCode, StopReason, StreamRequest, TransportError,
    },
};
use tokio::time::Instant;

use super::{
    ids::Foreign,
    scripted::{
        OPEN, STREAM, Scripted, client, client_of, end, event, fatal, id, left, next, open_at,
        resumed, status, unnumbered,
    },
    stream::InventoryEvent,
};

/// Its stream ends by itself.
#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory")]
enum Count {
    Left(u32),
    #[sse(terminal)]
    Done,
}

const DONE: &str = "event: done\nsource: inventory\ndata: null\n\n";

/// A connection with `sse.open`, that is closed behind this.
fn closing(said: &str) -> String {
    format!("{STREAM}{OPEN}{said}")
}

fn request(server: &Scripted, method: Method) -> StreamRequest<InventoryEvent> {
    client().request(server.url()).method(method).json("stock")
}

#[tokio::test]
async fn a_finite_stream_that_is_cut_is_not_complete_and_not_asked_for_again() {
    for method in [Method::GET, Method::POST] {
        let server = Scripted::saying(closing(&unnumbered(1))).await;
        let request = client().request::<Count>(server.url()).method(method);
        let mut events = request.subscribe().unwrap();
        assert_eq!(event(&mut events).await.event, Count::Left(1));
        let by = Some(TransportError::Cut);
        assert_eq!(fatal(&mut events).await, ProtocolError::Truncated { by }.into());
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_finite_stream_that_has_a_position_goes_on_from_there() {
    let server = Scripted::answering([
        format!("{STREAM}{}{}", open_at(&id(0)), left(&id(1), 1)),
        format!("{STREAM}{}{}{DONE}", open_at(&id(1)).replace("fresh", "exact"), left(&id(2), 2)),
    ])
    .await;
    let mut events =
        client().request::<Count>(server.url()).method(Method::POST).subscribe().unwrap();
    for expected in [Count::Left(1), Count::Left(2), Count::Done] {
        assert_eq!(event(&mut events).await.event, expected);
    }
    assert_eq!(end(&mut events).await, StopReason::Complete);
    server.until_gone(1).await;
    let requests = server.requests();
    assert_eq!((requests.len(), requests[1].line()), (2, "POST /events"));
    assert_eq!(requests[1].position(), Some(id(1)));
}

#[tokio::test]
async fn a_post_is_not_sent_again_unasked() {
    // An event's own id is no position, however long it is: nothing can be resumed from it.
    let named = left("evt_507f1f771cf86cd799439011", 1);
    for said in [closing(&unnumbered(1)), closing(&named), status(503, "")] {
        let server = Scripted::saying(said).await;
        let mut events = request(&server, Method::POST).subscribe().unwrap();
        let end = end(&mut events).await;
        assert!(matches!(end, StopReason::Failed(ClientError::NotSentAgain(_))), "{end}");
        assert!(end.to_string().contains("`resend`"), "{end}");
        assert_eq!(server.requests().len(), 1);
    }
}

/// Whoever answers a POST with `303` has done what was asked for. That there is nobody where the
/// answer is to be had, or that it wants other credentials, undoes nothing of that.
#[tokio::test]
async fn a_post_that_led_to_an_answer_elsewhere_is_not_sent_again() {
    let hook = async |_| Ok::<_, std::io::Error>(HeaderMap::new());
    let refusing = Scripted::saying(status(401, "")).await;
    let nobody = Scripted::saying("").await;
    let (gone, there) = (nobody.url(), refusing.url());
    drop(nobody);
    for elsewhere in [gone, there] {
        let location = format!("location: {elsewhere}\r\n");
        let server = Scripted::saying(status(303, &location)).await;
        let mut events = request(&server, Method::POST).headers(hook).subscribe().unwrap();
        let end = end(&mut events).await;
        assert!(matches!(end, StopReason::Failed(ClientError::NotSentAgain(_))), "{end}");
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_post_is_sent_again_where_that_was_asked_for_or_where_it_is_resumed() {
    type Way = fn(StreamRequest<InventoryEvent>) -> StreamRequest<InventoryEvent>;
    let resend: Way = |request| request.resend();
    let resume: Way = |request| request.last_event_id(id(1).parse().ok());
    for (way, open) in [(resend, OPEN.to_owned()), (resume, resumed())] {
        let open = format!("{STREAM}{open}");
        let first = format!("{open}{}", unnumbered(1));
        let server = Scripted::answering([status(503, ""), first, open]).await;
        let mut events = way(request(&server, Method::POST)).subscribe().unwrap();
        assert_eq!(event(&mut events).await.event, InventoryEvent::Left(1));
        assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
        for request in server.requests() {
            assert_eq!((request.line(), &*request.body), ("POST /events", "\"stock\""));
        }
    }
}

#[tokio::test]
async fn a_position_that_came_with_an_event_lets_a_post_be_resumed() {
    let numbered = format!("{STREAM}{}{}", open_at(&id(0)), left(&id(1), 1));
    let server =
        Scripted::answering([numbered, format!("{STREAM}{}{}", resumed(), unnumbered(2))]).await;
    let mut events = request(&server, Method::POST).subscribe().unwrap();
    event(&mut events).await;
    assert_eq!(event(&mut events).await.event, InventoryEvent::Left(2));
    assert_eq!(server.requests()[1].position(), Some(id(1)));
}

fn standard() -> ClientConfig {
    ClientConfig::new().standard(true)
}

#[tokio::test(start_paused = true)]
async fn by_the_standard_every_end_is_followed_by_one_more_attempt() {
    let server = Scripted::saying(format!("{STREAM}id: 1\ndata: 1\n\n")).await;
    let mut events: EventSource<Foreign> = client_of(standard()).subscribe(server.url()).unwrap();
    // No budget, no backoff, and no repeat that anybody would notice.
    let begin = Instant::now();
    for _ in 0..30 {
        assert_eq!(event(&mut events).await.event, Foreign::Message(1));
    }
    let (took, three) = (begin.elapsed(), Duration::from_secs(3) * 29);
    assert!(took >= three && took < three + Duration::from_secs(1), "{took:?}");
    assert_eq!(server.requests()[29].position().as_deref(), Some("1"));
}

#[tokio::test]
async fn by_the_standard_no_name_means_anything() {
    let bye = "event: sse.bye\ndata: {\"reason\":\"complete\"}\n\n";
    let said = format!("{STREAM}{OPEN}{bye}data: 1\n\n");
    let server = Scripted::answering([said]).await;
    let mut events: EventSource<Foreign> = client_of(standard()).subscribe(server.url()).unwrap();
    for name in ["sse.open", "sse.bye"] {
        let item = next(&mut events).await;
        assert!(matches!(&item, Ok(Item::Unknown(event)) if event.event == name), "{item:?}");
    }
    assert_eq!(event(&mut events).await.event, Foreign::Message(1));
}

#[tokio::test]
async fn by_the_standard_every_other_answer_is_final() {
    for code in [204, 401, 429, 503] {
        let server = Scripted::saying(status(code, "retry-after: 0\r\n")).await;
        let mut events: EventSource<Foreign> =
            client_of(standard()).subscribe(server.url()).unwrap();
        let code = StatusCode::from_u16(code).unwrap();
        assert_eq!(fatal(&mut events).await, ServerError::Status(code).into());
        assert_eq!(server.requests().len(), 1);
    }
}

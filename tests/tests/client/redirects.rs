//! Redirects: what follows them, and what stays where it was meant for.

use sse_runtime::client::{
    EventSource, HeaderMap, HeaderValue, Method, ProtocolError, RedirectError, StreamRequest,
};

use super::{
    scripted::{
        OPEN, Request, STREAM, Scripted, client, event, fatal, id, left, next, resumed, status,
    },
    stream::InventoryEvent,
};

fn to(code: u16, location: &str) -> String {
    status(code, &format!("location: {location}\r\n"))
}

/// A server that has moved elsewhere.
async fn moved(code: u16, location: &str) -> Scripted {
    Scripted::saying(to(code, location)).await
}

async fn stream() -> Scripted {
    Scripted::answering([format!("{STREAM}{OPEN}")]).await
}

/// A request with all that is secret, and with what is not.
fn secretive(url: &str, method: Method) -> StreamRequest<InventoryEvent> {
    let request = client().request(url).method(method);
    let request = request.json("stock").header("authorization", "Bearer secret");
    let request = request.header("cookie", "secret").header("proxy-authorization", "secret");
    let mut key = HeaderValue::from_static("secret");
    key.set_sensitive(true);
    request.header("x-api-key", key).header("x-tenant", "north").headers(|_attempt| {
        let token = ("x-token".parse().unwrap(), HeaderValue::from_static("secret"));
        std::future::ready(Ok::<_, std::io::Error>(HeaderMap::from_iter([token])))
    })
}

async fn open(request: StreamRequest<InventoryEvent>) -> EventSource<InventoryEvent> {
    let mut events = request.subscribe().unwrap();
    next(&mut events).await.unwrap();
    events
}

const SECRETS: [&str; 5] =
    ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-token"];

fn secrets(request: &Request) -> usize {
    SECRETS.iter().filter(|name| request.header(name).is_some()).count()
}

#[tokio::test]
async fn another_host_is_told_no_secret() {
    for code in [301, 302, 303, 307, 308] {
        let there = stream().await;
        let here = moved(code, &there.url()).await;
        drop(open(secretive(&here.url(), Method::GET)).await);
        let (here, there) = (here.requests(), there.requests());
        assert_eq!((secrets(&here[0]), secrets(&there[0])), (5, 0), "{code}");
        assert_eq!(there[0].header("x-tenant").as_deref(), Some("north"));
        assert_eq!(there[0].header("accept").as_deref(), Some("text/event-stream"));
    }
}

#[tokio::test]
async fn on_the_same_host_all_of_it_follows() {
    for code in [301, 302, 303, 307, 308] {
        let server =
            Scripted::answering([to(code, "/elsewhere?x=1#part"), format!("{STREAM}{OPEN}")]).await;
        drop(open(secretive(&server.url(), Method::GET)).await);
        let requests = server.requests();
        assert_eq!(requests[1].line(), "GET /elsewhere?x=1", "{code}");
        assert_eq!((secrets(&requests[0]), secrets(&requests[1])), (5, 5), "{code}");
    }
}

#[tokio::test]
async fn secrets_do_not_come_back_by_way_of_a_stranger() {
    let home = Scripted::start(|mut asked| async move {
        if asked.request.line() == "GET /home" {
            asked.say(&format!("{STREAM}{OPEN}")).await;
            asked.until_gone().await;
        } else {
            let path = asked.request.header("x-stranger").unwrap();
            asked.say(&to(307, &path)).await;
        }
    })
    .await;
    let stranger = moved(307, &home.at("/home")).await;
    let request = secretive(&home.url(), Method::GET).header("x-stranger", stranger.url());
    drop(open(request).await);
    assert_eq!(secrets(&home.requests()[1]), 0);
}

#[tokio::test]
async fn what_is_asked_and_sent_follows_as_it_does_in_browsers() {
    for (code, asked, then) in [
        (301, Method::POST, Method::GET),
        (302, Method::POST, Method::GET),
        (303, Method::POST, Method::GET),
        (307, Method::POST, Method::POST),
        (308, Method::POST, Method::POST),
        (301, Method::PUT, Method::PUT),
        (302, Method::PUT, Method::PUT),
        (303, Method::PUT, Method::GET),
    ] {
        let there = stream().await;
        let here = moved(code, &there.at("/there")).await;
        drop(open(secretive(&here.url(), asked.clone())).await);
        let request = &there.requests()[0];
        assert_eq!(request.line(), format!("{then} /there"), "{code} {asked}");
        let (body, json) =
            if asked == then { ("\"stock\"", Some("application/json")) } else { ("", None) };
        assert_eq!(request.body, body, "{code} {asked}");
        assert_eq!(request.header("content-type").as_deref(), json, "{code} {asked}");
        assert_eq!(here.requests()[0].body, "\"stock\"");
    }
}

#[tokio::test]
async fn the_position_goes_where_the_stream_goes() {
    let there = Scripted::answering([format!("{STREAM}{}", resumed())]).await;
    let here = moved(302, &there.url()).await;
    let request = client().request(here.url());
    drop(open(request.last_event_id(id(1).parse().ok())).await);
    assert_eq!(there.requests()[0].position(), Some(id(1)));
}

#[tokio::test]
async fn ten_are_followed_and_no_eleventh() {
    let server = moved(307, "/again").await;
    let mut events: EventSource<InventoryEvent> = client().subscribe(server.url()).unwrap();
    let failure = fatal(&mut events).await;
    let too_many = RedirectError::TooMany { followed: 10 };
    assert_eq!(failure, ProtocolError::Redirect(too_many).into());
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn what_leads_nowhere_is_fatal() {
    for (said, wrong) in [
        (to(302, "ftp://127.0.0.1/events"), RedirectError::Scheme),
        (to(302, "https://"), RedirectError::BadLocation),
        (status(302, ""), RedirectError::NoLocation),
    ] {
        let server = Scripted::saying(said).await;
        let mut events: EventSource<InventoryEvent> = client().subscribe(server.url()).unwrap();
        assert_eq!(fatal(&mut events).await, ProtocolError::Redirect(wrong).into());
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_name_and_a_password_are_a_header_of_their_host() {
    let there = stream().await;
    // Nor does anybody else get to name them.
    let invented = there.url().replace("http://", "http://mallory:invented@");
    let here = moved(302, &invented).await;
    let url = here.url().replace("http://", "http://shop:s%20cret@");
    drop(open(client().request(&url)).await);
    let (here, there) = (here.requests(), there.requests());
    assert_eq!(here[0].header("authorization").as_deref(), Some("Basic c2hvcDpzIGNyZXQ="));
    assert_eq!((here[0].line(), there[0].line()), ("GET /events", "GET /events"));
    assert!(!here[0].header("host").unwrap().contains("shop"));
    assert_eq!(there[0].header("authorization"), None);
}

#[tokio::test]
async fn the_next_attempt_begins_where_the_first_one_did() {
    let there = Scripted::answering([
        format!("{STREAM}{OPEN}{}", left(&id(1), 1)),
        format!("{STREAM}{}{}", resumed(), left(&id(2), 2)),
    ])
    .await;
    // Even where it was told to forget it.
    let here = moved(308, &there.url()).await;
    let mut events: EventSource<InventoryEvent> = client().subscribe(here.url()).unwrap();
    for expected in 1..=2 {
        assert_eq!(event(&mut events).await.event, InventoryEvent::Left(expected));
    }
    let (here, there) = (here.requests(), there.requests());
    assert_eq!((here.len(), there.len()), (2, 2));
    assert_eq!((here[1].position(), there[1].position()), (Some(id(1)), Some(id(1))));
}

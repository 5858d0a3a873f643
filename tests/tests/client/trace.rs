//! A stream of the client in the log: whose request it is, and nothing that is nobody's business.

use sse_runtime::{
    TraceParent,
    client::{HeaderMap, HeaderValue, Item},
};
use sse_tests::stream::Log;

use super::{
    scripted::{OPEN, STREAM, Scripted, client, end, event, id, left, next, open_at, unnumbered},
    stream::{InventoryEvent, shop},
};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

fn parent() -> TraceParent {
    PARENT.parse().unwrap()
}

#[tokio::test]
async fn each_attempt_brings_one_request_id_and_the_span_that_it_was_given() {
    let said = format!("{STREAM}{OPEN}{}", unnumbered(1));
    let server = Scripted::answering([said.clone(), said]).await;
    let request = client().request::<InventoryEvent>(server.url());
    let mut events =
        request.header("traceparent", "none").traceparent(parent()).subscribe().unwrap();
    event(&mut events).await;
    event(&mut events).await;
    let [first, second] = &server.requests()[..] else { panic!() };
    let id = first.header("x-request-id").unwrap();
    assert!(id.starts_with("req_") && id.len() == 28, "{id}");
    assert_eq!(second.header("x-request-id"), Some(id));
    for request in [first, second] {
        assert_eq!(request.header("traceparent").as_deref(), Some(PARENT));
    }
}

#[tokio::test]
async fn what_the_program_says_of_both_is_what_is_sent() {
    let said = format!("{STREAM}{OPEN}{}", unnumbered(1));
    let server = Scripted::answering([said.clone(), said]).await;
    let mut events =
        client().request::<InventoryEvent>(server.url()).header("x-request-id", "mine").subscribe();
    event(events.as_mut().unwrap()).await;
    let request = client().request::<InventoryEvent>(server.url()).headers(|_| async {
        let headers = [("x-request-id", "made"), ("traceparent", PARENT)];
        let headers =
            headers.map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        Ok::<_, std::io::Error>(HeaderMap::from_iter(headers))
    });
    event(&mut request.subscribe().unwrap()).await;
    let requests = server.requests();
    let names = requests.iter().map(|request| request.header("x-request-id").unwrap());
    assert_eq!(names.collect::<Vec<_>>(), ["mine", "made"]);
    let parents: Vec<_> = requests.iter().map(|request| request.header("traceparent")).collect();
    assert_eq!(parents, [None, Some(PARENT.to_owned())]);
}

#[tokio::test]
async fn an_event_has_its_number_and_its_request_at_both_ends() {
    let log = Log::of_this_thread();
    let shop = shop().await;
    let url = format!("http://ada:SECRET@{}/events?token=SECRET", shop.address);
    let mut events = client().subscribe::<InventoryEvent>(url).unwrap();
    let Ok(Item::Opened(opened)) = next(&mut events).await else { panic!() };
    shop.channel.publish(&InventoryEvent::Left(1)).await.unwrap();
    let sold_out = InventoryEvent::SoldOut { sku: "SECRET".into() };
    shop.channel.publish_traced(&sold_out, parent()).await.unwrap();
    assert_eq!(event(&mut events).await.traceparent, None);
    let received = event(&mut events).await;
    assert_eq!((received.traceparent, received.seq()), (Some(parent()), Some(2)));

    // The span is entered while the stream is polled, and left with that.
    assert!(tracing::Span::current().is_none());
    events.span().in_scope(|| tracing::info!("handled"));
    let name = format!("{{request_id=\"{}\" ", opened.request_id);
    let seen = log.lines_with(" event_seq=2 ");
    let has = |line: &&String, begin: &str| line.contains(&format!("{begin}{name}"));
    assert_eq!(seen.iter().filter(|line| has(line, "sse.stream")).count(), 1, "{seen:?}");
    assert_eq!(seen.iter().filter(|line| has(line, "sse.client")).count(), 1, "{seen:?}");
    let [handled] = &log.lines_with("handled")[..] else { panic!("{}", log.text()) };
    assert!(has(&handled, "sse.client"), "{handled}");
    assert!(handled.contains(&format!("peer=\"{}\"", shop.address)), "{handled}");
    let told = log.lines_with("SECRET");
    assert!(told.iter().all(|line| !line.contains("sse.")), "{told:?}");
}

#[tokio::test]
async fn a_request_that_is_renamed_has_the_new_name_and_not_both() {
    let log = Log::of_this_thread();
    let answers = (1..=5_u32).map(|number| {
        let head = STREAM.replace("\r\n\r\n", &format!("\r\nx-request-id: name-{number}\r\n\r\n"));
        let open = open_at(&id(number - 1)).replace("req_1", &format!("name-{number}"));
        let open = if number == 1 { open } else { open.replace("fresh", "exact") };
        format!("{head}{open}{}", left(&id(number), number))
    });
    let server = Scripted::answering(answers).await;
    let mut events = client().subscribe::<InventoryEvent>(server.url()).unwrap();
    for number in 1..=5 {
        event(&mut events).await;
        let lines = log.lines_with(&format!("event_seq={number} "));
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert!(line.contains(&format!("{{request_id=\"name-{number}\" ")), "{line}");
        assert_eq!(
            (line.matches("request_id").count(), line.matches("sse.client").count()),
            (1, 1)
        );
    }
}

#[tokio::test]
async fn where_there_is_no_log_events_are_counted_as_their_server_counts_them() {
    let log = Log::of_this_thread();
    let said = format!("{STREAM}{OPEN}{}{}", unnumbered(7), unnumbered(8));
    let server = Scripted::answering([said.clone(), said]).await;
    let mut events = client().subscribe::<InventoryEvent>(server.url()).unwrap();
    for _ in 0..4 {
        event(&mut events).await;
    }
    for number in 1..=2 {
        assert_eq!(log.lines_with(&format!(": event event_seq={number} ")).len(), 2);
    }
}

#[tokio::test]
async fn what_a_server_says_is_one_line_at_most() {
    let forged = "a\\r\\nFORGED\\u001b[31m";
    let open = OPEN.replace("req_1", forged);
    for (open, rest) in [
        (open.clone(), left("\u{1b}[31mFORGED", 1)),
        (open.replace("[\"inventory\"]", &format!("[\"{forged}\"]")), String::new()),
        (open, unnumbered(1).replace("source: inventory", "source: \u{1b}[31mFORGED")),
    ] {
        let log = Log::of_this_thread();
        let server = Scripted::answering([format!(
            "{STREAM}{open}{rest}event: sse.bye\n\
            data: {{\"reason\":\"complete\"}}\n\n"
        )])
        .await;
        end(&mut client().subscribe::<InventoryEvent>(server.url()).unwrap()).await;
        let text = log.text();
        let ours = text.lines().filter(|line| line.contains("sse_runtime"));
        assert!(ours.clone().count() > 2, "{text}");
        assert!(!text.lines().any(|line| line.starts_with("FORGED")), "{text}");
        assert!(ours.clone().all(|line| !line.chars().any(char::is_control)), "{text}");
    }
}

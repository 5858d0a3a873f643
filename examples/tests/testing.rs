//! How a service tests its own streams: the test kit, on a service of a few lines.
//!
//! No port is opened and nothing sleeps. Each test is one thing that a network does to a stream,
//! and what the service promises its readers in spite of it.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "a test may fail")]

use std::time::Duration;

use axum::{
    Router,
    extract::{Path, State},
    http::StatusCode,
    routing::get,
};
use sse_runtime::{
    ChannelConfig, ChannelName, Hub, Missed, Resume, Resumed, SseEvent, Subscription, sse_handler,
    testing::{TestError, TestReader, TestServer, step},
};

// ---- The service ----------------------------------------------------------------------------

#[derive(Debug, PartialEq, SseEvent)]
#[sse(source = "orders")]
enum OrderEvent {
    Paid { amount: u32 },
    Packed { shelf: String },
    Shipped { parcel: String },
}

/// A channel for each order. What is not there is not made by asking for it.
#[sse_handler]
async fn order(
    State(orders): State<Hub<OrderEvent>>,
    Path(order): Path<String>,
    resume: Resume,
) -> Result<Subscription<OrderEvent>, StatusCode> {
    let name = ChannelName::new("shop", &order).map_err(|_| StatusCode::NOT_FOUND)?;
    let channel = orders.get(&name).ok_or(StatusCode::NOT_FOUND)?;
    Ok(channel.subscribe(resume.from_oldest())) // a new page shows the order from its begin
}

fn service() -> (Hub<OrderEvent>, TestServer) {
    let config = ChannelConfig::new().history(3).retention(Duration::from_secs(60));
    let orders = Hub::with_config(config).unwrap();
    let app = Router::new().route("/orders/{order}", get(order)).with_state(orders.clone());
    (orders, TestServer::new(app))
}

async fn publish(orders: &Hub<OrderEvent>, event: OrderEvent) {
    let name = ChannelName::new("shop", "4711").unwrap();
    orders.get_or_create(&name).unwrap().publish(&event).await.unwrap();
}

fn paid(amount: u32) -> OrderEvent {
    OrderEvent::Paid { amount }
}

async fn next(reader: &mut TestReader) -> OrderEvent {
    reader.next().await.unwrap().event
}

// ---- Its tests ------------------------------------------------------------------------------

#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_there_is_not_found() {
    let (orders, server) = service();
    let refused = server.get("/orders/4711").connect().await.unwrap_err();
    assert!(matches!(refused, TestError::Refused(StatusCode::NOT_FOUND)));
    assert!(orders.is_empty(), "asking makes nothing");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_in_the_middle_of_an_event_loses_nothing() {
    let (orders, server) = service();
    publish(&orders, paid(120)).await;
    let mut reader = server.get("/orders/4711").connect().await.unwrap();
    assert_eq!(reader.opened().await.unwrap().resumed, Resumed::Fresh);
    assert_eq!(next(&mut reader).await, paid(120));

    reader.cut_after(40);
    publish(&orders, OrderEvent::Packed { shelf: "B-7".into() }).await;
    let broken = reader.next::<OrderEvent>().await.unwrap_err();
    assert!(matches!(broken, TestError::Cut), "half an event is none");

    publish(&orders, OrderEvent::Shipped { parcel: "P-1".into() }).await;
    let mut reader = reader.reconnect().await.unwrap();
    assert_eq!(reader.opened().await.unwrap().resumed, Resumed::Exact);
    assert_eq!(next(&mut reader).await, OrderEvent::Packed { shelf: "B-7".into() });
    assert_eq!(next(&mut reader).await, OrderEvent::Shipped { parcel: "P-1".into() });
}

#[tokio::test(start_paused = true)]
async fn who_was_away_for_too_long_is_told_how_much_is_gone() {
    let (orders, server) = service();
    publish(&orders, paid(0)).await;
    let mut reader = server.get("/orders/4711").connect().await.unwrap();
    assert_eq!(next(&mut reader).await, paid(0));

    reader.cut();
    for amount in 1..=5 {
        publish(&orders, paid(amount)).await;
    }
    let mut reader = reader.reconnect().await.unwrap();
    // An error unless it is expected: no test can overlook it.
    let missed = reader.next::<OrderEvent>().await.unwrap_err();
    assert!(matches!(missed, TestError::Missed(Missed::Gap { missed: 2 })), "{missed}");
    assert_eq!(next(&mut reader).await, paid(3));
}

#[tokio::test(start_paused = true)]
async fn a_proxy_that_says_it_twice_is_noticed_by_the_id() {
    let (orders, server) = service();
    publish(&orders, paid(1)).await;
    let mut reader = server.get("/orders/4711").connect().await.unwrap();
    reader.opened().await.unwrap();
    reader.repeat_after(0);
    assert_eq!(next(&mut reader).await, paid(1));
    publish(&orders, paid(2)).await;
    assert_eq!(next(&mut reader).await, paid(2));
    assert_eq!(reader.repeats(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stands_still_hears_the_rest_when_it_goes_on() {
    let (orders, server) = service();
    publish(&orders, paid(1)).await;
    let mut reader = server.get("/orders/4711").connect().await.unwrap();
    assert_eq!(next(&mut reader).await, paid(1));
    reader.stall_after(10);
    publish(&orders, paid(2)).await;
    assert!(matches!(reader.next::<OrderEvent>().await, Err(TestError::Stalled)));
    publish(&orders, paid(3)).await;
    reader.go_on();
    assert_eq!((next(&mut reader).await, next(&mut reader).await), (paid(2), paid(3)));
}

#[tokio::test(start_paused = true)]
async fn an_order_is_forgotten_when_nobody_can_come_back_for_it() {
    let (orders, server) = service();
    publish(&orders, paid(1)).await;
    step(Duration::from_secs(59)).await;
    assert_eq!(orders.forget_idle(), 0);
    let reader = server.get("/orders/4711").connect().await.unwrap();
    step(Duration::from_secs(120)).await;
    assert_eq!(orders.forget_idle(), 0, "somebody listens");
    drop(reader);
    step(Duration::from_secs(60)).await;
    assert_eq!(orders.forget_idle(), 1);
}

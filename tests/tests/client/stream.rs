//! What a program gets to see of a stream.

use std::net::SocketAddr;

use axum::{Router, extract::State, routing::get};
use sse_runtime::{
    Channel, Resume, Resumed, SseEvent, Subscription,
    client::{Client, Item, Row, StopReason},
    names::ClientState,
    serve,
    serve::ServeHandle,
    sse_handler,
};
use tokio::net::TcpListener;

use super::scripted::{OPEN, STREAM, Scripted, next};

#[derive(SseEvent, Debug, PartialEq)]
#[sse(source = "inventory")]
pub(crate) enum InventoryEvent {
    Left(u32),
    SoldOut { sku: String },
}

#[sse_handler]
async fn inventory(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

pub(crate) struct Shop {
    pub(crate) channel: Channel<InventoryEvent>,
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServeHandle,
}

pub(crate) async fn shop() -> Shop {
    let channel = Channel::new();
    let app = Router::new().route("/events", get(inventory)).with_state(channel.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = serve(listener, app);
    let handle = server.handle();
    tokio::spawn(server.into_future());
    Shop { channel, address, handle }
}

#[tokio::test]
async fn a_stream_of_ours_is_opened_and_read() {
    let shop = shop().await;
    let client = Client::new().unwrap();
    let url = format!("http://{}/events", shop.address);
    let mut events = client.subscribe::<InventoryEvent>(url).unwrap();
    let Ok(Item::Opened(opened)) = next(&mut events).await else { panic!() };
    assert_eq!(opened.resumed, Resumed::Fresh);
    for left in 0..3 {
        shop.channel.publish(&InventoryEvent::Left(left)).await.unwrap();
        let Ok(Item::Event(received)) = next(&mut events).await else { panic!() };
        assert_eq!(received.event, InventoryEvent::Left(left));
        assert_eq!(received.seq(), Some(u64::from(left) + 1));
        assert_eq!(received.id.as_ref(), events.last_event_id());
    }
}

#[tokio::test]
async fn a_finite_answer_is_over_with_its_terminal_event() {
    #[derive(SseEvent, Debug)]
    #[sse(source = "inventory")]
    enum Count {
        Up(u32),
        #[sse(terminal)]
        Done,
    }
    let text =
        "event: up\nsource: inventory\ndata: 7\n\nevent: done\nsource: inventory\ndata: null\n\n";
    let server = Scripted::start(move |mut asked| async move {
        asked.say(STREAM).await;
        asked.say(OPEN).await;
        asked.say(text).await;
        asked.until_gone().await;
    })
    .await;
    let client = Client::new().unwrap();
    let mut events = client.subscribe::<Count>(server.url()).unwrap();
    assert!(matches!(next(&mut events).await, Ok(Item::Opened(_))));
    assert!(
        matches!(next(&mut events).await, Ok(Item::Event(up)) if matches!(up.event, Count::Up(7)))
    );
    assert!(
        matches!(next(&mut events).await, Ok(Item::Event(done)) if matches!(done.event, Count::Done))
    );
    assert!(events.next().await.is_none());
    assert_eq!(events.stop_reason(), Some(&StopReason::Complete));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_that_shuts_down_says_so_and_is_asked_again() {
    let shop = shop().await;
    let client = Client::new().unwrap();
    let request = client.request::<InventoryEvent>(format!("http://{}/events", shop.address));
    let mut events = request.states().subscribe().unwrap();
    while !matches!(next(&mut events).await, Ok(Item::Opened(_))) {}
    shop.handle.shutdown();
    let Ok(Item::State(change)) = next(&mut events).await else { panic!() };
    assert_eq!((change.to, change.why), (ClientState::Reconnecting, Some(Row::ByeDrain)));
}

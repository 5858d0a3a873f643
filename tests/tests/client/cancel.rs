//! Whoever does not want a stream any more frees its socket, in every state that it can be in
//! (pitfall P5): by dropping it, by closing it, and by a token.

use std::{
    future::{Future, pending},
    sync::Arc,
    time::Duration,
};

use sse_runtime::client::{
    ClientConfig, EventSource, HeaderMap, Item, StopReason, StreamRequest, reqwest::dns,
};
use tokio::{
    io::AsyncReadExt as _,
    net::TcpListener,
    sync::{Notify, oneshot},
};

use super::{
    scripted::{OPEN, STREAM, Scripted, client, client_of, in_time, next, unnumbered},
    stream::InventoryEvent,
};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    Drop,
    Close,
    Token,
}

pub(crate) const WAYS: [Way; 3] = [Way::Drop, Way::Close, Way::Token];

/// A stream that can be ended in each way.
pub(crate) struct Unwanted {
    events: EventSource<InventoryEvent>,
    token: oneshot::Sender<()>,
}

impl Unwanted {
    pub(crate) fn new(request: StreamRequest<InventoryEvent>) -> Self {
        let (token, fired) = oneshot::channel();
        let request = request.until(async {
            let _fired = fired.await;
        });
        Self { events: request.subscribe().unwrap(), token }
    }

    /// Reads until it has come to this. Nothing is to be said before.
    pub(crate) async fn until(&mut self, reached: impl Future<Output = ()>) {
        let item = async { panic!("{:?}", self.events.next().await) };
        tokio::select! { () = item => {}, () = in_time(reached) => {} }
    }

    pub(crate) async fn is_opened(&mut self) {
        assert!(matches!(next(&mut self.events).await, Ok(Item::Opened(_))));
    }

    /// Reads what is there, which is nothing.
    pub(crate) async fn is_quiet(&mut self) {
        tokio::select! {
            biased;
            item = self.events.next() => panic!("{item:?}"),
            () = std::future::ready(()) => {}
        }
    }

    /// Ends it, and waits until this shows that it is gone.
    pub(crate) async fn end(self, way: Way, gone: impl Future<Output = ()>) {
        let Self { mut events, token } = self;
        match way {
            Way::Drop => {
                drop(events);
                in_time(gone).await;
            }
            Way::Close => {
                events.close();
                // Nobody has to read it for that.
                in_time(gone).await;
                is_over(&mut events).await;
            }
            Way::Token => {
                // Whoever reads is woken by it.
                tokio::join!(is_over(&mut events), async { token.send(()).unwrap() });
                in_time(gone).await;
            }
        }
    }
}

async fn is_over(events: &mut EventSource<InventoryEvent>) {
    let item = in_time(events.next()).await;
    assert!(item.is_none(), "{item:?}");
    assert_eq!(events.stop_reason(), Some(&StopReason::Closed));
}

/// Something that never comes to an end, and tells when it is begun and when it is dropped.
#[derive(Default)]
struct Held {
    begun: Notify,
    dropped: Notify,
}

struct Holding(Arc<Held>);

impl Held {
    async fn hold(self: Arc<Self>) {
        let holding = Holding(self);
        holding.0.begun.notify_one();
        pending::<()>().await;
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

struct NoAnswer(Arc<Held>);

impl dns::Resolve for NoAnswer {
    fn resolve(&self, _name: dns::Name) -> dns::Resolving {
        let held = Arc::clone(&self.0);
        Box::pin(async {
            held.hold().await;
            Err("there is no answer".into())
        })
    }
}

#[tokio::test]
async fn a_name_is_no_longer_looked_up() {
    for way in WAYS {
        let held = Arc::new(Held::default());
        let resolver = NoAnswer(Arc::clone(&held));
        let client =
            sse_runtime::client::Client::with_transport(ClientConfig::new(), |transport| {
                transport.no_proxy().dns_resolver(resolver)
            });
        let mut events = Unwanted::new(client.unwrap().request("http://shop.example/events"));
        events.until(held.begun.notified()).await;
        events.end(way, held.dropped.notified()).await;
    }
}

#[tokio::test]
async fn a_connection_that_is_being_made_is_given_up() {
    for way in WAYS {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}/events", listener.local_addr().unwrap());
        let mut events = Unwanted::new(client().request(url));
        let mut socket = None;
        events
            .until(async {
                // The first word of TLS, to which there is no answer.
                let (mut accepted, _) = listener.accept().await.unwrap();
                assert_eq!(accepted.read_u8().await.unwrap(), 22);
                socket = Some(accepted);
            })
            .await;
        let mut socket = socket.unwrap();
        events
            .end(way, async {
                while matches!(socket.read(&mut [0; 256]).await, Ok(read) if read > 0) {}
            })
            .await;
    }
}

#[tokio::test]
async fn a_head_is_no_longer_waited_for() {
    for way in WAYS {
        let server = Scripted::answering([""]).await;
        let mut events = Unwanted::new(client().request(server.url()));
        events.until(server.until_asked(1)).await;
        events.end(way, server.until_gone(1)).await;
    }
}

#[tokio::test]
async fn a_stream_is_no_longer_read() {
    for way in WAYS {
        let server = Scripted::answering([format!("{STREAM}{OPEN}")]).await;
        let mut events = Unwanted::new(client().request(server.url()));
        events.is_opened().await;
        events.is_quiet().await;
        events.end(way, server.until_gone(1)).await;
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_wait_is_over_and_nobody_asks_after_it() {
    for way in WAYS {
        // What is announced and never comes keeps the connection out of the pool.
        let busy = "HTTP/1.1 503 Busy\r\ncontent-length: 9\r\n\r\n";
        let server = Scripted::answering([busy]).await;
        let an_hour = Duration::from_secs(60 * 60);
        let config = ClientConfig::new().first_delay(an_hour).max_delay(an_hour).unlimited_outage();
        let mut events = Unwanted::new(client_of(config).request(server.url()));
        // Waiting holds no socket as it is.
        events.until(server.until_gone(1)).await;
        events.is_quiet().await;
        events.end(way, std::future::ready(())).await;
        assert_eq!(server.requests().len(), 1);
    }
}

/// A stream that has handed out one of many events.
async fn in_the_middle() -> (Scripted, Unwanted) {
    let many = unnumbered(1).repeat(100);
    let server = Scripted::answering([format!("{STREAM}{OPEN}{many}")]).await;
    let mut events = Unwanted::new(client().request(server.url()));
    events.is_opened().await;
    assert!(matches!(next(&mut events.events).await, Ok(Item::Event(_))));
    (server, events)
}

#[tokio::test]
async fn what_has_not_been_handed_out_is_let_go() {
    for way in [Way::Drop, Way::Close] {
        let (server, events) = in_the_middle().await;
        events.end(way, server.until_gone(1)).await;
    }
}

#[tokio::test]
async fn a_token_is_heard_before_what_has_come() {
    let (server, Unwanted { mut events, token }) = in_the_middle().await;
    token.send(()).unwrap();
    is_over(&mut events).await;
    server.until_gone(1).await;
}

#[tokio::test]
async fn the_header_hook_is_no_longer_waited_for() {
    for way in WAYS {
        let held = Arc::new(Held::default());
        let asked = Arc::clone(&held);
        let request = client().request("http://127.0.0.1:9/events").headers(move |_| {
            let asked = Arc::clone(&asked);
            async move {
                asked.hold().await;
                Ok::<_, std::io::Error>(HeaderMap::new())
            }
        });
        let mut events = Unwanted::new(request);
        events.until(held.begun.notified()).await;
        events.end(way, held.dropped.notified()).await;
    }
}

/// The network is read by other threads than the program, and is never found empty.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_stops_talking_does_not_keep_a_stream_open() {
    for way in WAYS {
        let loud = Arc::new(Notify::new());
        let told = Arc::clone(&loud);
        let server = Scripted::start(move |mut asked| {
            let told = Arc::clone(&told);
            async move {
                asked.say(&format!("{STREAM}{OPEN}")).await;
                let noise = ": and so on\n".repeat(20_000);
                // More than fits into all the buffers on the way.
                for _ in 0..50 {
                    asked.say(&noise).await;
                }
                told.notify_one();
                while asked.say(&noise).await {}
                asked.until_gone().await;
            }
        })
        .await;
        let mut events = Unwanted::new(client().request(server.url()));
        events.is_opened().await;
        events.until(loud.notified()).await;
        events.end(way, server.until_gone(1)).await;
    }
}

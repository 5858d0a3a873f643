//! A server to be hostile to, and what its streams said at their end.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    routing::{get, post},
};
use sse_runtime::{
    Channel, Cx, Ended, Events, Resume, SendError, SseEvent, Subscription, serve,
    serve::{Listener, ServeConfig, ServeError, ServeHandle, ServeReport},
    sse_handler,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    task::JoinHandle,
    time::timeout,
};

/// Longer than anything here takes on a machine that does many other things.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) const fn millis(many: u64) -> Duration {
    Duration::from_millis(many)
}

#[derive(SseEvent)]
#[sse(source = "host")]
pub(crate) enum Host {
    Tick(u32),
    Blob(String),
}

/// What a test holds of the handlers.
#[derive(Clone)]
pub(crate) struct Hand {
    pub(crate) channel: Channel<Host>,
    ended: Arc<Mutex<Vec<(String, Ended)>>>,
}

impl Hand {
    /// Remembers how the stream ends.
    fn note(&self, cx: &Cx) {
        let (request_id, ended) = (cx.request_id().to_owned(), Arc::clone(&self.ended));
        cx.on_close(move |end| {
            ended.lock().expect("no panic").push((request_id, end.clone()));
        });
    }
}

/// What the channel tells.
#[sse_handler]
async fn ticks(cx: Cx, State(hand): State<Hand>, resume: Resume) -> Subscription<Host> {
    hand.note(&cx);
    hand.channel.subscribe(resume)
}

/// As much as a reader takes.
#[sse_handler]
async fn flood(cx: Cx, State(hand): State<Hand>, out: Events<Host>) -> Result<(), SendError> {
    hand.note(&cx);
    loop {
        out.send(Host::Blob("x".repeat(1000))).await?;
    }
}

/// Nothing at all, not even a head.
#[sse_handler(first = "50s")]
async fn silence(cx: Cx, State(hand): State<Hand>, _out: Events<Host>) -> Result<(), SendError> {
    hand.note(&cx);
    pending().await
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) handle: ServeHandle,
    pub(crate) running: JoinHandle<Result<ServeReport, ServeError>>,
    pub(crate) hand: Hand,
}

impl Server {
    pub(crate) fn start(config: ServeConfig) -> Self {
        Self::on(listen(), config)
    }

    pub(crate) fn on(listener: impl Listener, config: ServeConfig) -> Self {
        Self::with(listener, config, Router::new())
    }

    /// With more routes.
    pub(crate) fn with(listener: impl Listener, config: ServeConfig, more: Router<Hand>) -> Self {
        let hand = Hand { channel: Channel::new(), ended: Arc::default() };
        let app = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/big", get(|| async { "b".repeat(4_000_000) }))
            .route("/echo", post(|body: Bytes| async { body }))
            .route("/ticks", get(ticks))
            .route("/flood", get(flood))
            .route("/silence", get(silence))
            .merge(more)
            .with_state(hand.clone());
        let address = listener.local_addr().expect("an address");
        let server = serve(listener, app).config(config);
        let handle = server.handle();
        Self { address, handle, running: tokio::spawn(server.into_future()), hand }
    }

    pub(crate) async fn publish(&self, event: &Host) {
        self.hand.channel.publish(event).await.expect("published");
    }

    /// How the stream of this request ended, once it has.
    pub(crate) async fn ended(&self, request_id: &str) -> Ended {
        let ended = || {
            let ended = self.hand.ended.lock().expect("no panic");
            ended.iter().find(|(id, _)| id == request_id).map(|(_, end)| end.clone())
        };
        until(|| ended().is_some()).await;
        ended().expect("it has ended")
    }

    /// Whether the stream of this request has ended.
    pub(crate) fn has_ended(&self, request_id: &str) -> bool {
        let ended = self.hand.ended.lock().expect("no panic");
        ended.iter().any(|(id, _)| id == request_id)
    }

    /// Waits until nobody is there any more.
    pub(crate) async fn alone(&self) {
        until(|| self.handle.connections() == 0 && self.handle.streams().open == 0).await;
    }
}

/// A port where many may come at the same moment: whom the queue of the kernel has no room for
/// would believe to be connected, and never be heard of.
pub(crate) fn listen() -> TcpListener {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
    socket.listen(1024).expect("listening")
}

/// Waits until something is so.
pub(crate) async fn until(so: impl Fn() -> bool) {
    let waiting = async {
        while !so() {
            tokio::time::sleep(millis(10)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it comes about in time");
}

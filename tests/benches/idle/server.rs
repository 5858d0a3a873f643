//! The servers: one runtime, one handler, one of three ways to serve it.

use std::{
    convert::Infallible,
    future::IntoFuture as _,
    io::{self, BufRead as _, Write as _},
    thread,
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use futures_util::stream;
use sse_runtime::{
    Channel, Resume, SseEvent, Subscription, serve, serve::ServeConfig, sse_handler,
};
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::{broadcast, mpsc},
};

use super::{Side, memory::resident};

#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent {
    StockChanged { sku: String, left: u32 },
}

#[sse_handler]
async fn ours(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

async fn reference(State(sender): State<broadcast::Sender<Bytes>>) -> Response {
    let events = stream::unfold(sender.subscribe(), |mut receiver| async move {
        let frame = receiver.recv().await.ok()?;
        Some((Ok::<_, Infallible>(frame), receiver))
    });
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store, no-transform"),
    ];
    (headers, Body::from_stream(events)).into_response()
}

/// Serves until the process is ended, and does what the other end of its input asks for.
pub(crate) fn run(side: Side) -> io::Result<()> {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let (orders, mut asked) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if orders.blocking_send(line).is_err() {
                return;
            }
        }
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        let channel = Channel::new();
        let (sender, _) = broadcast::channel::<Bytes>(1_024);
        let listener = listen()?;
        println!("{}", listener.local_addr()?);
        if side == Side::Reference {
            let router = Router::new().route("/", get(reference)).with_state(sender.clone());
            tokio::spawn(async move { axum::serve(listener, router).await });
        } else {
            let router = Router::new().route("/", get(ours)).with_state(channel.clone());
            if side == Side::Axum {
                tokio::spawn(async move { axum::serve(listener, router).await });
            } else {
                let config = ServeConfig::new().max_streams(20_000);
                tokio::spawn(serve(listener, router).config(config).into_future());
            }
        }
        while let Some(order) = asked.recv().await {
            if order == "resident" {
                println!("{}", resident()?);
                io::stdout().flush()?;
                continue;
            }
            let event = InventoryEvent::StockChanged { sku: "A-1".into(), left: 7 };
            channel.publish(&event).await.expect("the event is published");
            let frame = b"id: 1\nevent: stock_changed\ndata: {\"sku\":\"A-1\",\"left\":7}\n\n";
            let _nobody_listens = sender.send(Bytes::from_static(frame));
        }
        Ok(())
    })
}

/// Room for those who come faster than they are taken.
fn listen() -> io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    socket.listen(4_096)
}

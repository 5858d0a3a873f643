//! Both servers: the same runtime, the same publisher, the same sockets.

use std::{
    convert::Infallible,
    future::IntoFuture as _,
    io::{self, Write as _},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Body,
    extract::State,
    http::header,
    middleware::from_fn,
    response::{IntoResponse, Response},
    routing::get,
    serve::ListenerExt as _,
};
use bytes::Bytes;
use futures_util::stream;
use serde::Serialize;
use sse_runtime::{
    Channel, ChannelConfig, Resume, SseEvent, Subscription, observe::prometheus::Prometheus,
    serve::ServeHandle, sse_handler,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::broadcast,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{
    memory::resident,
    plan::{By, Pace, Plan, RATE, Side, Sight, WINDOW},
    process::cpu,
    watches::{self, Times, Watching},
};

/// Makes the frame of either side one of 200 bytes: ours says whose event it is, and has a longer
/// id.
const NOTE: &str = "moved to the lower shelf, row 14, by the early shift of the day, opened";
const OUR_NOTE: &str = "moved to the lower shelf, row 14";

/// Every field has one width, and so has every frame: the load counts events by their bytes.
#[derive(SseEvent)]
#[sse(source = "inventory", encode_only)]
enum InventoryEvent {
    StockChanged { sku: String, left: u32, warehouse: String, note: String, at: u64 },
}

/// The same for serde.
#[derive(Serialize)]
struct StockChanged {
    sku: String,
    left: u32,
    warehouse: String,
    note: String,
    at: u64,
}

/// Publishes to whoever listens.
enum Publisher {
    Reference { sender: broadcast::Sender<Bytes>, next: u64 },
    Ours(Channel<InventoryEvent>),
}

impl Publisher {
    async fn publish(&mut self) {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970");
        let at = u64::try_from(at.as_nanos()).expect("a clock before 2554");
        let (sku, left) = ("A-10815".to_owned(), 1_234);
        let warehouse = "Rotterdam".to_owned();
        match self {
            Self::Ours(channel) => {
                let note = OUR_NOTE.to_owned();
                let event = InventoryEvent::StockChanged { sku, left, warehouse, note, at };
                channel.publish(&event).await.expect("the event is published");
            }
            Self::Reference { sender, next } => {
                let note = NOTE.to_owned();
                let event = StockChanged { sku, left, warehouse, note, at };
                sender.send(frame(1_000_000 + *next, &event)).expect("somebody listens");
                *next += 1;
            }
        }
    }
}

/// A frame as one writes it by hand.
fn frame(id: u64, event: &StockChanged) -> Bytes {
    let mut frame = Vec::with_capacity(256);
    write!(frame, "id: {id}\nevent: stock_changed\ndata: ").expect("memory takes everything");
    serde_json::to_writer(&mut frame, event).expect("the payload is JSON");
    frame.extend_from_slice(b"\n\n");
    Bytes::from(frame)
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

#[sse_handler]
async fn ours(
    State(channel): State<Channel<InventoryEvent>>,
    resume: Resume,
) -> Subscription<InventoryEvent> {
    channel.subscribe(resume)
}

pub(crate) fn run(plan: Plan) -> io::Result<()> {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    // On one core more threads would only get into each other's way, on both sides.
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(serve(plan))
}

async fn serve(plan: Plan) -> io::Result<()> {
    let events = TcpListener::bind(("127.0.0.1", 0)).await?;
    let control = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{} {}", events.local_addr()?, control.local_addr()?);
    // Before anything else: what was made before it counts for nobody.
    let recorder = (plan.sight != Sight::Nobody).then(Prometheus::install);
    let (mut router, publisher) = match plan.side {
        Side::Reference => {
            let (sender, _) = broadcast::channel(1_024);
            let router = Router::new().route("/", get(reference)).with_state(sender.clone());
            (router, Publisher::Reference { sender, next: 0 })
        }
        Side::Ours(_, linger) => {
            let config = ChannelConfig::new().linger(Duration::from_millis(linger));
            let channel = Channel::with_config(config).expect("a good configuration");
            let router = Router::new().route("/", get(ours)).with_state(channel.clone());
            (router, Publisher::Ours(channel))
        }
    };
    if let Some(recorder) = recorder {
        router = router.merge(recorder.expect("there is no other recorder").routes());
    }
    let (mut handle, times) = (None, Arc::new(Times::new()));
    if plan.sight == Sight::Watches {
        let watching = Watching { tcp: events, times: Arc::clone(&times) };
        let router = router.layer(from_fn(watches::body));
        let server = sse_runtime::serve(watching, router);
        handle = Some(server.handle());
        tokio::spawn(server.into_future());
    } else if let Side::Ours(By::Serve, _) = plan.side {
        let server = sse_runtime::serve(events, router);
        handle = Some(server.handle());
        tokio::spawn(server.into_future());
    } else {
        let listener = events.tap_io(|socket| {
            let _ = socket.set_nodelay(true);
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
    }
    let (control, _) = control.accept().await?;
    control.set_nodelay(true)?;
    let mut control = Control { socket: control, delivered: 0 };
    // The first word is that everybody listens.
    control.wait().await?;
    let begin = Instant::now();
    publish(plan, publisher, &mut control).await?;
    control.socket.write_u64(resident()?).await?;
    if let Some(handle) = handle {
        ends(plan, begin, &handle, &mut control).await?;
    }
    if plan.sight == Sight::Watches {
        for figure in times.figures().iter().flatten() {
            control.socket.write_u64(*figure).await?;
        }
    }
    // Until the load goes.
    while control.wait().await.is_ok() {}
    Ok(())
}

/// Says when the first stuck reader was ended, and when the last, in milliseconds since the first
/// event: their buffers are full a few hundred events later.
async fn ends(
    plan: Plan,
    begin: Instant,
    handle: &ServeHandle,
    control: &mut Control,
) -> io::Result<()> {
    for left in [plan.stuck.saturating_sub(1), 0] {
        while handle.streams().open as u64 > plan.good + left {
            sleep(Duration::from_millis(20)).await;
        }
        let after = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
        control.socket.write_u64(after).await?;
    }
    Ok(())
}

/// The connection to the load, which says how far the slowest subscriber is.
struct Control {
    socket: TcpStream,
    delivered: u64,
}

impl Control {
    /// Waits for the next word. It fails when the load has gone, and the server ends.
    async fn wait(&mut self) -> io::Result<()> {
        self.delivered = self.socket.read_u64().await?;
        Ok(())
    }

    async fn wait_for(&mut self, events: u64) -> io::Result<()> {
        while self.delivered < events {
            self.wait().await?;
        }
        Ok(())
    }
}

async fn publish(plan: Plan, mut publisher: Publisher, control: &mut Control) -> io::Result<()> {
    let mut ticks = interval(Duration::from_secs(1) / u32::try_from(RATE).unwrap_or(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (total, mut begin) = (plan.warmup + plan.events, (0, Instant::now()));
    for number in 0..total {
        if number == plan.warmup {
            control.wait_for(number).await?;
            begin = (cpu()?, Instant::now());
        }
        match plan.pace {
            Pace::Window => control.wait_for((number + 1).saturating_sub(WINDOW)).await?,
            Pace::Rate => {
                ticks.tick().await;
            }
        }
        publisher.publish().await;
    }
    control.wait_for(total).await?;
    control.socket.write_u64(cpu()? - begin.0).await?;
    let took = u64::try_from(begin.1.elapsed().as_nanos()).unwrap_or(u64::MAX);
    control.socket.write_u64(took).await
}

//! Reads one stream, and serves it on to any number of listeners: one connection to a service
//! that is far away or must not be crowded, and a history of its own for those who come back.
//!
//! * **The source** stays that of the origin: it belongs to the type of the event, which is the
//!   same at both ends of the relay.
//! * **A request id** leads through both hops. The relay names its request to the origin
//!   (`X-Request-ID`), whose log has the same; and the log of the relay says of each event which
//!   number it had on that stream, and which it has here, as its listeners see it in their
//!   streams.
//! * **Nothing twice.** What comes again after a broken connection is dropped by its position.
//!   What the origin itself publishes again, as after a restart, is known by the event's own id.
//! * **Nothing missing without a word.** What the relay missed it says in its place, on the
//!   stream: [`OrderEvent::Missed`](orders::OrderEvent::Missed). The log of the relay is in
//!   memory, and it keeps no position: after a restart of its own it begins at the newest event,
//!   with another log, and each of its listeners is told `reset`.
//!
//! `cargo run -p sse-examples --example relay -- http://127.0.0.1:4000/orders` relays the orders
//! that a service of yours tells there. `upstream` is the part to take along.

pub(crate) mod orders;
mod upstream;

use std::{
    error::Error,
    io::{self, IsTerminal as _},
};

use clap::Parser;
use sse_runtime::{
    Channel,
    client::{Client, ClientConfig},
    serve,
    serve::{ServeError, stop_signal},
};
use tokio::net::TcpListener;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use self::orders::OrderEvent;

/// Serves a stream of orders on.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The stream of the origin
    origin: String,

    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: String,

    /// What the request to the origin is called, there and here [default: a random name]
    #[arg(long, value_name = "ID")]
    request_id: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    relay(Arguments::parse()).await
}

/// `RUST_LOG=info,sse_runtime=trace` has a line for each event, by which it can be followed.
fn log_to_stderr() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}

pub(crate) async fn relay(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let request_id = arguments.request_id.map_or_else(random_id, Ok)?;
    // An outage of the origin is none of the relay: those who listen wait with it.
    let config = ClientConfig::new().unlimited_attempts().unlimited_outage();
    let events = Client::with_config(config)?
        .request::<OrderEvent>(&arguments.origin)
        .header("x-request-id", &request_id)
        .until(stop_signal())
        .subscribe()?;

    let channel = Channel::new();
    let tcp = TcpListener::bind(&arguments.listen).await?;
    println!("relaying to http://{}/orders as {request_id}", tcp.local_addr()?);
    let server = serve(tcp, orders::router(channel.clone()));
    // Whichever way the one stream ends, the others end with it.
    let handle = server.handle();
    let relaying = async {
        let over = upstream::relay(events, &request_id, &channel).await;
        handle.shutdown();
        Ok::<_, ServeError>(over)
    };
    let (over, report) = tokio::try_join!(relaying, server.into_future())?;
    println!("{report}");
    println!("ended: {}", over?);
    Ok(())
}

/// Made once, so that all attempts of this process bear one name.
fn random_id() -> Result<String, getrandom::Error> {
    Ok(format!("relay_{:016x}", getrandom::u64()?))
}

//! Listens to a stream for as long as it is let: does something about each event, keeps its
//! position in a file, and goes on from there after a restart of its own or of the server.
//!
//! With the demo running (`cargo run`):
//!
//! ```console
//! cargo run -p sse-examples --example listener -- http://127.0.0.1:3000/events/inventory stock.position
//! ```
//!
//! `place` is the part to take along.

mod place;
mod stock;

use std::{
    error::Error,
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use clap::Parser;
use sse_runtime::{
    Resumed,
    client::{Client, ClientConfig, Item, StopReason, StreamError},
    serve::stop_signal,
};
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use self::{
    place::Place,
    stock::{InventoryEvent, Stock},
};

/// Listens to the stock of a shop.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The stream
    stream: String,

    /// The file of the position, which is made if it is not there
    position: PathBuf,

    /// Where the whole stock is to be had, as JSON: `{"A-1":7}`
    #[arg(long, value_name = "URL")]
    stock: Option<String>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    log_to_stderr();
    listen(Arguments::parse()).await
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

pub(crate) async fn listen(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    let mut place = Place::open(arguments.position)?;
    let stock = Stock::new(arguments.stock)?;
    // By default a client gives up after five minutes. This one has nothing else to do.
    let config = ClientConfig::new().unlimited_attempts().unlimited_outage();
    let mut events = Client::with_config(config)?
        .request::<InventoryEvent>(&arguments.stream)
        .last_event_id(place.position().cloned())
        .until(stop_signal())
        .subscribe()?;

    while let Some(item) = events.next().await {
        match item {
            Ok(Item::Event(received)) => {
                stock.change(&received.event);
                // With the request id of the stream, which the server has in its log as well. A
                // busy listener says it with `debug!`.
                events.span().in_scope(|| tracing::info!(event_seq = received.seq(), "changed"));
            }
            // The first time: nothing is known yet.
            Ok(Item::Opened(opened)) if opened.resumed == Resumed::Fresh => stock.load().await?,
            // Nobody knows which: the whole stock takes their place, whatever they were.
            Err(missed @ (StreamError::Gap(_) | StreamError::Reset(_))) => {
                println!("missed: {missed}");
                stock.load().await?;
            }
            // The last item. Why it is over is asked below, where each end is.
            Err(StreamError::Failed(_)) => {}
            // Without its data, which is nothing for a log.
            Ok(Item::Malformed(event)) => tracing::warn!(name = event.event, "not readable"),
            Err(error) => tracing::warn!(%error, "passed over"),
            // Exact, an event that is not known here, or something that nobody asked for.
            Ok(_) => {}
        }
        // After the work, and never before: an end in between, by `?` too, brings the last item
        // again instead of losing it.
        if let Some(position) = events.last_event_id() {
            place.keep(position)?;
        }
    }
    match events.stop_reason() {
        Some(StopReason::Failed(error)) => Err(error.clone().into()),
        Some(reason) => {
            println!("ended: {reason}");
            Ok(())
        }
        None => Ok(()),
    }
}

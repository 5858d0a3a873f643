//! What the command line says.

use std::{path::PathBuf, time::Duration};

use clap::Parser;
use sse_runtime::{ChannelConfig, serve::ServeConfig};

use crate::store::Place;

const ROUTES: &str = "\
Routes:
  GET  /                  a page that shows everything below
  GET  /inspector         a page of its channels and streams while they run
  GET  /events/inventory  stock levels, as they are published
  POST /events/inventory  publishes one, for example
                          {\"type\":\"stock_changed\",\"sku\":\"A-1\",\"left\":7}
  GET  /events/host       load of this machine, each second
  GET  /events/all        both on one stream
  POST /complete          streams a text back word by word

A reader that comes back with the header `Last-Event-ID`, or with `?last_event_id=`, goes on
after that event. On a loopback address only loopback names are answered to. The log goes to
stderr; RUST_LOG sets its level.";

/// In bytes: enough for any flag, and too little for the longest duration in all its parts.
const LONGEST_TEXT: usize = 20;

/// A demo of server-sent events.
#[derive(Debug, Parser)]
#[command(version, after_help = ROUTES)]
pub(crate) struct Arguments {
    /// The address to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    pub(crate) listen: String,

    /// Reads a file of TOML, with the tables `serve` and `inventory`; flags go before it
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Serves at most N streams at once, or as many as this process may have files [default:
    /// 20000]
    #[arg(long, value_name = "N", value_parser = streams)]
    pub(crate) max_streams: Option<usize>,

    /// Ends each stream after this time, or up to a fifth sooner, so that readers spread over
    /// new machines: 1s to a year [default: never]
    #[arg(long, value_name = "TIME", value_parser = max_age)]
    pub(crate) max_age: Option<Duration>,

    /// How long a shutdown waits for streams to end before it cuts them: 0ms to a day
    /// [default: 1500ms]
    #[arg(long, value_name = "TIME", value_parser = drain)]
    pub(crate) drain: Option<Duration>,

    /// Keeps the last N stock events for readers that come back, whatever their size and age;
    /// of the host it is always the last 120 readings [default: 1024, up to 4 MiB and 15
    /// minutes]
    #[arg(long, value_name = "N")]
    history: Option<u64>,

    /// Where stock events are kept: `memory`, `sqlite:FILE`, where they outlive the process, or
    /// `redis://HOST:PORT`, where they outlive the machine as well
    #[arg(long, value_name = "PLACE", default_value = "memory")]
    pub(crate) store: Place,

    /// After an event has left, what follows within this time leaves together at its end: 0ms
    /// to 1s [default: 2ms]
    #[arg(long, value_name = "TIME", value_parser = linger)]
    linger: Option<Duration>,
}

impl Arguments {
    /// How the inventory is kept, where the rest is as in `config`.
    pub(crate) fn inventory(&self, mut config: ChannelConfig) -> ChannelConfig {
        if let Some(events) = self.history {
            // Exactly so many: neither bytes nor time take one away before.
            config = config.history(events).history_bytes(u64::MAX).retention(Duration::MAX);
        }
        if let Some(linger) = self.linger {
            config = config.linger(linger);
        }
        config
    }
}

/// Reads a number of streams. A server that serves none is a mistake.
fn streams(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("write 1 or more".to_owned()),
        Ok(streams) => Ok(streams),
        Err(error) => Err(error.to_string()),
    }
}

/// Reads a greatest age that a server would take.
fn max_age(text: &str) -> Result<Duration, String> {
    let age = duration(text)?;
    ServeConfig::new().max_age(age).check().map_err(|error| error.to_string())?;
    Ok(age)
}

/// Reads a time to drain that a server would take.
fn drain(text: &str) -> Result<Duration, String> {
    let drain = duration(text)?;
    ServeConfig::new().drain(drain).check().map_err(|error| error.to_string())?;
    Ok(drain)
}

/// Reads a linger that a channel would take.
fn linger(text: &str) -> Result<Duration, String> {
    let linger = duration(text)?;
    ChannelConfig::new().linger(linger).check().map_err(|error| error.to_string())?;
    Ok(linger)
}

/// A duration as people write it.
fn duration(text: &str) -> Result<Duration, &'static str> {
    // What is longer would be none of these, and `humantime` panics on some that are near the
    // longest duration there is.
    let is_short = text.len() <= LONGEST_TEXT;
    let duration = is_short.then(|| humantime::parse_duration(text).ok()).flatten();
    duration.ok_or("write a number and its unit, such as `5ms` or `1s`")
}

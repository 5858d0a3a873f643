//! The demo of sse-runtime: stock levels of a shop, the load of the machine that it runs
//! on, and a text that comes back word by word.
//!
//! Start with `inventory`: a typed event, and the handler that streams it.

mod all;
mod app;
mod complete;
mod connections;
mod fanout;
mod host;
mod inventory;
mod limits;
mod listen;
mod page;
mod shutdown;

use std::{
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use clap::Parser;
use sse_runtime::Drain;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

const ROUTES: &str = "\
Routes:
  GET  /                  a page that shows everything below
  GET  /events/inventory  stock levels, as they are published
  POST /events/inventory  publishes one, for example
                          {\"type\":\"stock_changed\",\"sku\":\"A-1\",\"left\":7}
  GET  /events/host       load of this machine, each second
  GET  /events/all        both on one stream
  POST /complete          streams a text back word by word

The log goes to stderr; RUST_LOG sets its level.";

/// A demo of server-sent events.
#[derive(Debug, Parser)]
#[command(version, after_help = ROUTES)]
struct Arguments {
    /// The address to listen on; port 0 takes any that is free
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr();
    match run(&arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> io::Result<()> {
    let listener = listen::listen(&arguments.listen).await?;
    let address = listener.local_addr()?;

    limits::raise_open_files();
    let app = app::App::new();
    host::start_sampling(app.host.clone())?;
    let drain = Drain::new();
    tracing::info!("listening on http://{address}");
    shutdown::serve_until_asked(listener, app::router(app, &drain), drain).await
}

fn log_to_stderr() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}

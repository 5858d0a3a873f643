//! The demo of sse-runtime: stock levels of a shop, the load of the machine that it runs
//! on, and a text that comes back word by word.
//!
//! Start with `inventory`: a typed event, and the handler that streams it.

mod all;
mod app;
mod arguments;
mod complete;
mod connections;
mod host;
mod inventory;
mod limits;
mod listen;
mod page;
mod shutdown;

use std::{
    error::Error,
    io::{self, IsTerminal as _},
    process::ExitCode,
};

use clap::Parser as _;
use sse_runtime::Drain;
use tokio::runtime::Handle;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::arguments::Arguments;

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

async fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let listener = listen::listen(&arguments.listen).await?;
    let address = listener.local_addr()?;

    limits::raise_open_files();
    let app = app::App::new(arguments.inventory())?;
    host::start_sampling(app.host.clone(), Handle::current())?;
    let drain = Drain::new();
    tracing::info!("listening on http://{address}");
    shutdown::serve_until_asked(listener, app::router(app, &drain), drain).await?;
    Ok(())
}

fn log_to_stderr() {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into());
    tracing_subscriber::fmt()
        .with_env_filter(filter.from_env_lossy())
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr)
        .init();
}

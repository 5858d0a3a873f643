//! The demo of sse-runtime: stock levels of a shop, the load of the machine that it runs
//! on, and a text that comes back word by word.
//!
//! Start with `inventory`: a typed event, and the handler that streams it.

mod all;
mod app;
mod arguments;
mod complete;
mod host;
mod inventory;
mod listen;
mod page;
mod settings;
mod store;

use std::{
    error::Error,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use sse_runtime::{observe::prometheus::Prometheus, serve, serve::stop_signal};
use tokio::runtime::Handle;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

use crate::{arguments::Arguments, settings::Settings};

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
    // Before there is anything to count.
    let prometheus = Prometheus::install()?;
    let settings = Settings::new(arguments)?;
    let listener = listen::listen(&arguments.listen).await?;
    let address = listener.local_addr()?;

    let store = arguments.store.open().await?;
    let app = app::App::new(settings.inventory.clone(), store.clone())?;
    // Before anybody asks for it: what is wrong with the store is better said here.
    app.inventory.ready().await?;
    host::start_sampling(app.host.clone(), Handle::current())?;
    let config = settings.serve();
    tracing::info!("listening on http://{address}");
    let prometheus = store.into_iter().fold(prometheus, Prometheus::watch_store);
    let router = app::router(app).merge(prometheus.routes());
    let report = serve(listener, router).config(config).shutdown_on(stop_signal()).await?;
    // Nobody need read it.
    let _unread = writeln!(io::stdout(), "{report}");
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

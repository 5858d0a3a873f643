//! An answer that comes token by token: served over POST, read by a page and by a program.
//!
//! ```console
//! cargo run -p sse-examples --example complete
//! cargo run -p sse-examples --example complete -- ask http://127.0.0.1:3000/complete 'Why is the sky blue?'
//! ```
//!
//! The first serves, with a page at <http://127.0.0.1:3000>, the second asks it. `answer` is the
//! part to take along for a server, `ask` for a program, and `page/script.js` for a page.

pub(crate) mod answer;
mod ask;
mod model;
mod page;

use std::{error::Error, io};

use axum::{Router, routing::post};
use clap::{Parser, Subcommand};
use sse_runtime::{serve, serve::stop_signal};
use tokio::net::TcpListener;

use self::model::Model;

/// Answers token by token, or asks who does.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3000")]
    listen: String,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Asks, and prints the answer while it comes
    Ask {
        /// Whom
        url: String,
        /// What
        prompt: String,
    },
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    run(Arguments::parse()).await
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Box<dyn Error>> {
    match arguments.command {
        None => answers(&arguments.listen).await,
        Some(Command::Ask { url, prompt }) => ask::ask(&url, prompt).await,
    }
}

async fn answers(listen: &str) -> Result<(), Box<dyn Error>> {
    let app = Router::new()
        .route("/complete", post(answer::complete))
        .with_state(Model)
        .merge(page::routes());
    let listener = TcpListener::bind(listen).await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    let report = serve(listener, app).shutdown_on(stop_signal()).await?;
    println!("{report}");
    Ok(())
}

//! Streams behind a login: a channel for each tenant, a session in a cookie, and streams that
//! end when the session does.
//!
//! `cargo run -p sse-examples --example tenants` says how to ask. `session` is the part to take
//! along.

mod app;
mod session;

use std::{error::Error, io, time::Duration};

use sse_runtime::{serve, serve::stop_signal};
use tokio::net::TcpListener;

use self::app::App;

/// How long a session lasts. Short, so that its end can be seen.
const LASTS: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    let address = listener.local_addr()?;
    println!("curl -c ada -d 'user=ada&password=lovelace' http://{address}/login");
    println!("curl -b ada -N http://{address}/orders");
    println!("curl -b ada -d number=4711 http://{address}/orders");
    println!("curl -b ada -X POST http://{address}/logout");

    let report = serve(listener, app::router(App::new(LASTS))).shutdown_on(stop_signal()).await?;
    println!("{report}");
    Ok(())
}

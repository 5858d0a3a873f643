//! Streams over TLS: HTTP/1.1 and HTTP/2 on one port, and clients that show a certificate.
//!
//! `cargo run -p sse-examples --example tls -- --certificates /tmp/tls` makes certificates in a
//! new folder, serves with them, and says how to ask. `listener` is the part to take along.

mod certificates;
mod listener;
mod prices;
mod subject;

use std::{error::Error, fs, io, path::Path, path::PathBuf, time::Duration};

use clap::Parser;
use sse_runtime::serve::stop_signal;
use tokio::net::TcpListener;

use self::{certificates::Authority, listener::Tls, prices::Shop};

/// Streams over TLS, with client certificates.
#[derive(Debug, Parser)]
struct Arguments {
    /// The address to listen on
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:3443")]
    listen: String,

    /// The folder of server.pem, server.key and clients.pem, which are made if it is not there
    #[arg(long, value_name = "FOLDER")]
    certificates: PathBuf,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().with_writer(io::stderr).init();
    let Arguments { listen, certificates: folder } = Arguments::parse();
    if !folder.exists() {
        make(&folder)?;
    }
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let config =
        listener::config(&read("server.pem")?, &read("server.key")?, &read("clients.pem")?)?;
    let tcp = TcpListener::bind(&listen).await?;

    let (at, address) = (folder.display(), tcp.local_addr()?);
    println!("anybody:  curl -N --cacert {at}/clients.pem https://{address}/prices");
    println!(
        "partners: curl -N --cacert {at}/clients.pem --cert {at}/ada.pem --key {at}/ada.key \\"
    );
    println!("               https://{address}/partners/prices");

    let shop = Shop::new();
    tokio::spawn(sell(shop.clone()));
    let report = prices::server(Tls::new(tcp, config), shop).shutdown_on(stop_signal()).await?;
    println!("{report}");
    Ok(())
}

/// Makes an authority, and the certificates of the server and of a client named ada. It signs
/// for both here; in the world servers and clients mostly have one each.
fn make(folder: &Path) -> Result<(), Box<dyn Error>> {
    let authority = Authority::new()?;
    let (server, ada) = (authority.server()?, authority.client("ada")?);
    fs::create_dir_all(folder)?;
    for (name, pem) in [
        ("clients.pem", authority.certificate()),
        ("server.pem", &server.certificate),
        ("server.key", &server.key),
        ("ada.pem", &ada.certificate),
        ("ada.key", &ada.key),
    ] {
        write(&folder.join(name), pem)?;
    }
    Ok(())
}

/// A key is nobody else's to read.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(path)?, text.as_bytes())
}

async fn sell(shop: Shop) {
    for cents in (900..1_000).cycle() {
        for (channel, cents) in [(&shop.public, cents), (&shop.partners, cents - 100)] {
            if let Err(error) = channel.publish(&prices::lamp(cents)).await {
                return tracing::error!(%error, "nothing is published any more");
            }
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

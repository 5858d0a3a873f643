//! Readers that take nothing, and readers that take back what they ask for.

use std::{
    io::{self, Write as _},
    net::TcpStream,
    thread::sleep,
    time::Duration,
};

use axum::http::Request;
use h2::{Reason, client};
use tokio::{net::TcpStream as Tcp, runtime::Runtime, time::timeout};

use super::{Server, Side, connect, median, verdict};

/// How many of each.
const READERS: usize = 200;
/// How many events they do not take, of some 100 bytes.
const EVENTS: usize = 3_000;
/// How many requests each takes back: far more than a server bears.
const RESETS: usize = 1_000;
const ROUNDS: usize = 3;

pub(crate) fn run() -> io::Result<()> {
    let (mut plain, mut windows, mut floods) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        plain.push(held(|server| (0..READERS).map(|_| stuck(server)).collect())?);
        let runtime = Runtime::new()?;
        windows.push(held(|server| runtime.block_on(closed_windows(server)))?);
        floods.push(held(|server| runtime.block_on(reset_floods(server)))?);
    }
    let [plain, windows, floods] = [plain, windows, floods].map(median);
    println!("{READERS} readers that take none of {EVENTS} events, memory of the server for each:");
    println!("  HTTP/1.1, never read       {plain:>5.1} KiB");
    println!("  HTTP/2, a closed window    {windows:>5.1} KiB");
    println!("  HTTP/2, {RESETS} resets       {floods:>5.1} KiB");
    // What a stuck reader of HTTP/1.1 may hold, its kernel included.
    verdict("  HTTP/2, a closed window, KiB", windows, "<= 96", windows <= 96.0);
    verdict("  HTTP/2, resets, KiB", floods, "<= 96", floods <= 96.0);
    Ok(())
}

/// Kibibytes for each reader, after what they were sent.
fn held<T>(connects: impl FnOnce(&Server) -> io::Result<Vec<T>>) -> io::Result<f64> {
    let mut server = Server::start(Side::Serve)?;
    let _first = connect(server.address)?;
    let before = server.resident()?;
    let readers = connects(&server)?;
    for _ in 0..EVENTS {
        server.say("publish")?;
    }
    sleep(Duration::from_secs(1));
    let after = server.resident()?;
    drop(readers);
    Ok((after - before) / 1024.0 / READERS as f64)
}

fn stuck(server: &Server) -> io::Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.set_recv_buffer_size(4_096)?;
    socket.connect(&server.address.into())?;
    let mut socket = TcpStream::from(socket);
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
    Ok(socket)
}

type Sender = client::SendRequest<bytes::Bytes>;

async fn speak(server: &Server) -> io::Result<Sender> {
    let tcp = Tcp::connect(server.address).await?;
    // A window of a byte: the head comes, and then nothing.
    let client = client::Builder::new().initial_window_size(1).handshake(tcp).await;
    let (sender, connection) = client.map_err(io::Error::other)?;
    tokio::spawn(async move {
        let _ended_by_either = connection.await;
    });
    sender.ready().await.map_err(io::Error::other)
}

fn request() -> Request<()> {
    Request::get("http://localhost/").body(()).expect("a request")
}

/// Readers whose window stays closed; what they hold lives as long as they do.
async fn closed_windows(server: &Server) -> io::Result<Vec<(Sender, h2::RecvStream)>> {
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut sender = speak(server).await?;
        let (answer, _) = sender.send_request(request(), true).map_err(io::Error::other)?;
        let answer = answer.await.map_err(io::Error::other)?;
        readers.push((sender, answer.into_body()));
    }
    Ok(readers)
}

/// Readers who ask and take it back, until the server has enough.
async fn reset_floods(server: &Server) -> io::Result<Vec<Sender>> {
    let mut readers = Vec::new();
    for _ in 0..READERS {
        let mut sender = speak(server).await?;
        for _ in 0..RESETS {
            let Ok(Ok(ready)) = timeout(Duration::from_millis(50), sender.clone().ready()).await
            else {
                break;
            };
            sender = ready;
            match sender.send_request(request(), true) {
                Ok((_, mut stream)) => stream.send_reset(Reason::CANCEL),
                Err(_) => break,
            }
        }
        readers.push(sender);
    }
    Ok(readers)
}

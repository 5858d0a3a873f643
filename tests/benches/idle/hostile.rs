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

use super::{Server, Side, connect, median, memory::kernel_memory, verdict};

/// How many of each.
const READERS: usize = 200;
/// How many events they do not take, of some 100 bytes.
const EVENTS: usize = 3_000;
/// How many requests each takes back: far more than a server bears.
const RESETS: usize = 1_000;
const ROUNDS: usize = 3;

pub(crate) fn run() -> io::Result<()> {
    let mut held = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let runtime = Runtime::new()?;
        held[0].push(measure(|server| (0..READERS).map(|_| stuck(server)).collect())?);
        held[1].push(measure(|server| runtime.block_on(closed_windows(server)))?);
        held[2].push(measure(|server| runtime.block_on(reset_floods(server)))?);
    }
    println!("{READERS} readers that take none of {EVENTS} events, memory of the server for each:");
    let names = ["HTTP/1.1, never read", "HTTP/2, a closed window", "HTTP/2, resets"];
    for (name, held) in names.iter().zip(&held) {
        let of = |what: fn(&Held) -> f64| median(held.iter().map(what).collect());
        let (process, kernel) = (of(|held| held.process), of(|held| held.kernel));
        println!("  {name:<24} {process:>5.1} KiB of the process, {kernel:>5.1} of the kernel");
    }
    let [plain, http2 @ ..] = &held;
    for (name, held) in names.iter().skip(1).zip(http2) {
        let ratios = held.iter().zip(plain).map(|(http2, plain)| http2.all() / plain.all());
        let ratio = median(ratios.collect());
        verdict(&format!("  {name} / HTTP/1.1, never read"), ratio, "<= 1.00", ratio <= 1.0);
    }
    Ok(())
}

/// Kibibytes for each reader.
struct Held {
    process: f64,
    kernel: f64,
}

impl Held {
    fn all(&self) -> f64 {
        self.process + self.kernel
    }
}

/// What each reader holds, after what it was sent.
fn measure<T>(connects: impl FnOnce(&Server) -> io::Result<Vec<T>>) -> io::Result<Held> {
    let mut server = Server::start(Side::Serve)?;
    let _first = connect(server.address)?;
    let before = server.resident()?;
    let readers = connects(&server)?;
    for _ in 0..EVENTS {
        server.say("publish")?;
    }
    sleep(Duration::from_secs(1));
    let process = (server.resident()? - before) / 1024.0 / READERS as f64;
    let kernel = kernel_memory(server.address.port()).iter().sum::<f64>() / 1024.0;
    drop(readers);
    Ok(Held { process, kernel: kernel / READERS as f64 })
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

//! What an idle stream holds: `cargo bench -p sse-tests --bench idle`, less than a minute.
//!
//! 10,000 subscribers that have got one event each and wait for the next, behind
//! `sse_runtime::serve`, behind `axum::serve`, and what a careful user of axum writes by hand
//! behind `axum::serve`. Each side is a process of its own, this binary again; the figure is the
//! resident memory that 10,000 connections added to it, by the accounting of the system, which
//! knows nothing of what the kernel holds for a socket: that is the same for all.
//!
//! And what a reader holds that takes nothing, and one that only resets what it asks for, over
//! HTTP/2 beside HTTP/1.1, behind `serve`.

#![allow(clippy::expect_used, reason = "a benchmark stops at the first fault")]

mod harness;
#[path = "idle/hostile.rs"]
mod hostile;
#[path = "harness/memory.rs"]
mod memory;
#[path = "idle/server.rs"]
mod server;

use std::{
    env,
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpStream},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use harness::{median, verdict};

/// How many listen.
const SUBSCRIBERS: usize = 10_000;
const ROUNDS: usize = 3;

/// What tells this binary that it is a server.
const SERVE: &str = "--serve";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    /// A channel behind `sse_runtime::serve`.
    Serve,
    /// A channel behind `axum::serve`.
    Axum,
    /// By hand, behind `axum::serve`.
    Reference,
}

impl Side {
    const ALL: [Self; 3] = [Self::Serve, Self::Axum, Self::Reference];

    const fn name(self) -> &'static str {
        match self {
            Self::Serve => "a channel, serve",
            Self::Axum => "a channel, axum::serve",
            Self::Reference => "by hand, axum::serve",
        }
    }
}

fn main() -> io::Result<()> {
    let mut args = env::args().skip(1);
    if args.next().as_deref() == Some(SERVE) {
        let name = args.next().unwrap_or_default();
        let side = Side::ALL.into_iter().find(|side| side.name() == name);
        return server::run(side.expect("the name of a side"));
    }
    let files = rlimit::increase_nofile_limit(u64::MAX).unwrap_or(0);
    if files < SUBSCRIBERS as u64 + 64 {
        println!("not measured: {files} open files are allowed, and {SUBSCRIBERS} are needed");
        return Ok(());
    }
    if memory::resident().is_err() {
        println!("not measured: this system does not tell the memory of a process");
        return Ok(());
    }
    let mut held = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (side, held) in Side::ALL.into_iter().zip(&mut held) {
            held.push(measure(side)?);
        }
    }
    println!("{SUBSCRIBERS} idle subscribers, resident memory of the server for each:");
    for (side, held) in Side::ALL.into_iter().zip(&held) {
        println!("  {:<24} {:>5.1} KiB", side.name(), median(held.clone()));
    }
    let [serve, axum, reference] = &held;
    let ours = median(serve.clone());
    verdict("  a channel, serve, KiB", ours, "<= 14.00", ours <= 14.0);
    for (name, other) in [("by hand", reference), ("the same channel", axum)] {
        let ratio = median(serve.iter().zip(other).map(|(ours, other)| ours / other).collect());
        verdict(&format!("  serve / {name}, axum::serve"), ratio, "<= 0.70", ratio <= 0.7);
    }
    hostile::run()
}

/// Kibibytes for each stream.
fn measure(side: Side) -> io::Result<f64> {
    let mut server = Server::start(side)?;
    // One connection before the first look: what a server makes once is no cost of a stream.
    let mut sockets = vec![connect(server.address)?];
    let before = server.resident()?;
    for _ in 0..SUBSCRIBERS {
        sockets.push(connect(server.address)?);
    }
    server.say("publish")?;
    for socket in &mut sockets {
        read_through(socket, b"}\n\n")?;
    }
    let after = server.resident()?;
    Ok((after - before) / 1024.0 / SUBSCRIBERS as f64)
}

/// Connects as a browser does, with what one sends.
fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let mut socket = TcpStream::connect(to)?;
    socket.set_read_timeout(Some(Duration::from_secs(30)))?;
    socket.write_all(
        b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\nPragma: no-cache\r\n\
          Cache-Control: no-cache\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) \
          AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\
          Accept: text/event-stream\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\n\
          Sec-Fetch-Dest: empty\r\nReferer: http://localhost/\r\n\
          Accept-Encoding: gzip, deflate, br\r\nAccept-Language: en-GB,en;q=0.9\r\n\
          Cookie: session=0123456789abcdef0123456789abcdef\r\n\r\n",
    )?;
    read_through(&mut socket, b"\r\n\r\n")?;
    Ok(socket)
}

/// Reads until the bytes read so far end so.
fn read_through(socket: &mut TcpStream, end: &[u8]) -> io::Result<()> {
    let (mut text, mut byte) = (Vec::new(), [0]);
    while !text.ends_with(end) {
        socket.read_exact(&mut byte)?;
        text.push(byte[0]);
    }
    Ok(())
}

/// A server process. It ends with this value.
struct Server {
    child: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Server {
    fn start(side: Side) -> io::Result<Self> {
        let mut command = Command::new(env::current_exe()?);
        command.args([SERVE, side.name()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let orders = child.stdin.take().expect("the input is piped");
        let answers = BufReader::new(child.stdout.take().expect("the output is piped"));
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { child, orders, answers, address: nowhere };
        server.address = server.answer()?.parse().map_err(io::Error::other)?;
        Ok(server)
    }

    fn say(&mut self, order: &str) -> io::Result<()> {
        writeln!(self.orders, "{order}")?;
        self.orders.flush()
    }

    fn answer(&mut self) -> io::Result<String> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    fn resident(&mut self) -> io::Result<f64> {
        self.say("resident")?;
        self.answer()?.parse().map_err(io::Error::other)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

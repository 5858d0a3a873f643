//! Clients of HTTP/1 that do as they are told, byte for byte.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
    time::{Instant, timeout},
};

use super::server::PATIENCE;

pub(crate) const HELLO: &str = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// A request for a stream, whose lines in the log are known by its id.
pub(crate) fn stream(path: &str, request_id: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nx-request-id: {request_id}\r\n\r\n")
}

/// A connection that has sent this.
pub(crate) async fn connect(address: SocketAddr, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.write_all(text.as_bytes()).await.expect("sent");
    socket
}

/// A connection whose kernel takes little that nobody reads.
pub(crate) async fn narrow(address: SocketAddr, text: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut socket = socket.connect(address).await.expect("a connection");
    socket.write_all(text.as_bytes()).await.expect("sent");
    socket
}

/// Reads until this has come.
pub(crate) async fn read_until(socket: &mut TcpStream, end: &str) -> String {
    let mut text = String::new();
    while !text.contains(end) {
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, socket.read(&mut bytes)).await;
        match read.expect("in time").expect("read") {
            0 => panic!("the end, after {text}"),
            read => text.push_str(std::str::from_utf8(&bytes[..read]).expect("text")),
        }
    }
    text
}

/// Reads until the other end closes, in whichever way; what came before, and after how long.
pub(crate) async fn read_to_end(socket: &mut TcpStream) -> (String, Duration) {
    let (begun, mut all) = (Instant::now(), Vec::new());
    let _closed_or_reset = timeout(PATIENCE, socket.read_to_end(&mut all)).await.expect("in time");
    (String::from_utf8_lossy(&all).into_owned(), begun.elapsed())
}

/// Sends these bytes one by one, for ever the last one, until the other end closes; after how
/// long.
pub(crate) async fn dribble(socket: &mut TcpStream, text: &[u8], pause: Duration) -> Duration {
    let begun = Instant::now();
    let (mut reader, mut writer) = socket.split();
    let closed = async {
        let mut all = Vec::new();
        let _closed_or_reset = reader.read_to_end(&mut all).await;
    };
    let dribbling = async {
        for at in 0.. {
            let byte = text[at.min(text.len() - 1)];
            if writer.write_all(&[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(pause).await;
        }
    };
    let either = async {
        tokio::select! {
            () = closed => {}
            () = dribbling => {}
        }
    };
    timeout(PATIENCE, either).await.expect("closed in time");
    begun.elapsed()
}

//! Frames of HTTP/2, as a client of its own making sends them.

use std::net::SocketAddr;

use tokio::{io::AsyncWriteExt as _, net::TcpStream};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("short").to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The begin of a connection where every window is as wide as it can be.
pub(crate) fn wide() -> Vec<u8> {
    let initial_window = [&[0, 4][..], &i32::MAX.to_be_bytes()].concat();
    let more = (i32::MAX - 65_535).to_be_bytes();
    [PREFACE, &frame(4, 0, 0, &initial_window), &frame(8, 0, 0, &more)].concat()
}

/// A request without a body. Nothing of it goes to the table of headers, so that it is the
/// same for every stream.
pub(crate) fn get(stream: u32, path: &str, request_id: &str) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).expect("short");
        [&[length], text.as_bytes()].concat()
    };
    let (path, host) =
        ([vec![0x04], text(path)].concat(), [vec![0x01], text("localhost")].concat());
    let id = [vec![0], text("x-request-id"), text(request_id)].concat();
    frame(1, 0x5, stream, &[vec![0x82, 0x86], path, host, id].concat())
}

pub(crate) fn cancel(stream: u32) -> Vec<u8> {
    frame(3, 0, stream, &8_u32.to_be_bytes())
}

pub(crate) fn ping() -> Vec<u8> {
    frame(6, 0, 0, b"whatever")
}

pub(crate) fn goaway() -> Vec<u8> {
    frame(7, 0, 0, &[0; 8])
}

pub(crate) async fn connect(address: SocketAddr, bytes: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.expect("a connection");
    socket.write_all(bytes).await.expect("sent");
    socket
}

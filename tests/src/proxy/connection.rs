//! One connection: its client, its server, and what passes between them.
//!
//! An error of a socket is an end like any other. Whatever ends one side ends the other in the
//! same way, as if there were no proxy.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::sleep,
};

use super::{
    Fault,
    counts::{Client, Entry},
    tap::{End, Passed, Tap},
};

/// How much is read at once, and so how much is kept of what is not yet passed on.
const READ: usize = 16 * 1024;

/// Serves a connection until both of its sockets are closed.
pub(super) async fn run(mut client: Client, upstream: SocketAddr, fault: Option<Fault>) {
    if fault == Some(Fault::Refuse) {
        client.entry.strike();
        return;
    }
    let Ok(mut server) = TcpStream::connect(upstream).await else { return };
    // Each piece is to leave by itself, and before a reset.
    let _ = (client.socket.set_nodelay(true), server.set_nodelay(true));
    let stop = {
        let (from_client, to_client) = client.socket.split();
        let (from_server, to_server) = server.split();
        let mut responses = Responses {
            tap: Tap::of(fault),
            pace: Pace::of(fault),
            entry: &client.entry,
            is_first: true,
        };
        tokio::select! {
            () = requests(from_client, to_server) => return,
            stop = responses.run(from_server, to_client) => stop,
        }
    };
    if let Stop::Struck(_) = stop {
        client.entry.strike();
    }
    match stop {
        Stop::Left => {}
        Stop::Ended | Stop::Broken | Stop::Struck(End::Cut) => cut(client, server).await,
        Stop::Failed | Stop::Struck(End::Reset) => reset(&client, &server),
        Stop::Struck(End::Stall) => swallow(&mut client.socket).await,
    }
}

/// Why nothing more passes.
enum Stop {
    /// The client is gone.
    Left,
    /// The server has closed its side.
    Ended,
    /// The server has reset the connection.
    Failed,
    /// The server has sent what is no chunk.
    Broken,
    Struck(End),
}

/// Passes on what the client says, until it leaves. A server that no longer listens may still
/// have something to say, and so does not end it.
async fn requests(mut client: impl AsyncRead + Unpin, mut server: impl AsyncWrite + Unpin) {
    let mut buffer = [0; READ];
    let mut is_heard = true;
    while let Ok(count @ 1..) = client.read(&mut buffer).await {
        is_heard = is_heard && server.write_all(&buffer[..count]).await.is_ok();
    }
}

/// The other direction, with the fault.
struct Responses<'a> {
    tap: Tap,
    pace: Pace,
    entry: &'a Entry,
    /// Nothing has passed yet.
    is_first: bool,
}

impl Responses<'_> {
    async fn run(
        &mut self,
        mut server: impl AsyncRead + Unpin,
        mut client: impl AsyncWrite + Unpin,
    ) -> Stop {
        let mut buffer = [0; READ];
        let mut out = Vec::new();
        loop {
            let read = match server.read(&mut buffer).await {
                Ok(0) => return Stop::Ended,
                Ok(count) => &buffer[..count],
                Err(_) => return Stop::Failed,
            };
            out.clear();
            let passed = self.tap.pass(read, &mut out);
            if passed == Passed::Repeated {
                self.entry.strike();
            }
            if self.write(&out, &mut client).await.is_err() {
                return Stop::Left;
            }
            match passed {
                Passed::On | Passed::Repeated => {}
                Passed::Broken => return Stop::Broken,
                Passed::End(end) => return Stop::Struck(end),
            }
        }
    }

    async fn write(
        &mut self,
        bytes: &[u8],
        client: &mut (impl AsyncWrite + Unpin),
    ) -> std::io::Result<()> {
        for piece in bytes.chunks(self.pace.bytes) {
            if !self.is_first && !self.pace.pause.is_zero() {
                sleep(self.pace.pause).await;
            }
            if self.is_first && self.pace.is_fault {
                self.entry.strike();
            }
            self.is_first = false;
            client.write_all(piece).await?;
            client.flush().await?;
        }
        Ok(())
    }
}

/// In which pieces bytes are passed on.
struct Pace {
    bytes: usize,
    pause: Duration,
    is_fault: bool,
}

impl Pace {
    fn of(fault: Option<Fault>) -> Self {
        match fault {
            Some(Fault::Dribble { bytes, pause }) => {
                Self { bytes: bytes.max(1), pause, is_fault: true }
            }
            _ => Self { bytes: usize::MAX, pause: Duration::ZERO, is_fault: false },
        }
    }
}

/// Closes both sides. The client's is only told that nothing more comes: to close a socket on
/// which something is unread is to reset it, and the client would lose what it has not read.
async fn cut(mut client: Client, server: TcpStream) {
    drop(server);
    let _ = client.socket.shutdown().await;
    swallow(&mut client.socket).await;
}

/// Makes closing both sides a reset.
fn reset(client: &Client, server: &TcpStream) {
    let _ = (client.socket.set_zero_linger(), server.set_zero_linger());
}

/// Passes over what the client says until it leaves.
async fn swallow(client: &mut TcpStream) {
    let mut buffer = [0; 1024];
    while let Ok(1..) = client.read(&mut buffer).await {}
}

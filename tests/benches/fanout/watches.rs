//! Stop watches beside the metrics: around the body of a stream and around its socket, with
//! clocks of their own and without a look at those of the library.

use std::{
    io::{self, IoSlice},
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use axum::{Extension, body::Body, extract::Request, middleware::Next, response::Response};
use http_body_util::BodyExt as _;
use sse_runtime::serve::{Accepted, Established, Listener};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};

use super::subscriber::{nanoseconds_now, sent};

/// What was measured, in nanoseconds, each once for each batch that a reader got.
#[derive(Debug)]
pub(crate) struct Times {
    /// From the time that stands in the oldest event of a batch until its body gave it away.
    fanout: Mutex<Vec<u64>>,
    /// From there until the socket had taken all of it.
    write: Mutex<Vec<u64>>,
}

impl Times {
    /// With room for a run: a vector that grows would be measured as well.
    pub(crate) fn new() -> Self {
        let room = || Mutex::new(Vec::with_capacity(1 << 19));
        Self { fanout: room(), write: room() }
    }

    /// How many, the median, the 99th of a hundred and the mean: of fan-outs, and of writes.
    pub(crate) fn figures(&self) -> [[u64; 4]; 2] {
        [&self.fanout, &self.write].map(|times| {
            let mut times = times.lock().expect("no watch has panicked");
            times.sort_unstable();
            let count = times.len() as u64;
            let at = |part: f64| times.get((count as f64 * part) as usize).copied();
            let mean = times.iter().sum::<u64>() / count.max(1);
            [count, at(0.5).unwrap_or(0), at(0.99).unwrap_or(0), mean]
        })
    }
}

/// One connection. It has one stream.
#[derive(Debug)]
pub(crate) struct Watch {
    times: Arc<Times>,
    /// Since when something is on its way to the socket; 0 where nothing is.
    since: AtomicU64,
}

impl Watch {
    fn handed(&self, chunk: &[u8]) {
        let now = nanoseconds_now();
        let Some(oldest) = memchr::memmem::find(chunk, b"\n\n") else { return };
        let Some(sent) = sent(&chunk[..oldest + 2]) else { return };
        let mut fanout = self.times.fanout.lock().expect("no watch has panicked");
        fanout.push(now.saturating_sub(sent));
        let _waits = self.since.compare_exchange(0, now, Relaxed, Relaxed);
    }

    fn wrote(&self, offered: usize, written: &Poll<io::Result<usize>>) {
        if !matches!(written, Poll::Ready(Ok(taken)) if *taken == offered) {
            return;
        }
        let since = self.since.swap(0, Relaxed);
        if since > 0 {
            let mut write = self.times.write.lock().expect("no watch has panicked");
            write.push(nanoseconds_now().saturating_sub(since));
        }
    }
}

/// Watches the body of an answer.
pub(crate) async fn body(
    Extension(watch): Extension<Arc<Watch>>,
    request: Request,
    next: Next,
) -> Response {
    let answer = next.run(request).await;
    answer.map(|body| {
        Body::new(body.map_frame(move |frame| {
            if let Some(chunk) = frame.data_ref() {
                watch.handed(chunk);
            }
            frame
        }))
    })
}

/// A listener whose sockets are watched.
pub(crate) struct Watching {
    pub(crate) tcp: TcpListener,
    pub(crate) times: Arc<Times>,
}

impl Listener for Watching {
    type Accepted = Socket;

    async fn accept(&mut self) -> io::Result<Socket> {
        let (tcp, peer) = self.tcp.accept().await?;
        let watch = Watch { times: Arc::clone(&self.times), since: AtomicU64::new(0) };
        Ok(Socket { tcp, peer, watch: Arc::new(watch) })
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

pub(crate) struct Socket {
    tcp: TcpStream,
    peer: SocketAddr,
    watch: Arc<Watch>,
}

impl Accepted for Socket {
    type Io = Self;

    fn peer(&self) -> SocketAddr {
        self.peer
    }

    fn tcp(&self) -> Option<&TcpStream> {
        Some(&self.tcp)
    }

    async fn establish(self) -> io::Result<Established<Self>> {
        let watch = Arc::clone(&self.watch);
        Ok(Established::new(self).extension(watch))
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write(cx, bytes);
        self.watch.wrote(bytes.len(), &written);
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.tcp).poll_write_vectored(cx, slices);
        self.watch.wrote(slices.iter().map(|slice| slice.len()).sum(), &written);
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

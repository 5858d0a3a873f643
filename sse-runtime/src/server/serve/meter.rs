//! What a socket took, told to whoever cannot see it.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket that counts what it took, below something that keeps what it is given: TLS, or any
/// other I/O with a buffer of its own.
///
/// From above such a buffer a reader that is slow and one that has stopped look alike until it is
/// full. With the [`Meter`], given to [`Established::meter`](super::Established::meter), the
/// deadline for writes goes by what left.
///
/// ```
/// use sse_runtime::serve::{Established, Metered};
/// # use tokio::io::BufWriter;
///
/// # fn ready(tcp: tokio::net::TcpStream) {
/// let socket = Metered::new(tcp);
/// let meter = socket.meter();
/// let io = BufWriter::new(socket); // or the stream that a handshake gives
/// let established = Established::new(io).meter(meter);
/// # let _ = established;
/// # }
/// ```
#[derive(Debug)]
pub struct Metered<S> {
    socket: S,
    meter: Meter,
}

/// How much a [`Metered`] socket took. Cheap to clone; all clones are of one socket.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<AtomicU64>);

impl Meter {
    pub(super) fn taken(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl<S> Metered<S> {
    /// Counts what this socket takes.
    pub fn new(socket: S) -> Self {
        Self { socket, meter: Meter::default() }
    }

    /// What it has taken so far, and will have.
    #[must_use]
    pub fn meter(&self) -> Meter {
        self.meter.clone()
    }

    /// The socket itself.
    pub const fn get_ref(&self) -> &S {
        &self.socket
    }

    fn count(&self, taken: usize) -> Poll<io::Result<usize>> {
        self.meter.0.fetch_add(taken as u64, Ordering::Relaxed);
        Poll::Ready(Ok(taken))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let taken = ready!(Pin::new(&mut this.socket).poll_write(cx, bytes))?;
        this.count(taken)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let taken = ready!(Pin::new(&mut this.socket).poll_write_vectored(cx, slices))?;
        this.count(taken)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter, duplex};

    use super::*;

    #[tokio::test]
    async fn what_stays_in_a_buffer_above_is_not_counted() {
        let (ours, mut theirs) = duplex(64);
        let socket = Metered::new(ours);
        let meter = socket.meter();
        let mut io = BufWriter::with_capacity(64, socket);
        io.write_all(b"ten bytes!").await.unwrap();
        assert_eq!(meter.taken(), 0);
        io.flush().await.unwrap();
        assert_eq!(meter.taken(), 10);
        let mut bytes = [0; 10];
        theirs.read_exact(&mut bytes).await.unwrap();
        assert_eq!(&bytes, b"ten bytes!");
    }
}

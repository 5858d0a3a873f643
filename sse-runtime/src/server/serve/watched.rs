//! A connection whose writes are watched by a clock.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{super::link::Link, meter::Meter, stall::Clock};
use crate::names::Reason;

/// The bytes of a connection. The clock for a reader that stopped reading is here and not in
/// the stream, because nobody asks a stream for more while its connection is full.
pub(super) struct Watched<I> {
    io: I,
    /// What was read to learn the protocol, and is still to be read.
    first: First,
    clock: Clock,
    link: Arc<Link>,
}

/// The first bytes of a connection.
#[derive(Default)]
struct First {
    bytes: [u8; 3],
    read: u8,
    given: u8,
}

impl First {
    /// Moves what was read ahead to whoever reads.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let ahead = &self.bytes[usize::from(self.given)..usize::from(self.read)];
        for &byte in ahead.iter().take(buffer.remaining()) {
            buffer.put_slice(&[byte]);
            self.given += 1;
        }
    }
}

impl<I> Watched<I> {
    pub(super) fn new(io: I, link: Arc<Link>, timeout: Duration) -> Self {
        Self { io, first: First::default(), clock: Clock::new(timeout), link }
    }

    /// Goes by what a socket below took.
    pub(super) fn metered(mut self, meter: Option<Meter>) -> Self {
        self.clock.meter = meter;
        self
    }

    /// A connection that the system gave up, because what was sent is not acknowledged or not
    /// taken, stands still like one that was given up here.
    fn failed(&self, error: io::Error) -> io::Error {
        if error.kind() == io::ErrorKind::TimedOut {
            self.link.cut(Reason::Stalled);
        }
        error
    }
}

impl<I: AsyncRead + Unpin> Watched<I> {
    /// Reads a byte ahead, if there is room for one; the bytes read so far. They are kept for
    /// whoever reads.
    pub(super) fn poll_first(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let First { bytes, read, .. } = &mut self.first;
        let mut buffer = ReadBuf::new(&mut bytes[usize::from(*read)..]);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
        *read += buffer.filled().iter().map(|_| 1).sum::<u8>();
        Poll::Ready(Ok(&bytes[..usize::from(*read)]))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Watched<I> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        this.first.give(buffer);
        let has_some = buffer.filled().len() > before;
        // What follows goes with it: a reader that gets three bytes doubles its buffer for more.
        if buffer.remaining() > 0 {
            match Pin::new(&mut this.io).poll_read(cx, buffer) {
                // It stays so, and is told when there is nothing else to tell.
                Poll::Pending | Poll::Ready(Err(_)) if has_some => {}
                other => ready!(other).map_err(|error| this.failed(error))?,
            }
        }
        if buffer.filled().len() > before {
            this.link.has_read();
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: AsyncWrite + Unpin> Watched<I> {
    /// What came of a write of so many bytes.
    fn wrote(
        &mut self,
        cx: &mut Context<'_>,
        offered: usize,
        written: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match written {
            Poll::Ready(Ok(taken)) => {
                self.clock.took(taken, offered);
                if taken == offered {
                    self.link.has_written();
                }
                Poll::Ready(Ok(taken))
            }
            Poll::Ready(Err(error)) => Poll::Ready(Err(self.failed(error))),
            Poll::Pending => {
                self.clock.is_full = true;
                self.waits(cx).map(Err)
            }
        }
    }

    /// A write has to wait, which it may for a while.
    fn waits(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        ready!(self.clock.poll(cx));
        self.link.cut(Reason::Stalled);
        Poll::Ready(io::Error::new(io::ErrorKind::TimedOut, "the peer has stopped reading"))
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Watched<I> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.io).poll_write(cx, bytes);
        this.wrote(cx, bytes.len(), written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let offered = slices.iter().map(|slice| slice.len()).sum();
        let written = Pin::new(&mut this.io).poll_write_vectored(cx, slices);
        this.wrote(cx, offered, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.io).poll_flush(cx) {
            Poll::Pending => {
                this.clock.flushes = true;
                this.waits(cx).map(Err)
            }
            Poll::Ready(flushed) => {
                this.clock.stop();
                this.link.has_flushed();
                Poll::Ready(flushed)
            }
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.io).poll_shutdown(cx) {
            Poll::Pending => this.waits(cx).map(Err),
            Poll::Ready(shut) => Poll::Ready(shut),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter, DuplexStream, duplex},
        time::{Instant, timeout},
    };

    use super::{super::meter::Metered, *};

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// A socket whose user timeout is over.
    struct GivenUp;

    impl AsyncWrite for GivenUp {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn pair() -> (Watched<DuplexStream>, DuplexStream, Arc<Link>) {
        let (ours, theirs) = duplex(4096);
        let link = Arc::new(Link::default());
        (Watched::new(ours, Arc::clone(&link), TIMEOUT), theirs, link)
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_stopped_is_found_in_time() {
        let (mut ours, _theirs, link) = pair();
        let begin = Instant::now();
        let error = ours.write_all(&[0; 9000]).await.unwrap_err();
        assert_eq!((error.kind(), begin.elapsed()), (io::ErrorKind::TimedOut, TIMEOUT));
        assert_eq!(link.fault(), Some(Reason::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_no_reading() {
        let (mut ours, mut theirs, link) = pair();
        let reader = tokio::spawn(async move {
            let mut byte = [0];
            while theirs.read_exact(&mut byte).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        });
        let begin = Instant::now();
        ours.write_all(&[0; 9000]).await.unwrap_err();
        assert!(begin.elapsed() <= TIMEOUT + Duration::from_secs(1), "{:?}", begin.elapsed());
        assert_eq!(link.fault(), Some(Reason::Stalled));
        reader.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_that_reads_is_waited_for() {
        let (mut ours, mut theirs, link) = pair();
        let reader = tokio::spawn(async move {
            let mut bytes = [0; 2048];
            let mut read = 0;
            while read < 90_000 {
                tokio::time::sleep(Duration::from_secs(9)).await;
                read += theirs.read(&mut bytes).await.unwrap();
            }
        });
        ours.write_all(&[0; 90_000]).await.unwrap();
        reader.await.unwrap();
        assert_eq!(link.fault(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_buffer_above_the_socket_does_not_hide_a_reader_that_stopped() {
        let (ours, _theirs) = duplex(4096);
        let link = Arc::new(Link::default());
        let buffered = BufWriter::with_capacity(64 * 1024, ours);
        let mut ours = Watched::new(buffered, Arc::clone(&link), TIMEOUT);
        let begin = Instant::now();
        while begin.elapsed() < 3 * TIMEOUT {
            // Each event is taken by the buffer, and none leaves it.
            let sent = async { ours.write_all(&[0; 400]).await.and(ours.flush().await) };
            if let Ok(Err(error)) = timeout(Duration::from_millis(500), sent).await {
                assert_eq!(error.kind(), io::ErrorKind::TimedOut);
                break;
            }
        }
        assert!(begin.elapsed() <= TIMEOUT + Duration::from_secs(6), "{:?}", begin.elapsed());
        assert_eq!(link.fault(), Some(Reason::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn nor_does_it_hide_one_that_is_slow_and_reads_where_the_socket_is_metered() {
        let (ours, mut theirs) = duplex(4096);
        let link = Arc::new(Link::default());
        let socket = Metered::new(ours);
        let meter = socket.meter();
        // So large that it is never full, though more is sent than is read.
        let buffered = BufWriter::with_capacity(1024 * 1024, socket);
        let ours = Watched::new(buffered, Arc::clone(&link), TIMEOUT);
        let mut ours = ours.metered(Some(meter));
        let reader = tokio::spawn(async move {
            let mut bytes = [0; 512];
            while theirs.read_exact(&mut bytes).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(2)).await;
            }
        });
        let begin = Instant::now();
        while begin.elapsed() < 10 * TIMEOUT {
            let sent = async { ours.write_all(&[0; 400]).await.and(ours.flush().await) };
            if let Ok(sent) = timeout(Duration::from_millis(500), sent).await {
                sent.unwrap();
                // Sent at once, and the next is due as well.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        assert_eq!(link.fault(), None);
        reader.abort();
    }

    #[tokio::test]
    async fn what_the_system_gives_up_has_stalled() {
        let link = Arc::new(Link::default());
        let mut ours = Watched::new(GivenUp, Arc::clone(&link), TIMEOUT);
        ours.write_all(b"event").await.unwrap_err();
        assert_eq!(link.fault(), Some(Reason::Stalled));
    }

    #[tokio::test(start_paused = true)]
    async fn an_idle_connection_has_no_clock() {
        let (mut ours, mut theirs, _link) = pair();
        ours.write_all(&[0; 4096]).await.unwrap();
        assert!(ours.clock.is_still());
        theirs.read_exact(&mut [0; 4096]).await.unwrap();
        ours.write_all(&[0; 4000]).await.unwrap();
        assert!(ours.clock.is_still());
    }

    #[tokio::test]
    async fn what_was_read_ahead_is_read_again_at_every_split() {
        for ahead in 0..=3 {
            for room in 1..=4 {
                let (mut ours, mut theirs, _link) = pair();
                for byte in b"PRI * HTTP".iter().take(ahead) {
                    theirs.write_all(&[*byte]).await.unwrap();
                    std::future::poll_fn(|cx| ours.poll_first(cx).map_ok(<[u8]>::len))
                        .await
                        .unwrap();
                }
                theirs.write_all(&b"PRI * HTTP"[ahead..]).await.unwrap();
                drop(theirs);
                let mut all = Vec::new();
                let mut bytes = vec![0; room];
                while let Ok(read @ 1..) = ours.read(&mut bytes).await {
                    all.extend_from_slice(&bytes[..read]);
                }
                assert_eq!(all, b"PRI * HTTP", "{ahead} ahead, {room} at once");
            }
        }
    }
}

//! One connection of HTTP/1.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::server::conn::http1::{Builder, UpgradeableConnection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    super::{
        link::{Link, Word},
        turn::Turn,
    },
    clock::{HeadClock, HeadTimes},
    connections::Party,
    requests::Requests,
    watched::Watched,
};
use crate::names::Reason;

/// What there is to say about each connection of HTTP/1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Http1 {
    /// The largest head of a request. What waits for a slow reader is bounded by it too: hyper
    /// knows one size for both.
    pub(super) largest_head: usize,
    pub(super) idle: Duration,
}

impl Http1 {
    /// Begins to carry a connection, and has it carried on.
    pub(super) async fn carry<I>(
        &self,
        io: Watched<I>,
        requests: Requests,
        party: Party,
        clock: HeadClock<impl HeadTimes>,
        keep_alive: bool,
    ) where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let link = Arc::clone(requests.link());
        let room = room();
        let mut builder = Builder::new();
        builder
            .timer(clock)
            // The clock has its own idea of how long; this only switches it on.
            .header_read_timeout(self.idle)
            .max_buf_size(self.largest_head)
            .keep_alive(keep_alive);
        let connection = builder.serve_connection(TokioIo::new(io), requests).with_upgrades();
        let mut carried = Carried { connection, party, link, finishing: false };
        drop(room);
        let first = poll_fn(|cx| Poll::Ready(Pin::new(&mut carried).poll(cx)));
        if first.await.is_pending() {
            // In a task that holds nothing else: what a handshake needed is not kept.
            carried.party.forget();
            tokio::spawn(carried);
        }
    }
}

/// A piece of memory as large as one of hyper's buffers, taken before the one for writing and
/// given back before the first read.
///
/// Of a stream hyper keeps two buffers, of which the first writes a few hundred bytes and the
/// second none; the pages between are never touched, and cost nothing, if the two lie side by
/// side. The one that the request is read into would come between them. It finds this place
/// instead, and what is small fills it when the request is gone. Measured with 10,000 idle
/// streams (`tests/benches/idle.rs`): 12.8 KiB each instead of 14.1.
fn room() -> Vec<u8> {
    const BUFFER: usize = 8192;
    // Memory that nobody writes to would not be taken at all.
    std::hint::black_box(Vec::with_capacity(BUFFER))
}

/// A connection on its way. No `select!`: most wakes are those of an event that goes out, and
/// are to cost nothing but a look at a number that is the same for all.
struct Carried<I: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    connection: UpgradeableConnection<TokioIo<Watched<I>>, Requests>,
    party: Party,
    link: Arc<Link>,
    finishing: bool,
}

impl<I: AsyncRead + AsyncWrite + Unpin + Send + 'static> Carried<I> {
    fn finish(&mut self) {
        if !std::mem::replace(&mut self.finishing, true) {
            Pin::new(&mut self.connection).graceful_shutdown();
        }
    }
}

impl<I: AsyncRead + AsyncWrite + Unpin + Send + 'static> Future for Carried<I> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        match this.party.poll(cx) {
            Some(Word::Cut) => {
                this.link.cut(Reason::Drain);
                return Poll::Ready(());
            }
            Some(Word::Finish) => this.finish(),
            None => {}
        }
        let turn = Turn::begin(cx.waker());
        let mut polled = Pin::new(&mut this.connection).poll(cx);
        if polled.is_pending() && this.link.is_closing() && !this.finishing {
            this.finish();
            polled = Pin::new(&mut this.connection).poll(cx);
        }
        drop(turn);
        polled.map(told)
    }
}

/// How a connection ended: mostly by what its peer did, which is no news.
pub(super) fn told(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(error = &error as &dyn std::error::Error, "a connection broke");
    }
}

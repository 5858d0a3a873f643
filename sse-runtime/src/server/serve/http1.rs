//! One connection of HTTP/1.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use hyper::server::conn::http1::{Builder, UpgradeableConnection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};

use super::{
    super::link::Link,
    clock::HeadClock,
    connections::{Party, Word},
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
    pub(super) async fn carry<I>(
        &self,
        io: Watched<I>,
        requests: Requests,
        party: Party,
        clock: HeadClock,
        keep_alive: bool,
    ) -> hyper::Result<()>
    where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let link = Arc::clone(requests.link());
        let mut builder = Builder::new();
        builder
            .timer(clock)
            // The clock has its own idea of how long; this only switches it on.
            .header_read_timeout(self.idle)
            .max_buf_size(self.largest_head)
            .keep_alive(keep_alive);
        let connection = builder.serve_connection(TokioIo::new(io), requests).with_upgrades();
        Carried { connection, party, link, finishing: false }.await
    }
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
    type Output = hyper::Result<()>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        let this = &mut *self;
        match this.party.poll(cx) {
            Some(Word::Cut) => {
                this.link.cut(Reason::Drain);
                return Poll::Ready(Ok(()));
            }
            Some(Word::Finish) => this.finish(),
            None => {}
        }
        let polled = Pin::new(&mut this.connection).poll(cx);
        if polled.is_pending() && this.link.is_closing() && !this.finishing {
            this.finish();
            return Pin::new(&mut this.connection).poll(cx);
        }
        polled
    }
}

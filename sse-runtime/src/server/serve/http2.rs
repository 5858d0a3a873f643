//! One connection of HTTP/2, and the clock of each of its streams.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::{
    body::Incoming,
    rt::Executor,
    server::conn::http2::{Builder, Connection},
    service::Service,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, Sleep, sleep_until},
};

use super::{
    super::link::{Link, Word},
    connections::Party,
    http1::told,
    requests::Requests,
    stall::LEAST,
    watched::Watched,
};
use crate::names::Reason;

/// What there is to say about each connection of HTTP/2.
#[derive(Debug, Clone, Copy)]
pub(super) struct Http2 {
    pub(super) largest_head: usize,
    pub(super) idle: Duration,
    pub(super) write_timeout: Duration,
    pub(super) keepalive: Duration,
    /// How much may wait for a reader that is slow.
    pub(super) send_buffer: usize,
}

/// How many requests one connection may have open: a page opens few, and a proxy that needs more
/// opens another connection.
const STREAMS: u32 = 256;
/// How much a connection may send before it is read. Requests are small.
const WINDOW: u32 = 64 * 1024;

impl Http2 {
    pub(super) fn carry<I>(
        &self,
        io: Watched<I>,
        requests: Requests,
        party: Party,
        first: Instant,
        keep_alive: bool,
    ) where
        I: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let link = Arc::clone(requests.link());
        let crowd = Arc::new(Crowd::default());
        let streams = Streams { crowd: Arc::clone(&crowd), timeout: self.write_timeout };
        let connection = Builder::new(streams)
            .timer(TokioTimer::new())
            .keep_alive_interval(self.keepalive)
            .keep_alive_timeout(self.keepalive)
            .max_concurrent_streams(STREAMS)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(WINDOW * 4)
            .max_send_buf_size(self.send_buffer)
            .max_header_list_size(u32::try_from(self.largest_head).unwrap_or(u32::MAX))
            .serve_connection(TokioIo::new(io), Pulled { requests });
        let idle = Box::pin(sleep_until(first));
        let every = self.idle;
        let mut carried =
            Carried { connection, party, link, crowd, begun: 0, idle, every, finishing: false };
        if !keep_alive {
            carried.finish();
        }
        tokio::spawn(carried);
    }
}

/// A connection on its way.
struct Carried<I: AsyncRead + AsyncWrite + Unpin + Send + 'static> {
    connection: Connection<TokioIo<Watched<I>>, Pulled, Streams>,
    party: Party,
    link: Arc<Link>,
    crowd: Arc<Crowd>,
    /// How many streams had begun at the last look.
    begun: usize,
    /// The next look.
    idle: Pin<Box<Sleep>>,
    every: Duration,
    finishing: bool,
}

impl<I: AsyncRead + AsyncWrite + Unpin + Send + 'static> Carried<I> {
    fn finish(&mut self) {
        if !std::mem::replace(&mut self.finishing, true) {
            Pin::new(&mut self.connection).graceful_shutdown();
        }
    }

    /// Looks whether the connection has been of use: first after the time for a head, which
    /// is all that a peer has that only says hello, then after each time that it may be idle.
    fn look(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while self.idle.as_mut().poll(cx).is_ready() {
            let begun = self.crowd.begun.load(Ordering::Relaxed);
            let is_idle = begun == self.begun && self.crowd.open.load(Ordering::Relaxed) == 0;
            // Nor may a peer stay that was told to end, and does not take what is left for it.
            if begun == 0 || (is_idle && self.finishing) {
                return Poll::Ready(());
            }
            if is_idle {
                self.finish();
            }
            self.begun = begun;
            self.idle.as_mut().reset(Instant::now() + self.every);
        }
        Poll::Pending
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
        if this.look(cx).is_ready() {
            return Poll::Ready(());
        }
        let mut polled = Pin::new(&mut this.connection).poll(cx);
        if polled.is_pending() && this.link.is_closing() && !this.finishing {
            this.finish();
            polled = Pin::new(&mut this.connection).poll(cx);
        }
        polled.map(told)
    }
}

/// How many streams a connection has, and has had.
#[derive(Debug, Default)]
struct Crowd {
    begun: AtomicUsize,
    open: AtomicUsize,
}

/// Spawns the streams of a connection.
#[derive(Clone)]
struct Streams {
    crowd: Arc<Crowd>,
    timeout: Duration,
}

impl<F> Executor<F> for Streams
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    fn execute(&self, stream: F) {
        self.crowd.begun.fetch_add(1, Ordering::Relaxed);
        self.crowd.open.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(Stream {
            stream: Box::pin(stream),
            pull: Arc::default(),
            clock: None,
            timeout: self.timeout,
            crowd: Arc::clone(&self.crowd),
        });
    }
}

tokio::task_local! {
    /// The stream that is being polled. hyper makes its task and calls the service apart, and
    /// nothing else leads from one to the other.
    static PULL: Arc<Pull>;
}

/// When the transport of a stream was last given something, and has not asked for more since.
#[derive(Debug, Default)]
struct Pull {
    given: Mutex<Option<Instant>>,
    /// Whether it has had to wait since then.
    waits: AtomicBool,
    link: Mutex<Option<Arc<Link>>>,
}

impl Pull {
    fn set(&self, given: Option<Instant>) {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner) = given;
    }

    fn given(&self) -> Option<Instant> {
        *self.given.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn link(&self) -> std::sync::MutexGuard<'_, Option<Arc<Link>>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream with a clock. The one of the connection's writes does not see a reader that lets
/// the window of one stream run out and reads on: the connection is well. A transport that has
/// been given something and does not ask for more is one that cannot send it.
struct Stream<F> {
    stream: Pin<Box<F>>,
    pull: Arc<Pull>,
    clock: Option<Pin<Box<Sleep>>>,
    timeout: Duration,
    crowd: Arc<Crowd>,
}

impl<F: Future> Future for Stream<F> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        let stream = &mut this.stream;
        if PULL.sync_scope(Arc::clone(&this.pull), || stream.as_mut().poll(cx)).is_ready() {
            return Poll::Ready(());
        }
        let Some(given) = this.pull.given() else { return Poll::Pending };
        this.pull.waits.store(true, Ordering::Relaxed);
        let due = given + this.timeout;
        let clock = this.clock.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if clock.deadline() != due {
            clock.as_mut().reset(due);
        }
        if clock.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        if let Some(link) = &*this.pull.link() {
            link.cut(Reason::Stalled);
        }
        // Dropped without an end, it is reset, and its buffers are free.
        Poll::Ready(())
    }
}

impl<F> Drop for Stream<F> {
    fn drop(&mut self) {
        self.crowd.open.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The service of a connection, whose answers note when they are asked for.
struct Pulled {
    requests: Requests,
}

impl Service<Request<Incoming>> for Pulled {
    type Response = Response<PulledBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<PulledBody>, Infallible>> + Send>>;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        let link = Arc::new(Link::of(self.requests.link()));
        let answer = self.requests.answer(request.map(Body::new), Arc::clone(&link));
        Box::pin(async move {
            let pull = PULL.try_with(Arc::clone).unwrap_or_default();
            *pull.link() = Some(link);
            let Ok(response) = answer.await;
            Ok(response.map(|body| PulledBody { body, pull, rest: Bytes::new(), piece: LEAST }))
        })
    }
}

/// How much a transport is given at once, at most: as much as the frame of a peer holds that says
/// nothing else. What was given last it holds without a clock.
const PIECE: usize = 16 * 1024;

/// A body that notes when it is asked for more, and when it gave something.
#[derive(Debug)]
struct PulledBody {
    body: Body,
    pull: Arc<Pull>,
    /// What the body gave, and the transport is still to be given.
    rest: Bytes,
    /// How much it is given at once. Little after it had to wait, so that a slow reader is seen
    /// to take something; more with each time that it had not.
    piece: usize,
}

impl HttpBody for PulledBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let had_to_wait = this.pull.waits.swap(false, Ordering::Relaxed);
        this.piece = if had_to_wait { LEAST } else { PIECE.min(this.piece * 2) };
        let polled = if this.rest.is_empty() {
            let mut polled = Pin::new(&mut this.body).poll_frame(cx);
            if let Poll::Ready(Some(Ok(frame))) = &mut polled
                && let Some(bytes) = frame.data_mut()
            {
                this.rest = bytes.split_off(bytes.len().min(this.piece));
            }
            polled
        } else {
            let piece = this.rest.split_to(this.rest.len().min(this.piece));
            Poll::Ready(Some(Ok(Frame::data(piece))))
        };
        let gave = matches!(polled, Poll::Ready(Some(Ok(_))));
        this.pull.set(gave.then(Instant::now));
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (hint, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower() + rest);
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper + rest);
        }
        whole
    }
}

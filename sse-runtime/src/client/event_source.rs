//! A stream of typed events.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;
use tokio::time::Instant;
use tracing::{Span, debug, info, warn};

use super::{
    Input, Item, LastEventId, StopReason, StreamError, figures,
    reading::Reading,
    shell::{Shell, Signal},
    trace::Trace,
};
use crate::{
    event::{DecodeEvent, Opened},
    names::ClientState,
};

/// A stream of typed events, which connects, resumes and waits by itself.
///
/// Made by [`Client::subscribe`](super::Client::subscribe) and what stands beside it. It is a
/// [`Stream`], and [`next`](Self::next) reads it without one. Nothing happens unless it is
/// polled, within a runtime of tokio: there is no task behind it, so that a program which does
/// not read makes the server wait, and dropping it frees the socket in every state (pitfall P5).
///
/// The stream is over with `None`, where all has been said or somebody closed it, or after a
/// [`StreamError::Failed`]. [`stop_reason`](Self::stop_reason) then says why.
///
/// ```no_run
/// use sse_runtime::{
///     SseEvent,
///     client::{Client, Item, StreamError},
/// };
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
/// }
///
/// # async fn reload() {}
/// # async fn read() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::new()?; // once; every stream is asked of it
/// let mut events = client.subscribe::<InventoryEvent>("https://shop.example/events/inventory")?;
/// while let Some(item) = events.next().await {
///     match item {
///         Ok(Item::Event(received)) => {
///             let InventoryEvent::StockChanged { sku, left } = received.event;
///             println!("{left} of {sku} left");
///         }
///         Ok(_) => {}
///         // Events are missing, and nobody knows which.
///         Err(StreamError::Gap(_) | StreamError::Reset(_)) => reload().await,
///         Err(error) => return Err(error.into()),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is asked for before it is read"]
pub struct EventSource<E> {
    shell: Shell,
    reading: Reading,
    trace: Trace,
    stop: Option<StopReason>,
    /// Whether the end has been told.
    ended: bool,
    event: std::marker::PhantomData<fn() -> E>,
}

impl<E: DecodeEvent> EventSource<E> {
    pub(super) fn new(shell: Shell, reading: Reading, trace: Trace) -> Self {
        Self { shell, reading, trace, stop: None, ended: false, event: std::marker::PhantomData }
    }

    /// What comes next; `None` where the stream is over.
    ///
    /// Nothing is lost where this is dropped before it is ready, as in a `select!`.
    ///
    /// # Errors
    ///
    /// [`StreamError`]; after all but [`StreamError::Failed`] the stream goes on.
    pub async fn next(&mut self) -> Option<Result<Item<E>, StreamError>> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    /// In the span of the stream, for as long as this poll takes.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Item<E>, StreamError>>> {
        let span = self.trace.span().clone();
        span.in_scope(|| self.poll_item(cx))
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Item<E>, StreamError>>> {
        self.shell.figures.asked();
        if !self.ended {
            self.shell.listen(cx);
        }
        loop {
            if self.ended {
                return Poll::Ready(None);
            }
            let since = if self.shell.feed.is_empty() { None } else { Some(Instant::now()) };
            if self.shell.state() == ClientState::Up
                && let Some(since) = since
                && let Some(decoded) = self.shell.feed.next()
            {
                let outcome = self.reading.read(decoded);
                for input in [outcome.moved, outcome.input].into_iter().flatten() {
                    self.shell.tell(input);
                }
                match outcome.item {
                    Some(item) => {
                        if let Some(opened) = self.reading.opened() {
                            self.trace.called(&opened.request_id);
                        }
                        self.shell.figures.item(&item, since);
                        self.trace.item(&item, self.reading.is_numbered());
                        return Poll::Ready(Some(item));
                    }
                    None => continue,
                }
            }
            match ready!(self.shell.poll(self.reading.position(), cx)) {
                Signal::Bytes => {}
                Signal::Head(headers) => {
                    self.trace.answered(&headers);
                    if let Err(error) = self.reading.begin(&headers) {
                        self.shell.tell(Input::Failed(error.into()));
                    }
                }
                Signal::Changed(change) => {
                    self.shell.figures.state(change.to);
                    debug!(state = %change.to, cause = change.why.map(|row| row.as_str()), "the stream changed its state");
                    if self.reading.terms().states {
                        return Poll::Ready(Some(Ok(Item::State(change))));
                    }
                }
                Signal::Stopped(reason) => return Poll::Ready(self.stop(reason)),
            }
        }
    }

    fn stop(&mut self, reason: StopReason) -> Option<Result<Item<E>, StreamError>> {
        self.ended = true;
        figures::stopped(&reason);
        self.stop = Some(reason.clone());
        match reason {
            StopReason::Failed(error) => {
                // As a string, which is escaped: the other end may have a word in it.
                let text = error.to_string();
                warn!(reason = %self.stop.as_ref()?.reason(), error = text, "the stream failed");
                Some(Err(StreamError::Failed(error)))
            }
            reason => {
                info!(reason = %reason.reason(), "the stream is over");
                None
            }
        }
    }
}

impl<E> EventSource<E> {
    /// The state that the stream is in.
    #[must_use]
    pub const fn state(&self) -> ClientState {
        self.shell.state()
    }

    /// Where the stream stands: the id that a request would bring now (rule 21). It is that of
    /// the last item that was handed out, so that an application which stores it after it has
    /// done its work goes on behind that, whenever it comes back
    /// ([`last_event_id`](super::StreamRequest::last_event_id)).
    #[must_use]
    pub const fn last_event_id(&self) -> Option<&LastEventId> {
        self.reading.position()
    }

    /// What the stream last said of itself: what became of the position, its heartbeat, its
    /// sources, its request id.
    #[must_use]
    pub const fn opened(&self) -> Option<&Opened> {
        self.reading.opened()
    }

    /// The span of the stream, `sse.client`: its `request_id` is the one that the server has in its
    /// log. The stream is polled in it. What a program logs about an event belongs in it too, and
    /// is then found by the same id on both ends:
    ///
    /// ```
    /// # use sse_runtime::{SseEvent, client::{EventSource, Item, Received, StreamError}};
    /// # #[derive(SseEvent)]
    /// # #[sse(source = "inventory")]
    /// # enum InventoryEvent { Left(u32) }
    /// # async fn store(left: u32) {}
    /// use tracing::Instrument as _;
    ///
    /// # async fn read(mut events: EventSource<InventoryEvent>) -> Result<(), StreamError> {
    /// while let Some(item) = events.next().await {
    ///     if let Item::Event(received) = item? {
    ///         let work = async {
    ///             tracing::info!(event_seq = received.seq(), "storing");
    ///             let InventoryEvent::Left(left) = received.event;
    ///             store(left).await;
    ///         };
    ///         // For a block without `await`: `events.span().in_scope(|| ...)`.
    ///         work.instrument(events.span().clone()).await;
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// It is another one where a server calls the request otherwise when the stream is asked for
    /// again: ask for it with each event, and do not keep it.
    #[must_use]
    pub const fn span(&self) -> &Span {
        self.trace.span()
    }

    /// How many events came again after a resume, and were dropped by their position.
    #[must_use]
    pub const fn repeats(&self) -> u64 {
        self.reading.repeats()
    }

    /// Why the stream is over; none as long as it is not.
    #[must_use]
    pub const fn stop_reason(&self) -> Option<&StopReason> {
        self.stop.as_ref()
    }

    /// Ends the stream: its socket is freed at once, and the next thing that comes is `None`,
    /// after the change of the state where [`states`](super::StreamRequest::states) asks for it.
    /// Dropping it does the same.
    pub fn close(&mut self) {
        self.shell.close();
    }
}

impl<E: DecodeEvent> Stream for EventSource<E> {
    type Item = Result<Item<E>, StreamError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll(cx)
    }
}

impl<E> fmt::Debug for EventSource<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSource")
            .field("state", &self.state())
            .field("stop", &self.stop)
            .finish_non_exhaustive()
    }
}

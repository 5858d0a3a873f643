//! The sender of a handler that produces its events.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;

use super::{
    call::Call,
    call::Caught,
    cx::Cx,
    item::{Encoded, encode_event},
    source::{Ending, FrameSource, Step},
};
use crate::{
    event::{EncodeError, EncodeEvent, EventInfo, FrameOptions, Identity},
    wire::{EventId, FrameBuffer, TraceParent},
};

/// How many frames may wait for the connection. The producer runs on the task of the
/// connection and is polled again whenever the connection takes one, so that more would
/// only be memory.
const WAITING: usize = 8;

/// The sender of an [`sse_handler`](crate::sse_handler): an argument written
/// `out: Events<YourEvent>` makes the function a producer.
///
/// ```
/// use sse_runtime::{Events, SendError, SseEvent, sse_handler};
///
/// #[derive(SseEvent)]
/// #[sse(source = "assistant")]
/// enum Token {
///     Delta(String),
///     #[sse(terminal)]
///     Done,
/// }
///
/// #[sse_handler(finite)]
/// async fn complete(text: String, out: Events<Token>) -> Result<(), SendError> {
///     for word in text.split_whitespace() {
///         out.send(Token::Delta(word.to_owned())).await?; // waits for a slow reader
///     }
///     out.send(Token::Done).await
/// }
/// ```
///
/// The producer runs while somebody listens and is dropped, at whatever it then waits for,
/// when the client leaves (pitfall P5), after a terminal event too. Clones send on the same
/// stream, which ends when the handler returns, whatever its clones still do.
///
/// The connection polls the producer, and only while it can write: behind a reader that does
/// not read, the producer stands still, its own timers included. Work that must go on
/// belongs in [`Events::spawn`], work that must outlive the stream in `tokio::spawn`.
pub struct Events<E> {
    frames: mpsc::Sender<Packet>,
    /// Whether a terminal event was sent.
    ended: Arc<Mutex<bool>>,
    options: FrameOptions,
    cx: Cx,
    encode: Encode<E>,
}

/// How the event is encoded. Kept as a value, so that no method asks for a bound: a type
/// that is no event is one error, where it is written, and not another at each `send`.
type Encode<E> = fn(&E, Identity<'_>, &mut FrameBuffer, FrameOptions) -> Encoded;

/// What a sender puts into the stream.
enum Packet {
    /// Nothing but the head.
    Open,
    /// A frame.
    Frame(FrameBuffer, &'static EventInfo),
}

impl<E> Events<E> {
    /// Sends the head of the response now, though there is no event yet. From then on an
    /// error can no longer be a status.
    ///
    /// # Errors
    ///
    /// [`SendError::Gone`] when the client has left.
    pub async fn open(&self) -> Result<(), SendError> {
        self.frames.send(Packet::Open).await.map_err(|_| SendError::Gone)
    }

    /// Whether the client has left, for code that does not wait.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        self.frames.is_closed()
    }

    /// Waits until the client has left.
    pub async fn gone(&self) {
        self.frames.closed().await;
    }

    /// Spawns a task that ends with the stream. See [`Cx::spawn`].
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.cx.spawn(task);
    }

    /// The context of the stream.
    #[must_use]
    pub const fn cx(&self) -> &Cx {
        &self.cx
    }

    /// Sends an event, waiting while the reader is slow.
    ///
    /// Dropped before it is done, as `select!` or a timeout does, it has sent nothing.
    ///
    /// # Errors
    ///
    /// [`SendError::Gone`] when the client has left, [`SendError::Ended`] after a terminal
    /// event, [`SendError::Encode`] when the event cannot be encoded; the stream then goes
    /// on without it, if the handler does.
    pub async fn send(&self, event: E) -> Result<(), SendError> {
        self.put(&event, Identity::Own, None).await
    }

    /// Sends an event with the span that caused it, as the field `traceparent:`. See
    /// [`Channel::publish_traced`](crate::Channel::publish_traced). `None` is [`send`](Self::send).
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_traced(
        &self,
        event: E,
        parent: impl Into<Option<TraceParent>>,
    ) -> Result<(), SendError> {
        self.put(&event, Identity::Own, parent.into()).await
    }

    /// Sends an event with an id that came with it. An ephemeral event goes out without an
    /// id all the same, and a terminal one with that of the end.
    ///
    /// # Errors
    ///
    /// As for [`send`](Self::send).
    pub async fn send_with_id(&self, id: EventId, event: E) -> Result<(), SendError> {
        self.put(&event, Identity::Given(&id), None).await
    }

    /// Waits for room before anything is done, so that a send that is dropped meanwhile
    /// leaves nothing behind; above all, it has not ended the stream.
    async fn put(
        &self,
        event: &E,
        identity: Identity<'_>,
        parent: Option<TraceParent>,
    ) -> Result<(), SendError> {
        let room = self.frames.reserve().await.map_err(|_| SendError::Gone)?;
        let (frame, info) = self.encode(event, identity, parent)?;
        // Held while the frame goes in: of clones that race with a terminal event, those
        // that come later are told so.
        let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        if *ended {
            return Err(SendError::Ended);
        }
        *ended = info.is_terminal();
        room.send(Packet::Frame(frame, info));
        Ok(())
    }

    fn encode(
        &self,
        event: &E,
        identity: Identity<'_>,
        parent: Option<TraceParent>,
    ) -> Result<(FrameBuffer, &'static EventInfo), SendError> {
        let mut frame = FrameBuffer::with_capacity(256);
        let start = frame.mark();
        match (self.encode)(event, identity, &mut frame, self.options) {
            Encoded::Frame(info) => {
                if let Some(parent) = &parent {
                    frame.trace(start, parent);
                }
                Ok((frame, info))
            }
            Encoded::Error(error) => {
                // Told here, because the handler may make anything of it. As a string, which
                // is escaped: the text is that of a `Serialize`.
                let text = error.to_string();
                tracing::error!(parent: &self.cx.span(), error = text, "an event was not sent");
                Err(SendError::Encode(error))
            }
            Encoded::Failed(_) => Err(SendError::Ended),
        }
    }
}

impl<E> Clone for Events<E> {
    fn clone(&self) -> Self {
        Self {
            frames: self.frames.clone(),
            ended: Arc::clone(&self.ended),
            options: self.options,
            cx: self.cx.clone(),
            encode: self.encode,
        }
    }
}

impl<E> fmt::Debug for Events<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events").field("cx", &self.cx).field("gone", &self.is_gone()).finish()
    }
}

/// Why an event was not sent.
///
/// A handler's own error takes it by `From`; what it becomes as a response is seen by
/// nobody when the client has left, and by the reader for as long as the head is not out.
///
/// ```
/// use axum::{http::StatusCode, response::{IntoResponse, Response}};
/// use sse_runtime::SendError;
///
/// enum AskError {
///     Empty,
///     Stream(SendError),
/// }
///
/// impl From<SendError> for AskError {
///     fn from(error: SendError) -> Self {
///         Self::Stream(error)
///     }
/// }
///
/// impl IntoResponse for AskError {
///     fn into_response(self) -> Response {
///         match self {
///             Self::Empty => StatusCode::UNPROCESSABLE_ENTITY.into_response(),
///             Self::Stream(error) => error.into_response(),
///         }
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum SendError {
    /// The client has left, or the server is ending the stream. Stop producing.
    Gone,
    /// A terminal event was sent before. Nothing comes after it.
    Ended,
    /// The event cannot be encoded. See [`EncodeError`].
    Encode(EncodeError),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gone => f.write_str("the client has left the stream"),
            Self::Ended => f.write_str("the stream has ended with a terminal event"),
            Self::Encode(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for SendError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Gone | Self::Ended => None,
            Self::Encode(error) => error.source(),
        }
    }
}

impl IntoResponse for SendError {
    /// A 500 without a text: what went wrong is for the log, not for the client.
    fn into_response(self) -> Response {
        http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

/// What a producer returns beside its error: nothing.
#[diagnostic::on_unimplemented(
    message = "a producer returns `()` or `Result<(), E>`, and this one returns `{Self}`",
    label = "a producer returns nothing",
    note = "what is to be sent goes through the sender: `out.send(event).await?`; a handler that returns its stream takes no sender"
)]
pub trait Outcome {}

impl Outcome for () {}

/// Of a producer that never returns: `Result<Infallible, Error>`.
impl Outcome for std::convert::Infallible {}

/// A handler that produces through a sender, as a source. Its future is polled by the
/// connection that reads from it: no task that could outlive the client (pitfall P5).
pub(super) struct Producer {
    future: Option<Caught<Result<(), Response>>>,
    /// What it returned; nothing after a panic.
    outcome: Option<Option<Result<(), Response>>>,
    frames: mpsc::Receiver<Packet>,
}

pub(super) type Producing = Call<Result<(), Response>>;

impl Producer {
    /// A sender, and the source that takes what it sends.
    pub(super) fn new<E: EncodeEvent>(
        cx: &Cx,
        options: FrameOptions,
        produce: impl FnOnce(Events<E>) -> Producing,
    ) -> Self {
        let (sender, frames) = mpsc::channel(WAITING);
        let events = Events {
            frames: sender,
            ended: Arc::default(),
            options,
            cx: cx.clone(),
            encode: encode_event::<E>,
        };
        let future = Caught::new(produce(events), cx.span(), "the handler");
        Self { future: Some(future), outcome: None, frames }
    }

    /// Takes what was sent. The channel ends when the handler has returned.
    fn take(&mut self, cx: &mut Context<'_>, buffer: &mut FrameBuffer) -> Poll<Step> {
        Poll::Ready(match ready!(self.frames.poll_recv(cx)) {
            Some(Packet::Frame(frame, info)) => {
                buffer.append(&frame);
                Step::Frame(info)
            }
            Some(Packet::Open) => Step::Open,
            None => Step::End(match self.outcome.take() {
                Some(Some(Err(response))) => Ending::Failed(response),
                Some(None) => Ending::Panicked,
                Some(Some(Ok(()))) | None => Ending::Complete,
            }),
        })
    }

    /// Runs the handler until it waits.
    fn run(&mut self, cx: &mut Context<'_>) {
        let Some(future) = &mut self.future else { return };
        if let Poll::Ready(outcome) = Pin::new(future).poll(cx) {
            self.future = None;
            self.outcome = Some(outcome);
            // Clones of the sender may live on; nothing more is taken from them.
            self.frames.close();
        }
    }
}

impl FrameSource for Producer {
    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut FrameBuffer,
        _options: FrameOptions,
    ) -> Poll<Step> {
        // What waits goes first; only then the handler runs, to fill the room that is left,
        // and what it sent is taken at once.
        if let Poll::Ready(step) = self.take(cx, buffer) {
            return Poll::Ready(step);
        }
        self.run(cx);
        self.take(cx, buffer)
    }

    fn ends_itself(&self) -> bool {
        true
    }
}

//! What the expansion of the attribute calls.
//!
//! Not public API. An expansion is a few calls, each at a token of the user's, so that a
//! bound that fails is reported where the mistake is; everything else happens here.

use std::{future::poll_fn, marker::PhantomData, pin::Pin, task::Poll};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use futures_core::Stream;
use http::StatusCode;
use tokio::time::sleep;

use super::{
    body::{NoBody, StreamBody},
    cx::Cx,
    drain::Drain,
    headers::stream_response,
    item::{EventItem, IntoEvents},
    options::Options,
    panic::Caught,
    record::Record,
    refusal::refuse_draining,
    response::EventStream,
    sender::{Events, Outcome, Producer, Producing},
    session::{Close, Progress, Session},
    source::BoxSource,
};
use crate::{
    event::{EncodeEvent, FrameOptions},
    names::Reason,
    wire::FrameBuffer,
};

/// The user's function, called and not yet polled.
pub type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Boxes a call at once, so that a future that is not `Send` is one error, here, and not
/// a second one at the route.
pub fn call<F: Future + Send + 'static>(call: F) -> Call<F::Output> {
    Box::pin(call)
}

/// A handler that is about to start. `K` says whether its events can end it; it is not the
/// type of the events, so that a type that is no event is reported once and not again by
/// whoever asks for its end.
#[allow(missing_debug_implementations, reason = "not public API, and a call is opaque")]
pub struct Handler<K> {
    started: Started,
    kind: PhantomData<fn() -> K>,
}

/// A handler that has passed every check.
#[allow(missing_debug_implementations, reason = "not public API, and a call is opaque")]
pub struct Started {
    start: Start,
    sources: &'static [&'static str],
}

enum Start {
    /// A function that returns its stream.
    Call(Call<Result<BoxSource, Response>>),
    /// A function that sends.
    Produce(Produce),
}

type Produce = Box<dyn FnOnce(&Cx, FrameOptions) -> BoxSource + Send>;

impl<K> Handler<K> {
    const fn new(start: Start, sources: &'static [&'static str]) -> Self {
        Self { started: Started { start, sources }, kind: PhantomData }
    }
}

/// A function that returns its events. The kind is a parameter and not `S::End`: what is no
/// stream would be reported a second time for its missing end.
pub fn returns<S, K>(call: Call<S>) -> Handler<K>
where
    S: IntoEvents<End = K> + 'static,
{
    let start = Box::pin(async move { Ok(call.await.into_source().0) });
    Handler::new(Start::Call(start), S::SOURCES)
}

/// The same where the type of the items is written: it is asked there what it must be.
pub fn returns_items<I, S>(call: Call<S>) -> Handler<I::End>
where
    I: EventItem,
    S: Stream<Item = I> + Send + 'static,
{
    let start = Box::pin(async move { Ok(call.await.into_source().0) });
    Handler::new(Start::Call(start), I::SOURCES)
}

/// A function that returns its events or an error.
pub fn returns_result<S, R, K>(call: Call<Result<S, R>>, refuse: Refuse<R>) -> Handler<K>
where
    S: IntoEvents<End = K> + 'static,
    R: 'static,
{
    let start = Box::pin(async move { Ok(call.await.map_err(refuse)?.into_source().0) });
    Handler::new(Start::Call(start), S::SOURCES)
}

/// The same where the type of the items is written.
pub fn returns_result_items<I, S, R>(call: Call<Result<S, R>>, refuse: Refuse<R>) -> Handler<I::End>
where
    I: EventItem,
    S: Stream<Item = I> + Send + 'static,
    R: 'static,
{
    let start = Box::pin(async move { Ok(call.await.map_err(refuse)?.into_source().0) });
    Handler::new(Start::Call(start), I::SOURCES)
}

/// What makes a response of an error.
pub(super) type Refuse<R> = fn(R) -> Response;

/// The error of a handler, as the response that it is.
pub fn refusal<R: IntoResponse>(error: R) -> Response {
    error.into_response()
}

/// A function that sends its events.
pub fn produces<E, T, F>(produce: F) -> Handler<E::End>
where
    E: EncodeEvent + 'static,
    T: Outcome + 'static,
    F: FnOnce(Events<E>) -> Call<T> + Send + 'static,
{
    let start = |out| -> Producing {
        let call = produce(out);
        Box::pin(async move {
            call.await;
            Ok(())
        })
    };
    Handler::new(produce_with(start), E::CATALOGUE.sources())
}

/// A function that sends its events, and may fail.
pub fn produces_result<E, T, R, F>(produce: F, refuse: Refuse<R>) -> Handler<E::End>
where
    E: EncodeEvent + 'static,
    T: Outcome + 'static,
    R: 'static,
    F: FnOnce(Events<E>) -> Call<Result<T, R>> + Send + 'static,
{
    let start = move |out| -> Producing {
        let call = produce(out);
        Box::pin(async move { call.await.map(|_nothing| ()).map_err(refuse) })
    };
    Handler::new(produce_with(start), E::CATALOGUE.sources())
}

fn produce_with<E>(produce: impl FnOnce(Events<E>) -> Producing + Send + 'static) -> Start
where
    E: EncodeEvent + 'static,
{
    Start::Produce(Box::new(move |cx, options| Box::pin(Producer::new(cx, options, produce))))
}

/// A handler that says `finite`.
pub fn finite<K: EndsByEvent>(handler: Handler<K>) -> Started {
    handler.started
}

/// A handler that does not say `finite`.
pub fn endless<K: NeverEnds>(handler: Handler<K>) -> Started {
    handler.started
}

#[diagnostic::on_unimplemented(
    message = "a `finite` stream ends with a terminal event, and its event type has none",
    label = "no variant of the event type is terminal",
    note = "mark the variant that ends the stream with `#[sse(terminal)]`, or leave `finite` out"
)]
pub trait EndsByEvent {}

#[diagnostic::do_not_recommend]
impl EndsByEvent for crate::event::Finite {}

#[diagnostic::on_unimplemented(
    message = "the event type has a terminal variant, but the stream is endless",
    label = "a terminal event would end this stream",
    note = "write `#[sse_handler(finite)]`, or take `#[sse(terminal)]` off the variant"
)]
pub trait NeverEnds {}

#[diagnostic::do_not_recommend]
impl NeverEnds for crate::event::Endless {}

/// Stands in for a handler that did not expand; the crate does not compile anyway.
pub fn fallback(cx: &Cx) -> EventStream {
    EventStream::response(StatusCode::NOT_IMPLEMENTED.into_response(), cx.request_id())
}

/// Runs a handler until its response is known.
///
/// Not generic: compiled once, not for each event type.
pub async fn respond(cx: Cx, options: Options, handler: Started) -> EventStream {
    let Started { start, sources } = handler;
    if let Some(response) = answer_at_once(&cx, &options, sources) {
        return EventStream::response(response, cx.request_id());
    }
    let mut record = Record::start(cx.clone(), sources);
    let source = match open_source(&cx, &options, start, &record).await {
        Ok(source) => source,
        Err(response) => {
            record.end(Reason::Error);
            return EventStream::response(response, cx.request_id());
        }
    };
    hold(cx, sources, Session::new(source, options, record)).await
}

/// Requests that start no producer.
fn answer_at_once(
    cx: &Cx,
    options: &Options,
    sources: &'static [&'static str],
) -> Option<Response> {
    let request = cx.request();
    if options.finite && request.last_event_id.is_terminal() {
        // The reader has seen the end; 204 keeps an `EventSource` from coming back.
        return Some(StatusCode::NO_CONTENT.into_response());
    }
    if let Some(drain) = cx.drain().filter(|drain| drain.is_draining()) {
        return Some(refuse(cx, options, drain));
    }
    request.is_head.then(|| stream_response(Body::new(NoBody), sources, &request.id))
}

fn refuse(cx: &Cx, options: &Options, drain: &Drain) -> Response {
    refuse_draining(cx, options, drain.window(), fastrand::f64())
}

/// Calls the user's function, as far as it can be called without a reader.
async fn open_source(
    cx: &Cx,
    options: &Options,
    start: Start,
    record: &Record,
) -> Result<BoxSource, Response> {
    let call = match start {
        Start::Call(call) => call,
        Start::Produce(produce) => {
            let options = FrameOptions { source_field: options.source_field };
            return Ok(produce(cx, options));
        }
    };
    match Caught::new(call, record.span().clone()).await {
        Some(Ok(source)) => Ok(source),
        Some(Err(response)) => {
            let status = response.status().as_u16();
            tracing::info!(parent: record.span(), status, "the handler refused");
            Err(response)
        }
        None => Err(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    }
}

/// What the head waited for.
enum Head {
    /// It can go out.
    Out,
    /// The stream has ended before its first event.
    Ended(Close),
    /// The server goes away.
    Drained,
}

/// Holds the head back until the first event, the end, an error, or the deadline: until
/// then an error is a real status. The producer runs meanwhile, and is dropped with this
/// future when the client leaves.
async fn hold(cx: Cx, sources: &'static [&'static str], mut session: Session) -> EventStream {
    let mut held = FrameBuffer::new();
    let mut drained = cx.drain().map(|drain| Box::pin(drain.started()));
    let first = session.options().first;
    let mut deadline = (!first.is_zero()).then(|| Box::pin(sleep(first)));
    let head = poll_fn(|context| {
        match session.poll_step(context, &mut held) {
            Poll::Ready(Progress::Frame | Progress::Open) => return Poll::Ready(Head::Out),
            Poll::Ready(Progress::End(close)) => return Poll::Ready(Head::Ended(close)),
            Poll::Pending => {}
        }
        if drained.as_mut().is_some_and(|drained| drained.as_mut().poll(context).is_ready()) {
            return Poll::Ready(Head::Drained);
        }
        match &mut deadline {
            Some(deadline) => deadline.as_mut().poll(context).map(|()| Head::Out),
            None => Poll::Ready(Head::Out),
        }
    })
    .await;
    match head {
        Head::Out => open(&cx, session, sources, held, None),
        Head::Ended(Close { reason: Reason::Error, response }) => {
            session.end(Reason::Error);
            let failed = || StatusCode::INTERNAL_SERVER_ERROR.into_response();
            EventStream::response(response.unwrap_or_else(failed), cx.request_id())
        }
        Head::Ended(close) => open(&cx, session, sources, held, Some(close.reason)),
        Head::Drained => {
            let options = *session.options();
            session.end(Reason::Drain);
            let response = cx.drain().map(|drain| refuse(&cx, &options, drain));
            let unavailable = || StatusCode::SERVICE_UNAVAILABLE.into_response();
            EventStream::response(response.unwrap_or_else(unavailable), cx.request_id())
        }
    }
}

fn open(
    cx: &Cx,
    session: Session,
    sources: &'static [&'static str],
    held: FrameBuffer,
    ended: Option<Reason>,
) -> EventStream {
    EventStream::stream(StreamBody::new(session, sources, held, ended), sources, cx.request_id())
}

//! What the expansion of the attribute calls.
//!
//! Not public API. An expansion is a few calls, each at a token of the user's, so that a
//! bound that fails is reported where the mistake is; everything else happens here.

use std::marker::PhantomData;

use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use http::StatusCode;

use super::{
    call::Call,
    cx::Cx,
    item::EventItem,
    refusal::Refusal,
    response::EventStream,
    sender::{Events, Outcome, Producer, Producing},
    source::{BoxSource, Feed},
    stream::IntoEvents,
};
use crate::event::{EncodeEvent, FrameOptions};

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
    pub(super) start: Start,
    pub(super) sources: &'static [&'static str],
}

/// What there is of a handler before its first poll.
pub(super) enum Start {
    /// A function that returns its stream.
    Call(Call<Result<Feed, Response>>),
    /// A function that sends.
    Produce(Produce),
}

/// Makes the source of a producer, once its context is known.
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
pub fn refusal<R: Refusal>(error: R) -> Response {
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
    note = "mark the variant that ends the stream with `#[sse(terminal)]`, or leave `finite` out; a generic event type needs the bound `EncodeEvent<End = Finite>`"
)]
pub trait EndsByEvent {}

#[diagnostic::do_not_recommend]
impl EndsByEvent for crate::event::Finite {}

#[diagnostic::on_unimplemented(
    message = "an event of this type may end the stream, but the stream is endless",
    label = "a terminal event would end this stream",
    note = "write `#[sse_handler(finite)]`, or take `#[sse(terminal)]` off the variant; a generic event type needs the bound `EncodeEvent<End = Endless>`"
)]
pub trait NeverEnds {}

#[diagnostic::do_not_recommend]
impl NeverEnds for crate::event::Endless {}

/// The context for an argument that is written like one.
#[must_use]
pub fn context(cx: &Cx) -> Cx {
    cx.clone()
}

/// Stands in for a handler that did not expand; the crate does not compile anyway.
pub fn fallback(cx: &Cx) -> EventStream {
    EventStream::response(StatusCode::NOT_IMPLEMENTED.into_response(), cx.request_id())
}

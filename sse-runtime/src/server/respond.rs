//! From a request to the head of its response.

use std::{future::poll_fn, task::Poll};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tokio::time::sleep;

use super::{
    body::{NoBody, StreamBody},
    call::Caught,
    cx::Cx,
    drain::Drain,
    glue::{Start, Started},
    headers::stream_response,
    options::Options,
    record::Record,
    refusal::refuse_draining,
    response::EventStream,
    session::{Close, Progress, Session},
    source::BoxSource,
};
use crate::{event::FrameOptions, names::Reason, wire::FrameBuffer};

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

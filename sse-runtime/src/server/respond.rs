//! From a request to the head of its response.

use std::{future::poll_fn, pin::Pin, task::Poll};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tokio::time::sleep;

use super::{
    body::NoBody,
    call::Caught,
    cx::Cx,
    delivery::Delivery,
    drain::Drain,
    ended::Ended,
    glue::{Start, Started},
    headers::stream_response,
    options::Options,
    record::Record,
    refusal::refuse_draining,
    response::EventStream,
    session::{Close, Progress, Session},
    source::Feed,
};
use crate::{names::Reason, wire::FrameBuffer};

/// Runs a handler until its response is known.
///
/// Not generic: compiled once, not for each event type.
pub async fn respond(cx: Cx, options: Options, handler: Started) -> EventStream {
    let Started { start, sources } = handler;
    if let Some((response, reason)) = answer_at_once(&cx, &options, sources) {
        cx.close(&Ended::without_stream(reason));
        return EventStream::response(response, cx.request_id());
    }
    let mut record = Record::start(cx.clone(), sources);
    match open_source(&cx, &options, start, &record).await {
        Opened::Source(Feed::Channel(feed)) if feed.listener.is_over() => {
            // The reader has seen the end of the channel.
            record.end(Reason::Complete);
            EventStream::response(StatusCode::NO_CONTENT.into_response(), cx.request_id())
        }
        Opened::Source(source) => hold(cx, sources, Session::new(source, options, record)).await,
        Opened::Refused(response) => {
            record.end(Reason::Error);
            EventStream::response(response, cx.request_id())
        }
        Opened::Drained => {
            record.end(Reason::Drain);
            drained(&cx, &options, sources)
        }
    }
}

/// Requests that start no producer.
fn answer_at_once(
    cx: &Cx,
    options: &Options,
    sources: &'static [&'static str],
) -> Option<(Response, Reason)> {
    let request = cx.request();
    if options.finite && request.last_event_id.is_terminal() {
        // The reader has seen the end; 204 keeps an `EventSource` from coming back.
        return Some((StatusCode::NO_CONTENT.into_response(), Reason::Complete));
    }
    if let Some(drain) = cx.drain().filter(|drain| drain.is_draining()) {
        return Some((refuse(cx, options, sources, drain), Reason::Drain));
    }
    let head = || stream_response(Body::new(NoBody), sources, &request.id);
    request.is_head.then(|| (head(), Reason::Complete))
}

fn refuse(cx: &Cx, options: &Options, sources: &[&'static str], drain: &Drain) -> Response {
    refuse_draining(cx, options, sources, drain.window(), fastrand::f64())
}

/// What became of the user's function.
enum Opened {
    Source(Feed),
    /// It answers with a response of its own.
    Refused(Response),
    /// The server went away before it was done.
    Drained,
}

/// Calls the user's function, as far as it can be called without a reader. However long it
/// takes, a drain ends it.
async fn open_source(cx: &Cx, options: &Options, start: Start, record: &Record) -> Opened {
    let call = match start {
        Start::Call(call) => call,
        Start::Produce(produce) => return Opened::Source(Feed::Own(produce(cx, options.frame()))),
    };
    let mut call = Caught::new(call, record.span().clone(), "the handler");
    let mut drain = cx.drain().map(|drain| Box::pin(drain.started()));
    let called = poll_fn(|context| {
        if let Poll::Ready(called) = Pin::new(&mut call).poll(context) {
            return Poll::Ready(Some(called));
        }
        let drained = drain.as_mut().is_some_and(|drain| drain.as_mut().poll(context).is_ready());
        if drained { Poll::Ready(None) } else { Poll::Pending }
    });
    match called.await {
        None => Opened::Drained,
        Some(Some(Ok(source))) => Opened::Source(source),
        Some(Some(Err(response))) => {
            let status = response.status().as_u16();
            tracing::info!(parent: record.span(), status, "the handler refused");
            Opened::Refused(response)
        }
        Some(None) => Opened::Refused(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
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
    if session.listener().is_some() {
        // It has no error that could be a status, and where the reader stands is news.
        return open(&cx, session, sources, held, None);
    }
    let mut drain = cx.drain().map(|drain| Box::pin(drain.started()));
    let first = session.options().first;
    let mut deadline = (!first.is_zero()).then(|| Box::pin(sleep(first)));
    let head = poll_fn(|context| {
        match session.poll_step(context, &mut held) {
            Poll::Ready(Progress::End(close)) => return Poll::Ready(Head::Ended(close)),
            Poll::Ready(_) => return Poll::Ready(Head::Out),
            Poll::Pending => {}
        }
        if drain.as_mut().is_some_and(|drain| drain.as_mut().poll(context).is_ready()) {
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
            drained(&cx, &options, sources)
        }
    }
}

/// The answer to a request that a drain found without a head.
fn drained(cx: &Cx, options: &Options, sources: &[&'static str]) -> EventStream {
    let response = cx.drain().map(|drain| refuse(cx, options, sources, drain));
    let unavailable = || StatusCode::SERVICE_UNAVAILABLE.into_response();
    EventStream::response(response.unwrap_or_else(unavailable), cx.request_id())
}

fn open(
    cx: &Cx,
    session: Session,
    sources: &'static [&'static str],
    held: FrameBuffer,
    ended: Option<Reason>,
) -> EventStream {
    EventStream::stream(Delivery::new(session, sources, held, ended), sources, cx.request_id())
}

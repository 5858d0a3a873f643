//! From a request to the head of its response.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use tokio::time::sleep;
use tracing::Span;

use super::{
    call::Caught,
    cx::Cx,
    delivery::Delivery,
    desk::Desk,
    glue::{Start, Started},
    options::Options,
    orders::Orders,
    record::Record,
    refusal::Refused,
    response::EventStream,
    session::{Close, Progress, Session},
    source::Feed,
};
use crate::{channel::Listener, names::Reason, wire::FrameBuffer};

/// Runs a handler until its response is known.
///
/// Not generic: compiled once, not for each event type.
pub async fn respond(cx: Cx, options: Options, handler: Started) -> EventStream {
    let options = options.over(cx.rules().map(|rules| rules.defaults).unwrap_or_default());
    let Started { start, sources } = handler;
    let desk = Desk { cx, options, sources };
    if let Some(answer) = desk.answer_at_once() {
        return answer;
    }
    let mut orders = match desk.admit() {
        Ok(orders) => orders,
        Err(refused) => return desk.turn_away(refused),
    };
    let mut record = Record::start(desk.cx.clone(), sources);
    match begin(&desk, start, &mut orders, &mut record).await {
        Ok(Opened::Source(Feed::Channel(feed))) if feed.listener.is_over() => {
            // The reader has seen the end of the channel.
            record.end(Reason::Complete);
            EventStream::response(StatusCode::NO_CONTENT.into_response(), desk.cx.request_id())
        }
        Ok(Opened::Source(source)) => {
            hold(&desk, orders, Session::new(source, options, record)).await
        }
        Ok(Opened::Refused(response)) => {
            record.end(Reason::Error);
            EventStream::response(response, desk.cx.request_id())
        }
        Err(refused) => {
            record.end(refused.reason());
            desk.turn_away(refused)
        }
    }
}

/// What became of the user's function.
enum Opened {
    Source(Feed),
    /// It answers with a response of its own.
    Refused(Response),
}

/// Calls the user's function, if the reader may listen: by what is known before, and by what the
/// function says itself.
async fn begin(
    desk: &Desk,
    start: Start,
    orders: &mut Orders,
    record: &mut Record,
) -> Result<Opened, Refused> {
    let span = record.span().clone();
    let mut asked = None;
    let mut replays = desk.has_position();
    desk.check(orders, &span, replays, &mut asked).await?;
    let mut opened = open_source(desk, start, orders, record).await?;
    if let Opened::Source(Feed::Channel(feed)) = &mut opened {
        find_place(&mut feed.listener, orders, &span).await?;
    }
    if let Opened::Source(Feed::Channel(feed)) = &opened {
        replays |= feed.listener.replays();
    }
    if desk.cx.has_new_access() || (replays && asked.is_none()) {
        desk.check(orders, &span, replays, &mut asked).await?;
    }
    Ok(opened)
}

/// Calls the user's function, as far as it can be called without a reader. However long it
/// takes, a drain ends it.
async fn open_source(
    desk: &Desk,
    start: Start,
    orders: &mut Orders,
    record: &Record,
) -> Result<Opened, Refused> {
    let call = match start {
        Start::Call(call) => call,
        Start::Produce(produce) => {
            return Ok(Opened::Source(Feed::Own(produce(&desk.cx, desk.options.frame()))));
        }
    };
    let span = record.span();
    let mut call = Caught::new(call, span.clone(), "the handler");
    let called = poll_fn(|context| {
        if let Poll::Ready(called) = Pin::new(&mut call).poll(context) {
            return Poll::Ready(Ok(called));
        }
        orders.poll_before_head(context, span).map_or(Poll::Pending, |told| Poll::Ready(Err(told)))
    });
    Ok(match called.await.map_err(Refused::told)? {
        Some(Ok(source)) => Opened::Source(source),
        Some(Err(response)) => {
            let status = response.status().as_u16();
            tracing::info!(parent: span, status, "the handler refused");
            Opened::Refused(response)
        }
        None => Opened::Refused(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
    })
}

/// Waits for a store to say where the reader stands. In memory that is known.
async fn find_place(
    listener: &mut Listener,
    orders: &mut Orders,
    span: &Span,
) -> Result<(), Refused> {
    if matches!(listener.poll_ready(Waker::noop()), Poll::Ready(Ok(()))) {
        return Ok(());
    }
    let mut deadline = Box::pin(sleep(STORE));
    poll_fn(|context| {
        match listener.poll_ready(context.waker()) {
            Poll::Ready(Ok(())) => return Poll::Ready(Ok(())),
            Poll::Ready(Err(error)) => {
                tracing::warn!(parent: span, %error, "nobody knows where the reader stands");
                return Poll::Ready(Err(Refused::Store));
            }
            Poll::Pending => {}
        }
        if deadline.as_mut().poll(context).is_ready() {
            tracing::warn!(parent: span, "the store takes too long");
            return Poll::Ready(Err(Refused::Store));
        }
        let told = orders.poll_before_head(context, span);
        told.map_or(Poll::Pending, |told| Poll::Ready(Err(Refused::told(told))))
    })
    .await
}

/// For how long a reader waits for a store.
const STORE: Duration = Duration::from_secs(5);

/// What the head waited for.
enum Head {
    /// It can go out.
    Out,
    /// The stream has ended before its first event.
    Ended(Close),
    /// It was told to end.
    Told(Reason),
    /// The handler has said who may listen; and whether the head could go out but for that.
    Access(bool),
}

/// Holds the head back until the first event, the end, an error, or the deadline: until
/// then an error is a real status. The producer runs meanwhile, and is dropped with this
/// future when the client leaves.
async fn hold(desk: &Desk, mut orders: Orders, mut session: Session) -> EventStream {
    let mut held = FrameBuffer::new();
    if session.listener().is_some() {
        // It has no error that could be a status, and where the reader stands is news.
        return open(desk, orders, session, held, None);
    }
    let first = session.options().first;
    let mut deadline = (!first.is_zero()).then(|| Box::pin(sleep(first)));
    let mut poll_head = |session: &mut Session, orders: &mut Orders, context: &mut Context<'_>| {
        desk.cx.watch_access(context.waker());
        let step = session.poll_step(context, &mut held);
        match step {
            Poll::Ready(Progress::End(close)) => return Poll::Ready(Head::Ended(close)),
            _ if desk.cx.has_new_access() => return Poll::Ready(Head::Access(step.is_ready())),
            Poll::Ready(_) => return Poll::Ready(Head::Out),
            Poll::Pending => {}
        }
        if let Some(told) = orders.poll_before_head(context, session.record().span()) {
            return Poll::Ready(Head::Told(told));
        }
        match &mut deadline {
            Some(deadline) => deadline.as_mut().poll(context).map(|()| Head::Out),
            None => Poll::Ready(Head::Out),
        }
    };
    let head = loop {
        let head = poll_fn(|context| poll_head(&mut session, &mut orders, context)).await;
        let Head::Access(is_out) = head else { break head };
        let span = session.record().span().clone();
        if let Err(refused) = desk.check(&mut orders, &span, desk.has_position(), &mut None).await {
            session.end(refused.reason());
            return desk.turn_away(refused);
        }
        if is_out {
            break Head::Out;
        }
    };
    match head {
        Head::Out | Head::Access(_) => open(desk, orders, session, held, None),
        Head::Ended(Close { reason: Reason::Error, response }) => {
            session.end(Reason::Error);
            let failed = || StatusCode::INTERNAL_SERVER_ERROR.into_response();
            EventStream::response(response.unwrap_or_else(failed), desk.cx.request_id())
        }
        Head::Ended(close) => open(desk, orders, session, held, Some(close.reason)),
        Head::Told(reason) => {
            session.end(reason);
            desk.turn_away(Refused::told(reason))
        }
    }
}

fn open(
    desk: &Desk,
    orders: Orders,
    session: Session,
    held: FrameBuffer,
    ended: Option<Reason>,
) -> EventStream {
    let delivery = Delivery::new(session, orders, desk.sources, held, ended);
    EventStream::stream(delivery, desk.sources, desk.cx.request_id())
}

//! Whether a request gets a stream at all: limits, and who may listen.

use std::{future::poll_fn, sync::Arc, task::Poll, time::SystemTime};

use axum::{
    body::Body,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use tokio::time::timeout;
use tracing::Span;

use super::{
    access::{Ask, Verdict},
    body::NoBody,
    call::Caught,
    cx::Cx,
    ended::Ended,
    figures::rejected,
    headers::stream_response,
    options::Options,
    orders::Orders,
    refusal::{Refused, refuse},
    request::LastEventId,
    response::EventStream,
    streams::{Full, Who},
    terms::{ANSWER, HOOK},
};
use crate::{names::Reason, wire::TraceParent};

/// One request, and what is known of its handler before it runs.
pub(super) struct Desk {
    pub(super) cx: Cx,
    pub(super) options: Options,
    pub(super) sources: &'static [&'static str],
}

impl Desk {
    /// Requests that start no producer.
    pub(super) fn answer_at_once(&self) -> Option<EventStream> {
        let request = self.cx.request();
        if self.options.finite && request.last_event_id.is_terminal() {
            // The reader has seen the end; 204 keeps an `EventSource` from coming back.
            return Some(self.answer(StatusCode::NO_CONTENT.into_response(), Reason::Complete));
        }
        if self.cx.is_draining() {
            return Some(self.turn_away(Refused::Full(Full::Draining)));
        }
        let head = || stream_response(Body::new(NoBody), self.sources, &request.id);
        request.is_head.then(|| self.answer(head(), Reason::Complete))
    }

    /// Takes a place among the streams of the server.
    pub(super) fn admit(&self) -> Result<Orders, Refused> {
        let who = || Who {
            cx: Some(self.cx.clone()),
            address: self.cx.counted_address(),
            principal: self.cx.access().principal,
            grace: self.options.drain,
        };
        let slot = self.cx.drain().map(|drain| drain.streams().admit(who()));
        let mut slot = slot.transpose().map_err(Refused::Full)?;
        if let (Some(slot), Some(link), Some(_)) = (&mut slot, self.cx.link(), self.options.drain) {
            slot.grant(link.grant());
        }
        Ok(Orders::new(slot, self.options.drain))
    }

    /// Checks what allows the reader to listen, and takes note of it. Asks before a replay: what
    /// held when the reader was here last may hold no more. Each hook once: `asked` is the one that
    /// was.
    pub(super) async fn check(
        &self,
        orders: &mut Orders,
        span: &Span,
        replays: bool,
        asked: &mut Option<Ask>,
    ) -> Result<(), Refused> {
        let access = self.cx.access();
        if access.has_expired() {
            return Err(Refused::Expired);
        }
        let renewed = match access.reauthorize {
            Some(ask)
                if replays && !asked.as_ref().is_some_and(|known| Arc::ptr_eq(known, &ask)) =>
            {
                let renewed = ask_now(&ask, orders, span).await?;
                *asked = Some(ask);
                renewed
            }
            _ => None,
        };
        orders.agree(&self.cx, &self.options, renewed)
    }

    /// Whether the reader brings a position.
    pub(super) fn has_position(&self) -> bool {
        self.cx.request().last_event_id != LastEventId::Absent
    }

    /// The answer to a request that gets no stream.
    pub(super) fn turn_away(&self, refused: Refused) -> EventStream {
        let (request, reason) = (self.cx.request(), refused.reason());
        tracing::info!(
            request_id = self.cx.request_id(),
            trace_id = request.traceparent.as_deref().map(TraceParent::trace_id),
            reason = reason.as_str(),
            "a stream was refused"
        );
        rejected(&self.cx.endpoint(), refused);
        let response = refuse(&self.cx, &self.options, self.sources, refused, fastrand::f64());
        self.answer(response, reason)
    }

    fn answer(&self, response: Response, reason: Reason) -> EventStream {
        self.cx.close(&Ended::without_stream(reason));
        EventStream::response(response, self.cx.request_id())
    }
}

/// Asks the hook of an access, once and now: until when the access holds, if it says so.
async fn ask_now(
    ask: &Ask,
    orders: &mut Orders,
    span: &Span,
) -> Result<Option<SystemTime>, Refused> {
    let asking = timeout(ANSWER, Caught::new(ask(), span.clone(), HOOK));
    tokio::pin!(asking);
    let answer = poll_fn(|cx| {
        if let Poll::Ready(answer) = asking.as_mut().poll(cx) {
            return Poll::Ready(Ok(answer.ok().flatten().unwrap_or(Verdict::Unknown)));
        }
        orders.poll_before_head(cx, span).map_or(Poll::Pending, |told| Poll::Ready(Err(told)))
    });
    match answer.await.map_err(Refused::told)? {
        Verdict::Allowed => Ok(None),
        Verdict::Until(end) => Ok(Some(end)),
        Verdict::Expired => Err(Refused::Expired),
        Verdict::Revoked => Err(Refused::Revoked),
        Verdict::Unknown => Err(Refused::Unknown),
    }
}

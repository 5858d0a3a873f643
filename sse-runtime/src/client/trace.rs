//! Which request a stream is, for whoever reads the log (pitfall P11).

use http::{HeaderMap, HeaderValue};
use tracing::Span;
use url::Url;

use super::{Item, LastEventId, StreamError};
use crate::{
    names::{ClientOutcome, REQUEST_ID_HEADER, TRACEPARENT_FIELD},
    position::Position,
    wire::{
        TraceParent,
        request_id::{is_request_id, make_request_id},
    },
};

/// The span of one stream, and what its events are counted by.
pub(super) struct Trace {
    /// Where the program asked for the stream.
    outer: Span,
    span: Span,
    /// What a request is called; none where that is nothing that a log can hold.
    request_id: Option<String>,
    parent: Option<Box<TraceParent>>,
    sources: &'static [&'static str],
    /// The host and its port. No more of the URL, which may hold a secret anywhere.
    peer: String,
    /// How many events came on this connection: the number of an event where there is no log, as
    /// its server counts it.
    events: u64,
}

impl Trace {
    /// That of a stream with these headers, which get an id of the request unless they have one.
    pub(super) fn new(
        headers: &mut HeaderMap,
        sources: &'static [&'static str],
        url: &Url,
    ) -> Self {
        if !headers.contains_key(REQUEST_ID_HEADER)
            && let Ok(id) = HeaderValue::try_from(make_request_id(|| fastrand::u8(..)))
        {
            headers.insert(REQUEST_ID_HEADER, id);
        }
        let parent = headers.get(TRACEPARENT_FIELD);
        let parent = parent.and_then(|value| TraceParent::read(value.as_bytes())).map(Box::new);
        let host = url.host_str().unwrap_or_default();
        let port = url.port_or_known_default().unwrap_or_default();
        let mut trace = Self {
            outer: Span::current(),
            span: Span::none(),
            request_id: request_id(headers).map(str::to_owned),
            parent,
            sources,
            peer: format!("{host}:{port}"),
            events: 0,
        };
        trace.span = trace.begin();
        trace
    }

    pub(super) const fn span(&self) -> &Span {
        &self.span
    }

    /// A connection begins with this head.
    pub(super) fn answered(&mut self, headers: &HeaderMap) {
        self.events = 0;
        if let Some(id) = request_id(headers) {
            self.called(id);
        }
    }

    /// The server calls the request so. It is somebody else's text, and believed only as far as a
    /// log can hold it.
    pub(super) fn called(&mut self, id: &str) {
        if self.request_id.as_deref() != Some(id) && is_request_id(id) {
            self.request_id = Some(id.to_owned());
            // Another span: recorded once more in this one, it would have both, and in the end all.
            self.span = self.begin();
        }
    }

    /// Something is handed out. At the level `trace` each event has a line, with the number that it
    /// has in the log of the server. `numbered` says whether the stream is one of a channel, where
    /// an event has the number that its position says, or none.
    pub(super) fn item<E>(&mut self, item: &Result<Item<E>, StreamError>, numbered: bool) {
        let (outcome, id, parent) = match item {
            Ok(Item::Event(event)) => (ClientOutcome::Event, &event.id, event.traceparent.as_ref()),
            Ok(Item::Unknown(event)) => (ClientOutcome::Unknown, &event.id, None),
            Ok(Item::Malformed(event)) => (ClientOutcome::Malformed, &event.id, None),
            Ok(Item::Oversized(event)) => (ClientOutcome::Oversized, &event.id, None),
            _ => return,
        };
        self.events = self.events.saturating_add(1);
        if !tracing::enabled!(tracing::Level::TRACE) {
            return;
        }
        let event_id = id.as_ref().map(LastEventId::as_str);
        let event_seq = if numbered {
            event_id.and_then(|id| id.parse::<Position>().ok()).map(|position| position.seq())
        } else {
            Some(self.events)
        };
        let (outcome, trace_id) = (outcome.as_str(), parent.map(TraceParent::trace_id));
        tracing::trace!(parent: &self.span, event_seq, event_id, outcome, trace_id, "event");
    }

    fn begin(&self) -> Span {
        let parent = self.parent.as_deref();
        tracing::info_span!(
            parent: &self.outer,
            "sse.client",
            request_id = self.request_id.as_deref(),
            trace_id = parent.map(TraceParent::trace_id),
            parent_id = parent.map(TraceParent::parent_id),
            stream_source = Some(self.sources.join(",")).filter(|sources| !sources.is_empty()),
            peer = self.peer,
        )
    }
}

fn request_id(headers: &HeaderMap) -> Option<&str> {
    let id = headers.get(REQUEST_ID_HEADER)?.to_str().ok()?;
    Some(id).filter(|id| is_request_id(id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(headers: &mut HeaderMap) -> Trace {
        let url = Url::parse("https://ada:secret@shop.example/events/secret?token=secret").unwrap();
        Trace::new(headers, &["inventory"], &url)
    }

    #[test]
    fn a_request_gets_an_id_and_keeps_one_that_it_has() {
        let mut headers = HeaderMap::new();
        let made = trace(&mut headers).request_id.unwrap();
        assert!(made.starts_with("req_"), "{made}");
        assert_eq!(headers[REQUEST_ID_HEADER], made);
        headers.insert(REQUEST_ID_HEADER, HeaderValue::from_static("mine"));
        assert_eq!(trace(&mut headers).request_id.as_deref(), Some("mine"));
        assert_eq!(headers[REQUEST_ID_HEADER], "mine");
        assert_eq!(trace(&mut headers).peer, "shop.example:443");
    }

    #[test]
    fn what_a_log_cannot_hold_is_no_name_of_a_request() {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID_HEADER, HeaderValue::from_static("a b"));
        let mut trace = trace(&mut headers);
        assert_eq!(trace.request_id, None);
        trace.called("theirs");
        for forged in ["a\nb", "\u{1b}[31m", "", "two words"] {
            trace.called(forged);
            assert_eq!(trace.request_id.as_deref(), Some("theirs"));
        }
        trace.answered(&HeaderMap::new());
        assert_eq!(trace.request_id.as_deref(), Some("theirs"));
    }
}

//! What is read from a request, and nothing that it says is trusted.

use http::{HeaderMap, Method, Uri, request::Parts};

use crate::{
    names::{
        LAST_EVENT_ID_HEADER, LAST_EVENT_ID_PARAMETER, REQUEST_ID_HEADER, TERMINAL_ID,
        TRACEPARENT_FIELD,
    },
    wire::{
        EventId, TraceParent,
        request_id::{is_request_id, make_request_id},
    },
};

/// What a stream needs to know of its request, copied out of it: a header value that is
/// kept would keep the whole read buffer of the connection with it.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: String,
    /// Boxed: most requests bring none, and each stream keeps its request.
    pub(super) traceparent: Option<Box<TraceParent>>,
    pub(super) last_event_id: LastEventId,
    /// Whether only the head is wanted.
    pub(super) is_head: bool,
    /// Whether a browser asks: any status but 200 would end its `EventSource` for good.
    pub(super) is_browser: bool,
}

/// The position that a reader comes with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LastEventId {
    /// It comes with none, or with an empty one.
    Absent,
    /// This one.
    Id(EventId),
    /// Something that is no id.
    Unreadable,
}

impl Request {
    pub(super) fn read(parts: &Parts, random: impl FnMut() -> u8) -> Self {
        let headers = &parts.headers;
        Self {
            id: request_id(headers, random),
            traceparent: traceparent(headers),
            last_event_id: LastEventId::read(headers, &parts.uri),
            is_head: parts.method == Method::HEAD,
            is_browser: headers.contains_key("sec-fetch-mode"),
        }
    }

    /// A request that nobody sent: a handler is called from a test.
    pub(super) fn detached(random: impl FnMut() -> u8) -> Self {
        Self {
            id: request_id(&HeaderMap::new(), random),
            traceparent: None,
            last_event_id: LastEventId::Absent,
            is_head: false,
            is_browser: false,
        }
    }
}

impl LastEventId {
    /// The header wins: an `EventSource` repeats its first URL for ever, so that the query
    /// is the older of the two.
    fn read(headers: &HeaderMap, uri: &Uri) -> Self {
        let mut values = headers.get_all(LAST_EVENT_ID_HEADER).iter();
        match (values.next(), values.next()) {
            (None, _) => {}
            (Some(value), None) => return Self::parse(std::str::from_utf8(value.as_bytes()).ok()),
            // Two positions are none: one of them may be empty, and `fresh` would hide that.
            (Some(_), Some(_)) => return Self::Unreadable,
        }
        let query = uri.query().unwrap_or_default();
        let mut pairs = form_urlencoded::parse(query.as_bytes());
        match pairs.find(|(name, _)| name == LAST_EVENT_ID_PARAMETER) {
            Some((_, value)) => Self::parse(Some(&value)),
            None => Self::Absent,
        }
    }

    fn parse(text: Option<&str>) -> Self {
        match text {
            Some("") => Self::Absent,
            Some(text) => EventId::received(text).map_or(Self::Unreadable, Self::Id),
            None => Self::Unreadable,
        }
    }

    /// Whether the reader has seen the end of a finite stream.
    pub(super) fn is_terminal(&self) -> bool {
        matches!(self, Self::Id(id) if id.as_str() == TERMINAL_ID)
    }
}

/// The id that came with the request, if it is one that a log line can hold, else a new
/// one (pitfall P11).
fn request_id(headers: &HeaderMap, random: impl FnMut() -> u8) -> String {
    let mut sent = headers.get_all(REQUEST_ID_HEADER).iter().map(|value| value.to_str());
    match (sent.next(), sent.next()) {
        (Some(Ok(id)), None) if is_request_id(id) => id.to_owned(),
        _ => make_request_id(random),
    }
}

/// The `traceparent` that came with the request, if it is one. What is none is never repeated.
fn traceparent(headers: &HeaderMap) -> Option<Box<TraceParent>> {
    let mut sent = headers.get_all(TRACEPARENT_FIELD).iter();
    match (sent.next(), sent.next()) {
        (Some(value), None) => TraceParent::read(value.as_bytes()).map(Box::new),
        // Two are none.
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&'static str, &[u8])], uri: &str) -> Request {
        let mut request = http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, http::HeaderValue::from_bytes(value).unwrap());
        }
        let mut byte = 0_u8;
        Request::read(&request.body(()).unwrap().into_parts().0, move || {
            byte = byte.wrapping_add(7);
            byte
        })
    }

    fn id(text: &str) -> LastEventId {
        LastEventId::Id(EventId::received(text).unwrap())
    }

    #[test]
    fn a_good_request_id_is_kept() {
        assert_eq!(read(&[("x-request-id", b"a.B_c-9")], "/").id, "a.B_c-9");
    }

    #[test]
    fn a_hostile_request_id_is_replaced() {
        let long = vec![b'a'; 129];
        let hostile: [&[u8]; 6] =
            [b"", b"a b", b"\"quoted\"", b"a\tb", "caf\u{e9}".as_bytes(), &long];
        for value in hostile {
            let made = read(&[("x-request-id", value)], "/").id;
            assert!(made.starts_with("req_") && made.len() == 28 && is_request_id(&made), "{made}");
        }
    }

    #[test]
    fn a_traceparent_is_taken_only_if_there_is_one_and_it_is_good() {
        let good = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".as_slice();
        let sent = |headers: &[(&'static str, &[u8])]| read(headers, "/").traceparent;
        assert_eq!(sent(&[("traceparent", good)]).unwrap().as_str().as_bytes(), good);
        assert_eq!(sent(&[("traceparent", good), ("traceparent", good)]), None);
        assert_eq!(sent(&[("traceparent", &good[1..])]), None);
        assert_eq!(sent(&[("traceparent", b"\xff\xfe")]), None);
        assert_eq!(sent(&[]), None);
    }

    #[test]
    fn the_header_wins_over_the_query() {
        let both = read(&[("last-event-id", b"evt_00000001")], "/?last_event_id=evt_00000002");
        assert_eq!(both.last_event_id, id("evt_00000001"));
        let query = read(&[], "/?a=b&last_event_id=evt_00000002");
        assert_eq!(query.last_event_id, id("evt_00000002"));
        let empty = read(&[("last-event-id", b"")], "/?last_event_id=evt_00000002");
        assert_eq!(empty.last_event_id, LastEventId::Absent);
    }

    #[test]
    fn what_is_no_id_is_unreadable() {
        for value in [b"two words".as_slice(), b"\xff\xfe", "\u{200b}".as_bytes()] {
            let request = read(&[("last-event-id", value)], "/");
            assert_eq!(request.last_event_id, LastEventId::Unreadable);
        }
        let query = read(&[], "/?last_event_id=a%0d%0aid:%20b");
        assert_eq!(query.last_event_id, LastEventId::Unreadable);
    }

    #[test]
    fn the_end_of_a_finite_stream_is_known() {
        let request = read(&[("last-event-id", TERMINAL_ID.as_bytes())], "/");
        assert!(request.last_event_id.is_terminal());
    }
}

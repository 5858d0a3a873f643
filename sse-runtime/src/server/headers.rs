//! The headers of a stream (pitfall P3).

use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

use crate::names::{EVENT_SOURCE_HEADER, REQUEST_ID_HEADER};

/// Headers that are the same for every stream. `no-store`, because `no-cache` allows
/// storing; `no-transform`, because a compressing proxy holds events back;
/// `X-Accel-Buffering`, because nginx does too. Never `Connection`: HTTP/2 forbids it.
const FIXED: [(HeaderName, HeaderValue); 4] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform")),
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];

/// A 200 with the headers of a stream.
pub(super) fn stream_response(
    body: impl IntoResponse,
    sources: &[&'static str],
    request_id: &str,
) -> Response {
    let mut response = (StatusCode::OK, FIXED, body).into_response();
    if let Ok(value) = HeaderValue::from_str(&sources.join(","))
        && !sources.is_empty()
    {
        response.headers_mut().insert(HeaderName::from_static(EVENT_SOURCE_HEADER), value);
    }
    with_request_id(response, request_id)
}

/// Any response, with the request id that its reader can ask about (pitfall P11).
pub(super) fn with_request_id(mut response: Response, request_id: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert(HeaderName::from_static(REQUEST_ID_HEADER), value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_is_complete_and_no_connection() {
        let response = stream_response("text", &["inventory", "host"], "req_1");
        let header =
            |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
        assert_eq!(header("content-type"), Some("text/event-stream"));
        assert_eq!(header("cache-control"), Some("no-store, no-transform"));
        assert_eq!(header("x-accel-buffering"), Some("no"));
        assert_eq!(header("x-content-type-options"), Some("nosniff"));
        assert_eq!(header("x-event-source"), Some("inventory,host"));
        assert_eq!(header("x-request-id"), Some("req_1"));
        assert_eq!(header("connection"), None);
        assert_eq!(response.headers().get_all("content-type").iter().count(), 1);
    }
}

//! Names of headers, of the events of the project, and of the id of an end.

/// The response header that names the sources of a stream (pitfall P8).
pub const EVENT_SOURCE_HEADER: &str = "x-event-source";
/// The header that carries the request id both ways (pitfall P11).
pub const REQUEST_ID_HEADER: &str = "x-request-id";
/// The header, and the field of an event, that says which span caused it (W3C Trace Context).
pub const TRACEPARENT_FIELD: &str = "traceparent";
/// The request header in which a reader says where it stands.
pub const LAST_EVENT_ID_HEADER: &str = "last-event-id";
/// The query parameter that stands in for it where a reader cannot send headers.
pub const LAST_EVENT_ID_PARAMETER: &str = "last_event_id";

/// The first frame of a stream.
pub const OPEN_EVENT: &str = "sse.open";
/// The last frame of a stream that the server ends.
pub const BYE_EVENT: &str = "sse.bye";
/// The heartbeat for pages, which never see comments.
pub const BEAT_EVENT: &str = "sse.beat";
/// Names that begin so belong to this project.
pub const CONTROL_PREFIX: &str = "sse.";

/// The id of the last event of a finite stream; a request that brings it is answered 204.
pub const TERMINAL_ID: &str = "evt_terminal0000000000000000";

//! Names of metrics.

/// Counter: run-time values that were to become an event id and broke its form
/// (pitfall P6). Nothing was sent with them.
pub const EVENT_IDS_REFUSED: &str = "sse_event_ids_refused_total";
/// Counter: ids that a client received and could not take for its position (pitfall P6). Their
/// events were handed out.
pub const CLIENT_REFUSED_IDS: &str = "sse_client_refused_ids_total";

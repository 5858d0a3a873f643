//! Requests that are not served now.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};

use super::{
    cx::Cx,
    headers::{stream_response, with_request_id},
    options::Options,
};
use crate::{event::control::write_bye, names::Reason, wire::FrameBuffer};

/// An error of a handler: a response, for as long as the head is not out.
///
/// A blanket over `IntoResponse` that is kept out of the messages, because that of axum
/// lists types that have nothing to do with it.
#[diagnostic::on_unimplemented(
    message = "the error `{Self}` of a handler is no response",
    label = "no `IntoResponse` for this error",
    note = "a type of yours needs `impl IntoResponse` (and `From` for what `?` meets); in place of one of others return `Result<_, StatusCode>` and write `.map_err(|_| StatusCode::BAD_GATEWAY)?`"
)]
pub trait Refusal: IntoResponse {}

#[diagnostic::do_not_recommend]
impl<R: IntoResponse> Refusal for R {}

/// Refuses a request while the server goes away.
///
/// A browser gets a stream that says so and ends, because any status but 200 ends an
/// `EventSource` for good; everything else gets the status that says so. `unit` is a
/// random number from 0 to 1 that spreads the readers over the window.
pub(super) fn refuse_draining(
    cx: &Cx,
    options: &Options,
    sources: &[&'static str],
    window: Duration,
    unit: f64,
) -> Response {
    let wait = options.retry + window.mul_f64(unit);
    if !cx.request().is_browser {
        // Whole seconds, and never zero: that would be "at once".
        let seconds = wait.as_secs().max(1);
        let refusal = (StatusCode::SERVICE_UNAVAILABLE, [(header::RETRY_AFTER, seconds)]);
        return with_request_id(refusal.into_response(), cx.request_id());
    }
    let mut frames = FrameBuffer::new();
    end_frames(Reason::Drain, wait, options.control_events, &mut frames);
    stream_response(frames.into_bytes(), sources, cx.request_id())
}

/// What a reader hears at the end: why, and when to come back.
pub(super) fn end_frames(
    reason: Reason,
    wait: Duration,
    control_events: bool,
    buffer: &mut FrameBuffer,
) {
    let wait = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
    let written = if control_events { write_bye(reason, wait, buffer) } else { Ok(()) };
    if !control_events || written.is_err() {
        // A block without data fires nothing, but its reconnection time counts.
        buffer.retry(wait);
        buffer.raw(b"\n");
    }
}

/// A wait between half and one and a half of the base, so that readers that were cut
/// together do not come back together.
pub(super) fn jitter(base: Duration, unit: f64) -> Duration {
    base.mul_f64(0.5 + unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jitter_spreads_around_the_base() {
        let base = Duration::from_secs(2);
        assert_eq!(jitter(base, 0.0), Duration::from_secs(1));
        assert_eq!(jitter(base, 0.5), base);
        assert_eq!(jitter(base, 1.0), Duration::from_secs(3));
    }

    #[test]
    fn a_program_is_told_a_status() {
        let refusal =
            refuse_draining(&Cx::detached(), &Options::ENDLESS, &[], Duration::from_secs(10), 0.5);
        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(refusal.headers()["retry-after"], "8");
        assert!(refusal.headers().contains_key("x-request-id"));
    }

    #[test]
    fn without_control_events_the_wait_is_told_all_the_same() {
        let mut buffer = FrameBuffer::new();
        end_frames(Reason::Drain, Duration::from_secs(1), false, &mut buffer);
        assert_eq!(buffer.as_bytes(), b"retry: 1000\n\n");
    }
}

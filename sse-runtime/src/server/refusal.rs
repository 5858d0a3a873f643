//! Requests that are not served now.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use super::{
    cx::Cx,
    drain::{Drain, WINDOW},
    headers::{stream_response, with_request_id},
    options::Options,
    streams::Full,
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

/// Why a request gets no stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// A limit is reached, or the server goes away.
    Full(Full),
    /// What allowed the reader to listen has run out.
    Expired,
    /// The reader may not listen.
    Revoked,
    /// Nobody can say whether it may.
    Unknown,
    /// The store that knows where the reader stands does not answer.
    Store,
}

impl Refused {
    /// Of a stream that was told to end before it began.
    pub(super) const fn told(reason: Reason) -> Self {
        match reason {
            Reason::Expired => Self::Expired,
            Reason::Revoked => Self::Revoked,
            Reason::Limit => Self::Full(Full::Principal),
            _ => Self::Full(Full::Draining),
        }
    }

    pub(super) const fn reason(self) -> Reason {
        match self {
            Self::Full(Full::Draining) => Reason::Drain,
            Self::Full(Full::All | Full::Address | Full::Principal) => Reason::Limit,
            Self::Expired => Reason::Expired,
            Self::Revoked => Reason::Revoked,
            Self::Unknown => Reason::Error,
            Self::Store => Reason::Store,
        }
    }

    const fn status(self) -> StatusCode {
        match self {
            Self::Full(Full::Draining | Full::All) | Self::Unknown | Self::Store => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::Full(Full::Address | Full::Principal) => StatusCode::TOO_MANY_REQUESTS,
            Self::Expired => StatusCode::UNAUTHORIZED,
            Self::Revoked => StatusCode::FORBIDDEN,
        }
    }

    /// Whether the reader is to come back later, and will be served then.
    const fn is_for_now(self) -> bool {
        matches!(self, Self::Full(_) | Self::Unknown | Self::Store)
    }
}

/// Refuses a request.
///
/// For a browser that is to come back it is a stream that says so and ends, because any status
/// but 200 ends an `EventSource` for good; everything else gets the status that says so. `unit`
/// is a random number from 0 to 1 that spreads the readers over the window.
pub(super) fn refuse(
    cx: &Cx,
    options: &Options,
    sources: &[&'static str],
    refused: Refused,
    unit: f64,
) -> Response {
    let window = cx.drain().map_or(WINDOW, Drain::window);
    let wait = options.retry.saturating_add(part(window, unit));
    if !refused.is_for_now() {
        let mut refusal = refused.status().into_response();
        if refused == Refused::Expired {
            // RFC 9110 asks for a challenge, and this is the one of RFC 6750 for a token that has
            // run out. No browser opens a window for it.
            let challenge = HeaderValue::from_static("Bearer error=\"invalid_token\"");
            refusal.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        return with_request_id(refusal, cx.request_id());
    }
    if !cx.request().is_browser {
        // Whole seconds, and never zero: that would be "at once".
        let seconds = wait.as_secs().max(1);
        let refusal = (refused.status(), [(header::RETRY_AFTER, seconds)]);
        return with_request_id(refusal.into_response(), cx.request_id());
    }
    let mut frames = FrameBuffer::new();
    end_frames(refused.reason(), wait, options.control_events, &mut frames);
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

/// A part of a time. Of one that is near the longest of all it may be that one: rounded up, it
/// would be none.
pub(super) fn part(time: Duration, unit: f64) -> Duration {
    Duration::try_from_secs_f64(time.as_secs_f64() * unit).unwrap_or(Duration::MAX)
}

/// A wait between half and one and a half of the base, so that readers that were cut
/// together do not come back together.
pub(super) fn jitter(base: Duration, unit: f64) -> Duration {
    part(base, 0.5 + unit)
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
        let cases = [
            (Refused::Full(Full::Draining), 503, true),
            (Refused::Full(Full::All), 503, true),
            (Refused::Full(Full::Address), 429, true),
            (Refused::Full(Full::Principal), 429, true),
            (Refused::Unknown, 503, true),
            (Refused::Expired, 401, false),
            (Refused::Revoked, 403, false),
        ];
        for (refused, status, waits) in cases {
            let refusal = refuse(&Cx::detached(), &Options::ENDLESS, &[], refused, 0.5);
            assert_eq!(refusal.status(), status, "{refused:?}");
            // The retry of 3 s, and half of the window of 5 s.
            let after = refusal.headers().get("retry-after").map(|value| value.as_bytes());
            assert_eq!(after, waits.then_some(b"5".as_slice()), "{refused:?}");
            assert!(refusal.headers().contains_key("x-request-id"));
        }
    }

    #[test]
    fn a_part_of_any_time_is_a_time() {
        assert_eq!(part(Duration::from_secs(10), 0.25), Duration::from_millis(2_500));
        assert_eq!(part(Duration::MAX, 0.0), Duration::ZERO);
        assert_eq!(part(Duration::MAX, 1.0), Duration::MAX);
        assert_eq!(jitter(Duration::MAX, 1.0), Duration::MAX);
    }

    #[test]
    fn without_control_events_the_wait_is_told_all_the_same() {
        let mut buffer = FrameBuffer::new();
        end_frames(Reason::Drain, Duration::from_secs(1), false, &mut buffer);
        assert_eq!(buffer.as_bytes(), b"retry: 1000\n\n");
    }
}

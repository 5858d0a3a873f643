//! The body of a request, which may not come.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

use super::stall::LEAST;

/// A body that is not waited for without an end. Only what a handler waits for is counted: one
/// that takes its time between two reads does no harm.
pub(super) struct TimedBody {
    body: Body,
    timeout: Duration,
    /// How much of the time is left.
    left: Duration,
    /// None where nobody waits.
    sleep: Option<Pin<Box<Sleep>>>,
    /// What came in the time.
    came: usize,
    /// Whether it is waited for without an end after all.
    free: Option<Arc<AtomicBool>>,
}

impl TimedBody {
    pub(super) const fn new(body: Body, timeout: Duration) -> Self {
        Self { body, timeout, left: timeout, sleep: None, came: 0, free: None }
    }

    /// Only until this says otherwise.
    pub(super) fn until(mut self, free: Arc<AtomicBool>) -> Self {
        self.free = Some(free);
        self
    }

    fn is_free(&self) -> bool {
        self.free.as_ref().is_some_and(|free| free.load(Ordering::Relaxed))
    }

    /// Something came, and the time stands still until it is asked for more.
    fn stop(&mut self) {
        if let Some(sleep) = self.sleep.take() {
            self.left = sleep.deadline().saturating_duration_since(Instant::now());
        }
    }

    /// Ready when too little came for too long.
    fn late(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let left = self.left;
            let sleep = self.sleep.get_or_insert_with(|| Box::pin(sleep(left)));
            ready!(sleep.as_mut().poll(cx));
            (self.sleep, self.left) = (None, self.timeout);
            if std::mem::take(&mut self.came) < LEAST {
                return Poll::Ready(());
            }
        }
    }
}

impl HttpBody for TimedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            this.stop();
            if let Some(Ok(frame)) = &frame {
                this.came += frame.data_ref().map_or(LEAST, Bytes::len);
            }
            return Poll::Ready(frame);
        }
        if this.is_free() {
            this.stop();
            return Poll::Pending;
        }
        ready!(this.late(cx));
        let late = io::Error::new(io::ErrorKind::TimedOut, "the body of the request does not come");
        Poll::Ready(Some(Err(axum::Error::new(late))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::{StreamExt as _, stream};
    use http_body_util::BodyExt as _;

    const TIMEOUT: Duration = Duration::from_secs(10);

    /// A body of so many pieces, each after a while.
    fn body(pieces: usize, bytes: usize, seconds: u64) -> TimedBody {
        let pieces = stream::iter(0..pieces).then(move |_| async move {
            sleep(Duration::from_secs(seconds)).await;
            Ok::<_, io::Error>(Bytes::from(vec![0; bytes]))
        });
        TimedBody::new(Body::from_stream(pieces), TIMEOUT)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_does_not_come_is_an_error() {
        let begin = Instant::now();
        let error = body(1, 1, 1_000_000).collect().await.unwrap_err();
        assert!(error.to_string().contains("does not come"), "{error}");
        assert_eq!(begin.elapsed(), TIMEOUT);
    }

    #[tokio::test(start_paused = true)]
    async fn a_byte_now_and_then_is_no_body() {
        let begin = Instant::now();
        assert!(body(100, 1, 1).collect().await.is_err());
        assert!(begin.elapsed() <= 2 * TIMEOUT, "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_waited_for() {
        let whole = body(30, 512, 4).collect().await.unwrap().to_bytes();
        assert_eq!(whole.len(), 30 * 512);
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_takes_its_time_between_two_reads_does_no_harm() {
        let pieces = stream::iter(0..3).then(|_| async {
            sleep(TIMEOUT / 10).await;
            Ok::<_, io::Error>(Bytes::from_static(b"piece"))
        });
        let mut body = TimedBody::new(Body::from_stream(pieces), TIMEOUT);
        for _ in 0..3 {
            body.frame().await.unwrap().unwrap();
            sleep(2 * TIMEOUT).await;
        }
        assert!(body.frame().await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn half_of_a_conversation_is_waited_for_once_it_has_begun() {
        let free = Arc::new(AtomicBool::new(false));
        assert!(body(1, 1, 1_000).until(Arc::clone(&free)).collect().await.is_err());
        let talks = body(1, 1, 1_000).until(Arc::clone(&free));
        free.store(true, Ordering::Relaxed);
        assert_eq!(talks.collect().await.unwrap().to_bytes().len(), 1);
    }
}

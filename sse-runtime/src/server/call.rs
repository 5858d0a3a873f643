//! The user's code, called: it may panic, and the stream then ends like any other.
//!
//! What a panic leaves broken is dropped right after it, unseen, which is what makes
//! asserting unwind safety sound here.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use tracing::Span;

/// The user's function, called and not yet polled.
pub type Call<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Boxes a call at once, so that a future that is not `Send` is one error, here, and not
/// a second one at the route. Not public API: used by generated code.
pub fn call<F: Future + Send + 'static>(call: F) -> Call<F::Output> {
    Box::pin(call)
}

/// Runs the user's code in the span of its stream. A panic is logged, with the request id
/// that the span carries, and gives nothing.
pub(super) fn caught<T>(span: &Span, whose: &str, code: impl FnOnce() -> T) -> Option<T> {
    span.in_scope(|| {
        let result = catch_unwind(AssertUnwindSafe(code));
        if result.is_err() {
            tracing::error!("{whose} panicked");
        }
        result.ok()
    })
}

/// A call of the user's that panics neither when it is polled nor when it is dropped.
pub(super) struct Caught<T> {
    call: Option<Call<T>>,
    span: Span,
    whose: &'static str,
}

impl<T> Caught<T> {
    pub(super) const fn new(call: Call<T>, span: Span, whose: &'static str) -> Self {
        Self { call: Some(call), span, whose }
    }
}

impl<T> Future for Caught<T> {
    /// None after a panic.
    type Output = Option<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        let Some(call) = &mut this.call else { return Poll::Ready(None) };
        match caught(&this.span, this.whose, || call.as_mut().poll(cx)) {
            Some(polled) => polled.map(Some),
            None => Poll::Ready(None),
        }
    }
}

impl<T> Drop for Caught<T> {
    fn drop(&mut self) {
        let call = self.call.take();
        let _dropped = caught(&self.span, self.whose, || drop(call));
    }
}

//! When a connection is made, as far as the transport tells.
//!
//! A request that finds a connection in the pool makes none, and nothing is told. The clock of
//! connecting needs to know the difference: without it a server that thinks for 20 s would look
//! like one that cannot be reached.

use std::{
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    task::{Context, Poll},
};

use tower_layer::Layer;
use tower_service::Service;

tokio::task_local! {
    /// Of the attempt that is being polled. The pool calls its connector from within the request
    /// that needs it, which is the only thread that leads from the one to the other.
    static DIAL: Arc<Dial>;
}

/// How many connections an attempt has begun, and how many of them are made: each redirect may
/// need one.
#[derive(Debug, Default)]
pub(super) struct Dial {
    begun: AtomicU32,
    made: AtomicU32,
    /// A redirect said to come and get what became of the request.
    accepted: AtomicBool,
}

impl Dial {
    /// Runs an attempt, of which this is told.
    pub(super) fn watch<F: Future>(self: Arc<Self>, attempt: F) -> impl Future<Output = F::Output> {
        DIAL.scope(self, attempt)
    }

    /// How many connections have begun.
    pub(super) fn begun(&self) -> u32 {
        self.begun.load(Relaxed)
    }

    /// How many of them are made.
    pub(super) fn made(&self) -> u32 {
        self.made.load(Relaxed)
    }

    /// Whether a server has taken the request, and sent on for the answer.
    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.load(Relaxed)
    }

    /// The attempt that is being polled was sent on for its answer.
    pub(super) fn accept() {
        // Outside of one there is nobody to tell.
        let _told = DIAL.try_with(|dial| dial.accepted.store(true, Relaxed));
    }
}

/// Has the connector of the transport tell.
#[derive(Debug, Clone, Copy)]
pub(super) struct DialLayer;

/// A connector that tells.
#[derive(Debug, Clone)]
pub(super) struct Dialler<S> {
    inner: S,
}

impl<S> Layer<S> for DialLayer {
    type Service = Dialler<S>;

    fn layer(&self, inner: S) -> Dialler<S> {
        Dialler { inner }
    }
}

impl<S, R> Service<R> for Dialler<S>
where
    S: Service<R>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, target: R) -> Self::Future {
        let dial = DIAL.try_with(Arc::clone).ok();
        if let Some(dial) = &dial {
            dial.begun.fetch_add(1, Relaxed);
        }
        let connecting = self.inner.call(target);
        Box::pin(async move {
            let connection = connecting.await?;
            if let Some(dial) = &dial {
                dial.made.fetch_add(1, Relaxed);
            }
            Ok(connection)
        })
    }
}

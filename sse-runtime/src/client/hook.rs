//! Headers that are made anew for each attempt.

use std::{fmt, future::Future, pin::Pin, sync::Arc};

use http::HeaderMap;
use tracing::warn;

use super::{Attempt, LocalError};

/// The future of a hook.
type Headers = Pin<Box<dyn Future<Output = Result<HeaderMap, LocalError>> + Send>>;

/// Makes the headers of an attempt, for tokens that expire.
#[derive(Clone)]
pub(super) struct Hook(Arc<dyn Fn(Attempt) -> Headers + Send + Sync>);

impl Hook {
    pub(super) fn new<F, Fut, X>(make: F) -> Self
    where
        F: Fn(Attempt) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<HeaderMap, X>> + Send + 'static,
        X: fmt::Display,
    {
        Self(Arc::new(move |attempt| {
            let headers = make(attempt);
            Box::pin(async move {
                headers.await.map_err(|error| {
                    // As a string, which is escaped.
                    let error = error.to_string();
                    warn!(error, "the header hook failed");
                    LocalError::Headers
                })
            })
        }))
    }

    pub(super) fn ask(&self, attempt: Attempt) -> Headers {
        (self.0)(attempt)
    }
}

impl fmt::Debug for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}

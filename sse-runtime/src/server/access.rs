//! Who listens, and for how long they may.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::call::Call;

/// What allows a reader to listen: who it is, until when, and whom to ask whether that still
/// holds. An extractor, a middleware or the handler itself gives it to the stream with
/// [`Cx::allow`](crate::Cx::allow).
///
/// A stream lives for hours, and what was checked when it began has long changed by then: the
/// token has run out, the account is closed, the order belongs to another tenant. So the stream
/// is ended with [`Reason::Expired`](crate::Reason::Expired) at `expires_at`, and nothing is
/// handed to the connection after it; it is ended with
/// [`Reason::Revoked`](crate::Reason::Revoked) within a second after `reauthorize` said so, which
/// is asked every minute and before anything is replayed to a reader that brings a position.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// # use futures_util::stream::{self, Stream};
/// use sse_runtime::{Access, Cx, SseEvent, Verdict, sse_handler};
/// # #[derive(SseEvent)]
/// # #[sse(source = "inventory")]
/// # enum InventoryEvent { SoldOut }
/// # async fn still_employed(_: &str) -> Result<bool, std::io::Error> { Ok(true) }
///
/// #[sse_handler]
/// async fn inventory(cx: Cx) -> impl Stream<Item = InventoryEvent> {
///     let access = Access::new("ada") // from the session of the request
///         .expires_at(SystemTime::now() + Duration::from_secs(15 * 60))
///         .reauthorize(|| async {
///             match still_employed("ada").await {
///                 Ok(true) => Verdict::Allowed,
///                 Ok(false) => Verdict::Revoked,
///                 Err(_) => Verdict::Unknown, // asked again soon
///             }
///         });
///     cx.allow(access);
///     stream::pending()
/// }
/// ```
///
/// It works behind any server. [`serve`](crate::serve()) also counts the streams of a
/// principal, and ends them all by [`ServeHandle::revoke`](crate::serve::ServeHandle::revoke).
#[derive(Clone, Default)]
pub struct Access {
    pub(super) principal: Option<Arc<str>>,
    pub(super) expires_at: Option<SystemTime>,
    pub(super) reauthorize: Option<Ask>,
}

/// The hook that is asked.
pub(super) type Ask = Arc<dyn Fn() -> Call<Verdict> + Send + Sync>;

/// Whether a reader may go on listening: the answer of [`Access::reauthorize`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// It may.
    Allowed,
    /// It may until then, in place of what was said before: its token was renewed.
    Until(SystemTime),
    /// What allowed it has run out: the reader may come back with something newer. Ends the
    /// stream with `expired`.
    Expired,
    /// It may not, and need not come back. Ends the stream with `revoked`.
    Revoked,
    /// Whoever knows cannot be asked. An open stream goes on, and the hook is asked again after
    /// a tenth of the interval; nothing is replayed on such an answer.
    Unknown,
}

impl Access {
    /// Access of this principal: a user, a tenant, a key, whatever the limits count.
    #[must_use]
    pub fn new(principal: impl Into<Arc<str>>) -> Self {
        Self { principal: Some(principal.into()), ..Self::anonymous() }
    }

    /// Access of nobody in particular: a ticket that only runs out.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self { principal: None, expires_at: None, reauthorize: None }
    }

    /// Until when, by the clock of this machine (the claim `exp` of a token). A request that
    /// comes later is answered 401.
    #[must_use]
    pub const fn expires_at(mut self, time: SystemTime) -> Self {
        self.expires_at = Some(time);
        self
    }

    /// Whom to ask whether it still holds: every 60 s (`reauthorize` of
    /// [`ServeConfig`](crate::serve::ServeConfig)), and before anything is replayed to a reader
    /// that comes back. An answer that takes longer than 10 s is [`Verdict::Unknown`], and so is
    /// a panic.
    #[must_use]
    pub fn reauthorize<F, A>(mut self, hook: F) -> Self
    where
        F: Fn() -> A + Send + Sync + 'static,
        A: Future<Output = Verdict> + Send + 'static,
    {
        let hook = Arc::new(hook);
        self.reauthorize = Some(Arc::new(move || {
            let hook = Arc::clone(&hook);
            // Called where a panic is caught: what makes the future is the user's code too.
            Box::pin(async move { hook().await })
        }));
        self
    }

    /// With what is missing here taken from another one.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            principal: self.principal.or(other.principal),
            expires_at: self.expires_at.or(other.expires_at),
            reauthorize: self.reauthorize.or(other.reauthorize),
        }
    }

    pub(super) fn has_expired(&self) -> bool {
        self.left(SystemTime::now()).is_some_and(|left| left.is_zero())
    }

    /// How long it still holds; none where it has no end.
    pub(super) fn left(&self, now: SystemTime) -> Option<Duration> {
        self.expires_at.map(|end| end.duration_since(now).unwrap_or_default())
    }
}

/// Without the principal, which is nobody's business in a log.
impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("expires_at", &self.expires_at)
            .field("reauthorize", &self.reauthorize.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_run_out_has_nothing_left() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let access = Access::new("ada").expires_at(now);
        assert_eq!(access.left(now - Duration::from_secs(7)), Some(Duration::from_secs(7)));
        assert_eq!(access.left(now), Some(Duration::ZERO));
        assert_eq!(access.left(now + Duration::from_secs(7)), Some(Duration::ZERO));
        assert_eq!(Access::anonymous().left(now), None);
    }

    #[test]
    fn the_later_word_fills_what_the_first_left_open() {
        let end = SystemTime::UNIX_EPOCH;
        let both = Access::anonymous().expires_at(end).or(Access::new("ada"));
        assert_eq!((both.principal.as_deref(), both.expires_at), (Some("ada"), Some(end)));
    }
}

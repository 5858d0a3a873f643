//! The times at which a stream is ended or asked about, whatever its source does.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, Sleep, sleep_until};
use tracing::Span;

use super::{
    access::{Access, Ask, Verdict},
    call::Caught,
};
use crate::names::Reason;

/// How long the hook that is asked about a reader may take.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// What one stream has agreed to: a greatest age, an end of its access, a hook to ask. Only
/// there where one of them is.
pub(super) struct Terms {
    expires: Option<End>,
    rotates: Option<Instant>,
    review: Option<Review>,
    /// The end as the access has it. The hook may have moved it since.
    said: Option<SystemTime>,
    /// One clock for all: set to what comes first.
    sleep: Pin<Box<Sleep>>,
}

/// The hook that is asked now and then whether the reader may go on.
struct Review {
    ask: Ask,
    every: Duration,
    /// When it is asked next, or no longer waited for.
    due: Instant,
    asking: Option<Caught<Verdict>>,
}

impl Terms {
    /// None where there is nothing to look at. `renewed` is an end that goes before that of the
    /// access.
    pub(super) fn new(
        access: &Access,
        renewed: Option<SystemTime>,
        age: Option<Duration>,
        every: Duration,
    ) -> Option<Box<Self>> {
        let now = Instant::now();
        let review = access.reauthorize.clone().map(|ask| Review::new(ask, now, every));
        let said = access.expires_at;
        let expires = renewed.or(said).map(|end| End::new(now, end));
        let rotates = age.and_then(|age| after(now, age));
        let end = expires.and_then(|end| end.at);
        let due = [end, rotates, review.as_ref().map(|review| review.due)];
        let due = due.into_iter().flatten().min()?;
        Some(Box::new(Self { expires, rotates, review, said, sleep: Box::pin(sleep_until(due)) }))
    }

    /// Something new was said of the access. Whether that is over.
    pub(super) fn change(
        &mut self,
        access: &Access,
        renewed: Option<SystemTime>,
        every: Duration,
    ) -> bool {
        let now = Instant::now();
        if renewed.is_some() || self.said != access.expires_at {
            self.said = access.expires_at;
            self.expires = renewed.or(self.said).map(|end| End::new(now, end));
        }
        if let Some(ask) = &access.reauthorize
            && !self.review.as_ref().is_some_and(|review| Arc::ptr_eq(&review.ask, ask))
        {
            self.review = Some(Review::new(Arc::clone(ask), now, every));
        }
        self.has_expired()
    }

    pub(super) fn has_expired(&self) -> bool {
        self.expires.is_some_and(|end| end.is_past(Instant::now()))
    }

    /// Why the stream ends now, if it does. Asked before each batch, so that nothing goes out
    /// after the end of the access.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>, span: &Span) -> Option<Reason> {
        loop {
            let now = Instant::now();
            if let Some(reason) = self.over(now) {
                return Some(reason);
            }
            if let Some(verdict) =
                self.review.as_mut().and_then(|review| review.poll(cx, now, span))
            {
                match verdict {
                    Verdict::Allowed | Verdict::Unknown => {}
                    Verdict::Until(end) => self.expires = Some(End::new(now, end)),
                    Verdict::Expired => return Some(Reason::Expired),
                    Verdict::Revoked => return Some(Reason::Revoked),
                }
                continue;
            }
            let due = self.due()?;
            if self.sleep.deadline() != due {
                self.sleep.as_mut().reset(due);
            }
            if self.sleep.as_mut().poll(cx).is_pending() {
                return None;
            }
        }
    }

    fn over(&self, now: Instant) -> Option<Reason> {
        if self.expires.is_some_and(|end| end.is_past(now)) {
            return Some(Reason::Expired);
        }
        self.rotates.is_some_and(|end| end <= now).then_some(Reason::Rotated)
    }

    fn due(&self) -> Option<Instant> {
        let end = self.expires.and_then(|end| end.at);
        let due = [end, self.rotates, self.review.as_ref().map(|review| review.due)];
        due.into_iter().flatten().min()
    }
}

impl Review {
    fn new(ask: Ask, now: Instant, every: Duration) -> Self {
        Self { ask, every, due: after(now, every).unwrap_or(now), asking: None }
    }

    /// An answer, if there is one now.
    fn poll(&mut self, cx: &mut Context<'_>, now: Instant, span: &Span) -> Option<Verdict> {
        if self.asking.is_none() {
            if now < self.due {
                return None;
            }
            self.asking = Some(Caught::new((self.ask)(), span.clone(), HOOK));
            self.due = after(now, ANSWER).unwrap_or(now);
        }
        let polled = Pin::new(self.asking.as_mut()?).poll(cx);
        let verdict = match polled {
            Poll::Ready(answer) => answer.unwrap_or(Verdict::Unknown),
            Poll::Pending if now < self.due => return None,
            Poll::Pending => Verdict::Unknown,
        };
        self.asking = None;
        let wait = if verdict == Verdict::Unknown {
            tracing::warn!(parent: span, "nobody could say whether the reader may go on");
            self.every / 10
        } else {
            self.every
        };
        self.due = after(now, wait.max(Duration::from_secs(1))).unwrap_or(now);
        Some(verdict)
    }
}

pub(super) const HOOK: &str = "the hook that reauthorizes";

/// The end of an access, by two clocks: the one of the machine is what the token means, and may
/// jump; the other one does not, and stands still while a machine sleeps. The first of the two
/// ends it.
#[derive(Debug, Clone, Copy)]
struct End {
    by: SystemTime,
    /// None where it is too far away to be a time.
    at: Option<Instant>,
}

impl End {
    fn new(now: Instant, by: SystemTime) -> Self {
        Self { by, at: after(now, by.duration_since(SystemTime::now()).unwrap_or_default()) }
    }

    fn is_past(self, now: Instant) -> bool {
        self.at.is_some_and(|at| at <= now) || self.by <= SystemTime::now()
    }
}

/// None where it is too far away to be a time.
fn after(now: Instant, time: Duration) -> Option<Instant> {
    now.checked_add(time)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    async fn ends(mut terms: Box<Terms>) -> Reason {
        std::future::poll_fn(|cx| match terms.poll(cx, &Span::none()) {
            Some(reason) => Poll::Ready(reason),
            None => Poll::Pending,
        })
        .await
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn terms(access: &Access, age: Option<Duration>) -> Box<Terms> {
        Terms::new(access, None, age, MINUTE).unwrap()
    }

    #[test]
    fn without_terms_there_is_nothing() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _inside = runtime.enter();
        assert!(Terms::new(&Access::new("ada"), None, None, MINUTE).is_none());
        assert!(Terms::new(&Access::anonymous(), None, Some(Duration::MAX), MINUTE).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn whichever_comes_first_ends_it() {
        let access = Access::anonymous().expires_at(SystemTime::now() + MINUTE);
        let begin = Instant::now();
        assert_eq!(ends(terms(&access, Some(2 * MINUTE))).await, Reason::Expired);
        assert!(begin.elapsed() <= MINUTE + Duration::from_millis(5), "{:?}", begin.elapsed());
        assert_eq!(ends(terms(&access, Some(MINUTE / 2))).await, Reason::Rotated);
    }

    #[test]
    fn a_machine_that_slept_past_the_end_is_past_it() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let slept = End { by: SystemTime::now() - second, at: after(now, MINUTE) };
        let set_back = End { by: SystemTime::now() + MINUTE, at: Some(now) };
        let open = End { by: SystemTime::now() + MINUTE, at: after(now, MINUTE) };
        assert!(slept.is_past(now) && set_back.is_past(now) && !open.is_past(now));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_is_asked_until_it_says_no() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&asked);
        let access = Access::anonymous().reauthorize(move || {
            let before = counts.fetch_add(1, Ordering::Relaxed);
            async move { if before < 2 { Verdict::Allowed } else { Verdict::Revoked } }
        });
        let begin = Instant::now();
        assert_eq!(ends(terms(&access, None)).await, Reason::Revoked);
        assert_eq!((asked.load(Ordering::Relaxed), begin.elapsed().as_secs()), (3, 180));
    }

    #[tokio::test(start_paused = true)]
    async fn a_hook_that_does_not_answer_is_asked_again_and_ends_nothing() {
        let asked = Arc::new(AtomicUsize::new(0));
        let counts = Arc::clone(&asked);
        let access = Access::anonymous().reauthorize(move || {
            let before = counts.fetch_add(1, Ordering::Relaxed);
            async move {
                match before {
                    0 => std::future::pending().await,
                    1 => panic!("no such user"),
                    _ => Verdict::Expired,
                }
            }
        });
        let begin = Instant::now();
        assert_eq!(ends(terms(&access, None)).await, Reason::Expired);
        // After the minute, the ten seconds that it may take, and twice a tenth of a minute.
        assert_eq!((asked.load(Ordering::Relaxed), begin.elapsed().as_secs()), (3, 82));
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewed_token_moves_the_end() {
        let access = Access::anonymous()
            .expires_at(SystemTime::now() + MINUTE + MINUTE / 2)
            .reauthorize(|| async { Verdict::Until(SystemTime::now() + MINUTE / 4) });
        let begin = Instant::now();
        assert_eq!(ends(terms(&access, None)).await, Reason::Expired);
        assert_eq!(begin.elapsed().as_secs(), 75);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_said_anew_leaves_the_rest_as_it_was() {
        let access = Access::anonymous()
            .expires_at(SystemTime::now() + MINUTE / 2)
            .reauthorize(|| async { Verdict::Allowed });
        let begin = Instant::now();
        let renewed = Some(SystemTime::now() + 3 * MINUTE);
        let mut terms = Terms::new(&access, renewed, Some(2 * MINUTE), MINUTE).unwrap();
        let due = terms.review.as_ref().map(|review| review.due);
        tokio::time::advance(MINUTE / 2).await;
        assert!(!terms.change(&Access::new("ada").or(access.clone()), None, MINUTE));
        assert_eq!(terms.review.as_ref().map(|review| review.due), due);
        assert_eq!(ends(terms).await, Reason::Rotated);
        assert_eq!(begin.elapsed().as_secs(), 120);

        let mut terms = Terms::new(&access, renewed, None, MINUTE).unwrap();
        assert!(terms.change(&access.expires_at(SystemTime::UNIX_EPOCH), None, MINUTE));
    }
}

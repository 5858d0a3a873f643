//! What ends a stream from outside: its server, its terms, whoever may revoke it.

use std::{
    fmt,
    pin::Pin,
    sync::Arc,
    task::Context,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, Sleep, sleep};
use tracing::Span;

use super::{cx::Cx, link::Link, options::Options, refusal::Refused, streams::Slot, terms::Terms};
use crate::names::Reason;

/// All that may end a stream whatever its source does, asked before each batch. Without any of
/// it that costs nothing, and with a slot alone one load of a number that all streams share.
#[derive(Default)]
pub(super) struct Orders {
    slot: Option<Slot>,
    terms: Option<Box<Terms>>,
    /// How long a drain lets the stream go on.
    grace: Option<Duration>,
    /// The end of that, once the drain has begun.
    drained: Option<Pin<Box<Sleep>>>,
}

impl Orders {
    pub(super) const fn new(slot: Option<Slot>, grace: Option<Duration>) -> Self {
        Self { slot, terms: None, grace, drained: None }
    }

    /// Takes note of what allows the reader to listen, as far as it is known now. `renewed` is
    /// an end of it that was told just now.
    pub(super) fn agree(
        &mut self,
        cx: &Cx,
        options: &Options,
        renewed: Option<SystemTime>,
    ) -> Result<(), Refused> {
        let access = cx.access();
        let (age, every) =
            cx.rules().map_or((None, REAUTHORIZE), |rules| (rules.max_age, rules.reauthorize));
        // What it has agreed to before goes on, as far as nothing else is said now: its age
        // above all, and the end that its hook has moved.
        let is_over = match &mut self.terms {
            Some(terms) => terms.change(&access, renewed, every),
            None => {
                // A stream with an end of its own is not asked to come back in the middle of it.
                let age = age.filter(|_| !options.finite);
                let age = age.map(|age| age.mul_f64(rotation(fastrand::f64())));
                self.terms = Terms::new(&access, renewed, age, every);
                self.terms.as_ref().is_some_and(|terms| terms.has_expired())
            }
        };
        if is_over {
            return Err(Refused::Expired);
        }
        if let (Some(principal), Some(slot)) = (&access.principal, &mut self.slot) {
            slot.claim(principal).map_err(Refused::Full)?;
        }
        Ok(())
    }

    /// The stream has ended, and only its last bytes are on their way: it keeps its place, by
    /// the connection where there is one that knows when they have left.
    pub(super) fn end(&mut self, link: Option<&Arc<Link>>) {
        self.terms = None;
        self.drained = None;
        if let Some(link) = link {
            link.keep(&mut self.slot);
        }
    }

    /// Why a stream that has not begun is not to begin. Its age is no reason: nobody would know
    /// what was rotated. It begins, and ends then.
    pub(super) fn poll_before_head(&mut self, cx: &mut Context<'_>, span: &Span) -> Option<Reason> {
        self.poll(cx, true, span).filter(|reason| *reason != Reason::Rotated)
    }

    /// Why the stream is to end now. `is_new` says that the task was not asked before, or is
    /// another one now.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        is_new: bool,
        span: &Span,
    ) -> Option<Reason> {
        if let Some(slot) = &mut self.slot {
            match slot.poll(cx, is_new) {
                Some(Reason::Drain) if self.grace.is_some() => {
                    let grace = self.grace.take().unwrap_or_default();
                    self.drained = Some(Box::pin(sleep(grace)));
                }
                Some(Reason::Drain) if self.drained.is_some() => {}
                Some(reason) => return Some(reason),
                None => {}
            }
        }
        if let Some(drained) = &mut self.drained
            && drained.as_mut().poll(cx).is_ready()
        {
            return Some(Reason::Drain);
        }
        self.terms.as_mut().and_then(|terms| terms.poll(cx, span))
    }
}

/// How often the hook of an access is asked, where no server says otherwise.
pub(super) const REAUTHORIZE: Duration = Duration::from_secs(60);

/// Which part of the greatest age a stream gets: streams that began together, after a restart,
/// do not end together.
fn rotation(unit: f64) -> f64 {
    0.8 + 0.2 * unit
}

impl fmt::Debug for Orders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ends = self.drained.as_ref().map(|sleep| sleep.deadline() - Instant::now());
        f.debug_struct("Orders").field("ends", &ends).finish_non_exhaustive()
    }
}

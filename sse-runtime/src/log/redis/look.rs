//! Looks at a log on the server where what came does not follow on what was shown.

use std::{sync::Arc, time::Duration};

use super::{
    answer::{Leaf, View},
    error::Fault,
    log::{Log, Side, Taken},
};
use crate::{log::store::StoreError, names::ResetReason, position::Position};

/// How many events are read at once to catch up.
const PAGE: usize = 256;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Whether somebody looks, so that only one does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Looking {
    #[default]
    No,
    Once,
    /// Something came meanwhile.
    Again,
}

impl Log {
    /// Looks where the log stands: what was missed is shown, and if what was shown is gone, the
    /// readers are told. Returns at once.
    pub(super) fn look(self: &Arc<Self>) {
        let is_new = {
            let mut side = self.side();
            let was = side.looking;
            side.looking = if was == Looking::No { Looking::Once } else { Looking::Again };
            was == Looking::No
        };
        if is_new {
            tokio::spawn(Arc::clone(self).keep_looking());
        }
    }

    async fn keep_looking(self: Arc<Self>) {
        let mut pause = FIRST_PAUSE;
        while !self.feed.is_over() {
            let looked = {
                // After an outage all open logs come here.
                let _turn = self.shared.looks.acquire().await;
                self.look_once().await
            };
            if let Ok(true) = looked {
                self.is_looked_at();
            }
            match looked {
                Ok(true) if self.is_done() => return,
                Ok(_) => pause = FIRST_PAUSE,
                Err(fault) => {
                    let (channel, error) = (&*self.name, fault.into_error());
                    tracing::debug!(channel, %error, "looking at a log failed, and is tried again");
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn is_done(&self) -> bool {
        let mut side = self.side();
        let is_done = side.looking == Looking::Once;
        side.looking = if is_done { Looking::No } else { Looking::Once };
        is_done
    }

    /// Says whether all is shown that was there.
    async fn look_once(self: &Arc<Self>) -> Result<bool, Fault> {
        let Some(shown) = self.head() else { return Ok(true) };
        let view = self.view(shown.seq(), 0).await?;
        let (head, newest) = (view.head, view.head.seq());
        {
            let mut side = self.side();
            if let Some(why) = loss(&side, shown, &view) {
                let is_judged = side.chain.as_ref().is_some_and(|chain| chain.head() == shown);
                if is_judged {
                    self.stand(&mut side, view, Some(why));
                }
                return Ok(is_judged);
            }
        }
        let mut from = shown.seq();
        while from < newest {
            // From what was shown last on: so the first one read tells whether it is the same.
            let Some(leaf) = self.leaf(from.max(1), PAGE).await? else { return Ok(false) };
            if !leaf.head.is_same_log(&head) {
                return Ok(false);
            }
            let Some(accepted) = self.catch_up(&leaf) else { return Ok(false) };
            if accepted <= from {
                return Err(Fault::Refused(StoreError::Corrupt(format!(
                    "event {} is not where it was",
                    from + 1
                ))));
            }
            from = accepted;
        }
        Ok(true)
    }

    /// Shows what was read, and gives the number of the last one. Nothing if it does not follow.
    fn catch_up(&self, leaf: &Leaf) -> Option<u64> {
        let (after, events) = match leaf.events.split_first() {
            Some((first, rest)) if first.position.seq() != leaf.before.seq() + 1 => {
                (first.position, rest)
            }
            _ => (leaf.before, &*leaf.events),
        };
        if self.accept(after, events, leaf.before) == Taken::Not {
            return None;
        }
        Some(events.last().map_or(after, |event| event.position).seq())
    }
}

/// Why what was shown is not what the log is.
fn loss(side: &Side, shown: Position, view: &View) -> Option<ResetReason> {
    if !view.head.is_same_log(&shown) {
        return Some(ResetReason::Epoch);
    }
    if view.head.seq() < shown.seq() {
        return Some(ResetReason::Ahead);
    }
    // What is no longer kept cannot be compared, and what came after it was missed.
    let is_same = view.tag == Some(shown.tag());
    (!is_same || side.is_refused).then_some(ResetReason::Diverged)
}

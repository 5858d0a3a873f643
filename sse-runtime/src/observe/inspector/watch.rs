//! Whoever looks at the page, and what looks for them.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::{Duration, SystemTime},
};

use axum::extract::State;
use sse_macros::sse_handler;
use tokio::{
    task::{JoinHandle, spawn_blocking},
    time::{Instant, MissedTickBehavior, interval},
};

use super::{rates::Rates, reading::Reading, snapshot::InspectorEvent};
use crate::{
    channel::{Channel, ChannelConfig, Resume, Subscription},
    log::milliseconds,
};

const SECOND: Duration = Duration::from_secs(1);

/// How many snapshots are kept, for a page that is loaded anew or was cut off: as many seconds as
/// its charts show.
const KEPT: u64 = 120;
/// And how many bytes of them, which is less where there is much to show.
const KEPT_BYTES: u64 = 2 * 1024 * 1024;

/// After how many seconds without anybody it is over.
const UNHEARD: u32 = 30;

/// What all who look at one route share.
#[derive(Default)]
pub(super) struct Watch {
    running: Mutex<Option<Running>>,
}

struct Running {
    channel: Channel<InspectorEvent>,
    sampler: JoinHandle<()>,
}

/// With the snapshots that others were told before, so that its charts need not begin at nothing.
#[sse_handler(retry = "1s")]
pub(super) async fn stream(
    State(watch): State<Arc<Watch>>,
    resume: Resume,
) -> Subscription<InspectorEvent> {
    watch.subscribe(resume.from_oldest())
}

impl Watch {
    /// Subscribes, and sees to it that there is something to hear.
    fn subscribe(self: &Arc<Self>, resume: Resume) -> Subscription<InspectorEvent> {
        let mut running = self.lock();
        // A sampler ends with its runtime too.
        if let Some(running) = running.as_ref().filter(|running| !running.sampler.is_finished()) {
            return running.channel.subscribe(resume);
        }
        let channel = Channel::hidden(
            &ChannelConfig::new().history(KEPT).history_bytes(KEPT_BYTES).linger(Duration::ZERO),
        );
        // Before anybody looks whether somebody listens.
        let subscription = channel.subscribe(resume);
        let sampler = tokio::spawn(sample(Arc::downgrade(self), channel.clone()));
        *running = Some(Running { channel, sampler });
        subscription
    }

    /// Whether nobody listens any more. What was kept for them is gone then.
    fn is_over(&self, channel: &Channel<InspectorEvent>) -> bool {
        // Under the lock, because nobody can come meanwhile.
        let mut running = self.lock();
        let is_over = channel.listeners() == 0;
        if is_over {
            *running = None;
        }
        is_over
    }

    /// Nothing is left half-done under this lock.
    fn lock(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a reading each second for as long as somebody listens.
async fn sample(watch: Weak<Watch>, channel: Channel<InspectorEvent>) {
    let (begin, mut rates, mut unheard) = (Instant::now(), Rates::default(), 0);
    // Asked for once: the page must not take the next snapshot for an old one.
    let born = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut ticks = interval(SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if channel.listeners() == 0 {
            unheard += 1;
            if unheard > UNHEARD && watch.upgrade().is_none_or(|watch| watch.is_over(&channel)) {
                return;
            }
            continue;
        }
        unheard = 0;
        let reading = Reading::take(begin.elapsed()).await;
        // With 100,000 channels it takes tens of milliseconds, which no other task is to wait for.
        let compared = spawn_blocking(move || {
            let snapshot = rates.next(&reading, milliseconds(born + reading.at));
            (rates, snapshot)
        });
        let Ok((known, snapshot)) = compared.await else { return };
        rates = known;
        if let Err(error) = channel.publish(&InspectorEvent::Snapshot(snapshot)).await {
            tracing::warn!("the inspector cannot tell what it sees: {error}");
        }
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").finish_non_exhaustive()
    }
}

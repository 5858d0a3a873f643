//! A channel without the type of its events: compiled once.

use std::{sync::Arc, time::Duration};

use tokio::{
    runtime::{Handle, RuntimeFlavor},
    time::Instant,
};

#[cfg(feature = "inspector")]
use super::census::Count;
use super::{
    config::ChannelConfig,
    figures::Figures,
    name::ChannelName,
    publish::{PublishError, Published},
    seam::{Hidden, Seam},
    stored::Stored,
    timer,
};
use crate::{
    event::{EncodeEvent, EventInfo, Head},
    log::{
        Bounds, Draft, Refused, Rest, Ring, microseconds, near,
        store::{Retention, Store, StoredEvent},
    },
    position::Epoch,
    wire::EventId,
};

/// What the handles and the listeners of one channel share.
#[derive(Debug)]
pub(crate) struct Core {
    pub(super) seam: Seam<Ring>,
    pub(super) rules: Arc<Rules>,
    name: Option<ChannelName>,
    sources: &'static [&'static str],
    /// What keeps the log, where that is more than this process.
    pub(super) stored: Option<Box<Stored>>,
    #[cfg(feature = "inspector")]
    pub(super) count: Count,
}

/// What the channels of one hub share.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) figures: Figures,
    pub(super) bounds: Bounds,
    largest_event: usize,
    pub(super) linger: Duration,
    /// When time begins for these channels: theirs is counted in microseconds from here.
    birth: Instant,
    /// What a store is to keep.
    pub(super) keep: Retention,
    /// How long a publisher waits for a store.
    pub(super) patience: Duration,
    /// What the program knows of an event by its name, to read what was written before.
    find: fn(&str) -> Option<&'static EventInfo>,
    pub(super) store: Option<Arc<dyn Store>>,
}

/// Of an event that was stored by another version of the program, and has no name in this one.
const UNKNOWN: Head = Head::__nothing();

impl Rules {
    /// Those of a configuration that is good.
    pub(super) fn of<E: EncodeEvent>(
        config: &ChannelConfig,
        store: Option<Arc<dyn Store>>,
    ) -> Arc<Self> {
        let bounds = config.bounds();
        Arc::new(Self {
            figures: Figures::of::<E>(store.as_deref()),
            bounds: if store.is_some() { near(&bounds) } else { bounds },
            largest_event: config.largest_event,
            linger: config.linger,
            birth: Instant::now(),
            keep: config.keep(),
            patience: config.store_patience,
            find: |name| E::CATALOGUE.find(name),
            store,
        })
    }

    /// What the program knows of an event that was stored.
    pub(super) fn head_of(&self, event: &StoredEvent) -> Head {
        (self.find)(&event.name).map_or(UNKNOWN, Head::of)
    }

    pub(super) const fn largest_event(&self) -> usize {
        self.largest_event
    }

    pub(super) fn now(&self) -> u64 {
        microseconds(self.age())
    }

    /// The same to the nanosecond.
    pub(super) fn age(&self) -> Duration {
        self.birth.elapsed()
    }

    pub(super) fn age_at(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.birth)
    }
}

impl Core {
    /// `random` becomes the epoch.
    pub(super) fn new(
        rules: Arc<Rules>,
        name: Option<ChannelName>,
        sources: &'static [&'static str],
        random: u64,
    ) -> Self {
        let seam = Seam::new(Ring::new(Epoch::new(random), rules.now()));
        let stored = rules.store.clone().map(|store| Box::new(Stored::new(store)));
        Self {
            seam,
            rules,
            name,
            sources,
            stored,
            #[cfg(feature = "inspector")]
            count: Count::new(false),
        }
    }

    pub(super) const fn name(&self) -> Option<&ChannelName> {
        self.name.as_ref()
    }

    /// Who may send on it.
    pub(crate) const fn sources(&self) -> &'static [&'static str] {
        self.sources
    }

    /// Appends an event and wakes whoever waits for it.
    pub(super) fn publish(self: &Arc<Self>, draft: Draft<'_>) -> Result<Published, PublishError> {
        let rules = &*self.rules;
        if draft.frame.len() > rules.largest_event {
            let (bytes, largest) = (draft.frame.len(), rules.largest_event);
            return Err(PublishError::TooLarge { bytes, largest });
        }
        let (age, random, head) = (rules.age(), fastrand::u32(..), draft.head);
        let linger = (!rules.linger.is_zero()).then_some(rules.linger);
        let (appended, mut wake) = self.seam.append(age, linger, |ring, listeners| {
            let appended = ring.append(draft, &rules.bounds, listeners, microseconds(age), random);
            #[cfg(feature = "inspector")]
            self.count.appended(&appended);
            appended
        });
        if let Some(timer) = wake.take_timer() {
            timer::start(self, timer);
        }
        wake.wake();
        let appended = appended.map_err(|refused| match refused {
            Refused::Ended => PublishError::Ended,
            Refused::IdReused(position) => PublishError::IdReused { position },
            Refused::TooManyIds => PublishError::TooManyIds,
        })?;
        let published = Published { position: appended.position, duplicate: appended.duplicate };
        self.trace(head, &published);
        Ok(published)
    }

    /// At the level `trace` each event has a line where it is published, with the number that
    /// it has on every stream (pitfall P11).
    pub(super) fn trace(&self, head: Head, published: &Published) {
        if !tracing::enabled!(tracing::Level::TRACE) {
            return;
        }
        let channel = self.name.as_ref().map(ChannelName::as_str);
        let (event_name, duplicate) = (head.info().name(), published.duplicate);
        // An ephemeral event lies between two numbers and has none.
        let position = (!head.info().is_ephemeral()).then_some(published.position);
        let (event_seq, event_id) = (position.map(|at| at.seq()), position.map(|at| at.id()));
        let event_id = event_id.as_ref().map(EventId::as_str);
        tracing::trace!(channel, event_seq, event_id, event_name, duplicate, "published");
    }

    /// Lets go of what is too old, and says whether nothing is left and nobody listens. What
    /// readers made of it goes into `rest`.
    pub(super) fn is_idle(&self, rest: &mut Rest) -> bool {
        let now = self.rules.now();
        self.seam.with(|ring, listeners| {
            ring.trim(&self.rules.bounds, listeners, now);
            rest.append(&mut ring.take_rest());
            listeners == 0
                && match self.stored {
                    None => ring.is_idle(now, self.rules.bounds.retention),
                    // Whoever asks for it again opens it again.
                    Some(_) => ring.is_untouched(now),
                }
        })
    }
}

impl Hidden for Ring {
    type Rest = Rest;
    type Origin = Handle;

    /// One of a single thread works only while somebody blocks on it, which nobody may do again.
    fn is_steady(origin: &Handle) -> bool {
        origin.runtime_flavor() != RuntimeFlavor::CurrentThread
    }

    fn take_rest(&mut self) -> Rest {
        Self::take_rest(self)
    }

    fn show(&mut self) {
        Self::show(self);
    }

    fn has_hidden(&self) -> bool {
        Self::has_hidden(self)
    }

    fn is_full(&self) -> bool {
        Self::is_full(self)
    }

    fn left_alone(&mut self) {
        Self::left_alone(self);
    }
}

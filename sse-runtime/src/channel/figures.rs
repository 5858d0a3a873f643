//! What is counted of publishing.

use std::{fmt, time::Duration};

use metrics::{Counter, Histogram};
use tokio::time::Instant;

use super::publish::{PublishError, Published};
use crate::{
    log::store::Store,
    names::{Backend, EVENTS_PUBLISHED, PUBLISH_DURATION, PublishOutcome, PublishPhase},
};

/// The metrics of a channel, or of all channels of a hub. Looked up once: the recorder of the
/// program has to be there before the channel is.
pub(super) struct Figures {
    /// The event type, as the program calls it.
    stream: &'static str,
    stored: Counter,
    /// None where nobody records them.
    durations: Option<Durations>,
}

struct Durations {
    encode: Histogram,
    append: Histogram,
    sync: Option<Histogram>,
}

impl Figures {
    pub(super) fn of<E>(store: Option<&dyn Store>) -> Self {
        let backend = store.map_or(Backend::Memory, Store::backend);
        let stream = short(std::any::type_name::<E>());
        let stored = counter(stream, PublishOutcome::Stored);
        // Looking at the clock three times is a quarter of what publishing takes.
        let durations = is_recorded().then(|| Durations {
            encode: histogram(backend, PublishPhase::Encode),
            append: histogram(backend, PublishPhase::Append),
            sync: store.map(|_| histogram(backend, PublishPhase::Sync)),
        });
        Self { stream, stored, durations }
    }

    /// The event type, as the program calls it.
    #[cfg(feature = "inspector")]
    pub(super) const fn stream(&self) -> &'static str {
        self.stream
    }

    /// The time, if it matters.
    pub(super) fn now(&self) -> Option<Instant> {
        self.durations.as_ref().map(|_| Instant::now())
    }

    /// An event was encoded, from and until then, and what became of it.
    pub(super) fn published(
        &self,
        begin: Option<Instant>,
        encoded: Option<Instant>,
        outcome: &Result<Published, PublishError>,
    ) {
        if let (Some(durations), Some(begin), Some(encoded)) = (&self.durations, begin, encoded) {
            durations.encode.record(encoded - begin);
            durations.append.record(encoded.elapsed());
        }
        let outcome = match outcome {
            Ok(Published { duplicate: false, .. }) => return self.stored.increment(1),
            Ok(_) => PublishOutcome::Duplicate,
            Err(PublishError::Store(_)) => PublishOutcome::Error,
            Err(_) => PublishOutcome::Refused,
        };
        counter(self.stream, outcome).increment(1);
    }

    /// A store has taken so long to make an event safe, of the time to append it.
    pub(super) fn synced(&self, time: Duration) {
        if let Some(sync) = self.durations.as_ref().and_then(|durations| durations.sync.as_ref()) {
            sync.record(time);
        }
    }

    /// An event could not be encoded.
    pub(super) fn failed(&self) {
        counter(self.stream, PublishOutcome::Error).increment(1);
    }
}

/// Whether anybody keeps what is recorded. The recorder that stands in for none has no size, and
/// nothing else tells it from others.
pub(crate) fn is_recorded() -> bool {
    metrics::with_recorder(|recorder| size_of_val(recorder) > 0)
}

fn histogram(backend: Backend, phase: PublishPhase) -> Histogram {
    let backend = backend.as_str();
    metrics::histogram!(PUBLISH_DURATION, "backend" => backend, "phase" => phase.as_str())
}

fn counter(stream: &'static str, outcome: PublishOutcome) -> Counter {
    metrics::counter!(EVENTS_PUBLISHED, "stream" => stream, "outcome" => outcome.as_str())
}

/// The name of a type without the modules that it stands in, and without its parameters.
fn short(name: &'static str) -> &'static str {
    let name = name.split_once('<').map_or(name, |(name, _)| name);
    name.rsplit_once("::").map_or(name, |(_, name)| name)
}

impl fmt::Debug for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Figures").field("stream", &self.stream).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_goes_by_its_own_name() {
        assert_eq!(short("shop::events::InventoryEvent"), "InventoryEvent");
        assert_eq!(short("shop::Either<shop::A, other::B>"), "Either");
        assert_eq!(short("Bare"), "Bare");
    }
}

//! What an event type can say: names, sources, flags.

use std::time::Duration;

/// Everything an event type can put on a stream, known when compiling.
///
/// ```
/// use sse_runtime::SseEvent;
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     StockChanged { sku: String, left: u32 },
///     #[sse(ephemeral)]
///     Viewers(u32),
/// }
///
/// const EVENTS: usize = InventoryEvent::CATALOGUE.events().len();
/// const _: () = assert!(InventoryEvent::CATALOGUE.contains("stock_changed"));
/// assert_eq!(EVENTS, 2);
/// assert_eq!(InventoryEvent::CATALOGUE.sources(), ["inventory"]);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Catalogue {
    events: &'static [EventInfo],
    sources: &'static [&'static str],
}

impl Catalogue {
    // Not public API: used by generated code. `events` is sorted by name, without
    // regard to case, and free of clashes.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(events: &'static [EventInfo], sources: &'static [&'static str]) -> Self {
        Self { events, sources }
    }

    /// The events, sorted by name without regard to case.
    #[must_use]
    pub const fn events(&self) -> &'static [EventInfo] {
        self.events
    }

    /// The sources, in the order of their declaration, each once. None for a
    /// `decode_only` type that names none.
    #[must_use]
    pub const fn sources(&self) -> &'static [&'static str] {
        self.sources
    }

    /// Whether an event goes by this name on the wire.
    #[must_use]
    pub const fn contains(&self, name: &str) -> bool {
        self.position(None, name).is_some()
    }

    /// The event that goes by this name on the wire.
    ///
    /// ```
    /// # use sse_runtime::SseEvent;
    /// # #[derive(SseEvent)]
    /// # #[sse(source = "inventory")]
    /// # enum InventoryEvent { #[sse(ephemeral)] Viewers(u32) }
    /// let viewers = InventoryEvent::CATALOGUE.find("viewers").unwrap();
    /// assert!(viewers.is_ephemeral());
    /// assert!(InventoryEvent::CATALOGUE.find("Viewers").is_none());
    /// ```
    #[must_use]
    pub const fn find(&self, name: &str) -> Option<&'static EventInfo> {
        match self.position(None, name) {
            Some(at) => Some(&self.events[at]),
            None => None,
        }
    }

    /// Where in the sorted list a name stands, exactly as spelt. With a source, the name
    /// on the wire was `source.name`.
    pub(crate) const fn position(&self, source: Option<&str>, name: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.events.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let info = &self.events[middle];
            match info.compare(source, name) {
                Comparison::Less => low = middle + 1,
                Comparison::Greater => high = middle,
                Comparison::SameButCase => return None,
                Comparison::Same => return Some(middle),
            }
        }
        None
    }
}

/// One event of a [`Catalogue`].
#[derive(Debug, Clone, Copy)]
pub struct EventInfo {
    name: &'static str,
    source: Option<&'static str>,
    head: &'static str,
    retry_ms: Option<u32>,
    flags: u8,
}

impl EventInfo {
    // Not public API: used by generated code.
    #[doc(hidden)]
    pub const EPHEMERAL: u8 = 1;
    #[doc(hidden)]
    pub const TERMINAL: u8 = 2;
    #[doc(hidden)]
    pub const HAS_ID: u8 = 4;
    #[doc(hidden)]
    pub const HAS_TOPIC: u8 = 8;
    const QUALIFIED: u8 = 16;

    // Not public API: used by generated code. `head` is what stands between the `id:`
    // line and the payload.
    #[doc(hidden)]
    #[must_use]
    pub const fn __new(
        name: &'static str,
        source: Option<&'static str>,
        head: &'static str,
        retry_ms: Option<u32>,
        flags: u8,
    ) -> Self {
        Self { name, source, head, retry_ms, flags }
    }

    pub(super) const fn qualify(mut self) -> Self {
        self.flags |= Self::QUALIFIED;
        self
    }

    /// The name, without the source that `qualify` puts in front of it on the wire.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Who sends it; none for a `decode_only` type that names no source.
    #[must_use]
    pub const fn source(&self) -> Option<&'static str> {
        self.source
    }

    /// Whether it goes out as `source.name`.
    #[must_use]
    pub const fn is_qualified(&self) -> bool {
        self.flags & Self::QUALIFIED != 0
    }

    /// Whether it has no id and is never replayed.
    #[must_use]
    pub const fn is_ephemeral(&self) -> bool {
        self.flags & Self::EPHEMERAL != 0
    }

    /// Whether it ends the stream.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.flags & Self::TERMINAL != 0
    }

    /// Whether it carries an id of its own (`#[sse(id)]`).
    #[must_use]
    pub const fn has_id(&self) -> bool {
        self.flags & Self::HAS_ID != 0
    }

    /// Whether it declares a topic (`#[sse(topic)]`).
    #[must_use]
    pub const fn has_topic(&self) -> bool {
        self.flags & Self::HAS_TOPIC != 0
    }

    /// The reconnection time that it tells the reader, if it does.
    #[must_use]
    pub const fn retry(&self) -> Option<Duration> {
        match self.retry_ms {
            Some(ms) => Some(Duration::from_millis(ms as u64)),
            None => None,
        }
    }

    pub(super) const fn head(&self) -> &'static str {
        self.head
    }

    pub(super) const fn retry_ms(&self) -> Option<u32> {
        self.retry_ms
    }

    /// The source that stands in front of the name on the wire.
    const fn prefix(&self) -> Option<&'static str> {
        if self.is_qualified() { self.source } else { None }
    }

    /// How long the name is on the wire.
    pub(super) const fn wire_len(&self) -> usize {
        match self.prefix() {
            Some(source) => source.len() + 1 + self.name.len(),
            None => self.name.len(),
        }
    }

    /// How this name on the wire stands to another, which may come in two pieces.
    const fn compare(&self, source: Option<&str>, name: &str) -> Comparison {
        let mut at = 0;
        let mut exact = true;
        loop {
            let (ours, theirs) = (byte(self.prefix(), self.name, at), byte(source, name, at));
            match (ours, theirs) {
                (None, None) => {
                    return if exact { Comparison::Same } else { Comparison::SameButCase };
                }
                (None, Some(_)) => return Comparison::Less,
                (Some(_), None) => return Comparison::Greater,
                (Some(a), Some(b)) => {
                    let (low_a, low_b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
                    if low_a < low_b {
                        return Comparison::Less;
                    }
                    if low_a > low_b {
                        return Comparison::Greater;
                    }
                    exact &= a == b;
                }
            }
            at += 1;
        }
    }

    /// How the names of two events stand to each other on the wire.
    pub(super) const fn compare_to(&self, other: &Self) -> Comparison {
        self.compare(other.prefix(), other.name)
    }
}

/// A byte of `source.name`, or of the name alone: const evaluation cannot join text.
const fn byte(source: Option<&str>, name: &str, at: usize) -> Option<u8> {
    let mut at = at;
    if let Some(source) = source {
        if at < source.len() {
            return Some(source.as_bytes()[at]);
        }
        if at == source.len() {
            return Some(b'.');
        }
        at -= source.len() + 1;
    }
    if at < name.len() { Some(name.as_bytes()[at]) } else { None }
}

/// How two names stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    Same,
    /// Two names that differ only in case are a clash: people cannot tell them apart.
    SameButCase,
    Greater,
}

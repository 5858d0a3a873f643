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

/// One event of a [`Catalogue`]: its name and source, and what its declaration says of it.
///
/// ```
/// use std::time::Duration;
///
/// use sse_runtime::{EventInfo, SseEvent};
///
/// #[derive(SseEvent)]
/// #[sse(source = "inventory")]
/// enum InventoryEvent {
///     #[sse(retry = "5s", ephemeral)]
///     Viewers(u32),
/// }
///
/// const VIEWERS: &EventInfo = InventoryEvent::CATALOGUE.find("viewers").unwrap();
/// assert_eq!((VIEWERS.source(), VIEWERS.name()), (Some("inventory"), "viewers"));
/// assert_eq!(VIEWERS.retry(), Some(Duration::from_secs(5)));
/// assert!(VIEWERS.is_ephemeral() && !VIEWERS.is_terminal());
/// ```
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

    /// With its source in front, if it has one.
    pub(super) const fn qualify(mut self) -> Self {
        if self.source.is_some() {
            self.flags |= Self::QUALIFIED;
        }
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
    pub(super) const fn prefix(&self) -> Option<&'static str> {
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
        match (self.prefix(), source) {
            (None, None) => compare(self.name.as_bytes(), name.as_bytes(), None),
            (Some(ours), Some(theirs)) => {
                match compare(ours.as_bytes(), theirs.as_bytes(), Some(b'.')) {
                    Comparison::Same => compare(self.name.as_bytes(), name.as_bytes(), None),
                    Comparison::SameButCase => {
                        match compare(self.name.as_bytes(), name.as_bytes(), None) {
                            Comparison::Same => Comparison::SameButCase,
                            other => other,
                        }
                    }
                    other => other,
                }
            }
            (ours, _) => compare_in_pieces(ours, self.name, source, name),
        }
    }

    /// How the names of two events stand to each other on the wire.
    pub(super) const fn compare_to(&self, other: &Self) -> Comparison {
        self.compare(other.prefix(), other.name)
    }
}

/// How two texts stand to each other; `end` is what follows each of them.
const fn compare(ours: &[u8], theirs: &[u8], end: Option<u8>) -> Comparison {
    let (mut at, mut exact) = (0, true);
    while at < ours.len() && at < theirs.len() {
        if ours[at] != theirs[at] {
            let (a, b) = (ours[at].to_ascii_lowercase(), theirs[at].to_ascii_lowercase());
            if a != b {
                return if a < b { Comparison::Less } else { Comparison::Greater };
            }
            exact = false;
        }
        at += 1;
    }
    if ours.len() == theirs.len() {
        return if exact { Comparison::Same } else { Comparison::SameButCase };
    }
    let rest = if ours.len() < theirs.len() { theirs[at] } else { ours[at] };
    // Without anything at its end, the shorter text comes first.
    let shorter_first = match end {
        Some(end) => end < rest.to_ascii_lowercase(),
        None => true,
    };
    if (ours.len() < theirs.len()) == shorter_first {
        Comparison::Less
    } else {
        Comparison::Greater
    }
}

/// The same for two names of which one stands in two pieces.
const fn compare_in_pieces(
    our_source: Option<&str>,
    ours: &str,
    their_source: Option<&str>,
    theirs: &str,
) -> Comparison {
    let (mut at, mut exact) = (0, true);
    loop {
        match (byte(our_source, ours, at), byte(their_source, theirs, at)) {
            (None, None) => return if exact { Comparison::Same } else { Comparison::SameButCase },
            (None, Some(_)) => return Comparison::Less,
            (Some(_), None) => return Comparison::Greater,
            (Some(a), Some(b)) => {
                exact &= a == b;
                let (a, b) = (a.to_ascii_lowercase(), b.to_ascii_lowercase());
                if a != b {
                    return if a < b { Comparison::Less } else { Comparison::Greater };
                }
            }
        }
        at += 1;
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

/// How two names stand to each other, without regard to case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    Same,
    /// Two names that differ only in case are a clash: people cannot tell them apart.
    SameButCase,
    Greater,
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn event(name: &'static str) -> EventInfo {
        EventInfo::__new(name, None, "", None, 0)
    }

    const fn qualified(source: &'static str, name: &'static str) -> EventInfo {
        EventInfo::__new(name, Some(source), "", None, EventInfo::QUALIFIED)
    }

    /// What the comparison of pieces is to be: that of the whole text.
    fn expected(ours: &EventInfo, theirs: &EventInfo) -> Comparison {
        let wire = |event: &EventInfo| match event.prefix() {
            Some(source) => format!("{source}.{}", event.name),
            None => event.name.to_owned(),
        };
        let (ours, theirs) = (wire(ours), wire(theirs));
        match ours.to_ascii_lowercase().cmp(&theirs.to_ascii_lowercase()) {
            std::cmp::Ordering::Less => Comparison::Less,
            std::cmp::Ordering::Greater => Comparison::Greater,
            std::cmp::Ordering::Equal if ours == theirs => Comparison::Same,
            std::cmp::Ordering::Equal => Comparison::SameButCase,
        }
    }

    #[test]
    fn names_in_pieces_compare_like_whole_ones() {
        let texts = ["a", "A", "b", "a-b", "a.b", "A.b", "ab", "aB", "a_b", "b.a", "ab.c"];
        let mut events: Vec<EventInfo> = texts.map(event).to_vec();
        for source in ["a", "A", "a-b", "ab", "aB", "a_b", "b"] {
            events.extend(["a", "b", "B", "b.a", "ab"].map(|name| qualified(source, name)));
        }
        for ours in &events {
            for theirs in &events {
                assert_eq!(ours.compare_to(theirs), expected(ours, theirs), "{ours:?} {theirs:?}");
            }
        }
    }
}

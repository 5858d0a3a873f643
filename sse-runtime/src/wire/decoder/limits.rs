//! How much of a stream is kept.

/// What a [`Decoder`](super::Decoder) stores at most, as plain data.
///
/// The bytes are counted while they arrive: a line that never ends is bounded as well. What is
/// too large is dropped and reported ([`Decoded::Oversized`](super::Decoded::Oversized)), and
/// the stream goes on after it. The defaults are 16 MiB for an event and for a line, because
/// valid events have met limits of 64 KiB and 1 MiB elsewhere, and 1 KiB for a name.
///
/// ```
/// use sse_runtime::{Decoded, Decoder, DecoderLimits, Limit};
///
/// let mut decoder = Decoder::new().with_limits(DecoderLimits::new().event(4));
/// let mut input = &b"data: too long\n\ndata: fits\n\n"[..];
/// let Some(Decoded::Oversized(dropped)) = decoder.next(&mut input) else { panic!() };
/// assert_eq!((dropped.limit, dropped.bytes), (Limit::Event, 8));
/// assert!(matches!(decoder.next(&mut input), Some(Decoded::Event(event)) if event.data == "fits"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecoderLimits {
    pub(super) event: usize,
    pub(super) line: usize,
    pub(super) name: usize,
}

impl DecoderLimits {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Self {
        Self { event: 16 << 20, line: 16 << 20, name: 1 << 10 }
    }

    /// How many bytes the data of an event may have, with the line feeds between its lines;
    /// 16 MiB by default. Data that is not UTF-8 counts with the text that it becomes.
    #[must_use]
    pub const fn event(self, bytes: usize) -> Self {
        Self { event: bytes, ..self }
    }

    /// How many bytes the value of one `data:` line may have; 16 MiB by default.
    #[must_use]
    pub const fn line(self, bytes: usize) -> Self {
        Self { line: bytes, ..self }
    }

    /// How many bytes the value of an `event:`, `id:` or `source:` line may have; 1 KiB by
    /// default. A comment that is longer is passed over without a report: it says nothing.
    #[must_use]
    pub const fn name(self, bytes: usize) -> Self {
        Self { name: bytes, ..self }
    }

    /// How long the line of an event may be that has one alone.
    pub(super) const fn whole_line(&self) -> usize {
        if self.event < self.line { self.event } else { self.line }
    }

    /// How long the next line of data may be where the event has this many bytes before it,
    /// and which limit it is that says so; none if they are too many already.
    pub(super) const fn room(&self, before: usize) -> (Option<usize>, Limit) {
        match self.event.checked_sub(before) {
            Some(room) if room > self.line => (Some(self.line), Limit::Line),
            room => (room, Limit::Event),
        }
    }
}

impl Default for DecoderLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// The limit that an event was dropped for.
///
/// ```
/// use sse_runtime::{Decoder, DecoderLimits, Limit};
///
/// let mut decoder = Decoder::new().with_limits(DecoderLimits::new().line(4));
/// assert!(decoder.next(&mut &b"data: this line has no end"[..]).is_none());
/// assert_eq!(decoder.oversized(), Some(Limit::Line));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Limit {
    /// The data of the event as a whole, [`DecoderLimits::event`].
    Event,
    /// One line of data, [`DecoderLimits::line`].
    Line,
    /// The name of the event, its id or its source, [`DecoderLimits::name`].
    Name,
}

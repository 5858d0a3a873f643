//! What comes out of the decoder.

use super::Limit;
use crate::wire::TraceParent;

/// What a stream says next.
///
/// Everything is borrowed, from the chunk or the decoder, until it is asked for more: an event
/// that becomes a value of its own, as a typed one does, need not be copied first.
///
/// ```
/// use sse_runtime::{Decoded, Decoder};
///
/// let mut decoder = Decoder::new();
/// let mut input = &b"retry: 3000\n: ping\n\nid: 7\n\ndata: last"[..];
/// assert_eq!(decoder.next(&mut input), Some(Decoded::Retry(3_000)));
/// assert_eq!(decoder.next(&mut input), Some(Decoded::Comment(" ping")));
/// assert_eq!(decoder.next(&mut input), Some(Decoded::Id("7")));
/// assert_eq!(decoder.next(&mut input), None); // the event is not whole
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Decoded<'a> {
    /// An event, at its blank line.
    Event(RawEvent<'a>),
    /// A comment, at the end of its line: what stands behind the colon. Readers of the
    /// standard ignore it; here it shows that the other end is alive.
    Comment(&'a str),
    /// The reconnection time in milliseconds, at the end of its line (rule 33), also within an
    /// event. As large as it came: at most [`u64::MAX`].
    Retry(u64),
    /// The last event id was set by a block without data, which fires nothing (rules 35, 36).
    /// Empty where the server took the id back.
    Id(&'a str),
    /// An event was dropped because it was too large.
    Oversized(Oversized<'a>),
    /// An event or a comment was dropped because it is not UTF-8. Only with
    /// [`strict_utf8`](super::Decoder::strict_utf8): by default what is malformed becomes
    /// U+FFFD.
    Malformed(Malformed<'a>),
}

/// An event as it came: its name and id are text, and nothing has been asked of them.
///
/// ```
/// use sse_runtime::{Decoded, Decoder};
///
/// let mut decoder = Decoder::new();
/// let mut input = &b"id: 7\nevent: sold_out\nsource: inventory\ndata: {}\n\n"[..];
/// let Some(Decoded::Event(event)) = decoder.next(&mut input) else { panic!() };
/// assert_eq!((event.event, event.data, event.id), ("sold_out", "{}", "7"));
/// assert_eq!(event.source, Some("inventory"));
/// assert!(event.own_id);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RawEvent<'a> {
    /// The name: `message`, if the event has none or an empty one (rule 38).
    pub event: &'a str,
    /// The `data:` lines, joined by line feeds (rules 31 and 37).
    pub data: &'a str,
    /// The last event id after the event, its own or that of an earlier one (rule 35). Empty
    /// if there is none.
    pub id: &'a str,
    /// Whether the id is its own: an event that only inherits the last id is no repeat of the
    /// event that brought it.
    pub own_id: bool,
    /// The value of the field `source:`, which the standard does not know: who sent the event.
    pub source: Option<&'a str>,
    /// The value of the field `traceparent:`, which the standard does not know either: the span
    /// that caused the event (W3C Trace Context). One that is malformed is none.
    pub traceparent: Option<&'a TraceParent>,
    /// The last reconnection time of the event itself. It has been handed out as
    /// [`Decoded::Retry`] before.
    pub retry: Option<u64>,
}

/// An event that was dropped because it was too large.
///
/// It counts as received: its id is the last event id now, because a stream that is resumed
/// before it would meet it again, and again.
///
/// ```
/// use sse_runtime::{Decoded, Decoder, DecoderLimits, Limit};
///
/// let mut decoder = Decoder::new().with_limits(DecoderLimits::new().event(4));
/// let mut input = &b"id: 7\ndata: too long\n\n"[..];
/// let Some(Decoded::Oversized(dropped)) = decoder.next(&mut input) else { panic!() };
/// assert_eq!((dropped.limit, dropped.bytes, dropped.id), (Limit::Event, 8, Some("7")));
/// assert_eq!(decoder.last_event_id(), Some("7"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Oversized<'a> {
    /// The limit that it passed first.
    pub limit: Limit,
    /// How many bytes there were: of data as a whole for [`Limit::Event`] and
    /// [`Limit::Line`], of the value for [`Limit::Name`].
    pub bytes: usize,
    /// Its own id, if it has one that was not too long itself.
    pub id: Option<&'a str>,
}

/// An event or a comment that was dropped because it is not UTF-8.
///
/// ```
/// use sse_runtime::{Decoded, Decoder};
///
/// let mut decoder = Decoder::new().strict_utf8();
/// let mut input = &b"id: 7\nevent: \xFF\ndata: a\n\n"[..];
/// let Some(Decoded::Malformed(dropped)) = decoder.next(&mut input) else { panic!() };
/// assert_eq!((dropped.field, dropped.id), ("event", Some("7")));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Malformed<'a> {
    /// The field: `data`, `event`, `id` or `source`; or `comment`.
    pub field: &'static str,
    /// The event's own id, if it has one that is UTF-8 itself. It is the last event id now.
    pub id: Option<&'a str>,
}

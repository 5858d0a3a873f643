//! Enums made of other enums: several sources on one stream, checked when compiling.
//!
//! Not public API: used by generated code, in `const` items. Each catalogue is sorted, so
//! the checks are a merge of sorted runs; comparing the names in pairs is quadratic, which
//! const evaluation turns into seconds.

use super::{Catalogue, EventInfo, Part, catalogue::Comparison, text::Text};

/// The longest name on the wire.
const LONGEST: usize = 64;

/// How many events and sources several catalogues have together, counting repeats.
#[must_use]
pub const fn sizes(parts: &[Catalogue]) -> (usize, usize) {
    let (mut events, mut sources, mut at) = (0, 0, 0);
    while at < parts.len() {
        events += parts[at].events().len();
        sources += parts[at].sources().len();
        at += 1;
    }
    (events, sources)
}

/// Several catalogues made one, and what is wrong with that.
#[derive(Debug)]
pub struct Merged<const EVENTS: usize, const SOURCES: usize> {
    events: [EventInfo; EVENTS],
    sources: [&'static str; SOURCES],
    distinct: usize,
    fault: Option<Fault>,
}

/// Why several catalogues cannot be one, and the place of the part to blame.
#[derive(Debug, Clone, Copy)]
enum Fault {
    /// Two events go by one name.
    Clash { part: usize, first: EventInfo, second: EventInfo },
    /// With its source in front, a name is too long.
    TooLong { part: usize, event: EventInfo },
}

/// An event on its way into the sorted list.
///
/// Const evaluation is slow enough for the comparison of names byte by byte to take
/// seconds; so each name is folded into four numbers once, and numbers are compared.
#[derive(Clone, Copy)]
struct Entry {
    /// The first 64 bytes of the name on the wire, in lower case.
    key: [u128; 4],
    event: EventInfo,
    part: usize,
    /// Whether this enum put the source in front; else a fault within a part is one that
    /// the part itself has told.
    renamed: bool,
}

impl<const EVENTS: usize, const SOURCES: usize> Merged<EVENTS, SOURCES> {
    /// Merges the catalogues; a fault is kept for [`check`](Self::check).
    #[must_use]
    pub const fn new(parts: &[Catalogue], qualify: bool) -> Self {
        let entries = sort(gather::<EVENTS>(parts, qualify));
        let fault = find_fault(&entries);
        let mut events = [NOTHING; EVENTS];
        let mut at = 0;
        while at < EVENTS {
            events[at] = entries[at].event;
            at += 1;
        }
        let (sources, distinct) = gather_sources::<SOURCES>(parts);
        Self { events, sources, distinct, fault }
    }

    /// The catalogue of the whole.
    #[must_use]
    pub const fn catalogue(&'static self) -> Catalogue {
        Catalogue::__new(&self.events, self.sources.split_at(self.distinct).0)
    }

    /// Fails to compile if this part is no event enum, lacks a direction, or is to blame
    /// for a fault. Called for each part, so that the message stands at the variant that is
    /// wrong.
    #[track_caller]
    #[allow(clippy::panic, reason = "evaluated when compiling, where a panic is an error message")]
    pub const fn check<E: Part>(&self, part: usize, sent: bool, read: bool) {
        if !sent {
            panic!(
                "this enum says `decode_only`, and so the whole is never sent: write \
                 `#[sse(merge, decode_only)]`"
            );
        }
        if !read {
            panic!(
                "this enum says `encode_only`, and so the whole is never read: write \
                 `#[sse(merge, encode_only)]`"
            );
        }
        let mut text = Text::new();
        match &self.fault {
            Some(Fault::Clash { part: blamed, first, second }) if *blamed == part => {
                text.push_clash(first, second);
            }
            Some(Fault::TooLong { part: blamed, event }) if *blamed == part => {
                text.push("`").push_name(event);
                text.push("` is longer than 64 characters; shorten the source or the name");
            }
            _ => return,
        }
        panic!("{}", text.as_str());
    }
}

const NOTHING: EventInfo = EventInfo::__new("", None, "", None, 0);

const fn gather<const N: usize>(parts: &[Catalogue], qualify: bool) -> [Entry; N] {
    let mut entries = [Entry { key: [0; 4], event: NOTHING, part: 0, renamed: false }; N];
    let (mut to, mut part) = (0, 0);
    while part < parts.len() {
        let events = parts[part].events();
        let mut at = 0;
        while at < events.len() {
            let event = if qualify { events[at].qualify() } else { events[at] };
            let renamed = event.is_qualified() && !events[at].is_qualified();
            entries[to] = Entry { key: key(&event), event, part, renamed };
            to += 1;
            at += 1;
        }
        part += 1;
    }
    entries
}

const fn key(event: &EventInfo) -> [u128; 4] {
    let mut key = [0; 4];
    let mut to = 0;
    if let Some(source) = event.prefix() {
        to = fold(source.as_bytes(), to, &mut key);
        to = fold(b".", to, &mut key);
    }
    fold(event.name().as_bytes(), to, &mut key);
    key
}

/// Writes bytes into the numbers, the first at the top, so that they compare like text.
const fn fold(bytes: &[u8], mut to: usize, key: &mut [u128; 4]) -> usize {
    let mut at = 0;
    while at < bytes.len() && to < LONGEST {
        let byte = bytes[at];
        // No call, because each counts.
        let low = if byte >= b'A' && byte <= b'Z' { byte | 0x20 } else { byte };
        key[to / 16] |= (low as u128) << (120 - to % 16 * 8);
        to += 1;
        at += 1;
    }
    to
}

const fn gather_sources<const N: usize>(parts: &[Catalogue]) -> ([&'static str; N], usize) {
    let mut sources = [""; N];
    let (mut distinct, mut part) = (0, 0);
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].sources().len() {
            let source = parts[part].sources()[at];
            if !contains(&sources, distinct, source) {
                sources[distinct] = source;
                distinct += 1;
            }
            at += 1;
        }
        part += 1;
    }
    (sources, distinct)
}

const fn contains(sources: &[&str], count: usize, source: &str) -> bool {
    let mut at = 0;
    while at < count {
        if same(sources[at], source) {
            return true;
        }
        at += 1;
    }
    false
}

pub(super) const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// A natural merge sort: as many rounds as doubling needs to cover the runs that are
/// there, which are the parts. (With `qualify` a part of several sources may be several.)
const fn sort<const N: usize>(mut entries: [Entry; N]) -> [Entry; N] {
    loop {
        let mut merged = entries;
        let (mut start, mut rounds) = (0, 0);
        while start < N {
            let middle = run_end(&entries, start);
            let end = run_end(&entries, middle);
            merge_runs(&entries, start, middle, end, &mut merged);
            start = end;
            rounds += 1;
        }
        entries = merged;
        if rounds <= 1 {
            return entries;
        }
    }
}

const fn run_end(entries: &[Entry], start: usize) -> usize {
    if start >= entries.len() {
        return entries.len();
    }
    let mut end = start + 1;
    while end < entries.len() && !is_less(&entries[end], &entries[end - 1]) {
        end += 1;
    }
    end
}

const fn merge_runs(from: &[Entry], start: usize, middle: usize, end: usize, to: &mut [Entry]) {
    let (mut left, mut right, mut at) = (start, middle, start);
    while at < end {
        let take_right = right < end && (left >= middle || is_less(&from[right], &from[left]));
        if take_right {
            to[at] = from[right];
            right += 1;
        } else {
            to[at] = from[left];
            left += 1;
        }
        at += 1;
    }
}

const fn is_less(a: &Entry, b: &Entry) -> bool {
    matches!(compare(a, b), Comparison::Less)
}

const fn compare(a: &Entry, b: &Entry) -> Comparison {
    let mut at = 0;
    while at < a.key.len() {
        if a.key[at] != b.key[at] {
            return if a.key[at] < b.key[at] { Comparison::Less } else { Comparison::Greater };
        }
        at += 1;
    }
    // The same as far as the numbers reach. This is rare: a clash, or names of others,
    // which may be longer.
    a.event.compare_to(&b.event)
}

const fn find_fault(entries: &[Entry]) -> Option<Fault> {
    let mut at = 0;
    while at < entries.len() {
        let Entry { event, part, renamed, .. } = entries[at];
        // The names of others are what they are, but nobody needs to put a source in front.
        if renamed && event.wire_len() > LONGEST {
            return Some(Fault::TooLong { part, event });
        }
        if at > 0 {
            let before = &entries[at - 1];
            let is_told = part == before.part && renamed == before.renamed;
            if !is_told
                && matches!(
                    compare(before, &entries[at]),
                    Comparison::Same | Comparison::SameButCase
                )
            {
                // The sort is stable: the later part is the one that brings the clash.
                let part = larger(part, before.part);
                return Some(Fault::Clash { part, first: before.event, second: event });
            }
        }
        at += 1;
    }
    None
}

const fn larger(a: usize, b: usize) -> usize {
    if a > b { a } else { b }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn event(name: &'static str, source: &'static str) -> EventInfo {
        EventInfo::__new(name, Some(source), "", None, 0)
    }

    #[derive(crate::SseEvent)]
    #[sse(source = "any")]
    enum Event {
        #[allow(dead_code, reason = "only the type is used")]
        Any,
    }

    const A: Catalogue = Catalogue::__new(&[event("a", "one"), event("C", "one")], &["one"]);
    const B: Catalogue = Catalogue::__new(&[event("B", "two"), event("d", "two")], &["two"]);

    #[test]
    fn parts_become_one_sorted_list() {
        static MERGED: Merged<4, 2> = Merged::new(&[A, B], false);
        let names: Vec<_> = MERGED.catalogue().events().iter().map(EventInfo::name).collect();
        assert_eq!(names, ["a", "B", "C", "d"]);
        assert_eq!(MERGED.catalogue().sources(), ["one", "two"]);
        (0..2).for_each(|part| MERGED.check::<Event>(part, true, true));
    }

    #[test]
    fn a_part_of_several_sources_is_sorted_again_under_qualify() {
        static INNER: Merged<4, 2> = Merged::new(&[B, A], false);
        static OUTER: Merged<4, 2> = Merged::new(&[INNER.catalogue()], true);
        let catalogue = OUTER.catalogue();
        let names: Vec<_> =
            catalogue.events().iter().map(|e| (e.source().unwrap(), e.name())).collect();
        assert_eq!(names, [("one", "a"), ("one", "C"), ("two", "B"), ("two", "d")]);
        assert!(catalogue.position(Some("two"), "d").is_some());
        assert!(catalogue.position(None, "two.d").is_some());
        assert!(catalogue.position(None, "d").is_none());
    }

    #[test]
    #[should_panic(expected = "the event `C` of `one` differs only in case from `c` of `three`")]
    fn a_clash_is_named_at_the_later_part() {
        let three = Catalogue::__new(const { &[event("c", "three")] }, &["three"]);
        let merged = Merged::<3, 2>::new(&[three, A], false);
        merged.check::<Event>(0, true, true);
        merged.check::<Event>(1, true, true);
    }

    #[test]
    #[should_panic(expected = "is longer than 64 characters")]
    fn a_qualified_name_has_the_same_bound() {
        const LONG: EventInfo =
            event("a_name_that_is_as_long_as_a_name_can_be_and_so_has_no_room_left", "one");
        let long = Catalogue::__new(const { &[LONG] }, &["one"]);
        Merged::<1, 1>::new(&[long], true).check::<Event>(0, true, true);
    }
}

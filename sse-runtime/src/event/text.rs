//! Messages of errors that are put together when compiling.

use super::{EventInfo, catalogue::Comparison, merge::same};

/// A message put together when compiling.
pub(super) struct Text {
    bytes: [u8; 512],
    length: usize,
}

impl Text {
    pub(super) const fn new() -> Self {
        Self { bytes: [0; 512], length: 0 }
    }

    pub(super) const fn push(&mut self, text: &str) -> &mut Self {
        let mut at = 0;
        while at < text.len() && self.length < self.bytes.len() {
            self.bytes[self.length] = text.as_bytes()[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    pub(super) const fn push_name(&mut self, event: &EventInfo) -> &mut Self {
        if event.is_qualified()
            && let Some(source) = event.source()
        {
            self.push(source).push(".");
        }
        self.push(event.name())
    }

    const fn push_source(&mut self, event: &EventInfo) -> &mut Self {
        match event.source() {
            Some(source) => self.push("`").push(source).push("`"),
            None => self.push("an enum without a source"),
        }
    }

    pub(super) const fn push_clash(&mut self, first: &EventInfo, second: &EventInfo) {
        self.push("the event `").push_name(second).push("` of ").push_source(second);
        if matches!(first.compare_to(second), Comparison::Same) {
            self.push(" is there already, from ").push_source(first);
        } else {
            self.push(" differs only in case from `").push_name(first).push("` of ");
            self.push_source(first);
        }
        let both_qualified = first.is_qualified() && second.is_qualified();
        if both_qualified || same_source(first, second) {
            self.push("; rename one of them, or give one of the enums another source");
        } else {
            self.push("; write `#[sse(merge, qualify)]` to put the source in front of each name, or rename one of them");
        }
    }

    pub(super) const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            Err(_) => "the events of these enums cannot go on one stream",
        }
    }
}

const fn same_source(a: &EventInfo, b: &EventInfo) -> bool {
    match (a.source(), b.source()) {
        (Some(a), Some(b)) => same(a, b),
        (None, None) => true,
        _ => false,
    }
}

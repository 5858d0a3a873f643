//! What lies in one chunk as a whole, which is most: read where it lies.

use super::{Decoder, block::is_id, field::Field, line::line_end, value::utf8};

/// What has been found, in the input.
#[derive(Debug, Clone, Copy)]
pub(super) enum Whole<'i> {
    Event { name: &'i str, data: &'i str, source: Option<&'i str>, own_id: bool },
    Comment(&'i str),
    Id,
}

/// The lines of a block so far.
#[derive(Debug, Clone, Copy, Default)]
struct Lines<'i> {
    data: Option<&'i [u8]>,
    name: Option<&'i [u8]>,
    id: Option<&'i [u8]>,
    source: Option<&'i [u8]>,
}

impl Decoder {
    /// Reads blocks that lie in the input as a whole, up to one that has something to hand
    /// out. Nothing is found where a block has anything out of the ordinary: an end that is not
    /// there, a second line of data, a reconnection time, what is too long or not UTF-8. Then
    /// its lines so far have been copied, and it goes on from there in pieces.
    #[inline]
    pub(super) fn whole<'i>(&mut self, input: &mut &'i [u8]) -> Option<Whole<'i>> {
        let mut lines = Lines::default();
        // What the block before said. That of this one goes there at once: few have one, and all
        // would pay for another line that is looked at.
        self.block.traceparent = None;
        if !self.comments {
            *input = &input[heartbeats(input)..];
        }
        while let Some(length) = line_end(input) {
            let line = &input[..length];
            let (field, from) = Field::split(line);
            let value = &line[from..];
            match field {
                Field::Data if lines.data.is_none() && value.len() <= self.limits.whole_line() => {
                    lines.data = Some(value);
                }
                Field::Unknown if length == 0 => {
                    if lines.data.is_some() || lines.id.is_some() {
                        let Some(found) = lines.text(&mut self.last_event_id) else { break };
                        self.end_of_line(input, length);
                        return Some(found);
                    }
                    lines = Lines::default();
                    self.block.traceparent = None;
                }
                Field::Unknown => {}
                Field::Comment if !self.comments => {}
                Field::Comment
                    if lines.is_empty()
                        && self.block.traceparent.is_none()
                        && value.len() <= self.limits.name =>
                {
                    let Ok(comment) = std::str::from_utf8(value) else { break };
                    self.end_of_line(input, length);
                    return Some(Whole::Comment(comment));
                }
                Field::Event if value.len() <= self.limits.name => lines.name = Some(value),
                Field::Source if value.len() <= self.limits.name => lines.source = Some(value),
                Field::TraceParent => {
                    if value.len() <= self.limits.name {
                        self.block.set(field, value);
                    }
                }
                Field::Id if value.len() <= self.limits.name => {
                    if is_id(value) {
                        lines.id = Some(value);
                    }
                }
                Field::Data
                | Field::Event
                | Field::Source
                | Field::Id
                | Field::Retry
                | Field::Comment => break,
            }
            self.end_of_line(input, length);
        }
        if !input.is_empty() || !lines.is_empty() || self.block.traceparent.is_some() {
            self.stage(&lines);
        }
        None
    }

    /// Copies the lines of a block that goes on in pieces.
    fn stage(&mut self, lines: &Lines<'_>) {
        self.staged = true;
        self.block_begun = true;
        let values =
            [(Field::Event, lines.name), (Field::Source, lines.source), (Field::Id, lines.id)];
        for (field, value) in values {
            if let Some(value) = value {
                self.block.set(field, value);
            }
        }
        if let Some(data) = lines.data {
            self.block.begin_line(&self.limits);
            self.block.more(data, &self.limits);
            self.block.end_line(data.len());
        }
    }
}

impl<'i> Lines<'i> {
    const fn is_empty(&self) -> bool {
        self.data.is_none() && self.name.is_none() && self.id.is_none() && self.source.is_none()
    }

    /// The block as text, if it is text; then its id is taken over.
    #[inline]
    fn text(&self, last_event_id: &mut String) -> Option<Whole<'i>> {
        let text = |bytes: Option<&'i [u8]>| match bytes {
            Some(bytes) => std::str::from_utf8(bytes).ok().map(Some),
            None => Some(None),
        };
        let data = match self.data {
            Some(data) => Some(utf8(data)?),
            None => None,
        };
        let (id, name, source) = (text(self.id)?, text(self.name)?, text(self.source)?);
        if let Some(id) = id {
            last_event_id.clear();
            last_event_id.push_str(id);
        }
        Some(match data {
            Some(data) => {
                let name = name.filter(|name| !name.is_empty()).unwrap_or("message");
                Whole::Event { name, data, source, own_id: id.is_some() }
            }
            None => Whole::Id,
        })
    }
}

/// How long the heartbeats are that the input begins with. They are all alike, and so one is
/// read, and the others are found by their bytes being those of the one before.
#[inline(never)]
fn heartbeats(input: &[u8]) -> usize {
    if input.first() != Some(&b':') {
        return 0;
    }
    let Some(end) = line_end(input) else { return 0 };
    // One that ends in a CR may have an LF to come.
    if !input[end..].starts_with(b"\n\n") {
        return 0;
    }
    let one = end + 2;
    let (before, _) = input.as_chunks::<32>();
    let (after, _) = input[one..].as_chunks::<32>();
    let same = 32 * after.iter().zip(before).take_while(|(after, before)| after == before).count();
    let mut heartbeats = one + same / one * one;
    // Or they count, and differ in their digits: of one length, they need no search either.
    while let Some(next) = input[heartbeats..].get(..one)
        && next.starts_with(b":")
        && next.ends_with(b"\n\n")
        && line_end(&next[..end]).is_none()
    {
        heartbeats += one;
    }
    heartbeats
}

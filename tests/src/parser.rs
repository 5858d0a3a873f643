//! A reader of `text/event-stream`, to hold against the encoder.
//!
//! Written from the [standard](https://html.spec.whatwg.org/multipage/server-sent-events.html)
//! and from nothing else: one byte after the other, one line after the other, slow and easy
//! to check. Beside what the standard dispatches it tells what a reader passes over
//! (comments, unknown fields), so that a test sees everything that stood on the wire.

#![allow(clippy::exhaustive_structs, reason = "tests read the fields")]

/// An event that a reader would hand to its user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// The event type: `message`, if the stream names none.
    pub name: String,
    /// The `data:` lines, joined by line feeds.
    pub data: String,
    /// The last event id at this event, its own or that of an earlier one.
    pub last_event_id: String,
    /// What else stood in its block.
    pub block: Block,
}

/// The lines of a block that are not its type and its data.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Block {
    /// Every `id:` line, those that a reader ignores included.
    pub ids: Vec<String>,
    /// Every `retry:` line, those that a reader ignores included.
    pub retries: Vec<String>,
    /// Every field that the standard does not know, name and value.
    pub unknown: Vec<(String, String)>,
    /// How many `event:` lines it has.
    pub names: usize,
    /// How many `data:` lines it has.
    pub lines: usize,
}

/// A parser of an event stream. Bytes go in chunk by chunk, wherever the chunks are cut.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Parser {
    events: Vec<Event>,
    comments: Vec<String>,
    empty_blocks: Vec<Block>,
    reconnection_time: Option<u64>,
    last_event_id: String,

    // The first bytes, until it is known whether they are a byte order mark.
    start: Vec<u8>,
    started: bool,
    // The line that has begun, and whether the line before it ended in a carriage return.
    line: Vec<u8>,
    after_cr: bool,

    // The buffers of the standard.
    data: String,
    name: String,
    id: String,
    block: Block,
}

impl Parser {
    /// A parser of a new stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What a whole stream holds.
    #[must_use]
    pub fn parse(stream: &[u8]) -> Self {
        let mut parser = Self::new();
        parser.feed(stream);
        parser
    }

    /// What a stream holds that arrives in pieces.
    #[must_use]
    pub fn parse_chunks<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut parser = Self::new();
        for chunk in chunks {
            parser.feed(chunk);
        }
        parser
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The comments so far, without their colon.
    #[must_use]
    pub fn comments(&self) -> &[String] {
        &self.comments
    }

    /// The blocks so far that dispatched nothing, though they had a field.
    #[must_use]
    pub fn empty_blocks(&self) -> &[Block] {
        &self.empty_blocks
    }

    /// The reconnection time that the stream has set.
    #[must_use]
    pub fn reconnection_time(&self) -> Option<u64> {
        self.reconnection_time
    }

    /// The id that a reader would send when it comes back now.
    #[must_use]
    pub fn last_event_id(&self) -> &str {
        &self.last_event_id
    }

    /// Whether nothing has begun that is not finished.
    #[must_use]
    pub fn is_between_blocks(&self) -> bool {
        self.line.is_empty() && self.block == Block::default()
    }

    /// Takes the next bytes.
    pub fn feed(&mut self, chunk: &[u8]) {
        for &byte in chunk {
            if self.started {
                self.byte(byte);
            } else {
                self.first_byte(byte);
            }
        }
    }

    /// One byte order mark at the very start is removed.
    fn first_byte(&mut self, byte: u8) {
        const MARK: [u8; 3] = [0xEF, 0xBB, 0xBF];
        self.start.push(byte);
        if self.start == MARK {
            self.started = true;
        } else if !MARK.starts_with(&self.start) {
            self.started = true;
            for byte in std::mem::take(&mut self.start) {
                self.byte(byte);
            }
        }
    }

    /// A line ends in CR LF, in LF, or in CR.
    fn byte(&mut self, byte: u8) {
        let after_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
        match byte {
            b'\n' if after_cr => {}
            b'\n' | b'\r' => {
                let line = std::mem::take(&mut self.line);
                self.end_of_line(&String::from_utf8_lossy(&line));
            }
            other => self.line.push(other),
        }
    }

    fn end_of_line(&mut self, line: &str) {
        if line.is_empty() {
            self.dispatch();
        } else if let Some(comment) = line.strip_prefix(':') {
            self.comments.push(comment.to_owned());
        } else if let Some((name, value)) = line.split_once(':') {
            self.field(name, value.strip_prefix(' ').unwrap_or(value));
        } else {
            self.field(line, "");
        }
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => {
                self.block.names += 1;
                value.clone_into(&mut self.name);
            }
            "data" => {
                self.block.lines += 1;
                self.data.push_str(value);
                self.data.push('\n');
            }
            "id" => {
                self.block.ids.push(value.to_owned());
                if !value.contains('\0') {
                    value.clone_into(&mut self.id);
                }
            }
            "retry" => {
                self.block.retries.push(value.to_owned());
                let digits = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
                if digits {
                    // The standard names no greatest value.
                    self.reconnection_time = Some(value.parse().unwrap_or(u64::MAX));
                }
            }
            _ => self.block.unknown.push((name.to_owned(), value.to_owned())),
        }
    }

    fn dispatch(&mut self) {
        self.id.clone_into(&mut self.last_event_id);
        let mut data = std::mem::take(&mut self.data);
        let name = std::mem::take(&mut self.name);
        let block = std::mem::take(&mut self.block);
        if data.is_empty() {
            if block != Block::default() {
                self.empty_blocks.push(block);
            }
            return;
        }
        if data.ends_with('\n') {
            data.pop();
        }
        let name = if name.is_empty() { "message".to_owned() } else { name };
        let last_event_id = self.last_event_id.clone();
        self.events.push(Event { name, data, last_event_id, block });
    }
}

impl Event {
    /// The value of the field `source:`, if the event has exactly one.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        match self.block.unknown.as_slice() {
            [(name, value)] if name == "source" => Some(value),
            _ => None,
        }
    }

    /// The value of its own `id:` line, if it has exactly one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self.block.ids.as_slice() {
            [id] => Some(id),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events of a stream as (type, data, last event id), wherever it is cut in two.
    fn events(stream: &[u8]) -> Vec<(String, String, String)> {
        let whole = read(Parser::parse(stream));
        for at in 0..=stream.len() {
            let (a, b) = stream.split_at(at);
            assert_eq!(read(Parser::parse_chunks([a, b])), whole, "cut at {at}");
        }
        assert_eq!(read(Parser::parse_chunks(stream.chunks(1))), whole, "byte by byte");
        whole
    }

    fn read(parser: Parser) -> Vec<(String, String, String)> {
        parser.events.into_iter().map(|e| (e.name, e.data, e.last_event_id)).collect()
    }

    fn data(stream: &str) -> Vec<String> {
        events(stream.as_bytes()).into_iter().map(|(_, data, _)| data).collect()
    }

    #[test]
    fn one_byte_order_mark_at_the_start_is_removed() {
        assert_eq!(data("\u{FEFF}data: a\n\n"), ["a"]);
        // A second one is part of the name of the field, as is one later on.
        assert!(data("\u{FEFF}\u{FEFF}data: a\n\n").is_empty());
        assert_eq!(data("data: a\n\n\u{FEFF}data: b\n\ndata: c\n\n"), ["a", "c"]);
        assert_eq!(data("data: \u{FEFF}\n\n"), ["\u{FEFF}"]);
        // A part of one is no mark, and neither is lost nor eats the line.
        assert_eq!(events(b"\xEF\xBB\n\ndata: a\n\n").len(), 1);
        assert_eq!(Parser::parse(b"\xEF\xBBdata: a\n\n").events(), []);
    }

    #[test]
    fn a_line_ends_in_lf_cr_or_crlf() {
        for end in ["\n", "\r", "\r\n"] {
            let stream = ["data: a", "data: b", "", "data: c", "", ""].join(end);
            assert_eq!(data(&stream), ["a\nb", "c"], "{end:?}");
        }
        assert_eq!(data("data: a\r\n\rdata: b\n\r\n"), ["a", "b"]);
        // LF CR is two ends.
        assert_eq!(data("data: a\n\rdata: b\n\n"), ["a", "b"]);
    }

    #[test]
    fn other_separators_are_text() {
        let text = "a\u{2028}b\u{2029}c\u{85}d\u{B}e\u{C}f\0g\u{1C}h";
        assert_eq!(data(&format!("data: {text}\n\n")), [text]);
    }

    #[test]
    fn one_leading_space_is_removed() {
        assert_eq!(data("data:a\n\ndata: b\n\ndata:  c\n\ndata:\td\n\n"), ["a", "b", " c", "\td"]);
    }

    #[test]
    fn data_lines_are_joined_by_lf() {
        assert_eq!(data("data: a\ndata\ndata: \ndata:b\n\n"), ["a\n\n\nb"]);
        assert_eq!(data("data\n\n"), [""]);
        assert_eq!(data("data\ndata\n\n"), ["\n"]);
    }

    #[test]
    fn nothing_is_dispatched_without_data() {
        let parser = Parser::parse(b"event: a\nid: 1\n\nid: 2\n\ndata: b\n\n");
        assert_eq!(parser.empty_blocks().len(), 2);
        let [event] = parser.events() else { panic!("{parser:?}") };
        // The type of a block without data is forgotten; its id is not.
        assert_eq!((event.name.as_str(), event.last_event_id.as_str()), ("message", "2"));
    }

    #[test]
    fn nothing_is_dispatched_at_the_end_of_the_stream() {
        for stream in ["data: a", "data: a\n", "data: a\nid: 1", "data: a\r"] {
            assert_eq!(data(stream), Vec::<String>::new(), "{stream:?}");
            let parser = Parser::parse(stream.as_bytes());
            assert!(!parser.is_between_blocks());
            assert_eq!(parser.last_event_id(), "");
        }
        assert!(Parser::parse(b"data: a\n\n").is_between_blocks());
    }

    #[test]
    fn the_last_type_wins_and_an_empty_one_is_message() {
        let names = |stream: &[u8]| -> Vec<String> {
            events(stream).into_iter().map(|(name, _, _)| name).collect()
        };
        assert_eq!(names(b"event: a\nevent: b\ndata\n\ndata\n\n"), ["b", "message"]);
        assert_eq!(names(b"event: a\nevent\ndata\n\n"), ["message"]);
    }

    #[test]
    fn an_id_is_kept_until_another_comes() {
        let ids = |stream: &[u8]| -> Vec<String> {
            events(stream).into_iter().map(|(_, _, id)| id).collect()
        };
        assert_eq!(ids(b"id: 1\ndata\n\ndata\n\nid: 2\ndata\n\n"), ["1", "1", "2"]);
        assert_eq!(ids(b"id: 1\ndata\n\nid\ndata\n\n"), ["1", ""]);
        assert_eq!(ids(b"id: 1\ndata\n\nid:\ndata\n\n"), ["1", ""]);
        assert_eq!(ids(b"id: 1\ndata\n\nid: 2\0\ndata\n\n"), ["1", "1"]);
        // It counts from the end of its block on.
        let parser = Parser::parse(b"id: 1\ndata\n\nid: 2\ndata\n");
        assert_eq!(parser.last_event_id(), "1");
    }

    #[test]
    fn retry_is_digits_alone() {
        let retry =
            |value: &str| Parser::parse(format!("retry:{value}\n").as_bytes()).reconnection_time();
        assert_eq!(retry("3000"), Some(3000));
        assert_eq!(retry(" 007"), Some(7));
        for ignored in ["", " ", "+1", "-1", "1.5", "1 ", "  1", "1e3", "\u{661}", "x"] {
            assert_eq!(retry(ignored), None, "{ignored:?}");
        }
        assert_eq!(retry("99999999999999999999"), Some(u64::MAX));
    }

    #[test]
    fn unknown_fields_change_nothing_and_are_shown() {
        let parser = Parser::parse(b"source: inventory\nData: x\n data: y\ndata : z\ndata: a\n\n");
        let [event] = parser.events() else { panic!("{parser:?}") };
        assert_eq!(event.data, "a");
        let names: Vec<&str> = event.block.unknown.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["source", "Data", " data", "data "]);
        assert_eq!(event.source(), None);

        let parser = Parser::parse(b"id: 7\nsource: inventory\ndata: a\n\n");
        assert_eq!(parser.events()[0].source(), Some("inventory"));
        assert_eq!(parser.events()[0].id(), Some("7"));
    }

    #[test]
    fn comments_change_nothing_and_are_shown() {
        let parser = Parser::parse(b": ping\n\n:\ndata: a\n:data: b\n\n");
        assert_eq!(parser.comments(), [" ping", "", "data: b"]);
        assert_eq!(parser.events().len(), 1);
        assert_eq!(parser.events()[0].data, "a");
        assert!(parser.empty_blocks().is_empty());
    }

    #[test]
    fn a_colon_belongs_to_the_value_after_the_first() {
        assert_eq!(data("data: a:b: c\n\n"), ["a:b: c"]);
    }

    #[test]
    fn text_is_decoded_line_by_line() {
        assert_eq!(data("data: 漢字 🦀 é\n\n"), ["漢字 🦀 é"]);
        let broken = events(b"data: a\xFFb\xE6\xBC\n\n");
        assert_eq!(broken[0].1, "a\u{FFFD}b\u{FFFD}");
    }
}

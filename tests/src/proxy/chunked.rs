//! HTTP/1.1 responses, as far as it takes to find a chunked body and what is in it.

/// The longest line that says how long a chunk is.
const LONGEST_SIZE: usize = 4 * 1024;

/// Reads the responses of a connection up to the end of the first chunked body.
#[derive(Debug)]
pub(super) struct Response {
    state: State,
    /// The head, or the line, that has begun.
    begun: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// In a body of known length, which is none of ours.
    Skip(u64),
    /// At the begin of a chunked body.
    Begin,
    Size,
    Data(u64),
    /// Behind the data of a chunk, where so many bytes of the line's end are still to come.
    DataEnd(u8),
    /// In what is none of ours any more.
    Rest,
}

/// A part of what a server sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    /// Passes as it is.
    Raw(&'a [u8]),
    /// The head of a chunked body has passed.
    Begin,
    /// What chunks hold.
    Body(&'a [u8]),
    /// The line of the last chunk. Trailers and the blank line behind it are raw.
    Last,
    /// It is no chunk.
    Broken,
}

impl Response {
    pub(super) const fn new() -> Self {
        Self { state: State::Head, begun: Vec::new() }
    }

    /// Takes the next piece off `bytes`, until there is nothing left to say of them.
    pub(super) fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Option<Piece<'a>> {
        loop {
            if self.state == State::Begin {
                self.state = State::Size;
                return Some(Piece::Begin);
            }
            if bytes.is_empty() {
                return None;
            }
            match self.state {
                State::Begin => {}
                State::Head => return Some(Piece::Raw(self.head(bytes))),
                State::Skip(left) => {
                    let (taken, left) = take(left, bytes);
                    self.state = if left == 0 { State::Head } else { State::Skip(left) };
                    return Some(Piece::Raw(taken));
                }
                State::Size => {
                    if let Some(piece) = self.size(bytes) {
                        return Some(piece);
                    }
                }
                State::Data(left) => {
                    let (taken, left) = take(left, bytes);
                    self.state = if left == 0 { State::DataEnd(2) } else { State::Data(left) };
                    return Some(Piece::Body(taken));
                }
                State::DataEnd(left) => {
                    let expected = if left == 2 { b'\r' } else { b'\n' };
                    let (taken, _) = take(1, bytes);
                    if taken != [expected] {
                        return Some(Piece::Broken);
                    }
                    self.state = if left == 2 { State::DataEnd(1) } else { State::Size };
                }
                State::Rest => return Some(Piece::Raw(std::mem::take(bytes))),
            }
        }
    }

    /// What there is of a head.
    fn head<'a>(&mut self, bytes: &mut &'a [u8]) -> &'a [u8] {
        for (at, byte) in bytes.iter().enumerate() {
            self.begun.push(*byte);
            if self.begun.ends_with(b"\r\n\r\n") {
                self.state = behind(&String::from_utf8_lossy(&self.begun));
                self.begun.clear();
                return take(at as u64 + 1, bytes).0;
            }
        }
        std::mem::take(bytes)
    }

    /// Reads on in the line that begins a chunk. Extensions are passed over.
    fn size(&mut self, bytes: &mut &[u8]) -> Option<Piece<'static>> {
        let (taken, _) = take(1, bytes);
        self.begun.extend_from_slice(taken);
        let Some(line) = self.begun.strip_suffix(b"\r\n") else {
            return (self.begun.len() > LONGEST_SIZE).then_some(Piece::Broken);
        };
        let line = String::from_utf8_lossy(line);
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16);
        self.begun.clear();
        match size {
            Err(_) => Some(Piece::Broken),
            Ok(0) => {
                self.state = State::Rest;
                Some(Piece::Last)
            }
            Ok(size) => {
                self.state = State::Data(size);
                None
            }
        }
    }
}

/// What comes after this head.
fn behind(head: &str) -> State {
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
    let fields = || lines.clone().filter_map(|line| line.split_once(':'));
    let field = |wanted: &str| {
        let mut found = fields().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.next().map(|(_, value)| value.trim())
    };
    if status == "101" {
        return State::Rest;
    }
    if status.starts_with('1') || status == "204" || status == "304" {
        return State::Head;
    }
    if field("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return State::Begin;
    }
    match field("content-length").map(str::parse) {
        Some(Ok(0)) => State::Head,
        Some(Ok(length)) => State::Skip(length),
        // Up to the end of the connection.
        Some(Err(_)) | None => State::Rest,
    }
}

/// Takes at most so many bytes, and says how many of those are left to take.
fn take<'a>(count: u64, bytes: &mut &'a [u8]) -> (&'a [u8], u64) {
    let taken = usize::try_from(count).unwrap_or(usize::MAX).min(bytes.len());
    let (taken, rest) = bytes.split_at(taken);
    *bytes = rest;
    (taken, count - taken.len() as u64)
}

/// Writes a chunk; of nothing none, as that would be the last.
pub(super) fn write_chunk(bytes: &[u8], out: &mut Vec<u8>) {
    if !bytes.is_empty() {
        out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }
}

/// Writes the last chunk.
pub(super) fn write_last(out: &mut Vec<u8>) {
    out.extend_from_slice(b"0\r\n\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is raw, and what the chunks hold, when the bytes come in two parts.
    fn read(text: &str, cut: usize) -> (String, String, bool) {
        let (mut raw, mut body, mut is_broken) = (String::new(), String::new(), false);
        let mut response = Response::new();
        let (first, second) = text.split_at(cut);
        for mut bytes in [first.as_bytes(), second.as_bytes()] {
            while let Some(piece) = response.next(&mut bytes) {
                match piece {
                    Piece::Raw(bytes) => raw.push_str(std::str::from_utf8(bytes).unwrap()),
                    Piece::Begin => raw.push('<'),
                    Piece::Body(bytes) => body.push_str(std::str::from_utf8(bytes).unwrap()),
                    Piece::Last => raw.push('>'),
                    Piece::Broken => {
                        is_broken = true;
                        break;
                    }
                }
            }
        }
        (raw, body, is_broken)
    }

    #[test]
    fn the_first_chunked_body_is_found_behind_any_others() {
        const BEFORE: &str = "HTTP/1.1 100 Continue\r\n\r\n\
            HTTP/1.1 503 Service Unavailable\r\ncontent-length: 7\r\n\r\n1\r\na\r\n\
            HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n\
            HTTP/1.1 204 No Content\r\n\r\n\
            HTTP/1.1 200 OK\r\nTransfer-Encoding:  Chunked \r\n\r\n";
        const AFTER: &str = "x-trailer: 1\r\n\r\n\
            HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n";
        let text = format!("{BEFORE}2\r\n\r\n\r\nB;name=value\r\n0123456789a\r\n0\r\n{AFTER}");
        let expected = (format!("{BEFORE}<>{AFTER}"), "\r\n0123456789a".to_owned(), false);
        for cut in 0..=text.len() {
            assert_eq!(read(&text, cut), expected, "{cut}");
        }
    }

    #[test]
    fn other_bodies_pass() {
        let heads =
            ["200 OK\r\nserver: x", "101 Switching Protocols\r\ntransfer-encoding: chunked"];
        for head in heads {
            let text = format!("HTTP/1.1 {head}\r\n\r\n1\r\na\r\n0\r\n\r\n");
            assert_eq!(read(&text, 0), (text.clone(), String::new(), false));
        }
    }

    #[test]
    fn what_is_no_chunk_is_broken() {
        const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let long = "1".repeat(LONGEST_SIZE + 1);
        for chunks in ["\r\n", "g\r\n", "-1\r\n", "1\r\nab\r\n", "1\r\na\r\r", &long] {
            let text = format!("{HEAD}{chunks}");
            for cut in HEAD.len()..=HEAD.len() + chunks.len().min(8) {
                assert!(read(&text, cut).2, "{chunks:?} at {cut}");
            }
        }
    }
}

//! A fault as a value: what a server sent goes in, what the client gets comes out.
//!
//! Nothing here knows of sockets, so that every fault can be tried at every byte, wherever the
//! bytes happen to be cut by TCP.

use super::{
    Fault,
    chunked::{Piece, Response, write_chunk, write_last},
    repeat::Repeat,
};

/// What stands between a server and its client.
#[derive(Debug)]
pub(super) enum Tap {
    /// Everything passes as it is.
    Untouched,
    /// So many bytes are left before the end.
    Bytes { left: usize, end: End },
    /// A body is read and written anew.
    Body { response: Response, aim: Aim },
}

/// What is done to a body.
#[derive(Debug)]
pub(super) enum Aim {
    Cut { left: usize },
    Truncate { left: usize },
    Repeat(Repeat),
}

/// How a fault ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Cut,
    Reset,
    Stall,
}

/// What is to be done once the client has got the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passed {
    /// It goes on.
    On,
    /// It goes on, and something has come twice.
    Repeated,
    /// The body is chunked wrongly, and so nobody can say what to pass on.
    Broken,
    End(End),
}

impl Tap {
    pub(super) const fn of(fault: Option<Fault>) -> Self {
        let aim = match fault {
            None | Some(Fault::Refuse | Fault::Dribble { .. }) => return Self::Untouched,
            Some(Fault::Cut { after }) => return Self::Bytes { left: after, end: End::Cut },
            Some(Fault::Reset { after }) => return Self::Bytes { left: after, end: End::Reset },
            Some(Fault::Stall { after }) => return Self::Bytes { left: after, end: End::Stall },
            Some(Fault::CutBody { after }) => Aim::Cut { left: after },
            Some(Fault::Truncate { after }) => Aim::Truncate { left: after },
            Some(Fault::Duplicate { block }) => Aim::Repeat(Repeat::new(block)),
        };
        Self::Body { response: Response::new(), aim }
    }

    /// Takes what the server sent, which is not nothing, and adds to `out` what passes of it.
    pub(super) fn pass(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) -> Passed {
        match self {
            Self::Untouched => {
                out.extend_from_slice(bytes);
                Passed::On
            }
            Self::Bytes { left, end } => {
                out.extend_from_slice(take(left, bytes));
                if *left == 0 { Passed::End(*end) } else { Passed::On }
            }
            Self::Body { response, aim } => {
                let mut passed = Passed::On;
                while let Some(piece) = response.next(&mut bytes) {
                    match aim.pass(piece, out) {
                        Passed::On => {}
                        Passed::Repeated => passed = Passed::Repeated,
                        last @ (Passed::Broken | Passed::End(_)) => return last,
                    }
                }
                passed
            }
        }
    }
}

impl Aim {
    fn pass(&mut self, piece: Piece<'_>, out: &mut Vec<u8>) -> Passed {
        match piece {
            Piece::Raw(bytes) => out.extend_from_slice(bytes),
            // An empty chunk would be the last one, and so nothing is written for it.
            Piece::Begin => return self.body(&[], out),
            Piece::Body(bytes) => return self.body(bytes, out),
            Piece::Last => out.extend_from_slice(b"0\r\n"),
            Piece::Broken => return Passed::Broken,
        }
        Passed::On
    }

    fn body(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Passed {
        match self {
            Self::Cut { left } => {
                write_chunk(take(left, bytes), out);
                if *left > 0 {
                    return Passed::On;
                }
                Passed::End(End::Cut)
            }
            Self::Truncate { left } => {
                write_chunk(take(left, bytes), out);
                if *left > 0 {
                    return Passed::On;
                }
                write_last(out);
                Passed::End(End::Cut)
            }
            Self::Repeat(repeat) => {
                if repeat.pass(bytes, out) {
                    Passed::Repeated
                } else {
                    Passed::On
                }
            }
        }
    }
}

/// As much of the bytes as is left to pass.
fn take<'a>(left: &mut usize, bytes: &'a [u8]) -> &'a [u8] {
    let taken = &bytes[..bytes.len().min(*left)];
    *left -= taken.len();
    taken
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    const BODY: &str = "4\r\na: 1\r\n9\r\n\n\nb: 22\n\n\r\n0\r\n\r\n";
    const DECODED: &str = "a: 1\n\nb: 22\n\n";

    /// What passes when the bytes come in two parts, and what comes of it.
    fn pass(fault: Fault, cut: usize) -> (String, Passed) {
        let (mut tap, mut out, mut passed) = (Tap::of(Some(fault)), Vec::new(), Passed::On);
        let text = format!("{HEAD}{BODY}");
        let (first, second) = text.split_at(cut);
        for part in [first, second] {
            if passed == Passed::On && !part.is_empty() {
                passed = tap.pass(part.as_bytes(), &mut out);
            }
        }
        (String::from_utf8(out).unwrap(), passed)
    }

    /// What is in the chunks, without the lines between them.
    fn decode(text: &str) -> String {
        let mut body = String::new();
        let (mut response, mut bytes) = (Response::new(), text.as_bytes());
        while let Some(piece) = response.next(&mut bytes) {
            assert_ne!(piece, Piece::Broken, "{text}");
            if let Piece::Body(bytes) = piece {
                body.push_str(std::str::from_utf8(bytes).unwrap());
            }
        }
        body
    }

    #[test]
    fn the_bytes_of_a_connection_are_counted_exactly() {
        let text = format!("{HEAD}{BODY}");
        for cut in 0..=text.len() {
            for after in 0..=text.len() {
                let ends = [
                    (Fault::Cut { after }, End::Cut),
                    (Fault::Reset { after }, End::Reset),
                    (Fault::Stall { after }, End::Stall),
                ];
                for (fault, end) in ends {
                    let expected = (text[..after].to_owned(), Passed::End(end));
                    assert_eq!(pass(fault, cut), expected, "{fault:?}, in two at {cut}");
                }
            }
            let far = Fault::Cut { after: text.len() + 1 };
            assert_eq!(pass(far, cut), (text.clone(), Passed::On));
        }
    }

    #[test]
    fn the_bytes_of_a_body_are_counted_exactly() {
        for cut in 0..=HEAD.len() + BODY.len() {
            for after in 0..=DECODED.len() {
                let (text, passed) = pass(Fault::CutBody { after }, cut);
                assert_eq!(passed, Passed::End(End::Cut), "{after}, in two at {cut}");
                assert!(text.starts_with(HEAD), "{text}");
                assert!(!text.ends_with("0\r\n\r\n"), "{text}");
                assert_eq!(decode(&text), DECODED[..after], "in two at {cut}");

                let truncated = (format!("{text}0\r\n\r\n"), passed);
                assert_eq!(pass(Fault::Truncate { after }, cut), truncated);
            }
            let far = Fault::CutBody { after: DECODED.len() + 1 };
            let (text, passed) = pass(far, cut);
            assert_eq!((decode(&text).as_str(), passed), (DECODED, Passed::On));
            assert!(text.ends_with("\r\n0\r\n\r\n"), "{text}");
        }
    }
}

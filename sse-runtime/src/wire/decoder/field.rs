//! The fields that a line can have.

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Comment,
    Data,
    Event,
    Id,
    Retry,
    /// Ours: to the standard an unknown one.
    Source,
    /// Ours as well: W3C Trace Context.
    TraceParent,
    Unknown,
}

/// The longest name that is known. A longer one need not be stored to be known as unknown.
pub(super) const LONGEST: usize = b"traceparent".len();

impl Field {
    /// Names are compared as they are (rule 29).
    pub(super) const fn named(name: &[u8]) -> Self {
        match name {
            b"data" => Self::Data,
            b"event" => Self::Event,
            b"id" => Self::Id,
            b"retry" => Self::Retry,
            b"source" => Self::Source,
            b"traceparent" => Self::TraceParent,
            _ => Self::Unknown,
        }
    }

    /// What a whole line is that is not empty, and where its value begins (rule 28).
    ///
    /// A name is told by its first bytes: to look for the colon first would be a second
    /// search through each line.
    #[inline]
    pub(super) fn split(line: &[u8]) -> (Self, usize) {
        let (field, name) = match line {
            [b'd', b'a', b't', b'a', ..] => (Self::Data, 4),
            [b':', ..] => return (Self::Comment, 1),
            [b'i', b'd', ..] => (Self::Id, 2),
            [b'e', b'v', b'e', b'n', b't', ..] => (Self::Event, 5),
            [b's', b'o', b'u', b'r', b'c', b'e', ..] => (Self::Source, 6),
            [b'r', b'e', b't', b'r', b'y', ..] => (Self::Retry, 5),
            [b't', ..] if line.starts_with(b"traceparent") => (Self::TraceParent, 11),
            _ => return (Self::Unknown, line.len()),
        };
        match line.get(name..) {
            Some([b':', b' ', ..]) => (field, name + 2),
            Some([b':', ..]) => (field, name + 1),
            None | Some([]) => (field, name),
            Some(_) => (Self::Unknown, line.len()),
        }
    }
}

/// The value of a `retry:` line, which may come in pieces: digits alone count (rule 33).
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Digits {
    value: u64,
    any: bool,
    other: bool,
}

impl Digits {
    pub(super) fn push(&mut self, piece: &[u8]) {
        for byte in piece {
            self.any = true;
            self.other |= !byte.is_ascii_digit();
            // The standard names no greatest value, and a client bounds it anyway.
            let digit = u64::from(byte.wrapping_sub(b'0'));
            self.value = self.value.saturating_mul(10).saturating_add(digit);
        }
    }

    pub(super) const fn value(self) -> Option<u64> {
        if self.any && !self.other { Some(self.value) } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_line_is_what_its_name_before_the_first_colon_says() {
        let lines: [&[u8]; 22] = [
            b"data",
            b"data:",
            b"data: ",
            b"data:x",
            b"data: x",
            b"data:  x",
            b"data::x",
            b"datax",
            b"data x",
            b"dat",
            b"Data: x",
            b" data: x",
            b"id",
            b"id: 1",
            b"event:e",
            b"source: s",
            b"retry:1",
            b"identity: x",
            b"traceparent: 00-1",
            b"traceparent",
            b"traceparents: 1",
            b"trace: 1",
        ];
        for line in lines {
            let mut halves = line.splitn(2, |&byte| byte == b':');
            let name = halves.next().unwrap();
            let value = halves.next().unwrap_or_default();
            let (field, from) = Field::split(line);
            assert_eq!(field, Field::named(name), "{line:?}");
            if field != Field::Unknown {
                assert_eq!(&line[from..], value.strip_prefix(b" ").unwrap_or(value), "{line:?}");
            }
        }
        assert_eq!(Field::split(b": a"), (Field::Comment, 1));
    }

    #[test]
    fn digits_in_pieces_are_one_number() {
        let read = |pieces: &[&str]| {
            let mut digits = Digits::default();
            pieces.iter().for_each(|piece| digits.push(piece.as_bytes()));
            digits.value()
        };
        assert_eq!(read(&["30", "", "00"]), Some(3_000));
        assert_eq!(read(&["18446744073709551615"]), Some(u64::MAX));
        assert_eq!(read(&["18446744073709551616", "0"]), Some(u64::MAX));
        assert_eq!(read(&[]), None);
        assert_eq!(read(&["1", "x", "2"]), None);
    }
}

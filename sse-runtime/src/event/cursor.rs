//! A place in the text of an object.

/// Goes through the text of an object of JSON key by key, and leaves each value to serde.
///
/// A map of `serde` lives inside a visitor alone, and so generated code could not read each
/// field where it needs it. Only what is plain is understood here: a key with an escape or any
/// fault is odd, and to be read by those who can tell of faults.
#[derive(Debug)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

/// What stands at a cursor.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// A key; the cursor now stands at its value.
    Key(&'a str),
    /// The end of the object and of the text.
    End,
    /// Neither, or not plainly.
    Odd,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// From the beginning or from behind a value to the next value.
    pub(super) fn key(&mut self) -> Step<'a> {
        let is_first = self.at == 0;
        match (self.take(), is_first) {
            (Some(b'{'), true) => match self.take() {
                Some(b'"') => self.name(),
                Some(b'}') => self.end(),
                _ => Step::Odd,
            },
            (Some(b','), false) if self.take() == Some(b'"') => self.name(),
            (Some(b'}'), false) => self.end(),
            _ => Step::Odd,
        }
    }

    /// What has not been passed.
    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Goes on by as many bytes.
    pub(super) const fn pass(&mut self, bytes: usize) {
        self.at += bytes;
    }

    /// The rest of a key, the colon and the space behind it.
    fn name(&mut self) -> Step<'a> {
        let rest = self.rest();
        let is_special = |byte: &u8| matches!(byte, b'"' | b'\\' | ..=0x1f);
        let length = rest.as_bytes().iter().position(is_special);
        let Some((name, behind)) = length.and_then(|length| rest.split_at_checked(length)) else {
            return Step::Odd;
        };
        if !behind.starts_with('"') {
            return Step::Odd;
        }
        self.at += name.len() + 1;
        if self.take() != Some(b':') {
            return Step::Odd;
        }
        self.skip_space();
        Step::Key(name)
    }

    fn end(&mut self) -> Step<'a> {
        if self.take().is_none() { Step::End } else { Step::Odd }
    }

    /// The next byte that is no space.
    fn take(&mut self) -> Option<u8> {
        self.skip_space();
        let byte = self.text.as_bytes().get(self.at).copied();
        self.at += usize::from(byte.is_some());
        byte
    }

    fn skip_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\t' | b'\r') = self.text.as_bytes().get(self.at) {
            self.at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_the_end_are_found() {
        let mut cursor = Cursor::new(" { \"a\" :1,\"\":2 } ");
        assert_eq!(cursor.key(), Step::Key("a"));
        assert!(cursor.rest().starts_with("1,"));
        cursor.pass(1);
        assert_eq!(cursor.key(), Step::Key(""));
        cursor.pass(1);
        assert_eq!(cursor.key(), Step::End);
        assert_eq!(Cursor::new("{}").key(), Step::End);
    }

    #[test]
    fn what_is_not_plain_is_odd() {
        for text in
            ["", "[", "{", "{,", "{a", "{\"a", "{\"a\"}", "{\"\\u0061\":1}", "{\"a\n\":1}", "{}{"]
        {
            assert_eq!(Cursor::new(text).key(), Step::Odd, "{text}");
        }
        let mut cursor = Cursor::new("{\"a\":1,}");
        cursor.key();
        cursor.pass(1);
        assert_eq!(cursor.key(), Step::Odd);
    }
}

//! What stands before the data of gzip.

use flate2::Crc;

use super::EncodingError;

/// The header of a member, by section 2.3 of RFC 1952, byte by byte: it may be cut anywhere.
/// Nothing in it is of interest here, and nothing is stored, however long it is; but where it is
/// none, what follows is no data.
#[derive(Debug)]
pub(super) struct Header {
    field: Field,
    flags: u8,
    /// Of all bytes so far, for the checksum that a header may have.
    crc: Crc,
}

/// Where the next byte belongs, in the order in which they come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    /// One of the ten that each header has.
    Fixed(u8),
    /// The length of the extra field, with what is known of it.
    ExtraLength(Option<u8>),
    /// So many bytes of it.
    Extra(u16),
    /// Up to a zero byte.
    Name,
    Comment,
    /// The lower half of the checksum, with the byte that is known of it.
    Checksum(Option<u8>),
    Over,
}

const HAS_CHECKSUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
/// A header that sets one means something that is not known.
const RESERVED: u8 = 0b1110_0000;
/// The only method of compression there is.
const DEFLATE: u8 = 8;

impl Header {
    pub(super) fn new() -> Self {
        Self { field: Field::Fixed(0), flags: 0, crc: Crc::new() }
    }

    /// Whether nothing of it has come.
    pub(super) fn is_untouched(&self) -> bool {
        self.field == Field::Fixed(0)
    }

    /// Takes the next byte; true if it was the last.
    pub(super) fn take(&mut self, byte: u8) -> Result<bool, EncodingError> {
        self.field = self.after(byte)?;
        self.crc.update(&[byte]);
        Ok(self.field == Field::Over)
    }

    fn after(&mut self, byte: u8) -> Result<Field, EncodingError> {
        Ok(match self.field {
            Field::Fixed(at) => {
                let fits = match at {
                    0 => byte == 0x1F,
                    1 => byte == 0x8B,
                    2 => byte == DEFLATE,
                    3 => {
                        self.flags = byte;
                        byte & RESERVED == 0
                    }
                    _ => true, // time, hints, system
                };
                if !fits {
                    return Err(EncodingError::Corrupt);
                }
                if at < 9 { Field::Fixed(at + 1) } else { self.at_extra() }
            }
            Field::ExtraLength(None) => Field::ExtraLength(Some(byte)),
            Field::ExtraLength(Some(low)) => match u16::from_le_bytes([low, byte]) {
                0 => self.at_name(),
                length => Field::Extra(length),
            },
            Field::Extra(1) => self.at_name(),
            Field::Extra(left) => Field::Extra(left.saturating_sub(1)),
            Field::Name if byte == 0 => self.at_comment(),
            Field::Comment if byte == 0 => self.at_checksum(),
            Field::Checksum(None) => {
                let [low, high, ..] = self.crc.sum().to_le_bytes();
                if byte != low {
                    return Err(EncodingError::Corrupt);
                }
                Field::Checksum(Some(high))
            }
            Field::Checksum(Some(high)) if byte != high => return Err(EncodingError::Corrupt),
            Field::Checksum(Some(_)) => Field::Over,
            same => same,
        })
    }

    /// The first of the fields that there are, of those that may come from here on.
    fn at_extra(&self) -> Field {
        if self.flags & HAS_EXTRA != 0 { Field::ExtraLength(None) } else { self.at_name() }
    }

    fn at_name(&self) -> Field {
        if self.flags & HAS_NAME != 0 { Field::Name } else { self.at_comment() }
    }

    fn at_comment(&self) -> Field {
        if self.flags & HAS_COMMENT != 0 { Field::Comment } else { self.at_checksum() }
    }

    fn at_checksum(&self) -> Field {
        if self.flags & HAS_CHECKSUM != 0 { Field::Checksum(None) } else { Field::Over }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many bytes it has, if it is one.
    fn read(bytes: &[u8]) -> Result<Option<usize>, EncodingError> {
        let mut header = Header::new();
        for (at, byte) in bytes.iter().enumerate() {
            if header.take(*byte)? {
                return Ok(Some(at + 1));
            }
        }
        Ok(None)
    }

    fn header(flags: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x1F, 0x8B, 8, flags, 1, 2, 3, 4, 0, 255];
        bytes.extend(rest);
        bytes
    }

    /// With its own checksum at the end.
    fn summed(flags: u8, rest: &[u8]) -> Vec<u8> {
        let mut bytes = header(flags | HAS_CHECKSUM, rest);
        let mut crc = Crc::new();
        crc.update(&bytes);
        bytes.extend(&crc.sum().to_le_bytes()[..2]);
        bytes
    }

    #[test]
    fn every_field_may_be_there_or_not() {
        for (flags, rest) in [
            (0, &b""[..]),
            (HAS_EXTRA, b"\x00\x00"),
            (HAS_EXTRA, b"\x03\x00a\x00c"),
            (HAS_NAME, b"name\0"),
            (HAS_COMMENT, b"\0"),
            (HAS_EXTRA | HAS_NAME | HAS_COMMENT, b"\x01\x00anam\xE9\0comment\0"),
        ] {
            for mut bytes in [header(flags, rest), summed(flags, rest)] {
                let length = bytes.len();
                bytes.push(0); // of the data
                assert_eq!(read(&bytes), Ok(Some(length)), "{flags:#b} {rest:?}");
                assert_eq!(read(&bytes[..length - 1]), Ok(None), "{flags:#b} {rest:?}");
            }
        }
        let mut long = header(HAS_EXTRA, b"\xFF\xFF");
        long.extend([0; 65_535]);
        assert_eq!(read(&long), Ok(Some(12 + 65_535)));
    }

    #[test]
    fn what_is_no_header_is_told_at_its_first_wrong_byte() {
        for (at, wrong) in [(0, 0x1E), (1, 0x8C), (2, 7), (3, 0x20), (3, 0x80)] {
            let mut bytes = header(0, b"");
            bytes[at] = wrong;
            assert_eq!(read(&bytes[..=at]), Err(EncodingError::Corrupt), "{at}");
        }
        for from_end in [1, 2] {
            let mut bytes = summed(HAS_NAME, b"name\0");
            let at = bytes.len() - from_end;
            bytes[at] ^= 1;
            assert_eq!(read(&bytes), Err(EncodingError::Corrupt), "{from_end}");
        }
    }
}

//! Numbers in letters and digits, at a fixed width.

/// The digits in the order of their value, which is that of ASCII: texts of one width compare
/// like their numbers.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The digit of a value below 62; of a larger one, its last.
pub(crate) const fn digit(value: u8) -> u8 {
    DIGITS[(value % 62) as usize]
}

/// Fills the whole width, the highest digit first. What does not fit is left out.
pub(crate) fn write(mut number: u64, to: &mut [u8]) {
    for place in to.iter_mut().rev() {
        *place = digit((number % 62) as u8);
        number /= 62;
    }
}

/// Adds one to a number, which is much less than to write the next. After the last that the width
/// holds comes zero.
#[cfg_attr(not(feature = "server"), allow(dead_code, reason = "logs count"))]
pub(crate) fn increment(digits: &mut [u8]) {
    for place in digits.iter_mut().rev() {
        match *place {
            b'z' => *place = b'0',
            b'9' => return *place = b'A',
            b'Z' => return *place = b'a',
            other => return *place = other.wrapping_add(1),
        }
    }
}

/// Reads a number of any width. None where a character is no digit, or the number does not
/// fit in 64 bits.
pub(crate) fn read(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0_u64, |number, &digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            b'a'..=b'z' => digit - b'a' + 36,
            _ => return None,
        };
        number.checked_mul(62)?.checked_add(u64::from(value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_back() {
        for number in [0, 1, 61, 62, 3_843, 3_844, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut text = [0; 11];
            write(number, &mut text);
            assert_eq!(read(&text), Some(number));
        }
    }

    #[test]
    fn what_is_no_number_of_64_bits_is_none() {
        // 62 to the power of 11 is more than 64 bits hold.
        assert_eq!(read(b"zzzzzzzzzzz"), None);
        assert_eq!(read(b"LygHa16AHYF"), Some(u64::MAX));
        assert_eq!(read(b"LygHa16AHYG"), None);
        for text in ["-1", "a b", "\u{e9}", "0_0"] {
            assert_eq!(read(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn one_after_the_other() {
        let mut counted = [b'0'; 4];
        for number in 0..300_000 {
            let mut written = [0; 4];
            write(number, &mut written);
            assert_eq!(counted, written, "{number}");
            increment(&mut counted);
        }
        let mut last = *b"zz";
        increment(&mut last);
        assert_eq!(&last, b"00");
    }

    #[test]
    fn order_is_kept() {
        let text = |number| {
            let mut text = [0; 8];
            write(number, &mut text);
            text
        };
        assert!(text(9) < text(10) && text(35) < text(36) && text(61) < text(62));
    }
}

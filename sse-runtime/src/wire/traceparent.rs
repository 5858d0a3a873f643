//! The checked value of a `traceparent`.

use std::{fmt, str::FromStr};

/// How long one is: `00-`, 32 digits, `-`, 16 digits, `-`, two digits.
const LENGTH: usize = 55;
/// Where its parts stand.
const TRACE_ID: std::ops::Range<usize> = 3..35;
const PARENT_ID: std::ops::Range<usize> = 36..52;
const FLAGS: std::ops::Range<usize> = 53..55;
/// The flags that have a meaning: `sampled`, and `random`, which says so of the trace id.
const KNOWN_FLAGS: u8 = 0b11;
const SAMPLED: u8 = 0b01;

/// Which span caused something, across processes: the `traceparent` of the W3C's
/// [Trace Context](https://www.w3.org/TR/trace-context/).
///
/// A request may bring one (`Cx::traceparent`), and an event may carry
/// one (`Channel::publish_traced`). It is read as strictly as it is
/// defined: `00-`, 32 hexadecimal digits in lower case of the trace, 16 of the span, and two of
/// flags; no id may be all zeros. A later version is read by these four fields and becomes
/// version `00`, and so does a flag that has no meaning there become zero. So it is always the
/// same 55 characters, and a log line can hold them.
///
/// ```
/// use sse_runtime::TraceParent;
///
/// let parent: TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
/// assert_eq!(parent.trace_id(), "0af7651916cd43dd8448eb211c80319c");
/// assert_eq!(parent.parent_id(), "b7ad6b7169203331");
/// assert!(parent.is_sampled());
///
/// // From the ids of a tracer, such as `SpanContext` of OpenTelemetry has them.
/// let same = TraceParent::new(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c, 0xb7ad_6b71_6920_3331, true);
/// assert_eq!(same, Some(parent));
/// # Ok::<(), sse_runtime::InvalidTraceParent>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent([u8; LENGTH]);

/// A value that is no `traceparent`.
///
/// ```
/// use sse_runtime::TraceParent;
/// assert_eq!(
///     TraceParent::try_from("00-0af7-b7ad-01").unwrap_err().to_string(),
///     "a traceparent is `00-`, 32 hexadecimal digits, `-`, 16, `-`, and 2, in lower case, and \
///      neither id is all zeros"
/// );
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct InvalidTraceParent;

impl TraceParent {
    /// That of these ids; none where one of them is zero, which is none.
    #[must_use]
    pub fn new(trace_id: u128, parent_id: u64, sampled: bool) -> Option<Self> {
        let text = format!("00-{trace_id:032x}-{parent_id:016x}-{:02x}", u8::from(sampled));
        Self::read(text.as_bytes())
    }

    /// Reads what somebody sent.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (text, more) = bytes.split_first_chunk::<LENGTH>()?;
        let hex = |range: std::ops::Range<usize>| {
            text[range].iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_zero = |range: std::ops::Range<usize>| text[range].iter().all(|&byte| byte == b'0');
        let is_formed = [2, 35, 52].iter().all(|&at| text[at] == b'-')
            && [0..2, TRACE_ID, PARENT_ID, FLAGS].into_iter().all(hex);
        // Of a later version more may follow, as fields of their own.
        let ends = match &text[..2] {
            b"00" => more.is_empty(),
            version => version != b"ff" && more.first().is_none_or(|&byte| byte == b'-'),
        };
        if !is_formed || !ends || is_zero(TRACE_ID) || is_zero(PARENT_ID) {
            return None;
        }
        let mut text = *text;
        text[..2].copy_from_slice(b"00");
        let flags = digit(text[FLAGS.start + 1]) & KNOWN_FLAGS;
        text[FLAGS].copy_from_slice(&[b'0', b'0' + flags]);
        Some(Self(text))
    }

    /// Its 55 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.part(0..LENGTH)
    }

    /// The trace: 32 hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        self.part(TRACE_ID)
    }

    /// The span that is the parent: 16 hexadecimal digits.
    #[must_use]
    pub fn parent_id(&self) -> &str {
        self.part(PARENT_ID)
    }

    /// Whether the caller may have recorded the trace.
    #[must_use]
    pub const fn is_sampled(&self) -> bool {
        digit(self.0[FLAGS.start + 1]) & SAMPLED != 0
    }

    fn part(&self, range: std::ops::Range<usize>) -> &str {
        // Digits and dashes alone, so that nothing is lost here.
        std::str::from_utf8(&self.0[range]).unwrap_or_default()
    }
}

/// The value of a hexadecimal digit in lower case.
const fn digit(byte: u8) -> u8 {
    if byte.is_ascii_digit() { byte - b'0' } else { byte.wrapping_sub(b'a' - 10) }
}

impl FromStr for TraceParent {
    type Err = InvalidTraceParent;

    fn from_str(text: &str) -> Result<Self, InvalidTraceParent> {
        Self::read(text.as_bytes()).ok_or(InvalidTraceParent)
    }
}

impl TryFrom<&str> for TraceParent {
    type Error = InvalidTraceParent;

    fn try_from(text: &str) -> Result<Self, InvalidTraceParent> {
        text.parse()
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TraceParent").field(&self.as_str()).finish()
    }
}

impl fmt::Display for InvalidTraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "a traceparent is `00-`, 32 hexadecimal digits, `-`, 16, `-`, and 2, in lower case, \
             and neither id is all zeros",
        )
    }
}

impl std::error::Error for InvalidTraceParent {}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn read(text: &str) -> Option<String> {
        TraceParent::read(text.as_bytes()).map(|parent| parent.to_string())
    }

    #[test]
    fn a_good_one_is_read_as_it_is() {
        assert_eq!(read(GOOD).as_deref(), Some(GOOD));
        let quiet = GOOD.replace("-01", "-00");
        assert_eq!(read(&quiet).as_deref(), Some(&*quiet));
        assert!(!quiet.parse::<TraceParent>().unwrap().is_sampled());
    }

    #[test]
    fn a_later_version_is_read_by_its_first_four_fields() {
        assert_eq!(read(&GOOD.replacen("00", "cc", 1)).as_deref(), Some(GOOD));
        assert_eq!(read(&format!("01{}-of-the-future", &GOOD[2..])).as_deref(), Some(GOOD));
        assert_eq!(read(&format!("01{}.future", &GOOD[2..])), None);
        assert_eq!(read(&format!("{GOOD}-more")), None);
        assert_eq!(read(&GOOD.replacen("00", "ff", 1)), None);
    }

    #[test]
    fn flags_without_a_meaning_are_zero() {
        for (sent, read_as) in
            [("ff", "03"), ("02", "02"), ("04", "00"), ("f1", "01"), ("0a", "02")]
        {
            let sent = format!("{}{sent}", &GOOD[..53]);
            assert_eq!(read(&sent), Some(format!("{}{read_as}", &GOOD[..53])), "{sent}");
        }
    }

    #[test]
    fn one_byte_that_is_wrong_makes_it_none() {
        assert_eq!(read(""), None);
        assert_eq!(read(&GOOD[..54]), None);
        assert_eq!(read(&format!(" {GOOD}")), None);
        assert_eq!(read(&format!("00-{}{}", "0".repeat(32), &GOOD[35..])), None);
        assert_eq!(read(&format!("{}{}-01", &GOOD[..36], "0".repeat(16))), None);
        for at in 0..LENGTH {
            for wrong in
                [b'A', b'F', b'g', b' ', b'_', b'\n', b'\r', 0x1b, 0, 0xff, b':', b'/', b'`']
            {
                let mut bytes = GOOD.as_bytes().to_vec();
                bytes[at] = wrong;
                assert_eq!(TraceParent::read(&bytes), None, "{at} {wrong}");
            }
        }
    }

    #[test]
    fn ids_of_zero_are_none() {
        assert_eq!(TraceParent::new(0, 1, true), None);
        assert_eq!(TraceParent::new(1, 0, true), None);
        let parent = TraceParent::new(u128::MAX, u64::MAX, false).unwrap();
        assert_eq!(parent.as_str(), format!("00-{}-{}-00", "f".repeat(32), "f".repeat(16)));
    }
}

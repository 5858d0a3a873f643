//! Who sends a stream, and each of its events (pitfall P8).

use std::fmt;

use http::HeaderMap;

use crate::{event::EventInfo, names::EVENT_SOURCE_HEADER};

/// Of foreign names so much is told.
const SHOWN: usize = 80;

/// A stream, or an event, of another source than it was asked for as, or of none.
///
/// ```
/// # use sse_runtime::client::{Failure, ProtocolError, StreamError};
/// fn tell(error: &StreamError) {
///     if let StreamError::Source(wrong) = error {
///         println!("{:?} of {:?}", wrong.event, wrong.found);
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct WrongSource {
    /// The sources of the event type, or the one of the event.
    pub expected: Vec<&'static str>,
    /// What the other end says; none where it says nothing.
    pub found: Option<String>,
    /// The name of the event; none where it is the stream.
    pub event: Option<String>,
}

impl fmt::Display for WrongSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.event {
            Some(event) => write!(f, "the event `{event}` is ")?,
            None => f.write_str("the stream is ")?,
        }
        match &self.found {
            Some(found) => write!(f, "of `{found}`")?,
            None => f.write_str("of no source")?,
        }
        write!(f, " and not of `{}`", self.expected.join("` or `"))?;
        f.write_str(match (&self.event, &self.found) {
            (None, Some(_)) => ": check the path, and which handler answers there",
            (None, None) => {
                ": something between drops `X-Event-Source`, or it is foreign \
                 (`subscribe_foreign`)"
            }
            (Some(_), Some(_)) => ": something between merges streams",
            (Some(_), None) => {
                ": its handler says `source_field = false` (`without_event_sources`)"
            }
        })
    }
}

impl std::error::Error for WrongSource {}

/// Whether the head of a response names sources that all belong to the event type, and at least
/// one.
pub(super) fn check_head(
    expected: &'static [&'static str],
    headers: &HeaderMap,
) -> Result<(), WrongSource> {
    let mut found = String::new();
    let mut wrong = false;
    for value in headers.get_all(EVENT_SOURCE_HEADER) {
        for name in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            wrong |= !expected.iter().any(|source| source.as_bytes() == name);
            if !found.is_empty() {
                found.push_str(", ");
            }
            found.extend(name.escape_ascii().map(char::from).take(SHOWN));
        }
    }
    if !wrong && !found.is_empty() {
        return Ok(());
    }
    Err(WrongSource {
        expected: expected.to_vec(),
        found: (!found.is_empty()).then(|| shown(&found)),
        event: None,
    })
}

/// The same for the list in `sse.open`.
pub(super) fn check_opened(
    expected: &'static [&'static str],
    sources: &[String],
) -> Result<(), WrongSource> {
    let is_ours = |found: &String| expected.contains(&found.as_str());
    if !sources.is_empty() && sources.iter().all(is_ours) {
        return Ok(());
    }
    let found = sources.join(", ");
    Err(WrongSource {
        expected: expected.to_vec(),
        found: (!found.is_empty()).then(|| shown(&found)),
        event: None,
    })
}

/// Whether an event is of its own source, or of any of the type where its name is not known.
pub(super) fn check_event(
    expected: &'static [&'static str],
    info: Option<&'static EventInfo>,
    name: &str,
    found: Option<&str>,
) -> Result<(), WrongSource> {
    let own = info.and_then(EventInfo::source);
    let fits = match (own, found) {
        (Some(own), Some(found)) => own == found,
        (None, Some(found)) => expected.contains(&found),
        (_, None) => false,
    };
    if fits {
        return Ok(());
    }
    Err(WrongSource {
        expected: own.map_or_else(|| expected.to_vec(), |own| vec![own]),
        found: found.map(shown),
        event: Some(shown(name)),
    })
}

fn shown(text: &str) -> String {
    text.escape_debug().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const OURS: &[&str] = &["inventory", "host"];

    fn head(values: &[&'static str]) -> Result<(), WrongSource> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(EVENT_SOURCE_HEADER, HeaderValue::from_static(value));
        }
        check_head(OURS, &headers)
    }

    #[test]
    fn a_stream_is_of_our_sources_and_of_no_other() {
        for good in
            [&["inventory"][..], &["host,inventory"], &["inventory", "host"], &["host , inventory"]]
        {
            assert_eq!(head(good), Ok(()), "{good:?}");
        }
        for bad in
            [&[][..], &[""], &["orders"], &["inventory,orders"], &["Inventory"], &["inventory,"]]
        {
            assert!(head(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            head(&["orders"]).unwrap_err().to_string(),
            "the stream is of `orders` and not of `inventory` or `host`: check the path, and which \
             handler answers there"
        );
        assert!(head(&[]).unwrap_err().to_string().starts_with("the stream is of no source and"));
    }

    #[test]
    fn so_is_what_it_says_of_itself() {
        assert_eq!(check_opened(OURS, &["host".into()]), Ok(()));
        assert!(check_opened(OURS, &[]).is_err());
        assert!(check_opened(OURS, &["host".into(), "orders".into()]).is_err());
    }

    #[test]
    fn an_event_says_who_sent_it() {
        assert_eq!(check_event(OURS, None, "new", Some("host")), Ok(()));
        let wrong = check_event(OURS, None, "new", Some("orders")).unwrap_err();
        assert_eq!((wrong.event.as_deref(), wrong.found.as_deref()), (Some("new"), Some("orders")));
        let missing = check_event(OURS, None, "new", None).unwrap_err();
        assert!(missing.to_string().contains("`source_field = false`"), "{missing}");
    }

    #[test]
    fn what_is_told_of_others_is_bounded_and_cannot_break_a_line() {
        let long = "a\n".repeat(500);
        let wrong = check_event(OURS, None, &long, Some(&long)).unwrap_err();
        assert!(wrong.to_string().len() < 400 && !wrong.to_string().contains('\n'));
    }
}
